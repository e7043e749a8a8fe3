"""The daily reading again: pages that cover the last days, which a 304 or a window may have hidden changes of.

It finds what was dated back or edited, and notices what is missing where its neighbours stand. One page, one transaction;
where it stands is kept in the feed's row. What was read to the end is proved complete, and closes the gaps within it.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from worker import cadence, diagnosis
from worker.archive import Transaction
from worker.coverage import Stretch
from worker.errors import fault
from worker.fetch import masked
from worker.intake import Equipment, Filed, file_page
from worker.model import Feed, Lease, Means, Reading, Shown
from worker.older import REST_PAGE, Verdict, learned, works
from worker.overlap import oldest_in_order
from worker.reading import PageOutcome, Turn, begin, pause, turn_page

_AWAY_MOST = timedelta(days=31)
FEW = 4  # of so few articles half may well have gone
_UNKNOWN = 1.5  # how much dearer a means counts that may turn out not to work
_CHEAPEST_AT_LEAST = timedelta(minutes=10)  # a window that spans less says nothing of the pace


@dataclass(frozen=True, slots=True, kw_only=True)
class RereadResult:
    """What reading one page again came to. missing: articles that no longer stand where they did; reason: as of a gap."""

    feed: Feed
    filed: Filed = field(default_factory=Filed)
    page: int = 0
    means: str = ""
    missing: int = 0
    reason: str = ""
    outcome: PageOutcome = "paused"
    retry_after_at: datetime | None = None

    @property
    def finished(self) -> bool:
        return self.feed.reread is None


def next_at(equipment: Equipment, feed: Feed, now: datetime) -> datetime | None:
    """When a feed's last days are read again, None = never."""
    every_s = equipment.manners.reread_every_s
    if not every_s or feed.first_polled_at is None:
        return None
    timezone = equipment.rules(feed).timezone
    return cadence.next_reread_at(now=now, every_s=every_s, timezone=timezone, jitter=equipment.jitter())


def read_again(equipment: Equipment, feed: Feed, lease: Lease) -> RereadResult:
    """Read the next page of a feed whose last days are to be read again, and file it. Raises: ArchiveError, LeaseLost."""
    began_at = equipment.clock.now()
    reading = feed.reread or _begin(equipment, feed, began_at)
    if reading is None or not equipment.manners.reread_every_s:
        return _save(equipment, replace(feed, reread=None, reread_at=next_at(equipment, feed, began_at)), lease)
    turn = _within_limit(equipment, reading, turn_page(equipment, feed, reading, ground=()))
    now = equipment.clock.now()

    def save(tx: Transaction) -> tuple[Feed, Filed, int]:
        tx.feeds.hold([feed.host], lease)
        filed = file_page(tx, turn.shown_by, turn.page, now, equipment.matching) if turn.page else Filed()
        diagnosis.note_quarantine(equipment, tx, feed, filed, now)
        saved, missing = replace(feed, ways=turn.ways), 0
        if turn.verdict is Verdict.GROUND and turn.reading is not None:
            read = replace(turn.reading, found=turn.reading.found + filed.new)
            missing, ways = _conclude(tx, feed, turn, read, now)
            saved = replace(saved, ways=ways)
        saved = _after(equipment, saved, turn, filed, now)
        tx.feeds.save(saved)
        if turn.retry_after_at is not None:
            tx.feeds.throttle(feed.host, turn.retry_after_at)
        return saved, filed, missing

    saved, filed, missing = equipment.archive.write_together(save)
    told = turn.until is not None or turn.reading is None
    return RereadResult(
        feed=saved,
        filed=filed,
        page=reading.pages + 1,
        means=turn.means.value,
        missing=missing,
        reason=turn.reason if told else "",
        outcome=turn.outcome,
        retry_after_at=turn.retry_after_at,
    )


def pause_after_fault(equipment: Equipment, feed: Feed, lease: Lease, error: Exception) -> RereadResult:
    """A page that ended in a fault of our own is tried again later, like after any failure. Raises: as above."""
    now, reason = equipment.clock.now(), f"{masked(feed.url)}: {fault(error)}"
    if feed.reread is None:
        return _save(equipment, replace(feed, reread_at=next_at(equipment, feed, now)), lease, reason)
    until, paused = pause(equipment, feed, feed.reread, now)
    return _save(equipment, replace(feed, reread=paused, reread_at=until), lease, reason)


