"""Taking over a record from an export, with what only an archive knows of it: key, addresses, feeds, earlier states."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from worker.archive.filing import file_drafts
from worker.archive.schema import record_urls, records, revisions, sightings, tombstones
from worker.archive.states import content_of, day_of, state_hash
from worker.identity import record_key
from worker.model import Draft, FiledRecord, Filing, FilingOutcome, Record, Revision


def add_filed(
    connection: Connection,
    filed: FiledRecord,
    *,
    former: Sequence[tuple[str, str]],
    content_hash: str,
    history: Sequence[tuple[Revision, str]] = (),
    now: datetime,
) -> Filing:
    """See `Records.add_filed`."""
    taken = connection.execute(select(records.c.id).where(records.c.key == filed.key)).scalar_one_or_none()
    if taken is not None:
        return Filing(outcome=FilingOutcome.KNOWN, record_id=taken)
    draft = Draft(record=_under_its_key(filed, former), content_hash=content_hash)
    removed = select(tombstones.c.url_key).where(tombstones.c.url_key.in_([url_key for _, url_key in former]))
    if former and connection.execute(removed).first() is not None:
        return Filing(outcome=FilingOutcome.REMOVED)
    [filing] = file_drafts(connection, [draft], feed_url="", now=filed.first_seen_at)
    if filing.outcome is not FilingOutcome.NEW:
        return filing
    where = records.c.id == filing.record_id
    kept = {"key": filed.key, "revision": filed.revision, "day_local": filed.day_local or day_of(filed.record)}
    connection.execute(update(records).where(where).values(**kept, changed_at=now))
    _add_history(connection, filing.record_id, history)
    common = {"record_id": filing.record_id, "first_seen_at": filed.first_seen_at}
    for url in dict.fromkeys(filed.feeds):
        connection.execute(insert(sightings).values(**common, feed_url=url, state_hash=""))
    add = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    for number, (url, url_key) in enumerate(former):
        earlier = filed.first_seen_at - timedelta(microseconds=len(former) - number)
        values = common | {"url_key": url_key, "url": url, "first_seen_at": earlier}
        connection.execute(add(record_urls).values(values).on_conflict_do_nothing())
    return filing


def _add_history(connection: Connection, record_id: int | None, history: Sequence[tuple[Revision, str]]) -> None:
    """Earlier states as an export told them, and how the current one, which is the last, was seen."""
    if not history:
        return
    for (one, digest), (following, _) in pairwise(history):
        draft = Draft(record=one.record, content_hash=digest)
        state = content_of(draft) | {"published_at": one.record.published_at.isoformat()}
        named = {"record_id": record_id, "revision": one.number, "state_hash": state_hash(draft), "state": state}
        times = {"seen_at": one.seen_at, "replaced_at": following.seen_at}
        connection.execute(insert(revisions).values(**named, **times, **_how(one)))
    now = history[-1][0]
    values = {"changed_at": now.seen_at, **_how(now)}
    connection.execute(update(records).where(records.c.id == record_id).values(values))


def _how(one: Revision) -> dict[str, Any]:
    return {"seen_by": one.seen_by, "change": one.change, "modified_at": one.modified_at}


def _under_its_key(filed: FiledRecord, former: Sequence[tuple[str, str]]) -> Record:
    """An article that was kept apart from another one under the same URL comes back apart."""
    record = filed.record
    if filed.key in {record_key(url_key) for url_key in (record.url_key, *(url_key for _, url_key in former))}:
        return record
    return replace(record, url_key=f"{record.url_key}#k={filed.key}", post_id=None)
