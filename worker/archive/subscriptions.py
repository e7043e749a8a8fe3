"""Subscriptions: who wants to be told of what. Each change moves a version counter that workers look at."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from worker.archive.schema import alerts, deliveries, subscriptions, versions
from worker.errors import Conflict
from worker.model import DeliveryState, Subscription


class Subscriptions:
    """The subscriptions of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def version(self) -> int:
        """Moves at each change; equal numbers mean equal subscriptions."""
        row = self._connection.execute(select(versions.c.value).where(versions.c.name == "subscriptions"))
        return row.scalar_one_or_none() or 0

    def all(self) -> list[Subscription]:
        """All that were not removed, paused ones too, by name."""
        query = select(subscriptions).where(subscriptions.c.removed_at.is_(None)).order_by(subscriptions.c.name)
        return [_subscription(row) for row in self._connection.execute(query).mappings()]

    def active(self) -> list[tuple[Subscription, str]]:
        """Those that alert, each with its query's canonical form."""
        query = select(subscriptions).where(subscriptions.c.removed_at.is_(None), subscriptions.c.paused.is_(False))
        rows = self._connection.execute(query.order_by(subscriptions.c.id)).mappings()
        return [(_subscription(row), row["canonical"]) for row in rows]

    def find(self, name: str) -> Subscription | None:
        query = select(subscriptions).where(subscriptions.c.removed_at.is_(None), subscriptions.c.name == name)
        row = self._connection.execute(query).mappings().one_or_none()
        return _subscription(row) if row else None

    def add(self, *, name: str, query: str, canonical: str, channels: Sequence[str], origin: str, now: datetime) -> int:
        """Returns its id. Raises: Conflict when the name is taken."""
        values = {"name": name, "query": query, "canonical": canonical, "channels": list(channels), "origin": origin}
        try:
            with self._connection.begin_nested():
                statement = insert(subscriptions).values(**values, created_at=now).returning(subscriptions.c.id)
                found = int(self._connection.execute(statement).scalar_one())
        except IntegrityError as error:
            raise Conflict(
                f"a subscription named {name} exists already: choose another name, or edit that one"
            ) from error
        self._moved()
        return found

    def change(self, subscription_id: int, **values: Any) -> None:
        """Change query (with canonical), channels, paused or origin."""
        self._connection.execute(update(subscriptions).where(subscriptions.c.id == subscription_id).values(**values))
        self._moved()

    def renew(self, subscription_id: int, canonical: str) -> None:
        """Store the canonical form that another version of the analyser made; the query is the same."""
        statement = update(subscriptions).where(subscriptions.c.id == subscription_id)
        self._connection.execute(statement.values(canonical=canonical))

    def remove(self, subscription_id: int, now: datetime) -> int:
        """Remove it and cancel what it still waits for; its alerts stay as history. Returns: deliveries cancelled."""
        self.change(subscription_id, removed_at=now)
        waiting = select(alerts.c.id).where(alerts.c.subscription_id == subscription_id)
        open_states = (DeliveryState.PENDING, DeliveryState.HELD)
        cancelled = self._connection.execute(
            update(deliveries)
            .where(deliveries.c.alert_id.in_(waiting), deliveries.c.state.in_(open_states))
            .values(state=DeliveryState.CANCELLED, detail="the subscription was removed", settled_at=now)
        )
        return cancelled.rowcount

    def _moved(self) -> None:
        moved = update(versions).where(versions.c.name == "subscriptions").values(value=versions.c.value + 1)
        if self._connection.execute(moved).rowcount == 0:
            self._connection.execute(insert(versions).values(name="subscriptions", value=1))


def _subscription(row: RowMapping) -> Subscription:
    return Subscription(
        id=row["id"],
        name=row["name"],
        query=row["query"],
        channels=tuple(row["channels"]),
        paused=row["paused"],
        origin=row["origin"],
        created_at=row["created_at"],
    )
