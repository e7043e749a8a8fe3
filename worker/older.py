"""Where older entries of a feed are to be had, page by page, and what a page proves. Pure: addresses and judgements.

Four means (`model.Means`), one after the other where one does not work. Who reads pages (catching up, reading again,
backfills) uses them like this:

    means = order(feed.ways, now, older_url=...)            which to try, the likeliest first
    cursor = start(means, feed_url=..., ...)                None: this means cannot be used here
    loop:  cursor = resumed(cursor, now)                    after a pause it begins one page earlier
           url = address(cursor, feed_url)                  what is to be fetched next
           judged = judge(cursor, leaf, wanted, ...)        of a page that was read
           judged = judge_absent(cursor, status, wanted)    of a 404, 410, 400 or 403 instead of a page
           MORE: go on at judged.cursor   GROUND: all that was wanted has been read
           END: nothing older is there, though what was wanted lies further back    USELESS: try the next means; judged.reason says why

What is read in one go, forwards, loses nothing when new entries push others to later pages: they are seen twice. An
entry that goes away pulls others to earlier pages: REST's total tells, and after a pause the page before is read once
more. What is pulled over a border in the second between two pages is left to the daily reading again.

DATE and REST show the whole site, also where the feed is a category's (`shows_whole_site`).
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from worker.model import Cursor, Means, Shown
from worker.overlap import newest_first, reaches_back_to, reaches_ground

REST_PAGE = 100  # WordPress refuses more
PAUSE = timedelta(seconds=90)  # longer than host_gap and an exchange: somebody else may have edited meanwhile
TWICE = timedelta(hours=1)  # comes twice in October
MOST_BEGINNINGS = 3  # of REST, when its total changes while it is read
MOST_IDLE = 4  # pages in a row that show nothing more
FIRST_AGAIN = 2  # … and the newest entry of all. One page may do so: as much news as it holds has come meanwhile
FORGET = timedelta(days=7)  # a means that did not work is then as good as an unknown one

_ORDER = (Means.LINKS, Means.PAGED, Means.DATE, Means.REST)
_RANK = {True: 0, None: 1, False: 2}
_TERM = re.compile(r"^(.*?/)(?:category|tag|author|feed|date|search|comments)(?:/|$)")


class Verdict(StrEnum):
    MORE = "more"
    GROUND = "ground"
    END = "end"
    USELESS = "useless"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """cursor: of MORE, what is to be read next; reason: of USELESS, why, in words."""

    verdict: Verdict
    cursor: Cursor
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """What one page showed. size: its entries, also those that cannot be read; total: X-WP-Total, if it was sent."""

    shown: tuple[Shown, ...]
    size: int
    older_url: str = ""
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a page is judged by. ground: known ground, () = read until `cursor.from_at`; seen: what was read so far,
    newest first; window: what the feed itself shows.
    """

    ground: tuple[Shown, ...] = ()
    seen: tuple[Shown, ...] = ()
    window: tuple[Shown, ...] = ()


# -- which means, and where -------------------------------------------------------------------------------------------


def order(ways: Mapping[str, Any] | None, now: datetime, *, older_url: str = "") -> tuple[Means, ...]:
    """Those that worked here first, then unknown ones, then those that lately did not."""
    usable = (means for means in _ORDER if means is not Means.LINKS or older_url)
    return tuple(sorted(usable, key=lambda means: _RANK[works(ways, means, now)]))


def learned(ways: Mapping[str, Any] | None, means: Means, now: datetime, *, fault: str = "") -> dict[str, Any]:
    """The feed's ways with what was learned of one means. fault: why it does not work, "" = it does."""
    return {**(ways or {}), means.value: {"works": not fault, "at": now.isoformat(), "why": fault[:300]}}


def works(ways: Mapping[str, Any] | None, means: Means, now: datetime) -> bool | None:
    """Whether a means works here; None = not known, or it is long ago that it did not."""
    known = (ways or {}).get(means.value)
    if not known:
        return None
    if not known["works"] and datetime.fromisoformat(known["at"]) + FORGET < now:
        return None
    return bool(known["works"])


