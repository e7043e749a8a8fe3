"""How the cost of a step grows with what is in the tables: a small archive and a large one, by turns, on PostgreSQL.

What is counted is the CPU time of this process, of its parsers, and of the database server.
"""

import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta

from bench.cost import cpu_s
from bench.figures import Figure, figure
from bench.house import Farm, open_farm
from bench.scale.crowd import Crowd, open_crowd
from bench.scale.fill import fill_feeds, fill_records, make_due
from bench.seed import INTERVAL_S, Clock, add_feeds, equipped, poll_once, subscribe
from tests.servers import PostgresServer, fresh_database
from worker.archive import Archive, open_archive
from worker.batch import poll_due
from worker.intake import Equipment
from worker.poll import Outcome
from worker.sweep import find_due

POLLED, FEW_FEEDS, MANY_FEEDS = 100, 100, 100_000
FEEDS_A_HOST = 5
NEWS_FEEDS, NEWS, FEW_RECORDS, MANY_RECORDS = 20, 10, 1_000, 1_000_000
ROUNDS = 7


def of_polls(many: int = MANY_FEEDS) -> Iterator[Figure]:
    """A tick, a claim, and a hundred polls with 304, each at a host of its own."""
    with open_crowd() as crowd, _server([crowd.pid]) as (server, others), ExitStack() as stack:
        small, large = (_crowded(stack, server, crowd, feeds) for feeds in (FEW_FEEDS, many))
        small_s, large_s = _by_turns([small, large], lambda: None, others)
    name = f"CPU per poll, 304: {many:,} feeds in the table by {FEW_FEEDS}"
    yield figure(name, "ms", large_s * 1000 / POLLED, small_s * 1000 / POLLED, 1.3)


def of_records(many: int = MANY_RECORDS) -> Iterator[Figure]:
    """Ten new articles of 5 kB in each of twenty feeds, from the GET to the commit."""
    with open_farm() as site, _server([site.pid]) as (server, others), ExitStack() as stack:
        small, large = (_stocked(stack, server, site, records) for records in (FEW_RECORDS, many))
        publish = f"publish {NEWS_FEEDS} {NEWS}"
        small_s, large_s = _by_turns([small, large], lambda: site.say(publish), others)
    count = NEWS_FEEDS * NEWS
    name = f"CPU per new record: {many:,} records in the archive by {FEW_RECORDS:,}"
    yield figure(name, "ms", large_s * 1000 / count, small_s * 1000 / count, 1.3)


def _by_turns(
    works: Sequence[Callable[[], None]], before: Callable[[], object], leave_out: Sequence[int]
) -> tuple[float, ...]:
    """Median CPU seconds of each; the first round warms up."""
    taken: list[tuple[float, ...]] = []
    for _ in range(ROUNDS + 1):
        before()
        taken.append(tuple(_spent_s(work, leave_out) for work in works))
    return tuple(statistics.median(column) for column in zip(*taken[1:], strict=True))


def _spent_s(work: Callable[[], None], leave_out: Sequence[int]) -> float:
    before_s = cpu_s(leave_out)
    work()
    return cpu_s(leave_out) - before_s


@contextmanager
def _server(leave_out: Sequence[int]) -> Iterator[tuple[PostgresServer, Sequence[int]]]:
    with PostgresServer() as server:
        yield server, leave_out


def _opened(stack: ExitStack, server: PostgresServer) -> Archive:
    archive = open_archive(stack.enter_context(fresh_database(server.url)), migrate=True)
    stack.callback(archive.close)
    return archive


def _crowded(stack: ExitStack, server: PostgresServer, crowd: Crowd, feeds: int) -> Callable[[], None]:
    archive = _opened(stack, server)
    poll_once(archive, crowd.url(0))
    fill_feeds(archive, 1, feeds - 1, hosts=max(feeds // FEEDS_A_HOST, POLLED), port=crowd.port)
    equipment = stack.enter_context(equipped(archive))

    def poll() -> None:
        make_due(archive, POLLED)
        find_due(archive, equipment.clock.now(), files=False)
        assert _polled(equipment) == [Outcome.UNCHANGED] * POLLED

    return poll


def _stocked(stack: ExitStack, server: PostgresServer, site: Farm, records: int) -> Callable[[], None]:
    archive, clock = _opened(stack, server), Clock()
    equipment = stack.enter_context(equipped(archive, clock))
    add_feeds(archive, site.urls(NEWS_FEEDS))
    subscribe(archive)
    _polled(equipment)
    fill_records(archive, records)

    def poll() -> None:
        clock.ahead += timedelta(seconds=2 * INTERVAL_S)
        assert _polled(equipment) == [Outcome.UPDATED] * NEWS_FEEDS

    return poll


def _polled(equipment: Equipment) -> list[Outcome]:
    found = []
    while (done := poll_due(equipment)).hosts:
        found += [poll.outcome for poll in done.polls]
    return found
