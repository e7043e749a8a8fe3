"""Processes that stand still, and a broker that refuses: seen from outside, with real ones."""

import os
import resource
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


def test_a_disk_that_is_full_for_a_while(tmp_path: Path) -> None:
    """No file of the worker's takes another byte: it says so, stays, and afterwards nothing is missing."""
    with open_office(tmp_path, f"sqlite:///{tmp_path}/feedwacht.db") as office:
        publish(office, 0)
        worker = office.start("run")
        worker.await_line("poll updated")
        _, hard = resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (0, hard))
        missed = publish(office, 1, 2)
        worker.await_line("cannot be written")
        resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        office.await_alerts(missed, timeout_s=60)
        assert all(len(titles) == 1 for titles in office.alerts().values()), office.alerts()
        assert worker.process.poll() is None
        assert "Traceback" not in worker.text


def out_of_memory(client: redis.Redis) -> Callable[[], None]:
    client.config_set("maxmemory", "1")
    return lambda: client.config_set("maxmemory", "0")  # type: ignore[return-value]


def read_only(client: redis.Redis) -> Callable[[], None]:
    client.execute_command("REPLICAOF", "127.0.0.1", "1")
    return lambda: client.execute_command("REPLICAOF", "NO", "ONE")


def loading(client: redis.Redis) -> Callable[[], None]:
    """As after its start with much to read, for as long as wanted; to those, too, who are connected already."""
    client.mset({f"ballast {number}": os.urandom(2_000) for number in range(2_000)})
    client.config_set("loading-process-events-interval-bytes", 1024)
    client.config_set("key-load-delay", 20_000)  # microseconds
    reads = threading.Thread(target=_reload, args=[client.connection_pool.connection_kwargs["path"]])
    reads.start()
    wait_until(lambda: client.info("persistence")["loading"] == 1, 10, lambda: "it does not load")

    def restore() -> None:
        client.config_set("key-load-delay", 0)
        reads.join()

    return restore


def _reload(path: str) -> None:
    with redis.Redis(unix_socket_path=path, socket_timeout=120) as client:
        client.execute_command("DEBUG", "RELOAD")


@pytest.mark.parametrize("refuse", [out_of_memory, read_only, loading], ids=["OOM", "READONLY", "LOADING"])
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


def test_processes_that_start_while_the_broker_still_loads(tmp_path: Path, own_redis: RedisServer) -> None:
    """They wait for it, and it is not their end: their supervisor would start them again and again."""
    with open_office(tmp_path, f"sqlite:///{tmp_path}/feedwacht.db", own_redis.url) as office:
        missed = publish(office, 0)
        with own_redis.client() as client:
            restore = loading(client)
            worker, beat = office.start("worker"), office.start("beat")
            wait_until(lambda: "oading" in worker.text and "oading" in beat.text, 40, lambda: worker.text + beat.text)
            restore()
        worker.await_line("poll updated", timeout_s=60)
        office.await_alerts(publish(office, 1), timeout_s=60)
        assert missed
        assert (worker.process.poll(), beat.process.poll()) == (None, None), worker.text + beat.text