def is_no_help(ways: Mapping[str, Any] | None, now: datetime) -> bool:
    """Whether each of the means that need no link was tried lately, and does not work."""
    return all(works(ways, means, now) is False for means in _ORDER if means is not Means.LINKS)


def start(
    means: Means,
    *,
    feed_url: str,
    timezone: str,
    from_at: datetime | None,
    to_at: datetime,
    older_url: str = "",
    page: int = 1,
) -> Cursor | None:
    """The first page of a stretch; None if this means cannot be used. page: where paged feeds begin."""
    if means is Means.LINKS:
        usable = older_url and urlsplit(older_url).netloc == urlsplit(feed_url).netloc
        return Cursor(means=means, from_at=from_at, to_at=to_at, url=older_url, page=page) if usable else None
    if means is Means.PAGED:
        return Cursor(means=means, from_at=from_at, to_at=to_at, page=page)
    if from_at is None or from_at > to_at:
        return None
    if means is Means.REST:  # it compares wall clocks
        return Cursor(means=means, from_at=from_at, to_at=to_at + TWICE * _local(to_at, timezone).fold)
    return Cursor(means=means, from_at=from_at, to_at=to_at, day=f"{_local(from_at, timezone):%Y-%m-%d}")


def address(cursor: Cursor, feed_url: str) -> str:
    """What is to be fetched for the cursor's page."""
    if cursor.means is Means.LINKS:
        return cursor.url
    if cursor.means is Means.PAGED:
        return page_url(feed_url, cursor.page)
    if cursor.means is Means.DATE:
        return page_url(f"{site_root(feed_url)}date/{cursor.day.replace('-', '/')}/feed/", cursor.page)
    assert cursor.from_at is not None
    assert cursor.to_at is not None
    asked = {
        "after": _stamp(cursor.from_at - TWICE - timedelta(seconds=1)),  # both limits are outside
        "before": _stamp(cursor.to_at + timedelta(seconds=1)),
        "per_page": REST_PAGE,
        "page": cursor.page,
        "orderby": "date",
        "order": "desc",
        "_embed": 1,
    }
    return f"{site_root(feed_url)}wp-json/wp/v2/posts?{urlencode(asked)}"


def page_url(url: str, number: int) -> str:
    """The address of an older page of a WordPress feed: `?paged=N` beside whatever else is asked; page 1 is the feed."""
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key != "paged"]
    if number <= 1:
        return url if len(query) == len(parse_qsl(parts.query, keep_blank_values=True)) else _with_query(url, query)
    return _with_query(url, [*query, ("paged", str(number))])


def _with_query(url: str, query: Sequence[tuple[str, str]]) -> str:
    return urlunsplit(urlsplit(url)._replace(query=urlencode(query)))


def site_root(feed_url: str) -> str:
    """Where the site begins that a WordPress feed belongs to, with a slash at the end."""
    parts = urlsplit(feed_url)
    found = _TERM.match(parts.path)
    path = found[1] if found else "/"
    return urlunsplit(parts._replace(path=path, query="", fragment=""))


def shows_whole_site(means: Means, feed_url: str) -> bool:
    """Whether this means shows entries that the feed itself would not: a category's feed has none of its own."""
    if means not in (Means.DATE, Means.REST):
        return False
    parts = urlsplit(feed_url)
    if {key for key, _ in parse_qsl(parts.query)} - {"feed", "paged"}:
        return True
    rest = parts.path.removeprefix(urlsplit(site_root(feed_url)).path)
    return re.fullmatch(r"(?:feed(?:/(?:feed|rss2?|atom|rdf))?/?)?", rest) is None


def resumed(cursor: Cursor, now: datetime) -> Cursor:
    """After a pause the page before comes once more: what went away meanwhile has pulled entries onto it."""
    if cursor.read_at is None or now - cursor.read_at <= PAUSE or cursor.means not in (Means.PAGED, Means.DATE):
        return cursor
    return replace(cursor, page=cursor.page - 1) if cursor.page > 1 and cursor.page > cursor.reached else cursor


# -- what a page proves -----------------------------------------------------------------------------------------------


