"""2,000 feeds on as many hosts, of which 200 accept a connection and never answer: do the others keep their interval?"""

import time
from collections.abc import Iterator

from sqlalchemy import select

from bench.figures import Figure, figure
from bench.scale.crowd import open_crowd
from bench.scale.fill import fill_feeds, make_due, pace
from bench.scale.fleet import Fleet, open_fleet
from bench.seed import poll_once
from worker.archive import Archive
from worker.archive.schema import feeds

FEEDS, SILENT_EVERY = 2_000, 10
INTERVAL_S, WATCHED_S = 30.0, 150.0
_LATE_S = 10.0  # a tenth for the jitter, the tick, and some seconds in the queue


def figures() -> Iterator[Figure]:
    with open_crowd(silent_every=SILENT_EVERY) as crowd:

        def prepare(archive: Archive) -> None:
            poll_once(archive, crowd.url(1, FEEDS))
            fill_feeds(archive, 2, FEEDS, hosts=FEEDS, port=crowd.port)
            pace(archive, INTERVAL_S)

        with open_fleet(prepare=prepare) as fleet:
            make_due(fleet.archive)
            late_s = max(_overdue_s(fleet))
    name = f"{FEEDS:,} feeds every {INTERVAL_S:g} s, {FEEDS // SILENT_EVERY} of them hang: the others late, the worst"
    yield figure(name, "s", late_s, _LATE_S)


def _overdue_s(fleet: Fleet) -> Iterator[float]:
    """Once a second, after a first interval: how long the longest waiting feed is overdue that does answer."""
    begun_s = time.monotonic()
    answers = select(feeds.c.next_poll_at).where(feeds.c.failures == 0, feeds.c.last_success_at.is_not(None))
    while (passed_s := time.monotonic() - begun_s) < WATCHED_S:
        time.sleep(1)
        if passed_s > INTERVAL_S:
            yield _overdue_now_s(fleet, answers)


def _overdue_now_s(fleet: Fleet, answers: object) -> float:
    with fleet.archive.database.read() as connection:
        oldest = min(row.next_poll_at for row in connection.execute(answers))  # type: ignore[call-overload]
    return time.time() - float(oldest.timestamp())
