"""One thread for each channel that has something to send: a slow or dead target holds up no other one.

Owns the threads. They come when the bell rings and something is due, and go when nothing is. Must not know what is sent,
nor what becomes of it.
"""

import threading
from collections.abc import Callable

MOST = 200  # at a time; nearly all of them wait for their target

Task = tuple[str, str]  # what is sent, and by which channel


class Dispatch:
    """At most one thread a task. work: does some of it, and says whether there is more."""

    def __init__(self, work: Callable[[Task], bool]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._again: dict[Task, bool] = {}  # those at work; True: the bell rang meanwhile

    def ring(self, task: Task) -> None:
        """Something is due. What is under way looks once more before it ends; what finds no room waits for the next bell."""
        with self._lock:
            if task in self._again:
                self._again[task] = True
                return
            if len(self._again) >= MOST:
                return
            self._again[task] = False
        threading.Thread(target=self._run, args=(task,), name=" ".join(task), daemon=True).start()

    @property
    def at_work(self) -> int:
        """How many threads there are."""
        with self._lock:
            return len(self._again)

    def _run(self, task: Task) -> None:
        try:
            while self._work(task) or self._rang(task):
                pass
        except BaseException:
            self._leave(task)
            raise

    def _rang(self, task: Task) -> bool:
        """Whether to look once more; if not, the thread has left, and the next bell starts another one."""
        with self._lock:
            if self._again[task]:
                self._again[task] = False
                return True
            del self._again[task]
            return False

    def _leave(self, task: Task) -> None:
        with self._lock:
            self._again.pop(task, None)
