"""Threads that work off jobs side by side, so that a job that waits for somebody holds nobody else up.

Owns the count of hands: whoever has been at one job for SLOW_S waits for a server, costs nothing, and is not counted
any more, up to MOST_FOLD times as many. Must not know what the jobs are.
"""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Generic, Self, TypeVar

SLOW_S = 2.0
MOST_FOLD = 5

Job = TypeVar("Job")


class Crew(Generic[Job]):
    """`hands` jobs at a time, beside those that are slow. One thread gives the orders; leaving waits for all hands."""

    def __init__(self, work: Callable[[Job], None], hands: int) -> None:
        self._work = work
        self._hands = hands
        self._lock = threading.Lock()
        self._waiting: deque[Job] = deque()
        self._begun: dict[int, tuple[Job, float]] = {}  # by thread: its job, and since when
        self._threads: set[threading.Thread] = set()
        self._done: queue.SimpleQueue[tuple[Job, BaseException | None]] = queue.SimpleQueue()
        self._open = 0  # jobs that `finished` has not handed out yet

    def add(self, jobs: Iterable[Job]) -> None:
        with self._lock:
            before = len(self._waiting)
            self._waiting.extend(jobs)
            self._open += len(self._waiting) - before
        self._man()

    @property
    def busy(self) -> bool:
        """Whether there are jobs that `finished` has not handed out."""
        return self._open > 0

    @property
    def has_free_hands(self) -> bool:
        """Whether more could be begun at once."""
        with self._lock:
            return not self._waiting and self._free() > 0

    def finished(self, timeout_s: float) -> list[tuple[Job, BaseException | None]]:
        """Jobs that are done, each with what it raised; waits for the first one, [] = none within timeout_s."""
        self._man()
        done = []
        try:
            done.append(self._done.get(timeout=timeout_s))
            while True:
                done.append(self._done.get_nowait())
        except queue.Empty:
            pass
        self._open -= len(done)
        return done

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._waiting.clear()
            threads = list(self._threads)
        for thread in threads:
            thread.join()

    def _man(self) -> None:
        """As many threads as there are free hands and jobs for them."""
        with self._lock:
            for _ in range(min(self._free(), len(self._waiting))):
                thread = threading.Thread(target=self._work_off, name=f"poll-{len(self._threads)}")
                self._threads.add(thread)
                thread.start()

    def _free(self) -> int:
        slow_since = time.monotonic() - SLOW_S
        slow = sum(since < slow_since for _, since in self._begun.values())
        return min(self._hands - len(self._threads) + slow, self._hands * MOST_FOLD - len(self._threads))

    def _work_off(self) -> None:
        me = threading.current_thread()
        while True:
            with self._lock:
                self._begun.pop(id(me), None)
                if not self._waiting:
                    self._threads.discard(me)
                    return
                job = self._waiting.popleft()
                self._begun[id(me)] = (job, time.monotonic())
            try:
                self._work(job)
            except BaseException as error:  # noqa: BLE001 - whoever gives the orders raises it
                self._done.put((job, error))
            else:
                self._done.put((job, None))
