"""What changed between two states of an article: complete, word by word, and in bounded time."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timing import check_cpu_s
from worker.difference import Kind, Piece, compare, folded, text_pieces
from worker.model import Record

WHEN = datetime(2025, 12, 3, 15, 35, tzinfo=UTC)
RECORD = Record(
    url="https://x.example/a/", url_key="https://x.example/a", title="Brand", published_at=WHEN, body="Text."
)
WORDS = st.lists(st.sampled_from(["rot", "blau", "grün.", "grün", "und", "\n\n", "Ende!"]), max_size=40).map(" ".join)


def without(pieces: tuple[Piece, ...], kind: Kind) -> str:
    return "".join(piece.text for piece in pieces if piece.kind is not kind)


@given(WORDS | st.text(max_size=60), WORDS | st.text(max_size=60))
def test_the_pieces_are_both_texts(before: str, after: str) -> None:
    pieces = text_pieces(before, after)
    assert (without(pieces, Kind.ADDED), without(pieces, Kind.GONE)) == (before, after)
    assert all(piece.text for piece in pieces)
    kinds = [piece.kind for piece in pieces]
    assert all(one != other for one, other in pairwise(kinds))


def test_a_word_that_changed_is_all_that_is_shown() -> None:
    before = "Am Montag brannte ein Haus.\n\nZwei Menschen wurden verletzt. Die Polizei ermittelt."
    pieces = text_pieces(before, before.replace("Zwei", "Drei"))
    assert [piece for piece in pieces if piece.kind is not Kind.SAME] == [
        Piece(Kind.GONE, "Zwei"),
        Piece(Kind.ADDED, "Drei"),
    ]


def test_a_new_paragraph_leaves_the_others_alone() -> None:
    pieces = text_pieces("Eins.\n\nZwei.", "Eins.\n\nNeu dazu.\n\nZwei.")
    assert [piece.text for piece in pieces if piece.kind is Kind.ADDED] == ["Neu dazu.\n\n"]
    assert not [piece for piece in pieces if piece.kind is Kind.GONE]


def test_other_fields_come_with_what_they_were() -> None:
    found = compare(RECORD, replace(RECORD, title="Großbrand", category="Sport", body="Text. Mehr."))
    assert [(one.field, one.before, one.after) for one in found.fields] == [
        ("title", "Brand", "Großbrand"),
        ("category", "Allgemein", "Sport"),
    ]
    assert (found.words_added, found.words_gone) == (1, 0)
    assert compare(RECORD, RECORD) == compare(RECORD, replace(RECORD))
    assert not compare(RECORD, RECORD).body


def test_long_stretches_that_stayed_are_folded() -> None:
    long = " ".join(f"w{number}" for number in range(100))
    pieces = list(folded(text_pieces(f"{long} alt {long}", f"{long} neu {long}")))
    assert [piece.kind for piece in pieces] == [
        *(Kind.FOLDED, Kind.SAME, Kind.GONE, Kind.ADDED, Kind.SAME, Kind.FOLDED),
    ]
    assert [piece.text for piece in pieces if piece.kind is Kind.FOLDED] == ["88", "88"]
    assert pieces[1].text.split() == [f"w{number}" for number in range(88, 100)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a " * 40_000, "a " * 39_999 + "b "),
        ("a b " * 20_000, "b a " * 20_000),
        ("x. " * 20_000, "x. y. " * 10_000),
        ("\n\n".join(["p"] * 20_000), "\n\n".join(["p", "q"] * 10_000)),
        (" ".join(map(str, range(30_000))), " ".join(map(str, range(30_000, 0, -1)))),
        ("\n" * 50_000, "\n" * 40_000),
        ("." * 50_000, ". " * 25_000),
    ],
)
def test_texts_that_are_hard_to_compare_cost_bounded_time(before: str, after: str) -> None:
    pieces = check_cpu_s(10, lambda: text_pieces(before, after))
    assert (without(pieces, Kind.ADDED), without(pieces, Kind.GONE)) == (before, after)
