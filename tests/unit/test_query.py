"""The query language: what is read, in which canonical form, and what is refused where."""

import json
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from worker.errors import QuerySyntaxError
from worker.query import And, Not, Or, Phrase, Query, Word, parse
from worker.query.faults import _ENGLISH, _GERMAN, Fault
from worker.query.words import ANALYSER

NATO, EU, RAT = Word(parts=("nato",)), Word(parts=("eu",)), Word(parts=("rat",))


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("Nato", NATO),
        ("  NATO  ", NATO),
        ("(((Nato)))", NATO),
        ("Nato Nato", NATO),
        ("Nato AND EU", And(children=(EU, NATO))),
        ("EU Nato", And(children=(EU, NATO))),
        ("EU UND Nato", And(children=(EU, NATO))),
        ("EU AND (Nato AND EU)", And(children=(EU, NATO))),
        ("Nato OR EU", Or(children=(EU, NATO))),
        ("Nato ODER (EU ODER Nato)", Or(children=(EU, NATO))),
        ("Nato OR EU Rat", Or(children=(And(children=(EU, RAT)), NATO))),
        ("(Nato OR EU) Rat", And(children=(Or(children=(EU, NATO)), RAT))),
        ("Nato -EU", And(children=(Not(child=EU), NATO))),
        ("Nato \u2013EU", And(children=(Not(child=EU), NATO))),
        ("Nato NICHT EU", And(children=(Not(child=EU), NATO))),
        ("-EU Nato", And(children=(Not(child=EU), NATO))),
        ("Nato -(EU OR Rat)", And(children=(Not(child=Or(children=(EU, RAT))), NATO))),
        ('Nato -"EU Rat"', And(children=(Not(child=Phrase(words=(EU, RAT))), NATO))),
        ('"Nato"', Phrase(words=(NATO,))),
        ("„EU Rat“", Phrase(words=(EU, RAT))),
        ("“EU Rat”", Phrase(words=(EU, RAT))),
        ("»EU Rat«", Phrase(words=(EU, RAT))),
        ("«EU Rat»", Phrase(words=(EU, RAT))),
        ("„EU Rat”", Phrase(words=(EU, RAT))),
        ('„EU Rat"', Phrase(words=(EU, RAT))),
        ('"EU - Rat!"', Phrase(words=(EU, RAT))),
        ('"Wer? EU"', Phrase(words=(Word(parts=("wer",)), EU))),
        ("nato and eu", And(children=(Word(parts=("and",)), EU, NATO))),
        ("EU-Rat", Word(parts=("eu", "rat"))),
        ("CDU/CSU", Phrase(words=(Word(parts=("cdu",)), Word(parts=("csu",))))),
        ("Müller", Word(parts=("mueller",))),
        ("Mu\u0308ller", Word(parts=("mueller",))),
        ("STRASSE", parse("Straße").root),
        ("20.000", Word(parts=("20000",))),
        ("3,5", Word(parts=("3,5",))),
        ("U.S.A.", Word(parts=("u", "s", "a"))),
        ("Schüler:innen", Word(parts=("schueler", "innen"))),
        ("Schüler*innen", Word(parts=("schueler", "innen"))),
        ("\u2728", Word(parts=("\u2728",))),
        ("Nato:", NATO),
        ("EU(Nato)", And(children=(EU, NATO))),
    ],
)
def test_read(text: str, root: object) -> None:
    assert parse(text).root == root


@pytest.mark.parametrize(
    ("text", "position", "word"),
    [
        ("", 0, "empty"),
        (" \n ", 0, "empty"),
        ("()", 0, "between the brackets"),
        ("Nato ( )", 5, "between the brackets"),
        ("(Nato", 0, "never closed"),
        ("Nato (EU OR (Rat)", 5, "never closed"),
        ("Nato (", 5, "never closed"),
        ("Nato)", 4, "never opened"),
        (")", 0, "never opened"),
        ('Nato "EU', 5, "never closed"),
        ("Nato „EU", 5, "never closed"),
        ('""', 0, "neither letters"),
        ('Nato "…"', 5, "neither letters"),
        ("Nato & EU", 5, "neither letters"),
        ("Nato - EU", 5, "neither letters"),
        ("AND Nato", 0, "nothing before"),
        ("OR", 0, "nothing before"),
        ("Nato (OR EU)", 6, "nothing before"),
        ("Nato AND", 5, "nothing after"),
        ("(Nato ODER) EU", 6, "nothing after"),
        ("Nato NOT", 5, "nothing after"),
        ("Nato OR OR EU", 8, "follows another operator"),
        ("Nato AND OR EU", 9, "follows another operator"),
        ("Nato NOT AND EU", 9, "follows another operator"),
        ("Nato NOT NOT EU", 9, "negates a negation"),
        ("Nato NOT -EU", 9, "negates a negation"),
        ("-Nato", 0, "must not occur"),
        ("NOT (Nato OR EU)", 0, "must not occur"),
        ("-Nato -EU", 0, "must not occur"),
        ("(NOT EU) OR Nato", 0, "this side of OR"),
        ("Nato OR NOT EU", 8, "this side of OR"),
        ("Rat AND (Nato OR (-EU -Rat))", 17, "this side of OR"),
        ("Rat NOT (Nato OR -EU)", 17, "this side of OR"),
        ("Nato --EU", 6, "no operator"),
        ("Nato || EU", 5, "no operator"),
        ("Nato|EU", 0, "no operator"),
        ("Nato !EU", 5, "no operator"),
        ("title:Nato", 0, "not supported yet"),
        ("EU titel:Nato", 3, "not supported yet"),
        ("title: Nato", 0, "not supported yet"),
        ('title:"Nato EU"', 0, "not supported yet"),
        ("kategorie:(Nato EU)", 0, "not supported yet"),
        ("foo:bar", 0, "not supported yet"),
        ("-category:Sport Nato", 1, "not supported yet"),
        ("Nato NEAR/5 EU", 5, "not supported yet"),
        ("Nato ONEAR/5 EU", 5, "not supported yet"),
        ("Nato NEAR EU", 5, "not supported yet"),
        ("Nato W/3 EU", 5, "not supported yet"),
        ("Nat*", 0, "not supported yet"),
        ("*nato", 0, "not supported yet"),
        ("M?ier", 0, "not supported yet"),
        ('"Nat* EU"', 0, "not supported yet"),
        ("=AfD", 0, "not supported yet"),
        ('="Die Zeit"', 0, "not supported yet"),
        ('"Nato EU"~2', 9, "not supported yet"),
        ("Nato~", 0, "not supported yet"),
        ("/na.o/", 0, "not supported yet"),
        ("a " * 201, 400, "more than 200"),
        ("ä" * 1025, 1024, "longer than 2048"),
        ("x" * 2047 + "äx", 2047, "longer than 2048"),
        ("(" * 21 + "a" + ")" * 21, 20, "deeper than 20"),
        ("\ud800", 0, "neither letters"),
    ],
)
def test_refused(text: str, position: int, word: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse(text)
    assert word in caught.value.message
    assert caught.value.position == position
    assert caught.value.hint
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["x" * 2048, "a " * 200, "(" * 20 + "a" + ")" * 20, "x" * 2046 + "ä"])
def test_limits_are_inclusive(text: str) -> None:
    assert parse(text).text == text


