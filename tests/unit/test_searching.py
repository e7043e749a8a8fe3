"""What the database leaves out can never be what the matcher would find."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.labelled import labelled
from worker.errors import QuerySyntaxError
from worker.match import Matcher
from worker.model import Record
from worker.query import parse
from worker.searching import alternatives, search_text


def article(body: str, title: str = "Titel") -> Record:
    return Record(
        url="https://a.test/", url_key="a", title=title, body=body, published_at=datetime(2025, 1, 1, tzinfo=UTC)
    )


def may_match(query: str, record: Record) -> bool:
    kept = search_text(record)
    return any(all(word in kept for word in words) for words in alternatives(parse(query)))


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
        ("20.000", "Es kamen 20 000 Leute."),
        ("Cafe", "Das Café ist zu."),
        ("Nato", "Die Ｎａｔｏ tagt."),
        ("Nato", "Die Na\u00adto tagt."),
        ("Schüler", "Die Schüler:innen lernen."),
        ('"Mark Rutte"', "Mark\nRutte kam."),
        ("Nato OR Rutte", "Rutte kam."),
        ("Nato -Rutte", "Die Nato tagt."),
        ("(Nato OR EU) Gipfel", "Der Gipfel der EU."),
    ],
)
def test_what_matches_is_never_left_out(query: str, body: str) -> None:
    assert may_match(query, article(body))


@pytest.mark.parametrize(
    ("query", "body"), [("Nato", "Die EU tagt."), ("Nato Rutte", "Die Nato."), ("A1x OR Rat", "B")]
)
def test_what_surely_does_not_match_is_left_out(query: str, body: str) -> None:
    assert not may_match(query, article(body)) or alternatives(parse(query)) == [()]


def test_many_alternatives_are_one_pass_over_everything() -> None:
    assert alternatives(parse(" OR ".join(f"wort{'x' * number}" for number in range(30)))) == [()]


WORDS = ["Hafen", "E-Mail", "Müller", "STRASSE", "Straße", "Ukraine-Krieg", "Ukrainekrieg", "U.S.A.", "3,5", "Café"]
TEXT = st.lists(st.sampled_from([*WORDS, "und", "-", "–", "&amp;", "\n\n## "]), max_size=12).map(" ".join)
QUERY = st.lists(st.sampled_from([*WORDS, "OR", "AND", "-", '"', "(", ")"]), min_size=1, max_size=6).map(" ".join)


@given(QUERY, TEXT, TEXT)
def test_the_matcher_never_finds_more_than_the_database_keeps(query: str, title: str, body: str) -> None:
    try:
        read = parse(query)
    except QuerySyntaxError:
        return
    record = article(body, title)
    if Matcher({0: read}).match(record):
        assert may_match(query, record)


def test_what_the_labelled_cases_match_is_kept() -> None:
    """A matcher that learns to find more forms of a word makes this fail: `alternatives` must then ask for less."""
    found = [case for case in labelled() if Matcher({0: parse(case.query)}).match(case.record)]
    assert len(found) > 200
    assert [case for case in found if not may_match(case.query, case.record)] == []
