"""A feed's pace as polls see it: what a page teaches of its rhythm, and when it is polled again after a success.

Joins the feed's row and the worker's manners with the rules in `rhythm.py` and `pace.py`; decides nothing itself.
"""

from dataclasses import replace
from datetime import datetime

from worker.intake import Equipment, Page
from worker.model import Feed, Shown
from worker.pace import Limits, Pace, next_pace
from worker.rhythm import Rhythm, learned


def paced(equipment: Equipment, feed: Feed, now: datetime, fresh_s: float) -> Pace:
    """When the feed is polled next after a success, and why then. fresh_s: see `model.Fetched`."""
    manners = equipment.manners
    return next_pace(
        now=now,
        limits=Limits(
            interval_s=feed.interval_s,
            is_given=feed.interval_given,
            min_s=manners.min_interval_s,
            max_s=max(manners.max_interval_s, feed.interval_s),
        ),
        rhythm=Rhythm.from_json(feed.rhythm),
        zone=equipment.rules(feed).timezone,
        window=len(feed.window),
        hint_s=feed.hints.get("interval_s") if feed.hints else None,
        fresh_s=fresh_s,
        jitter=equipment.jitter(),
    )


def with_rhythm(equipment: Equipment, feed: Feed, page: Page, now: datetime) -> Feed:
    """The feed with what a page teaches: its own hint, and when its new entries appeared. feed: as it was before that."""
    hint_s = page.parsed.hint_s
    feed = replace(feed, hints={"interval_s": hint_s} if hint_s else None)
    kept, new = Rhythm.from_json(feed.rhythm), _new(feed, page.parsed.shown)
    if not new and kept is not None:
        return feed
    dated = [one.published_at for one in new]
    zone = equipment.rules(feed).timezone
    rhythm = learned(kept, dated, now=now, watched_to=_watched_to(feed), zone=zone)
    return replace(feed, rhythm=rhythm.to_json())


def _watched_to(feed: Feed) -> datetime | None:
    """The last good poll; None before the first one with entries, whose age nobody knows."""
    return feed.last_success_at if feed.first_polled_at else None


def _new(feed: Feed, shown: tuple[Shown, ...]) -> list[Shown]:
    """What this feed did not show before. What stands behind all that it did has slid back into view."""
    known = {one.key for one in (*feed.ground, *(feed.catch_up.seen if feed.catch_up else ()), *feed.window)}
    places = [place for place, one in enumerate(shown) if one.key in known]
    front = shown[: places[-1]] if places else shown
    return [one for one in front if one.key not in known]
