"""Memory over many polls of every kind: does a worker that has polled 50,000 times hold more than one that polled 10,000?"""

import gc
import random
from collections.abc import Iterator
from datetime import timedelta

from bench.cost import rss_bytes
from bench.figures import Figure, figure
from bench.house import Farm, open_farm
from bench.seed import Clock, add_feeds, equipped, subscribe
from tests.servers import PostgresServer, fresh_database
from worker.archive import Archive, open_archive
from worker.batch import poll_due
from worker.intake import Equipment

POLLS = 50_000
_FEEDS = 100
_MOST_MB = 10.0


def figures(polls: int = POLLS) -> Iterator[Figure]:
    """On PostgreSQL. The first fifth fills caches."""
    with open_farm() as site, PostgresServer() as server, fresh_database(server.url) as database:
        archive = open_archive(database, migrate=True)
        try:
            early, late = _sizes(site, archive, polls)
        finally:
            archive.close()
    name = f"growth of a worker over {polls * 4 // 5:,} polls: 304, unchanged, new, failed, not found"
    yield figure(name, "MB", max((late - early) / 1e6, 0.0), _MOST_MB)


def _sizes(site: Farm, archive: Archive, polls: int) -> tuple[int, int]:
    clock, chance, done, early = Clock(), random.Random(4), 0, 0
    _prepare(site, archive)
    with equipped(archive, clock) as equipment:
        while done < polls:
            site.say(f"etag {chance.choice(('on', 'on', 'off'))}")
            site.say(f"publish {chance.choice((0, 1, 5))} 1")
            clock.ahead += timedelta(days=2)  # past every back-off
            done += _poll(equipment)
            if not early and done >= polls // 5:
                early = _held_bytes()
        return early, _held_bytes()


def _prepare(site: Farm, archive: Archive) -> None:
    """Most feeds are good; some are not there, and one server refuses connections."""
    missing = [site.url(number, "/none/") for number in range(_FEEDS, _FEEDS + 5)]
    add_feeds(archive, [*site.urls(_FEEDS), *missing, "http://127.77.9.9:9/feed/"])
    subscribe(archive)


def _poll(equipment: Equipment) -> int:
    done = 0
    while (batch := poll_due(equipment)).hosts:
        done += len(batch.polls)
    return done


def _held_bytes() -> int:
    gc.collect()
    return rss_bytes()
