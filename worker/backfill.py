"""The story of a backfill: older articles of a feed, page by page, filed without alerts.

Each page is asked for in a turn of its own at the host, and committed with where the backfill stands: it can be ended at
any moment, and goes on there. Owns which means comes next. How one page is turned is in `reading.py`, what a sitemap
offers in `mapreading.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from worker import mapreading
from worker.chapters import Backfill, Missing, Via, chapter_from, means_of
from worker.checking import count, missing_of_page
from worker.coverage import Stretch
from worker.errand import Errand
from worker.fetch import host_of
from worker.intake import Equipment, Filed, Page
from worker.model import Feed, Lease, Means, Reading, Shown
from worker.older import REST_PAGE, Verdict, start
from worker.reading import Turn, turn_page
from worker.silently import file_silently

MOST_FAILURES = 5  # pages in a row; then it is ended for now
_WAITS_S = (2.0, 5.0, 15.0, 60.0)
_KEPT_AT_HEAD, _KEPT_AT_TAIL = 50, 500  # of what was seen: enough to tell pages that shift from pages that repeat
_TICK = timedelta(seconds=1)  # the end of a stretch is outside; WordPress counts in seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one exchange came to. said: what a person should know of it, "" = nothing; is_stuck: it does not get on now."""

    backfill: Backfill
    said: str = ""
    is_stuck: bool = False

    @property
    def is_over(self) -> bool:
        return self.is_stuck or self.backfill.state != "running"


def begin(
    equipment: Equipment,
    errand: Errand,
    feed: Feed,
    *,
    from_at: datetime,
    to_at: datetime | None,
    asked: Via | None,
) -> tuple[Backfill, bool]:
    """The backfill that is meant, and whether it is a new one: the same command goes on where it stood.

    to_at: without it, None = to the present. Raises: ArchiveError.
    """
    with equipment.archive.read() as tx:
        known = [one for one in tx.backfills.unfinished() if one.feed_id == feed.id]
    for one in known:
        if one.is_asked_for(from_at, to_at, asked):
            return one, False
    now = equipment.clock.now()
    end = min(to_at or now, now)
    total = count(errand, feed, from_at, end)
    order = [asked] if asked else [via for via in Via if via is not Via.REST or total is not None]
    fresh = Backfill(
        feed_id=feed.id,
        from_at=from_at,
        to_at=end,
        open_ended=to_at is None,
        asked=asked,
        via=order[0],
        left=tuple(order[1:]),
        until_at=end,
        total=total,
        started_at=now,
    )
    with equipment.archive.write() as tx:
        return replace(fresh, id=tx.backfills.add(fresh)), True


def advance(equipment: Equipment, errand: Errand, feed: Feed, backfill: Backfill) -> Step:
    """Ask for one page and file it. Raises: ArchiveError, LeaseLost: nothing of that page was written then."""
    if backfill.until_at <= backfill.from_at:
        return _check_or_finish(equipment, errand, feed, backfill)
    if backfill.via is Via.SITEMAP:
        return _advance_by_map(equipment, errand, feed, backfill)
    reading = backfill.reading or _start(equipment, feed, backfill)
    with errand.turn(host_of(feed.poll_url)) as lease:
        turn = turn_page(equipment, feed, reading, ground=())
        if turn.verdict is None:
            return _paused(equipment, feed, backfill, turn, lease)
        saved = _turned(equipment, feed, backfill, turn, lease)
    if turn.verdict is Verdict.USELESS:
        return _by_other_means(equipment, saved, turn.reason)
    return Step(backfill=saved)


def _advance_by_map(equipment: Equipment, errand: Errand, feed: Feed, backfill: Backfill) -> Step:
    step = mapreading.advance(equipment, errand, feed, backfill)
    if step.fault:
        return _by_other_means(equipment, step.backfill, step.fault)
    if step.is_read:
        return _saved(equipment, replace(step.backfill, until_at=step.backfill.from_at))
    return Step(backfill=step.backfill, said=step.said, is_stuck=step.is_stuck)


