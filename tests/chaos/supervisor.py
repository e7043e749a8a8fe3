"""Starts the processes and starts them again when they end, as systemd and compose do; notes when each was away.

Everything that is started dies with the supervisor's thread. Must not know why a process ended.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.servers import launched

RESTART_S = 0.5
LOOK_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """From when to when something was not there, in POSIX seconds. what: "worker-1", "redis" …"""

    what: str
    began_at: float
    ended_at: float


@dataclass(slots=True, kw_only=True)
class Service:
    """A process that is always to run.

    greets: it says a line when it is ready, and is away until then. away_since: when it ended or was paused, None = it is
    at work; silent_bytes: how long its log was when it was started, None = it has said something since.
    """

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    greets: bool = False
    process: subprocess.Popen[bytes] | None = None
    away_since: float | None = None
    is_paused: bool = False
    silent_bytes: int | None = None
    starts: int = 0

    @property
    def kind(self) -> str:
        return self.name.partition("-")[0]

    @property
    def is_at_work(self) -> bool:
        return self.away_since is None


class Supervisor:
    """Keeps services running from `__enter__` to `__exit__`. folder: for what they say."""

    def __init__(self, services: Iterable[Service], folder: Path) -> None:
        self.services = {service.name: service for service in services}
        self.aways: list[Away] = []
        self.surprises: list[str] = []
        self._folder = folder
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._up = threading.Event()
        self._asked_to_end: set[int] = set()
        self._is_dark = False

    def __enter__(self) -> Self:
        self._thread.start()
        self._up.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End all services; safe to call twice."""
        self._stopping.set()
        self._thread.join()

    # -- what others do to them ---------------------------------------------------------------------------------------

    def send(self, name: str, number: signal.Signals) -> bool:
        """A signal to end. False: it has ended already."""
        with self._lock:
            process = self.services[name].process
            if process is None or process.poll() is not None:
                return False
            self._asked_to_end.add(process.pid)
            process.send_signal(number)
            return True

    def pause(self, name: str) -> int:
        """Returns: the process, for `resume`; 0 = there was none."""
        with self._lock:
            service = self.services[name]
            if service.process is None or service.process.poll() is not None or service.is_paused:
                return 0
            service.process.send_signal(signal.SIGSTOP)
            service.is_paused, service.away_since = True, service.away_since or time.time()
            return service.process.pid

    def resume(self, name: str, pid: int) -> bool:
        """False: it was killed meanwhile."""
        with self._lock:
            service = self.services[name]
            if service.process is None or service.process.pid != pid or service.process.poll() is not None:
                return False
            service.process.send_signal(signal.SIGCONT)
            service.is_paused = False
            if service.silent_bytes is None:
                self._note_back(service)
            return True

    def cut_power(self) -> None:
        """Kill all of them at once; none starts before `restore_power`."""
        with self._lock:
            self._is_dark = True
            for service in self.services.values():
                if service.process is not None:
                    self._asked_to_end.add(service.process.pid)
                    service.process.kill()

    def restore_power(self) -> None:
        with self._lock:
            self._is_dark = False

    def children(self, name: str) -> list[int]:
        """The processes that a service has started."""
        with self._lock:
            process = self.services[name].process
        return _children(process.pid) if process is not None else []

    def aways_until_now(self) -> list[Away]:
        """Those that are over, and those that are not."""
        with self._lock:
            gone = [(service.name, service.away_since) for service in self.services.values()]
            open_ones = [Away(what=name, began_at=at, ended_at=time.time()) for name, at in gone if at is not None]
            return [*self.aways, *open_ones]

    # -- the thread ---------------------------------------------------------------------------------------------------

    def _keep(self) -> None:
        for service in self.services.values():
            service.away_since = time.time()
            self._start(service)
        self._up.set()
        while not self._stopping.wait(LOOK_S):
            for service in self.services.values():
                self._look_after(service)
        self._end_all()

    def _look_after(self, service: Service) -> None:
        with self._lock:
            code = service.process.poll() if service.process is not None else None
            if service.process is not None and code is not None:
                if service.process.pid not in self._asked_to_end:
                    self.surprises.append(f"{service.name} ended by itself with {code}")
                service.process, service.is_paused = None, False
                service.away_since = service.away_since or time.time()
            self._hear(service)
            ended_at = service.away_since if service.process is None and not self._is_dark else None
        if ended_at is not None and time.time() - ended_at >= RESTART_S:
            self._start(service)

    def _start(self, service: Service) -> None:
        argv = launched([sys.executable, "-m", "worker", *service.arguments])
        with self._log_of(service).open("ab") as log:
            said_bytes = log.tell()
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, **service.environment},
            )
        with self._lock:
            service.process = process
            service.starts += 1
            service.silent_bytes = said_bytes if service.greets else None
            if not service.greets:
                self._note_back(service)

    def _hear(self, service: Service) -> None:
        """What greets is there once it has said something."""
        if service.process is None or service.silent_bytes is None or service.is_paused:
            return
        if self._log_of(service).stat().st_size > service.silent_bytes:
            service.silent_bytes = None
            self._note_back(service)

    def _log_of(self, service: Service) -> Path:
        return self._folder / f"{service.name}.log"

    def _note_back(self, service: Service) -> None:
        if service.away_since is not None:
            self.aways.append(Away(what=service.name, began_at=service.away_since, ended_at=time.time()))
        service.away_since = None

    def _end_all(self) -> None:
        """With SIGTERM; who does not heed it within ten seconds is killed, and that is a surprise."""
        processes = [service.process for service in self.services.values() if service.process is not None]
        for process in processes:
            for number in (signal.SIGCONT, signal.SIGTERM):
                with suppress(ProcessLookupError):
                    process.send_signal(number)
        deadline = time.monotonic() + 10
        for process in processes:
            try:
                process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                self.surprises.append(f"process {process.pid} did not end on SIGTERM")
                process.kill()
                process.wait()


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, listing.read_text().split())
    return found
