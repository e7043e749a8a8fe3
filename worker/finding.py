"""Records that a query matches, out of the archive: what searches, exports and backtests have in common.

The database names what may match; the matcher that also serves live alerts decides. Must not know how results look.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from worker.archive import Transaction
from worker.match import Matcher
from worker.model import FiledRecord, Span
from worker.query import Query
from worker.searching import alternatives


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A record that matches, without its text."""

    record_id: int
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A record that matches, with the places where it does."""

    filed: FiledRecord
    spans: tuple[Span, ...]


def hits(tx: Transaction, query: Query, *, since: datetime | None = None, until: datetime | None = None) -> list[Hit]:
    """All records published in that time that the query matches, in the order of publication."""
    found = matching(tx, query, since=since, until=until)
    return [Hit(record_id=one.filed.id, published_at=one.filed.record.published_at) for one in found]


def shown(tx: Transaction, query: Query, wanted: Sequence[Hit]) -> list[Found]:
    """The hits with their records and places, in the order given."""
    matcher = Matcher({0: query})
    records = tx.records.get([one.record_id for one in wanted])
    filed = (records[one.record_id] for one in wanted if one.record_id in records)
    return [Found(filed=one, spans=match.spans) for one in filed for match in matcher.match(one.record)]


def matching(
    tx: Transaction, query: Query, *, since: datetime | None, until: datetime | None, newest_first: bool = False
) -> Iterator[Found]:
    """All records published in that time that the query matches, in the order of publication, then key."""
    matcher = Matcher({0: query})
    streams = [
        tx.records.stream(since=since, until=until, words=words, newest_first=newest_first)
        for words in alternatives(query)
    ]
    for filed in _merged(streams, newest_first=newest_first):
        for match in matcher.match(filed.record):
            yield Found(filed=filed, spans=match.spans)


def _merged(streams: Iterable[Iterator[FiledRecord]], *, newest_first: bool) -> Iterator[FiledRecord]:
    """Streams of one order as one stream; a record that stands in several comes once."""
    last_id = None
    for filed in heapq.merge(*streams, key=lambda one: (one.record.published_at, one.key), reverse=newest_first):
        if filed.id != last_id:
            last_id = filed.id
            yield filed
