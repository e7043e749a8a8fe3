"""The canary's channel: where its alerts arrive. What follows from that is read off their deliveries."""

from dataclasses import dataclass
from datetime import datetime

from worker.model import CANARY, Message, Outgoing, SendOutcome, SendResult


@dataclass(slots=True)
class CanaryChannel:
    """Takes everything."""

    name: str = CANARY

    def send(self, delivery: Outgoing, message: Message, now: datetime) -> SendOutcome:  # noqa: ARG002 - the protocol's
        """It has arrived."""
        return SendOutcome(result=SendResult.SENT)
