"""Who was told of a record: the alerts on it that somebody may have read, and those that are still on their way.

Deliveries that wait are locked until the commit: one that leaves afterwards shows the record as this transaction left it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from worker.archive.schema import alerts, deliveries
from worker.archive.subscriptions import Subscriptions
from worker.model import AlertKind, DeliveryState, Follower


def followers_of(connection: Connection, record_ids: Sequence[int]) -> list[Follower]:
    """See `Alerts.followers_of`. Alerts of which every delivery was cancelled told nobody anything."""
    first = (alerts.c.record_id.in_(record_ids), alerts.c.kind == AlertKind.NEW)
    rows = connection.execute(select(alerts).where(*first).order_by(alerts.c.record_id, alerts.c.id)).mappings().all()
    followers = Subscriptions(connection).following({row["subscription_id"] for row in rows}) if rows else {}
    rows = [row for row in rows if row["subscription_id"] in followers]
    if not rows:
        return []
    by_alert = _deliveries(connection, [row["id"] for row in rows])
    return [
        Follower(
            record_id=row["record_id"],
            subscription=followers[row["subscription_id"]],
            query=row["query"],
            has_left=any(left for _, left in by_alert[row["id"]]),
        )
        for row in rows
        if any(state != DeliveryState.CANCELLED or left for state, left in by_alert.get(row["id"], ()))
    ]


def _deliveries(connection: Connection, alert_ids: Collection[str]) -> Mapping[str, list[tuple[str, bool]]]:
    """For each alert its deliveries: state, and whether it may have been read, by itself or with what carried it."""
    own = _locked(connection, deliveries.c.alert_id.in_(alert_ids))
    carriers = _carriers(connection, own)
    found: dict[str, list[tuple[str, bool]]] = {}
    for row in own:
        found.setdefault(row["alert_id"], []).append((row["state"], _has_left(row, carriers)))
    return found


def _carriers(connection: Connection, carried: Sequence[RowMapping]) -> Mapping[str, RowMapping]:
    """What carries them, by id, and what carries that: a digest takes along an alert that tells of its copies."""
    found: dict[str, RowMapping] = {}
    while wanted := {row["carrier_id"] for row in carried if row["carrier_id"]} - found.keys():
        carried = _locked(connection, deliveries.c.id.in_(wanted))
        found |= {row["id"]: row for row in carried}
    return found


def _locked(connection: Connection, which: Any) -> Sequence[RowMapping]:
    names = ("id", "alert_id", "state", "attempts", "lease_token", "carrier_id")
    columns = [*(deliveries.c[name] for name in names), deliveries.c.payload.is_not(None).label("is_written")]
    query = select(*columns).where(which).order_by(deliveries.c.id).with_for_update()
    return connection.execute(query).mappings().all()


def _has_left(row: RowMapping, carriers: Mapping[str, RowMapping]) -> bool:
    """Tried, or being tried: whoever holds the lease has read the record already. What was replayed repeats its payload."""
    left, seen = False, set[str]()
    while not left and row["id"] not in seen:
        seen.add(row["id"])
        is_tried = row["attempts"] or row["is_written"] or row["lease_token"] is not None
        left = bool(is_tried) or row["state"] == DeliveryState.SENT
        row = carriers.get(row["carrier_id"], row)
    return left
