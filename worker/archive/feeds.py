"""Feeds and their hosts: what is due, who works on it, and what a poll found."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    RowMapping,
    Select,
    Update,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from worker.archive.due import (
    COUNT_DUE,
    DUE_FEEDS,
    DUE_HOSTS,
    DUE_VISITS,
    LOOKS_A_HOST,
    NEXT_DUE,
    RESTS,
    WAITING_SINCE,
    is_due,
    is_unleased,
)
from worker.archive.packing import pack_reading, pack_shown, unpack_reading, unpack_shown
from worker.archive.schema import UtcDateTime, feeds, hosts
from worker.archive.troubles import packed_symptom, unpacked_symptom
from worker.archive.versions import admit
from worker.errors import Conflict, LeaseLost
from worker.masking import mask
from worker.model import CANARY_ORIGIN, Feed, Host, HostWork, Lease, ListedFeed, Validators, Watched

SUSPICIOUS = 3  # leases in a row that nobody gave back; one or two are a worker that was restarted
_SUSPECT_WAITS = timedelta(seconds=15)  # for a moment in which nothing else is due; no longer
_SUSPECTS_TOGETHER = 16  # of those that lost no more than that; half as many for each lease more
_LATELY = timedelta(days=1)  # how long after its end a rest that a server asked for is remembered

# What changes at every poll, and what only when the feed showed something new.
_SCHEDULE = (
    *(
        "next_poll_at",
        "last_polled_at",
        "last_success_at",
        "last_outcome",
        "last_reason",
        "failures",
        "deaths",
        "full_at",
    ),
    *("moved_to", "moved_count", "moved_since"),
    *("covered_to", "pace_reason", "lied_at"),
)
_STATE = (
    "title",
    "poll_url",
    "host",
    "first_polled_at",
    "covered_from",
    "covered_id",
    "body_hash",
    "catch_up_at",
    "reread_at",
    "rhythm",
    "hints",
    "ways",
)

_WINDOWS = ("window", "ground", "catch_up", "reread")
_VALIDATORS = ("etag", "last_modified", "validators_url")


_SYMPTOMS = "symptoms"


def _noting(*names: str) -> Update:
    """Built once: to build a statement takes longer than to run it."""
    values: dict[str, Any] = {name: bindparam(name, type_=feeds.c[name].type) for name in names}
    return update(feeds).where(feeds.c.id == bindparam("feed_id")).values(values)


_RESCHEDULE = _noting(*_SCHEDULE, *_VALIDATORS, _SYMPTOMS)
_SAVE = _noting(*_SCHEDULE, *_VALIDATORS, *_STATE, *_WINDOWS, _SYMPTOMS)


def _held(which: ColumnElement[bool]) -> Select[tuple[str]]:
    return select(hosts.c.name).where(which, hosts.c.lease_token == bindparam("token")).with_for_update()


_HOLD_ONE = _held(hosts.c.name == bindparam("name"))  # a third of the time of a list of one
_HOLD = _held(hosts.c.name.in_(bindparam("names", expanding=True)))
_ADD_HOST = {
    dialect.dialect.name: dialect.insert(hosts).values(name=bindparam("name")).on_conflict_do_nothing()
    for dialect in (sqlite, postgresql)
}

_OF_PEOPLE = feeds.c.origin != CANARY_ORIGIN  # the canary is nobody's
_NEW = ("url", "poll_url", "source", "host", "category", "interval_s", "interval_given", "origin", "next_poll_at")

_NAMES: BindParameter[Any] = bindparam("names", expanding=True)
_LEASE = (
    update(hosts)
    .where(hosts.c.name.in_(_NAMES))
    .values(
        lease_token=bindparam("token"),
        lease_until=bindparam("until", type_=UtcDateTime()),
        abandoned=case((hosts.c.lease_token.is_not(None), hosts.c.abandoned + 1), else_=hosts.c.abandoned),
    )
    .returning(hosts)
)


class Feeds:
    """The feeds of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- the list ---------------------------------------------------------------------------------------------------

    def add(self, feed: Feed, now: datetime) -> int:
        """File a new feed and its host. Returns its id. Raises: Conflict when the URL is known."""
        self.add_host(feed.host)
        values = {name: getattr(feed, name) for name in _NEW}
        try:
            with self._connection.begin_nested():
                row = self._connection.execute(
                    insert(feeds).values(**values, added_at=now, window=[], ground=[]).returning(feeds.c.id)
                )
                return int(row.scalar_one())
        except IntegrityError as error:
            raise Conflict(f"{mask(feed.url)} is in the archive already: see `feedwacht feeds list`") from error

    def add_host(self, name: str) -> None:
        """Make a host known; one that is known stays as it is."""
        self._connection.execute(_ADD_HOST[self._connection.dialect.name], {"name": name})

    def all(self) -> list[Feed]:
        """Every feed, stopped ones too, in the order they were added; the canary's is none of them."""
        wanted = select(feeds).where(_OF_PEOPLE).order_by(feeds.c.id)
        return [_feed(row) for row in self._connection.execute(wanted)]

    def listed(self) -> list[ListedFeed]:
        """The same without what polls found, which is most of a row: for looking through all feeds."""
        columns = [feeds.c[name] for name in ListedFeed.__slots__]
        rows = self._connection.execute(select(*columns).where(_OF_PEOPLE).order_by(feeds.c.id)).mappings()
        return [ListedFeed(**row) for row in rows.all()]

    def of_source(self, source: str) -> list[Feed]:
        """The feeds of one source that are polled."""
        wanted = select(feeds).where(feeds.c.source == source, feeds.c.stopped == "").order_by(feeds.c.id)
        return [_feed(row) for row in self._connection.execute(wanted)]

    def find(self, reference: str) -> Feed | None:
        """The feed with this URL or id."""
        by = feeds.c.id == int(reference) if reference.isascii() and reference.isdigit() else feeds.c.url == reference
        row = self._connection.execute(select(feeds).where(by, _OF_PEOPLE)).one_or_none()
        return _feed(row) if row else None

    def watched(self) -> list[Watched]:
        """Feeds that are polled and whose rhythm is being learned, with no more than silence needs."""
        columns = [feeds.c[name] for name in Watched.__slots__]
        query = select(*columns).where(feeds.c.stopped == "", feeds.c.rhythm.is_not(None)).order_by(feeds.c.id)
        return [Watched(**row) for row in self._connection.execute(query).mappings()]

    def describe(self, feed_id: int, **values: Any) -> None:
        """Change what the configuration or a command says of a feed: source, category, interval_s, origin, stopped."""
        self._connection.execute(update(feeds).where(feeds.c.id == feed_id).values(**values))

    def remove(self, feed_id: int) -> None:
        """Forget a feed; the records it showed stay."""
        self._connection.execute(delete(feeds).where(feeds.c.id == feed_id))

    # -- due, claim, lease ------------------------------------------------------------------------------------------

    def count_due(self, now: datetime, *, most: int = 1_000_000_000) -> int:
        """How many feeds could be polled now. Counting ends at about `most`."""
        return int(self._connection.execute(COUNT_DUE, {"now": now, "look": most}).scalar_one())

    def next_due_at(self, now: datetime, until: datetime, *, within_s: float) -> datetime | None:
        """When the first feed is due after `now`, if by `until`, of those with an interval of `within_s` at most."""
        times = {"now": now, "until": until, "within_s": within_s}
        at: datetime | None = self._connection.execute(NEXT_DUE, times).scalar_one()
        return at

    def waiting_since(self, now: datetime) -> datetime | None:
        """Since when the feed is due that waits longest for its poll; None = none is. A host that asked to be left alone
        makes nobody wait, and after its rest its feeds wait from then on.
        """
        times = {"now": now, "lately": now - _LATELY}
        oldest = (self._connection.execute(query, times).scalar_one() for query in WAITING_SINCE)
        return min((at for at in oldest if at is not None), default=None)

    def rests(self, now: datetime) -> dict[str, datetime]:
        """Until when hosts asked to be left alone, those whose rest ended within the last day included."""
        found = self._connection.execute(RESTS, {"lately": now - _LATELY})
        return {row.name: row.retry_after_at for row in found}

    def due_at(self, host: str, now: datetime) -> datetime | None:
        """Since when the longest waiting feed of this host is due, None = none is."""
        since = case((feeds.c.next_poll_at <= now, feeds.c.next_poll_at), else_=feeds.c.catch_up_at)
        due: datetime | None = self._connection.execute(
            select(func.min(since)).where(feeds.c.host == host, is_due(now))
        ).scalar_one()
        return due

    def claim(self, now: datetime, lease: Lease, *, limit: int = 100) -> list[HostWork]:
        """Lease up to `limit` hosts that have feeds or visits to articles due; feeds first, those that wait longest.

        Fewer are no sign that there are no more: hosts that lost SUSPICIOUS leases are leased apart from the others, and
        the fewer together the more they lost. Of each host's feeds come `due.FEEDS_A_TURN` at most.
        """
        admit(self._connection)
        look = {"now": now, "most": limit, "look": limit * LOOKS_A_HOST}
        names = _chosen(self._connection.execute(DUE_HOSTS, look).all(), now)
        leased = self._lease(names, lease)
        if not leased:
            return []
        which = {"now": now, "names": names}
        work: dict[str, list[Feed]] = {name: [] for name in leased}
        for row in self._connection.execute(DUE_FEEDS, which).all():
            work[row.host].append(_feed(row))
        visiting = set(self._connection.execute(DUE_VISITS, which).scalars())
        return [
            HostWork(host=leased[name], feeds=tuple(found), visits=name in visiting)
            for name, found in work.items()
            if found or name in visiting
        ]

    def claim_host(self, name: str, now: datetime, lease: Lease) -> Host | None:
        """Lease one host, due or not. None: another process holds it."""
        admit(self._connection)
        free = select(hosts.c.name).where(hosts.c.name == name, is_unleased(now)).with_for_update(skip_locked=True)
        names = [row.name for row in self._connection.execute(free)]
        return self._lease(names, lease).get(name)

    def host(self, name: str) -> Host:
        """The host's politeness state."""
        return _host(self._connection.execute(select(hosts).where(hosts.c.name == name)).mappings().one())

    def suspicious_hosts(self) -> list[Host]:
        """Those that SUSPICIOUS workers in a row did not give back, or more; by name."""
        wanted = select(hosts).where(hosts.c.abandoned >= SUSPICIOUS).order_by(hosts.c.name)
        return [_host(row) for row in self._connection.execute(wanted).mappings()]

    def _lease(self, names: Sequence[str], lease: Lease) -> dict[str, Host]:
        if not names:
            return {}
        taken = self._connection.execute(_LEASE, {"names": names, "token": lease.token, "until": lease.until})
        found = {row["name"]: _host(row) for row in taken.mappings()}
        return {name: found[name] for name in names}

    def hold(self, names: Iterable[str], lease: Lease) -> None:
        """Refuse to go on unless this lease still holds all these hosts; locks their rows until the commit.

        Raises: LeaseLost. An expired lease that nobody took over still counts: nothing was done meanwhile.
        """
        wanted = set(names)
        which = {"names": list(wanted)} if len(wanted) > 1 else {"name": min(wanted, default="")}
        held = self._connection.execute(_HOLD if len(wanted) > 1 else _HOLD_ONE, {**which, "token": lease.token})
        if lost := wanted - set(held.scalars()):
            raise LeaseLost(f"the lease on {', '.join(sorted(lost))} was taken over; this result is dropped")

    def renew(self, names: Sequence[str], lease: Lease) -> None:
        """Extend the lease to `lease.until`. Raises: LeaseLost."""
        self.hold(names, lease)
        self._connection.execute(update(hosts).where(hosts.c.name.in_(names)).values(lease_until=lease.until))

    def release(self, names: Sequence[str], lease: Lease, *, free_at: datetime) -> None:
        """Give hosts back; the next exchange may begin at `free_at`. Not ours any more = nothing happens."""
        mine = and_(hosts.c.name.in_(names), hosts.c.lease_token == lease.token)
        self._connection.execute(
            update(hosts).where(mine).values(lease_token=None, lease_until=None, free_at=free_at, abandoned=0)
        )

    def throttle(self, name: str, until: datetime) -> None:
        """The server asked to be left alone: no feed of this host before `until`."""
        self._connection.execute(update(hosts).where(hosts.c.name == name).values(retry_after_at=until))

    def strip_weak_etags(self, name: str, *, strip: bool) -> None:
        """Remember whether this host has to be asked without the `W/` of its weak ETags."""
        self._connection.execute(update(hosts).where(hosts.c.name == name).values(strip_weak_etags=strip))

    def begin_rereading(self, feed_id: int, at: datetime) -> None:
        """Have a feed's last days read again from then on, if that has no time yet."""
        unset = and_(feeds.c.id == feed_id, feeds.c.reread_at.is_(None))
        self._connection.execute(update(feeds).where(unset).values(reread_at=at))

    def stop(self, feed_id: int, reason: str, *, was: str) -> None:
        """Stop a feed, or let it go on (reason ""), unless somebody else stopped it or let it go on meanwhile."""
        unchanged = and_(feeds.c.id == feed_id, feeds.c.stopped == was)
        self._connection.execute(update(feeds).where(unchanged).values(stopped=reason))

    # -- what a poll found ------------------------------------------------------------------------------------------

    def reschedule(self, polled: Sequence[Feed]) -> None:
        """Note polls that brought nothing new, all in one statement. Call `hold` first."""
        if polled:
            self._connection.execute(_RESCHEDULE, [{**_schedule(feed), "feed_id": feed.id} for feed in polled])

    def save(self, feed: Feed) -> None:
        """Write a feed's whole state, with its windows. Call `hold` first, and `add_host` for a host that is new."""
        state = {name: getattr(feed, name) for name in _STATE}
        window = pack_shown(feed.window)
        ground = window if feed.ground is feed.window else pack_shown(feed.ground)
        windows: dict[str, Any] = {"window": window, "ground": ground}
        windows |= {"catch_up": pack_reading(feed.catch_up), "reread": pack_reading(feed.reread)}
        self._connection.execute(_SAVE, {**_schedule(feed), **state, **windows, "feed_id": feed.id})


