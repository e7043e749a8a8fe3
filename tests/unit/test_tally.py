"""Sums that threads share."""

from concurrent.futures import ThreadPoolExecutor

from worker.tally import Tally


def test_sums_of_many_threads_are_whole() -> None:
    tally = Tally()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: tally.add("polls_updated"), range(2_000)))
    tally.add("seconds", 0.5)
    assert tally.sums() == {"polls_updated": 2_000.0, "seconds": 0.5}
