"""The other half of the story: what is owed leaves the house.

    lease -> render -> send -> settle

At least once: a worker that dies between send and settle leaves the delivery to the next, under the same id.
"""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

from worker import logs
from worker.archive import Archive
from worker.errors import LeaseLost
from worker.model import (
    Alert,
    Attempt,
    Channel,
    Clock,
    Delivery,
    DeliveryState,
    Digest,
    Heartbeat,
    Lease,
    Message,
    SendOutcome,
)
from worker.render import render
from worker.sending import SEND_S, send, verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """What delivering works with; wired once, in bootstrap."""

    archive: Archive
    channels: Mapping[str, Channel]
    clock: Clock
    jitter: Callable[[], float]
    language: str = "de"
    lease_s: float = 45.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of one attempt."""

    delivery: Delivery
    outcome: SendOutcome
    state: DeliveryState


def deliver_due(counter: Counter, *, stopping: Callable[[], bool] = lambda: False) -> list[Settled]:
    """Attempt every delivery that is due, channels side by side, each channel in order. Raises: ArchiveError."""
    now = counter.clock.now()
    lease = Lease(token=secrets.token_hex(16), until=now + timedelta(seconds=counter.lease_s))
    with counter.archive.write() as tx:
        due = tx.alerts.lease(now, lease)
    if not due:
        return []
    by_channel: dict[str, list[Delivery]] = {}
    for delivery in due:
        by_channel.setdefault(delivery.channel, []).append(delivery)
    try:
        with ThreadPoolExecutor(len(by_channel), thread_name_prefix="deliver") as pool:
            runs = [pool.submit(_deliver_channel, counter, waiting, lease, stopping) for waiting in by_channel.values()]
        return [settled for run in runs for settled in run.result()]
    finally:
        with counter.archive.write() as tx:
            tx.alerts.release(lease)


def _deliver_channel(
    counter: Counter, waiting: Sequence[Delivery], lease: Lease, stopping: Callable[[], bool]
) -> list[Settled]:
    done: list[Settled] = []
    for delivery in waiting:
        if stopping() or (lease.until - counter.clock.now()).total_seconds() < SEND_S:
            break  # what is left is given back
        try:
            done.append(_attempt(counter, delivery))
        except LeaseLost as error:
            logs.line("delivery", f"delivery dropped: {error}", level="warning", delivery=delivery.id)
            break
    return done


def _attempt(counter: Counter, delivery: Delivery) -> Settled:
    """One attempt, start to commit."""
    started_at, clock_s = counter.clock.now(), time.monotonic()
    message = _message(counter, delivery)
    advice = "add it, then `feedwacht alerts replay`"
    outcome = send(counter.channels, delivery, message, counter.clock, advice=advice)
    state, rest_s = verdict(delivery.attempt, outcome, counter.jitter())
    retry_at = counter.clock.now() + timedelta(seconds=rest_s) if rest_s is not None else None
    took_s = time.monotonic() - clock_s
    tried = Attempt(outcome=outcome, payload=message.payload, started_at=started_at, took_s=took_s)
    with counter.archive.write() as tx:
        tx.alerts.settle(delivery, tried, state=state, retry_at=retry_at)
    settled = Settled(delivery=delivery, outcome=outcome, state=state)
    _log(settled, took_s, rest_s)
    return settled


def _message(counter: Counter, delivery: Delivery) -> Message:
    """The alert for people and programs; a repeated attempt sends the payload of the first one, byte for byte."""
    message = render(delivery.alert, now=counter.clock.now(), language=counter.language)
    return message if delivery.payload is None else replace(message, payload=delivery.payload)


def _log(settled: Settled, took_s: float, rest_s: float | None) -> None:
    """The one line of an attempt, with everything known."""
    delivery, outcome, alert = settled.delivery, settled.outcome, settled.delivery.alert
    after = {
        DeliveryState.SENT: f"alert sent by {delivery.channel}: {alert.subscription}: {_about(alert)}",
        DeliveryState.DEAD: f"alert not sent, given up: {outcome.detail}; `feedwacht alerts replay {delivery.id}` tries again",
        DeliveryState.PENDING: f"alert not sent yet: {outcome.detail}; next try in {rest_s or 0:.0f} s",
    }
    level = "info" if settled.state is DeliveryState.SENT else "warning"
    named = {
        "channel": delivery.channel,
        "subscription": alert.subscription,
        "record": alert.record.key if isinstance(alert, Alert) else None,
        "attempt": delivery.attempt,
    }
    told = {"status": outcome.status, "took_s": round(took_s, 3)}
    logs.line(
        "delivery",
        after[settled.state],
        level=level,
        state=settled.state.value,
        delivery=delivery.id,
        alert=alert.id,
        **named,
        **told,
    )


def _about(alert: Alert | Digest | Heartbeat) -> str:
    if isinstance(alert, Alert):
        return alert.record.record.title
    return f"{alert.kind} of {len(alert.alerts)} alerts" if isinstance(alert, Digest) else "heartbeat"