@pytest.mark.parametrize(
    "text", ["(" * 5000, "(" * 1000 + "a" + ")" * 1000, "NOT " * 500, "-(" * 1000, '"' * 2047, "„" * 680, "a OR " * 400]
)
def test_refused_fast(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(QuerySyntaxError):
        parse(text)
    assert time.perf_counter() - started < 0.05


def test_messages_in_german() -> None:
    with pytest.raises(QuerySyntaxError, match="Klammer wird nie geschlossen"):
        parse("(Nato", language="de")
    assert set(_ENGLISH) == set(_GERMAN) == set(Fault)


@pytest.mark.parametrize("text", ["Nato", 'Nato OR "Mark Rutte"', "(a OR b-c) -d 20.000 „ü €“ NOT (e OR f)"])
def test_json_and_back(text: str) -> None:
    query = parse(text)
    assert Query.from_json(text, query.to_json()) == query


@pytest.mark.parametrize(
    "pair", [("a b", "B AND a a"), ("a OR (b OR c)", "c OR b OR a OR b"), ("ä", "AE"), ("a -(b c)", "-(c b) a")]
)
def test_equal_queries_have_equal_json(pair: tuple[str, str]) -> None:
    assert parse(pair[0]).to_json() == parse(pair[1]).to_json()
    assert parse(pair[0]).root == parse(pair[1]).root


def test_different_queries_have_different_json() -> None:
    texts = ["a b", "a OR b", '"a b"', '"b a"', "a-b", "a", '"a"', "a -b", "ab"]
    assert len({parse(text).to_json() for text in texts}) == len(texts)


@pytest.mark.parametrize(
    "stored",
    [
        *("", "{", "[]", "null", "[" * 100_000, '{"analyser":1}'),
        json.dumps({"analyser": ANALYSER + 1, "query": ["word", "a"]}),
        json.dumps({"analyser": ANALYSER, "query": ["word"]}),
        json.dumps({"analyser": ANALYSER, "query": ["word", 1]}),
        json.dumps({"analyser": ANALYSER, "query": ["phrase", "a"]}),
        json.dumps({"analyser": ANALYSER, "query": ["and", ["word", "a"]]}),
        json.dumps({"analyser": ANALYSER, "query": ["near", ["word", "a"]]}),
    ],
)
def test_what_another_analyser_stored_is_not_used(stored: str) -> None:
    assert Query.from_json("a", stored) is None


TEXTS = st.text(max_size=80) | st.lists(
    st.sampled_from(
        [
            *(
                "Nato",
                "EU",
                "AND",
                "OR",
                "NOT",
                "UND",
                "NICHT",
                "-",
                "(",
                ")",
                '"',
                "„",
                "“",
                "”",
                "»",
                "«",
                " ",
                "  ",
                "\n",
            ),
            *(
                "*",
                "?",
                "=",
                "~",
                "/",
                ":",
                "title:",
                "NEAR/5",
                "ü",
                "\u0308",
                "\u00ad",
                "1",
                ".",
                ",",
                "'",
                "&",
                "|",
                "\ud800",
            ),
        ]
    ),
    max_size=25,
).map("".join)


@given(TEXTS)
@example("(" * 3000)
@example("-(" * 900 + "a")
def test_any_text_is_read_or_refused_with_a_position(text: str) -> None:
    try:
        query = parse(text)
    except QuerySyntaxError as refusal:
        assert 0 <= refusal.position <= len(text)
        assert refusal.message
    else:
        assert Query.from_json(text, query.to_json()) == query
