"""Records read again from their evidence by other rules: which are next, what becomes of them, and how far a run came."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from worker.archive.records import Records
from worker.archive.schema import evidence, record_urls, records, revisions, sightings, versions
from worker.archive.states import content_of, earlier_of, state_hash
from worker.model import Change, Draft, Evidence, FiledRecord, Kept

_MARK = "reread "  # in `versions`, with what the run's rules are


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """owners: record ids by url_key; current: the url_key of each record's present address, by id."""

    owners: Mapping[str, int]
    current: Mapping[int, str]


class Rereading:
    """What renormalising reads and writes, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert

    # -- reading ----------------------------------------------------------------------------------------------------

    def next(self, after: int, limit: int, *, since: datetime | None = None) -> list[Kept]:
        """The next few records, by id, with the evidence of their current state. since: published then or later."""
        current = and_(evidence.c.record_id == records.c.id, evidence.c.revision == records.c.revision)
        kept = [evidence.c[name] for name in ("kind", "body", "content_type", "base_url", "feed_url", "received_at")]
        query = select(records.c.id, records.c.body_from, *(column.label(f"kept_{column.name}") for column in kept))
        query = query.join(evidence, current, isouter=True).where(records.c.id > after)
        query = query.where(records.c.published_at >= since) if since else query
        rows = self._connection.execute(query.order_by(records.c.id).limit(limit)).mappings().all()
        filed = Records(self._connection).get([row["id"] for row in rows])
        return [
            Kept(
                filed=filed[row["id"]],
                body_from=row["body_from"],
                evidence=_evidence(row),
                feed_url=row["kept_feed_url"] or "",
                received_at=row["kept_received_at"],
            )
            for row in rows
            if row["id"] in filed
        ]

    def addresses(self, filed: Sequence[FiledRecord], url_keys: Sequence[str]) -> Addresses:
        """Who owns these url_keys, and under which url_key each record's address is known."""
        ids = {one.id: one.record.url for one in filed}
        named = or_(record_urls.c.url_key.in_(url_keys), record_urls.c.record_id.in_(ids))
        rows = self._connection.execute(select(record_urls).where(named)).all()
        return Addresses(
            owners={row.url_key: row.record_id for row in rows},
            current={row.record_id: row.url_key for row in rows if ids.get(row.record_id) == row.url},
        )

    # -- writing ----------------------------------------------------------------------------------------------------

    def revise(self, kept: Kept, draft: Draft, now: datetime) -> bool:
        """Give the record the state that the draft has, as a revision of kind `rules`; nobody is alerted.

        The evidence goes with the state, and feeds that showed the old one count as showing the new one, so that the
        next poll sees no edit in it. Returns: False when the record changed meanwhile, and was left alone.
        """
        filed = kept.filed
        mine = and_(records.c.id == filed.id, records.c.revision == filed.revision)
        row = self._connection.execute(select(records).where(mine).with_for_update()).mappings().first()
        if row is None or row["changed_at"] != filed.changed_at:
            return False
        new = content_of(draft) | self._own_url(row, draft)
        how = {"seen_by": Change.RULES.value, "change": Change.RULES, "revision": row["revision"] + 1}
        due = {"changed_at": now, "file_due": True, "indexed_by": 0}
        self._connection.execute(insert(revisions).values(**earlier_of(row), replaced_at=now))
        self._connection.execute(update(records).where(records.c.id == filed.id).values(**new, **how, **due))
        self._follow(row, draft)
        return True

    def follow(self, kept: Kept, draft: Draft) -> None:
        """The state stays, and is told by another hash: no revision."""
        mine = and_(records.c.id == kept.filed.id, records.c.changed_at == kept.filed.changed_at)
        row = self._connection.execute(select(records).where(mine)).mappings().first()
        if row is not None and row["state_hash"] != state_hash(draft):
            self._follow(row, draft, moved=False)

    def _follow(self, row: RowMapping, draft: Draft, *, moved: bool = True) -> None:
        new, mine = {"state_hash": state_hash(draft)}, records.c.id == row["id"]
        self._connection.execute(update(records).where(mine).values(new))
        shown = and_(sightings.c.record_id == row["id"], sightings.c.state_hash == row["state_hash"])
        self._connection.execute(update(sightings).where(shown).values(new))
        if moved:
            proofs, number = evidence.c.record_id == row["id"], row["revision"]
            self._connection.execute(delete(evidence).where(proofs, evidence.c.revision > number))  # of no state at all
            moved_on = update(evidence).where(proofs, evidence.c.revision == number).values(revision=number + 1)
            self._connection.execute(moved_on)

    def _own_url(self, row: RowMapping, draft: Draft) -> dict[str, Any]:
        """The draft's address if it is no other record's, else the one that stands there."""
        record = draft.record
        if record.url == row["url"]:
            return {}
        values = {"url_key": record.url_key, "record_id": row["id"], "url": record.url}
        add = self._insert(record_urls).values(**values, first_seen_at=row["changed_at"])
        self._connection.execute(add.on_conflict_do_nothing())
        owner = select(record_urls.c.record_id).where(record_urls.c.url_key == record.url_key)
        return {} if self._connection.execute(owner).scalar_one() == row["id"] else {"url": row["url"]}

    # -- how far a run came -----------------------------------------------------------------------------------------

    def reached(self, run: str) -> int:
        """Up to which id a run of these rules came before it was cut short; 0 = it begins."""
        row = self._connection.execute(select(versions.c.value).where(versions.c.name == _MARK + run))
        return int(row.scalar_one_or_none() or 0)

    def reach(self, run: str, record_id: int) -> None:
        put = self._insert(versions).values(name=_MARK + run, value=record_id)
        self._connection.execute(put.on_conflict_do_update(index_elements=["name"], set_={"value": put.excluded.value}))

    def finish(self) -> None:
        """The run came to its end; what others left unfinished by other rules is void, too."""
        self._connection.execute(delete(versions).where(versions.c.name.startswith(_MARK)))


def _evidence(row: RowMapping) -> Evidence | None:
    """None, too, if it is damaged: `archive verify` names it."""
    if row["kept_body"] is None:
        return None
    try:
        body = zlib.decompress(row["kept_body"])
    except zlib.error:
        return None
    kind, content_type, base_url = (row[f"kept_{name}"] for name in ("kind", "content_type", "base_url"))
    return Evidence(kind=kind, body=body, content_type=content_type, base_url=base_url)
