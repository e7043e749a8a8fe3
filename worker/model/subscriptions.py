"""Who wants to be told of what, when, and through which channels."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal


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
    digest: "" = at once, else "hourly", "daily at 07:30", "weekly mon 08:00"; quiet: "" or "22:00-06:30", what is held and
    sent together after; urgent: queries whose articles break digest and quiet hours; heartbeat: like digest, when it says
    that it is alive; all on the clock of `timezone`. max_alerts_per_hour: 0 = any number.
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
    digest: str = ""
    quiet: str = ""
    urgent: tuple[str, ...] = ()
    timezone: str = "Europe/Berlin"
    max_alerts_per_hour: int = 0
    heartbeat: str = ""
    on_edit: Literal["never", "new-match", "always"] = "new-match"
    one_per_story: bool = False


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
