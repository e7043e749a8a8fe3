"""The query language: what is read, in which canonical form, and what is refused where."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.timing import check_cpu_s
from worker.errors import QuerySyntaxError
from worker.query import And, Exact, Near, Not, Or, Phrase, Query, Wild, Word, nodes, parse
from worker.query.faults import _ENGLISH, _GERMAN, REMARKS, Fault
from worker.query.words import ANALYSER


def word(*keys: str, scope: str = "") -> Word:
    return Word(tuple(sorted(keys)), (), scope)


def form(key: str, scope: str = "") -> Word:
    return Word((f"={key}",), (), scope)


NATO, EU, RAT = word("=nato", "Nato"), word("=eu", "Eu"), word("=rat", "Rat")


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("Nato", NATO),
        ("  NATO  ", NATO),
        ("(((Nato)))", NATO),
        ("Nato Nato", NATO),
        ("Nato AND EU", And((EU, NATO))),
        ("EU Nato", And((EU, NATO))),
        ("EU UND Nato", And((EU, NATO))),
        ("EU AND (Nato AND EU)", And((EU, NATO))),
        ("Nato OR EU", Or((EU, NATO))),
        ("Nato ODER (EU ODER Nato)", Or((EU, NATO))),
        ("Nato OR EU Rat", Or((And((EU, RAT)), NATO))),
        ("(Nato OR EU) Rat", And((Or((EU, NATO)), RAT))),
        ("Nato -EU", And((Not(EU), NATO))),
        ("Nato \u2013EU", And((Not(EU), NATO))),
        ("Nato NICHT EU", And((Not(EU), NATO))),
        ("-EU Nato", And((Not(EU), NATO))),
        ("Nato -(EU OR Rat)", And((Not(Or((EU, RAT))), NATO))),
        ('Nato -"EU Rat"', And((Not(Phrase((form("eu"), form("rat")))), NATO))),
        ('"Nato"', form("nato")),
        ("„EU Rat“", Phrase((form("eu"), form("rat")))),
        ("“EU Rat”", Phrase((form("eu"), form("rat")))),
        ("»EU Rat«", Phrase((form("eu"), form("rat")))),
        ("«EU Rat»", Phrase((form("eu"), form("rat")))),
        ("„EU Rat”", Phrase((form("eu"), form("rat")))),
        ('„EU Rat"', Phrase((form("eu"), form("rat")))),
        ('"EU - Rat!"', Phrase((form("eu"), form("rat")))),
        ('"Wer? EU"', Phrase((form("wer"), form("eu")))),
        ("CDU/CSU", Phrase((form("cdu"), form("csu")))),
        ("Häuser", word("=haeuser", "Haus")),
        ("ging", word("=ging", "gehen")),
        ("EU-Rat", Word(("=eurat", "Eurat", "^eurat"), (("=eu", "Eu"), ("=rat", "Rat")))),
        ('"EU-Rat"', Word(("=eurat",), (("=eu",), ("=rat",)))),
        ("20.000", form("20000")),
        ("3,5", form("3,5")),
        ("03.12.2025", Phrase((form("03"), form("12"), form("2025")))),
        ("U.S.A.", form("usa")),
        ("z. B.", And((form("b"), form("z")))),
        ("z.B.", form("zb")),
        ("Schüler:innen", word("=schueler", "=schuelerinnen", "Schueler", "Schuelerin")),
        ("Schüler*innen", parse("Schüler:innen").root),
        ("\u2728", form("\u2728")),
        ("C++", form("c++")),
        (".NET", form(".net")),
        ("Nato:", NATO),
        ("EU(Nato)", And((EU, NATO))),
        ("EU & Nato", And((EU, NATO))),
        ("STRASSE", word("=strasse", "Strass", "Strasse")),
        # -- exact, wildcards, compounds
        ("=AfD", Exact("AfD", "=afd")),
        ('="Die Zeit"', Phrase((Exact("Die", "=die"), Exact("Zeit", "=zeit")))),
        ("=„Die Zeit“", Phrase((Exact("Die", "=die"), Exact("Zeit", "=zeit")))),
        ("Nat*", Wild("nat*")),
        ("*Häuser", Wild("*haeuser")),
        ("*krieg*", Wild("*krieg*")),
        ("M?ier", Wild("m?ier")),
        ("***nato**", Wild("*nato*")),
        ("krieg+", Or((Wild("*krieg", True), word("=krieg", "Krieg")))),
        ("Museen+", Or((Wild("*museen", True), Wild("*museum", True), word("=museen", "Museum")))),
        ('"Mark Rutt*"', Phrase((form("mark"), Wild("rutt*")))),
        # -- near
        ("Nato NEAR/5 EU", Near(EU, NATO, 5)),
        ("EU W/5 Nato", Near(EU, NATO, 5)),
        ("Nato ONEAR/5 EU", Near(NATO, EU, 5, True)),
        ('"Nato EU"~3', Near(form("eu"), form("nato"), 3)),
        ("Nato NEAR/2 (EU OR Rat)", Near(Or((EU, RAT)), NATO, 2)),
        ("Nato NEAR/2 (EU Rat)", And((Near(EU, NATO, 2), Near(NATO, RAT, 2)))),
        ("Rat EU NEAR/2 Nato", And((Near(EU, NATO, 2), RAT))),
        ("Rat -EU NEAR/2 Nato", And((Not(Near(EU, NATO, 2)), RAT))),
        ("EU NEAR/1 Nato NEAR/2 Rat", Near(Near(EU, NATO, 1), RAT, 2)),
        # -- fields
        ("title:Nato", word("=nato", "Nato", scope="title")),
        ("Titel: Nato", word("=nato", "Nato", scope="title")),
        ('TITEL:"Nato"', form("nato", "title")),
        ("text:(EU Rat)", And((word("=eu", "Eu", scope="body"), word("=rat", "Rat", scope="body")))),
        ("-category:EU Nato", And((Not(word("=eu", "Eu", scope="category")), NATO))),
        ("rubrik:=EU", Exact("EU", "=eu", "category")),
        ("schlagwort:nat*", Wild("nat*", scope="tag")),
        ("ki:ja", form("yes", "ai")),
        ("AI:No", form("no", "ai")),
        ("agentur:Presse", form("press", "agency")),
        ("title:EU NEAR/2 title:Nato", Near(word("=eu", "Eu", scope="title"), word("=nato", "Nato", scope="title"), 2)),
        ("EU NEAR/2 title:Nato", parse("title:EU NEAR/2 title:Nato").root),
        ("title:(EU NEAR/2 Nato)", parse("title:EU NEAR/2 title:Nato").root),
    ],
)
def test_read(text: str, root: object) -> None:
    assert parse(text).root == root


def test_words_in_lower_case_are_no_operators() -> None:
    query = parse("nato and eu")
    assert query.root == And((word("=and", *_lemmas("and")), word("=eu", *_lemmas("eu")), word("=nato", "Nato")))


def _lemmas(text: str) -> list[str]:
    root = parse(text).root
    assert isinstance(root, Word)
    return [key for key in root.keys if not key.startswith("=")]


@pytest.mark.parametrize(
    ("text", "position", "said"),
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
        ('Nato ="EU', 6, "never closed"),
        ('""', 0, "neither letters"),
        ('Nato "…"', 5, "neither letters"),
        ("Nato && EU", 5, "no operator"),
        ("&", 0, "empty"),
        ("Nato € EU", 5, "neither letters"),
        ("Nato - EU", 5, "stands alone"),
        ("Nato \u2013 EU", 5, "stands alone"),
        ("Nato =", 5, "neither letters"),
        ("+", 0, "neither letters"),
        ("AND Nato", 0, "nothing before"),
        ("OR", 0, "nothing before"),
        ("Nato (OR EU)", 6, "nothing before"),
        ("NEAR/5 Nato", 0, "nothing before"),
        ("Nato AND", 5, "nothing after"),
        ("(Nato ODER) EU", 6, "nothing after"),
        ("Nato NOT", 5, "nothing after"),
        ("Nato NEAR/5", 5, "nothing after"),
        ("title:", 0, "nothing after"),
        ("Nato title:)", 5, "nothing after"),
        ("title:-Nato", 6, "before title:"),
        ("EU title: -Nato", 10, "before title:"),
        ("title:NOT Nato", 6, "before title:"),
        ("Nato OR OR EU", 8, "follows another operator"),
        ("Nato AND OR EU", 9, "follows another operator"),
        ("Nato NOT AND EU", 9, "follows another operator"),
        ("Nato NEAR/5 OR EU", 12, "follows another operator"),
        ("Nato NOT NOT EU", 9, "negates a negation"),
        ("Nato NOT -EU", 9, "negates a negation"),
        ("-Nato", 0, "must not occur"),
        ("NOT (Nato OR EU)", 0, "must not occur"),
        ("-Nato -EU", 0, "must not occur"),
        ("-title:Nato", 0, "must not occur"),
        ("(NOT EU) OR Nato", 0, "this side of OR"),
        ("Nato OR NOT EU", 8, "this side of OR"),
        ("Nato OR -EU OR Rat", 8, "this side of OR"),
        ("Rat AND (Nato OR (-EU -Rat))", 17, "this side of OR"),
        ("Rat NOT (Nato OR -EU)", 17, "this side of OR"),
        ("Nato --EU", 6, "no operator"),
        ("Nato || EU", 5, "no operator"),
        ("Nato|EU", 0, "no operator"),
        ("Nato !EU", 5, "no operator"),
        ("foo:bar", 0, "no field “foo:”"),
        ("Nato tiel:EU", 5, "no field “tiel:”"),
        ('Nato foo:"EU"', 5, "no field"),
        ("title:(Nato body:EU)", 12, "inside another field"),
        ("title:title:EU", 6, "inside another field"),
        ("ai:maybe", 3, "neither yes nor no"),
        ("Nato NEAR EU", 5, "how near"),
        ("Nato NEAR/ EU", 5, "how near"),
        ("Nato NEAR/x EU", 5, "how near"),
        ("Nato ONEAR EU", 5, "how near"),
        ("Nato W/ EU", 5, "how near"),
        ('"Nato EU"~', 9, "how near"),
        ("Nato NEAR/0 EU", 5, "1 to 50"),
        ("Nato NEAR/51 EU", 5, "1 to 50"),
        ('"Nato EU"~999999999999', 9, "1 to 50"),
        ("Nato NEAR/5 NOT EU", 5, "no negation"),
        ("Nato NEAR/5 (EU -Rat)", 5, "no negation"),
        ("Nato NEAR/5 " * 21 + "Nato", 245, "more than 21"),
        ('EU "' + "Nato " * 22 + '"~5', 3, "more than 21"),
        ("(" * 20 + "a" + " NEAR/5 b)" * 20 + " NEAR/5 c", 222, "more than 21"),
        ("title:Nato NEAR/5 body:EU", 11, "different fields"),
        ("(title:Nato OR Rat) NEAR/5 EU", 20, "different fields"),
        ("Na*", 0, "too many words"),
        ("Nato OR *", 8, "too many words"),
        ("*rat*", 0, "too many words"),
        ("Nato OR ??a", 8, "too many words"),
        ("Bü*", 0, "too many words"),  # two letters, though three when folded
        ("eu+", 0, "too many words"),
        ('"Mark R*"', 0, "too many words"),
        ("=Nat*", 0, "cannot be exact"),
        ('="Nat* EU"', 0, "cannot be exact"),
        ("=krieg+", 0, "cannot be exact"),
        ("der", 0, "nearly every article"),
        ("Die UND der", 0, "nearly every article"),
        ('"in der"', 0, "nearly every article"),
        ("der -Nato", 0, "nearly every article"),
        ("der OR die", 0, "nearly every article"),
        ("/na.o/", 0, "regular expressions"),
        ("a " * 201, 400, "more than 200"),
        (f"({' '.join('abcdefghijklmno')}) NEAR/2 ({' '.join('ABCDEFGHIJKLMNO'.lower()[::-1])})", 32, "more than 200"),
        ("ä" * 1025, 1024, "longer than 2048"),
        ("x" * 2047 + "äx", 2047, "longer than 2048"),
        ("(" * 21 + "a" + ")" * 21, 20, "deeper than 20"),
        ("\ud800", 0, "neither letters"),
    ],
)
def test_refused(text: str, position: int, said: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse(text)
    assert said in caught.value.message
    assert caught.value.position == position
    assert caught.value.hint
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["=DIE", "=IT", "die Nato", "der NEAR/3 Nato", "Schon", "ai:yes", "Nato OR der", "16:35", "https://x.de/rat"],
)
def test_not_refused(text: str) -> None:
    assert parse(text).text == text


@pytest.mark.parametrize(
    ("text", "german", "english"),
    [
        ("Nato OR EU Rat", "UND bindet stärker", "AND binds tighter"),
        ("Nato EU OR Rat", "UND bindet stärker", "AND binds tighter"),
        ("Rat (Nato OR EU -Rat)", "UND bindet stärker", "AND binds tighter"),
        ("Nato oder EU", "oder wird als Wort gesucht", "oder is searched as a word"),
        ("Nato and EU", "and wird als Wort", "and is searched"),
    ],
)
def test_accepted_with_a_remark(text: str, german: str, english: str) -> None:
    assert german in parse(text, "de").remarks[0]
    assert english in parse(text, "en").remarks[0]


@pytest.mark.parametrize(
    "text", ["Nato", "Nato OR (EU Rat)", "(Nato OR EU) Rat", "(Nato EU) OR Rat", "Nato -EU", '"a und b"']
)
def test_nothing_to_remark(text: str) -> None:
    assert parse(text).remarks == ()


@pytest.mark.parametrize(
    "text",
    [
        *("x" * 2048, "a " * 200, "(" * 20 + "a" + ")" * 20, "x" * 2046 + "ä"),
        *("a" + " NEAR/5 a" * 20, '"' + "a " * 21 + '"~5', "(a b) NEAR/5 (c d) " * 50),
    ],
)
def test_limits_are_inclusive(text: str) -> None:
    assert parse(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        *("(" * 5000, "(" * 1000 + "a" + ")" * 1000, "NOT " * 500, "-(" * 1000, '"' * 2047, "„" * 680, "a OR " * 400),
        *("*" * 2048, "?" * 2048, "*a" * 1000, "a*" * 1000, "(a+)+$" * 300, "a?" * 1000, "=" * 2048, "title:" * 300),
        *(
            "NEAR/5 " * 290,
            '"a b"~' * 300,
            "x NEAR/50 " * 200,
            "x NEAR/50 " * 180 + "x",
            "/" * 2048,
            ".*" * 1000,
            "+" * 2048,
            "a-" * 1024,
        ),
        *("ab" * 1024, "1." * 1024, "a." * 1024, "a:in" * 500, "Donaudampfschiff" * 128, "'" * 2048, "a'" * 1024),
        *("ä" * 1024, "u\u0308" * 600, "😀" * 512, "\u200b" * 600, "&amp;" * 400, "[](" * 600, "#" * 2048),
    ],
    ids=lambda text: f"{text[:12]} x {len(text)}",
)
def test_answered_fast(text: str) -> None:
    parse("Nato NEAR/5 unbekannteswort")  # the grammar and the dictionary are read once

    def read() -> None:
        with contextlib.suppress(QuerySyntaxError):
            parse(text)

    check_cpu_s(0.1, read)  # measured: under 20 ms; it is asked while somebody types


@pytest.mark.parametrize(
    ("text", "meant"), [("titl:Nato", "title:"), ("Titles:Nato", "title:"), ("kategori:x", "kategorie:")]
)
def test_a_field_with_a_slip_is_guessed(text: str, meant: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse(text)
    assert caught.value.hint.startswith(f"perhaps you mean {meant}")


def test_messages_in_german() -> None:
    with pytest.raises(QuerySyntaxError, match="Klammer wird nie geschlossen"):
        parse("(Nato", language="de")
    assert set(_ENGLISH) == set(_GERMAN) == set(Fault)
    assert set(REMARKS["de"]) == set(REMARKS["en"])


@pytest.mark.parametrize(
    "text",
    [
        *("Nato", 'Nato OR "Mark Rutte"', "(a OR b-c) -d 20.000 „ü €“ NOT (e OR f)", "=AfD *krieg krieg+ ai:ja"),
        *("title:(x OR y*z123) NEAR/3 q", '"a b"~3 ONEAR/4 c', "U.S.A. Schüler:innen"),
    ],
)
def test_json_and_back(text: str) -> None:
    query = parse(text)
    assert Query.from_json(text, query.to_json()) == query


@pytest.mark.parametrize(
    "pair",
    [
        ("a b", "B AND a a"),
        ("a OR (b OR c)", "c OR b OR a OR b"),
        ('"ä"', '"AE"'),
        ("a -(b c)", "-(c b) a"),
        ("a NEAR/2 b", "b W/2 a"),
    ],
)
def test_equal_queries_have_equal_json(pair: tuple[str, str]) -> None:
    assert parse(pair[0]).to_json() == parse(pair[1]).to_json()
    assert parse(pair[0]).root == parse(pair[1]).root


@pytest.mark.parametrize(
    "text",
    [
        *(
            "[]",
            '"word"',
            '["word"]',
            '["word",""]',
            '["word","",[]]',
            '["word","","a"]',
            '["word","",[1]]',
            '["word","",[""]]',
        ),
        *(
            '["word","nowhere",["a"]]',
            '["word",["title"],["a"]]',
            '["exact","","a"]',
            '["wild","","",0]',
            '["phrase"]',
            "1",
        ),
        *(
            '["phrase","a"]',
            '["phrase",["not",["word","",["a"]]]]',
            '["and",["word","",["a"]]]',
            '["or"]',
            '["not"]',
            "null",
        ),
        *(
            '["near",["word","",["a"]],["word","",["b"]]]',
            '["near",["word","",["a"]],["word","",["b"]],"5",0]',
            '["far"]',
        ),
        *('[["word"],"",["a"]]', "{"),
    ],
)
def test_what_is_no_tree(text: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        nodes.read(text)


def test_different_queries_have_different_json() -> None:
    texts = ["a b", "a OR b", '"a b"', '"b a"', "a-b", "a", "a -b", "ab", "=a", "title:a", "a NEAR/2 b", "a NEAR/3 b"]
    texts += ["a ONEAR/2 b", "b ONEAR/2 a", "abc*", "*abc", "abc+", "Haus", '"Haus"']
    assert len({parse(text).to_json() for text in texts}) == len(texts)


@pytest.mark.parametrize(
    "stored",
    [
        *("", "{", "[]", "null", "[" * 100_000, '{"analyser":1,"query":["word","a"]}'),
        parse("Nato").to_json().replace(f"{ANALYSER:3} ", f"{ANALYSER + 1:3} ", 1),
        parse("Nato").to_json().replace("Nato", "Rat"),
        parse("Nato").to_json()[:-1],
        parse("Nato").to_json() + " ",
    ],
    ids=lambda stored: stored[:40],
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
        assert refusal.hint
        assert len(str(refusal).splitlines()) == 1
    else:
        assert Query.from_json(text, query.to_json()) == query
