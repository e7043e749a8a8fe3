"""What the index says for sure is what the matcher says, and what it leaves out never matches."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.article import Article
from worker.errors import QuerySyntaxError
from worker.labelled import article as labelled_article
from worker.labelled import read_cases
from worker.match import spans_of
from worker.model import AiNotice, Record
from worker.query import parse
from worker.searching import INDEXED_BY, NOT_INDEXABLE, AllOf, AnyOf, AnyWord, Plan, Terms, index_words, plan


def article(body: str, title: str = "Titel", **more: object) -> Record:
    known = {"url": "https://a.test/", "url_key": "a", "published_at": datetime(2025, 1, 1, tzinfo=UTC)}
    return Record(**{**known, **more}, title=title, body=body)  # type: ignore[arg-type]


def ask(asked: Plan, words: str) -> tuple[bool, bool]:
    """(surely, perhaps): the index's answer for one record."""
    match asked:
        case Terms(needed=needed, decisive=decisive):
            perhaps = all(has(one, words) for one in needed)
            return perhaps and decisive, perhaps
        case AnyOf(children=children):
            answers = [ask(child, words) for child in children]
            return any(one[0] for one in answers), any(one[1] for one in answers)
        case AllOf(children=children, without=without):
            answers = [ask(child, words) for child in children]
            negated = [ask(child, words) for child in without]
            surely = all(one[0] for one in answers) and not any(one[1] for one in negated)
            return surely, all(one[1] for one in answers) and not any(one[0] for one in negated)


def has(one: AnyWord, words: str) -> bool:
    return any(word in words.split() for word in one.words) or any(pattern.fits(words) for pattern in one.patterns)


def check_agreement(query: str, record: Record) -> bool:
    """The index and the matcher agree. Gives: whether the record matches."""
    read = parse(query)
    found = spans_of(read, record) is not None
    kept = index_words(Article(record))
    assert kept.by == INDEXED_BY
    surely, perhaps = ask(plan(read.root), kept.words)
    assert perhaps or not found, f"{query} would be left out"
    assert found or not surely, f"{query} would be shown"
    return found


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("Ukrainekrieg", "Der Ukraine-Krieg dauert an."),
        ("Ukraine-Krieg", "Der Ukrainekrieg dauert an."),
        ("Ukraine-Krieg", "Der Ukraine Krieg dauert an."),
        ("email", "Eine E-Mail kam."),
        ("müller", "Herr MUELLER kam."),
        ("Mueller", "Frau M&uuml;ller kam."),
        ("Straße", "Die STRASSE ist zu."),
        ("USA", "Die U.S.A. sagen Nein."),
        ("20.000", "Es kamen 20\u202f000 Leute."),
        ("Cafe", "Das Café ist zu."),
        ("Nato", "Die Ｎａｔｏ tagt."),
        ("Nato", "Die Na\u00adto tagt."),
        ("Schüler", "Die Schüler:innen lernen."),
        ('"Mark Rutte"', "Mark\nRutte kam."),
        ("Nato OR Rutte", "Rutte kam."),
        ("Nato -Rutte", "Die Nato tagt."),
        ("(Nato OR EU) Gipfel", "Der Gipfel der EU."),
        ("krieg+", "Der Ukrainekrieg dauert an."),
        ("Osnabrück*", "Die Osnabrücker feiern."),
        ("*krieg", "Im Wirtschaftskrieg."),
        ("M?ller", "Herr Müller kam."),
        ("C++", "Er schreibt C++ und C#."),
        (".NET", "Mit .NET geht es."),
        ("=AfD", "Die AfD tagt."),
        ("Haus NEAR/3 Garten", "Das Haus mit Garten."),
        ("body:Hafen", "Der Hafen."),
        ("body:Titel OR Hafen", "Titel und Hafen."),
    ],
)
def test_what_matches_is_found(query: str, body: str) -> None:
    assert check_agreement(query, article(body))