def _chosen(due: Sequence[Row[Any, Any, Any]], now: datetime) -> list[str]:
    """Which of the hosts that are due are leased together."""
    calm = [host.name for host in due if host.abandoned < SUSPICIOUS]
    suspects = [host for host in due if host.abandoned >= SUSPICIOUS]
    if not suspects or (calm and not _has_waited(suspects[0].since, now)):
        return calm
    longest = suspects[0]
    alike = [host.name for host in suspects if host.abandoned <= longest.abandoned]
    return alike[: max(1, _SUSPECTS_TOGETHER >> (longest.abandoned - SUSPICIOUS))]


def _has_waited(since: datetime | None, now: datetime) -> bool:
    return since is not None and now - since >= _SUSPECT_WAITS


def _schedule(feed: Feed) -> dict[str, Any]:
    validators = feed.validators
    return {name: getattr(feed, name) for name in _SCHEDULE} | {
        "validators_url": validators.url,
        "etag": validators.etag,
        "last_modified": validators.last_modified,
        _SYMPTOMS: [packed_symptom(one) for one in feed.symptoms] or None,
    }


def _host(row: RowMapping) -> Host:
    return Host(
        name=row["name"],
        free_at=row["free_at"],
        retry_after_at=row["retry_after_at"],
        strip_weak_etags=row["strip_weak_etags"],
        abandoned=row["abandoned"],
    )


_PLAIN = (
    *("id", "url", "source", "interval_s", "interval_given", "category", "origin", "stopped"),
    *_SCHEDULE,
    *_STATE,
)
_plain_of = itemgetter(*(list(feeds.c.keys()).index(name) for name in _PLAIN))  # by name it takes four times as long


def _feed(row: Row[Any]) -> Feed:
    """A row with all columns of the table, in its order."""
    window = unpack_shown(row.window)
    return Feed(
        **dict(zip(_PLAIN, _plain_of(row), strict=True)),
        validators=Validators(url=row.validators_url, etag=row.etag, last_modified=row.last_modified),
        window=window,
        ground=window if row.ground == row.window else unpack_shown(row.ground),  # mostly they are the same
        catch_up=unpack_reading(row.catch_up),
        reread=unpack_reading(row.reread),
        symptoms=tuple(map(unpacked_symptom, row.symptoms)) if row.symptoms else (),
    )
