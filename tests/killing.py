"""The end of a process at a chosen statement, without a process: for stories in which a worker is killed."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import event

from worker.archive import Archive
from worker.errors import ArchiveError


class Killed(BaseException):
    """The process ends here. No Exception, so that nothing can catch it but a `finally`."""


@contextmanager
def killed_at(archive: Archive, number: int, when: str) -> Iterator[list[int]]:
    """Die before or after the n-th statement, or at the n-th commit. Gives how many came.

    when: "before_cursor_execute", "after_cursor_execute" or "commit".
    """
    engine = archive.database.engine
    count = [0]
    open_connections: list[Any] = []

    def remember(connection: Any, *_: Any) -> None:
        open_connections.append(connection)

    def strike(*_: Any) -> None:
        count[0] += 1
        if count[0] >= number:  # a dead process writes nothing more, not even in a `finally`
            for connection in open_connections:  # with the process its connections end, and what they held
                with suppress(Exception):
                    connection.rollback()
                connection.close()
            open_connections.clear()
            raise Killed

    event.listen(engine, "checkout", remember)
    event.listen(engine, when, strike)
    try:
        yield count
    except Killed:
        pass
    except ArchiveError:  # in another thread, whose connection ended with the process
        if count[0] < number:
            raise
    if count[0] < number:  # it came through: it lives on as before
        event.remove(engine, "checkout", remember)
        event.remove(engine, when, strike)
