"""Visits: articles whose own page is to be looked at, and when. Due like feeds, and done under the same lease of a host."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from worker.archive.due import is_free
from worker.archive.records import Records
from worker.archive.schema import hosts, records, visits
from worker.model import FiledRecord, FirstVisit, Validators, Visit
from worker.target import host_of

_SAVED = (
    *("due_at", "reason", "attempts", "checks", "news", "page_hash", "revision", "missing_since", "detail", "host"),
)
_URGENCY = {"text": 2, "gone": 1, "check": 0}


_FIRST = ("record_id", "host", "due_at", "reason", "news")
_EXPECT = insert(visits)  # built once: to build a statement takes longer than to run it
_ADD_HOST = {
    dialect.dialect.name: dialect.insert(hosts).values(name=bindparam("name")).on_conflict_do_nothing()
    for dialect in (sqlite, postgresql)
}


class Visits:
    """The visits of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        self._add_host = _ADD_HOST[connection.dialect.name]

    # -- wanted -------------------------------------------------------------------------------------------------------

    def want(self, record_ids: Collection[int], *, reason: str, due_at: datetime, news: bool = False) -> None:
        """Have these articles looked at by then. reason: "text", "check" or "gone"; see `model.Visit`.

        One visit a record: the more urgent reason and the earlier time count. What has no web address is left out.
        """
        self.want_each(dict.fromkeys(record_ids, due_at), reason=reason, news=news)

    def want_each(self, due: Mapping[int, datetime], *, reason: str, news: bool = False) -> None:
        """The same, each article at its own time: in as many statements as for one."""
        if not due:
            return
        found = select(records.c.id, records.c.url).where(records.c.id.in_(due)).order_by(records.c.id)
        wanted = {row.id: host for row in self._connection.execute(found) if (host := host_of(row.url))}
        if not wanted:
            return
        names = [{"name": name} for name in sorted(set(wanted.values()))]
        self._connection.execute(self._insert(hosts).on_conflict_do_nothing(), names)
        there = select(visits).where(visits.c.record_id.in_(wanted))
        known = {row["record_id"]: row for row in self._connection.execute(there).mappings()}
        plain = {"reason": reason, "news": news}
        new = [
            {"record_id": id_, "host": host, "due_at": due[id_], **plain}
            for id_, host in wanted.items()
            if id_ not in known
        ]
        if new:
            self._connection.execute(self._insert(visits).on_conflict_do_nothing(), new)
        for id_, row in known.items():
            self._hasten(id_, row, {"due_at": due[id_], **plain})

    def expect(self, looks: Sequence[FirstVisit], *, known_host: str) -> None:
        """Have records looked at that this transaction filed. known_host: one that has its row already."""
        for name in sorted({look.host for look in looks} - {known_host}):
            self._connection.execute(self._add_host, {"name": name})
        rows = [{name: getattr(look, name) for name in _FIRST} for look in looks]
        if rows:
            self._connection.execute(_EXPECT, rows[0] if len(rows) == 1 else rows)

    def _hasten(self, record_id: int, row: RowMapping, wanted: dict[str, Any]) -> None:
        new = {
            "due_at": min(row["due_at"], wanted["due_at"]),
            "reason": max(row["reason"], wanted["reason"], key=_URGENCY.__getitem__),
            "news": row["news"] or wanted["news"],
        }
        self._connection.execute(update(visits).where(visits.c.record_id == record_id).values(new))

    def save(self, visit: Visit) -> None:
        """Write what a visit came to, and when the next one is. One that is not wanted any more stays away."""
        values = {name: getattr(visit, name) for name in _SAVED}
        given = {"etag": visit.validators.etag, "last_modified": visit.validators.last_modified}
        self._connection.execute(self._insert(hosts).values(name=visit.host).on_conflict_do_nothing())
        self._connection.execute(update(visits).where(visits.c.record_id == visit.filed.id).values(**values, **given))

    def drop(self, record_id: int) -> None:
        """No more visits to this article."""
        self._connection.execute(delete(visits).where(visits.c.record_id == record_id))

    # -- due ----------------------------------------------------------------------------------------------------------

    def due(self, host: str, until: datetime, *, limit: int) -> list[Visit]:
        """The visits at this host that are due at `until`: texts for alerts first, then whatever waits longest."""
        which = and_(visits.c.host == host, visits.c.due_at <= until)
        return self._read(select(visits).where(which).order_by(visits.c.news.desc(), visits.c.due_at).limit(limit))

    def waiting(self, before: datetime, *, limit: int = 100) -> list[Visit]:
        """Those whose alerts wait for a first attempt since before this time: their host does not answer, or is busy."""
        return self._read(select(visits).where(_is_waiting(before)).order_by(visits.c.due_at).limit(limit))

    def is_waiting(self, before: datetime) -> bool:
        """Whether there are any of those: also where a host asked to be left alone, so that it is not due."""
        return (
            self._connection.execute(select(visits.c.record_id).where(_is_waiting(before)).limit(1)).first() is not None
        )

    def get(self, record_id: int) -> Visit | None:
        """The visit that stands out for this record."""
        found = self._read(select(visits).where(visits.c.record_id == record_id))
        return found[0] if found else None

    def count_due_hosts(self, now: datetime) -> int:
        """At how many hosts that are free articles are due for a visit."""
        joined = visits.join(hosts, visits.c.host == hosts.c.name)
        counted = select(func.count(visits.c.host.distinct())).select_from(joined)
        return int(self._connection.execute(counted.where(visits.c.due_at <= now, is_free(now))).scalar_one())

    def _read(self, wanted: Any) -> list[Visit]:
        rows = self._connection.execute(wanted).mappings().all()
        ids = [row["record_id"] for row in rows]
        filed = Records(self._connection).get(ids)
        more = select(records.c.id, records.c.body_from, records.c.modified_at).where(records.c.id.in_(ids))
        states = {row.id: row for row in self._connection.execute(more)} if ids else {}
        return [_visit(row, filed[row["record_id"]], states[row["record_id"]]) for row in rows]


def _is_waiting(before: datetime) -> ColumnElement[bool]:
    is_news = text("visits.news")  # as the partial index is written
    return and_(is_news, visits.c.attempts == 0, visits.c.due_at < before)


def _visit(row: RowMapping, filed: FiledRecord, state: Any) -> Visit:
    validators = Validators(url=filed.record.url, etag=row["etag"], last_modified=row["last_modified"])
    return Visit(
        filed=filed,
        **{name: row[name] for name in _SAVED},
        validators=validators if row["etag"] or row["last_modified"] else Validators(),
        body_from=state.body_from,
        modified_at=state.modified_at,
    )
