"""Visits: articles whose own page is to be looked at."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from worker.archive.schema import hosts, records, visits
from worker.target import host_of


class Visits:
    """The visits of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert

    def want(self, record_ids: Collection[int], *, reason: str, due_at: datetime, news: bool = False) -> None:
        """Have these articles' pages looked at by then. reason: "text", "check" or "gone".

        A visit that is due for a text keeps its reason; one that is due earlier stays due then.
        """
        found = select(records.c.id, records.c.url).where(records.c.id.in_(record_ids)).order_by(records.c.id)
        for row in self._connection.execute(found).all():
            host = host_of(row.url)
            self._connection.execute(self._insert(hosts).values(name=host).on_conflict_do_nothing())
            known = self._connection.execute(select(visits).where(visits.c.record_id == row.id)).mappings().first()
            if known is None:
                values = {"record_id": row.id, "host": host, "due_at": due_at, "reason": reason, "news": news}
                self._connection.execute(self._insert(visits).values(**values))
            elif known["reason"] != "text":
                sooner = {"reason": reason, "due_at": min(known["due_at"], due_at)}
                self._connection.execute(update(visits).where(visits.c.record_id == row.id).values(**sooner))
