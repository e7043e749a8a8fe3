"""Windows, cursors and readings as JSON in a row, and back. What an earlier feedwacht wrote can still be read."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from worker.model import Cursor, Means, Reading, Shown

_PLAIN = ("page", "day", "url", "reached", "total", "count", "again", "met", "idle")
_TIMES = ("from_at", "to_at", "read_at")


def pack_shown(shown: Sequence[Shown]) -> list[list[Any]]:
    return [[one.digest, one.key, _seconds(one.published_at), one.link] for one in shown]


def unpack_shown(rows: Sequence[Sequence[Any]]) -> tuple[Shown, ...]:
    return tuple([Shown(digest=digest, key=key, published_at=_at(at), link=link) for digest, key, at, link in rows])


def pack_cursor(cursor: Cursor) -> dict[str, Any]:
    plain = {name: getattr(cursor, name) for name in _PLAIN}
    times = {name: _seconds(getattr(cursor, name)) for name in _TIMES}
    return {"means": cursor.means.value, **plain, **times, "last": list(cursor.last)}


def unpack_cursor(packed: dict[str, Any]) -> Cursor:
    given: dict[str, Any] = {name: packed[name] for name in _PLAIN} | {name: _at(packed[name]) for name in _TIMES}
    return Cursor(means=Means(packed["means"]), last=tuple(packed["last"]), **given)


def pack_reading(reading: Reading | None) -> dict[str, Any] | None:
    if reading is None:
        return None
    return {
        "cursor": pack_cursor(reading.cursor),
        "first": reading.first,
        "left": [means.value for means in reading.left],
        "faults": list(reading.faults),
        "failures": reading.failures,
        "since": _seconds(reading.since),
        "as_of": _seconds(reading.as_of),
        "seen": pack_shown(reading.seen),
        "pages": reading.pages,
        "found": reading.found,
    }


def unpack_reading(packed: dict[str, Any] | None) -> Reading | None:
    """None of none."""
    if not packed:
        return None
    since, seen, failures = _at(packed["since"]), unpack_shown(packed["seen"]), packed["failures"]
    if "cursor" not in packed:  # written before there was any means but pages
        page = packed["page"]
        cursor = Cursor(means=Means.PAGED, from_at=since, page=page, reached=page - 1)
        left = (Means.DATE, Means.REST)
        return Reading(cursor=cursor, left=left, failures=failures, since=since, seen=seen, pages=page - 2)
    return Reading(
        cursor=unpack_cursor(packed["cursor"]),
        first=packed["first"],
        left=tuple(Means(means) for means in packed["left"]),
        faults=tuple(packed["faults"]),
        failures=failures,
        since=since,
        as_of=_at(packed["as_of"]),
        seen=seen,
        pages=packed["pages"],
        found=packed["found"],
    )


def _seconds(at: datetime | None) -> float | None:
    return at.timestamp() if at else None


def _at(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None
