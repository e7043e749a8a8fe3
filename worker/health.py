"""The one judgement of whether the promises hold, read from the tables: for `status`, health checks and metrics alike.

`look` reads a State in one transaction; `broken` lists, out of it alone, which promises do not hold. It knows no words:
each reader says them in its own.
"""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from worker import circuit, configure, pulse, room
from worker.archive import Archive, Transaction
from worker.archive.inspection import embedded_file
from worker.chapters import Backfill
from worker.coverage import Gap
from worker.model import ChannelState, Colleague, DeliveryState, Feed, Host, Trouble, TroubleKind
from worker.poll import QUARANTINE_DEATHS
from worker.pulse import LATE, Pulse
from worker.room import Room
from worker.settings import Settings

LASTING_FAILURES = 3
_DAY = timedelta(days=1)
BLOCKING = (
    TroubleKind.NO_FEED,
    TroubleKind.COMMENTS,
    TroubleKind.CERTIFICATE,
    TroubleKind.EMPTY,
    TroubleKind.CHANNEL_OFF,
    TroubleKind.CHANNEL_GONE,
    TroubleKind.QUARANTINE,  # its alerts wait for a person, for as long as it takes
)


class Promise(StrEnum):
    """What must hold; the value is what a machine is told of one that does not."""

    KEPT = "no_room"  # what comes can be written down
    BEGUN = "nothing_ran"  # somebody has begun to poll what is to be polled
    ATTENDED = "nobody_polls"  # a process is there for what is due
    SWEPT = "no_sweep"  # ticks are carried out
    ARRIVING = "canary_late"  # an article of our own gets through
    POLLED = "feeds_late"  # feeds are polled when they are due
    WATCHED = "feed_stopped"  # no feed stops by itself
    SEEING = "no_feed_readable"  # some feed can be read
    CLEAR = "trouble"  # nothing waits for a person
    HEARD = "feed_silent"  # each feed answered within a day
    READABLE = "feed_in_quarantine"  # no feed costs its parsers their lives
    HARMLESS = "host_ends_workers"  # no host costs whole workers theirs
    DELIVERED = "deliveries_dead"  # no alert was given up
    PROMPT = "alerts_late"  # alerts leave when they are due


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A promise that does not hold. count: of how many things; since: since when, where that is known; feed, trouble,
    host, room: what it is about, where that is one.
    """

    promise: Promise
    count: int = 1
    since: datetime | None = None
    feed: Feed | None = None
    trouble: Trouble | None = None
    host: Host | None = None
    room: Room | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the archive says of the work at `now`.

    schema: of the database. rests: until when hosts asked to be left alone, lately or still. lag: the median time from
    publishing to filing of the last day's news, None = there was none. files_due: record files to be written, if
    any are kept. gaps, backfills: open ones; failed_backfills: those that no means got on with. rejected: subscriptions by name, and why their queries cannot be read.
    troubles: of feeds that are polled, or stopped by themselves, and of channels. channels: that fail again and again;
    disabled: by hand. coming: how many feeds of the configuration no worker took over yet. abandoned: hosts at which
    workers ended again and again. full: where the archive, or its record files, have no room left on this machine.
    """

    now: datetime
    schema: str
    pulse: Pulse
    feeds: tuple[Feed, ...]
    rests: Mapping[str, datetime]
    deliveries: dict[str, int]
    records: int
    withdrawn: int
    lag: timedelta | None
    files_due: int
    gaps: tuple[tuple[Feed, Gap], ...]
    backfills: tuple[tuple[Feed, Backfill], ...]
    rejected: dict[str, str]
    troubles: tuple[Trouble, ...] = ()
    notices_dead: int = 0
    channels: tuple[ChannelState, ...] = ()
    disabled: tuple[str, ...] = ()
    coming: int = 0
    abandoned: tuple[Host, ...] = ()
    full: tuple[Room, ...] = ()
    failed_backfills: tuple[Backfill, ...] = ()

    # -- processes ----------------------------------------------------------------------------------------------------

    @property
    def workers(self) -> tuple[Colleague, ...]:
        return self.pulse.workers

    @property
    def versions(self) -> tuple[str, ...]:
        """The different versions of feedwacht that are at work."""
        return tuple(sorted({one.version for one in self.pulse.living}))

    # -- feeds --------------------------------------------------------------------------------------------------------

    @property
    def stopped(self) -> list[Feed]:
        """Feeds that stopped by themselves; what left the configuration was meant to stop."""
        return [feed for feed in self.feeds if feed.stopped and feed.stopped != configure.LEFT_THE_FILE]

    @property
    def late(self) -> list[Feed]:
        return [feed for feed in self.feeds if not feed.stopped and self.waits_since(feed) < self.now - LATE]

    @property
    def due(self) -> list[Feed]:
        """Feeds whose poll may begin; a host that asked to be left alone has none."""
        return [feed for feed in self.feeds if not feed.stopped and self.waits_since(feed) <= self.now]

    @property
    def feed_waits_since(self) -> datetime | None:
        """Since when the longest waiting of them is due, None = none is. The canary's is none of them."""
        return min(map(self.waits_since, self.due), default=None)

    @property
    def wanted(self) -> int:
        """How many feeds are to be polled, those of the configuration that no worker took over yet included."""
        return self.coming + sum(not feed.stopped for feed in self.feeds)

    @property
    def has_begun(self) -> bool:
        """Whether a feed was ever polled, or somebody is there to do it, or there is nothing to do."""
        return not self.wanted or bool(self.pulse.pollers) or any(feed.last_polled_at for feed in self.feeds)

    def waits_since(self, feed: Feed) -> datetime:
        """From when on it waits, or will wait, for its poll: not before its host's rest ends."""
        return max(feed.next_poll_at, self.rests.get(feed.host, feed.next_poll_at))

    @property
    def failing(self) -> list[Feed]:
        return [feed for feed in self.feeds if feed.failures and not feed.stopped]

    @property
    def quarantined(self) -> list[Feed]:
        return [feed for feed in self.failing if feed.deaths >= QUARANTINE_DEATHS]

    @property
    def is_blind(self) -> bool:
        """Whether every feed that is polled fails, and not just once."""
        active = sum(not feed.stopped for feed in self.feeds)
        tries = sum(feed.failures for feed in self.failing)
        return 0 < active == len(self.failing) and tries >= LASTING_FAILURES

    @property
    def silent(self) -> list[Feed]:
        """Feeds that fail again and again, and did not answer for a day, if ever."""
        lasting = (feed for feed in self.failing if feed.failures >= LASTING_FAILURES)
        return [feed for feed in lasting if feed.last_success_at is None or feed.last_success_at < self.now - _DAY]

    def is_unreadable(self, feed: Feed, gap: Gap) -> bool:
        """Whether each means was tried on it, since it is known, in vain."""
        tried = (one for one in self.failed_backfills if one.feed_id == feed.id)
        return any(one.tried_in_vain(gap.from_at, gap.to_at, gap.noticed_at) for one in tried)

    # -- alerts and troubles ------------------------------------------------------------------------------------------

    @property
    def dead(self) -> int:
        return self.deliveries.get(DeliveryState.DEAD, 0)

    @property
    def blocked(self) -> list[Trouble]:
        """Troubles that keep articles from being seen, or alerts from being sent, until a person does something."""
        return [trouble for trouble in self.troubles if trouble.kind in BLOCKING]

    @property
    def is_good(self) -> bool:
        return not broken(self)


