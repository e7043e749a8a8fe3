"""What the operator is told of troubles leaves the house, as alerts do in `deliver.py`: lease -> send -> settle.

A notice was rendered when it was owed; each attempt sends the same bytes under the same id.
"""

import secrets
import time
from collections.abc import Callable
from datetime import timedelta

from worker import logs
from worker.deliver import Counter
from worker.errors import LeaseLost
from worker.model import Attempt, DeliveryState, Lease, Notice
from worker.sending import SEND_S, send, verdict


def notify_due(counter: Counter, *, stopping: Callable[[], bool] = lambda: False) -> list[tuple[Notice, DeliveryState]]:
    """Attempt every notice that is due, one after the other: there are few. Raises: ArchiveError."""
    now = counter.clock.now()
    lease = Lease(token=secrets.token_hex(16), until=now + timedelta(seconds=counter.lease_s))
    with counter.archive.write() as tx:
        due = tx.troubles.lease(now, lease)
    done = []
    try:
        for notice in due:
            if stopping() or (lease.until - counter.clock.now()).total_seconds() < SEND_S:
                break  # what is left is given back
            done.append((notice, _attempt(counter, notice)))
    except LeaseLost as error:
        logs.line("notice", f"notice dropped: {error}", level="warning")
    finally:
        if due:
            with counter.archive.write() as tx:
                tx.troubles.release(lease)
    return done


def _attempt(counter: Counter, notice: Notice) -> DeliveryState:
    """One attempt, start to commit."""
    started_at, clock_s = counter.clock.now(), time.monotonic()
    advice = "add it, or take it out of [operator] channels"
    outcome = send(counter.channels, notice, notice.message, counter.clock, advice=advice)
    state, rest_s = verdict(notice.attempt, outcome, counter.jitter())
    retry_at = counter.clock.now() + timedelta(seconds=rest_s) if rest_s is not None else None
    tried = Attempt(
        outcome=outcome,
        payload=notice.message.payload,
        started_at=started_at,
        took_s=time.monotonic() - clock_s,
    )
    with counter.archive.write() as tx:
        tx.troubles.settle(notice, tried, state=state, retry_at=retry_at)
    after = {
        DeliveryState.SENT: f"notice sent by {notice.channel}: {notice.message.subject}",
        DeliveryState.DEAD: f"notice not sent, given up: {outcome.detail}",
        DeliveryState.PENDING: f"notice not sent yet: {outcome.detail}; next try in {rest_s or 0:.0f} s",
    }
    level = "info" if state is DeliveryState.SENT else "warning"
    logs.line("notice", after[state], level=level, state=state.value, notice=notice.id, attempt=notice.attempt)
    return state
