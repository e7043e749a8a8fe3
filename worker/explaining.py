"""Why an article is stored, who was told of it, and who was not, with the reason.

Gathers what the archive knows of one record, and asks the matcher about today's subscriptions. Must not know how it is
shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from worker.archive import Stored, Transaction
from worker.errors import QuerySyntaxError
from worker.match import Matcher
from worker.model import AlertRow, DeliveryRow, FiledRecord, Match, Showing, Span, Subscription
from worker.query import Query, parse


class NoAlert(StrEnum):
    """Why a subscription that matches today raised no alert."""

    PAUSED = "paused"
    LATER = "later"
    SILENT = "silent"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A subscription and this article. spans: where its query of today matches, empty if it does no longer.

    alert: what was owed, None if nothing was, for a reason then.
    """

    subscription: str
    spans: tuple[Span, ...] = ()
    alert: AlertRow | None = None
    deliveries: tuple[DeliveryRow, ...] = ()
    no_alert: NoAlert | None = None
    subscribed: Subscription | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What is known of one article. silent: only first polls, which raise no alerts, showed it so far."""

    filed: FiledRecord
    showings: tuple[Showing, ...]
    silent: bool
    links: tuple[tuple[str, str], ...]
    matched: tuple[Matched, ...]


def explain(tx: Transaction, filed: FiledRecord) -> Explanation:
    """Everything about one record. Raises: ArchiveError."""
    silent = tx.records.is_unheard(filed.id)
    return Explanation(
        filed=filed,
        showings=tuple(tx.records.showings(filed.id)),
        silent=silent,
        links=tuple(tx.records.links(filed.id)),
        matched=tuple(_matched(tx, filed, silent=silent)),
    )


def _matched(tx: Transaction, filed: FiledRecord, *, silent: bool) -> list[Matched]:
    stored = {one.subscription.id: one.subscription for one in tx.subscriptions.stored()}
    today = {match.subscription_id: match for match in _matches(tx.subscriptions.stored(), filed)}
    alerts = tx.alerts.of_record(filed.id)
    told = {alert.subscription_id for alert in alerts}
    found = [_told(tx, filed, alert, today.get(alert.subscription_id)) for alert in alerts]
    for number, match in today.items():
        if number not in told:
            one = stored[number]
            reason = _reason(one, filed, silent=silent)
            found.append(Matched(subscription=one.name, spans=match.spans, no_alert=reason, subscribed=one))
    return found


def _matches(stored: Sequence[Stored], filed: FiledRecord) -> list[Match]:
    queries = {one.subscription.id: query for one in stored if (query := read(one)) is not None}
    return Matcher(queries).match(filed.record)


def read(stored: Stored) -> Query | None:
    """A stored query; None if it cannot be read any more."""
    try:
        return Query.from_json(stored.subscription.query, stored.canonical) or parse(stored.subscription.query)
    except QuerySyntaxError:
        return None


def _told(tx: Transaction, filed: FiledRecord, alert: AlertRow, match: Match | None) -> Matched:
    deliveries = [row for row in tx.alerts.rows(record_id=filed.id, limit=1000) if row.alert_id == alert.id]
    return Matched(
        subscription=alert.subscription,
        spans=match.spans if match else (),
        alert=alert,
        deliveries=tuple(deliveries),
    )


def _reason(one: Subscription, filed: FiledRecord, *, silent: bool) -> NoAlert:
    if one.created_at > filed.first_seen_at:
        return NoAlert.LATER
    if silent:
        return NoAlert.SILENT
    return NoAlert.PAUSED if one.paused else NoAlert.OTHER
