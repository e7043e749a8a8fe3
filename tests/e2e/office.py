"""Whole processes: `feedwacht run`, `worker` and `beat` as a person or a supervisor starts them."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.receiver import SECRET, Receiver
from tests.servers import launched
from tests.wordpress import WordPressSite
from worker.archive import Transaction, open_archive

CONFIG = """
[archive]
database = "{database}"
files = "{folder}/records"
[broker]
url = "{broker}"
[http]
timeout = "2s"
host_gap = "0s"
allow_networks = ["127.0.0.0/8"]
[poll]
min_interval = "100ms"
back_off_max = "2s"
[worker]
tick = "300ms"
lease = "3s"
delivery_lease = "30s"
[[source]]
name = "hasepost"
line = "Hasepost.de - Die Zeitung für Osnabrück"
home = "{site}/"
post_id_pattern = '-(\\d+)/?$'
[[source.feed]]
url = "{site}/feed/"
interval = "500ms"
[[channel]]
name = "hook"
type = "webhook"
url = "{hook}"
secret_file = "{folder}/secret"
allow_networks = ["127.0.0.0/8"]
[[subscription]]
name = "Radweg"
query = 'Radweg'
channels = ["hook"]
"""


@dataclass
class Process:
    """One `feedwacht` process; its lines are kept."""

    arguments: tuple[str, ...]
    lines: list[str] = field(default_factory=list)
    environment: dict[str, str] | None = None  # None = ours
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def start(self) -> Self:
        argv = launched([sys.executable, "-m", "worker", *self.arguments])
        self.process = subprocess.Popen(
            argv,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env=self.environment,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.rstrip())
                self._changed.notify_all()

    def await_line(self, part: str, timeout_s: float = 30, count: int = 1) -> None:
        with self._changed:
            found = self._changed.wait_for(lambda: sum(part in line for line in self.lines) >= count, timeout_s)
        assert found, f"no line with {part!r} within {timeout_s} s:\n" + "\n".join(self.lines[-30:])

    def kill(self) -> None:
        self.process.kill()
        self.wait()

    def terminate(self, timeout_s: float = 8, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.wait(timeout_s)

    def wait(self, timeout_s: float = 10) -> int:
        code = self.process.wait(timeout_s)
        self._reader.join(5)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


class Office:
    """A site, a webhook receiver, a configuration, and the processes that were started."""

    def __init__(self, folder: Path, database: str, broker: str, site: WordPressSite, receiver: Receiver) -> None:
        self.site, self.receiver = site, receiver
        self.config = folder / "feedwacht.toml"
        self.records = folder / "records"
        (folder / "secret").write_text(SECRET)
        text = CONFIG.format(database=database, folder=folder, broker=broker, site=site.url, hook=receiver.url)
        self.config.write_text(text, encoding="utf-8")
        self.processes: list[Process] = []

    def start(self, *arguments: str) -> Process:
        process = Process((*arguments, "--config", str(self.config))).start()
        self.processes.append(process)
        return process

    def close(self) -> None:
        for process in self.processes:
            if process.process.poll() is None:
                process.kill()

    def alerts(self) -> dict[str, list[str]]:
        """Titles by webhook id, in the order of arrival."""
        found: dict[str, list[str]] = {}
        for request in self.receiver.requests:
            title = json.loads(request.body)["data"]["record"]["title"]
            found.setdefault(request.headers["webhook-id"], []).append(title)
        return found

    def titles(self) -> set[str]:
        return {title for titles in self.alerts().values() for title in titles}

    def await_alerts(self, titles: set[str], timeout_s: float = 40) -> None:
        wait_until(
            lambda: titles <= self.titles(), timeout_s, lambda: f"{titles - self.titles()}\n{self._last_lines()}"
        )

    def _last_lines(self) -> str:
        return "\n".join(line for process in self.processes for line in process.lines[-15:])


def wait_until(condition: Callable[[], bool], timeout_s: float, otherwise: Callable[[], str]) -> None:
    """Look every 50 ms: another process gives no event to wait for."""
    pause = threading.Event()
    for _ in range(int(timeout_s / 0.05)):
        if condition():
            return
        pause.wait(0.05)
    raise AssertionError(f"not within {timeout_s} s: {otherwise()}")


@contextmanager
def reading(database: str) -> Iterator[Transaction]:
    """The archive as somebody else sees it, at one moment."""
    with closing(open_archive(database)) as archive, archive.read() as tx:
        yield tx


def count_records(database: str) -> int:
    with reading(database) as tx:
        return tx.records.count()


@contextmanager
def open_office(folder: Path, database: str, broker: str = "") -> Iterator[Office]:
    with WordPressSite() as site, Receiver() as receiver:
        office = Office(folder, database, broker, site, receiver)
        try:
            yield office
        finally:
            office.close()
