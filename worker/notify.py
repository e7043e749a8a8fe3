"""What the operator is told of troubles leaves the house, as alerts do in `deliver.py`: lease -> send -> settle.

A notice was rendered when it was owed; each attempt sends the same bytes under the same id, and says of its channel what
that of an alert says: nothing leaves by one that rests or was disabled.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from worker import channelcare, circuit, logs
from worker.errors import LeaseLost
from worker.model import Attempt, DeliveryState, Notice
from worker.sending import Counter, count, send, told, verdict

_AT_ONCE = 20  # the channels of [operator] are few


def notify_due(counter: Counter, *, stopping: Callable[[], bool] = lambda: False) -> list[tuple[Notice, DeliveryState]]:
    """Attempt every notice that is due, channels side by side. Raises: ArchiveError."""
    with counter.archive.read() as tx:
        names = tx.troubles.due_channels(counter.clock.now())
    if not names:
        return []
    with ThreadPoolExecutor(min(len(names), _AT_ONCE), thread_name_prefix="notify") as pool:
        runs = [pool.submit(notify_channel, counter, name, stopping=stopping) for name in names]
    return [done for run in runs for done in run.result()]


def notify_channel(
    counter: Counter, name: str, *, stopping: Callable[[], bool] = lambda: False
) -> list[tuple[Notice, DeliveryState]]:
    """Attempt the notices that are due at one channel, one after the other. Raises: ArchiveError."""
    with counter.archive.write() as tx:
        lease = counter.new_lease()
        due = tx.troubles.lease(name, counter.clock.now(), lease)
    done = []
    try:
        for notice in due:
            if stopping() or not counter.outlasts_a_send(lease) or not _is_open(counter, name):
                break  # what is left is given back
            with logs.bind(notice=notice.id):
                done.append((notice, _attempt(counter, notice)))
    except LeaseLost as error:
        logs.line("notice", f"notice dropped: {error}", level="warning")
    finally:
        if due:
            with counter.archive.write() as tx:
                tx.troubles.release(lease)
    return done


def _is_open(counter: Counter, name: str) -> bool:
    with counter.archive.read() as tx:
        return circuit.is_open(channelcare.state_of(tx, counter, name), counter.clock.now())


def _attempt(counter: Counter, notice: Notice) -> DeliveryState:
    """One attempt, start to commit."""
    started_at, clock_s = counter.clock.now(), time.monotonic()
    advice = "add it, or take it out of [operator] channels"
    on_unknown = counter.manners_of(notice.channel).on_unknown
    outcome = told(send(counter.channels, notice, notice.message, counter.clock, advice=advice), on_unknown)
    found = verdict(notice.attempt, outcome, counter.jitter(), on_unknown)
    now = counter.clock.now()
    retry_at = found.retry_at(now)
    tried = Attempt(
        outcome=outcome,
        payload=notice.message.payload,
        started_at=started_at,
        took_s=time.monotonic() - clock_s,
    )
    with counter.archive.write() as tx:
        tx.troubles.settle(notice, tried, state=found.state, retry_at=retry_at)
        before = channelcare.state_of(tx, counter, notice.channel)
        was_asked = notice.channel in counter.channels
        after_it = circuit.after(before, outcome, now, counter.jitter()) if was_asked else before
        troubles = channelcare.keep(tx, counter, before, after_it, now)
    count(counter, notice.channel, tried, about="notice")
    channelcare.log(troubles)
    after = {
        DeliveryState.SENT: f"notice sent by {notice.channel}: {notice.message.subject}",
        DeliveryState.DEAD: f"notice not sent, given up: {outcome.detail}",
        DeliveryState.PENDING: f"notice not sent yet: {outcome.detail}; next try in {found.rest_s or 0:.0f} s",
    }
    level = "info" if found.state is DeliveryState.SENT else "warning"
    logs.line("notice", after[found.state], level=level, state=found.state.value, attempt=notice.attempt)
    return found.state
