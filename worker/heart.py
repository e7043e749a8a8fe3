"""What shows that a process lives: every few seconds it writes its row, with what it did and why it takes no work.

Owns the thread that does it. It never ends the process; an archive that cannot be reached is one line in the log, and
another one when it is back. Must not know what the process does, nor who reads the row.
"""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from worker import __version__, logs
from worker.archive import Archive, schema_version
from worker.errors import FeedwachtError, fault
from worker.model import Clock, Colleague

BEAT_S = 10.0
FORGOTTEN_AFTER = timedelta(days=1)  # rows of processes that were killed


def introduce(role: str, now: datetime, *, queue: str = "") -> Colleague:
    """This process, as others see it. role: run, worker, beat or metrics; queue: the only one that it works off.

    Its name is its own as long as no other process of a machine of that name has its pid.
    """
    host, pid = os.uname().nodename, os.getpid()
    return Colleague(
        name=f"{role}{f'-{queue}' if queue else ''}@{host}-{pid}",
        role=role,
        host=host,
        pid=pid,
        version=__version__,
        schema_version=schema_version(),
        started_at=now,
        seen_at=now,
    )


def _nobody_asks(_reason: str) -> None:
    """What keeps this process from work concerns nobody: it takes none."""


class Heart:
    """The report of one process.

    archive: gives the one to report to, and may raise any of our errors. counters: what the process did so far.
    tell: hears with every beat why no work may be taken, "" = it may. waits: what the process itself waits for before it
    takes any, in words, "" = nothing.
    """

    def __init__(
        self,
        me: Colleague,
        archive: Callable[[], Archive],
        clock: Clock,
        *,
        counters: Callable[[], Mapping[str, float]] = dict,
        tell: Callable[[str], None] = _nobody_asks,
        waits: Callable[[], str] = str,
        every_s: float = BEAT_S,
    ) -> None:
        self._me = me
        self._archive = archive
        self._clock = clock
        self._counters = counters
        self._tell = tell
        self._waits = waits
        self._every_s = every_s
        self._ending = threading.Event()
        self._due = threading.Event()
        self._fails = False
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def report(self) -> None:
        """Beat now: something has changed that others look for."""
        self._due.set()

    def stop(self, timeout_s: float) -> None:
        """Say goodbye: the row goes. An archive that is slow to take it is not waited for; then the row only gets old."""
        self._ending.set()
        self._due.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            self._due.clear()  # before the look at the end: whoever stops says so first
            if self._ending.is_set():
                break
            self._guarded(self._beat)
            self._due.wait(self._every_s)
        self._guarded(self._leave)

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except FeedwachtError as error:
            self._failed(str(error))
        except Exception as error:  # noqa: BLE001 - the outermost edge of the thread: without it a process at work looks dead
            self._failed(fault(error))
        else:
            if self._fails:
                logs.line("heart", "this process reports again that it lives")
            self._fails = False

    def _failed(self, reason: str) -> None:
        if not self._fails:
            logs.line("heart", f"this process cannot report that it lives: {reason}; trying on", level="warning")
        self._fails = True

    def _beat(self) -> None:
        """Raises: FeedwachtError."""
        with self._archive().write() as tx:
            now = tx.clock.reads() or self._clock.now()
            reason = tx.fleet.obstacle()
            said = replace(self._me, seen_at=now, idle_reason=reason or self._waits(), counters=self._counters())
            tx.fleet.report(said)
            tx.fleet.forget(now - FORGOTTEN_AFTER)
        self._tell(reason)

    def _leave(self) -> None:
        """Raises: FeedwachtError."""
        with self._archive().write() as tx:
            tx.fleet.leave(self._me.name)
