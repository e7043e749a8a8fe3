"""A fault of files that lasts: one line when it begins or becomes another one, and one when it is over.

Whoever tries again every few seconds would fill the log with it. Must not know what is written, nor who tries.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from worker import logs
from worker.filefault import file_fault


class Lasting:
    """What is known of one kind of files. event: of its lines in the log; over: said when they can be written again."""

    def __init__(self, event: str, over: str) -> None:
        self._event = event
        self._over = over
        self._said = ""

    @contextmanager
    def told(self) -> Iterator[None]:
        """Around a try. What the system refuses ends it, and is told here."""
        try:
            yield
        except OSError as error:
            self._failed(file_fault(error))
        else:
            if self._said:
                logs.line(self._event, self._over)
            self._said = ""

    def _failed(self, said: str) -> None:
        if said != self._said:
            logs.line(self._event, f"{said}; it is tried again and again", level="error")
        self._said = said
