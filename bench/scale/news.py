"""New articles through the whole fleet: parsed, filed, indexed, matched by a thousand subscriptions, and alerted on.

A worker for polls and one for deliveries, as they are deployed. Both ends of the path are beside the same bound: up to the
commit, with the alerts owed, and up to the answers of a receiver of webhooks to every one of them.
"""

import random
import statistics
from collections.abc import Iterator

from sqlalchemy import func, select

from bench import farm
from bench.cost import tree_cpu_s
from bench.deliveries import receiving
from bench.figures import Figure, figure
from bench.house import Farm, open_farm
from bench.scale.fill import make_due
from bench.scale.fleet import Fleet, open_fleet, wait_until, webhook
from bench.seed import add_feeds, subscribe
from worker.archive import Archive
from worker.archive.schema import deliveries

FEEDS, SUBSCRIPTIONS, ROUNDS = 30, 1_000, 3
NEWS = farm.SHOWN - 2  # a window of nothing but news would be a gap, and older pages looked for
BOUND = 80.0  # records a second of the workers' CPU
_LONGEST_S = 180.0


def figures(rounds: int = ROUNDS) -> Iterator[Figure]:
    with open_farm() as site, receiving() as url, webhook(url) as channel:

        def prepare(archive: Archive) -> None:
            add_feeds(archive, site.urls(FEEDS))
            _subscribe(archive)

        workers = (("--queue", "poll"), ("--queue", "deliver"))
        with open_fleet(workers=workers, channel=channel, prepare=prepare) as fleet:
            wait_until(lambda: _filed(fleet) == FEEDS * farm.SHOWN, _LONGEST_S, "the first articles are filed")
            taken = [_spent(site, fleet) for _ in range(rounds + 1)][1:]
    filing_ms, sending_ms, alerts = (statistics.median(column) / (FEEDS * NEWS) for column in zip(*taken, strict=True))
    name = f"CPU per new record of 5 kB, {SUBSCRIPTIONS:,} subscriptions, Celery + Redis + PostgreSQL"
    yield figure(f"{name}: to the commit, {alerts:.1f} alerts owed", "ms", filing_ms, 1000 / BOUND)
    yield figure(f"the same with its {alerts:.1f} alerts delivered", "ms", filing_ms + sending_ms, 1000 / BOUND)


def _spent(site: Farm, fleet: Fleet) -> tuple[float, float, int]:
    """CPU milliseconds of the worker that polls and of the one that delivers until everything new is filed and every
    alert has left; how many alerts.
    """
    wanted, sent, before = _filed(fleet) + FEEDS * NEWS, _count(fleet, "sent"), _used_ms(fleet)
    site.say(f"publish {FEEDS} {NEWS}")
    make_due(fleet.archive)
    wait_until(lambda: _filed(fleet) == wanted and not _count(fleet, "pending"), _LONGEST_S, "everything new is filed")
    filing_ms, sending_ms = (after - earlier for after, earlier in zip(_used_ms(fleet), before, strict=True))
    return filing_ms, sending_ms, _count(fleet, "sent") - sent


def _used_ms(fleet: Fleet) -> list[float]:
    return [tree_cpu_s(worker) * 1000 for worker in fleet.workers]


def _subscribe(archive: Archive) -> None:
    """Two words each, of those that the articles are made of; a few of them are in most articles."""
    chance, words = random.Random(4), farm.vocabulary()
    queries = ["Stadtrat", *(" ".join(chance.sample(words, 2)) for _ in range(SUBSCRIPTIONS - 1))]
    subscribe(archive, {f"Abo {number}": query for number, query in enumerate(queries)}, channel="hook")


def _filed(fleet: Fleet) -> int:
    with fleet.archive.read() as tx:
        return tx.records.count()


def _count(fleet: Fleet, state: str) -> int:
    found = select(func.count()).select_from(deliveries).where(deliveries.c.state == state)
    with fleet.archive.database.read() as connection:
        return int(connection.execute(found).scalar_one())
