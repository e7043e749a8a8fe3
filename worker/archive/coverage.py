"""What of a feed is proved complete: its gaps, and what was read on purpose. `worker/coverage.py` says what follows."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, select, update

from worker.archive.schema import gaps, record_urls, records, sightings, stretches
from worker.coverage import Gap, Stretch, closes
from worker.identity import record_key


class Coverage:
    """The coverage of one transaction. Call `feeds.hold` before what writes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- gaps -------------------------------------------------------------------------------------------------------

    def open(
        self,
        feed_id: int,
        *,
        from_at: datetime,
        to_at: datetime,
        reason: str,
        now: datetime,
        pages: int = 0,
        found: int = 0,
    ) -> None:
        """Note a gap; one that is open since the same time becomes longer instead."""
        said = {"reason": reason, "pages": pages, "found": found}
        mine = (gaps.c.feed_id == feed_id, gaps.c.from_at == from_at, gaps.c.closed_at.is_(None))
        known = self._connection.execute(select(gaps.c.id, gaps.c.to_at).where(*mine)).first()
        if known is None:
            row = {"feed_id": feed_id, "from_at": from_at, "to_at": to_at, "noticed_at": now}
            self._connection.execute(insert(gaps).values(**row, **said))
            return
        longer = {"to_at": max(known.to_at, to_at), **said}
        self._connection.execute(update(gaps).where(gaps.c.id == known.id).values(**longer))

    def close(
        self, feed_id: int, from_at: datetime, *, closed_by: str, now: datetime, pages: int = 0, found: int = 0
    ) -> None:
        """Known ground was reached from the gap that begins then. None there = nothing happens."""
        mine = (gaps.c.feed_id == feed_id, gaps.c.from_at == from_at, gaps.c.closed_at.is_(None))
        closed = {"closed_at": now, "closed_by": closed_by, "pages": pages, "found": found}
        self._connection.execute(update(gaps).where(*mine).values(**closed))

    def gaps(self, feed_id: int) -> list[Gap]:
        """All gaps of a feed, closed ones too, oldest first."""
        found = select(gaps).where(gaps.c.feed_id == feed_id).order_by(gaps.c.from_at, gaps.c.id)
        return [_gap(row) for row in self._connection.execute(found).mappings()]

    def open_gaps(self) -> list[tuple[int, Gap]]:
        """The open gaps of all feeds, each with its feed's id, oldest first."""
        found = select(gaps).where(gaps.c.closed_at.is_(None)).order_by(gaps.c.from_at, gaps.c.id)
        return [(row["feed_id"], _gap(row)) for row in self._connection.execute(found).mappings()]

    # -- stretches --------------------------------------------------------------------------------------------------

    def prove(self, feed_id: int, stretch: Stretch) -> int:
        """Note that a stretch was read as a whole, and close the gaps within it. Returns how many gaps that closed."""
        values = {name: getattr(stretch, name) for name in _STRETCH}
        missing = list(stretch.missing) or None
        self._connection.execute(insert(stretches).values(feed_id=feed_id, missing=missing, **values))
        still_open = select(gaps).where(gaps.c.feed_id == feed_id, gaps.c.closed_at.is_(None))
        rows = self._connection.execute(still_open).mappings().all()
        closed = [row["id"] for row in rows if closes(stretch, _gap(row))]
        if closed:
            values = {"closed_at": stretch.read_at, "closed_by": stretch.means}
            self._connection.execute(update(gaps).where(gaps.c.id.in_(closed)).values(**values))
        return len(closed)

    def stretches(self, feed_id: int) -> list[Stretch]:
        """What was read on purpose, oldest first."""
        found = select(stretches).where(stretches.c.feed_id == feed_id).order_by(stretches.c.from_at, stretches.c.id)
        return [_stretch(row) for row in self._connection.execute(found).mappings()]

    # -- who is missing ---------------------------------------------------------------------------------------------

    def shown_between(
        self, feed_urls: Collection[str], from_at: datetime, to_at: datetime, *, seen_before: datetime
    ) -> dict[int, frozenset[str]]:
        """Records that one of these feeds showed before then, and that say that they were published in between.

        Those that are known to be withdrawn are left out. Returns: their ids, with the links (see `model.Shown`) they had.
        """
        found = (
            select(records.c.id, record_urls.c.url_key)
            .join(record_urls, record_urls.c.record_id == records.c.id)
            .join(sightings, sightings.c.record_id == records.c.id)
            .where(sightings.c.feed_url.in_(feed_urls), sightings.c.first_seen_at < seen_before)
            .where(records.c.published_at.between(from_at, to_at), records.c.published_at_from == "feed")
            .where(records.c.withdrawn_at.is_(None))
        )
        links: dict[int, set[str]] = {}
        for row in self._connection.execute(found):
            links.setdefault(row.id, set()).add(record_key(row.url_key))
        return {record_id: frozenset(known) for record_id, known in links.items()}

    def under_links(self, links: Collection[str]) -> list[int]:
        """Records that were first shown under these links."""
        found = select(records.c.id).where(records.c.key.in_(links), records.c.withdrawn_at.is_(None))
        return list(self._connection.execute(found.order_by(records.c.id)).scalars())


_STRETCH = ("from_at", "to_at", "means", "read_at", "pages", "found", "total")


def _gap(row: RowMapping) -> Gap:
    names = ("from_at", "to_at", "reason", "noticed_at", "closed_at", "closed_by", "pages", "found")
    return Gap(**{name: row[name] for name in names})


def _stretch(row: RowMapping) -> Stretch:
    return Stretch(**{name: row[name] for name in _STRETCH}, missing=tuple(row["missing"] or ()))
