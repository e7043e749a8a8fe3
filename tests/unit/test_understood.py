"""How a query was understood: what people are shown."""

import pytest

from worker.errors import QuerySyntaxError
from worker.query import parse
from worker.query.understood import Understood, forms_of, reading, understood


def told(text: str) -> list[tuple[str, int, str, str, str]]:
    return [(one.typed, one.position, one.kind, one.shown, one.scope) for one in understood(text)]


def test_word_by_word() -> None:
    assert told('Krieges OR ="Die Zeit" -title:(Nat* "Mark Rutte") text: Trump') == [
        ("Krieges", 0, "inflected", "krieges", ""),
        ('="Die Zeit"', 11, "exact", "Die", ""),
        ('="Die Zeit"', 11, "exact", "Zeit", ""),
        ("Nat*", 31, "pattern", "nat*", "title"),
        ('"Mark Rutte"', 36, "form", "mark", "title"),
        ('"Mark Rutte"', 36, "form", "rutte", "title"),
        ("Trump", 56, "inflected", "trump", "body"),
    ]


@pytest.mark.parametrize(
    ("text", "lemmas", "stems"),
    [
        ("Häuser", ("Haus",), ()),
        ("posten", ("Posten", "posten"), ()),
        ("Trump", (), ("trump",)),
        ("Ukrainekriegs", ("Ukrainekrieg",), ()),
        ("20.000", (), ()),
    ],
)
def test_what_a_word_is_a_form_of(text: str, lemmas: tuple[str, ...], stems: tuple[str, ...]) -> None:
    (one,) = understood(text)
    assert (one.lemmas, one.stems) == (lemmas, stems)


def test_a_compound_head_is_a_word_and_a_pattern() -> None:
    assert [one.kind for one in understood("krieg+")] == ["pattern", "inflected"]


def test_refusals_are_those_of_the_parser() -> None:
    with pytest.raises(QuerySyntaxError, match="Feld"):
        understood("foo:bar", "de")


def test_forms() -> None:
    found = forms_of(["Haus", "gehen", "Nichtwort"])
    assert {"Haus", "Häuser", "Häusern", "Hauses"} <= set(found["Haus"])
    assert {"ging", "gegangen", "geht"} <= set(found["gehen"])
    assert found["Nichtwort"] == []


def test_it_is_data() -> None:
    assert understood("Nato")[0] == Understood(
        typed="Nato", position=0, kind="inflected", shown="nato", scope="", keys=("=nato", "Nato"), lemmas=("Nato",)
    )


READINGS = {
    '"Große Straße" -title:Brand Hafen': '"Große Straße" AND Hafen AND NOT title:Brand',
    "Rat OR Hafen Nato": "(Hafen AND Nato) OR Rat",
    "(Nato OR EU) Hafen": "(EU OR Nato) AND Hafen",
    "krieg+ ONEAR/5 (Nato OR EU)": "krieg+ ONEAR/5 (EU OR Nato)",
    'Hafen -(Nato OR "Mark Rutte")': 'Hafen AND NOT ("Mark Rutte" OR Nato)',
    "text:(Nat* EU)": "body:Nat* AND body:EU",
    "=AfD": "=AfD",
}


@pytest.mark.parametrize(("text", "read"), READINGS.items())
def test_the_query_with_every_operator_that_it_means(text: str, read: str) -> None:
    assert reading(parse(text)) == read


def test_operators_are_german_for_germans() -> None:
    assert reading(parse("Nato -EU"), "de") == "Nato UND NICHT EU"