def _save(equipment: Equipment, feed: Feed, lease: Lease, reason: str = "") -> RereadResult:
    with equipment.archive.write() as tx:
        tx.feeds.hold([feed.host], lease)
        tx.feeds.save(feed)
    return RereadResult(feed=feed, reason=reason)


# -- by which means ---------------------------------------------------------------------------------------------------


def _begin(equipment: Equipment, feed: Feed, now: datetime) -> Reading | None:
    from_at = _back_to(equipment, feed, now)
    means = cheapest(feed.window, feed.ways, days=math.ceil((now - from_at) / timedelta(days=1)), now=now)
    timezone = equipment.rules(feed).timezone
    return begin(feed, means, timezone=timezone, from_at=from_at, to_at=now, first=1, as_of=now)


def _back_to(equipment: Equipment, feed: Feed, now: datetime) -> datetime:
    """So many days before the last such reading: what was dated back since stands behind that, not behind today.

    What was dated back while nobody read for longer than a month is not looked for.
    """
    days = timedelta(days=equipment.manners.reread_days)
    with equipment.archive.read() as tx:
        stretches = tx.coverage.stretches(feed.id)
    read = [one.to_at for one in stretches if one.to_at - one.from_at >= days]
    last = max(read, default=feed.first_polled_at or now)
    return max(min(last, now), now - _AWAY_MOST) - days


def cheapest(
    window: Collection[Shown], ways: Mapping[str, Any] | None, *, days: int, now: datetime
) -> tuple[Means, ...]:
    """Means for the last days, the one with the fewest requests first; those that lately did not work come last."""
    shown = tuple(window)
    oldest = oldest_in_order(shown)
    span = max(now - oldest, _CHEAPEST_AT_LEAST) if oldest else timedelta(days=days)
    pages = max(1.0, timedelta(days=days) / span)
    costs = {
        Means.PAGED: pages,
        Means.DATE: pages + 2 * days,
        Means.REST: 1 + pages * len(shown) / REST_PAGE,
    }
    weigh = {True: 1.0, None: _UNKNOWN, False: float("inf")}
    return tuple(sorted(costs, key=lambda means: costs[means] * weigh[works(ways, means, now)]))


def _within_limit(equipment: Equipment, before: Reading, turn: Turn) -> Turn:
    if turn.verdict in (None, Verdict.GROUND) or before.pages + 1 < equipment.manners.catch_up_pages:
        return turn
    return replace(
        turn, reading=None, reason=f"{before.pages + 1} pages, the limit, were read before the last days were"
    )


# -- what follows -----------------------------------------------------------------------------------------------------


def _after(equipment: Equipment, feed: Feed, turn: Turn, filed: Filed, now: datetime) -> Feed:
    if turn.verdict is Verdict.GROUND or turn.reading is None:
        return replace(feed, reread=None, reread_at=next_at(equipment, feed, now))
    reading = replace(turn.reading, found=turn.reading.found + filed.new)
    return replace(feed, reread=reading, reread_at=turn.until or now)


def _conclude(
    tx: Transaction, feed: Feed, turn: Turn, reading: Reading, now: datetime
) -> tuple[int, Mapping[str, Any] | None]:
    """All was read: the stretch is proved, and what is missing from it is to be looked at. A means that shows less than
    half of what was shown before is about something else.

    Returns: how many are missing, and the feed's ways.
    """
    from_at, to_at = reading.cursor.from_at, reading.as_of or now
    assert from_at is not None
    urls = {masked(feed.url), masked(turn.shown_by.url)}
    known = tx.coverage.shown_between(urls, from_at, to_at, seen_before=to_at)
    seen = {one.link for one in reading.seen}
    missing = sorted(record_id for record_id, links in known.items() if not links & seen)
    if len(missing) * 2 > len(known) and len(known) >= FEW:
        said = f"{len(missing)} of {len(known)} articles do not stand there"
        return 0, learned(feed.ways, turn.means, now, fault=said)
    stretch = Stretch(
        from_at=from_at,
        to_at=to_at,
        means=turn.means.value,
        read_at=now,
        pages=turn.pages,
        found=reading.found,
        total=reading.cursor.total,
    )
    tx.coverage.prove(feed.id, stretch)
    tx.visits.want(missing, reason="gone", due_at=now)
    return len(missing), turn.ways
