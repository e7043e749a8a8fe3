"""A worker on a farm: the whole flow with a real archive, sandbox and log, wired as `feedwacht run` wires it."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from bench import farm
from bench.seed import Clock, add_feeds, equipped, subscribe
from worker.archive import open_archive
from worker.batch import poll_due
from worker.bootstrap import settle
from worker.intake import Equipment, Manners
from worker.poll import PollResult

_INTERVAL_S = 600.0


class Farm:
    """The farm's process, and what it is told."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        self._process = process
        self.pid = process.pid
        self._port = int(process.stdout.readline())

    def url(self, number: int, path: str = "/feed/") -> str:
        return f"http://{farm.address(number)}:{self._port}{path}"

    def urls(self, count: int = farm.FEEDS) -> list[str]:
        return [self.url(number) for number in range(count)]

    def say(self, command: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(command, file=self._process.stdin, flush=True)
        assert self._process.stdout.readline() == "done\n", command


@contextmanager
def open_farm() -> Iterator[Farm]:
    command = [sys.executable, "-m", "bench.farm"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            part(process.pid)
            yield Farm(process)
        finally:
            process.terminate()


def part(other: int) -> None:
    """Both sides of every comparison on one core, the farm on the others: threads and children that run at the same time
    on cores that share caches cost more CPU seconds for the same work, by as much as the machine likes.
    """
    first, *others = sorted(os.sched_getaffinity(0))
    if others:
        os.sched_setaffinity(0, {first})
        os.sched_setaffinity(other, others)


class House:
    """Feeds that are polled again whenever `poll` is called."""

    def __init__(self, equipment: Equipment, clock: Clock) -> None:
        self.equipment = equipment
        self._clock = clock

    def watch(self, urls: Sequence[str]) -> None:
        add_feeds(self.equipment.archive, urls, self._clock.now(), _INTERVAL_S)

    def subscribe(self) -> None:
        subscribe(self.equipment.archive, now=self._clock.now())

    def poll(self) -> list[PollResult]:
        """Poll everything once."""
        self._clock.ahead += timedelta(seconds=2 * _INTERVAL_S)
        return self.work_off()

    def work_off(self) -> list[PollResult]:
        """Poll what is due, in as many batches as a worker would make of it."""
        polls: list[PollResult] = []
        while (batch := poll_due(self.equipment)).hosts:
            polls += batch.polls
        return polls


@contextmanager
def open_house() -> Iterator[House]:
    clock, manners = Clock(), Manners(host_gap_s=0.0, unconditional_every_s=10 * 365 * 86400.0)
    with (
        tempfile.TemporaryDirectory(prefix="feedwacht-bench-") as folder,
        closing(open_archive(f"sqlite:///{Path(folder, 'feedwacht.db')}")) as archive,
        equipped(archive, clock, manners) as equipment,
    ):
        settle()
        yield House(equipment, clock)