def judge(cursor: Cursor, leaf: Leaf, wanted: Wanted, *, timezone: str, now: datetime) -> Judgement:
    """What follows from a page that was read. `wanted.seen` does not hold it yet."""
    shows = {one.key for one in wanted.window}
    cursor = replace(cursor, met=cursor.met or any(one.key in shows for one in leaf.shown))
    if cursor.means is Means.REST:
        return _judge_rest(cursor, leaf, wanted, now)
    if not leaf.size:
        return judge_absent(cursor, 200, wanted, timezone=timezone)
    if cursor.means is Means.DATE:
        return _judge_day(cursor, leaf, timezone, now)
    return _judge_page(cursor, leaf, wanted, timezone, now)


def judge_absent(cursor: Cursor, status: int, wanted: Wanted, *, timezone: str) -> Judgement:
    """What follows when there is no such page: status 404, 410, 400, 403 …, or 200 without an entry."""
    if cursor.means is Means.DATE and (status == 200 or (status == 404 and cursor.page > 1)):
        return _next_day(cursor, timezone, wanted)
    if cursor.means is Means.REST and status == 400 and cursor.total is not None:
        return _anew(cursor)
    if cursor.means in (Means.PAGED, Means.LINKS) and status in (200, 404, 410) and cursor.reached > 1:
        return _end(cursor, wanted.seen, timezone)
    return _useless(cursor, _absent(cursor, status))


def _end(cursor: Cursor, seen: Sequence[Shown], timezone: str) -> Judgement:
    """Nothing older is there. That is all that was wanted, if what was read reaches back far enough."""
    oldest = reaches_back_to(seen, timezone)
    enough = cursor.from_at is not None and oldest is not None and oldest <= cursor.from_at
    return Judgement(verdict=Verdict.GROUND if enough else Verdict.END, cursor=cursor)


def _absent(cursor: Cursor, status: int) -> str:
    """In words: why a means does not work, from the answer to its first page."""
    answer = "no entries" if status == 200 else f"HTTP {status}"
    return {
        Means.LINKS: f"the linked page answers {answer}",
        Means.PAGED: f"there is no page {cursor.page} ({answer})",
        Means.DATE: f"there are no feeds of days ({answer})",
        Means.REST: f"the REST interface does not answer ({answer})",
    }[cursor.means]


def _judge_page(cursor: Cursor, leaf: Leaf, wanted: Wanted, timezone: str, now: datetime) -> Judgement:
    """Pages of the feed itself, newest first: until known ground, or until what is older than wanted."""
    known = {one.key: place for place, one in enumerate(wanted.seen)}
    fresh = tuple(one for one in leaf.shown if one.key not in known)
    seen = (*wanted.seen, *fresh)
    read = replace(cursor, reached=max(cursor.reached, cursor.page), read_at=now, idle=0 if fresh else cursor.idle + 1)
    if _is_reached(cursor, seen, wanted, timezone):
        return Judgement(verdict=Verdict.GROUND, cursor=read)
    if read.idle >= MOST_IDLE or (read.idle >= FIRST_AGAIN and cursor.page > 1 and _is_first_page(leaf, wanted)):
        return _useless(read, f"page {cursor.page} shows nothing older: the server does not turn pages")
    if cursor.means is Means.LINKS:
        return _next_link(read, leaf, seen, timezone)
    return Judgement(verdict=Verdict.MORE, cursor=replace(read, page=cursor.page + _pages_on(leaf, known, fresh)))


def _is_reached(cursor: Cursor, seen: Sequence[Shown], wanted: Wanted, timezone: str) -> bool:
    if wanted.ground:
        return reaches_ground(seen, wanted.ground)
    oldest = reaches_back_to(seen, timezone)
    return oldest is not None and cursor.from_at is not None and oldest < cursor.from_at


def _is_first_page(leaf: Leaf, wanted: Wanted) -> bool:
    """The newest entry of all stands on it."""
    newest = next(iter(newest_first(wanted.seen)), None)
    return newest is not None and newest.key in {one.key for one in leaf.shown}