def broken(state: State) -> tuple[Breach, ...]:
    """The promises that do not hold, what concerns everything first; () = all is well."""
    return (*_of_disks(state), *_of_processes(state), *_of_feeds(state), *_of_alerts(state))


def _of_disks(state: State) -> Iterator[Breach]:
    """First: whoever cannot write cannot report either, and looks as if he were gone."""
    yield from (Breach(promise=Promise.KEPT, room=room) for room in state.full)


def _of_processes(state: State) -> Iterator[Breach]:
    now = state.pulse
    if not state.has_begun:
        yield Breach(promise=Promise.BEGUN, count=state.wanted)
    elif now.unattended_since is not None:
        yield Breach(promise=Promise.ATTENDED, since=now.unattended_since)
    if now.unswept_since is not None:
        yield Breach(promise=Promise.SWEPT, since=now.unswept_since)
    if now.canary_late_since is not None:
        yield Breach(promise=Promise.ARRIVING, since=now.canary_late_since)


def _of_feeds(state: State) -> Iterator[Breach]:
    if state.late:
        oldest = min(map(state.waits_since, state.late))
        yield Breach(promise=Promise.POLLED, count=len(state.late), since=oldest)
    yield from (Breach(promise=Promise.WATCHED, feed=feed) for feed in state.stopped)
    if state.is_blind:
        yield Breach(promise=Promise.SEEING, count=len(state.failing))
    for trouble in state.blocked:
        yield Breach(promise=Promise.CLEAR, trouble=trouble, since=trouble.began_at)
    yield from (Breach(promise=Promise.HEARD, feed=feed, since=feed.last_success_at) for feed in state.silent)
    yield from (Breach(promise=Promise.READABLE, feed=feed, count=feed.deaths) for feed in state.quarantined)
    yield from (Breach(promise=Promise.HARMLESS, host=host, count=host.abandoned) for host in state.abandoned)


