"""The processes that stay: `run`, `worker` and `beat` in the foreground, how they stop, and that they report of themselves.

A process whose code the archive has outgrown takes no work and stays: to end would only make its supervisor start the
same code again, in a loop. Must not know what the tasks do.
"""

import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from types import FrameType
from typing import Any

from celery import Celery
from celery import signals as celery_signals
from celery.beat import EmbeddedService
from celery.exceptions import CPendingDeprecationWarning
from celery.platforms import SecurityWarning

from worker import logs
from worker.archive import Archive, open_archive
from worker.ear import Link, consumer
from worker.heart import Heart, introduce
from worker.settings import Settings
from worker.steadyclock import WallClock
from worker.tasks import POLL, QUEUES, SCHEDULER, TICK, Office, nudge

THREADS = 10
STOP_S = 4.0  # then the process ends, whatever is under way: leases make that safe
GOODBYE_S = 0.5  # for the last word to the archive

_Stop = Callable[[int, FrameType | None], None]


def run(app: Celery) -> int:
    """Be everything in one process, until SIGTERM or Ctrl-C; done within 5 s then. Returns: exit code."""
    beat = EmbeddedService(app, thread=True, scheduler_cls=SCHEDULER)
    return _work(app, "run", "", beat.start)


def run_worker(app: Celery, queue: str = "") -> int:
    """Be one of several workers, likewise. queue: the only one to work off, "" = all of them. Returns: exit code."""
    return _work(app, "worker", queue, lambda: None)


def run_beat(app: Celery, settings: Settings) -> None:
    """Be a beat in the foreground. Any number may run: a tick only says "look at the tables"."""
    office: Office = app.office
    heart = heart_of("beat", settings, counters=office.tally.sums)

    class Foreground(app.Beat):  # type: ignore[misc]
        def install_sync_handler(self, service: object) -> None:  # noqa: ARG002 - Celery's signature
            _install(_stop_on_signal(office, heart))
            signal.signal(signal.SIGHUP, lambda *_: None)  # all processes get it, and a beat has nothing to read again
            heart.start()

    Foreground(loglevel="WARNING", quiet=True).run()


def heart_of(role: str, settings: Settings, *, counters: Callable[[], Mapping[str, float]] = dict) -> Heart:
    """Of a process that takes no work: beat or metrics. counters: what it did so far."""
    return Heart(introduce(role, WallClock().now()), _Opened(settings).archive, WallClock(), counters=counters)


class _Opened:
    """The archive of a process that only reports to it, opened at first use."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.archive.database

    @cached_property
    def _archive(self) -> Archive:
        return open_archive(self._url, migrate=False)

    def archive(self) -> Archive:
        """Raises: ArchiveError."""
        return self._archive


def _worker_heart(office: Office, role: str, queue: str, link: Link) -> Heart:
    me = introduce(role, office.clock.now(), queue=queue)
    counters, archive = office.tally.sums, lambda: office.worker.archive
    heart = Heart(me, archive, office.clock, counters=counters, tell=office.idle, waits=link.waits)
    link.changed = heart.report
    return heart


def _work(app: Celery, role: str, queue: str, ready: Callable[[], None]) -> int:
    office: Office = app.office
    queues = (queue,) if queue else QUEUES
    broker = "" if app.conf.broker_url.startswith("memory:") else app.conf.broker_url
    link = Link(broker)
    heart = _worker_heart(office, role, queue, link)

    def begin(**_: object) -> None:
        ready()
        # At each loss of Redis, which is as we want it; Celery has switched it on by itself meanwhile.
        warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)
        nudge(app, TICK, POLL)

    # Of pickle as root: our messages are JSON without arguments.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    celery_signals.worker_ready.connect(begin, weak=False)
    worker = _foreground(app, office, heart)(
        pool_cls="threads",
        consumer_cls=consumer(link),
        concurrency=THREADS,
        queues=list(queues),
        hostname=f"feedwacht@{os.uname().nodename}-{os.getpid()}",
        loglevel="WARNING",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    if broker:
        office.listen = lambda: worker.consumer.call_soon(_heed, worker.consumer, queues, office)
    heart.start()  # before the broker is there: a process that waits for it is told from one that is gone
    worker.start()
    return 0 if office.stopping.is_set() else int(worker.exitcode or 0)


def _heed(consumer: Any, queues: Sequence[str], office: Office) -> None:
    """Leave the bell to workers that may take what it rings for. What Celery puts off it does in no order (it takes the
    last first), so each look does what is right by then.
    """
    for queue in queues:
        if office.is_idle:
            consumer.cancel_task_queue(queue)
        else:
            consumer.add_task_queue(queue)


def _foreground(app: Celery, office: Office, heart: Heart) -> type:
    """Celery's worker with our signals: its own speak of themselves, and wait for what we need not wait for."""

    class Foreground(app.Worker):  # type: ignore[misc]
        def install_platform_tweaks(self, worker: object) -> None:  # noqa: ARG002 - Celery's signature
            signal.signal(signal.SIGHUP, _reload_on_hup(office))
            _install(_stop_on_signal(office, heart))

    return Foreground


# -- signals ----------------------------------------------------------------------------------------------------------


def _install(stop: _Stop) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _reload_on_hup(office: Office) -> _Stop:
    def hup(_signal: int, _frame: FrameType | None) -> None:
        office.reload.set()

    return hup


def _stop_on_signal(office: Office, heart: Heart) -> _Stop:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        if office.stopping.is_set():
            os._exit(0)  # asked twice: leases make that safe
        _stop(office, heart)

    return stop


def _stop(office: Office, heart: Heart) -> None:
    """End as soon as nothing is under way, after STOP_S at the latest. The bell's messages may all be lost, so nobody
    has to wait for the transport, the beat and the pool to put themselves away.
    """
    office.stopping.set()

    def end() -> None:
        logs.line("stop", f"stopping; what is under way has {STOP_S:.0f} s")
        office.await_rest(STOP_S)
        heart.stop(GOODBYE_S)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    threading.Thread(target=end, daemon=True).start()
