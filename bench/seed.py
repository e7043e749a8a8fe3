"""What every measuring of the flow begins with: its equipment, feeds, subscriptions, and a clock that can be put forward.

On any archive, in this process. Must not know what is measured.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

from worker.archive import Archive
from worker.batch import poll_due
from worker.configure import new_feed
from worker.fetch import Fetcher
from worker.intake import Equipment, Manners
from worker.matching import Matching
from worker.model import SourceRules
from worker.poll import Outcome
from worker.query import parse
from worker.sandbox import Sandbox

RULES = SourceRules(name="bench", line="Bench", post_id_pattern=r"-(\d+)/?$", categories=("Osnabrück",))
QUERIES = {"Rat": "Stadtrat", "Hafen": '"Radweg am Hafen" OR (Polizei AND Feuerwehr)'}
LOOPBACK = ip_network("127.0.0.0/8")
INTERVAL_S = 3600.0
FEEDS_ALONE = Manners(host_gap_s=0.0, unconditional_every_s=10 * 365 * 86400.0, reread_every_s=0.0, recheck_s=())


@dataclass
class Clock:
    """The machine's clock, put forward so that feeds are due again."""

    ahead: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)


@contextmanager
def equipped(archive: Archive, clock: Clock | None = None, manners: Manners = FEEDS_ALONE) -> Iterator[Equipment]:
    """All that polls need, on this archive. By default feeds are polled and nothing else is looked at."""
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
            sources={RULES.name: RULES},
            manners=manners,
            jitter=lambda: 0.5,
        )


def add_feeds(
    archive: Archive, urls: Sequence[str], now: datetime | None = None, interval_s: float = INTERVAL_S
) -> None:
    """Feeds that are due and were never polled. now: else the machine's clock."""
    now = now or datetime.now(UTC)
    with archive.write() as tx:
        for url in urls:
            feed = new_feed(url=url, source=RULES.name, interval_s=interval_s, origin="command", now=now)
            tx.feeds.add(feed, now)


def subscribe(
    archive: Archive, queries: Mapping[str, str] = QUERIES, *, channel: str = "screen", now: datetime | None = None
) -> None:
    """A subscription for each of these queries, by name."""
    now = now or datetime.now(UTC)
    with archive.write() as tx:
        for name, text in queries.items():
            named = {"name": name, "query": text, "canonical": parse(text).to_json()}
            tx.subscriptions.add(**named, channels=[channel], origin="command", now=now)


def poll_once(archive: Archive, url: str) -> None:
    """Add a feed and poll it: its row is as rows are."""
    with equipped(archive) as equipment:
        add_feeds(archive, [url])
        [poll] = poll_due(equipment).polls
        assert poll.outcome is Outcome.UPDATED, poll