def _start(equipment: Equipment, feed: Feed, backfill: Backfill) -> Reading:
    """The first page of the next chapter; no other means is tried in between, since that is decided here."""
    means, timezone = means_of(backfill.via), equipment.rules(feed).timezone
    assert means is not None
    from_at, to_at = chapter_from(backfill, timezone), backfill.until_at - _TICK
    cursor = start(means, feed_url=feed.poll_url, timezone=timezone, from_at=from_at, to_at=to_at)
    assert cursor is not None, "links are not among the means of a backfill"
    return Reading(cursor=cursor, first=1)


# -- a page -----------------------------------------------------------------------------------------------------------


def _turned(equipment: Equipment, feed: Feed, backfill: Backfill, turn: Turn, lease: Lease) -> Backfill:
    """File what the page shows of the stretch, with where the backfill stands, in one transaction."""
    now = equipment.clock.now()
    page, missing = _of_stretch(backfill, turn.page) if turn.page else (None, [])
    after = replace(
        backfill,
        pages=backfill.pages + 1,
        reading=_trimmed(turn.reading),
        found=_shown_so_far(equipment, feed, backfill, turn),
        missing=backfill.with_missing(missing),
        detail=turn.reason if turn.verdict is Verdict.END else "",
    )
    if turn.verdict in (Verdict.GROUND, Verdict.END):
        until_at = chapter_from(backfill, equipment.rules(feed).timezone)
        after = replace(after, reading=None, settled=after.found, until_at=until_at)
    with equipment.archive.write() as tx:
        tx.feeds.hold([host_of(feed.poll_url)], lease)
        filed = file_silently(tx, turn.shown_by, page, now, equipment.matching) if page else Filed()
        after = replace(after, filed=after.filed + filed.new)
        tx.backfills.save(after, now)
    return after


def _of_stretch(backfill: Backfill, page: Page) -> tuple[Page, list[Missing]]:
    """The page with its articles of the stretch only, and what could not be read, or has no date."""
    kept = [
        draft
        for draft in page.drafts
        if draft.record.published_at_from == "feed" and backfill.from_at <= draft.record.published_at < backfill.to_at
    ]
    undated = [draft.record.url for draft in page.drafts if draft.record.published_at_from != "feed"]
    missing = [Missing(url="", why=reason) for reason in page.parsed.skipped]
    missing += [Missing(url=url, why="it has no date") for url in undated]
    numbers = frozenset(range(len(kept)))  # none of them alerts, nor when its text is completed from its page
    return replace(page, drafts=tuple(kept), matches=tuple(() for _ in kept), silent=True, quiet=numbers), missing


def _shown_so_far(equipment: Equipment, feed: Feed, backfill: Backfill, turn: Turn) -> int:
    """How many articles of the stretch were shown so far. A chapter that begins anew is counted anew."""
    reading = backfill.reading
    if reading is not None and turn.reading is not None and turn.reading.cursor.again > reading.cursor.again:
        return backfill.settled
    known = {*(one.key for one in reading.seen), *reading.cursor.last} if reading else set()
    from_at = chapter_from(backfill, equipment.rules(feed).timezone)
    to_at = min(backfill.until_at, backfill.to_at)
    shown = turn.page.parsed.shown if turn.page else ()
    times = [one.published_at for one in shown if one.key not in known]
    return backfill.found + sum(at is not None and from_at <= at < to_at for at in times)


def _trimmed(reading: Reading | None) -> Reading | None:
    """What was seen is kept in the row, which is written with each page: the newest entries and the last ones will do."""
    if reading is None:
        return None
    if reading.cursor.means is not Means.PAGED:
        return replace(reading, seen=())
    seen: Sequence[Shown] = reading.seen
    if len(seen) > _KEPT_AT_HEAD + _KEPT_AT_TAIL:
        seen = (*seen[:_KEPT_AT_HEAD], *seen[-_KEPT_AT_TAIL:])
    return replace(reading, seen=tuple(seen))


