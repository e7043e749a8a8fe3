"""How the ways out are doing."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """How a channel is doing. failures: in a row, since failing_since; rest_until: nothing is tried before.

    disabled_at: given up, until somebody enables it or it gets another address; detail: the last failure, as one line.
    target: which address it was, as a hash.
    """

    name: str
    target: str = ""
    failures: int = 0
    failing_since: datetime | None = None
    rest_until: datetime | None = None
    disabled_at: datetime | None = None
    detail: str = ""
