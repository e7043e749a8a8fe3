"""A webhook for stories with a clock of their own: receivers check signatures against the real one."""

from datetime import UTC, datetime
from typing import Any

from tests.receiver import SECRET
from worker.channels import WebhookChannel

__all__ = ["SECRET", "Stamped"]


class Stamped:
    """A webhook whose signatures are of the real time, whatever the worker's clock says."""

    name = "hook"

    def __init__(self, channel: WebhookChannel) -> None:
        self._channel = channel

    def send(self, delivery: Any, message: Any, now: datetime) -> Any:
        return self._channel.send(delivery, message, datetime.now(UTC))