def _paused(equipment: Equipment, feed: Feed, backfill: Backfill, turn: Turn, lease: Lease) -> Step:
    """Nothing was read: a pause, that of the server if it named one; after several of them it is enough for now."""
    now, reading = equipment.clock.now(), turn.reading
    assert reading is not None
    after = replace(backfill, reading=_trimmed(reading), detail=turn.reason)
    with equipment.archive.write() as tx:
        tx.feeds.hold([host_of(feed.poll_url)], lease)
        if turn.retry_after_at is not None:
            tx.feeds.throttle(host_of(feed.poll_url), turn.retry_after_at)
        tx.backfills.save(after, now)
    said = "" if backfill.failures and turn.reason == backfill.detail else turn.reason  # once, not at each try
    return Step(backfill=after, said=said, is_stuck=reading.failures >= MOST_FAILURES)


def rest_s(backfill: Backfill) -> float:
    """How long to rest before the next page, beside host_gap and Retry-After: longer with each failure in a row."""
    return _WAITS_S[min(backfill.failures, len(_WAITS_S)) - 1] if backfill.failures else 0.0


# -- what comes next --------------------------------------------------------------------------------------------------


def _by_other_means(equipment: Equipment, backfill: Backfill, reason: str) -> Step:
    """The next means, from where the one that failed began; without any the backfill has failed."""
    now = equipment.clock.now()
    faults = (*backfill.faults, f"{backfill.via}: {reason}")
    after = replace(backfill, faults=faults, reading=None, place=None, found=backfill.settled)
    if backfill.left:
        after = replace(after, via=backfill.left[0], left=backfill.left[1:])
    else:
        after = replace(after, state="failed", detail="; ".join(faults), finished_at=now)
    with equipment.archive.write() as tx:
        tx.backfills.save(after, now)
    return Step(backfill=after, said=faults[-1])


def _check_or_finish(equipment: Equipment, errand: Errand, feed: Feed, backfill: Backfill) -> Step:
    """Compare with the site's own list where it has one; what REST showed was counted on the way."""
    if backfill.via is Via.REST or backfill.total is None or backfill.checked * REST_PAGE >= backfill.total:
        return _finish(equipment, errand, feed, backfill)
    page = backfill.checked + 1
    found = missing_of_page(equipment, errand, feed, backfill.from_at, backfill.to_at, page)
    if isinstance(found, str):
        return _finish(equipment, errand, feed, replace(backfill, detail=f"its list could not be compared: {found}"))
    return _saved(equipment, replace(backfill, checked=page, missing=backfill.with_missing(found)))


def _saved(equipment: Equipment, backfill: Backfill) -> Step:
    with equipment.archive.write() as tx:
        tx.backfills.save(backfill, equipment.clock.now())
    return Step(backfill=backfill)


def _finish(equipment: Equipment, errand: Errand, feed: Feed, backfill: Backfill) -> Step:
    """All has been read: what that proves is noted, and closes gaps."""
    total = count(errand, feed, backfill.from_at, backfill.to_at)
    now = equipment.clock.now()
    done = replace(
        backfill,
        state="done",
        total=total if total is not None else backfill.total,
        finished_at=now,
        reading=None,
        place=None,
    )
    stretch = Stretch(
        from_at=done.from_at,
        to_at=done.to_at,
        means=done.via.value,
        read_at=done.started_at,
        pages=done.pages,
        found=done.filed,
        total=done.total,
        missing=tuple(f"{one.url} ({one.why})".strip() for one in done.missing),
    )
    with equipment.archive.write() as tx:
        tx.backfills.save(done, now)
        tx.coverage.prove(feed.id, stretch)
    return Step(backfill=done)
