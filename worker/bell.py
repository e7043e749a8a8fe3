"""The beat's bell: Celery's scheduler, which says once that the broker is away, and once that it is back.

Celery's own writes a traceback at each tick. Must not know what is rung for.
"""

from typing import Any

from celery.beat import ScheduleEntry, Scheduler, SchedulingError
from kombu import Producer  # type: ignore[attr-defined]

from worker import counts, logs


class Bell(Scheduler):  # type: ignore[misc]
    """Keeps no file: the tables are the schedule."""

    _fails = False

    def apply_entry(self, entry: ScheduleEntry, producer: Producer | None = None) -> None:
        """Ring once. What is not heard is not rung again: the next tick is as good."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except SchedulingError as error:
            self._refused(error)
        else:
            if self._fails:
                logs.line("broker", "the broker takes again what the beat rings")
            self._fails = False

    def _ensure_connected(self) -> Any:
        """At the start, and after a loss: for as long as it takes, at each tick."""
        tick_s = self.app.conf.beat_max_loop_interval
        pauses = {"interval_start": tick_s, "interval_step": 0.0, "interval_max": tick_s}
        return self.connection.ensure_connection(self._refused, None, **pauses)

    def _refused(self, error: Exception, _in_s: float = 0.0) -> None:
        self.app.office.tally.add(counts.NUDGES_REFUSED.of())
        if not self._fails:
            said = "it is tried at each tick, and nothing is lost"
            logs.line("broker", f"the broker does not take what the beat rings: {error}; {said}", level="error")
        self._fails = True
