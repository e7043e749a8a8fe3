"""How many expected articles may fail to come, for sources that publish evenly, by chance and in clusters."""

import random

import pytest

from worker.silence import BASE, LEAST, Tail, limit


def gaps(cluster: float, number: int = 20_000) -> Tail:
    """Clusters by chance: gaps are exponential around the size of a cluster."""
    dice, tail = random.Random(7), Tail()
    for _ in range(number):
        tail = tail.with_gap(dice.expovariate(1 / cluster))
    return tail


@pytest.mark.parametrize("cluster", [1.0, 2.0, 5.0])
def test_the_size_of_clusters_is_found_in_the_gaps(cluster: float) -> None:
    assert gaps(cluster).cluster == pytest.approx(cluster, rel=0.1)


def test_sources_that_publish_in_clusters_may_be_silent_for_longer() -> None:
    limits = [limit(gaps(cluster), 50) for cluster in (0.5, 1.0, 2.0, 4.0)]
    assert limits == sorted(limits)
    assert limits[-1] > 3 * limits[0]


def test_false_alarms_are_as_rare_as_is_aimed_at() -> None:
    """Sixty articles a day by chance, for a hundred years' worth of months, against the limit that a year teaches."""
    dice, tail = random.Random(3), Tail()
    for _ in range(60 * 365):
        tail = tail.with_gap(dice.expovariate(1.0))
    most = limit(tail, 365 / 7)
    alarms = sum(dice.expovariate(1.0) > most for _ in range(60 * 30 * 600))
    assert alarms / 600 < 1.0


def test_a_new_source_is_given_time() -> None:
    """Before gaps were seen, clusters are expected."""
    assert Tail().cluster > 1.5
    assert limit(Tail(), 1.0) > LEAST


def test_never_less_than_a_few() -> None:
    assert limit(Tail(gaps=1e6, beyond=0.0), 1e6) >= LEAST


def test_short_gaps_say_nothing_and_all_fade() -> None:
    assert Tail().with_gap(BASE) == Tail()
    faded = Tail(gaps=4, beyond=8).faded(0.5)
    assert (faded.gaps, faded.beyond) == (2, 4)
