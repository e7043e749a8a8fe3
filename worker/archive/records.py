"""Reading records: by address, in streams, with their revisions; the to-do list of record files; removal."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    tuple_,
    union_all,
    update,
)

from worker.archive.filing import file_drafts
from worker.archive.held import Held
from worker.archive.parts import in_parts
from worker.archive.schema import (
    evidence,
    quarantined_records,
    quarantines,
    record_links,
    record_urls,
    records,
    revisions,
    sightings,
    tombstones,
)
from worker.archive.states import record_of
from worker.archive.takeover import add_filed
from worker.archive.versions import admit
from worker.model import Change, Draft, FiledRecord, Filing, QuarantineState, Revision, Showing

_CHUNK = 500
_FEW = 4_000  # so many are read one by one sooner than all of them are looked through

# Whether an article in quarantine is one of its own is not known yet.
_WAITING = select(quarantined_records.c.record_id).join(quarantines).where(quarantines.c.state == QuarantineState.OPEN)
# As the partial index is written: SQLite does not know that `file_due = 1` means the same, and reads every record.
_FILE_DUE = and_(text("records.file_due"), records.c.id.not_in(_WAITING))


class Records:
    """The records of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def file(self, drafts: Sequence[Draft], *, feed_url: str, now: datetime, silent: bool = False) -> list[Filing]:
        """File what a feed showed; one answer a draft, in order. Safe to repeat: a second run changes nothing.

        silent: a first poll, which raises no alerts; another feed that shows such a record as news still may.
        """
        return file_drafts(self._connection, drafts, feed_url=feed_url, now=now, silent=silent)

    def add_filed(
        self,
        filed: FiledRecord,
        *,
        former: Sequence[tuple[str, str]],
        content_hash: str,
        history: Sequence[tuple[Revision, str]] = (),
        now: datetime,
    ) -> Filing:
        """Take over a record from an export with its key, revision, first_seen_at and feeds; known ones are left alone.

        former: its former URLs as (url, url_key), oldest first; history: all its states, each with its content_hash, the
        oldest first and the current one last, if they are known.
        """
        return add_filed(self._connection, filed, former=former, content_hash=content_hash, history=history, now=now)

    def hear(self, *, first_seen_at: datetime, source: str, until: datetime) -> None:
        """What was filed silently in this transaction and is dated before `until` is no news to any feed any more."""
        mine = (records.c.first_seen_at == first_seen_at, records.c.source == source, records.c.unheard)
        self._connection.execute(update(records).where(*mine, records.c.published_at <= until).values(unheard=False))

    # -- reading ----------------------------------------------------------------------------------------------------

    def get(self, ids: Sequence[int]) -> dict[int, FiledRecord]:
        """The records with these ids."""
        found: dict[int, FiledRecord] = {}
        for part in in_parts(ids):
            rows = self._connection.execute(select(records).where(records.c.id.in_(part))).mappings().all()
            found |= {filed.id: filed for filed in self._assemble(rows)}
        return found

    def find(self, url_key: str, key: str) -> FiledRecord | None:
        """The record that was ever shown under `url_key`, or whose key is `key`."""
        by_url = select(record_urls.c.record_id).where(record_urls.c.url_key == url_key).scalar_subquery()
        row = (
            self._connection.execute(select(records).where(or_(records.c.id == by_url, records.c.key == key)))
            .mappings()
            .first()
        )
        return self._assemble([row])[0] if row else None

    def knows(self, url_key: str, source: str, post_id: str | None) -> bool:
        """Whether an article is filed, under this address or this post id, or was removed on purpose."""
        by_url = select(record_urls.c.url_key).where(record_urls.c.url_key == url_key)
        by_post = select(records.c.url_key).where(records.c.source == source, records.c.post_id == post_id)
        gone = or_(
            tombstones.c.url_key == url_key, and_(tombstones.c.source == source, tombstones.c.post_id == post_id)
        )
        found = union_all(by_url, by_post, select(tombstones.c.url_key).where(gone))
        return self._connection.execute(found.limit(1)).first() is not None

    def latest(self, source: str, *, limit: int) -> list[tuple[str, str]]:
        """(URL, url_key) of a source's newest articles."""
        found = select(records.c.url, records.c.url_key).where(
            records.c.source == source, records.c.withdrawn_at.is_(None)
        )
        rows = self._connection.execute(found.order_by(records.c.published_at.desc()).limit(limit))
        return [(row.url, row.url_key) for row in rows]

    def count(self, *, since: datetime | None = None, until: datetime | None = None) -> int:
        """How many there are, published at or after `since` and before `until`."""
        wanted = _published(select(func.count()).select_from(records), since, until)
        return int(self._connection.execute(wanted).scalar_one())

    def count_withdrawn(self) -> int:
        """How many are gone from their sites."""
        gone = select(func.count()).select_from(records).where(records.c.withdrawn_at.is_not(None))
        return int(self._connection.execute(gone).scalar_one())

    def lags_s(self, *, since: datetime, limit: int = 1_000) -> list[float]:
        """Seconds from publishing to filing of the newest news that was published and seen since then.

        What was filed silently (a feed's first poll, a backfill) is older than our watching, and says nothing of it.
        """
        both = select(records.c.published_at, records.c.first_seen_at).where(
            records.c.first_seen_at >= since,
            records.c.published_at >= since,
            records.c.published_at_from == "feed",
            ~records.c.unheard,
        )
        rows = self._connection.execute(both.order_by(records.c.first_seen_at.desc()).limit(limit))
        return [max(0.0, (row.first_seen_at - row.published_at).total_seconds()) for row in rows]

    def first_published_at(self) -> datetime | None:
        """When the oldest article was published."""
        oldest: datetime | None = self._connection.execute(select(func.min(records.c.published_at))).scalar_one()
        return oldest

    def showings(self, record_id: int) -> list[Showing]:
        """Which feeds showed it, the first one first."""
        query = select(sightings).where(sightings.c.record_id == record_id)
        rows = self._connection.execute(query.order_by(sightings.c.first_seen_at, sightings.c.feed_url))
        return [Showing(feed_url=row.feed_url, first_seen_at=row.first_seen_at) for row in rows]

    def is_unheard(self, record_id: int) -> bool:
        """Whether only silent first polls showed it so far."""
        return bool(self._connection.execute(select(records.c.unheard).where(records.c.id == record_id)).scalar())

    def links(self, record_id: int) -> list[tuple[str, str]]:
        """(URL, reason) of records that one entry pointed at together with this one."""
        ways = (
            (record_links.c.record_id, record_links.c.other_id),
            (record_links.c.other_id, record_links.c.record_id),
        )
        found: list[tuple[str, str]] = []
        for here, there in ways:
            query = select(records.c.url, record_links.c.reason).join(records, records.c.id == there)
            found += [(url, reason) for url, reason in self._connection.execute(query.where(here == record_id))]
        return found

    def removed(self, url_keys: Sequence[str], key: str) -> tuple[datetime, str] | None:
        """When and why an article that was shown under one of these url_keys, or had this key, was removed."""
        named = or_(tombstones.c.url_key.in_(url_keys), tombstones.c.key == key)
        row = self._connection.execute(select(tombstones.c.removed_at, tombstones.c.reason).where(named)).first()
        return (row.removed_at, row.reason) if row else None

    def published(
        self, ids: Collection[int] | None = None, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[tuple[datetime, int]]:
        """(published_at, id) of records, in that order. ids: of these only."""
        wanted = _published(select(records.c.published_at, records.c.id), since, until)
        if ids is None or len(ids) > _FEW:
            return sorted((at, id_) for at, id_ in self._connection.execute(wanted) if ids is None or id_ in ids)
        parts = (records.c.id.in_(part) for part in in_parts(sorted(ids)))
        return sorted((at, id_) for part in parts for at, id_ in self._connection.execute(wanted.where(part)))

    def newest(self, limit: int, *, since: datetime | None = None, until: datetime | None = None) -> list[int]:
        """Ids of the records that were published last, the newest first."""
        wanted = _published(select(records.c.id), since, until)
        ordered = wanted.order_by(records.c.published_at.desc(), records.c.id.desc()).limit(limit)
        return list(self._connection.execute(ordered).scalars())

    def stream(
        self, *, since: datetime | None = None, until: datetime | None = None, newest_first: bool = False
    ) -> Iterator[FiledRecord]:
        """Records in the order of publication, then key, in chunks of bounded memory.

        since, until: published at or after, and before.
        """
        wanted = _published(select(records), since, until)
        last: tuple[datetime, str] | None = None
        while True:
            rows = self._connection.execute(_chunk(wanted, last, newest_first)).mappings().all()
            yield from self._assemble(rows)
            if len(rows) < _CHUNK:
                return
            last = (rows[-1]["published_at"], rows[-1]["key"])

    def _assemble(self, rows: Sequence[RowMapping]) -> list[FiledRecord]:
        ids = [row["id"] for row in rows]
        urls = self._listed(
            select(record_urls.c.record_id, record_urls.c.url).order_by(record_urls.c.first_seen_at), record_urls, ids
        )
        feeds = self._listed(
            select(sightings.c.record_id, sightings.c.feed_url).order_by(sightings.c.feed_url), sightings, ids
        )
        return [_filed(row, urls.get(row["id"], []), feeds.get(row["id"], [])) for row in rows]

    def _listed(self, query: Select[Any], table: Any, ids: Sequence[int]) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for record_id, value in self._connection.execute(query.where(table.c.record_id.in_(ids))):
            found.setdefault(record_id, []).append(value)
        return found

    def stats(self) -> dict[str, Any]:
        """Counts of records, revisions and tombstones, and the first and last publication."""
        one = self._connection.execute(
            select(func.count(), func.min(records.c.published_at), func.max(records.c.published_at)).select_from(
                records
            )
        ).one()
        edits = self._connection.execute(select(func.count()).select_from(revisions)).scalar_one()
        gone = self._connection.execute(select(func.count(func.distinct(tombstones.c.key)))).scalar_one()
        raw = self._connection.execute(select(func.coalesce(func.sum(func.length(evidence.c.body)), 0))).scalar_one()
        return {
            "records": one[0],
            "first": one[1],
            "last": one[2],
            "revisions": edits,
            "removed": gone,
            "evidence_bytes": int(raw),
        }

    def count_by(self, column: str) -> list[tuple[str, int]]:
        """Numbers of records by `category`, `source` or `agency`, the largest first."""
        by = records.c[column]
        query = select(func.coalesce(by, ""), func.count()).group_by(by).order_by(func.count().desc(), by)
        return [(name, number) for name, number in self._connection.execute(query)]

    def count_by_month(self) -> list[tuple[str, int]]:
        """Numbers of records by month of publication, `YYYY-MM` on the source's clock, the oldest first."""
        month = func.replace(func.substr(records.c.day_local, 1, 7), "/", "-").label("month")
        counted = select(month, func.count().label("number")).group_by(month).order_by(month)
        return [(row.month, row.number) for row in self._connection.execute(counted)]

    def earlier(self, record_id: int) -> list[tuple[int, datetime, datetime, dict[str, Any]]]:
        """Earlier states, oldest first: (revision, seen_at, replaced_at, state)."""
        query = select(revisions).where(revisions.c.record_id == record_id).order_by(revisions.c.revision)
        return [(row.revision, row.seen_at, row.replaced_at, row.state) for row in self._connection.execute(query)]

    def history(self, record_id: int) -> list[Revision]:
        """All states of a record, the oldest first; the last one is its current state."""
        return self.histories([record_id]).get(record_id, [])

    def histories(self, ids: Sequence[int]) -> dict[int, list[Revision]]:
        """The same of several records, by id."""
        found: dict[int, list[Revision]] = {}
        for part in in_parts(ids):
            rows = self._connection.execute(select(records).where(records.c.id.in_(part))).mappings().all()
            now = {row["id"]: row for row in rows}
            earlier = select(revisions).where(revisions.c.record_id.in_(part)).order_by(revisions.c.revision)
            for state in self._connection.execute(earlier).mappings():
                row = now[state["record_id"]]
                found.setdefault(row["id"], []).append(_revision(state, _as_row(row, state["state"])))
            for row in rows:
                found.setdefault(row["id"], []).append(_revision({**row, "seen_at": row["changed_at"]}, row))
        return found

    # -- record files -----------------------------------------------------------------------------------------------

    def count_files_due(self) -> int:
        due = select(func.count()).select_from(records).where(_FILE_DUE)
        gone = select(func.count(func.distinct(tombstones.c.key))).where(tombstones.c.file_day.is_not(None))
        return int(self._connection.execute(due).scalar_one()) + int(self._connection.execute(gone).scalar_one())

    def files_due(self, limit: int) -> list[FiledRecord]:
        """Records whose file is missing or older than the record."""
        admit(self._connection)
        due = select(records).where(_FILE_DUE).order_by(records.c.id).limit(limit)
        rows = self._connection.execute(due).mappings().all()
        return self._assemble(rows)

    def files_written(self, written: Sequence[FiledRecord]) -> None:
        """Tick off; a record that changed meanwhile stays on the list."""
        done = tuple_(records.c.id, records.c.changed_at).in_([(filed.id, filed.changed_at) for filed in written])
        self._connection.execute(update(records).where(done).values(file_due=False))

    def files_to_remove(self) -> list[tuple[str, str]]:
        """(day folder, key) of record files whose record was removed."""
        admit(self._connection)
        query = select(tombstones.c.file_day, tombstones.c.key).where(tombstones.c.file_day.is_not(None)).distinct()
        return [(row.file_day, row.key) for row in self._connection.execute(query)]

    def files_removed(self, keys: Sequence[str]) -> None:
        self._connection.execute(update(tombstones).where(tombstones.c.key.in_(keys)).values(file_day=None))

    # -- removal ----------------------------------------------------------------------------------------------------

    def remove(self, filed: FiledRecord, *, reason: str, now: datetime) -> None:
        """Delete text, evidence, revisions and alerts; leave tombstones so that the article does not come back."""
        keys = self._connection.execute(
            select(record_urls.c.url_key).where(record_urls.c.record_id == filed.id)
        ).scalars()
        common = {"key": filed.key, "source": filed.record.source, "post_id": filed.record.post_id}
        rows = [
            {**common, "url_key": key, "reason": reason, "removed_at": now, "file_day": filed.day_local} for key in keys
        ]
        self._connection.execute(insert(tombstones), rows)
        with self._wiped():
            Held(self._connection).forget(filed.id, now)
            doubles = update(quarantined_records).where(quarantined_records.c.twin_id == filed.id)
            self._connection.execute(doubles.values(twin_id=None))  # they still wait for the operator
            self._connection.execute(delete(records).where(records.c.id == filed.id))

    @contextmanager
    def _wiped(self) -> Iterator[None]:
        """What is deleted is overwritten in SQLite's file, too; its journal is, once it has been written over."""
        if self._connection.dialect.name != "sqlite":
            yield
            return
        before = self._connection.exec_driver_sql("PRAGMA secure_delete").scalar_one()
        self._connection.exec_driver_sql("PRAGMA secure_delete = ON")
        yield
        self._connection.exec_driver_sql(f"PRAGMA secure_delete = {int(before)}")


def _published(wanted: Select[Any], since: datetime | None, until: datetime | None) -> Select[Any]:
    wanted = wanted.where(records.c.published_at >= since) if since else wanted
    return wanted.where(records.c.published_at < until) if until else wanted


def _chunk(wanted: Select[Any], last: tuple[datetime, str] | None, newest_first: bool) -> Select[Any]:
    at, key = records.c.published_at, records.c.key
    if last is not None and newest_first:
        wanted = wanted.where(or_(at < last[0], and_(at == last[0], key < last[1])))
    elif last is not None:
        wanted = wanted.where(or_(at > last[0], and_(at == last[0], key > last[1])))
    ordered = wanted.order_by(at.desc(), key.desc()) if newest_first else wanted.order_by(at, key)
    return ordered.limit(_CHUNK)


def _as_row(row: RowMapping, state: Mapping[str, Any]) -> dict[str, Any]:
    """An earlier state with what never changes of its record."""
    return {**row, **state, "published_at": datetime.fromisoformat(state["published_at"])}


def _revision(state: RowMapping | Mapping[Any, Any], row: RowMapping | Mapping[Any, Any]) -> Revision:
    named = {name: state[name] for name in ("seen_at", "seen_by", "modified_at")}
    return Revision(number=state["revision"], record=record_of(row), change=Change(state["change"]), **named)


def _filed(row: RowMapping, urls: Sequence[str], feeds: Sequence[str]) -> FiledRecord:
    return FiledRecord(
        id=row["id"],
        key=row["key"],
        record=record_of(row),
        former_urls=tuple(url for url in urls if url != row["url"]),
        feeds=tuple(feeds),
        first_seen_at=row["first_seen_at"],
        revision=row["revision"],
        day_local=row["day_local"],
        changed_at=row["changed_at"],
        withdrawn_at=row["withdrawn_at"],
    )
