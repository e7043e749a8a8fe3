"""When does a page prove that nothing lies between it and what was known before? Pure; see docs/adr for the reasoning.

A window is complete when it reaches known ground: entries that this feed showed in its last complete window, at least
two of them, in order. Entries known from elsewhere prove nothing, nor does one that is pinned to the top.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from worker.model import Shown

FIRST_OLDER_PAGE = 2  # the feed itself is page 1


def reaches_ground(shown: Sequence[Shown], ground: Sequence[Shown]) -> bool:
    """True if `shown` (newest first, one page or several in a row) overlaps the last complete window.

    Two entries of the ground must follow each other in the ground's order, and no unknown entry that is newer than they
    are may come after them: what is older than an unknown successor is pinned, not reached.
    """
    if not ground:
        return True
    page, known = newest_first(shown), newest_first(ground)
    place = {one.key: number for number, one in enumerate(known)}
    if all(one.key in place for one in page):
        return True  # nothing is new, so nothing lies between
    newest_after = _newest_unknown_after(page, place)
    reached = [
        place[one.key]
        for one, newest in zip(page, newest_after, strict=True)
        if one.key in place and (one.published_at is None or newest is None or newest <= one.published_at.timestamp())
    ]
    wanted = min(2, len(place))
    return len(set(reached)) >= wanted and (wanted < 2 or any(a < b for a, b in pairwise(reached)))


def newest_first(shown: Sequence[Shown]) -> Sequence[Shown]:
    """Some feeds list the oldest entry first."""
    times = [one.published_at for one in shown if one.published_at]
    rising = sum(a < b for a, b in pairwise(times))
    falling = sum(a > b for a, b in pairwise(times))
    return list(reversed(shown)) if rising > 2 * falling and rising > 1 else shown


def oldest_in_order(shown: Sequence[Shown]) -> datetime | None:
    """How far back entries reach without a hole: what is pinned to the top says nothing of it.

    None if they have no dates, or are not in the order of their dates: then anything may lie between them.
    """
    dated = [one.published_at for one in newest_first(shown) if one.published_at]
    in_order = 0
    newest = None
    for at in reversed(dated):
        if newest is None or at >= newest:
            newest, in_order = at, in_order + 1
    return dated[-1] if in_order * 2 > len(dated) else None


def _newest_unknown_after(page: Sequence[Shown], known: Mapping[str, int]) -> list[float | None]:
    """For each entry the newest publication (as a timestamp) of the unknown entries that follow it."""
    newest: float | None = None
    found: list[float | None] = []
    for one in reversed(page):
        found.append(newest)
        if one.published_at is not None and one.key not in known:
            at = one.published_at.timestamp()
            newest = at if newest is None else max(newest, at)
    return found[::-1]
