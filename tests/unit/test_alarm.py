"""A bell beside the ticks: the earliest moment counts, and it rings seldom enough."""

import queue
import time

from worker.alarm import GAP_S, Alarm

SOON_S = 10.0


def test_the_earliest_moment_counts() -> None:
    rung: queue.Queue[float] = queue.Queue()
    alarm = Alarm(lambda: rung.put(time.monotonic()))
    alarm.set(3600)
    set_s = time.monotonic()
    alarm.set(0.1)
    alarm.set(1800)
    assert rung.get(timeout=SOON_S) >= set_s + 0.1
    alarm.set()
    assert rung.get(timeout=SOON_S) < set_s + SOON_S, "it can be set again"


def test_however_often_it_is_set_it_rings_seldom() -> None:
    rung: queue.Queue[float] = queue.Queue()
    alarm = Alarm(lambda: rung.put(time.monotonic()))
    alarm.set()
    first_s = rung.get(timeout=SOON_S)
    for _ in range(1_000):
        alarm.set()
    assert rung.get(timeout=SOON_S) - first_s >= GAP_S
    assert rung.empty()
