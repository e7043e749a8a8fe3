"""Filing: which record a draft belongs to, and what it changes there. The heart of "once".

Which record that is says `known.py`. Where address and post id disagree nothing is merged: both records are kept, linked
and reported. A change of content is a revision of the record, never a new one.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    CursorResult,
    Insert,
    RowMapping,
    and_,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from worker.archive.events import mark_returned
from worker.archive.known import Found, Known, post_of
from worker.archive.schema import evidence, record_links, record_urls, records, revisions, sightings
from worker.archive.states import change_of, content_of, day_of, earlier_of, record_of, state_hash
from worker.errors import ArchiveError
from worker.identity import record_key
from worker.model import Change, Draft, Edit, EventKind, Filing, FilingOutcome, Record, RecordEvent
from worker.normalise import with_known_tags


def file_drafts(
    connection: Connection, drafts: Sequence[Draft], *, feed_url: str, now: datetime, silent: bool = False
) -> list[Filing]:
    """File drafts as one feed showed them, known ones too. Returns one Filing a draft, in order."""
    desk = _Desk(connection, feed_url, now, silent=silent)
    first = _first_of_each(drafts)
    waiting = sorted(set(first))
    filings: dict[int, Filing] = {}
    # What another process files first, or another draft of this page claims, is known in the next round.
    fruitless = 0
    while waiting:
        done = desk.round(waiting, drafts)
        fruitless = 0 if done else fruitless + 1
        if fruitless > 1:
            raise ArchiveError(
                "a record can be neither filed nor found: two articles share one key; please report this"
            )
        filings.update(done)
        waiting = [number for number in waiting if number not in filings]
    again = {number: _shown_again(filings[of]) for number, of in enumerate(first) if of != number}
    return [(filings | again)[number] for number in range(len(drafts))]


def _shown_again(filing: Filing) -> Filing:
    outcome = FilingOutcome.REMOVED if filing.outcome is FilingOutcome.REMOVED else FilingOutcome.KNOWN
    return Filing(outcome=outcome, record_id=filing.record_id)


def _first_of_each(drafts: Sequence[Draft]) -> list[int]:
    """For each draft the number of the first one on the page that is the same article, often its own."""
    by_url: dict[tuple[str, str], int] = {}
    by_post: dict[tuple[str, str], int] = {}
    first = []
    for number, draft in enumerate(drafts):
        post = post_of(draft.record)
        same = by_post.get(post) if post else None
        if same is None and (candidate := by_url.get((draft.record.url_key, draft.apart))) is not None:
            same = candidate if post is None or post_of(drafts[candidate].record) in (None, post) else None
        first.append(number if same is None else same)
        if same is None:
            by_url.setdefault((draft.record.url_key, draft.apart), number)
            by_post.update({post: number} if post else {})
    return first


@dataclass(frozen=True, slots=True)
class _Inserts:
    """What a database writes its own way. Built once: to build a statement takes longer than to run it."""

    record: Insert
    url: Insert


@cache
def _inserts(dialect: str) -> _Inserts:
    add = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return _Inserts(
        record=add(records).on_conflict_do_nothing().returning(records.c.id, records.c.url_key),
        url=add(record_urls).on_conflict_do_nothing(),
    )


_ADD_SIGHTING, _ADD_EVIDENCE = insert(sightings), insert(evidence)


class _Desk:
    """Where one page of drafts is filed."""

    def __init__(self, connection: Connection, feed_url: str, now: datetime, *, silent: bool) -> None:
        self._connection = connection
        self._silent = silent
        self._insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        self._statements = _inserts(connection.dialect.name)
        self._feed_url = feed_url
        self._now = now

    def round(self, waiting: Sequence[int], drafts: Sequence[Draft]) -> dict[int, Filing]:
        """File what can be filed now; a record is touched once a round, because what was read of it is stale then."""
        known = Known(self._connection, [drafts[number] for number in waiting])
        fresh: dict[str, tuple[int, Draft, Found]] = {}
        touched: set[int] = set()
        done: dict[int, Filing] = {}
        for number in waiting:
            draft = drafts[number]
            found = known.find(draft)
            if found.removed:
                done[number] = Filing(outcome=FilingOutcome.REMOVED)
            elif found.row is None:
                fresh.setdefault(found.url_key, (number, draft, found))
            elif found.row["id"] not in touched:
                touched.add(found.row["id"])
                done[number] = self._apply(draft, found)
        return done | self._add(fresh)

    # -- new records ------------------------------------------------------------------------------------------------

    def _add(self, fresh: dict[str, tuple[int, Draft, Found]]) -> dict[int, Filing]:
        if not fresh:
            return {}
        # In one order everywhere: two processes that file the same articles wait for each other instead of deadlocking.
        rows = [
            _row(draft, key, self._now) | self._seen(draft) | {"unheard": self._silent}
            for key, (_, draft, _) in sorted(fresh.items())
        ]
        ids = {row.url_key: int(row.id) for row in self._run(self._statements.record, rows)}
        for key in fresh.keys() - ids.keys():
            del fresh[key]  # another process was quicker: the next round finds its record
        self._add_traces([(ids[key], key, draft) for key, (_, draft, _) in fresh.items()])
        filings = {}
        for key, (number, _, found) in fresh.items():
            if found.other_id is not None:
                self._link(ids[key], found.other_id, found.note)
            filings[number] = Filing(
                outcome=FilingOutcome.NEW, record_id=ids[key], record_key=record_key(key), note=found.note
            )
        return filings

    def _add_traces(self, filed: Sequence[tuple[int, str, Draft]]) -> None:
        if not filed:
            return
        seen = {"first_seen_at": self._now}
        urls = [{"record_id": id_, "url_key": key, "url": draft.record.url, **seen} for id_, key, draft in filed]
        self._run(self._statements.url, urls)
        if self._feed_url:
            sighted = [
                {"record_id": id_, "feed_url": self._feed_url, **_shown_as(draft), **seen} for id_, _, draft in filed
            ]
            self._run(_ADD_SIGHTING, sighted)
        if proofs := [row for id_, _, draft in filed for row in self._evidence(id_, 1, draft)]:
            self._run(_ADD_EVIDENCE, proofs)

    def _run(self, statement: Insert, rows: list[dict[str, Any]]) -> CursorResult[Any]:
        """A list of one row would take the way of long lists, which is longer."""
        return self._connection.execute(statement, rows[0] if len(rows) == 1 else rows)

    def _evidence(self, record_id: int, revision: int, draft: Draft) -> list[dict[str, Any]]:
        proof = draft.evidence
        if proof is None:
            return []
        plain = {"kind": proof.kind, "content_type": proof.content_type, "base_url": proof.base_url}
        place = {"record_id": record_id, "revision": revision, "feed_url": self._feed_url, "received_at": self._now}
        return [{**place, **plain, "body": zlib.compress(proof.body, 6)}]

    # -- known records ----------------------------------------------------------------------------------------------

    def _apply(self, draft: Draft, found: Found) -> Filing:
        row = found.row
        assert row is not None
        if found.other_id is not None:
            self._link(row["id"], found.other_id, found.note)
        self._learn_post_id(row, draft.record)
        before = self._sight(row["id"], draft) if self._feed_url else None
        is_edit = self._is_edit(row, draft, before)
        if is_edit:
            self._revise(row, draft, found)
        else:
            self._fill_in(row, draft)
        returned = 0
        if row["withdrawn_at"] is not None:
            event = RecordEvent(kind=EventKind.RETURNED, at=self._now, how=draft.seen_by or self._feed_url)
            returned = mark_returned(self._connection, row["id"], event)
        return Filing(
            outcome=FilingOutcome.REVISED if is_edit else FilingOutcome.KNOWN,
            record_id=row["id"],
            record_key=row["key"],
            unheard_since=self._hear(row, before),
            stale=draft.record.excerpt and not row["excerpt"] and before not in (None, state_hash(draft)),
            note=found.note,
            edit=self._edit(row, draft if is_edit and self._is_told(row, draft, before) else None, returned),
        )

    def _is_told(self, row: RowMapping, draft: Draft, before: str | None) -> bool:
        """Whether an edit is the site's, and news. On a first poll or in a backfill, what a feed had not shown before may
        be no more than its own way to show it; a text that completes what no feed showed as news is none either.
        """
        is_dated = draft.modified_at is not None and draft.modified_at > row["changed_at"]
        if self._silent and before is None and not is_dated:
            return False
        return not (row["unheard"] and change_of(row, draft) is Change.TEXT)

    def _edit(self, row: RowMapping, draft: Draft | None, returned: int) -> Edit | None:
        if draft is None and not returned:
            return None
        old = record_of(row)
        return Edit(
            record_id=row["id"],
            record_key=row["key"],
            first_seen_at=row["first_seen_at"],
            before=old,
            after=old if draft is None else draft.record,
            occasion=f"returned:{returned}" if returned else f"revision:{row['revision'] + 1}",
            change=Change.EDIT if draft is None else change_of(row, draft),
            event=EventKind.RETURNED if returned else None,
        )

    def _hear(self, row: RowMapping, before: str | None) -> datetime | None:
        """Since when a record waits that only silent first polls showed so far, if a feed shows it as news now."""
        if self._silent or not self._feed_url or before is not None or not row["unheard"]:
            return None
        self._connection.execute(update(records).where(records.c.id == row["id"]).values(unheard=False))
        since: datetime = row["first_seen_at"]
        return since

    def _is_edit(self, row: RowMapping, draft: Draft, before: str | None) -> bool:
        """An edit is a change in what *this feed* shows; two feeds that render one article differently are none."""
        shown = state_hash(draft)
        if not self._feed_url or shown in (row["state_hash"], before) or (draft.record.excerpt and not row["excerpt"]):
            return False
        if before is None and draft.seen_by == "rest":  # it renders differently, but says when the site made an edit
            return draft.modified_at is not None and draft.modified_at > row["changed_at"]
        # A feed that shows an article for the first time in an earlier state is a stale cache.
        return before is not None or not self._was_state(row["id"], shown)

    def _sight(self, record_id: int, draft: Draft) -> str | None:
        """Note that this feed shows the record in this state. Returns the state it showed before.

        The same bytes as before are the state of before, whatever new rules make of them.
        """
        key = (sightings.c.record_id == record_id, sightings.c.feed_url == self._feed_url)
        shown = _shown_as(draft)
        before = self._connection.execute(select(sightings.c.state_hash, sightings.c.digest).where(*key)).first()
        if before is None:
            row = {"record_id": record_id, "feed_url": self._feed_url, **shown, "first_seen_at": self._now}
            self._connection.execute(self._insert(sightings).values(row).on_conflict_do_nothing())
            return None
        if before._asdict() != shown:
            self._connection.execute(update(sightings).where(*key).values(shown))
        known: str = before.state_hash
        return shown["state_hash"] if draft.digest and draft.digest == before.digest else known

    def _was_state(self, record_id: int, shown: str) -> bool:
        earlier = select(revisions.c.revision).where(
            revisions.c.record_id == record_id, revisions.c.state_hash == shown
        )
        return self._connection.execute(earlier.limit(1)).first() is not None

    def _revise(self, row: RowMapping, draft: Draft, found: Found) -> None:
        self._connection.execute(insert(revisions).values(**earlier_of(row), replaced_at=self._now))
        if draft.seen_by != "rest":  # it knows better; feeds give tags as categories
            draft = replace(draft, record=with_known_tags(draft.record, row["tags"]))
        new = content_of(draft) | {"state_hash": state_hash(draft), "revision": row["revision"] + 1} | self._seen(draft)
        new["change"] = change_of(row, draft)
        if draft.record.published_at_from == "first_seen":
            new |= {"published_at": row["published_at"], "published_at_from": row["published_at_from"]}
        if not self._owns_url(row, found.url_key, draft.record.url):
            new["url"] = row["url"]
        new["indexed_by"] = 0  # its words are to be indexed anew
        where = records.c.id == row["id"]
        self._connection.execute(update(records).where(where).values(**new, changed_at=self._now, file_due=True))
        for proof in self._evidence(row["id"], row["revision"] + 1, draft):
            self._connection.execute(insert(evidence).values(**proof))

    def _seen(self, draft: Draft) -> dict[str, Any]:
        body_from = draft.seen_by if draft.seen_by == "rest" else "feed"
        return {"seen_by": draft.seen_by or self._feed_url, "modified_at": draft.modified_at, "body_from": body_from}

    def _owns_url(self, row: RowMapping, url_key: str, url: str) -> bool:
        """Note the URL as one of the record's. False when it belongs to another record, or is the same in another spelling."""
        current = select(record_urls.c.url_key).where(
            record_urls.c.record_id == row["id"], record_urls.c.url == row["url"]
        )
        if self._connection.execute(current.limit(1)).scalar_one_or_none() == url_key:
            return False
        values = {"url_key": url_key, "record_id": row["id"], "url": url, "first_seen_at": self._now}
        self._connection.execute(self._insert(record_urls).values(values).on_conflict_do_nothing())
        owner = select(record_urls.c.record_id).where(record_urls.c.url_key == url_key)
        return bool(self._connection.execute(owner).scalar_one() == row["id"])

    def _learn_post_id(self, row: RowMapping, record: Record) -> None:
        if row["post_id"] is not None or record.post_id is None:
            return
        taken = select(records.c.id).where(records.c.source == record.source, records.c.post_id == record.post_id)
        if self._connection.execute(taken).first() is None and row["source"] == record.source:
            self._connection.execute(update(records).where(records.c.id == row["id"]).values(post_id=record.post_id))

    def _fill_in(self, row: RowMapping, draft: Draft) -> None:
        """What is known better now than from the first feed that showed it."""
        self._fill_ai_date(row, draft)
        names = ("category", "categories", "tags")
        new = {name: value for name, value in content_of(draft).items() if name in names}
        told_apart = draft.seen_by == "rest" and state_hash(draft) == row["state_hash"]
        if told_apart and any(new[name] != row[name] for name in names):  # feeds give tags as categories
            new |= {"file_due": True, "indexed_by": 0, "changed_at": self._now}
            self._connection.execute(update(records).where(records.c.id == row["id"]).values(new))
            self._prove_anew(row, draft)

    def _prove_anew(self, row: RowMapping, draft: Draft) -> None:
        """The same state with more to it: from the old evidence it could not be read again as it stands now."""
        proofs = self._evidence(row["id"], row["revision"], draft)
        if proofs:
            mine = and_(evidence.c.record_id == row["id"], evidence.c.revision == row["revision"])
            self._connection.execute(delete(evidence).where(mine))
            self._connection.execute(insert(evidence), proofs)

    def _fill_ai_date(self, row: RowMapping, draft: Draft) -> None:
        """A filled date of the AI notice replaces an empty one; that alone is no revision."""
        notice, old = draft.record.ai_notice, row["ai_notice"]
        if notice is None or notice.date_local is None or old is None or old["date"] is not None:
            return
        if state_hash(draft) == row["state_hash"]:
            new = {"body": draft.record.body, "ai_notice": {"date": notice.date_local}, "file_due": True}
            new |= {"indexed_by": 0, "changed_at": self._now}
            self._connection.execute(update(records).where(records.c.id == row["id"]).values(new))

    def _link(self, record_id: int, other_id: int, reason: str) -> None:
        values = {"record_id": record_id, "other_id": other_id, "reason": reason, "linked_at": self._now}
        self._connection.execute(self._insert(record_links).values(values).on_conflict_do_nothing())


def _shown_as(draft: Draft) -> dict[str, str]:
    return {"state_hash": state_hash(draft), "digest": draft.digest}


def _row(draft: Draft, url_key: str, now: datetime) -> dict[str, Any]:
    record = draft.record
    return content_of(draft) | {
        "key": record_key(url_key),
        "url_key": url_key,
        "source": record.source,
        "post_id": record.post_id,
        "day_local": day_of(record),
        "state_hash": state_hash(draft),
        "first_seen_at": now,
        "changed_at": now,
        "search_text": "",
    }
