"""What waited leaves: alone, or several alerts in one message; and each subscription says in time that it is alive.

    what is held and due -> released, or gathered into a digest -> deliver

Runs before deliveries are leased. Everything is in one transaction: what a digest takes along is taken once.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from worker import announce, logs, timetable
from worker.archive import Beat, Transaction, Waiting
from worker.coverage import Gap
from worker.masking import mask
from worker.model import AlertKind, Feed, HeldFor
from worker.sending import Counter
from worker.wording import Wording

_DAY = timedelta(days=1)
MOST_IN_ONE = 5_000  # alerts in one message; what is more goes into the next one


def gather_due(counter: Counter, zone_of: Callable[[str], str]) -> int:
    """Let go what waited long enough, and owe the heartbeats that are due. zone_of: a source's clock by its name.

    Returns: messages that are to be delivered now. Raises: ArchiveError.
    """
    now = counter.clock.now()
    with counter.archive.read() as tx:
        if not tx.held.is_due(now):
            return 0
    with counter.archive.write() as tx:
        tx.alone("gather")  # two workers at once would each make a digest of the same alerts
        made = sum(_let_go(tx, waiting, now) for waiting in tx.held.due(now) if not _still_quiet(tx, waiting, now))
        return made + _beats(tx, now, counter.language, zone_of)


def _still_quiet(tx: Transaction, waiting: Waiting, now: datetime) -> bool:
    """After a down-time, or after somebody gave the subscription other times, the hold may end in quiet hours: then it
    goes on until they are over. What a flood held may be urgent; when it was owed, its hold was laid outside of them.
    """
    try:
        quiet = timetable.quiet_hours(waiting.quiet)
        until = quiet and timetable.quiet_until(quiet, ZoneInfo(waiting.timezone), now)
    except (ValueError, KeyError):  # as in `owing`: times that cannot be read delay nobody
        return False
    if not until or HeldFor.FLOOD in waiting.reasons:
        return False
    tx.held.hold_on(waiting.ids, until)
    return True


def _let_go(tx: Transaction, waiting: Waiting, now: datetime) -> int:
    """One alert alone goes out as itself."""
    kind = AlertKind.SUMMARY if HeldFor.FLOOD in waiting.reasons else AlertKind.DIGEST
    parts = list(_parts(waiting))
    for number, part in enumerate(parts, 1):
        if len(part.ids) == 1:
            tx.held.release(part.ids, now)
        else:
            tx.held.gather(part, kind, f"{now.isoformat()} {number}", now)
    logs.line(
        "gather",
        f"{len(waiting.ids)} alerts that waited go out in {len(parts)} messages",
        subscription=waiting.subscription_id,
        channel=waiting.channel,
        held_for=sorted(waiting.reasons),
    )
    return len(parts)


def _parts(waiting: Waiting) -> Iterator[Waiting]:
    for start in range(0, len(waiting.ids), MOST_IN_ONE):
        yield replace(waiting, ids=waiting.ids[start : start + MOST_IN_ONE])


# -- heartbeats -------------------------------------------------------------------------------------------------------


def _beats(tx: Transaction, now: datetime, language: str, zone_of: Callable[[str], str]) -> int:
    due = tx.held.beats(now)
    if not due:
        return 0
    feeds, troubles = _feeds(tx, language, zone_of)
    return sum(_beat(tx, beat, now, {"feeds": feeds, "troubles": troubles}) for beat in due)


def _beat(tx: Transaction, beat: Beat, now: datetime, state: Mapping[str, Any]) -> int:
    """One heartbeat, however many were missed while nobody was there; none when it is planned for the first time."""
    next_at = _next_beat(tx, beat, now)
    if next_at is None:
        return 0
    tx.held.plan_beat(beat.subscription_id, next_at)
    if beat.at is None:
        return 0
    told = {
        "since": beat.since.isoformat(),
        "until": now.isoformat(),
        "found": tx.held.found_since(beat.subscription_id, beat.since),
        "checked": tx.held.checked_since(beat.since),
        **state,
    }
    tx.held.beat(beat.subscription_id, beat.at.isoformat(), told, now)
    return 1


def _next_beat(tx: Transaction, beat: Beat, now: datetime) -> datetime | None:
    """None if its times cannot be read: other subscriptions go on, and this one is tried again in a day."""
    try:
        rhythm = timetable.rhythm(beat.heartbeat)
        return timetable.next_at(rhythm, ZoneInfo(beat.timezone), now) if rhythm else None
    except (ValueError, KeyError) as error:  # KeyError: a zone that this machine does not know
        said = f"no heartbeat: its times cannot be read: {error}"
        logs.line("gather", said, level="warning", subscription=beat.subscription_id)
        tx.held.plan_beat(beat.subscription_id, now + _DAY)
        return None


def _feeds(tx: Transaction, language: str, zone_of: Callable[[str], str]) -> tuple[int, list[str]]:
    """How many are watched; and a sentence for all that may keep articles from being seen, as `status` says it."""
    wording = Wording(language)
    feeds = {feed.id: feed for feed in tx.feeds.all()}
    stopped = [feed for feed in feeds.values() if feed.stopped]
    troubles = [one for one in tx.troubles.open() if one.feed_id in feeds and not feeds[one.feed_id].stopped]
    gaps = [(feeds[feed], gap) for feed, gap in tx.coverage.open_gaps() if feed in feeds]
    told = [wording.say("status_stopped", feed=mask(feed.url), reason=feed.stopped) for feed in stopped]
    told += [announce.sentence(one, zone_of(one.source), wording) for one in troubles]
    told += [_gap(feed, gap, ZoneInfo(zone_of(feed.source)), wording) for feed, gap in gaps]
    return len(feeds) - len(stopped), told


def _gap(feed: Feed, gap: Gap, zone: ZoneInfo, wording: Wording) -> str:
    since, until = gap.from_at.astimezone(zone), gap.to_at.astimezone(zone)
    times = {"since": wording.clock(since), "until": wording.clock(until), "day": f"{since:%Y-%m-%d}"}
    return wording.say("status_gap", feed=mask(feed.url), id=feed.id, gap=gap.reason, **times)
