"""How the channels are doing: one row each, from its first failure on. What follows from it is not known here."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from worker.archive.schema import channels, deliveries
from worker.model import ChannelState, DeliveryState


class Channels:
    """The channels of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert

    def find(self, name: str) -> ChannelState | None:
        """None: it never failed."""
        row = self._connection.execute(select(channels).where(channels.c.name == name)).mappings().one_or_none()
        return ChannelState(**row) if row else None

    def all(self) -> list[ChannelState]:
        """Those that ever failed, by name."""
        rows = self._connection.execute(select(channels).order_by(channels.c.name)).mappings()
        return [ChannelState(**row) for row in rows]

    def save(self, state: ChannelState) -> None:
        row = asdict(state)
        statement = self._insert(channels).values(row)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=row))

    def forget(self, name: str) -> None:
        """All is well with it, as far as anybody knows."""
        self._connection.execute(delete(channels).where(channels.c.name == name))

    def waiting(self) -> Mapping[str, tuple[int, datetime]]:
        """By channel: how many deliveries wait for their next try, and the earliest time of one."""
        query = select(deliveries.c.channel, func.count(), func.min(deliveries.c.retry_at)).where(
            deliveries.c.state == DeliveryState.PENDING, deliveries.c.carrier_id.is_(None)
        )
        rows = self._connection.execute(query.group_by(deliveries.c.channel))
        return {name: (count, at) for name, count, at in rows}
