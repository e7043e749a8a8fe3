"""Clearing what is kept for a time only: raw evidence, attempts, earlier states. Articles themselves always stay.

At most once an hour, by one worker, in short transactions; a run that is cut short goes on an hour later.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from worker.archive import Archive
from worker.model import Aging

_AT_ONCE = 200  # rows a transaction: other writers get their turn
_MOST_TURNS = 500  # of one kind in one run: 100,000 rows


def clear_old(
    archive: Archive,
    ages: Mapping[Aging, timedelta],
    now: datetime,
    *,
    stopping: Callable[[], bool] = lambda: False,
) -> dict[Aging, int]:
    """Delete what is older than its age. Returns: how many rows of each kind; nothing if it was done this hour.

    ages: what is not named is kept for ever. Raises: ArchiveError.
    """
    with archive.write() as tx:
        if not (ages and tx.retention.begin(now)):
            return {}
    return {kind: _cleared(archive, kind, now - age, stopping) for kind, age in ages.items()}


def _cleared(archive: Archive, kind: Aging, before: datetime, stopping: Callable[[], bool]) -> int:
    done = 0
    for _ in range(_MOST_TURNS):
        if stopping():
            break
        with archive.write() as tx:
            count = tx.retention.clear(kind, before, _AT_ONCE)
        done += count
        if count < _AT_ONCE:
            break
    return done
