"""The dead man's switch: an address outside that is asked every minute for as long as the work is being done.

Who stops hearing of us raises the alarm: the one thing that is told when the machine, the database or everything at once
is gone. What stops it is what a pulse shows (see `pulse.py`), and nothing that a feed or receiver does. Must not hold up
the tick that calls it, nor know what the address is of.
"""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from worker import logs, pulse
from worker.archive import Archive
from worker.errors import ArchiveError
from worker.fetch import Answer
from worker.model import Clock, FetchFailed
from worker.pulse import LATE, Pulse

_TURN = "dead_man"  # the moment that the processes share: one of them asks
_PATIENCE_S = 10.0


class Asker(Protocol):
    """What asks an address once: `fetch.Fetcher`."""

    def ask(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], timeout_s: float
    ) -> Answer | FetchFailed: ...


Start = Callable[[Callable[[], None]], None]  # has something done without waiting for it


def in_a_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="dead man", daemon=True).start()


class DeadMan:
    """Asks `url` once in `every`, whichever process comes first."""

    def __init__(
        self, *, archive: Archive, asker: Asker, clock: Clock, url: str, every: timedelta, start: Start = in_a_thread
    ) -> None:
        self._archive = archive
        self._asker = asker
        self._clock = clock
        self._url = url
        self._every = every
        self._start = start
        self._looked_at: datetime | None = None
        self._at_work = threading.Lock()
        self._said = ""

    def after_sweep(self) -> None:
        """A tick was carried out: see to it that the address hears of that. Returns at once, whatever comes of it."""
        now = self._clock.now()
        if self._looked_at is not None and self._looked_at <= now < self._looked_at + self._every:
            return
        if self._at_work.acquire(blocking=False):
            self._looked_at = now
            self._start(lambda: self._look(now))

    def _look(self, now: datetime) -> None:
        try:
            self._say(self._come_to_nothing(now))
        except ArchiveError as error:
            self._say(str(error))
        finally:
            self._at_work.release()

    def _come_to_nothing(self, now: datetime) -> str | None:
        """Ask, if it is well and our turn. Returns: why it was not told, "" = it was, None = another process tells it."""
        with self._archive.read() as tx:
            lapse = lapse_of(pulse.feel(tx, now))
        if lapse:
            return lapse
        with self._archive.write() as tx:
            if not tx.fleet.take_turn(_TURN, now, now - self._every):
                return None
        answer = self._asker.ask("GET", self._url, None, {}, _PATIENCE_S)
        if isinstance(answer, FetchFailed):
            return answer.reason
        return "" if 200 <= answer.status < 300 else f"it answered {answer.status}"

    def _say(self, reason: str | None) -> None:
        """Once, and once more when it changes: the other side repeats it for us."""
        if reason is None:
            return
        if reason and reason != self._said:
            logs.line("dead man", f"the dead-man address was not told that all is well: {reason}", level="warning")
        if self._said and not reason:
            logs.line("dead man", "the dead-man address is told again")
        self._said = reason


def lapse_of(now: Pulse) -> str:
    """What of the work is not being done, "" = it is."""
    if now.feed_waits_s > LATE.total_seconds():
        return "a feed waits too long for its poll"
    if now.delivery_waits_s > LATE.total_seconds():
        return "a delivery waits too long"
    return "the canary did not arrive" if now.canary_late_since is not None else ""
