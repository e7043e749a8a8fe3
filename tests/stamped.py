"""A webhook for stories with a clock of their own: receivers check signatures against the real one."""

import base64
from datetime import UTC, datetime
from typing import Any

from worker.channels import WebhookChannel

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


class Stamped:
    """A webhook whose signatures are of the real time, whatever the worker's clock says."""

    name = "hook"

    def __init__(self, channel: WebhookChannel) -> None:
        self._channel = channel

    def send(self, delivery: Any, message: Any, now: datetime) -> Any:
        return self._channel.send(delivery, message, datetime.now(UTC))
