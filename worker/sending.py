"""One attempt to hand something to a channel, and what follows from its outcome: alerts and notices have it in common."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from worker import cadence, circuit, counts
from worker.archive import Archive
from worker.errors import fault
from worker.model import Attempt, Channel, Clock, DeliveryState, Lease, Message, Outgoing, SendOutcome, SendResult
from worker.tally import Tally

OnUnknown = Literal["repeat", "drop"]

SEND_S = 25.0  # a send takes no longer (the webhook's deadline is 20 s); with less lease than this none is begun


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelManners:
    """What the configuration says of a channel beside its address. target: the address as a hash; on_unknown: what
    becomes of a message that may have arrived; type: webhook, email …, "" = it left the configuration; for_people: what
    it sends is read by people, too, else it takes the payload alone.
    """

    target: str = ""
    on_unknown: OnUnknown = "repeat"
    type: str = ""
    for_people: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """What delivering works with; wired once, in bootstrap. operator_channels: who is told of a channel's troubles."""

    archive: Archive
    channels: Mapping[str, Channel]
    clock: Clock
    jitter: Callable[[], float]
    language: str = "de"
    lease_s: float = 45.0
    manners: Mapping[str, ChannelManners] = field(default_factory=dict)
    operator_channels: tuple[str, ...] = ()
    tally: Tally = field(default_factory=Tally)

    def manners_of(self, channel: str) -> ChannelManners:
        return self.manners.get(channel, ChannelManners())

    def new_lease(self) -> Lease:
        """From now on; long enough for one send at least. To be made within the write that it is for."""
        return Lease(token=secrets.token_hex(16), until=self.clock.now() + timedelta(seconds=self._length_s))

    def outlasts_a_send(self, lease: Lease) -> bool:
        """Whether a send that is begun now is over before the lease is. More is left than it had when the clock was set back."""
        return SEND_S <= (lease.until - self.clock.now()).total_seconds() <= self._length_s

    @property
    def _length_s(self) -> float:
        return max(self.lease_s, SEND_S + 5)


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


def count(counter: Counter, channel: str, attempt: Attempt, *, about: Literal["alert", "notice"]) -> None:
    """An attempt that was settled, for the process's tally."""
    channel_type = counter.manners_of(channel).type or "unknown"
    counter.tally.add(counts.ATTEMPTS.of(about, channel_type, attempt.outcome.result.value))
    counter.tally.add(counts.ATTEMPT_SECONDS.of(channel_type), attempt.took_s)


def told(outcome: SendOutcome, on_unknown: OnUnknown) -> SendOutcome:
    """The outcome as it is noted: that a message may have arrived, and is not sent again for that, is said."""
    if outcome.result is not SendResult.UNKNOWN or on_unknown == "repeat":
        return outcome
    return replace(outcome, detail=f'{outcome.detail}; it may have arrived and is not repeated (on_unknown = "drop")')


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of a delivery. rest_s: seconds until its next attempt, None = there is none."""

    state: DeliveryState
    rest_s: float | None = None

    def retry_at(self, since: datetime) -> datetime | None:
        return since + timedelta(seconds=self.rest_s) if self.rest_s is not None else None


def verdict(attempt: int, outcome: SendOutcome, jitter: float, on_unknown: OnUnknown = "repeat") -> Verdict:
    """attempt: from 1, this one included. Whom a target asks to wait is not given up for it, nor what a target that is
    gone did not take: its channel is disabled, and all of it waits for another address.
    """
    if outcome.result is SendResult.SENT:
        return Verdict(state=DeliveryState.SENT)
    waits = circuit.is_throttled(outcome) or circuit.is_gone(outcome)
    if outcome.result is SendResult.NEVER and not waits:
        return Verdict(state=DeliveryState.DEAD)
    if outcome.result is SendResult.UNKNOWN and on_unknown == "drop":
        return Verdict(state=DeliveryState.DEAD)
    counted = min(attempt, cadence.DELIVERY_ATTEMPTS - 1) if waits else attempt
    rest_s = cadence.delivery_retry_s(counted, retry_after_s=outcome.retry_after_s, jitter=jitter)
    return Verdict(state=DeliveryState.PENDING if rest_s is not None else DeliveryState.DEAD, rest_s=rest_s)