@pytest.mark.parametrize(
    ("query", "decided"),
    [
        ("Osnabrück", True),
        ("Osnabrück -Sport", True),
        ("(Nato OR EU) Gipfel", True),
        ("title:Nato", True),
        ("Osnabrück*", True),
        ("*krieg", True),
        ("krieg+", True),
        ("category:Sport ai:nein", True),
        ('"Mark Rutte"', False),
        ("Haus NEAR/3 Garten", False),
        ("=AfD", False),
    ],
)
def test_what_the_index_decides_alone(query: str, decided: bool) -> None:
    record = article(
        "Mark Rutte von der Nato, der EU und der AfD sah beim Gipfel in Osnabrück ein Haus mit Garten im Ukrainekrieg.",
        "Die Nato tagt",
        category="Sport",
    )
    surely, perhaps = ask(plan(parse(query).root), index_words(Article(record)).words)
    assert (surely, perhaps) == ((decided and "-Sport" not in query) or query == "Osnabrück -Sport", True)


def test_what_is_in_the_title_only_perhaps_stands_in_the_body() -> None:
    words = index_words(Article(article("Ein Text", "Nato"))).words
    assert ask(plan(parse("body:Nato").root), words) == (False, True)
    assert ask(plan(parse("body:Text").root), words) == (True, True)
    assert ask(plan(parse("title:Text").root), words) == (False, False)


FIELDS = {
    "category": "Sport",
    "categories": ("Sport", "Niedersachsen"),
    "tags": ("Hafen", "Neuer Markt"),
    "author": "Erika Müller",
    "agency": "dpa",
    "source": "hasepost",
    "ai_notice": AiNotice(),
}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("category:sport", True),
        ("category:nieder*", True),
        ("tag:Hafen", True),
        ('tag:"Neuer Markt"', True),
        ("author:Mueller", True),
        ("agency:dpa", True),
        ("agency:dts", False),
        ("source:hasepost", True),
        ("ai:ja", True),
        ("ai:no", False),
        ("url:test", True),
        ("Hafen", False),
        ("Sport", False),
        ("category:Hafen", False),
        ("*hafen", False),
    ],
)
def test_fields_are_kept_apart(query: str, found: bool) -> None:
    assert check_agreement(query, article("Ein Text", **FIELDS)) is found


def test_capitals_are_kept_apart() -> None:
    """Nouns and verbs have keys that differ only in that; the database folds capitals."""
    words = index_words(Article(article("Die Reise beginnt. Wir reisen."))).words
    assert words == words.lower()
    assert "|reise" in words.split()


@pytest.mark.parametrize("body", [" ".join(f"wort{n}" for n in range(21_000)), "x" * 200])
def test_what_cannot_be_indexed_is_marked(body: str) -> None:
    kept = index_words(Article(article(body)))
    assert (kept.words, kept.by) == ("", NOT_INDEXABLE)


WORDS = ["Hafen", "E-Mail", "Müller", "STRASSE", "Straße", "Ukraine-Krieg", "Ukrainekrieg", "U.S.A.", "3,5", "Café"]
WORDS += ["Häuser", "Haus", "krieg+", "Kriege", "Osna*", "Osnabrücker", "*weg", "Radwege", "Schüler:innen", "=Hafen"]
SIGNS = ["OR", "AND", "-", '"', "(", ")", "NEAR/2", "title:", "body:", "tag:"]
TEXT = st.lists(st.sampled_from([*WORDS, "und", "-", "–", "&amp;", "\n\n## "]), max_size=12).map(" ".join)
QUERY = st.lists(st.sampled_from([*WORDS, *SIGNS]), min_size=1, max_size=6).map(" ".join)


@given(QUERY, TEXT, TEXT, TEXT)
def test_index_and_matcher_agree(query: str, title: str, body: str, tag: str) -> None:
    try:
        parse(query)
    except QuerySyntaxError:
        return
    check_agreement(query, article(body, title, tags=(tag,)))


@pytest.mark.parametrize(
    "path", sorted(Path(__file__).parents[1].glob("cases/matching*.tsv")), ids=lambda path: path.name
)
def test_index_and_matcher_agree_on_the_labelled_cases(path: Path) -> None:
    cases = read_cases(path.read_text(encoding="utf-8"))
    queries = {case.query for case in cases}
    found = 0
    for case in cases:
        record = labelled_article(case.text)
        for query in [case.query, *list(queries)[:5]]:
            try:
                parse(query)
            except QuerySyntaxError:
                continue
            found += check_agreement(query, record)
    assert found > 10
