"""A whole house for tests: real archive, real parser and matcher; the web, the clock and the channel are fakes."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.fakes import FakeChannel, FakeClock, FakeFeed, FakeWeb
from worker.archive import Archive, open_archive
from worker.archive.schema import metadata
from worker.batch import Batch, poll_due
from worker.configure import new_feed
from worker.deliver import Counter, Settled, deliver_due
from worker.gather import gather_due
from worker.intake import Equipment, Manners
from worker.matching import Matching
from worker.model import Feed, FiledRecord, SourceRules
from worker.page import read_page
from worker.parse import parse_feed
from worker.query import parse
from worker.rest import parse_posts
from worker.sitemap import read_sitemap

FEED = "https://www.stadtblatt.example/feed/"
RULES = SourceRules(
    name="stadtblatt",
    line="Stadtblatt",
    home="https://www.stadtblatt.example/",
    categories=("Osnabrück", "Sport"),
    catch_all=("Aktuell", "Allgemein"),
)


@dataclass
class House:
    """One worker; several may stand on one archive. Fields are replaced by tests as they need it."""

    archive: Archive
    clock: FakeClock
    web: FakeWeb
    channel: FakeChannel
    equipment: Equipment
    counter: Counter

    def add_feed(self, url: str = FEED, *, interval_s: float = 600.0, category: str = "") -> int:
        feed = new_feed(
            url=url, source=RULES.name, interval_s=interval_s, origin="command", now=self.clock.now(), category=category
        )
        with self.archive.write() as tx:
            return tx.feeds.add(feed, self.clock.now())

    def subscribe(self, name: str, query: str, channels: tuple[str, ...] = ("screen",), **options: object) -> int:
        with self.archive.write() as tx:
            canonical = parse(query).to_json()
            return tx.subscriptions.add(
                name=name,
                query=query,
                canonical=canonical,
                channels=channels,
                origin="command",
                now=self.clock.now(),
                **options,
            )

    def poll(self) -> Batch:
        """One claim of whatever is due."""
        return poll_due(self.equipment)

    def poll_later(self, seconds: float = 700.0) -> Batch:
        self.clock.advance(seconds)
        return self.poll()

    def poll_until_quiet(self) -> None:
        """Claims until nothing is due, catching up included."""
        for _ in range(200):
            if not self.poll().hosts:
                return
            self.clock.advance(self.equipment.manners.host_gap_s)
        raise AssertionError("there is always something due")

    def gather(self) -> int:
        return gather_due(self.counter, self.equipment.zone)

    def deliver(self) -> list[Settled]:
        return deliver_due(self.counter)

    def feed(self, url: str = FEED) -> Feed:
        with self.archive.read() as tx:
            found = tx.feeds.find(url)
        assert found is not None
        return found

    def records(self) -> list[FiledRecord]:
        with self.archive.read() as tx:
            return list(tx.records.stream())

    def titles(self) -> list[str]:
        return [filed.record.title for filed in self.records()]

    def sent_titles(self) -> list[str]:
        return [sending.delivery.alert.record.record.title for sending in self.channel.sent]

    def gap(self, url: str = FEED) -> str:
        """The reason of a feed's open gaps, "" if there is none."""
        with self.archive.read() as tx:
            return "; ".join(one.reason for one in tx.coverage.gaps(self.feed(url).id) if one.closed_at is None)

    def manners(self, **changes: object) -> None:
        self.equipment = replace(self.equipment, manners=replace(self.equipment.manners, **changes))  # type: ignore[arg-type]


def build_house(archive: Archive, clock: FakeClock, web: FakeWeb, channel: FakeChannel) -> House:
    equipment = Equipment(
        archive=archive,
        fetcher=web,
        read=parse_feed,
        read_rest=parse_posts,
        read_page=read_page,
        read_map=read_sitemap,
        matching=Matching(archive),
        clock=clock,
        sources={RULES.name: RULES},
        manners=Manners(full_text=False, recheck_s=()),  # tests of visits ask for them
        threads=4,
        jitter=lambda: 0.5,
    )
    counter = Counter(archive=archive, channels={channel.name: channel}, clock=clock, jitter=lambda: 0.5)
    return House(archive=archive, clock=clock, web=web, channel=channel, equipment=equipment, counter=counter)


@contextmanager
def open_house(database_url: str, clock: FakeClock | None = None) -> Iterator[House]:
    clock = clock or FakeClock()
    archive = open_archive(database_url)
    try:
        yield build_house(archive, clock, FakeWeb(clock), FakeChannel())
    finally:
        archive.close()


@contextmanager
def house_of(database_url: str, folders: pytest.TempPathFactory, number: int) -> Iterator[House]:
    """A house on an empty database of its own for each strike; migrated once, then copied or emptied."""
    if database_url.startswith("sqlite"):
        template = Path(database_url.removeprefix("sqlite:///"))
        if not template.exists():
            open_archive(database_url).close()
        copy = folders.mktemp("crash") / f"{number}.db"
        shutil.copy(template, copy)
        database_url = f"sqlite:///{copy}"
    with open_house(database_url) as house:
        with house.archive.database.write() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
        yield house


def publish_many(feed: FakeFeed, clock: FakeClock, number: int, word: str = "Artikel") -> list[str]:
    """Publish articles a minute apart, the last one now. Gives their titles."""
    titles = []
    for left in range(number - 1, -1, -1):
        at = clock.now().replace(microsecond=0)
        titles.append(
            feed.publish(f"{word} {feed.next_id}", at=at.fromtimestamp(at.timestamp() - 60 * left, at.tzinfo)).title
        )
    return titles
