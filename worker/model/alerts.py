"""What is owed to whom, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from worker.model.messages import Message
from worker.model.records import FiledRecord, Record
from worker.model.subscriptions import Span, Subscription


class AlertKind(StrEnum):
    """What an alert tells."""

    NEW = "new"  # an article that matches, for the first time
    EDIT = "edit"  # an article that was told of has changed: a follow-up
    DIGEST = "digest"  # several alerts in one message
    SUMMARY = "summary"  # the same, because there were too many
    HEARTBEAT = "heartbeat"  # that nothing was found, and that all is well


class HeldFor(StrEnum):
    """Why a delivery waits although nothing is wrong."""

    DIGEST = "digest"
    QUIET = "quiet"
    FLOOD = "flood"
    QUARANTINE = "quarantine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A delivery waits; until: None = until the operator decides."""

    reason: HeldFor
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditChange:
    """One thing that an edit changed, in words of the article: before and after, "" = there was, or is, none."""

    kind: Literal["title", "number", "update", "withdrawn", "returned"]
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What is owed to one subscription for one record. kind: new or edit; occasion: see the table.

    changes: what an edit changed; follows: id of the alert that a follow-up follows; also: other articles that tell the
    same story.
    """

    id: str
    kind: str
    subscription: str
    query: str
    record: FiledRecord
    spans: tuple[Span, ...]
    created_at: datetime
    occasion: str = ""
    changes: tuple[EditChange, ...] = ()
    follows: str = ""
    also: tuple[FiledRecord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Several alerts of one subscription in one message, oldest first. kind: digest or summary.

    most_per_hour: what a summary's subscription allows, 0 = not known.
    """

    id: str
    kind: str
    subscription: str
    query: str
    alerts: tuple[Alert, ...]
    created_at: datetime
    timezone: str = "Europe/Berlin"
    most_per_hour: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """That a subscription is alive: what was found and checked since the last time, and how its feeds are.

    troubles: one sentence each, () = all feeds are well.
    """

    id: str
    subscription: str
    query: str
    since: datetime
    until: datetime
    found: int
    checked: int
    feeds: int
    troubles: tuple[str, ...] = ()
    created_at: datetime
    timezone: str = "Europe/Berlin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An alert's way through one channel, leased to this worker.

    attempt: number of the coming try, from 1; payload: what an earlier attempt sent, to be repeated byte for byte.
    thread: ids of the deliveries that it follows up on the same channel, the first one first.
    reached: which of the channel's recipients have it already.
    """

    id: str
    channel: str
    attempt: int
    alert: Alert | Digest | Heartbeat
    lease_token: str
    payload: bytes | None = None
    thread: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A send that was begun and never settled, because its worker ended: nobody knows whether it arrived."""

    id: str
    channel: str
    attempt: int
    lease_token: str
    begun_at: datetime
    payload: bytes


class DeliveryState(StrEnum):
    """Being leased is no state."""

    PENDING = "pending"
    HELD = "held"
    SENT = "sent"
    DEAD = "dead"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """An alert to be filed: this subscription matched this record at these spans. kind, occasion, changes: see `Alert`.

    hold: its deliveries wait.
    """

    subscription: Subscription
    record_id: int
    record_key: str
    record: Record
    spans: tuple[Span, ...]
    kind: AlertKind = AlertKind.NEW
    occasion: str = ""
    changes: tuple[EditChange, ...] = ()
    hold: Hold | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """A subscription that has an alert on a record and wants to hear of its edits. query: the alert's.

    has_left: somebody may have read it; one that has not left shows the record as it is when it does.
    """

    record_id: int
    subscription: Subscription
    query: str
    has_left: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """An alert as it was owed. query: the subscription's at that time; kind, occasion, changes: see `Alert`."""

    id: str
    subscription_id: int
    subscription: str
    kind: str
    query: str
    spans: tuple[Span, ...]
    created_at: datetime
    occasion: str = ""
    changes: tuple[EditChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """A delivery as lists show it. settled_at: when it was sent, given up or cancelled.

    kind: of its alert; held_for: why it is held; carrier_id: the delivery that takes it along. title, url: of the article,
    "" = it is about none.
    """

    id: str
    alert_id: str
    subscription: str
    channel: str
    state: str
    attempts: int
    retry_at: datetime
    created_at: datetime
    title: str
    url: str
    detail: str
    settled_at: datetime | None
    kind: str = AlertKind.NEW
    held_for: str = ""
    carrier_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """One try of a delivery as it was noted. took_s: seconds; answer: the beginning of what the other side said."""

    number: int
    started_at: datetime
    took_s: float
    result: str
    status: int | None
    detail: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What the operator is told of a trouble through one channel, leased to this worker. attempt: see `Delivery`."""

    id: str
    channel: str
    attempt: int
    phase: str
    message: Message
    lease_token: str
    thread: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()
