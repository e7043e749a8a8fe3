"""Backfills as rows: what was asked for, and where each stands."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from worker.archive.packing import pack_reading, unpack_reading
from worker.archive.schema import backfills
from worker.chapters import Backfill, MapPlace, Missing, Via

_PLAIN = (
    *("feed_id", "from_at", "to_at", "state", "pages", "found", "filed", "total", "detail", "started_at"),
    "finished_at",
)


class Backfills:
    """The backfills of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, backfill: Backfill) -> int:
        """File a new one. Returns its id."""
        row = insert(backfills).values(**_row(backfill), changed_at=backfill.started_at).returning(backfills.c.id)
        return int(self._connection.execute(row).scalar_one())

    def save(self, backfill: Backfill, now: datetime) -> None:
        """Write where it stands, in the transaction that files what was read."""
        mine = backfills.c.id == backfill.id
        self._connection.execute(update(backfills).where(mine).values(**_row(backfill), changed_at=now))

    def all(self) -> list[Backfill]:
        """Every backfill, the newest first."""
        rows = self._connection.execute(select(backfills).order_by(backfills.c.id.desc())).mappings()
        return [_backfill(row) for row in rows]

    def unfinished(self) -> list[Backfill]:
        """Those that can go on, the newest first."""
        return [one for one in self.all() if one.state == "running"]


def _row(backfill: Backfill) -> dict[str, Any]:
    place = backfill.place
    cursor = {
        "asked": backfill.asked and backfill.asked.value,
        "open": backfill.open_ended,
        "until": backfill.until_at.timestamp(),
        "left": [via.value for via in backfill.left],
        "faults": list(backfill.faults),
        "settled": backfill.settled,
        "checked": backfill.checked,
        "reading": pack_reading(backfill.reading),
        "place": asdict(place) if place else None,
    }
    missing = [[one.url, one.why] for one in backfill.missing] or None
    plain = {name: getattr(backfill, name) for name in _PLAIN}
    return {**plain, "means": backfill.via.value, "cursor": cursor, "missing": missing}


def _backfill(row: RowMapping) -> Backfill:
    cursor: Mapping[str, Any] = row["cursor"]
    return Backfill(
        id=row["id"],
        **{name: row[name] for name in _PLAIN},
        via=Via(row["means"]),
        asked=Via(cursor["asked"]) if cursor["asked"] else None,
        open_ended=cursor["open"],
        until_at=datetime.fromtimestamp(cursor["until"], UTC),
        left=tuple(Via(via) for via in cursor["left"]),
        faults=tuple(cursor["faults"]),
        settled=cursor["settled"],
        checked=cursor["checked"],
        reading=unpack_reading(cursor["reading"]),
        place=_place(cursor["place"]),
        missing=tuple(Missing(url=url, why=why) for url, why in row["missing"] or ()),
    )


def _place(packed: Mapping[str, Any] | None) -> MapPlace | None:
    if packed is None:
        return None
    lists = {name: tuple(packed[name]) for name in ("waiting", "pages")}
    return MapPlace(**{**packed, **lists})
