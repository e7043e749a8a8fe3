"""One page of a reading: from where it stands to what the next page is, and what is to be filed of this one.

Closing a gap (`catchup.py`) and the daily reading again (`reread.py`) have it in common. Owns how failures are told from
means that do not work. Writes nothing: whoever asks for a page files it, with where the reading stands, in one
transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from worker import cadence
from worker.errors import NoParser, ParseError, ParserDied
from worker.fetch import masked
from worker.intake import Equipment, Page, take
from worker.model import FailureKind, Feed, FetchFailed, Means, NotModified, Reading, Shown
from worker.older import (
    Judgement,
    Leaf,
    Verdict,
    Wanted,
    address,
    judge,
    judge_absent,
    learned,
    order,
    resumed,
    shows_whole_site,
    site_root,
    start,
)
from worker.overlap import FIRST_OLDER_PAGE

MOST_FAILURES = 5  # in a row, while the feed itself answers: then another means is tried
SLACK = timedelta(days=1)  # how far before the gap DATE and REST begin: dates are not quite in the order of publication


# Of one page that was asked for: absent = it is not there, or not readable, and no pause will change that.
PageOutcome = Literal["read", "paused", "absent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What asking for one page came to.

    verdict: None = nothing was read, and it is tried again at `until`; else of the means that was in use. reading: where
    it stands, by another means if this one did not work; None = no means is left, and reason says why.
    shown_by: as which feed the page is to be filed; pages: how many were asked for so far.
    """

    reading: Reading | None
    means: Means
    verdict: Verdict | None = None
    page: Page | None = None
    shown_by: Feed
    pages: int
    ways: Mapping[str, Any] | None = None
    reason: str = ""
    until: datetime | None = None
    retry_after_at: datetime | None = None

    @property
    def outcome(self) -> PageOutcome:
        if self.page is not None:
            return "read"
        return "paused" if self.verdict is None else "absent"


def begin(
    feed: Feed, means: tuple[Means, ...], *, timezone: str, from_at: datetime | None, to_at: datetime, **given: Any
) -> Reading | None:
    """The start of a reading by the first of these means that can be used; None if there is none.

    given: `older_url` of the feed, and what else a `Reading` holds.
    """
    older_url, first = given.pop("older_url", ""), given.get("first", FIRST_OLDER_PAGE)
    for number, one in enumerate(means):
        cursor = start(
            one,
            feed_url=feed.poll_url,
            timezone=timezone,
            from_at=from_at,
            to_at=to_at,
            older_url=older_url,
            page=first,
        )
        if cursor is not None:
            return Reading(cursor=cursor, left=means[number + 1 :], **given)
    return None


def begin_to_ground(feed: Feed, *, timezone: str, shown: tuple[Shown, ...], older_url: str, now: datetime) -> Reading:
    """The start of closing a gap between known ground and what the feed shows now."""
    since = feed.catch_up.since if feed.catch_up else feed.covered_to or feed.last_success_at
    from_at = since - SLACK if since else None
    means = order(feed.ways, now, older_url=older_url)
    stands = {"since": since, "as_of": now, "seen": shown, "older_url": older_url}
    reading = begin(feed, means, timezone=timezone, from_at=from_at, to_at=now, **stands)
    assert reading is not None, "pages can always be asked for"
    return reading


def turn_page(equipment: Equipment, feed: Feed, reading: Reading, *, ground: tuple[Shown, ...]) -> Turn:
    """Ask for the next page of a reading. ground: where it ends, () = at the beginning of its stretch."""
    reading = replace(reading, cursor=resumed(reading.cursor, equipment.clock.now()))
    means = reading.cursor.means
    answer = equipment.fetcher.fetch(address(reading.cursor, feed.poll_url))
    now = equipment.clock.now()
    wanted = Wanted(ground=ground, seen=reading.seen, window=feed.window)
    if isinstance(answer, NotModified):
        return _paused(equipment, feed, reading, "304 to a question without validators", now)
    if isinstance(answer, FetchFailed):
        return _without_page(equipment, feed, reading, wanted, answer, now)
    shown_by, not_in_order = _shown_by(feed, means), not ground or means in (Means.DATE, Means.REST)
    try:
        page = take(equipment, shown_by, answer, now, silent=False, means=means, old_is_no_news=not_in_order)
    except NoParser as error:
        return _paused(equipment, feed, reading, str(error), now)
    except ParserDied as error:  # a child can be killed for another reason than its page: it is tried again
        return _not_had(equipment, feed, reading, None, f"page {reading.page} cannot be read: {error}", now)
    except ParseError as error:
        return _other_means(equipment, feed, reading, f"page {reading.page} cannot be read: {error}", now)
    if page.parsed.held_back:
        return _not_had(equipment, feed, reading, None, f"page {reading.page} was cut off", now)
    judged = judge(
        reading.cursor, _leaf(page, answer.headers), wanted, timezone=equipment.rules(feed).timezone, now=now
    )
    return _turned(equipment, feed, reading, judged, now, page=page, shown_by=shown_by)


def _leaf(page: Page, headers: Mapping[str, str]) -> Leaf:
    parsed = page.parsed
    refused = len(parsed.entries) - len(page.drafts)  # they are shown, and among the skipped
    total = headers.get("x-wp-total", "")
    return Leaf(
        shown=parsed.shown,
        size=len(parsed.shown) + len(parsed.skipped) - refused,
        older_url=parsed.older_url,
        total=int(total) if total.isascii() and total.isdigit() and len(total) < 10 else None,
    )


