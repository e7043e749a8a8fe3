"""200 feeds of which 20 hang, over real connections and by the real clock: the other 180 keep their interval.

A tenth of what a worker is held to, in everything: feeds, hands, and hosts a claim. `bench/scale/hanging.py` does the whole.
"""

import random
import time
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from tests.badserver import Asked, BadServer, Talk, hang, message, reply, unless_matching
from tests.e2e.office import wait_until
from tests.fakes import FakeFeed
from tests.hostile.inn import at_work, make_fetcher
from tests.house import RULES, House
from worker.configure import new_feed
from worker.steadyclock import SystemClock

FEEDS, HANGS_EVERY, HANDS, HOSTS_A_CLAIM = 200, 10, 2, 10
HANGING = range(0, FEEDS, HANGS_EVERY)
INTERVAL_S, LATE_S = 3.0, 9.0  # what one that hangs costs otherwise is a minute
FIRST_S = 30.0  # until all that hang do: two at a time in each of three batches, and two more after two seconds


class Town:
    """Feeds on an address each; every tenth accepts a request and never answers. Notes when each was asked."""

    def __init__(self, server: BadServer) -> None:
        self.asked_at: dict[str, list[float]] = defaultdict(list)
        self._unchanged = unless_matching(
            '"1"', reply(200, FakeFeed(url=server.url()).body(), ETag='"1"'), lambda talk, _: talk.send(message(304))
        )
        for number in range(FEEDS):
            server.on(f"/{number}/", hang if number in HANGING else self._answer)
        self.urls = [server.url(f"/{number}/", f"127.91.0.{number + 1}") for number in range(FEEDS)]

    def _answer(self, talk: Talk, asked: Asked) -> bool:
        self.asked_at[asked.path].append(time.monotonic())
        return self._unchanged(talk, asked)

    def fewest(self) -> int:
        """How often the feed was asked that was asked least, of those that answer."""
        return min(map(len, self.asked_at.values())) if len(self.asked_at) == FEEDS - len(HANGING) else 0

    def longest_s(self) -> float:
        """The longest that any of them had to wait for being asked again."""
        return max(later - earlier for times in self.asked_at.values() for earlier, later in pairwise(list(times)))


def watch(house: House, urls: list[str]) -> None:
    """All are due, one after the other."""
    now = house.equipment.clock.now()
    with house.archive.write() as tx:
        for number, url in enumerate(urls):
            feed = new_feed(url=url, source=RULES.name, interval_s=INTERVAL_S, origin="file", now=now)
            tx.feeds.add(replace(feed, next_poll_at=now - timedelta(seconds=len(urls) - number)), now)


@pytest.mark.slow
def test_of_200_feeds_20_hang_and_the_others_keep_their_interval(house: House) -> None:
    with BadServer("0.0.0.0") as server, make_fetcher(timeout_s=60.0) as fetcher:
        town = Town(server)
        house.equipment = replace(
            house.equipment, fetcher=fetcher, clock=SystemClock(), threads=HANDS, jitter=random.random
        )
        watch(house, town.urls)
        with at_work(house, server.close, hosts=HOSTS_A_CLAIM):
            wait_until(lambda: town.fewest() >= 1, FIRST_S, lambda: f"{len(town.asked_at)} feeds were asked at all")
            town.asked_at.clear()
            wait_until(lambda: town.fewest() >= 2, 2 * (INTERVAL_S + LATE_S), lambda: "one was not asked again")
        paths = server.paths
    assert town.longest_s() < INTERVAL_S + LATE_S
    assert [paths.count(f"/{number}/") for number in HANGING] == [1] * len(HANGING), "each still hangs"
