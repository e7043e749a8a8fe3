"""What a subscription was alerted to, as its own feed shows it."""

from dataclasses import dataclass
from datetime import datetime

from worker.model.alerts import Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An article that a subscription was told of. alert: the first one; follow_ups: later ones, oldest first."""

    alert: Alert
    follow_ups: tuple[Alert, ...] = ()

    @property
    def updated_at(self) -> datetime:
        return self.follow_ups[-1].created_at if self.follow_ups else self.alert.created_at


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertHistory:
    """The last articles that a subscription was told of through one channel, the newest first.

    updated_at: when it last told of anything, also that nothing was found; covers: ids of deliveries that wait still and
    whose alerts are told here, or would be if there were fewer.
    """

    subscription: str
    query: str
    told: tuple[Told, ...]
    updated_at: datetime
    covers: frozenset[str] = frozenset()
