"""One attempt to hand something to a channel, and what follows from its outcome: alerts and notices have it in common."""

from collections.abc import Mapping

from worker import cadence
from worker.errors import fault
from worker.model import Channel, Clock, DeliveryState, Message, Outgoing, SendOutcome, SendResult

SEND_S = 25.0  # a send takes no longer (the webhook's deadline is 20 s); with less lease than this none is begun


def send(
    channels: Mapping[str, Channel], outgoing: Outgoing, message: Message, clock: Clock, *, advice: str
) -> SendOutcome:
    """Send once. Never raises for a channel's own fault. advice: what to do when there is no such channel any more."""
    channel = channels.get(outgoing.channel)
    if channel is None:
        detail = f"there is no channel {outgoing.channel} in the configuration: {advice}"
        return SendOutcome(result=SendResult.NEVER, detail=detail)
    try:
        return channel.send(outgoing, message, clock.now())
    except Exception as error:  # noqa: BLE001 - the outermost edge of an attempt: one message must not hold up all others
        return SendOutcome(result=SendResult.RETRY, detail=fault(error))


def verdict(attempt: int, outcome: SendOutcome, jitter: float) -> tuple[DeliveryState, float | None]:
    """Its state, and seconds until the next attempt if there is one. attempt: from 1, this one included."""
    if outcome.result is SendResult.SENT:
        return DeliveryState.SENT, None
    if outcome.result is SendResult.NEVER:
        return DeliveryState.DEAD, None
    rest_s = cadence.delivery_retry_s(attempt, retry_after_s=outcome.retry_after_s, jitter=jitter)
    return (DeliveryState.DEAD, None) if rest_s is None else (DeliveryState.PENDING, rest_s)
