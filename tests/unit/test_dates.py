"""dates: spellings of feeds, and that no text is slow or raises."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timing import check_cpu_s
from worker.dates import parse_date

CASES = Path(__file__).parents[1] / "cases" / "dates.tsv"


def cases() -> list[tuple[str, str, str]]:
    with CASES.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(row["raw"] or "", row["expect_utc"], row["why"]) for row in rows]


def read(raw: str, zone: str = "Europe/Berlin") -> str:
    found = parse_date(raw, zone)
    return "none" if found is None else found.strftime("%Y-%m-%dT%H:%M:%S")


@pytest.mark.parametrize(("raw", "expected", "why"), cases(), ids=lambda value: value or "empty")
def test_reads_the_spellings_of_feeds(raw: str, expected: str, why: str) -> None:
    assert read(raw) == expected, why


def test_is_aware_utc_without_fractions() -> None:
    found = parse_date("2025-12-03T16:35:00.987+01:00", "Europe/Berlin")
    assert found == datetime(2025, 12, 3, 15, 35, tzinfo=UTC)
    assert found is not None
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", "2025-07-03T16:35:00"),
        ("Europe/Berlin", "2025-07-03T14:35:00"),
        ("America/New_York", "2025-07-03T20:35:00"),
    ],
)
def test_naive_dates_follow_the_clock_of_the_source(zone: str, expected: str) -> None:
    assert read("03.07.2025 16:35", zone) == expected


def test_an_unknown_zone_name_does_not_raise() -> None:
    assert read("03.07.2025 16:35", "Mars/Olympus") == "2025-07-03T16:35:00"
    assert read("03.07.2025 16:35", "../../etc/passwd") == "2025-07-03T16:35:00"


HOSTILE = {
    "digits": "9" * 5_000,
    "zeros": "0" * 1_000_000,
    "blanks": " " * 1_000_000,
    "blanks inside": "3" + " " * 1_000_000 + "Dezember 2025",
    "NULs": "\0" * 1_000_000,
    "colons": "1:" * 500_000,
    "months": "Dezember " * 100_000,
    "surrogates": "\ud800\udfff" * 40,
    "other digits": "٠٣/١٢/٢٠٢٥ ١٦:٣٥",
    "combining": "3. De" + "\u0301" * 90,
    "brackets": "3. Dezember 2025 " + "(x" * 40,
    "signs": "3. Dezember 2025 " + "+-" * 40,
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_no_date_and_costs_nothing(raw: str) -> None:
    assert check_cpu_s(0.5, lambda: parse_date(raw, "Europe/Berlin")) is None


@given(st.text(max_size=120))
def test_never_raises(raw: str) -> None:
    found = parse_date(raw, "Europe/Berlin")
    assert found is None or (found.tzinfo is UTC and found.year >= 1989)


@given(st.text(alphabet="0123456789 .:,+-/TZtzDecMaiUhrPMamGCE()'", max_size=60))
def test_never_raises_on_what_looks_like_a_date(raw: str) -> None:
    found = parse_date(raw, "Europe/Berlin")
    assert found is None or found.tzinfo is UTC


@given(st.datetimes(min_value=datetime(1990, 1, 2), max_value=datetime(2100, 1, 1)))
def test_reads_back_what_programs_write(moment: datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    for spelling in ("%Y-%m-%dT%H:%M:%SZ", "%a, %d %b %Y %H:%M:%S +0000", "%Y%m%dT%H%M%SZ", "%d.%m.%Y %H:%M:%S UTC"):
        assert parse_date(moment.strftime(spelling), "Europe/Berlin") == moment
    assert parse_date(str(int(moment.timestamp())), "Europe/Berlin") == moment
