"""Celery, and nothing of it elsewhere: the app, its schedule, and thin tasks.

The tables are the schedule and the broker is a doorbell: messages carry no arguments and may all be lost. Without a
broker everything runs in one process: memory transport, threads, and the beat beside the worker.
"""

import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from celery import Celery
from celery import signals as celery_signals
from celery.beat import EmbeddedService
from celery.platforms import SecurityWarning
from kombu.entity import Queue
from kombu.exceptions import OperationalError

from worker import batch, counts, gather, indexing, logs, recordfiles, retention, sweep, watch
from worker.bootstrap import SystemClock, Worker, build, settle
from worker.counting import count_error
from worker.deliver import deliver_some
from worker.dispatch import Dispatch, Task
from worker.errors import ArchiveError, FeedwachtError
from worker.notify import notify_channel
from worker.settings import Settings
from worker.tally import Tally

POLL, DELIVER = "poll", "deliver"
THREADS = 10
POLLS_AT_ONCE = 3  # each works with threads of its own; the other threads stay free for alerts
RETIRE_S = 90.0
STOP_S = 4.0  # then the process ends, whatever is under way: leases make that safe

_TICK, _POLL, _DELIVER, _FILE = "feedwacht.tick", "feedwacht.poll", "feedwacht.deliver", "feedwacht.file"
_INDEX, _AGE, _WATCH = "feedwacht.index", "feedwacht.age", "feedwacht.watch"
_ALERTS, _NOTICES = "alerts", "notices"  # what a channel sends
_WATCH_S = 120.0  # silence is a matter of hours
_SCHEDULER = "celery.beat:Scheduler"  # keeps no file: the tables are the schedule
_TICK_EXPIRES_S, _NUDGE_EXPIRES_S = 5, 10  # after an outage a backlog of nudges drops itself


