"""A newspaper and a worker that watches it, on one clock: what happens, hour by hour, embedded and without a socket.

The worker is the embedded flow on a real archive; it can be killed and started again. Owns how time passes; what must be
true in the end stands in `promises.py`.
"""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import case, func, select
from sqlalchemy.sql.elements import ColumnElement

from tests.fakes import FakeChannel, FakeClock, FakeWeb
from tests.house import House, build_house
from tests.killing import killed_at
from tests.newspaper import HOME, Newspaper
from tests.site_web import USER_AGENT, SiteTransport
from worker.archive import Archive, open_archive
from worker.archive.schema import deliveries, feeds, hosts, visits
from worker.configure import new_feed
from worker.fetch import Fetcher
from worker.intake import Manners
from worker.model import Feed, SourceRules
from worker.settings import load, shipped
from worker.transfer import Format, export_records, import_files

RULES: SourceRules = load(shipped(), {}).sources[0].rules
MAIN_FEED = f"{HOME}/feed/"
SOON = timedelta(hours=3)
A_NAP = timedelta(minutes=5)  # who slept for longer was not awake
IDLE_S = 60.0  # how long to wait where something is due that nobody takes
FAIR = ("fine", "without REST", "without days")


class Town:
    """Fields may be read by tests; time passes with `live` and `sleep`.

    soon: within what time of fair weather the worker has surely looked: two polls, and the longest back-off before them.
    """

    def __init__(self, database_url: str, start: datetime, seed: int = 1, soon: timedelta = SOON) -> None:
        self.soon = soon
        self.clock = FakeClock(start)
        self.paper = Newspaper(self.clock.now)
        self.transport = SiteTransport({urlsplit(HOME).hostname or "": self.paper.site})
        self.channel = FakeChannel()
        self.weather = "fine"
        self.polls = 0
        self.subscribed: dict[str, datetime] = {}  # since when, by name
        self.imported: set[int] = set()  # posts that an import brought
        self._database_url = database_url
        self._awake_since = self._awake_until = start
        self._chance = random.Random(seed)
        self.house = self._started()

    @property
    def archive(self) -> Archive:
        return self.house.archive

    # -- the worker

    def _started(self) -> House:
        archive = open_archive(self._database_url)
        house = build_house(archive, self.clock, FakeWeb(self.clock), self.channel)
        fetcher = Fetcher(user_agent=USER_AGENT, clock=self.clock.now, transport=self.transport)
        house.equipment = replace(
            house.equipment,
            fetcher=fetcher,
            sources={RULES.name: RULES},
            manners=Manners(),
            jitter=self._chance.random,
        )
        return house

    def restart(self) -> None:
        """The next process, after the leases of the last one ran out."""
        self._awake_since = self.clock.now()
        self.close()
        self.clock.advance(60)
        self.house = self._started()
        self.paper.look()

    def close(self) -> None:
        self.archive.close()

    def killed(self, at_step: int, when: str, *, while_delivering: bool) -> None:
        """What is due is begun; the process ends at a step of it, and another one comes. Steps: see `killed_at`."""
        if (due := self.next_due()) is not None and not while_delivering:
            self.clock.advance(max(0.0, (due - self.clock.now()).total_seconds()))
        with killed_at(self.archive, at_step, when):
            if while_delivering:
                self.house.deliver()
            else:
                self.house.poll()
        self.restart()

    def watch(self, path: str = "/feed/", *, interval_s: float = 1800.0, category: str = "") -> None:
        url, now = HOME + path, self.clock.now()
        feed = new_feed(url=url, source=RULES.name, interval_s=interval_s, origin="command", now=now, category=category)
        with self.archive.write() as tx:
            tx.feeds.add(feed, now)

    def unwatch(self, feed: Feed) -> None:
        with self.archive.write() as tx:
            tx.feeds.remove(feed.id)

    def feeds(self) -> list[Feed]:
        with self.archive.read() as tx:
            return tx.feeds.all()

    def subscribe(self, name: str) -> None:
        """To everything: each headline has the word."""
        self.house.subscribe(name, "Nachricht")
        self.subscribed[name] = self.clock.now()

    def unsubscribe(self, name: str) -> None:
        with self.archive.write() as tx:
            found = tx.subscriptions.find(name)
            assert found is not None
            tx.subscriptions.remove(found.id, self.clock.now())
        del self.subscribed[name]

    def posts(self) -> set[int]:
        return {int(filed.record.post_id or 0) for filed in self.house.records()}

    def import_file(self, file: Path) -> None:
        before = self.posts()
        import_files(self.archive, [file], [RULES], now=self.clock.now(), tell=lambda bad: None)
        self.imported |= self.posts() - before

    def export(self, file: Path) -> None:
        form = Format(file.suffix.removeprefix("."))
        with self.archive.read() as tx:
            export_records(tx.records.stream(), form, file)

    def exported_elsewhere(self, database_url: str, file: Path) -> None:
        """Another archive, whose first poll is just now, writes what it has."""
        other = Town(database_url, self.clock.now())
        other.transport.sites = self.transport.sites
        other.watch()
        other.house.poll()
        other.export(file)
        other.close()

    # -- weather

    def weather_turns(self, weather: str) -> None:
        """fine, without REST, without days; down, maintenance, unreachable, excerpts, frozen, always 304, without pages."""
        if self.weather not in FAIR:
            self._awake_since = self.clock.now()
        site, self.weather = self.paper.site, weather
        site.down = weather == "down"
        site.maintenance(weather == "maintenance")
        self.transport.unreachable = {"www.hasepost.de"} if weather == "unreachable" else set()
        site.look.use_excerpt = weather == "excerpts"
        site.always_304 = weather == "always 304"
        site.rest, site.day_archives = weather != "without REST", weather != "without days"
        site.paging = "ignored" if weather == "without pages" else "heard"
        site.thaw()
        if weather == "frozen":
            site.freeze()
        self.paper.look()

    # -- time

    def in_minutes(self, minutes: float) -> datetime:
        return self.clock.now() + timedelta(minutes=minutes)

    def sleep(self, seconds: float) -> None:
        """Time passes and nobody watches."""
        self.clock.advance(seconds)
        self.paper.look()

    def live(self, seconds: float) -> None:
        """The worker does whatever comes due in that time."""
        now = self.clock.now()
        end = now + timedelta(seconds=seconds)
        if self.weather not in FAIR or now - self._awake_until > A_NAP:
            self._awake_since = now
        while (due := self.next_due()) is not None and due <= end:
            self.clock.advance(max(0.0, (due - self.clock.now()).total_seconds()))
            self.paper.look()
            batch = self.house.poll()
            self.polls += len(batch.polls)
            if batch.alerts:
                self.house.deliver()
            self.paper.look()
            if not batch.hosts:
                self.clock.advance(IDLE_S)
        self.clock.advance(max(0.0, (end - self.clock.now()).total_seconds()))
        self.house.deliver()
        self.paper.look()
        self._awake_until = end
        if self.weather in FAIR:
            self.paper.watched(self._awake_since)

    def next_due(self) -> datetime | None:
        """When somebody has something to do next, as the tables say."""
        with self.archive.database.read() as connection:
            times = [connection.execute(statement).scalar_one() for statement in _NEXT]
        return min((moment for moment in times if moment is not None), default=None)


def _latest(*moments: ColumnElement[datetime]) -> ColumnElement[datetime]:
    """The latest of them; what is NULL does not count (databases differ in what their own function makes of it)."""
    latest = moments[0]
    for moment in moments[1:]:
        latest = case((latest.is_(None), moment), (moment.is_(None), latest), (moment > latest, moment), else_=latest)
    return latest


_FREE = _latest(hosts.c.free_at, hosts.c.retry_after_at, hosts.c.lease_until)
_NEXT = [
    *(
        select(func.min(_latest(when, _FREE)))
        .select_from(feeds.join(hosts))
        .where(feeds.c.stopped == "", when.is_not(None))
        for when in (feeds.c.next_poll_at, feeds.c.catch_up_at, feeds.c.reread_at)
    ),
    select(func.min(_latest(visits.c.due_at, _FREE))).select_from(visits.join(hosts)),
    select(func.min(deliveries.c.retry_at)).where(deliveries.c.state == "pending"),
]


NOON = datetime(2025, 12, 3, 12, 0, tzinfo=UTC)
BEFORE_THE_LONG_NIGHT = datetime(2025, 10, 25, 20, 0, tzinfo=UTC)  # then the hour from two to three comes twice
