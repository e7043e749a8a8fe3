"""What must be true of an archive, held against the site's own list: nothing missed, once, edits, addresses, coverage.

Each promise gives the sentences of what breaks it; none = it is kept. Those of `always` hold at any moment, those of
`in_the_end` after a quiet time in fine weather.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import select

from tests.newspaper import HOME, Life, Stay, version_of
from tests.town import MAIN_FEED, Town
from worker.archive.schema import gaps, stretches
from worker.model import Feed, FiledRecord, Revision

EVERY_DAY = timedelta(hours=39)  # the daily reading again, in the night that is nearest to a day later, and polls
QUIET = timedelta(hours=40)
DATED_BACK_MOST = timedelta(days=7)
AT_ONCE = timedelta(minutes=2)  # what appears so long after its date was not dated back
A_READING = timedelta(hours=1)  # what was there all that time was there for each page of a reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the archive holds of one article: one record if all is well."""

    record: FiledRecord
    history: tuple[Revision, ...]

    @property
    def versions(self) -> list[int]:
        return [version_of(state.record.body) for state in self.history]


def held(town: Town) -> dict[int, list[Held]]:
    """By post id; 0 = a record without one."""
    found: dict[int, list[Held]] = {}
    with town.archive.read() as tx:
        for record in tx.records.stream():
            first = [Revision(number=1, record=record.record, seen_at=record.first_seen_at)]
            one = Held(record=record, history=tuple(tx.records.history(record.id) if record.revision > 1 else first))
            found.setdefault(int(record.record.post_id or 0), []).append(one)
    return found


def always(town: Town) -> list[str]:
    holdings = held(town)
    return [*_twice(town, holdings), *_history(town, holdings), *_coverage(town, holdings)]


def in_the_end(town: Town) -> list[str]:
    holdings = held(town)
    found = [*always(town), *_missed(town, holdings), *_stale(town, holdings), *_alerts(town, holdings)]
    return [*found, *_withdrawn(town, holdings)]


# -- nothing missed -----------------------------------------------------------------------------------------------------


def _missed(town: Town, holdings: dict[int, list[Held]]) -> Iterator[str]:
    feed = main_feed(town)
    if feed is None or feed.first_polled_at is None:
        return
    said = open_gaps(town, feed)
    for life in town.paper.lives.values():
        if life.post_id not in holdings and _is_owed(town, life, feed) and not _is_within(life.published_at, said):
            yield f"missed: {_named(life)}"


def _is_owed(town: Town, life: Life, feed: Feed) -> bool:
    """It came after the feed was first polled, was there for long enough, and not dated back too far."""
    assert feed.first_polled_at is not None
    return any(_is_owed_for(town, life, stay) for stay in life.stays() if stay.since > feed.first_polled_at)


def _is_owed_for(town: Town, life: Life, stay: Stay) -> bool:
    """What comes back after a while is as if it had been dated back."""
    dated_back = stay.since - life.published_at
    if dated_back > DATED_BACK_MOST:
        return False
    return stay.watched_s >= (town.soon if dated_back <= AT_ONCE else EVERY_DAY).total_seconds()


# -- once ---------------------------------------------------------------------------------------------------------------


def _twice(town: Town, holdings: dict[int, list[Held]]) -> Iterator[str]:
    for post_id, records in holdings.items():
        if len(records) > 1:
            yield f"twice: post {post_id} has the records {[one.record.record.url for one in records]}"
        if post_id not in town.paper.lives:
            yield f"nowhere on the site: {records[0].record.record.url}"
    sent: dict[tuple[str, str], set[str]] = {}
    for sending in town.channel.sent:
        alert = sending.delivery.alert
        sent.setdefault((alert.subscription, alert.record.record.post_id or ""), set()).add(sending.delivery.id)
    yield from (f"alerted twice: {what}" for what, ids in sent.items() if len(ids) > 1)


def _alerts(town: Town, holdings: dict[int, list[Held]]) -> Iterator[str]:
    """What is fresh since both the feed's first poll and the subscription alerts, unless it was imported first."""
    feed = main_feed(town)
    if feed is None or feed.first_polled_at is None:
        return
    told = {
        (sending.delivery.alert.subscription, sending.delivery.alert.record.record.post_id)
        for sending in town.channel.sent
    }
    for name, since in town.subscribed.items():
        for post_id in holdings.keys() - town.imported:
            life = town.paper.lives[post_id]
            fresh = life.first_shown_at - life.published_at <= AT_ONCE
            if fresh and life.first_shown_at > max(since, feed.first_polled_at) and (name, str(post_id)) not in told:
                yield f"no alert of {name!r}: {_named(life)}"


# -- edits and addresses ------------------------------------------------------------------------------------------------


def _history(town: Town, holdings: dict[int, list[Held]]) -> Iterator[str]:
    """Nothing that the site never showed, in the order of the site, and no revision without a change."""
    for post_id, [one, *_] in holdings.items():
        life = town.paper.lives[post_id]
        if not set(one.versions) <= {state.version for state in life.states}:
            yield f"never shown: {_named(life)} has the versions {one.versions}"
        if one.versions != sorted(one.versions):
            yield f"out of order: {_named(life)} has the versions {one.versions}"
        if any(before.record == after.record for before, after in pairwise(one.history)):
            yield f"a revision without a change: {_named(life)}"


