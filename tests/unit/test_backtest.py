"""The counting of a backtest: bars without gaps, and the busiest hour."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest

from tests.fakes import START
from worker.backtest import chart, most_within

FIRST = date(2025, 1, 15)


@pytest.mark.parametrize(
    ("minutes", "most"),
    [([], 0), ([0], 1), ([0, 59], 2), ([0, 60], 1), ([0, 30, 61, 62, 89], 4), ([0, 0, 0], 3)],
)
def test_the_most_within_an_hour(minutes: list[int], most: int) -> None:
    assert most_within([START + timedelta(minutes=one) for one in minutes], timedelta(hours=1)) == most


@pytest.mark.parametrize(
    ("days", "bars", "first_bar"),
    [(0, 1, 1), (30, 31, 1), (45, 46, 1), (46, 7, 7), (400, 58, 7), (401, 14, 17), (3650, 121, 17)],
)
def test_a_chart_covers_the_time_without_gaps(days: int, bars: int, first_bar: int) -> None:
    last = FIRST + timedelta(days=days)
    hits = Counter({FIRST: 2, last: 3})
    found = list(chart(hits, FIRST, last))
    assert len(found) == bars
    assert (found[0].first, found[-1].last) == (FIRST, last)
    assert (found[0].last - found[0].first).days + 1 == first_bar
    assert all(one.last + timedelta(days=1) == other.first for one, other in pairwise(found))
    assert sum(one.hits for one in found) == hits.total()
