"""Feeds with their state, hosts and leases, and readings of older entries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from worker.model.entries import Shown
from worker.model.troubles import Symptom
from worker.model.web import Validators


class Means(StrEnum):
    """How older entries of a feed can be read; see older.py."""

    LINKS = "links"  # the links to older pages that the feed itself gives (RFC 5005, JSON Feed)
    PAGED = "paged"  # WordPress: ?paged=N
    DATE = "date"  # WordPress: /date/YYYY/MM/DD/feed/, a day at a time
    REST = "rest"  # WordPress: /wp-json/wp/v2/posts


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Which page is to be read next, by which means. Kept as JSON, so that any worker can go on after a crash.

    from_at, to_at: the stretch that is wanted, by publication. page: from 1; day: of date feeds, `YYYY-MM-DD` on the
    source's clock; url: of links, the page's address. reached: the highest page that was read (of this day).
    read_at: when the page before was read. total: how many entries there are to be, as the first page said;
    count: how many were shown so far; last: the keys of the page before; again: how often it began anew because pages
    shifted. met: something was read that the feed itself shows. idle: pages in a row that showed nothing more.
    """

    means: Means
    from_at: datetime | None = None
    to_at: datetime | None = None
    page: int = 1
    day: str = ""
    url: str = ""
    reached: int = 0
    read_at: datetime | None = None
    total: int | None = None
    count: int = 0
    last: tuple[str, ...] = ()
    again: int = 0
    met: bool = False
    idle: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Older pages are being read: to close a gap, or because the last days are read again. Kept in the feed's row, so
    that any worker can go on after a crash.

    cursor: the next page; left: other means, to be tried if this one does not work; faults: why others did not.
    failures: pages that failed in a row. since: up to when the feed was proved complete; as_of: when what is read here
    began, or when the newest window that hangs together with it was read. seen: the entries that were read, newest first.
    pages, found: what was read, and how many articles of it were new. first: the page that paged feeds begin with here.
    """

    cursor: Cursor
    first: int = 2
    left: tuple[Means, ...] = ()
    faults: tuple[str, ...] = ()
    failures: int = 0
    since: datetime | None = None
    as_of: datetime | None = None
    seen: tuple[Shown, ...] = ()
    pages: int = 0
    found: int = 0

    @property
    def page(self) -> int:
        """Which page in a row comes next, the feed itself being the first one."""
        return self.pages + 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFeed:
    """A feed as the list of feeds has it: what configuration and commands say of it, without what polls found."""

    id: int
    url: str
    host: str
    source: str
    category: str
    interval_s: float
    interval_given: bool
    origin: str
    stopped: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A URL that is polled, with its state.

    host: name and port, what politeness is kept for. category: what the feed stands for, if it is a category's.
    stopped: why it is not polled any more, "" = it is.
    window: what the last good poll showed; ground: what the last complete window showed (see catchup.py).
    deaths: how often in a row reading it cost a parser's life; failures: failed polls in a row.
    first_polled_at: first successful poll with entries; None = the next one is silent.
    covered_from: publication of the oldest entry of that poll, and covered_id its lowest post id: articles from before
    that turn up later are filed silently.
    full_at: when the feed was last asked without validators (a 304 may hide news).
    poll_url: what is asked, `url` unless it moved for good; moved_to: where permanent redirects lead, with how often
    and since when they agree.
    covered_to: all that it showed as of then, by a full answer whose window reached known ground, is filed.
    interval_given: somebody named the interval; pace_reason: why the next poll is when it is; rhythm, hints: see rhythm.py.
    lied_at: when its validators were found to hide news; it is polled without them since.
    reread_at: when its last days are read again, reread: where that stands; ways: how older entries can be read here.
    symptoms: signs of trouble that the last polls showed, mostly none.
    """

    id: int
    url: str
    poll_url: str
    source: str
    host: str
    interval_s: float
    category: str = ""
    origin: str = "command"
    stopped: str = ""
    title: str = ""
    next_poll_at: datetime
    last_polled_at: datetime | None = None
    last_success_at: datetime | None = None
    last_outcome: str = ""
    last_reason: str = ""
    failures: int = 0
    deaths: int = 0
    first_polled_at: datetime | None = None
    covered_from: datetime | None = None
    covered_id: int | None = None
    full_at: datetime | None = None
    validators: Validators = field(default_factory=Validators)
    body_hash: str = ""
    window: tuple[Shown, ...] = ()
    ground: tuple[Shown, ...] = ()
    catch_up: Reading | None = None
    catch_up_at: datetime | None = None
    moved_to: str = ""
    moved_count: int = 0
    moved_since: datetime | None = None
    covered_to: datetime | None = None
    interval_given: bool = True
    pace_reason: str = ""
    rhythm: Mapping[str, Any] | None = None
    hints: Mapping[str, Any] | None = None
    symptoms: tuple[Symptom, ...] = ()
    lied_at: datetime | None = None
    reread_at: datetime | None = None
    reread: Reading | None = None
    ways: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Name and port of a server, the unit of politeness: one exchange at a time over all processes.

    free_at: not before, because of host_gap; retry_after_at: not before, because the server said so;
    strip_weak_etags: it never accepts its own `W/"…"` back, so the `W/` is left out.
    """

    name: str
    free_at: datetime | None = None
    retry_after_at: datetime | None = None
    strip_weak_etags: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HostWork:
    """A leased host with its feeds that are due, the longest due first. visits: articles of it are due for a visit."""

    host: Host
    feeds: tuple[Feed, ...]
    visits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A claim on hosts until a time. The token is compared at each write: whoever lost the lease is refused."""

    token: str
    until: datetime


class Clock(Protocol):
    """Time as the flow sees it."""

    def now(self) -> datetime: ...

    def wait(self, seconds: float) -> None: ...