def _shown_by(feed: Feed, means: Means) -> Feed:
    """As whom a page speaks: REST and feeds of days may show what the feed itself never would."""
    root = site_root(masked(feed.poll_url))
    if means is Means.REST:
        return replace(feed, url=f"{root}wp-json/wp/v2/posts", category="")
    return replace(feed, url=f"{root}feed/", category="") if shows_whole_site(means, feed.poll_url) else feed


def _turned(
    equipment: Equipment,
    feed: Feed,
    reading: Reading,
    judged: Judgement,
    now: datetime,
    *,
    page: Page | None = None,
    shown_by: Feed | None = None,
) -> Turn:
    """A page, or the certainty that there is none, moves the reading on."""
    known = {one.key for one in reading.seen}
    fresh = tuple(one for one in page.parsed.shown if one.key not in known) if page else ()
    got_on = judged.cursor.reached > reading.cursor.reached or judged.verdict is not Verdict.MORE
    reading = replace(
        reading,
        cursor=judged.cursor,
        seen=reading.seen + fresh,
        pages=reading.pages + 1,
        failures=0 if got_on or judged.cursor.day != reading.cursor.day else reading.failures,
    )
    if judged.verdict in (Verdict.END, Verdict.USELESS):
        turn = _other_means(equipment, feed, reading, judged.reason, now, verdict=judged.verdict)
        return replace(turn, page=page, shown_by=shown_by or feed)
    means = judged.cursor.means
    done = judged.verdict is Verdict.GROUND
    return Turn(
        reading=reading,
        means=means,
        verdict=judged.verdict,
        page=page,
        shown_by=shown_by or feed,
        pages=reading.pages,
        ways=learned(feed.ways, means, now) if done else feed.ways,
    )


def _without_page(
    equipment: Equipment, feed: Feed, reading: Reading, wanted: Wanted, failure: FetchFailed, now: datetime
) -> Turn:
    """A page that is not there says something; a server in trouble says nothing."""
    if failure.status in (400, 404, 410):
        timezone = equipment.rules(feed).timezone
        return _turned(
            equipment, feed, reading, judge_absent(reading.cursor, failure.status, wanted, timezone=timezone), now
        )
    if failure.kind is FailureKind.REFUSED and reading.cursor.means is Means.REST:  # many sites close it
        return _other_means(equipment, feed, reading, f"page {reading.page} is refused: {failure.reason}", now)
    return _not_had(equipment, feed, reading, failure, failure.reason, now)


def _not_had(
    equipment: Equipment, feed: Feed, reading: Reading, failure: FetchFailed | None, reason: str, now: datetime
) -> Turn:
    """Tried again later; but what fails again and again while the feed itself answers does not work."""
    refused = failure is not None and failure.kind is FailureKind.REFUSED
    throttled = failure is not None and failure.kind is FailureKind.THROTTLED
    other_would_do = refused or (bool(reading.left) and not feed.failures)
    if reading.failures + 1 >= MOST_FAILURES and other_would_do and not throttled:
        said = (
            f"page {reading.page} is refused: {reason}"
            if refused
            else f"page {reading.page} is not to be had: {reason}"
        )
        return _other_means(equipment, feed, reading, said, now)
    return _paused(equipment, feed, reading, reason, now, failure)


def _other_means(
    equipment: Equipment, feed: Feed, reading: Reading, reason: str, now: datetime, verdict: Verdict = Verdict.USELESS
) -> Turn:
    """The next means from its beginning: what was read so far stays filed, and proves nothing."""
    means = reading.cursor.means
    if verdict is Verdict.END:
        reason = "the feed ends before known ground"
    cursor, faults = reading.cursor, (*reading.faults, reason)
    following = begin(
        feed,
        reading.left,
        timezone=equipment.rules(feed).timezone,
        from_at=cursor.from_at,
        to_at=cursor.to_at or now,
        faults=faults,
        first=reading.first,
        since=reading.since,
        as_of=reading.as_of,
        seen=feed.window if reading.first == FIRST_OLDER_PAGE else (),
        pages=reading.pages,
        found=reading.found,
    )
    return Turn(
        reading=following,
        means=means,
        verdict=verdict,
        shown_by=feed,
        pages=reading.pages,
        ways=learned(feed.ways, means, now, fault="" if verdict is Verdict.END else reason),
        reason="; ".join(faults),
    )


def _paused(
    equipment: Equipment, feed: Feed, reading: Reading, reason: str, now: datetime, failure: FetchFailed | None = None
) -> Turn:
    until, paused = pause(equipment, feed, reading, now, failure)
    throttled = failure is not None and failure.kind is FailureKind.THROTTLED
    return Turn(
        reading=paused,
        means=reading.cursor.means,
        shown_by=feed,
        pages=reading.pages,
        ways=feed.ways,
        reason=reason,
        until=until,
        retry_after_at=until if throttled else None,
    )


def pause(
    equipment: Equipment, feed: Feed, reading: Reading, now: datetime, failure: FetchFailed | None = None
) -> tuple[datetime, Reading]:
    """When a page is tried again, and the reading with one failure more."""
    manners, failures = equipment.manners, reading.failures + 1
    rest_s = cadence.back_off_s(
        interval_s=feed.interval_s,
        failures=failures,
        kind=failure.kind if failure else FailureKind.TEMPORARY,
        back_off_max_s=manners.back_off_max_s,
        give_up_max_s=manners.give_up_max_s,
        retry_after_s=failure.retry_after_s if failure else None,
        jitter=equipment.jitter(),
    )
    return now + timedelta(seconds=rest_s), replace(reading, failures=failures)
