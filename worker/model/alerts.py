"""Who wants to be told of what, and what is owed and sent to them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from worker.model.records import FiledRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where a query matched: code points from the start of the field."""

    field: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """This subscription's query matches the record, at these spans (in order of field and start)."""

    subscription_id: int
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who wants to be told, of what, through which channels. origin: "file", "left" (the file), or "command".

    labels, note and owner are for people; nothing is decided by them.
    """

    id: int
    name: str
    query: str
    channels: tuple[str, ...]
    labels: tuple[str, ...] = ()
    note: str = ""
    owner: str = ""
    paused: bool = False
    origin: str = "command"
    created_at: datetime


class ChangeKind(StrEnum):
    """What was done to a subscription."""

    ADDED = "added"
    EDITED = "edited"
    PAUSED = "paused"
    RESUMED = "resumed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field of a subscription, before and after a change: text, a list of texts, or yes and no."""

    field: str
    before: object
    after: object


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionChange:
    """Who changed a subscription, when and how. subscription: its number, for a name may have been used before."""

    subscription_id: int
    kind: ChangeKind
    editor: str
    changed_at: datetime
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What is owed to one subscription for one record. kind: "new"."""

    id: str
    kind: str
    subscription: str
    query: str
    record: FiledRecord
    spans: tuple[Span, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An alert's way through one channel, leased to this worker.

    attempt: number of the coming try, from 1; payload: what an earlier attempt sent, to be repeated byte for byte.
    """

    id: str
    channel: str
    attempt: int
    alert: Alert
    lease_token: str
    payload: bytes | None = None


class DeliveryState(StrEnum):
    """Being leased is no state."""

    PENDING = "pending"
    HELD = "held"
    SENT = "sent"
    DEAD = "dead"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """An alert to be filed: this subscription matched this new record at these spans."""

    subscription: Subscription
    record_id: int
    record_key: str
    spans: tuple[Span, ...]
    kind: str = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """An alert as it was owed. query: the subscription's at that time."""

    id: str
    subscription_id: int
    subscription: str
    kind: str
    query: str
    spans: tuple[Span, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """A delivery as lists show it. settled_at: when it was sent, given up or cancelled."""

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


class SendResult(StrEnum):
    SENT = "sent"  # the channel accepted it
    RETRY = "retry"  # not now: try again by the schedule
    NEVER = "never"  # it will not be accepted: dead at once


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOutcome:
    """What became of one attempt. detail: one line for a person; retry_after_s: the receiver's wish."""

    result: SendResult
    detail: str = ""
    status: int | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of a delivery. payload: what was sent, to be repeated byte for byte if need be."""

    outcome: SendOutcome
    payload: bytes
    started_at: datetime
    took_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An alert, rendered for people and programs. subject: one line; payload: the webhook's JSON body."""

    subject: str
    text: str
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What the operator is told of a trouble through one channel, leased to this worker. attempt: see `Delivery`."""

    id: str
    channel: str
    attempt: int
    phase: str
    message: Message
    lease_token: str


class Outgoing(Protocol):
    """What a channel has to know of a delivery or of a notice: a stable id, and where it goes."""

    @property
    def id(self) -> str: ...

    @property
    def channel(self) -> str: ...

    @property
    def attempt(self) -> int: ...


class Channel(Protocol):
    """A way out. `send` never raises for what the outside does; it says what became of the attempt."""

    name: str

    def send(self, delivery: Outgoing, message: Message, now: datetime) -> SendOutcome: ...
