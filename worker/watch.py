"""Silence, found by looking at the tables now and then: no poll can see that nothing comes.

A trouble begins when a feed brought nothing for longer than its rhythm allows, and is over with its next article; one of
its own when the canary does not arrive.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from worker import diagnosis
from worker.clockcare import is_in_doubt
from worker.intake import Equipment
from worker.model import CANARY, Trouble, TroubleKind, Watched
from worker.rhythm import Rhythm
from worker.troubles import is_silent


def watch_for_silence(equipment: Equipment) -> list[Trouble]:
    """File what became silent since the last time, and what speaks again; nothing while the clock is in doubt.

    Raises: ArchiveError.
    """
    now = equipment.clock.now()
    with equipment.archive.read() as tx:
        tx.fleet.admit()
        if is_in_doubt(tx, now):
            return []
        silent = {one.feed_id: one for one in tx.troubles.open() if one.kind is TroubleKind.SILENT}
        watched = tx.feeds.watched()
    changed = [trouble for feed in watched if (trouble := _changed(feed, silent, now))]
    return [trouble for trouble in changed if _filed(equipment, trouble, now)]


def watch_the_canary(equipment: Equipment) -> list[Trouble]:
    """File that the canary is late, or that it arrives again: by channels that work all the same. Raises: ArchiveError."""
    now = equipment.clock.now()
    with equipment.archive.read() as tx:
        state = tx.canary.state()
    if state is None:
        return []
    trouble = Trouble(
        feed_id=state.feed_id,
        feed_url=state.feed_url,
        source=CANARY,
        kind=TroubleKind.CANARY,
        detail=state.reason,
        began_at=state.last_at,
        over_at=None if state.is_late(now) else state.last_at,
    )
    return [trouble] if _filed(equipment, trouble, now) else []


def _filed(equipment: Equipment, trouble: Trouble, now: datetime) -> bool:
    with equipment.archive.write() as tx:
        filed = diagnosis.file(equipment, tx, trouble, now)
    if filed:
        diagnosis.log(equipment, trouble)
    return filed


def _changed(feed: Watched, silent: Mapping[int | None, Trouble], now: datetime) -> Trouble | None:
    """The trouble that begins at this feed, or the one that is over; mostly none."""
    rhythm = Rhythm.from_json(feed.rhythm)
    silent_at = _time(rhythm.silent_at) if rhythm else None
    is_new = is_silent(silent_at=silent_at, last_success_at=feed.last_success_at, failures=feed.failures)
    last_at = (_time(rhythm.last_at) if rhythm else None) or now
    known = silent.get(feed.id)
    if known is None and is_new:
        return _trouble(feed, began_at=last_at)
    if known is not None and last_at > known.began_at and not is_new:
        return _trouble(feed, began_at=known.began_at, over_at=last_at)
    return None


def _trouble(feed: Watched, *, began_at: datetime, over_at: datetime | None = None) -> Trouble:
    return Trouble(
        feed_id=feed.id,
        feed_url=feed.url,
        source=feed.source,
        kind=TroubleKind.SILENT,
        began_at=began_at,
        over_at=over_at,
    )


def _time(at_s: float | None) -> datetime | None:
    return datetime.fromtimestamp(at_s, UTC) if at_s is not None else None
