"""The matcher: labelled cases as data, spans, changes while it runs, and a naive scan that must agree with it."""

import csv
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.match import MAX_SPANS_PER_TERM, Matcher
from worker.model import Record, Span
from worker.query import parse

CASES = Path(__file__).parents[1] / "cases"


def record(body: str = "", title: str = "") -> Record:
    return Record(
        url="https://x.de/",
        url_key="https://x.de/",
        title=title,
        published_at=datetime(2025, 12, 3, tzinfo=UTC),
        body=body,
    )


def spans(query: str, body: str = "", title: str = "") -> tuple[Span, ...] | None:
    found = Matcher({1: parse(query)}).match(record(body, title))
    return found[0].spans if found else None


def texts(query: str, body: str = "", title: str = "") -> list[str] | None:
    found = spans(query, body, title)
    return None if found is None else [span.text for span in found]


# -- labelled cases ---------------------------------------------------------------------------------------------------


def decoded(text: str) -> str:
    return re.sub(r"\\u([0-9A-Fa-f]{4})", lambda found: chr(int(found[1], 16)), text).replace("\\n", "\n")


def labelled() -> list[tuple[str, str, str, bool]]:
    rows = []
    for name in ("matching-simple.tsv", "matching-more.tsv"):
        with (CASES / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                text = row["text"] if row["text"].startswith("title:: ") else f"title::  || body:: {row['text']}"
                fields = dict(piece.split(":: ", 1) for piece in text.split(" || "))
                title, body = decoded(fields.get("title", "")), decoded(fields.get("body", ""))
                rows.append((decoded(row["query"]), title, body, row["expected"] == "1"))
    return rows


@pytest.mark.parametrize(("query", "title", "body", "expected"), labelled())
def test_labelled_case(query: str, title: str, body: str, expected: bool) -> None:
    found = spans(query, body, title)
    assert (found is not None) is expected
    for span in found or ():
        assert {"title": title, "body": body}[span.field][span.start : span.end] == span.text != ""


# -- spans ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "body", "expected"),
    [
        ("Nato", "Die Nato und die NATO.", ["Nato", "NATO"]),
        ("Nato", "Nato-Chef", ["Nato"]),
        ("Nato-Chef", "Natochef, Nato-Chef und Nato\u2013Chef", ["Natochef", "Nato-Chef", "Nato\u2013Chef"]),
        ("Natochef", "der Nato-Chef", ["Nato-Chef"]),
        ('"Mark Rutte"', "Mark\nRutte, **Mark Rutte**", ["Mark\nRutte", "Mark Rutte"]),
        ("Osnabrück", "Osna&shy;bru\u0308ck und Osna\u00adbrück", ["Osna&shy;bru\u0308ck", "Osna\u00adbrück"]),
        ("Straße", "Stra&szlig;e Strasse", ["Stra&szlig;e", "Strasse"]),
        ("20000", "20.000 Soldaten, 20000 Panzer", ["20.000", "20000"]),
        ("USA", "die U.S.A. und die USA", ["U.S.A", "USA"]),
        ("Nato -EU", "Nato", ["Nato"]),
        ("Nato OR EU", "EU Nato Rat", ["EU", "Nato"]),
        ("Nato OR (EU Rat)", "EU Nato", ["Nato"]),
        ("\u2764\ufe0f", "mit \u2764\ufe0f", ["\u2764"]),
    ],
)
def test_spans_are_the_original_text(query: str, body: str, expected: list[str]) -> None:
    assert texts(query, body) == expected


def test_spans_are_sorted_title_first() -> None:
    found = spans("Rutte Nato", "Nato 😀 Rutte", "Rutte")
    assert found == (
        Span(field="title", start=0, end=5, text="Rutte"),
        Span(field="body", start=0, end=4, text="Nato"),
        Span(field="body", start=7, end=12, text="Rutte"),
    )


def test_negated_words_give_no_spans() -> None:
    assert texts("Nato NOT (EU Rat)", "Nato Rat") == ["Nato"]


def test_spans_are_bounded() -> None:
    found = spans("Nato", "Nato " * 5000)
    assert found is not None
    assert len(found) == MAX_SPANS_PER_TERM


# -- changes ----------------------------------------------------------------------------------------------------------


def ids(matcher: Matcher, body: str) -> list[int]:
    return [match.subscription_id for match in matcher.match(record(body))]


def test_add_replace_remove() -> None:
    matcher = Matcher({3: parse("Nato")})
    matcher.add(1, parse("NATO"))
    matcher.add(2, parse("EU"))
    assert ids(matcher, "Nato und EU") == [1, 2, 3]
    matcher.remove(3)
    matcher.remove(3)
    assert ids(matcher, "Nato und EU") == [1, 2]
    matcher.add(1, parse("EU"))
    assert ids(matcher, "Nato") == []
    assert ids(matcher, "EU") == [1, 2]
    matcher.remove(1)
    matcher.remove(2)
    assert ids(matcher, "Nato und EU") == []
    assert not matcher._by_key
    assert not matcher._entries


# -- a naive scan -----------------------------------------------------------------------------------------------------

WORDS = ["ab", "abcd", "cd", "Rat", "Ratab", "Straße", "Müller", "mueller"]  # no single letters: abbreviations
BETWEEN = [" ", " ", "-", ", ", "\n", "\n\n", ". "]

