"""Group commit: writes that wait for SQLite's one writer anyway share a transaction, and with it one sync of the disk.

Each of them is still all or nothing: when one fails, the transaction is rolled back and the others are done again without
it. Knows no table.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from copy import copy
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection

from worker.archive.engine import Database

MOST = 20  # errands of one transaction: others wait for the writer, too

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Errand:
    """One write, and what came of it."""

    work: Callable[[Connection], Any]
    context: Context = field(default_factory=copy_context)  # its lines in the log are its owner's, whoever writes them
    value: Any = None
    error: BaseException | None = None
    is_done: bool = False


class Together:
    """Whoever comes first does the work of all who have come meanwhile."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._waiting: deque[_Errand] = deque()

    def write(self, work: Callable[[Connection], T]) -> T:
        """`work` in a transaction, committed when this returns. It may be run several times, so it must do nothing else.

        PostgreSQL has many writers and a group commit of its own. Raises: ArchiveError, and what `work` raises.
        """
        if not self._database.is_sqlite:
            with self._database.write() as connection:
                return work(connection)
        errand = _Errand(work)
        with self._lock:
            self._waiting.append(errand)
        with self._turn:
            while not errand.is_done:
                self._lead()
        if errand.error is not None:
            raise errand.error
        value: T = errand.value
        return value

    def _lead(self) -> None:
        taken: Sequence[_Errand] = ()
        failing: _Errand | None = None
        try:
            with self._database.write() as connection:
                taken = self._take()
                for failing in taken:
                    failing.value = failing.context.run(failing.work, connection)
                failing = None
        except BaseException as error:  # noqa: BLE001 - whose errand it was raises it
            self._settle_failure(taken, failing, error)
        else:
            _settle(taken, None)

    def _settle_failure(self, taken: Sequence[_Errand], failing: _Errand | None, error: BaseException) -> None:
        """One that fails fails alone; what can be neither begun nor committed fails all."""
        if failing is None:
            _settle(taken or self._take(), error)
            return
        _settle([failing], error)
        with self._lock:
            self._waiting.extendleft(one for one in reversed(taken) if one is not failing)

    def _take(self) -> list[_Errand]:
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]


def _settle(errands: Sequence[_Errand], error: BaseException | None) -> None:
    for number, errand in enumerate(errands):
        errand.error = copy(error) if number else error  # each thread adds its own traceback
        errand.is_done = True
