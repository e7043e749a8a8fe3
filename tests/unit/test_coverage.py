"""What is proved complete: stretches without gaps, and where a window begins."""

from datetime import UTC, datetime, timedelta

import pytest

from worker.cadence import next_reread_at
from worker.coverage import Gap, Piece, Stretch, closes, covered
from worker.model import Means, Shown
from worker.older import learned
from worker.overlap import oldest_in_order, reaches_back_to
from worker.proof import vanished
from worker.reread import cheapest

NOW = datetime(2025, 12, 3, 12, 0, tzinfo=UTC)


def at(hour: float) -> datetime:
    return NOW + timedelta(hours=hour)


def gap(start: float, end: float, **given: object) -> Gap:
    return Gap(from_at=at(start), to_at=at(end), reason="", noticed_at=at(end), **given)  # type: ignore[arg-type]


def stretch(start: float, end: float, means: str = "rest", **given: object) -> Stretch:
    return Stretch(from_at=at(start), to_at=at(end), means=means, read_at=at(end), **given)  # type: ignore[arg-type]


def hours(spans: tuple[Piece, ...]) -> list[tuple[float, float]]:
    return [((one.from_at - NOW) / timedelta(hours=1), (one.to_at - NOW) / timedelta(hours=1)) for one in spans]


def test_open_gaps_are_cut_out_and_closed_ones_are_not() -> None:
    assert hours(covered(at(0), at(10), [gap(2, 4), gap(6, 7, closed_at=at(8))], [])) == [(0, 2), (4, 10)]


def test_gaps_may_overlap_and_reach_beyond() -> None:
    assert hours(covered(at(0), at(10), [gap(5, 7), gap(2, 6), gap(9, 12)], [])) == [(0, 2), (7, 9)]
    assert covered(at(0), at(2), [gap(0, 3)], []) == ()


def test_what_was_read_on_purpose_joins_what_polls_prove() -> None:
    found = covered(at(0), at(10), [gap(2, 4)], [stretch(-5, 1), stretch(3, 3.5), stretch(20, 21)])
    assert hours(found) == [(-5, 2), (3, 3.5), (4, 10), (20, 21)]
    assert found[0].means == ("rest", "polls")


def test_nothing_is_claimed_before_the_first_full_answer() -> None:
    assert covered(None, None, [], []) == ()


def test_a_stretch_closes_the_gaps_within_it_unless_something_was_missing() -> None:
    assert closes(stretch(0, 5), gap(1, 5))
    assert not closes(stretch(0, 5), gap(1, 6))
    assert not closes(stretch(0, 5, missing=("x",)), gap(1, 2))


# -- windows ----------------------------------------------------------------------------------------------------------


def shown(*hours_ago: float | None) -> tuple[Shown, ...]:
    return tuple(
        Shown(digest=f"d{n}", key=f"k{hour}", link=f"k{hour}", published_at=None if hour is None else at(-hour))
        for n, hour in enumerate(hours_ago)
    )


@pytest.mark.parametrize(
    ("window", "oldest"),
    [
        ((1, 2, 3), 3),
        ((3, 2, 1), 3),  # the oldest entry first
        ((900, 800, 1, 2, 3, 4, 5), 5),  # two are pinned
        ((1, None, 2), 2),
        ((5, 1, 4, 2, 3, 9, 0, 7, 1, 2), None),  # in no order
        ((None, None), None),
        ((), None),
    ],
)
def test_how_far_back_a_window_reaches_without_a_hole(window: tuple[float | None, ...], oldest: float | None) -> None:
    assert oldest_in_order(shown(*window)) == (None if oldest is None else at(-oldest))


def test_in_the_hour_that_comes_twice_only_its_second_run_is_proved() -> None:
    first_run = datetime(2025, 10, 26, 0, 40, tzinfo=UTC)
    window = [Shown(digest="d", key="k", published_at=first_run)]
    assert reaches_back_to(window, "Europe/Berlin") == first_run + timedelta(hours=1)
    assert reaches_back_to(window, "UTC") == first_run


def test_what_vanishes_from_the_middle_is_noticed_and_what_slides_out_is_not() -> None:
    assert [one.key for one in vanished(shown(1, 2, 3, 4, 5), shown(0, 1, 3, 4))] == ["k2"]
    assert vanished(shown(1, 2, 3, 4, 5), shown(-1, 0, 1, 2, 3)) == ()
    assert vanished(shown(1, 2, 3, 4, 5), shown(11, 12, 5)) == (), "it is another feed now"
    assert vanished((), shown(1)) == ()


def test_a_list_of_what_is_most_read_says_nothing_of_what_went_away() -> None:
    window = (5, 1, 4, 2, 3, 9, 0, 7, 6, 8)
    assert vanished(shown(*window), shown(5, 1, 4, 3, 9, 0, 7, 6, 8)) == ()


# -- reading again ----------------------------------------------------------------------------------------------------


def test_the_means_with_the_fewest_requests_comes_first() -> None:
    busy = shown(*[n / 3 for n in range(10)])
    assert cheapest(busy, None, days=7, now=NOW)[0] is Means.REST
    shut = learned(None, Means.REST, NOW, fault="403")
    assert cheapest(busy, shut, days=7, now=NOW) == (Means.PAGED, Means.DATE, Means.REST)
    assert cheapest(shown(1, 100, 300), None, days=7, now=NOW)[0] is Means.PAGED, (
        "its first page reaches back far enough"
    )


@pytest.mark.parametrize("jitter", [0.0, 0.5, 0.999])
@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_reading_again_is_done_at_night_and_about_once_a_day(hour: int, jitter: float) -> None:
    now = datetime(2025, 12, 3, hour, 10, tzinfo=UTC)
    then = next_reread_at(now=now, every_s=86400, timezone="Europe/Berlin", jitter=jitter)
    assert timedelta(hours=12) <= then - now <= timedelta(hours=36)
    assert 0 <= then.hour < 4, "one to five o'clock in Berlin"
    assert next_reread_at(now=now, every_s=3600, timezone="Europe/Berlin", jitter=jitter) == now + timedelta(hours=1)
