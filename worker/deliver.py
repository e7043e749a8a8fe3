"""The other half of the story: what is owed leaves the house.

    lease -> render -> begin -> send -> settle

At least once: a worker that dies between begin and settle leaves a send of unknown outcome to the next, which finds it by
its mark, and repeats it under the same id and with the same bytes, or not, as the channel wants it. One worker at a time
is at a channel, whose deliveries keep their order; no channel waits for another.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from worker import channelcare, circuit, counts, logs
from worker.archive import Transaction
from worker.errors import LeaseLost, fault
from worker.model import (
    CANARY,
    Alert,
    Attempt,
    Begun,
    ChannelState,
    Delivery,
    DeliveryState,
    Digest,
    Heartbeat,
    Lease,
    Message,
    SendOutcome,
    SendResult,
    Trouble,
)
from worker.render import render
from worker.sending import Counter, Verdict, count, send, told, verdict

__all__ = ["Counter", "Settled", "Turn", "deliver_due", "deliver_some"]

_A_TURN = 50  # deliveries of one lease
_MOST_KEYS = 50  # of a digest's articles in one line of the log
_AT_ONCE = 100  # channels that are served side by side: most of them wait for their target


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of one attempt."""

    delivery: Delivery
    outcome: SendOutcome
    state: DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one lease on a channel came to. more: there may be more to do there now."""

    settled: Sequence[Settled] = ()
    more: bool = False


def deliver_due(counter: Counter, *, stopping: Callable[[], bool] = lambda: False) -> list[Settled]:
    """Attempt every delivery that is due, channels side by side, each channel in order. Raises: ArchiveError."""
    with counter.archive.read() as tx:
        names = tx.outbox.due_channels(counter.clock.now())
    if not names:
        return []
    with ThreadPoolExecutor(min(len(names), _AT_ONCE), thread_name_prefix="deliver") as pool:
        runs = [pool.submit(_deliver_channel, counter, name, stopping) for name in names]
    return [settled for run in runs for settled in run.result()]


def _deliver_channel(counter: Counter, name: str, stopping: Callable[[], bool]) -> list[Settled]:
    done: list[Settled] = []
    more = True
    while more and not stopping():
        turn = deliver_some(counter, name, stopping=stopping)
        done += turn.settled
        more = turn.more
    return done


def deliver_some(counter: Counter, name: str, *, stopping: Callable[[], bool] = lambda: False) -> Turn:
    """One lease's worth of what is due at a channel. Raises: ArchiveError."""
    with counter.archive.write() as tx:
        lease = counter.new_lease()
        state, leased = _take(tx, counter, name, lease)
    if not leased:
        return Turn()
    run = _Run(counter, lease, state, leased, stopping)
    try:
        run.work_off()
    finally:
        with counter.archive.write() as tx:
            tx.outbox.release(lease)
    return Turn(settled=run.settled, more=bool(run.settled) and circuit.is_open(run.state, counter.clock.now()))


# -- taking -------------------------------------------------------------------------------------------------------------


def _take(tx: Transaction, counter: Counter, name: str, lease: Lease) -> tuple[ChannelState, list[Delivery]]:
    """Lease what may be tried now; what a worker began and never settled is settled first."""
    now = counter.clock.now()
    tx.alone(f"channel {name}")
    state = channelcare.state_of(tx, counter, name)
    most = circuit.at_once(state, now, _A_TURN)
    if not most or tx.outbox.is_busy(name, now):
        return state, []
    for begun in tx.outbox.abandoned(name, now):
        _settle_abandoned(tx, counter, begun)
    return state, tx.outbox.lease(name, now, lease, most)


def _settle_abandoned(tx: Transaction, counter: Counter, begun: Begun) -> None:
    on_unknown = counter.manners_of(begun.channel).on_unknown
    lost = SendOutcome(result=SendResult.UNKNOWN, detail="the worker ended while it was sending this")
    outcome = told(lost, on_unknown)
    found = verdict(begun.attempt, outcome, counter.jitter(), on_unknown)
    tried = Attempt(outcome=outcome, payload=begun.payload, started_at=begun.begun_at, took_s=0.0)
    tx.outbox.settle(begun, tried, state=found.state, retry_at=found.retry_at(begun.begun_at))


# -- one after the other ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A delivery with what is to be sent; fault: why there is nothing."""

    delivery: Delivery
    message: Message
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """An attempt that is over, and what follows from it. before, after: how the channel was doing."""

    delivery: Delivery
    attempt: Attempt
    verdict: Verdict
    retry_at: datetime | None
    before: ChannelState
    after: ChannelState