def _stale(town: Town, holdings: dict[int, list[Held]]) -> Iterator[str]:
    """What stood on the first page for long enough is a revision and an address; what stands there is the current one."""
    first_page = town.paper.now_shown()[: town.paper.site.posts_per_rss]
    for life in town.paper.lives.values():
        if life.post_id not in holdings:
            continue
        one = holdings[life.post_id][0]
        for state in life.states:
            if state.in_window_s < town.soon.total_seconds() or life.post_id in town.imported:
                continue
            if state.version not in one.versions:
                yield f"an edit was missed: version {state.version} of {_named(life)}, known are {one.versions}"
            if _url(life, state.slug) not in (one.record.record.url, *one.record.former_urls):
                yield f"an address was missed: {state.slug} of {_named(life)}"
        if life in first_page or (life.is_shown and _is_recent(town, life)):
            current = life.states[-1]
            if (one.versions[-1], one.record.record.url) != (current.version, _url(life, current.slug)):
                yield f"not as on the site: {_named(life)} is {one.record.record.url}, version {one.versions[-1]}"


def _withdrawn(town: Town, holdings: dict[int, list[Held]]) -> Iterator[str]:
    """What was gone from the site for all the quiet time is marked, what is there is not."""
    now = town.clock.now()
    for post_id, [one, *_] in holdings.items():
        life, marked = town.paper.lives[post_id], one.record.withdrawn_at is not None
        if life.is_shown and marked and _is_recent(town, life):
            yield f"marked as withdrawn, but there: {_named(life)}"
        gone_at = life.states[-1].until
        if (
            post_id not in town.imported
            and gone_at is not None
            and not marked
            and now - gone_at > QUIET
            and _is_recent(town, life)
        ):
            yield f"gone since {gone_at:%d.%m. %H:%M}, but not marked: {_named(life)}"


# -- coverage -----------------------------------------------------------------------------------------------------------


def _coverage(town: Town, holdings: dict[int, list[Held]]) -> Iterator[str]:
    """What is claimed to be complete lacks nothing that the site showed when that part was read.

    It begins behind the oldest entry that was read: there may be more of the same second.
    """
    for feed in town.feeds():
        for start, end, read_at, how in claims(town, feed):
            for life in town.paper.lives.values():
                if life.post_id in holdings or not start < life.published_at <= end:
                    continue
                if (not feed.category or feed.category in life.categories) and _was_there(life, read_at, how):
                    yield f"{feed.url} claims {start:%d.%m. %H:%M} to {end:%d.%m. %H:%M} ({how}), but lacks {_named(life)}"


def _was_there(life: Life, read_at: datetime, how: str) -> bool:
    """By polls: from its date until then, for what is dated back later is found otherwise. By a reading: all through it."""
    if how == "polls":
        fresh = life.first_shown_at - life.published_at <= AT_ONCE
        return fresh and life.was_shown(life.first_shown_at, read_at)
    return life.first_shown_at <= read_at - A_READING and life.was_shown(read_at - A_READING, read_at)


def claims(town: Town, feed: Feed) -> list[tuple[datetime, datetime, datetime, str]]:
    """(from, to, read at, how): the feed's coverage without its open gaps."""
    pieces = []
    if feed.covered_from is not None and feed.covered_to is not None:
        pieces.append((feed.covered_from, feed.covered_to))
    for start, end in open_gaps(town, feed):
        pieces = [piece for one in pieces for piece in _without(one, start, end)]
    covered_to = feed.covered_to or town.clock.now()
    found = [(start, end, covered_to, "polls") for start, end in pieces]
    with town.archive.database.read() as connection:
        rows = connection.execute(select(stretches).where(stretches.c.feed_id == feed.id)).all()
    return found + [(row.from_at, row.to_at, row.read_at, row.means) for row in rows]


def _without(piece: tuple[datetime, datetime], start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    parts = [(piece[0], min(piece[1], start)), (max(piece[0], end), piece[1])]
    return [part for part in parts if part[0] < part[1]]


def open_gaps(town: Town, feed: Feed) -> list[tuple[datetime, datetime]]:
    with town.archive.database.read() as connection:
        rows = connection.execute(select(gaps).where(gaps.c.feed_id == feed.id, gaps.c.closed_at.is_(None))).all()
    return [(row.from_at, row.to_at) for row in rows]


# -- words --------------------------------------------------------------------------------------------------------------


def main_feed(town: Town) -> Feed | None:
    return next((feed for feed in town.feeds() if feed.url == MAIN_FEED), None)


def _is_within(moment: datetime, parts: Sequence[tuple[datetime, datetime]]) -> bool:
    return any(start <= moment <= end for start, end in parts)


def _is_recent(town: Town, life: Life) -> bool:
    """Near enough to be read again, all through the quiet time."""
    return town.clock.now() - life.published_at < DATED_BACK_MOST - QUIET


def _url(life: Life, slug: str) -> str:
    return f"{HOME}/{slug}-{life.post_id}/"


def _named(life: Life) -> str:
    shown = ", ".join(
        f"version {state.version} {state.since:%d.%m. %H:%M:%S} to {f'{state.until:%d.%m. %H:%M:%S}' if state.until else 'now'}"
        for state in life.states
    )
    return f"post {life.post_id}, dated {life.published_at:%d.%m. %H:%M:%S} ({shown})"
