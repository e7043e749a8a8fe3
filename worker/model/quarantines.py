"""Windows of feeds whose articles all came under another identity at once."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal


class QuarantineState(StrEnum):
    OPEN = "open"  # nobody decided yet: its alerts wait
    ACCEPTED = "accepted"  # they are articles of their own
    FOLDED = "folded"  # they were the articles that the archive had


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """A record that came under a new identity, and the one that the archive had of the same article."""

    record_id: int
    twin_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """Articles of one feed that wait for the operator. records, alerts: how many of them; the alerts that wait."""

    id: int
    feed_id: int
    feed_url: str
    source: str
    reason: Literal["identity"]
    state: QuarantineState
    noticed_at: datetime
    decided_at: datetime | None = None
    decided_by: str = ""
    records: int = 0
    alerts: int = 0
