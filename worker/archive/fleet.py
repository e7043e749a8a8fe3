"""The processes at work, and when things last happened."""

from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from worker.archive.schema import moments, workers
from worker.archive.versions import admit
from worker.errors import SchemaMismatch
from worker.model import Colleague

_FIELDS = tuple(column.name for column in workers.columns)


class Fleet:
    """Who is at work, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert

    def admit(self) -> None:
        """For whoever takes work: the claims of this folder ask by themselves. Raises: SchemaMismatch."""
        admit(self._connection)

    def obstacle(self) -> str:
        """Why this feedwacht may take no work, in words; "" = it may."""
        try:
            admit(self._connection)
        except SchemaMismatch as error:
            return str(error)
        return ""

    def report(self, one: Colleague) -> None:
        """Write down what a process says of itself, in place of what it said before."""
        values = {name: getattr(one, name) for name in _FIELDS} | {"counters": dict(one.counters)}
        put = self._insert(workers).values(**values)
        said = {name: put.excluded[name] for name in _FIELDS if name != "name"}
        self._connection.execute(put.on_conflict_do_update(index_elements=["name"], set_=said))

    def leave(self, name: str) -> None:
        """Forget a process that has ended."""
        self._connection.execute(delete(workers).where(workers.c.name == name))

    def forget(self, before: datetime) -> None:
        """Forget the processes that were not seen since."""
        self._connection.execute(delete(workers).where(workers.c.seen_at < before))

    def all(self) -> list[Colleague]:
        """Every process that reported and did not say goodbye, by name; seen_at tells whether it still lives."""
        rows = self._connection.execute(select(workers).order_by(workers.c.name)).mappings()
        return [Colleague(**{name: row[name] for name in _FIELDS}) for row in rows]

    # -- moments ------------------------------------------------------------------------------------------------------

    def note(self, name: str, at: datetime) -> None:
        """Something happened: the latest word counts, also of a clock that was set back."""
        put = self._insert(moments).values(name=name, at=at)
        self._connection.execute(put.on_conflict_do_update(index_elements=["name"], set_={"at": put.excluded.at}))

    def moment(self, name: str) -> datetime | None:
        """When it last happened; None = never."""
        at: datetime | None = self._connection.execute(
            select(moments.c.at).where(moments.c.name == name)
        ).scalar_one_or_none()
        return at

    def take_turn(self, name: str, now: datetime, before: datetime) -> bool:
        """Note that it happens now, if it last happened before `before` (or after now: the clock was set back).

        Returns: False if another process was first.
        """
        put = self._insert(moments).values(name=name, at=now)
        old = (moments.c.at <= before) | (moments.c.at > now)
        put = put.on_conflict_do_update(index_elements=["name"], set_={"at": put.excluded.at}, where=old)
        return self._connection.execute(put.returning(moments.c.name)).first() is not None