def _of_alerts(state: State) -> Iterator[Breach]:
    if state.dead:
        yield Breach(promise=Promise.DELIVERED, count=state.dead)
    waits_since, is_anybody_there = state.pulse.delivery_waits_since, state.pulse.undelivered_since is None
    if waits_since is not None and (waits_since < state.now - LATE or not is_anybody_there):
        yield Breach(promise=Promise.PROMPT, since=waits_since)


# -- reading it -------------------------------------------------------------------------------------------------------


def look(archive: Archive, settings: Settings, now: datetime) -> State:
    """How things stand, in one read. Raises: ArchiveError."""
    with archive.read() as tx:
        return _look(tx, settings, now)


def _look(tx: Transaction, settings: Settings, now: datetime) -> State:
    feeds = tuple(tx.feeds.all())
    by_id = {feed.id: feed for feed in feeds}
    configured = {one.name for one in settings.channels}
    channels, backfills = tx.channels.all(), tx.backfills.all()
    lags_s = tx.records.lags_s(since=now - _DAY)
    return State(
        now=now,
        schema=tx.schema(),
        pulse=pulse.feel(tx, now),
        feeds=feeds,
        rests=tx.feeds.rests(now),
        deliveries=dict(tx.alerts.counts()),
        records=tx.records.count(),
        withdrawn=tx.records.count_withdrawn(),
        lag=timedelta(seconds=statistics.median(lags_s)) if lags_s else None,
        files_due=tx.records.count_files_due() if settings.archive.files else 0,
        gaps=tuple((by_id[feed_id], gap) for feed_id, gap in tx.coverage.open_gaps() if feed_id in by_id),
        backfills=tuple((by_id[one.feed_id], one) for one in backfills if one.state == "running"),
        failed_backfills=tuple(one for one in backfills if one.state == "failed"),
        rejected=configure.rejected(settings, tx, settings.ui.language),
        troubles=tuple(_that_matter(tx.troubles.open(), feeds, configured)),
        notices_dead=tx.troubles.count_dead(),
        channels=tuple(one for one in channels if one.failures >= circuit.PATIENCE and one.name in configured),
        disabled=tuple(one.name for one in channels if one.disabled_at and not one.failures),
        coming=_coming(feeds, settings),
        abandoned=tuple(tx.feeds.suspicious_hosts()),
        full=room.full(_places(settings)),
    )


def _coming(feeds: Sequence[Feed], settings: Settings) -> int:
    known = {feed.url for feed in feeds}
    return sum(feed.url not in known for source in settings.sources for feed in source.feeds)


def _places(settings: Settings) -> Iterator[Path]:
    """Where this machine keeps something: a server's disks are its own affair."""
    if (file := embedded_file(settings.archive.database)) is not None:
        yield from (file.parent, file)
    if settings.archive.files:
        yield Path(settings.archive.files)


def _that_matter(troubles: Sequence[Trouble], feeds: Sequence[Feed], channels: set[str]) -> Iterator[Trouble]:
    """A feed that stopped is told of as such, and what left the configuration concerns nobody."""
    stopped = {feed.id for feed in feeds if feed.stopped}
    polled = (trouble for trouble in troubles if trouble.feed_id not in stopped)
    return (trouble for trouble in polled if trouble.feed_id is not None or trouble.channel in channels)
