"""The processes that share the work, as they report of themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """One process. role: run, worker, beat or metrics; counters: what it did since it was started, by the name of the
    thing; idle_reason: why it takes no work, in words, "" = it does.
    """

    name: str
    role: str
    host: str
    pid: int
    version: str
    schema_version: str
    started_at: datetime
    seen_at: datetime
    idle_reason: str = ""
    counters: Mapping[str, float] = field(default_factory=dict)
