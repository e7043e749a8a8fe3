"""What a query only just misses."""

import pytest

from tests.labelled import article
from worker.article import Article
from worker.query import parse
from worker.verify import matches
from worker.widening import Spelling, less, wider


def spelled(text: str, *, conditions: bool = False) -> list[str]:
    query = parse(text)
    return [Spelling(query).of(variant) for variant in (less if conditions else wider)(query.root)]


@pytest.mark.parametrize(
    ("text", "wide"),
    [
        ("krieg", ["krieg+", "krieg*"]),
        ("Osnabrück OR Hafen", ["Hafen+", "Hafen*", "Osnabrück+", "Osnabrück*"]),
        ("Nato -Rutte", ["Nato+", "Nato*"]),
        ('"Mark Rutte"', []),
        ("Mark NEAR/3 Rutte", []),
        ("=AfD", []),
        ("*krieg", []),
        ("title:Nato", ["Nato+", "Nato*"]),
        ("3,5", []),
    ],
)
def test_words_can_be_wider(text: str, wide: list[str]) -> None:
    assert sorted(spelled(text)) == sorted(wide)


def test_krieg_plus_is_not_made_wider_by_what_it_has_already() -> None:
    assert "krieg+" not in spelled("krieg+ OR Frieden")


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Nato AND Rutte", ["Nato", "Rutte"]),
        ('Nato AND ("Mark Rutte" OR Trump)', ['("Mark Rutte" OR Trump)', "Nato"]),
        ("Nato -Rutte", ["Rutte"]),
        ("Nato", []),
        ("Nato OR Rutte", []),
    ],
)
def test_conditions_can_be_left_out(text: str, terms: list[str]) -> None:
    assert sorted(spelled(text, conditions=True)) == sorted(terms)


@pytest.mark.parametrize("text", ["Krieg", "Krieg AND Hafen", "Krieg -Hafen", "title:Krieg OR (Hafen Nato)"])
def test_a_variant_finds_all_that_the_query_finds(text: str) -> None:
    root = parse(text).root
    for title, body in (("Krieg", "Hafen"), ("Nato", "Kriege im Hafen"), ("Krieg", ""), ("", "Hafen und Nato")):
        one = Article(article(body, title))
        if matches(root, one):
            assert all(matches(variant.root, one) for variant in (*wider(root), *less(root)))


def test_a_query_of_very_many_words_has_few_variants() -> None:
    assert len(wider(parse(" OR ".join(f"wort{'x' * n}" for n in range(40))).root)) == 20
