"""The worker's ear for the bell: Celery's consumer, which waits for a broker that is away and says so once.

Celery's own says it at each try, and tries more and more seldom. Must not know what is rung for.
"""

import threading
from collections.abc import Callable
from typing import Any

from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown

from worker import logs
from worker.masking import mask

_SOON_S, _MOST_S = 1.0, 5.0  # from one try to the next: a bell that is back is heard within seconds


def _nobody_asks() -> None:
    """What changes here concerns nobody."""


class Link:
    """Between a worker and its broker. address: "" = there is none, all is in this process. changed: hears of each change."""

    def __init__(self, address: str, changed: Callable[[], None] = _nobody_asks) -> None:
        self._address = mask(address)
        self._is_there = threading.Event()
        self._said = False
        self.changed = changed

    def waits(self) -> str:
        """What the worker waits for, in words; "" = for nothing."""
        if self._is_there.is_set() or not self._address:
            return ""
        return f"it waits for the broker {self._address}: does that run, is the address right?"

    def lost(self, error: Exception, _in_s: float) -> None:
        """A try came to nothing."""
        self._is_there.clear()
        if not self._said:
            said = "it is tried every few seconds, and nothing is lost"
            logs.line("broker", f"the broker cannot be reached: {error}; {said}", level="error")
            self._said = True
            self.changed()

    def there(self) -> None:
        """It is connected."""
        self._is_there.set()
        if self._said:
            logs.line("broker", "the broker is there again")
        self._said = False
        self.changed()


def consumer(link: Link) -> type:
    """Celery's consumer for a worker with this link."""

    class Ear(Consumer):  # type: ignore[misc]
        def ensure_connected(self, conn: Any) -> Any:
            """For as long as it takes. Raises: WorkerShutdown, WorkerTerminate."""
            pauses = {"interval_start": _SOON_S, "interval_step": _SOON_S, "interval_max": _MOST_S}
            connected = conn.ensure_connection(link.lost, None, callback=maybe_shutdown, **pauses)
            self.first_connection_attempt = False
            link.there()
            return connected

    return Ear
