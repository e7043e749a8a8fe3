"""A query tried on the archive before it is saved: what it would have found, how often, and what it only just misses.

Owns the counting. Which records match is decided in `finding.py`, by the matcher that also serves live alerts. Must not
know how results look.
"""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from worker import finding
from worker.archive import Transaction
from worker.finding import Found, Hit
from worker.query import Query
from worker.text import fold
from worker.widening import Spelling, Variant, wider

_NEAR_AMONG = 3_000  # articles that near misses are looked for in: their words are looked through one by one
_NEAR_MOST, _NEAR_SHOWN, _NEAR_EXAMPLES = 8, 10, 4
_DAYS_IN_DAYS, _DAYS_IN_WEEKS = 45, 400  # a chart longer than that says nothing: then in weeks, then in months


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One bar of the chart: days from first to last, both included, and the hits on them."""

    first: date
    last: date
    hits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """What a wider query would find beyond. change: the part that is other, as written; examples: words it would find.

    articles: so many of the newest `among` would come to it.
    """

    change: str
    articles: int
    examples: tuple[str, ...]
    among: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What a query would have found.

    articles: published in that time, matching or not; most_in_an_hour: hits within the busiest 60 minutes;
    chart: the whole time, without gaps, oldest first; newest: the newest hits, newest first.
    """

    since: datetime
    until: datetime
    articles: int
    hits: int
    most_in_an_hour: int
    chart: tuple[Stretch, ...]
    newest: tuple[Found, ...]
    near: tuple[NearMiss, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What an edited query finds other than before: numbers, and the newest of each, newest first."""

    kept: int
    gained: int
    lost: int
    newest_gained: tuple[Found, ...]
    newest_lost: tuple[Found, ...]


def backtest(
    tx: Transaction, query: Query, *, since: datetime, until: datetime, zone: tzinfo, show: int = 10
) -> Backtest:
    """Run a query over what was published in that time. zone: whose days the chart counts. Raises: ArchiveError."""
    since = max(since, tx.records.first_published_at() or since)  # a chart begins with the archive
    hits = finding.hits(tx, query, since=since, until=until)
    days = Counter(hit.published_at.astimezone(zone).date() for hit in hits)
    return Backtest(
        since=since,
        until=until,
        articles=tx.records.count(since=since, until=until),
        hits=len(hits),
        most_in_an_hour=most_within([hit.published_at for hit in hits], timedelta(hours=1)),
        chart=tuple(chart(days, since.astimezone(zone).date(), until.astimezone(zone).date())),
        newest=tuple(finding.shown(tx, query, _newest(hits, show))),
        near=tuple(near_misses(tx, query, hits, since=since, until=until)),
    )


def near_misses(
    tx: Transaction, query: Query, hits: Sequence[Hit], *, since: datetime, until: datetime
) -> Iterator[NearMiss]:
    """What the query with one wider word would find beyond its hits, among the newest articles of that time."""
    known = {hit.record_id for hit in hits}
    newest = tx.records.newest(_NEAR_AMONG, since=since, until=until)
    spelling = Spelling(query)
    others = [record_id for record_id in newest if record_id not in known]
    for variant in wider(query.root)[:_NEAR_MOST]:
        wide = Query.of(query.text, variant.root)
        beyond = finding.hits(tx, wide, within=others)
        if beyond:
            found = finding.shown(tx, wide, _newest(beyond, _NEAR_SHOWN))
            words = Counter(span.text for one in found for span in one.spans if _is_wider(span.text, variant))
            examples = tuple(word for word, _ in words.most_common(_NEAR_EXAMPLES))
            yield NearMiss(change=spelling.of(variant), articles=len(beyond), examples=examples, among=len(newest))


def _is_wider(word: str, variant: Variant) -> bool:
    """Whether the wider part found it, and not the rest of the query."""
    return any(letters in fold(word) for letters in variant.letters)


def difference(
    tx: Transaction, old: Query, new: Query, *, since: datetime, until: datetime, show: int = 10
) -> Difference:
    """What `new` gains and loses against `old` over what was published in that time. Raises: ArchiveError."""
    before = finding.hits(tx, old, since=since, until=until)
    after = finding.hits(tx, new, since=since, until=until)
    known, kept = {hit.record_id for hit in before}, {hit.record_id for hit in after}
    gained = [hit for hit in after if hit.record_id not in known]
    lost = [hit for hit in before if hit.record_id not in kept]
    return Difference(
        kept=len(kept & known),
        gained=len(gained),
        lost=len(lost),
        newest_gained=tuple(finding.shown(tx, new, _newest(gained, show))),
        newest_lost=tuple(finding.shown(tx, old, _newest(lost, show))),
    )


def _newest(hits: Sequence[Hit], show: int) -> list[Hit]:
    return list(reversed(hits[-show:])) if show else []


def most_within(moments: Sequence[datetime], span: timedelta) -> int:
    """The most of these moments, in order, that lie within any such span."""
    window: deque[datetime] = deque()
    most = 0
    for moment in moments:
        window.append(moment)
        while moment - window[0] >= span:
            window.popleft()
        most = max(most, len(window))
    return most


def chart(days: Counter[date], first: date, last: date) -> Iterator[Stretch]:
    """Hits by day; of a longer time by week from its first day on, of a very long one by month."""
    length = (last - first).days
    while first <= last:
        end = min(_end(first, length), last)
        within = range((end - first).days + 1)
        yield Stretch(first=first, last=end, hits=sum(days[first + timedelta(days=ahead)] for ahead in within))
        first = end + timedelta(days=1)


def _end(first: date, length: int) -> date:
    """The last day of the bar that begins with `first`, in a chart over so many days."""
    if length <= _DAYS_IN_DAYS:
        return first
    if length <= _DAYS_IN_WEEKS:
        return first + timedelta(days=6)
    return (first.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
