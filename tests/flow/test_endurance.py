"""Memory over thousands of polls of every kind: what a poll leaves behind in the process is nothing.

`make bench-long` does the same over 50,000 polls with whole parsers, by the memory that the system counts.
"""

import gc
import random
import tracemalloc
from collections.abc import Iterator

import pytest

from tests.fakes import failed, fetched
from tests.house import House

FEEDS, ROUNDS, WARM_UP = 40, 60, 20
MOST_BYTES_A_POLL = 100  # an entry in a list would be more


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def test_polls_leave_nothing_behind(house: House, traced: None) -> None:
    chance = random.Random(4)
    house.manners(host_gap_s=0.0)
    house.subscribe("Rat", "Rat OR Artikel")
    feeds = [house.web.feed(f"https://zeitung{number}.example/feed/") for number in range(FEEDS)]
    for feed in feeds:
        house.add_feed(feed.url)
    house.poll()
    before = 0
    for number in range(ROUNDS):
        for feed in feeds:
            _happen(house, feed.url, chance)
            if chance.random() < 0.1:
                feed.publish(f"Artikel {feed.next_id}: {chance.random()}")
                del feed.articles[10:]
        house.poll_later(86_400)
        house.deliver()
        house.web.requests.clear()
        house.channel.sent.clear()
        house.clock.waits.clear()
        if number == WARM_UP:
            before = _held_bytes()
    polls = FEEDS * (ROUNDS - WARM_UP - 1)
    assert (_held_bytes() - before) / polls < MOST_BYTES_A_POLL


def _happen(house: House, url: str, chance: random.Random) -> None:
    """Now and then a server fails, is not there, or sends what is no feed."""
    kind = chance.random()
    if kind < 0.05:
        house.web.script(url, failed(503, "503"))
    elif kind < 0.08:
        house.web.script(url, failed(None, "no answer"))
    elif kind < 0.12:
        house.web.script(url, fetched(url, "<rss><channel><item><title>x</title>" + "<b>" * 500))
    elif kind < 0.15:
        house.web.script(url, fetched(url, "no feed at all " * 100))


def _held_bytes() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
