"""Which edits are material: a table of made-up pairs, and what is quoted of them."""

from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timing import check_cpu_s
from worker.material import CHANGES_MOST, QUOTE_MAX, changes
from worker.model import AiNotice, Record
from worker.numerals import tokens_of

CASES = Path(__file__).parent.parent / "cases" / "edits.tsv"


def record(text: str = "", **more: object) -> Record:
    title, body = (text[3:], "Ein Text.") if text.startswith("T: ") else ("Ein Titel", text.replace("¶", "\n\n"))
    named: dict[str, object] = {"title": title, "body": body, "url": "https://x.example/a", "url_key": "x.example/a"}
    return Record(published_at=datetime(2025, 12, 3, tzinfo=UTC), **(named | more))  # type: ignore[arg-type]


def cases() -> list[list[str]]:
    lines = CASES.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize(("kinds", "before", "after"), cases())
def test_what_an_edit_changed(kinds: str, before: str, after: str) -> None:
    found = changes(record(before), record(after))
    assert ",".join(change.kind for change in found) == kinds.strip("-")


def test_a_number_is_told_in_its_sentence() -> None:
    before = "Am 3. Dezember brannte es. Es gab 3 Verletzte. Die Polizei ermittelt."
    [change] = changes(record(before), record(before.replace("3 Verl", "5 Verl")))
    assert (change.kind, change.before, change.after) == ("number", "Es gab 3 Verletzte.", "Es gab 5 Verletzte.")


def test_an_update_is_quoted_whole_and_without_its_label() -> None:
    after = "Gesucht wird eine Frau.¶**Update, 3. Dezember, 14:30 Uhr:** Die Frau ist zurück. Es geht ihr gut."
    [change] = changes(record("Gesucht wird eine Frau."), record(after))
    assert (change.kind, change.before, change.after) == ("update", "", "Die Frau ist zurück. Es geht ihr gut.")


def test_a_title_is_quoted_before_and_after() -> None:
    [change] = changes(record("T: Ein Toter"), record("T: Zwei Tote"))
    assert (change.kind, change.before, change.after) == ("title", "Ein Toter", "Zwei Tote")


def test_what_is_not_the_articles_text_never_counts() -> None:
    text = "Es gab 3 Verletzte."
    others = {
        "tags": ("Brand",),
        "category": "Melle",
        "categories": ("Melle",),
        "author": "Eine andere",
        "url": "https://x.example/b",
        "ai_notice": AiNotice(date_local="2025-12-03T10:00"),
        "agency": "dpa",
    }
    assert changes(record(text), record(text, **others)) == ()


def test_a_full_text_in_the_place_of_an_excerpt_is_no_edit() -> None:
    teaser, text = record("Es gab 3 Verletzte […]", excerpt=True), record("Es gab 4 Verletzte.¶Update: Vorbei.")
    assert changes(teaser, text) == ()
    assert changes(text, teaser) == ()


def test_long_sentences_are_quoted_around_what_changed() -> None:
    words = " ".join(f"wort{'abcdefghij'[n % 10]}" for n in range(300))
    [change] = changes(record(f"{words} mit 3 Toten {words}."), record(f"{words} mit 4 Toten {words}."))
    assert "mit 3 Toten" in change.before and "mit 4 Toten" in change.after
    assert len(change.after) <= QUOTE_MAX + 4 and change.after.startswith("… ") and change.after.endswith(" …")


WORD = st.sampled_from(
    [
        "Rat",
        "Brand",
        "Straße",
        "drei",
        "3",
        "5",
        "1.000",
        "14.30",
        "Uhr",
        "Update",
        "Update:",
        "am",
        "4.",
        "Dezember",
        ".",
        "!",
        "Polizei",
        "[Update]",
        "–",
        "»",
        "«",
        "**",
    ]
)
PARAGRAPH = st.lists(WORD, min_size=1, max_size=12).map(" ".join)
BODY = st.lists(PARAGRAPH, min_size=1, max_size=6)


@given(BODY, BODY)
def test_any_two_texts_can_be_compared(before: list[str], after: list[str]) -> None:
    found = changes(record("¶".join(before)), record("¶".join(after)))
    assert len(found) <= CHANGES_MOST
    assert all(one.before != one.after for one in found)
    assert changes(record("¶".join(after)), record("¶".join(after))) == ()


@given(BODY, st.randoms(use_true_random=False))
def test_typography_and_order_never_count(paragraphs: list[str], random: Random) -> None:
    before = [f"Absatz {word}: {paragraph}" for word, paragraph in zip("abcdef", paragraphs, strict=False)]
    after = [one.replace("–", "-").replace("»", "„").replace("«", "“").replace("**", "") for one in before]
    random.shuffle(after)
    assert changes(record("¶".join(before)), record("¶\n".join(after))) == ()


HOSTILE = {
    "one word": ("a" * 1_000_000, "b" * 1_000_000),
    "digits": ("1" * 1_000_000, "2" * 1_000_000),
    "grouped digits": ("1 000" * 200_000, "1.000" * 200_000),
    "colons": ("1:" * 500_000, "1," * 500_000),
    "dots": ("." * 1_000_000, "!" * 1_000_000),
    "equal sentences": ("Es gab 3 Tote. " * 60_000, "Es gab 4 Tote. " * 60_000),
    "other sentences": (
        " ".join(f"Satz {n} alt." for n in range(60_000)),
        " ".join(f"Satz neu {n}." for n in range(60_000)),
    ),
    "updates": ("Text.", "Update: Neu.\n\nUpdate\n\n" * 40_000),
    "labels": ("Text.", "Update\n" * 140_000),
    "numbers": ("Zahlen: " + "1 2 " * 250_000, "Zahlen: " + "2 1 " * 250_000),
    "long numbers": ("Es sind " + "9" * 5000 + " da.", "Es sind " + "8" * 5000 + " da."),
    "thousands": ("Es sind 1" + ".000" * 200_000, "Es sind 2" + ".000" * 200_000),
    "emphasis": ("*" * 1_000_000, "+" * 1_000_000),
    "one long sentence": ("wort " * 200_000, "wort 5 " * 150_000),
    "scales": ("1 Million " * 100_000, "2 Millionen " * 80_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_cost_bounded_time(name: str) -> None:
    before, after = HOSTILE[name]
    found = check_cpu_s(3, lambda: changes(record(before), record(after)))
    assert len(found) <= CHANGES_MOST
    assert all(len(quote) <= QUOTE_MAX + 4 for one in found for quote in (one.before, one.after))


@pytest.mark.parametrize("text", ["²³ ½ Ⅷ ٣٤ 3̈", "\ud800 5", "1.2.3.4", "1,2,3", "99.99.9999", "5 Mio", "Mio. 5", ""])
def test_odd_numbers_are_read_somehow(text: str) -> None:
    assert all(token.key for token in tokens_of(text))
    assert changes(record(text), record(text + " Ende")) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("einundzwanzig", "21"),
        ("zweihundert", "200"),
        ("dreitausend", "3.000"),
        ("zwölf", "12"),
        ("007", "7"),
        ("5,00", "5"),
        ("1.234,50", "1234,5"),
        ("9.05 Uhr", "09:05 Uhr"),
        ("1. März 2024", "01.03.24"),
        ("Sechsjähriger", "6-Jähriger"),
    ],
)
def test_one_number_in_two_spellings(one: str, other: str) -> None:
    assert [token.key for token in tokens_of(one)] == [token.key for token in tokens_of(other)]
