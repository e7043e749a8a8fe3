"""A slow or dead target delays no other one, however much waits for it, however many of them there are."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.contract.test_archive import FEED, draft
from tests.receiver import SECRET, Receiver, Reply
from worker.archive import Archive, open_archive
from worker.channels import WebhookChannel
from worker.circuit import PATIENCE
from worker.deliver import Counter, deliver_some
from worker.dispatch import Dispatch, Task
from worker.fetch import Fetcher
from worker.model import Owed
from worker.steadyclock import SystemClock

WAITING = 10_000
AT_MOST_S = 8.0  # those who hang do so for twenty seconds


def owe(archive: Archive, channel: str, number: int, waits: int = 0) -> None:
    """So many alerts of one subscription to a channel, about one article."""
    now = datetime.now(UTC)
    with archive.write() as tx:
        [filing] = tx.records.file([draft(1)], feed_url=FEED, now=now)
        named = {"name": f"{channel} {waits}", "query": "x", "canonical": "{}"}
        tx.subscriptions.add(**named, channels=[channel], origin="command", now=now)
        subscription = tx.subscriptions.find(named["name"])
        assert subscription is not None
        assert filing.record_id is not None
        common = {"subscription": subscription, "record_id": filing.record_id, "record_key": filing.record_key}
        owed = [Owed(**common, record=draft(1).record, spans=(), occasion=str(n)) for n in range(number)]
        assert tx.alerts.owe(owed, now) == number


@contextmanager
def refusing() -> Iterator[str]:
    """An address at which nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/"


@contextmanager
def dispatching(counter: Counter) -> Iterator[Dispatch]:
    """As the worker does it: a bell, and what is due is found in the tables."""
    stopping = threading.Event()

    def work(task: Task) -> bool:
        return deliver_some(counter, task[1], stopping=stopping.is_set).more and not stopping.is_set()

    try:
        yield Dispatch(work)
    finally:
        stopping.set()


def ring(dispatch: Dispatch, counter: Counter) -> None:
    with counter.archive.read() as tx:
        names = tx.outbox.due_channels(counter.clock.now())
    for name in names:
        dispatch.ring(("alerts", name))


def await_rest() -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("alerts "):
            thread.join(30)


def test_ten_thousand_alerts_for_dead_targets_delay_no_other_target(tmp_path: Path) -> None:
    archive = open_archive(f"sqlite:///{tmp_path}/feedwacht.db")
    fetcher = Fetcher(user_agent="test/1", allow_networks=[ip_network("127.0.0.0/8")])
    try:
        with fetcher, refusing() as nobody, Receiver() as good, Receiver(Reply(trick="hang")) as hanging:
            urls = {"refuses": nobody, **{f"hangs {n}": hanging.url for n in range(5)}, "good": good.url}
            channels = {name: WebhookChannel(name, url, SECRET, fetcher) for name, url in urls.items()}
            counter = Counter(archive=archive, channels=channels, clock=SystemClock(), jitter=lambda: 0.5)
            for name in ("refuses", "hangs 0"):
                owe(archive, name, WAITING)
            for number in range(1, 5):
                owe(archive, f"hangs {number}", 100)
            with dispatching(counter) as dispatch:
                ring(dispatch, counter)
                for number in range(3):  # and it stays so while they hang
                    owe(archive, "good", 1, number)
                    ring(dispatch, counter)
                    assert good.await_requests(number + 1, AT_MOST_S), "the good target waited for the dead ones"
                assert dispatch.at_work >= 5, "the others hang"
            hanging.closing.set()
            await_rest()
            with archive.read() as tx:
                assert tx.alerts.counts() == {"pending": 2 * WAITING + 400, "sent": 3}
                assert {state.name: state.failures for state in tx.channels.all()} == {
                    "refuses": PATIENCE,
                    **{f"hangs {n}": 1 for n in range(5)},
                }
    finally:
        archive.close()


@pytest.mark.parametrize("times", [1, 5])
def test_a_bell_while_somebody_is_at_work_is_not_lost(times: int) -> None:
    begun, go_on, rounds = threading.Event(), threading.Event(), []

    def work(task: Task) -> bool:
        rounds.append(task)
        begun.set()
        go_on.wait(10)
        return False

    dispatch = Dispatch(work)
    dispatch.ring(("alerts", "a"))
    assert begun.wait(10)
    for _ in range(times):
        dispatch.ring(("alerts", "a"))
    go_on.set()
    await_rest()
    assert rounds == [("alerts", "a")] * 2
    assert dispatch.at_work == 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_task_that_breaks_can_be_rung_for_again() -> None:
    rounds = []

    def work(task: Task) -> bool:
        rounds.append(task)
        if len(rounds) == 1:
            raise SystemExit
        return len(rounds) < 4

    dispatch = Dispatch(work)
    for _ in range(2):
        dispatch.ring(("alerts", "a"))
        await_rest()
    assert len(rounds) == 4
