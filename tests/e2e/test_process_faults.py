"""Processes that stand still, and a broker that refuses: seen from outside, with real ones."""

import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from tests.e2e.office import Office, open_office, wait_until
from tests.servers import RedisServer

pytestmark = pytest.mark.slow


def publish(office: Office, *numbers: int) -> set[str]:
    return {office.site.publish(f"Radweg {number} eröffnet", "<p>Freie Fahrt.</p>").title for number in numbers}


def test_a_stopped_worker_is_stood_in_for_and_works_on_afterwards(tmp_path: Path) -> None:
    """SIGSTOP for longer than its lease, in the middle of a request; what it brings home late changes nothing."""
    with open_office(tmp_path, f"sqlite:///{tmp_path}/feedwacht.db") as office:
        publish(office, 0)
        first = office.start("run")
        first.await_line("poll updated")
        asked, stopped = threading.Event(), threading.Event()

        def hanging(_path: str) -> None:
            if not asked.is_set():
                asked.set()
                stopped.wait(30)

        office.site.on_request = hanging
        assert asked.wait(30), first.text
        first.process.send_signal(signal.SIGSTOP)  # at a request it holds no lock of the archive
        stopped.set()
        second = office.start("run")
        office.await_alerts(publish(office, 1, 2))
        first.process.send_signal(signal.SIGCONT)
        office.await_alerts(publish(office, 3))
        second.kill()
        office.await_alerts(publish(office, 4, 5))
        told = office.alerts().values()
        assert all(len(titles) == 1 for titles in told), told
        assert len(told) == 5, "one alert an article, whoever filed it"
        assert "Traceback" not in first.text


def out_of_memory(client: redis.Redis) -> Callable[[], None]:
    client.config_set("maxmemory", "1")
    return lambda: client.config_set("maxmemory", "0")  # type: ignore[return-value]


def read_only(client: redis.Redis) -> Callable[[], None]:
    client.execute_command("REPLICAOF", "127.0.0.1", "1")
    return lambda: client.execute_command("REPLICAOF", "NO", "ONE")


@pytest.mark.parametrize("refuse", [out_of_memory, read_only], ids=["OOM", "READONLY"])
def test_a_broker_that_takes_nothing(
    tmp_path: Path, own_redis: RedisServer, refuse: Callable[[redis.Redis], Callable[[], None]]
) -> None:
    """It is said, no process ends for it, and nothing is lost."""
    with open_office(tmp_path, f"sqlite:///{tmp_path}/feedwacht.db", own_redis.url) as office:
        publish(office, 0)
        worker, beat = office.start("worker"), office.start("beat")
        worker.await_line("poll updated", timeout_s=60)
        with own_redis.client() as client:
            restore = refuse(client)
            before = len(worker.lines) + len(beat.lines)
            missed = publish(office, 1, 2)
            wait_until(lambda: len(worker.lines) + len(beat.lines) > before, 40, lambda: worker.text + beat.text)
            restore()
        office.await_alerts(missed, timeout_s=60)
        assert (worker.process.poll(), beat.process.poll()) == (None, None), worker.text + beat.text
