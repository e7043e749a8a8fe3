"""Memory over hundreds of polls of every kind: what a poll leaves behind in the process is nothing.

Blocks of memory are counted, so that one kept object a poll shows. `make bench-long` does 50,000 polls with whole
parsers, by the memory that the system counts.
"""

import functools
import gc
import logging
import random
import sys
from collections.abc import Iterator

import pytest

from tests.fakes import FakeFeed, failed, fetched
from tests.house import House, publish_many
from worker.query import words

FEEDS, SHOWN = 40, 10
WARM_UP, ROUNDS = 6, 12
MOST_BLOCKS_A_POLL = 0.5  # whoever keeps an object a poll keeps one at least; seen: 0.1


@pytest.fixture(autouse=True)
def _unlogged() -> Iterator[None]:
    """The runner would keep each line."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.slow
def test_polls_leave_nothing_behind(house: House) -> None:
    chance, feeds = random.Random(4), _open(house)
    _live(house, feeds, chance, WARM_UP)
    before = _held_blocks(house)
    polls = _live(house, feeds, chance, ROUNDS)
    left = (_held_blocks(house) - before) / polls
    assert polls == FEEDS * ROUNDS
    assert left < MOST_BLOCKS_A_POLL, f"{left:.2f} blocks of memory a poll"


def _open(house: House) -> list[FakeFeed]:
    house.manners(host_gap_s=0.0)
    house.subscribe("Rat", "Rat OR Artikel")
    feeds = [house.web.feed(f"https://zeitung{number}.example/feed/") for number in range(FEEDS)]
    for feed in feeds:
        house.add_feed(feed.url)
        publish_many(feed, house.clock, SHOWN)
    return feeds


def _live(house: House, feeds: list[FakeFeed], chance: random.Random, rounds: int) -> int:
    """A day a round, so that all are due again, whatever befell them. Gives the number of polls."""
    polls = 0
    for _ in range(rounds):
        for feed in feeds:
            _happen(house, feed, chance)
        polls += len(house.poll_later(86_400).polls)
        house.deliver()
        for noted in (house.web.requests, house.channel.sent, house.channel.attempts, house.clock.waits):
            noted.clear()
    return polls


def _happen(house: House, feed: FakeFeed, chance: random.Random) -> None:
    """Mostly nothing. Else news, or a server fails, is not there, or sends what is no feed."""
    kind = chance.random()
    if kind < 0.1:
        feed.publish(f"Artikel {feed.next_id}: {chance.random()}", at=house.clock.now())
        del feed.articles[:-SHOWN]
    elif kind < 0.15:
        house.web.script(feed.url, failed(503, "503"))
    elif kind < 0.18:
        house.web.script(feed.url, failed(None, "no answer"))
    elif kind < 0.22:
        house.web.script(feed.url, fetched(feed.url, "<rss><channel><item><title>x</title>" + "<b>" * 500))
    elif kind < 0.25:
        house.web.script(feed.url, fetched(feed.url, "no feed at all " * 100))


def _held_blocks(house: House) -> int:
    """The blocks that the interpreter has given out, but for what has a bound and fills while we look: the drivers'
    statements a connection, SQLAlchemy's, and the caches. A cache without a bound is a leak, and is left as it is.
    """
    house.archive.close()  # its connections; the next poll opens others
    house.archive.database.engine.clear_compiled_cache()
    words.forget()
    for one in gc.get_objects():
        if isinstance(one, functools._lru_cache_wrapper) and one.cache_info().maxsize is not None:
            one.cache_clear()
    gc.collect()
    return sys.getallocatedblocks()