class _Run:
    """What one worker has leased of a channel. state: how the channel is doing, as of the last attempt."""

    def __init__(
        self,
        counter: Counter,
        lease: Lease,
        state: ChannelState,
        leased: Sequence[Delivery],
        stopping: Callable[[], bool],
    ) -> None:
        self.state = state
        self.settled: list[Settled] = []
        self._counter = counter
        self._lease = lease
        self._waiting = deque(leased)
        self._stopping = stopping

    def work_off(self) -> None:
        """Send what was leased; each attempt is settled in the transaction that begins the next one."""
        ready = self._go_on(None)
        while ready is not None:
            with logs.bind(**_ids(ready.delivery)):
                tried = self._try(ready)
            ready = self._go_on(tried)

    def _go_on(self, tried: _Tried | None) -> _Ready | None:
        """Settle what was tried and begin what comes next; None: that is all, what is left is given back."""
        ready = self._next()
        while tried is not None or ready is not None:
            if self._write(tried, ready):
                return ready
            tried, ready = None, self._next()  # what was cancelled meanwhile is passed over
        return None

    def _next(self) -> _Ready | None:
        now = self._counter.clock.now()
        goes_on = circuit.is_open(self.state, now) and self._counter.outlasts_a_send(self._lease)
        if not self._waiting or not goes_on or self._stopping():
            return None
        return _ready(self._counter, self._waiting.popleft(), now)

    def _try(self, ready: _Ready) -> _Tried:
        """One attempt, up to what follows from its outcome."""
        counter, delivery = self._counter, ready.delivery
        started_at, clock_s = counter.clock.now(), time.monotonic()
        on_unknown = counter.manners_of(delivery.channel).on_unknown
        outcome, before = told(_sent(counter, ready), on_unknown), self.state
        took_s, now = time.monotonic() - clock_s, counter.clock.now()
        was_asked = not ready.fault and delivery.channel in counter.channels
        self.state = circuit.after(before, outcome, now, counter.jitter()) if was_asked else before
        found = verdict(delivery.attempt, outcome, counter.jitter(), on_unknown)
        return _Tried(
            delivery=delivery,
            attempt=Attempt(outcome=outcome, payload=ready.message.payload, started_at=started_at, took_s=took_s),
            verdict=found,
            retry_at=found.retry_at(now),
            before=before,
            after=self.state,
        )

    def _write(self, tried: _Tried | None, ready: _Ready | None) -> bool:
        """False: what was to come next must not be sent."""
        counter, now = self._counter, self._counter.clock.now()

        def work(tx: Transaction) -> tuple[list[Trouble], bool]:
            troubles = _settle(tx, counter, tried, now) if tried is not None else []
            return troubles, ready is None or tx.outbox.begin(ready.delivery, ready.message.payload, now)

        try:
            troubles, begun = counter.archive.write_together(work)
        except LeaseLost as error:
            logs.line("delivery", f"delivery dropped: {error}", level="warning")
            self._waiting.clear()
            return False
        if tried is not None:
            self._told(tried, troubles)
        return begun

    def _told(self, tried: _Tried, troubles: Sequence[Trouble]) -> None:
        _count(self._counter, tried)
        with logs.bind(**_ids(tried.delivery)):
            self.settled.append(_told_of(tried))
            channelcare.log(troubles)


def _ready(counter: Counter, delivery: Delivery, now: datetime) -> _Ready:
    """The alert for people, if there are any there, and programs; a repeated attempt sends the payload of the first one, byte for byte."""
    try:
        with logs.bind(**_ids(delivery)):
            for_people = counter.manners_of(delivery.channel).for_people
            message = render(delivery.alert, now=now, language=counter.language, for_people=for_people)
    except Exception as error:  # noqa: BLE001 - the edge of an attempt, as in `send`: one alert must not hold up all others
        nothing = Message(subject="", text="", payload=delivery.payload or b"")
        return _Ready(delivery=delivery, message=nothing, fault=fault(error))
    return _Ready(
        delivery=delivery, message=replace(message, payload=delivery.payload) if delivery.payload else message
    )


def _sent(counter: Counter, ready: _Ready) -> SendOutcome:
    if ready.fault:
        return SendOutcome(result=SendResult.RETRY, detail=ready.fault)
    advice = "add it, then `feedwacht alerts replay`"
    return send(counter.channels, ready.delivery, ready.message, counter.clock, advice=advice)


def _settle(tx: Transaction, counter: Counter, tried: _Tried, now: datetime) -> list[Trouble]:
    tx.outbox.settle(tried.delivery, tried.attempt, state=tried.verdict.state, retry_at=tried.retry_at)
    return channelcare.keep(tx, counter, tried.before, tried.after, now)


def _count(counter: Counter, tried: _Tried) -> None:
    count(counter, tried.delivery.channel, tried.attempt, about="alert")
    if tried.verdict.state is DeliveryState.SENT and tried.delivery.channel != CANARY:
        waited = tried.attempt.started_at - tried.delivery.alert.created_at
        counter.tally.add(counts.SENT_AFTER_SECONDS.of(), max(waited.total_seconds(), 0.0) + tried.attempt.took_s)


def _told_of(tried: _Tried) -> Settled:
    """The one line of an attempt, with everything known."""
    delivery, outcome, alert = tried.delivery, tried.attempt.outcome, tried.delivery.alert
    after = {
        DeliveryState.SENT: f"alert sent by {delivery.channel}: {alert.subscription}: {_subject(alert)}",
        DeliveryState.DEAD: f"alert not sent, given up: {outcome.detail}; `feedwacht alerts replay {delivery.id}` tries again",
        DeliveryState.PENDING: f"alert not sent yet: {outcome.detail}; next try in {tried.verdict.rest_s or 0:.0f} s",
    }
    state = tried.verdict.state
    logs.line(
        "delivery",
        after[state],
        level="info" if state is DeliveryState.SENT else "warning",
        state=state.value,
        channel=delivery.channel,
        subscription=alert.subscription,
        attempt=delivery.attempt,
        status=outcome.status,
        took_s=round(tried.attempt.took_s, 3),
    )
    return Settled(delivery=delivery, outcome=outcome, state=state)


def _ids(delivery: Delivery) -> Mapping[str, object]:
    """What is on each line that is written at an attempt, whoever writes it."""
    alert = delivery.alert
    ids: dict[str, object] = {"delivery": delivery.id, "alert": alert.id}
    if isinstance(alert, Alert):
        ids["record"] = alert.record.key
    elif isinstance(alert, Digest):
        ids["records"] = [one.record.key for one in alert.alerts[:_MOST_KEYS]]
    return ids


def _subject(alert: Alert | Digest | Heartbeat) -> str:
    """What it is about, for the log."""
    if isinstance(alert, Alert):
        return alert.record.record.title
    return f"{len(alert.alerts)} alerts" if isinstance(alert, Digest) else "heartbeat"
