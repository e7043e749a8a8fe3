"""A bell that rings beside the ticks: when something is due before the next one, or has just come up.

Nothing is lost with it: the tables know what is due, and the next tick finds it. Owns when it rings, and that it does so
seldom enough. Must not know what it rings for.
"""

import math
import threading
import time
from collections.abc import Callable

GAP_S = 0.5  # from one ring to the next: each costs a message and a look at the tables


class Alarm:
    """Threads may share it. ring: is called from a thread of its own."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._lock = threading.Lock()
        self._rang_s = -math.inf
        self._at_s = math.inf
        self._timer: threading.Timer | None = None

    def set(self, in_s: float = 0.0) -> None:
        """Ring in so many seconds, or GAP_S after the last time; whatever is earliest of what it was set to counts."""
        with self._lock:
            now_s = time.monotonic()
            at_s = max(now_s + in_s, self._rang_s + GAP_S)
            if at_s >= self._at_s:
                return
            if self._timer is not None:
                self._timer.cancel()
            self._at_s = at_s
            self._timer = threading.Timer(at_s - now_s, self._go_off)
            self._timer.daemon = True
            self._timer.start()

    def _go_off(self) -> None:
        with self._lock:
            if threading.current_thread() is not self._timer:
                return  # it was set anew at the last moment
            self._rang_s, self._at_s, self._timer = time.monotonic(), math.inf, None
        self._ring()