def _pages_on(leaf: Leaf, known: Mapping[str, int], fresh: Sequence[Shown]) -> int:
    """How many pages to turn: more than one where so many new entries came that known pages moved back."""
    if fresh or not leaf.shown:
        return 1
    behind = len(known) - 1 - max(known[one.key] for one in leaf.shown)
    return max(1, behind // len(leaf.shown))


def _next_link(cursor: Cursor, leaf: Leaf, seen: Sequence[Shown], timezone: str) -> Judgement:
    if not leaf.older_url:
        return _end(cursor, seen, timezone)
    if leaf.older_url == cursor.url or urlsplit(leaf.older_url).netloc != urlsplit(cursor.url).netloc:
        return _useless(cursor, "the link to older entries leads in a circle, or to another host")
    return Judgement(verdict=Verdict.MORE, cursor=replace(cursor, url=leaf.older_url, page=cursor.page + 1))


def _judge_day(cursor: Cursor, leaf: Leaf, timezone: str, now: datetime) -> Judgement:
    """A day's feed, until its end. It has to be that day's."""
    days = {f"{_local(one.published_at, timezone):%Y-%m-%d}" for one in leaf.shown if one.published_at}
    if days and cursor.day not in days:
        return _useless(cursor, f"the feed of {cursor.day} shows other days")
    keys = tuple(one.key for one in leaf.shown)
    if cursor.page > 1 and keys == cursor.last and cursor.page > cursor.reached:
        return _useless(cursor, f"the feed of {cursor.day} does not turn pages")
    read = replace(cursor, reached=max(cursor.reached, cursor.page), read_at=now, last=keys)
    return Judgement(verdict=Verdict.MORE, cursor=replace(read, page=cursor.page + 1, count=cursor.count + leaf.size))


def _next_day(cursor: Cursor, timezone: str, wanted: Wanted) -> Judgement:
    assert cursor.to_at is not None
    day = date.fromisoformat(cursor.day) + timedelta(days=1)
    if day > _local(cursor.to_at, timezone).date():
        return _met(cursor, wanted)
    return Judgement(verdict=Verdict.MORE, cursor=replace(cursor, day=day.isoformat(), page=1, reached=0, last=()))


def _judge_rest(cursor: Cursor, leaf: Leaf, wanted: Wanted, now: datetime) -> Judgement:
    """All pages, with the same total on each, no entry twice, and as many in sum: nothing shifted."""
    total = leaf.total
    if total is None:
        return _useless(cursor, "the REST interface names no total: it cannot be proved complete")
    doubled = set(cursor.last) & {one.key for one in leaf.shown}
    if (cursor.total is not None and cursor.total != total) or doubled:
        return _anew(cursor)
    read = replace(
        cursor,
        total=total,
        count=cursor.count + leaf.size,
        last=tuple(one.key for one in leaf.shown),
        reached=max(cursor.reached, cursor.page),
        read_at=now,
    )
    if cursor.page < math.ceil(total / REST_PAGE):
        return Judgement(verdict=Verdict.MORE, cursor=replace(read, page=cursor.page + 1))
    return _met(read, wanted) if read.count == total else _anew(read)


def _anew(cursor: Cursor) -> Judgement:
    """Pages shifted while they were read."""
    if cursor.again + 1 >= MOST_BEGINNINGS:
        return _useless(cursor, f"the REST interface says {cursor.total} entries and does not show as many")
    fresh = replace(cursor, page=1, total=None, count=0, last=(), reached=0, again=cursor.again + 1)
    return Judgement(verdict=Verdict.MORE, cursor=fresh)


def _met(cursor: Cursor, wanted: Wanted) -> Judgement:
    """All has been read; but what shows nothing of what the feed shows for the same days is about something else."""
    assert cursor.from_at is not None
    assert cursor.to_at is not None
    times = [one.published_at for one in wanted.window if one.published_at]
    if not cursor.met and any(cursor.from_at < at < cursor.to_at for at in times):
        return _useless(cursor, "it shows nothing of what the feed shows")
    return Judgement(verdict=Verdict.GROUND, cursor=cursor)


def _useless(cursor: Cursor, reason: str) -> Judgement:
    return Judgement(verdict=Verdict.USELESS, cursor=cursor, reason=reason)


def _local(at: datetime, timezone: str) -> datetime:
    return at.astimezone(ZoneInfo(timezone))


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