Term = tuple[str, ...]
Tree = Term | tuple[str, list["Tree"]]

lines = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(BETWEEN)), max_size=6).map(
    lambda items: "".join(sum(items, ()))
)
bodies = st.lists(lines, max_size=3).map("\n\n".join)
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map("-".join)
terms = st.one_of(
    words.map(lambda word: ("word", [word])), st.lists(words, min_size=1, max_size=3).map(lambda some: ("phrase", some))
)
trees = st.recursive(
    terms,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda some: ("OR", some)),
        st.tuples(st.lists(inner, min_size=1, max_size=2), st.lists(inner, max_size=1)).map(
            lambda some: ("AND", [*some[0], *(("NOT", [one]) for one in some[1])])
        ),
    ),
    max_leaves=6,
)


def written(tree) -> str:  # type: ignore[no-untyped-def]
    kind, children = tree
    if kind == "word":
        return str(children[0])
    if kind == "phrase":
        return f'"{" ".join(children)}"'
    if kind == "NOT":
        return f"NOT {written(children[0])}"
    return "(" + f" {kind} ".join(map(written, children)) + ")"


BETWEEN_WORDS = r"(?:-|, |\. |\n| )"


def naive(tree, fields: list[str]) -> set[tuple[int, int, str]] | None:  # type: ignore[no-untyped-def]
    """(field, start, matched text) by regular expressions over the raw text; None = no match."""
    kind, children = tree
    if kind in ("word", "phrase"):
        row = BETWEEN_WORDS.join(map(naive_word, children))
        pattern = re.compile(rf"(?=(?<![^\W_])({row})(?![^\W_]))", re.IGNORECASE)
        found = {(at, hit.start(), hit[1]) for at, text in enumerate(fields) for hit in pattern.finditer(text)}
        return found or None
    results = [naive(child, fields) for child in children]
    if kind == "NOT":
        return set() if results[0] is None else None
    hits = [hit for hit in results if hit is not None]
    if not hits or (kind == "AND" and len(hits) < len(results)):
        return None
    return set().union(*hits)


def naive_word(word: str) -> str:
    """A compound's parts may stand in one, with a hyphen, or with one blank; any word may have hyphens inside."""
    return "[- \n]?".join("-?".join(naive_folded(part)) for part in word.split("-"))


def naive_folded(word: str) -> str:
    return word.lower().replace("ß", "ss").replace("ü", "ue")


@given(trees, bodies, lines)
def test_matcher_equals_a_naive_scan(tree, body: str, title: str) -> None:  # type: ignore[no-untyped-def]
    folded = [naive_folded(title), naive_folded(body)]
    expected = naive(tree, folded)
    found = spans(written(tree), folded[1], folded[0])
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert {(int(span.field == "body"), span.start, span.text.lower()) for span in found} == expected
    assert (spans(written(tree), body, title) is None) is (expected is None)


@given(st.lists(st.tuples(st.integers(0, 5), st.none() | trees), max_size=12), bodies)
def test_changed_matcher_equals_a_fresh_one(changes, body: str) -> None:  # type: ignore[no-untyped-def]
    matcher, queries = Matcher({}), {}
    for number, tree in changes:
        if tree is None:
            matcher.remove(number)
            queries.pop(number, None)
        else:
            queries[number] = parse(written(tree))
            matcher.add(number, queries[number])
    assert matcher.match(record(body)) == Matcher(queries).match(record(body))
    alone = [number for number in sorted(queries) if Matcher({number: queries[number]}).match(record(body))]
    assert [match.subscription_id for match in matcher.match(record(body))] == alone


@given(st.text(max_size=60), st.sampled_from(["a", '"a b"', "a-b OR 1", "ss", "ae -x"]))
def test_spans_point_into_any_text(body: str, query: str) -> None:
    for span in spans(query, body, body) or ():
        assert body[span.start : span.end] == span.text != ""


# -- foreign text -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "a ",
            "a-",
            "a.",
            "1.",
            "1,",
            "1.000.",
            "\n",
            "# a\n",
            "![",
            "](",
            "[a](",
            "&amp;",
            "\u00ad",
            "u\u0308",
            "\u0308",
        ),
        *(" ", "- ", "😀", "x"),
    ],
)
def test_odd_text_costs_linear_time(piece: str) -> None:
    matcher = Matcher({1: parse("a"), 2: parse('"a a b"'), 3: parse("nato-a"), 4: parse('"a-a a-b"')})
    body = record(piece * (200_000 // len(piece)))
    started = time.perf_counter()
    matcher.match(body)
    assert time.perf_counter() - started < 10  # measured: under 2 s; quadratic work takes minutes


def test_ten_thousand_subscriptions_cost_little() -> None:
    matcher = Matcher({number: parse(f'wort{number} OR "ding{number} nato"') for number in range(10_000)})
    body = record("Die Nato tagt mit wort77 und ding5 Nato. " * 20)
    matcher.match(body)
    started = time.perf_counter()
    found = matcher.match(body)
    assert [match.subscription_id for match in found] == [5, 77]
    assert time.perf_counter() - started < 0.5  # measured: 2 ms
