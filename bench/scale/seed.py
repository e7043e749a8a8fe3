"""Single steps of the flow in this process, on any archive: to make rows as a worker makes them."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime

from bench.house import LOOPBACK, Clock
from worker.archive import Archive
from worker.batch import poll_due
from worker.configure import new_feed
from worker.fetch import Fetcher
from worker.intake import Equipment, Manners
from worker.matching import Matching
from worker.model import SourceRules
from worker.poll import Outcome
from worker.sandbox import Sandbox

INTERVAL_S = 3600.0


@contextmanager
def equipped(archive: Archive, rules: SourceRules, clock: Clock | None = None) -> Iterator[Equipment]:
    """All that polls need, on this archive."""
    with (
        closing(Sandbox()) as sandbox,
        Fetcher(user_agent="feedwacht-bench/1", allow_networks=[LOOPBACK]) as fetcher,
    ):
        yield Equipment(
            archive=archive,
            fetcher=fetcher,
            read=sandbox.parse_feed,
            read_rest=sandbox.parse_rest,
            read_page=sandbox.parse_page,
            read_map=sandbox.read_map,
            matching=Matching(archive),
            clock=clock or Clock(),
            sources={rules.name: rules},
            manners=Manners(host_gap_s=0.0, unconditional_every_s=10 * 365 * 86400.0, reread_every_s=0.0, recheck_s=()),
            jitter=lambda: 0.5,
        )


def add_feeds(archive: Archive, urls: Sequence[str], source: str = "bench") -> None:
    """Feeds that are due and were never polled."""
    now = datetime.now(UTC)
    with archive.write() as tx:
        for url in urls:
            tx.feeds.add(new_feed(url=url, source=source, interval_s=INTERVAL_S, origin="command", now=now), now)


def poll_once(archive: Archive, url: str, rules: SourceRules) -> None:
    """Add a feed and poll it: its row is as rows are."""
    with equipped(archive, rules) as equipment:
        add_feeds(archive, [url], rules.name)
        [poll] = poll_due(equipment).polls
        assert poll.outcome is Outcome.UPDATED, poll