class Office:
    """What the tasks of one process share: the wired worker, made at first use so that forked children make their own."""

    def __init__(self, load: Callable[[], Settings]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._worker: Worker | None = None
        self.tally = Tally()  # outlasts the configuration that a worker was wired with
        self.stopping = threading.Event()
        self.reload = threading.Event()
        self.polls = threading.BoundedSemaphore(POLLS_AT_ONCE)
        self.dispatch = Dispatch(self._send)
        self.files = threading.BoundedSemaphore(1)
        self.index = threading.BoundedSemaphore(1)
        self.watch = threading.BoundedSemaphore(1)
        self._busy = 0
        self._changed = threading.Condition()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Counted, so that a stop knows when nothing is under way any more."""
        with self._changed:
            self._busy += 1
        try:
            yield
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()

    def await_rest(self, timeout_s: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._busy == 0, timeout_s)

    def _send(self, task: Task) -> bool:
        more: list[bool] = []
        _guarded(self, lambda: more.append(self._send_some(*task)))()
        return any(more)

    def _send_some(self, what: str, channel: str) -> bool:
        """Some of what is due at a channel, with the configuration of now. Returns: whether there may be more."""
        counter, stopping = self.worker.counter, self.stopping.is_set
        if what == _NOTICES:
            notify_channel(counter, channel, stopping=stopping)
            return False
        return deliver_some(counter, channel, stopping=stopping).more and not stopping()

    @property
    def worker(self) -> Worker:
        """Raises: SettingsError, ArchiveError."""
        with self._lock:
            if self._worker is None:
                self._worker = self._wired(self._load())
            elif self.reload.is_set():
                self._worker = self._reloaded(self._worker)
            return self._worker

    def _wired(self, settings: Settings) -> Worker:
        worker = build(settings, clock=SystemClock(self.stopping), tally=self.tally)
        try:
            worker.configure()
        except FeedwachtError:
            worker.close()
            raise
        settle()
        return worker

    def _reloaded(self, old: Worker) -> Worker:
        """The configuration again; one that cannot be used changes nothing."""
        self.reload.clear()
        try:
            fresh = self._wired(self._load())
        except FeedwachtError as error:
            logs.line("configuration", f"the configuration was not taken over: {error}", level="error")
            return old
        logs.line("configuration", "the configuration was read again")
        retire = threading.Timer(RETIRE_S, old.close)  # tasks under way still use it
        retire.daemon = True
        retire.start()
        return fresh


def make_app(settings: Settings, load: Callable[[], Settings]) -> Celery:
    """The Celery app for these settings; `load` reads them again, in each process and on SIGHUP."""
    app = Celery("feedwacht", broker=settings.broker.url or "memory://localhost/")
    app.conf.update(_configuration(settings))
    office = Office(load)
    app.office = office

    tasks: dict[str, Callable[[], None]] = {
        _TICK: lambda: _tick(app, office),
        _POLL: lambda: _one_of(office.polls, lambda: _poll(app, office)),
        _DELIVER: lambda: _deliver(office),
        _FILE: lambda: _one_of(office.files, lambda: _file(office.worker)),
        _INDEX: lambda: _one_of(office.index, lambda: _index(office.worker)),
        _AGE: lambda: _age(office),
        _WATCH: lambda: _one_of(office.watch, lambda: _watch(app, office.worker)),
    }
    for name, work in tasks.items():
        app.task(_guarded(office, work), name=name)
    return app


def _configuration(settings: Settings) -> dict[str, object]:
    tick = {"task": _TICK, "schedule": settings.worker.tick_s, "options": {"queue": POLL, "expires": _TICK_EXPIRES_S}}
    look = {"task": _WATCH, "schedule": _WATCH_S, "options": {"queue": POLL, "expires": _WATCH_S / 2}}
    return {
        "beat_schedule": {"tick": tick, "watch": look},
        "beat_scheduler": _SCHEDULER,
        "beat_max_loop_interval": settings.worker.tick_s,
        "task_queues": [Queue(name) for name in (POLL, DELIVER)],  # type: ignore[no-untyped-call]
        "task_default_queue": POLL,
        "task_ignore_result": True,
        "task_acks_late": False,  # acks_late makes the worker exit when Redis dies; leases redo lost work
        "task_serializer": "json",
        "accept_content": ["json"],
        "worker_prefetch_multiplier": 1,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": _transport_options(settings),
        "enable_utc": True,
    }


def _transport_options(settings: Settings) -> dict[str, object]:
    if not settings.broker.url:
        return {"polling_interval": 0.1}
    limits = {"socket_timeout": 10, "socket_connect_timeout": 5, "socket_keepalive": True, "health_check_interval": 5}
    return {**limits, "visibility_timeout": 3600, "max_retries": 3, "interval_start": 0, "interval_max": 1}


# -- tasks ------------------------------------------------------------------------------------------------------------


def _tick(app: Celery, office: Office) -> None:
    worker = office.worker
    ages = bool(worker.settings.retention.ages)
    due = sweep.find_due(worker.archive, worker.clock.now(), files=worker.files is not None, ages=ages)
    alone = not worker.settings.broker.url
    for _ in range(min(due.poll_nudges, POLLS_AT_ONCE) if alone else due.poll_nudges):
        nudge(app, _POLL, POLL)
    if due.deliveries or due.notices or due.held_over:
        nudge(app, _DELIVER, DELIVER)
    if due.files:
        nudge(app, _FILE, DELIVER)
    if due.unindexed:
        nudge(app, _INDEX, POLL)
    if due.aged:
        nudge(app, _AGE, POLL)


def _poll(app: Celery, office: Office) -> None:
    """As long as there is much to do, without waiting for the next bell."""
    while _poll_some(app, office) and not office.stopping.is_set():
        pass


def _poll_some(app: Celery, office: Office) -> bool:
    """One batch, with the configuration of now. Returns: whether there may be more."""
    worker = office.worker
    done = batch.poll_due(worker.equipment, hosts=sweep.FEEDS_A_NUDGE, stopping=office.stopping.is_set)
    if done.owes_alerts:
        nudge(app, _DELIVER, DELIVER)
    if done.filed_something and worker.files is not None:
        nudge(app, _FILE, DELIVER)
    return max(done.hosts, len(done.polls)) >= sweep.FEEDS_A_NUDGE


def _deliver(office: Office) -> None:
    """Ring for each channel that has something due, and let go what waited long enough; what is urgent leaves first."""
    worker = office.worker
    _ring(office, worker)
    if gather.gather_due(worker.counter, worker.equipment.zone):
        _ring(office, worker)


def _ring(office: Office, worker: Worker) -> None:
    """Nobody waits for what comes of it."""
    now = worker.clock.now()
    with worker.archive.read() as tx:
        tasks = [(_ALERTS, name) for name in tx.outbox.due_channels(now)]
        tasks += [(_NOTICES, name) for name in tx.troubles.due_channels(now)]
    for task in tasks:
        office.dispatch.ring(task)


def _watch(app: Celery, worker: Worker) -> None:
    if watch.watch_for_silence(worker.equipment):
        nudge(app, _DELIVER, DELIVER)


def _file(worker: Worker) -> None:
    if worker.files is not None:
        recordfiles.write_due(worker.archive, worker.files)


def _index(worker: Worker) -> None:
    """A little at each tick: it is for after an upgrade, and nobody waits for it."""
    indexing.index_some(worker.archive)


def _age(office: Office) -> None:
    """Once an hour, by whoever comes first."""
    worker = office.worker
    gone = retention.clear_old(
        worker.archive, worker.settings.retention.ages, worker.clock.now(), stopping=office.stopping.is_set
    )
    if any(gone.values()):
        counted = ", ".join(f"{number} {kind}" for kind, number in gone.items() if number)
        logs.line("retention", f"cleared what is old enough: {counted}")


def nudge(app: Celery, task: str, queue: str) -> None:
    """Ring the bell. A bell that is out of order costs time only: the next tick finds the work in the tables."""
    try:
        app.send_task(task, queue=queue, expires=_NUDGE_EXPIRES_S, retry=False)
    except (OperationalError, OSError) as error:
        app.office.tally.add(counts.NUDGES_REFUSED.of())
        logs.line(
            "broker", f"the broker did not take a nudge: {error}; the next tick does it", level="warning", task=task
        )


def _one_of(slots: threading.BoundedSemaphore, work: Callable[[], None]) -> None:
    """Leave when enough threads do this already: what is due stays due."""
    if not slots.acquire(blocking=False):
        return
    try:
        work()
    finally:
        slots.release()


def _guarded(office: Office, work: Callable[[], None]) -> Callable[[], None]:
    """The outermost edge of a task: what goes wrong is one line, and the next tick tries again."""

    def guarded() -> None:
        try:
            with office.at_work():
                work()
        except ArchiveError as error:
            count_error(office.tally, error)
            logs.line("archive", f"{error}; trying again at the next tick", level="warning")
        except OSError as error:
            logs.line("files", f"{error.filename or 'a file'}: {error.strerror or error}; trying again", level="error")
        except FeedwachtError as error:
            logs.line("worker", str(error), level="error")

    return guarded


# -- processes --------------------------------------------------------------------------------------------------------


def run(app: Celery, *, with_beat: bool) -> int:
    """Be a worker in the foreground until SIGTERM or Ctrl-C; done within 5 s then. Returns: exit code."""
    beat = EmbeddedService(app, thread=True, scheduler_cls=_SCHEDULER) if with_beat else None
    office: Office = app.office

    def ready(**_: object) -> None:
        if beat is not None:
            beat.start()
        nudge(app, _TICK, POLL)

    warnings.filterwarnings(
        "ignore", category=SecurityWarning
    )  # of pickle as root: messages are JSON without arguments
    celery_signals.worker_ready.connect(ready, weak=False)
    worker = _foreground(app, office)(
        pool_cls="threads",
        concurrency=THREADS,
        hostname=f"feedwacht@{os.uname().nodename}-{os.getpid()}",
        loglevel="WARNING",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    return 0 if office.stopping.is_set() else int(worker.exitcode or 0)


def _foreground(app: Celery, office: Office) -> type:
    """Celery's worker with our signals: its own speak of themselves, and wait for what we need not wait for."""

    class Foreground(app.Worker):  # type: ignore[misc]
        def install_platform_tweaks(self, worker: object) -> None:  # noqa: ARG002 - Celery's signature
            signal.signal(signal.SIGHUP, _reload_on_hup(office))
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, _stop_on_signal(office))

    return Foreground


def run_beat(app: Celery) -> None:
    """Be a beat in the foreground. Any number may run: a tick only says "look at the tables"."""
    app.Beat(loglevel="WARNING", quiet=True).run()


def _reload_on_hup(office: Office) -> Callable[[int, FrameType | None], None]:
    def hup(_signal: int, _frame: FrameType | None) -> None:
        office.reload.set()

    return hup


def _stop_on_signal(office: Office) -> Callable[[int, FrameType | None], None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        if office.stopping.is_set():
            os._exit(0)  # asked twice: leases make that safe
        _stop(office)

    return stop


def _stop(office: Office) -> None:
    """End as soon as nothing is under way, after STOP_S at the latest. The bell's messages may all be lost, so nobody
    has to wait for the transport, the beat and the pool to put themselves away.
    """
    office.stopping.set()

    def end() -> None:
        logs.line("stop", f"stopping; what is under way has {STOP_S:.0f} s")
        office.await_rest(STOP_S)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    threading.Thread(target=end, daemon=True).start()
