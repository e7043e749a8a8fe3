"""What becomes of a record after it was filed, seen elsewhere than in its feeds: a full text, an edit, a new address,
that it is gone, or back. Each change is refused if the record changed since it was read: whoever looked looks again.
"""

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from worker.archive.events import events_of, mark_returned, mark_withdrawn, note_event
from worker.archive.schema import evidence, record_links, record_urls, records, revisions
from worker.archive.states import content_of, earlier_of, state_hash
from worker.model import Change, Draft, EventKind, FiledRecord, RecordEvent


class Afterwards:
    """Later changes to the records of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert

    def complete(self, filed: FiledRecord, draft: Draft, *, now: datetime) -> bool:
        """Put the full text in the place of an excerpt. That is no edit: the revision's number stays.

        Returns: False, and nothing is written, when the record changed since `filed` was read.
        """
        new = content_of(draft) | {"state_hash": state_hash(draft), "body_from": draft.seen_by, "url": filed.record.url}
        if not self._set(filed, new | self._rewritten(now)):
            return False
        self._prove(filed.id, filed.revision, draft, now)
        self._note(filed, EventKind.COMPLETED, now, how=draft.seen_by)
        return True

    def revise(self, filed: FiledRecord, draft: Draft, *, now: datetime) -> bool:
        """File an edit that the article's page or the REST interface showed, as a revision. Returns: as `complete`."""
        return self._revise(filed, draft, Change.EDIT, now, body_from=draft.seen_by, url=filed.record.url)

    def _revise(self, filed: FiledRecord, draft: Draft, change: Change, now: datetime, **more: str) -> bool:
        row = self._connection.execute(select(records).where(records.c.id == filed.id)).mappings().first()
        seen = {"seen_by": draft.seen_by, "modified_at": draft.modified_at, "change": change.value}
        new = content_of(draft) | seen | {"state_hash": state_hash(draft), "revision": filed.revision + 1} | more
        if row is None or not self._set(filed, new | self._rewritten(now)):
            return False
        self._connection.execute(insert(revisions).values(**earlier_of(row), replaced_at=now))
        self._prove(filed.id, filed.revision + 1, draft, now)
        return True

    def sort_terms(self, filed: FiledRecord, draft: Draft, *, now: datetime) -> bool:
        """Tell tags from categories where a feed could not. That is no edit. Returns: as `complete`."""
        names = ("category", "categories", "tags")
        new = {name: value for name, value in content_of(draft).items() if name in names}
        return self._set(filed, new | self._rewritten(now))

    def modified(self, record_id: int, at: datetime) -> None:
        """Keep when the site says that the current state was modified."""
        self._connection.execute(update(records).where(records.c.id == record_id).values(modified_at=at))

    # -- gone, back, elsewhere ----------------------------------------------------------------------------------------

    def withdraw(self, filed: FiledRecord, *, since: datetime, now: datetime, how: str, detail: str) -> int:
        """The article is gone from the site since then. Its text is kept. Returns: the event's number, 0 = it was so."""
        event = RecordEvent(kind=EventKind.WITHDRAWN, at=now, how=how, detail=detail)
        return mark_withdrawn(self._connection, filed.id, since, event)

    def restore(self, filed: FiledRecord, *, now: datetime, how: str) -> int:
        """The site shows the article, whether it was withdrawn or not. Returns: the event's number, 0 = it was not."""
        return mark_returned(self._connection, filed.id, RecordEvent(kind=EventKind.RETURNED, at=now, how=how))

    def rename(self, filed: FiledRecord, draft: Draft, *, now: datetime) -> bool:
        """The article has a new address, the draft's, to which the old one leads for good; that is a revision.

        Returns: False when another record owns the new address (the two are linked then, never merged), or as `complete`.
        """
        new = draft.record
        owner = select(record_urls.c.record_id).where(record_urls.c.url_key == new.url_key)
        other = self._connection.execute(owner).scalar_one_or_none()
        if other is not None and other != filed.id:
            self.link(filed, other, f"{filed.record.url} leads to {new.url}", now=now)
            return False
        if not self._revise(filed, draft, Change.RENAME, now):
            return False
        values = {"record_id": filed.id, "url_key": new.url_key, "url": new.url, "first_seen_at": now}
        self._connection.execute(self._insert(record_urls).values(values).on_conflict_do_nothing())
        self._note(filed, EventKind.RENAMED, now, how=draft.seen_by, detail=filed.record.url)
        return True

    def link(self, filed: FiledRecord, other_id: int, reason: str, *, now: datetime) -> None:
        """Note that two records point at each other, and why. They are never merged."""
        values = {"record_id": filed.id, "other_id": other_id, "reason": reason, "linked_at": now}
        self._connection.execute(self._insert(record_links).values(values).on_conflict_do_nothing())

    def events(self, record_id: int) -> Sequence[RecordEvent]:
        """What happened to a record, oldest first."""
        return events_of(self._connection, record_id)

    # -- common -------------------------------------------------------------------------------------------------------

    def _set(self, filed: FiledRecord, values: dict[str, Any]) -> bool:
        same = update(records).where(
            records.c.id == filed.id, records.c.revision == filed.revision, records.c.body == filed.record.body
        )
        return bool(self._connection.execute(same.values(values)).rowcount)

    def _rewritten(self, now: datetime) -> dict[str, Any]:
        """Its file and its words in the index are to be made anew."""
        return {"changed_at": now, "file_due": True, "indexed_by": 0}

    def _prove(self, record_id: int, revision: int, draft: Draft, now: datetime) -> None:
        proof = draft.evidence
        if proof is None:
            return
        plain = {"kind": proof.kind, "content_type": proof.content_type, "base_url": proof.base_url}
        kept = plain | {"feed_url": draft.seen_by, "received_at": now, "body": zlib.compress(proof.body, 6)}
        add = self._insert(evidence).values(record_id=record_id, revision=revision, **kept)
        self._connection.execute(add.on_conflict_do_update(index_elements=["record_id", "revision"], set_=kept))

    def _note(self, filed: FiledRecord, kind: EventKind, now: datetime, *, how: str, detail: str = "") -> None:
        note_event(self._connection, filed.id, RecordEvent(kind=kind, at=now, how=how, detail=detail))
