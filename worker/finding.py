"""Records that a query matches, out of the archive: what searches, exports and backtests have in common.

The index says which records match for sure, and which may; of those the matcher decides that also serves live alerts.
Must not know how results look.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from worker.archive import Transaction
from worker.article import Article
from worker.match import spans_of
from worker.model import FiledRecord, Span
from worker.query import Query
from worker.searching import plan
from worker.verify import matches

_AT_ONCE = 100  # records in memory


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


def hits(
    tx: Transaction,
    query: Query,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    within: Collection[int] | None = None,
) -> list[Hit]:
    """All records published in that time that the query matches, oldest first. within: of these records only."""
    answer = tx.index.find(plan(query.root), within)
    perhaps = within if answer.perhaps is None else answer.perhaps
    published = tx.records.published(perhaps, since=since, until=until)
    open_ids = [record_id for _, record_id in published if record_id not in answer.sure]
    confirmed = _confirmed(tx, query, open_ids)
    return [
        Hit(record_id=record_id, published_at=at)
        for at, record_id in published
        if record_id in answer.sure or record_id in confirmed
    ]


def _confirmed(tx: Transaction, query: Query, ids: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for start in range(0, len(ids), _AT_ONCE):
        records = tx.records.get(ids[start : start + _AT_ONCE])
        found.update(one.id for one in records.values() if matches(query.root, Article(one.record)))
    return found


def shown(tx: Transaction, query: Query, wanted: Sequence[Hit]) -> list[Found]:
    """The hits with their records and places, in the order given."""
    records = tx.records.get([one.record_id for one in wanted])
    filed = (records[one.record_id] for one in wanted if one.record_id in records)
    return [Found(filed=one, spans=spans_of(query, one.record) or ()) for one in filed]


def matching(
    tx: Transaction, query: Query, *, since: datetime | None, until: datetime | None, newest_first: bool = False
) -> Iterator[Found]:
    """All records published in that time that the query matches, in the order of publication, then key."""
    published = tx.records.published(tx.index.find(plan(query.root)).perhaps, since=since, until=until)
    for ids in _together(published[::-1] if newest_first else published):
        filed = tx.records.get(ids).values()
        for one in sorted(filed, key=lambda one: (one.record.published_at, one.key), reverse=newest_first):
            spans = spans_of(query, one.record)
            if spans is not None:
                yield Found(filed=one, spans=spans)


def _together(published: Sequence[tuple[datetime, int]]) -> Iterator[list[int]]:
    """Ids in lists of bounded length; what was published in one second stays in one list, so that it can be put in order."""
    ids: list[int] = []
    for _, same in groupby(published, key=lambda one: one[0]):
        ids += [record_id for _, record_id in same]
        if len(ids) >= _AT_ONCE:
            yield ids
            ids = []
    if ids:
        yield ids
