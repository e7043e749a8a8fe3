"""Reading older pages of a feed until known ground: nothing that was published while we slept is missed.

One page, one transaction; where it stands is kept in the feed's row, so that any worker goes on after a crash. How a
page is asked for and judged is in `reading.py` and `older.py`; here stands what follows from it for feed and coverage.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from worker import diagnosis
from worker.archive import Transaction
from worker.errors import fault
from worker.fetch import masked
from worker.intake import Equipment, Filed, file_page
from worker.model import Feed, Lease, Reading
from worker.older import Verdict
from worker.reading import PageOutcome, Turn, pause, turn_page


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUpResult:
    """What reading one older page came to. page: its number, by which means; reason: why there is a gap or a pause, or ""."""

    feed: Feed
    filed: Filed = field(default_factory=Filed)
    page: int = 0
    means: str = ""
    reason: str = ""
    outcome: PageOutcome = "paused"
    retry_after_at: datetime | None = None

    @property
    def finished(self) -> bool:
        return self.feed.catch_up is None


def read_older_page(equipment: Equipment, feed: Feed, lease: Lease) -> CatchUpResult:
    """Read the next older page of a feed that is catching up, and file it. Raises: ArchiveError, LeaseLost."""
    assert feed.catch_up is not None
    turn = _within_limit(equipment, feed.catch_up, turn_page(equipment, feed, feed.catch_up, ground=feed.ground))
    now = equipment.clock.now()
    before = feed.catch_up

    def save(tx: Transaction) -> tuple[Feed, Filed]:
        tx.feeds.hold([feed.host], lease)
        filed = file_page(tx, turn.shown_by, turn.page, now, equipment.matching) if turn.page else Filed()
        diagnosis.note_quarantine(equipment, tx, feed, filed, now)
        saved = _after(feed, turn, filed, now)
        if saved.catch_up is None:
            _note_end(tx, saved, before, turn, found=before.found + filed.new, now=now)
        tx.feeds.save(saved)
        if turn.retry_after_at is not None:
            tx.feeds.throttle(feed.host, turn.retry_after_at)
        return saved, filed

    saved, filed = equipment.archive.write_together(save)
    told = turn.until is not None or turn.reading is None
    return CatchUpResult(
        feed=saved,
        filed=filed,
        page=before.page,
        means=turn.means.value,
        reason=turn.reason if told else "",
        outcome=turn.outcome,
        retry_after_at=turn.retry_after_at,
    )


def pause_after_fault(equipment: Equipment, feed: Feed, lease: Lease, error: Exception) -> CatchUpResult:
    """A page that ended in a fault of our own is tried again later, like after any failure. Raises: as above."""
    assert feed.catch_up is not None
    until, paused = pause(equipment, feed, feed.catch_up, equipment.clock.now())
    feed = replace(feed, catch_up=paused, catch_up_at=until)
    with equipment.archive.write() as tx:
        tx.feeds.hold([feed.host], lease)
        tx.feeds.save(feed)
    return CatchUpResult(feed=feed, reason=f"{masked(feed.url)}: {fault(error)}")


def _within_limit(equipment: Equipment, before: Reading, turn: Turn) -> Turn:
    """So many pages, by whatever means, and no more."""
    if turn.verdict in (None, Verdict.GROUND) or before.page < equipment.manners.catch_up_pages:
        return turn
    said = f"page {before.page}, the limit, was reached before known ground"
    return replace(turn, reading=None, reason="; ".join([*before.faults, said]))


def _after(feed: Feed, turn: Turn, filed: Filed, now: datetime) -> Feed:
    """Where the feed stands after the page. At the end its newest window is the ground from now on."""
    feed = replace(feed, ways=turn.ways)
    if turn.verdict is Verdict.GROUND and turn.reading is not None:
        return replace(feed, catch_up=None, catch_up_at=None, ground=feed.window, covered_to=turn.reading.as_of)
    if turn.reading is None:
        return replace(feed, catch_up=None, catch_up_at=None, ground=feed.window)
    reading = replace(turn.reading, found=turn.reading.found + filed.new)
    return replace(feed, catch_up=reading, catch_up_at=turn.until or now)


def _note_end(tx: Transaction, feed: Feed, before: Reading, turn: Turn, *, found: int, now: datetime) -> None:
    """The gap is closed, or stays open with what was in the way: it is said, never hidden."""
    if before.since is None:
        return
    if turn.verdict is Verdict.GROUND:
        tx.coverage.close(feed.id, before.since, closed_by=turn.means.value, pages=turn.pages, found=found, now=now)
        return
    to_at = before.as_of or now
    tx.coverage.open(
        feed.id, from_at=before.since, to_at=to_at, reason=turn.reason, now=now, pages=turn.pages, found=found
    )
