"""Alerts as they are told: with their record, or the alerts that a digest takes along, and what they follow up."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, RowMapping, and_, func, or_, select

from worker.archive.ids import stable_id
from worker.archive.parts import in_parts
from worker.archive.records import Records
from worker.archive.schema import alerts, deliveries, subscriptions
from worker.model import Alert, AlertKind, Digest, EditChange, FiledRecord, Heartbeat, Span

_TOGETHER = (AlertKind.DIGEST, AlertKind.SUMMARY)


def load(connection: Connection, alert_of: Mapping[str, str]) -> dict[str, Alert | Digest | Heartbeat]:
    """What deliveries tell, by their ids. alert_of: the alert's id by the delivery's."""
    carried = _carried(connection, list(alert_of))
    copies = _carried(connection, [one for found in carried.values() for one, _ in found])
    ids = {*alert_of.values(), *(alert for found in (carried | copies).values() for _, alert in found)}
    rows = {row["id"]: row for row in _rows(connection, ids)}
    records = Records(connection).get([row["record_id"] for row in rows.values() if row["record_id"] is not None])

    def one(alert: str, also: Sequence[tuple[str, str]]) -> Alert:
        copied = (records[rows[copy]["record_id"]] for _, copy in also)
        return replace(_alert(rows[alert], records), also=tuple(copied))

    def told(delivery: str, alert: str) -> Alert | Digest | Heartbeat:
        row, members = rows[alert], carried.get(delivery, [])
        if row["kind"] == AlertKind.HEARTBEAT:
            return _heartbeat(row)
        if row["kind"] in _TOGETHER:
            return _digest(row, [one(member, copies.get(its, [])) for its, member in members])
        return one(alert, members)

    return {delivery: told(delivery, alert) for delivery, alert in alert_of.items()}


def threads(connection: Connection, channel: str, alert_of: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Ids of the deliveries by which this channel told of the same article before, oldest first; by delivery."""
    later, earlier = alerts.alias("later"), alerts.alias("earlier")
    same = and_(earlier.c.subscription_id == later.c.subscription_id, earlier.c.record_id == later.c.record_id)
    before = or_(
        earlier.c.created_at < later.c.created_at,
        and_(earlier.c.created_at == later.c.created_at, earlier.c.kind == AlertKind.NEW),
    )
    carrier = deliveries.alias()  # a digest takes along an alert that tells of its copies
    joined = later.join(earlier, and_(same, before)).join(deliveries, deliveries.c.alert_id == earlier.c.id)
    query = (
        select(later.c.id, func.coalesce(carrier.c.carrier_id, deliveries.c.carrier_id, deliveries.c.id))
        .select_from(joined.outerjoin(carrier, carrier.c.id == deliveries.c.carrier_id))
        .where(later.c.id.in_(alert_of.values()), later.c.kind == AlertKind.EDIT, later.c.id != earlier.c.id)
        .where(deliveries.c.channel == channel)
        .order_by(earlier.c.created_at, deliveries.c.id)
    )
    found: dict[str, list[str]] = defaultdict(list)
    for alert, delivery in connection.execute(query):
        found[alert].append(delivery)
    return {delivery: tuple(dict.fromkeys(found[alert])) for delivery, alert in alert_of.items() if alert in found}


def _carried(connection: Connection, carriers: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """(delivery, alert) of what each delivery takes along, oldest first."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for some in in_parts(carriers):
        query = select(deliveries.c.carrier_id, deliveries.c.id, alerts.c.id).select_from(deliveries.join(alerts))
        query = query.where(deliveries.c.carrier_id.in_(some)).order_by(alerts.c.created_at, alerts.c.id)
        for carrier, delivery, alert in connection.execute(query):
            found[carrier].append((delivery, alert))
    return dict(found)


def _rows(connection: Connection, ids: Collection[str]) -> list[RowMapping]:
    found: list[RowMapping] = []
    for part in in_parts(sorted(ids)):
        query = select(
            alerts, subscriptions.c.name, subscriptions.c.timezone, subscriptions.c.max_alerts_per_hour
        ).join(subscriptions)
        found += connection.execute(query.where(alerts.c.id.in_(part))).mappings().all()
    return found


def _alert(row: RowMapping, records: Mapping[int, FiledRecord]) -> Alert:
    return Alert(
        id=row["id"],
        kind=row["kind"],
        subscription=row["name"],
        query=row["query"],
        record=records[row["record_id"]],
        spans=tuple(Span(**span) for span in row["spans"]),
        created_at=row["created_at"],
        occasion=row["occasion"],
        changes=tuple(EditChange(**change) for change in (row["data"] or {}).get("changes", ())),
        follows=_followed(row, records[row["record_id"]].key),
    )


def _followed(row: RowMapping, record_key: str) -> str:
    """The first alert of the same subscription and record, if this one follows it up."""
    if row["kind"] != AlertKind.EDIT:
        return ""
    return stable_id("alert", str(row["subscription_id"]), record_key, AlertKind.NEW)


def _digest(row: RowMapping, members: Sequence[Alert]) -> Digest:
    return Digest(
        id=row["id"],
        kind=row["kind"],
        subscription=row["name"],
        query=row["query"],
        alerts=tuple(members),
        created_at=row["created_at"],
        timezone=row["timezone"],
        most_per_hour=row["max_alerts_per_hour"],
    )


def _heartbeat(row: RowMapping) -> Heartbeat:
    told = row["data"]
    return Heartbeat(
        id=row["id"],
        subscription=row["name"],
        query=row["query"],
        since=datetime.fromisoformat(told["since"]),
        until=datetime.fromisoformat(told["until"]),
        found=told["found"],
        checked=told["checked"],
        feeds=told["feeds"],
        troubles=tuple(told["troubles"]),
        created_at=row["created_at"],
        timezone=row["timezone"],
    )
