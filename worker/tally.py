"""What a process did since it was started, as numbers that only grow. Threads share one; it knows nothing of who asks."""

import threading
from collections import defaultdict


class Tally:
    """Sums by name, such as `polls|outcome=updated`; names are those of `counts.py`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sums: dict[str, float] = defaultdict(float)

    def add(self, name: str, amount: float = 1.0) -> None:
        """amount: of the name's unit, not negative."""
        with self._lock:
            self._sums[name] += amount

    def sums(self) -> dict[str, float]:
        """All of them at one moment."""
        with self._lock:
            return dict(self._sums)
