"""Reading older pages of a feed until known ground: nothing that was published while we slept is missed.

One page, one transaction; where it stands is kept in the feed's row, so that any worker goes on after a crash.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from worker import cadence
from worker.archive import Transaction
from worker.errors import NoParser, ParseError, fault
from worker.fetch import masked
from worker.intake import Equipment, Filed, Page, file_page, take
from worker.model import FailureKind, Feed, FetchFailed, Lease, NotModified
from worker.overlap import FIRST_OLDER_PAGE, reaches_ground

MOST_REFUSALS = 5  # then the gap is said


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUpResult:
    """What reading one older page came to. pages: 1 if it was read; reason: why there is a gap or a pause, or ""."""

    feed: Feed
    filed: Filed = field(default_factory=Filed)
    page: int = 0
    reason: str = ""
    retry_after_at: datetime | None = None

    @property
    def finished(self) -> bool:
        return self.feed.catch_up is None


def read_older_page(equipment: Equipment, feed: Feed, lease: Lease) -> CatchUpResult:
    """Read the next older page of a feed that is catching up, and file it. Raises: ArchiveError, LeaseLost."""
    assert feed.catch_up is not None
    number = feed.catch_up.page
    answer = equipment.fetcher.fetch(page_url(feed.poll_url, number))
    now = equipment.clock.now()
    if isinstance(answer, NotModified):
        return _save(equipment, _pause(equipment, feed, now, "304 to a question without validators"), lease)
    if isinstance(answer, FetchFailed):
        return _save(equipment, _without_page(equipment, feed, answer, now), lease)
    try:
        page = take(equipment, feed, answer, now, silent=False)
    except NoParser as error:
        return _save(equipment, _pause(equipment, feed, now, str(error)), lease)
    except ParseError as error:
        ended = _end(feed, now, f"page {number} cannot be read: {error}")
        return _save(equipment, CatchUpResult(feed=ended, page=number, reason=ended.gap), lease)
    turned = _after_page(equipment, feed, page, now)

    def save(tx: Transaction) -> Filed:
        tx.feeds.hold([turned.host], lease)
        filed = file_page(tx, turned, page, now)
        tx.feeds.save(turned)
        return filed

    filed = equipment.archive.write_together(save)
    return CatchUpResult(feed=turned, filed=filed, page=number, reason=turned.gap if turned.catch_up is None else "")


def pause_after_fault(equipment: Equipment, feed: Feed, lease: Lease, error: Exception) -> CatchUpResult:
    """A page that ended in a fault of our own is tried again later, like after any failure. Raises: as above."""
    reason = f"{masked(feed.url)}: {fault(error)}"
    return _save(equipment, _pause(equipment, feed, equipment.clock.now(), reason), lease)


def page_url(url: str, number: int) -> str:
    """The address of an older page of a WordPress feed: `?paged=N` beside whatever else is asked."""
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key != "paged"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("paged", str(number))])))


def _save(equipment: Equipment, result: CatchUpResult, lease: Lease) -> CatchUpResult:
    with equipment.archive.write() as tx:
        tx.feeds.hold([result.feed.host], lease)
        tx.feeds.save(result.feed)
        if result.retry_after_at is not None:
            tx.feeds.throttle(result.feed.host, result.retry_after_at)
    return result


def _after_page(equipment: Equipment, feed: Feed, page: Page, now: datetime) -> Feed:
    """Known ground, the end, a server that does not turn pages, the limit; or the next page."""
    assert feed.catch_up is not None
    number, shown = feed.catch_up.page, page.parsed.shown
    known = {one.key for one in feed.catch_up.seen}
    fresh = [one for one in shown if one.key not in known]
    seen = (*feed.catch_up.seen, *fresh)
    if reaches_ground(seen, feed.ground):
        return _end(feed, now, "")
    if not shown:
        return _end(feed, now, "" if number > FIRST_OLDER_PAGE else "there is no older page")
    if not fresh:
        return _end(feed, now, f"page {number} shows nothing older: the server does not turn pages")
    if number >= equipment.manners.catch_up_pages:
        return _end(feed, now, f"page {number}, the limit, was reached before known ground")
    return replace(feed, catch_up=replace(feed.catch_up, page=number + 1, failures=0, seen=seen), catch_up_at=now)


def _without_page(equipment: Equipment, feed: Feed, failure: FetchFailed, now: datetime) -> CatchUpResult:
    """A 404 behind the second page is the end of the feed: all that there is has been read."""
    assert feed.catch_up is not None
    if failure.status == 404:
        ended = _end(feed, now, "" if feed.catch_up.page > FIRST_OLDER_PAGE else "the server has no older pages")
        return CatchUpResult(feed=ended, reason=ended.gap)
    if failure.kind in (FailureKind.REFUSED, FailureKind.GONE) and feed.catch_up.failures + 1 >= MOST_REFUSALS:
        ended = _end(feed, now, f"page {feed.catch_up.page} is refused: {failure.reason}")
        return CatchUpResult(feed=ended, reason=ended.gap)
    return _pause(equipment, feed, now, failure.reason, failure)


def _pause(
    equipment: Equipment, feed: Feed, now: datetime, reason: str, failure: FetchFailed | None = None
) -> CatchUpResult:
    assert feed.catch_up is not None
    manners, failures = equipment.manners, feed.catch_up.failures + 1
    rest_s = cadence.back_off_s(
        interval_s=feed.interval_s,
        failures=failures,
        kind=failure.kind if failure else FailureKind.TEMPORARY,
        back_off_max_s=manners.back_off_max_s,
        give_up_max_s=manners.give_up_max_s,
        retry_after_s=failure.retry_after_s if failure else None,
        jitter=equipment.jitter(),
    )
    until = now + timedelta(seconds=rest_s)
    throttled = failure is not None and failure.kind is FailureKind.THROTTLED
    paused = replace(feed, catch_up_at=until, catch_up=replace(feed.catch_up, failures=failures))
    return CatchUpResult(feed=paused, reason=reason, retry_after_at=until if throttled else None)


def _end(feed: Feed, now: datetime, gap: str) -> Feed:
    """Nothing older is to be read. The newest window is the ground from now on; a gap is said, never hidden."""
    last = feed.catch_up.since if feed.catch_up else None
    since = f"{last:%Y-%m-%d %H:%M} UTC" if last else "the last complete window"
    said = (
        f"{now:%Y-%m-%d %H:%M} UTC: {gap}; articles of {masked(feed.url)} since {since} may be missing"
        if gap
        else feed.gap
    )
    return replace(feed, catch_up=None, catch_up_at=None, ground=feed.window, gap=said)
