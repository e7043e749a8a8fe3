"""A backfill: which stretch is to be read, what of it has been read, and by which means it goes on. Pure.

A stretch is read from its end to its beginning. Where a means can ask for a time, it is read month by month: if something
goes away meanwhile, only that month begins anew.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from worker.model import Means, Reading

MOST_MISSING = 10_000  # kept; a site of which more is missing is another problem


class Via(StrEnum):
    """By which means older articles are read; the first three are those of `model.Means`."""

    REST = "rest"
    DATE = "date"
    PAGED = "paged"
    SITEMAP = "sitemap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """An article that is not in the archive now, although the site names it. url: "" = its address is not known."""

    url: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPlace:
    """Where reading a site's maps stands.

    waiting: maps that are still to be read, the next one first; position: how many addresses of that one were looked at;
    seen: how many maps were read. pages: articles that are still to be read, of the map page_map. failures: in a row;
    older: pages in a row that are dated before the stretch.
    """

    waiting: tuple[str, ...] = ()
    position: int = 0
    seen: int = 0
    pages: tuple[str, ...] = ()
    page_map: str = ""
    failures: int = 0
    older: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """One reading of older articles, as kept in its row.

    from_at, to_at: the stretch, without its end; open_ended: it was to reach to the present. asked: the means that was
    asked for, None = whichever works; via: the one in use, left: those to be tried after it, faults: why earlier ones
    did not work. until_at: what is dated from then on has been read. reading, place: where it stands, None = at the
    beginning of a chapter. found: articles of the stretch that the site showed; settled: how many of them in chapters
    that are done; filed: how many were new; total: how many there are to be, as the site says; checked: pages of the site's own list that
    were compared with the archive.
    """

    id: int = 0
    feed_id: int
    from_at: datetime
    to_at: datetime
    open_ended: bool = False
    asked: Via | None = None
    via: Via
    left: tuple[Via, ...] = ()
    faults: tuple[str, ...] = ()
    until_at: datetime
    reading: Reading | None = None
    place: MapPlace | None = None
    state: str = "running"
    pages: int = 0
    found: int = 0
    settled: int = 0
    checked: int = 0
    filed: int = 0
    total: int | None = None
    missing: tuple[Missing, ...] = ()
    detail: str = ""
    started_at: datetime
    finished_at: datetime | None = None

    def is_asked_for(self, from_at: datetime, to_at: datetime | None, asked: Via | None) -> bool:
        """Whether a command that names this stretch means this backfill. to_at: None = to the present."""
        same_end = self.open_ended if to_at is None else (not self.open_ended and self.to_at == to_at)
        return self.from_at == from_at and same_end and self.asked == asked

    def tried_in_vain(self, from_at: datetime, to_at: datetime, since: datetime) -> bool:
        """Whether it tried every means on that stretch since then, and none got on."""
        was_tried = self.finished_at is not None and self.finished_at >= since
        return (
            self.state == "failed"
            and self.asked is None
            and was_tried
            and self.from_at <= from_at
            and self.to_at >= to_at
        )

    @property
    def failures(self) -> int:
        """How many exchanges in a row brought nothing."""
        return self.reading.failures if self.reading else self.place.failures if self.place else 0

    def with_missing(self, more: Iterable[Missing]) -> tuple[Missing, ...]:
        """All that is missing by now, each address with the first reason that was found."""
        named = {one.url or one.why: one for one in reversed((*self.missing, *more))}
        return tuple(reversed(named.values()))[:MOST_MISSING]


def means_of(via: Via) -> Means | None:
    """The means of `older.py`; None of a sitemap, which is no feed."""
    return None if via is Via.SITEMAP else Means(via.value)


def chapter_from(backfill: Backfill, timezone: str) -> datetime:
    """Where the chapter begins that ends at `until_at`: with its month, or with all that is left."""
    if backfill.via not in (Via.REST, Via.DATE):
        return backfill.from_at
    zone = ZoneInfo(timezone)
    end = backfill.until_at.astimezone(zone)
    first = datetime(end.year, end.month, 1, tzinfo=zone)
    if first.astimezone(backfill.until_at.tzinfo) >= backfill.until_at:  # it ends where a month begins
        year, month = (end.year, end.month - 1) if end.month > 1 else (end.year - 1, 12)
        first = datetime(year, month, 1, tzinfo=zone)
    return max(first.astimezone(backfill.from_at.tzinfo), backfill.from_at)
