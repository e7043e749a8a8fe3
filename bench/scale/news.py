"""New articles through the whole fleet: parsed, filed, indexed, matched by a thousand subscriptions, and alerted on."""

import random
import statistics
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import func, select

from bench import farm
from bench.figures import Figure, figure
from bench.house import Farm, open_farm
from bench.scale.fill import make_due
from bench.scale.fleet import Fleet, open_fleet, wait_until
from bench.scale.seed import add_feeds
from worker.archive import Archive
from worker.archive.schema import deliveries
from worker.query import parse

FEEDS, NEWS, SUBSCRIPTIONS, ROUNDS = 50, 10, 1_000, 3
BOUND = 80.0  # records a second of the workers' CPU
_LONGEST_S = 180.0


def figures(rounds: int = ROUNDS) -> Iterator[Figure]:
    with open_farm() as site:

        def prepare(archive: Archive) -> None:
            add_feeds(archive, site.urls(FEEDS))
            _subscribe(archive)

        with open_fleet(prepare=prepare) as fleet:
            wait_until(lambda: _filed(fleet) == FEEDS * farm.SHOWN, _LONGEST_S, "the first articles are filed")
            spent_s = [_spent_s(site, fleet) for _ in range(rounds + 1)][1:]
    count = FEEDS * NEWS
    name = f"CPU per new record of 5 kB, {SUBSCRIPTIONS:,} subscriptions, Celery + Redis + PostgreSQL"
    yield figure(name, "ms", statistics.median(spent_s) * 1000 / count, 1000 / BOUND)


def _spent_s(site: Farm, fleet: Fleet) -> float:
    """CPU seconds of the workers until everything new is filed and every alert about it has left."""
    wanted, before_s = _filed(fleet) + FEEDS * NEWS, fleet.workers_cpu_s()
    site.say(f"publish {FEEDS} {NEWS}")
    make_due(fleet.archive)
    wait_until(lambda: _filed(fleet) == wanted and not _pending(fleet), _LONGEST_S, "everything new is filed")
    return fleet.workers_cpu_s() - before_s


def _subscribe(archive: Archive) -> None:
    """Two words each, of those that the articles are made of; a few of them are in most articles."""
    chance, words = random.Random(4), farm.vocabulary()
    queries = ["Stadtrat", *(" ".join(chance.sample(words, 2)) for _ in range(SUBSCRIPTIONS - 1))]
    with archive.write() as tx:
        for number, text in enumerate(queries):
            tx.subscriptions.add(
                name=f"Abo {number}",
                query=text,
                canonical=parse(text).to_json(),
                channels=["hook"],
                origin="command",
                now=datetime.now(UTC),
            )


def _filed(fleet: Fleet) -> int:
    with fleet.archive.read() as tx:
        return tx.records.count()


def _pending(fleet: Fleet) -> int:
    open_ones = select(func.count()).select_from(deliveries).where(deliveries.c.state.in_(("pending", "held")))
    with fleet.archive.database.read() as connection:
        return int(connection.execute(open_ones).scalar_one())
