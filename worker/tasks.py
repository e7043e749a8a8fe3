"""The Celery app, its schedule, and thin tasks. Celery lives here, in `processes.py`, `bell.py` and `ear.py`, and nowhere else.

The tables are the schedule and the broker is a doorbell: messages carry no arguments and may all be lost. Without a
broker everything runs in one process: memory transport, threads, and the beat beside the worker.
"""

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from celery import Celery
from celery.schedules import schedule
from kombu.entity import Queue
from kombu.exceptions import OperationalError

from worker import (
    batch,
    canary,
    canaryserver,
    configure,
    counts,
    gather,
    indexing,
    logs,
    recordfiles,
    retention,
    sweep,
    watch,
)
from worker.alarm import Alarm
from worker.bootstrap import Worker, build, settle
from worker.counting import count_error
from worker.deliver import deliver_some
from worker.dispatch import Dispatch, Task
from worker.errors import ArchiveError, FeedwachtError, SchemaMismatch
from worker.filefault import file_fault
from worker.lasting import Lasting
from worker.model import CANARY
from worker.notify import notify_channel
from worker.settings import Settings
from worker.steadyclock import SystemClock, passed_s
from worker.tally import Tally

POLL, DELIVER = "poll", "deliver"
QUEUES = (POLL, DELIVER)
POLLS_AT_ONCE = 3  # each works with threads of its own; the other threads stay free for alerts
RETIRE_S = 90.0
TICK = "feedwacht.tick"

_POLL, _DELIVER, _FILE = "feedwacht.poll", "feedwacht.deliver", "feedwacht.file"
_INDEX, _AGE, _WATCH = "feedwacht.index", "feedwacht.age", "feedwacht.watch"
_ALERTS, _NOTICES = "alerts", "notices"  # what a channel sends
_WATCH_S = 120.0  # silence is a matter of hours
SCHEDULER = "worker.bell:Bell"
_EXPIRES_S = 3600  # a backlog drops itself at last; not at once, for the machines' clocks may differ by so much


class Office:
    """What the tasks of one process share: the wired worker, made at first use so that forked children make their own."""

    def __init__(self, load: Callable[[], Settings], passed_s: Callable[[], float] = passed_s) -> None:
        self._load = load
        self._passed_s = passed_s
        self._lock = threading.Lock()
        self._worker: Worker | None = None
        self._canary: canaryserver.CanaryServer | None = None
        self.tally = Tally()  # outlasts the configuration that a worker was wired with
        self.stopping = threading.Event()
        self.reload = threading.Event()
        self.polls = threading.BoundedSemaphore(POLLS_AT_ONCE)
        self.dispatch = Dispatch(self._send)
        self.deliver_soon = self.poll_soon = Alarm(lambda: None)
        self.files = threading.BoundedSemaphore(1)
        self.filing = Lasting("files", "record files can be written again")
        self.index = threading.BoundedSemaphore(1)
        self.watch = threading.BoundedSemaphore(1)
        self.listen: Callable[[], None] = lambda: None  # begin or cease to hear the bell, whichever is right by now
        self._idle_reason = ""
        self._idling = threading.Lock()
        self._busy = 0
        self._changed = threading.Condition()
        self._ticked_s = -math.inf
        self.clock = SystemClock(self.stopping)

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

    def keep_time(self) -> None:
        """Follow the clock, before anything is asked of it. Raises: SettingsError, ArchiveError."""
        if (keeper := self.worker.keeper) is not None:
            keeper.keep()

    def has_just_ticked(self, tick_s: float) -> bool:
        """Whether the last tick was carried out half a tick ago or less: what piled up in an outage is no work.

        If not, this one is carried out. One that is passed over does not count: else several beats could keep us still.
        """
        with self._lock:
            passed = self._passed_s()
            if passed - self._ticked_s < tick_s / 2:
                return True
            self._ticked_s = passed
            return False

    def await_rest(self, timeout_s: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._busy == 0, timeout_s)

    @property
    def is_idle(self) -> bool:
        """Whether this process takes no work, because the archive is not made for it."""
        return bool(self._idle_reason)

    def idle(self, reason: str) -> None:
        """Take no work from now on, and say so once; "": take it again. What is under way goes on to its end."""
        with self._idling:
            before, self._idle_reason = self._idle_reason, reason
        if reason and not before:
            logs.line("worker", f"{reason}; what is under way is finished", level="error")
        if before and not reason:
            logs.line("worker", "the archive fits again: this process takes work")
        if bool(before) != bool(reason):
            self.listen()

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
        turn = deliver_some(counter, channel, stopping=stopping)
        if channel == CANARY:
            canary.land(counter.archive)
        return turn.more and not stopping()

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
        worker = build(settings, clock=self.clock, tally=self.tally)
        try:
            worker.configure()
            configure.apply_canary(settings.canary, worker.archive, worker.clock.now())
        except FeedwachtError:
            worker.close()
            raise
        settle()
        self._serve_canary(worker)
        return worker

    def _serve_canary(self, worker: Worker) -> None:
        """At the port of now, if there is one."""
        wanted = worker.settings.canary
        self._canary = canaryserver.served(
            self._canary, wanted.port if wanted.every_s is not None else None, worker.clock.now
        )

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
    office.deliver_soon = Alarm(lambda: nudge(app, _DELIVER, DELIVER))
    office.poll_soon = Alarm(lambda: nudge(app, _POLL, POLL))

    tasks: dict[str, Callable[[], None]] = {
        TICK: lambda: _tick(app, office),
        _POLL: lambda: _one_of(office.polls, lambda: _poll(app, office)),
        _DELIVER: lambda: _deliver(office),
        _FILE: lambda: _one_of(office.files, lambda: _file(office)),
        _INDEX: lambda: _one_of(office.index, lambda: _index(office.worker)),
        _AGE: lambda: _age(office),
        _WATCH: lambda: _one_of(office.watch, lambda: _watch(app, office.worker)),
    }
    for name, work in tasks.items():
        app.task(_guarded(office, work), name=name)
    return app


def _configuration(settings: Settings) -> dict[str, object]:
    every = _by_time_that_passes()
    tick = {"task": TICK, "schedule": every(settings.worker.tick_s), "options": {"queue": POLL, "expires": _EXPIRES_S}}
    look = {"task": _WATCH, "schedule": every(_WATCH_S), "options": {"queue": POLL, "expires": _EXPIRES_S}}
    return {
        "beat_schedule": {"tick": tick, "watch": look},
        "beat_scheduler": SCHEDULER,
        "beat_max_loop_interval": settings.worker.tick_s,
        "task_queues": [Queue(name) for name in QUEUES],  # type: ignore[no-untyped-call]
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
        "broker_channel_error_retry": True,  # a Redis without memory, or made a replica, answers with errors of this kind
        "broker_transport_options": _transport_options(settings),
        "enable_utc": True,
    }


def _by_time_that_passes() -> Callable[[float], schedule]:
    """Celery's schedules, without the clock of the machine: set back by a day it would keep the beat waiting for a day."""
    clock = SystemClock()  # which nobody puts right
    return lambda seconds: schedule(seconds, nowfun=clock.now)


def _transport_options(settings: Settings) -> dict[str, object]:
    if not settings.broker.url:
        return {"polling_interval": 0.1}
    limits = {"socket_timeout": 10, "socket_connect_timeout": 5, "socket_keepalive": True, "health_check_interval": 5}
    # Redis keeps no list of what was not acknowledged: the tables know it, and looking through one takes scripts.
    return {**limits, "ack_emulation": False, "max_retries": 3, "interval_start": 0, "interval_max": 1}


# -- tasks ------------------------------------------------------------------------------------------------------------


def _tick(app: Celery, office: Office) -> None:
    worker = office.worker
    if office.has_just_ticked(worker.settings.worker.tick_s):
        return
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
    _heed_hurried(office, worker)
    sweep.note_sweep(worker.archive, due, worker.clock.now())
    if worker.dead_man is not None:
        worker.dead_man.after_sweep()


def _poll(app: Celery, office: Office) -> None:
    """As long as there is much to do, without waiting for the next bell."""
    while _poll_some(app, office) and not office.stopping.is_set():
        pass


def _poll_some(app: Celery, office: Office) -> bool:
    """One batch, with the configuration of now. Returns: whether there may be more."""
    worker = office.worker
    done = batch.poll_due(
        worker.equipment, hosts=sweep.FEEDS_A_NUDGE, stopping=office.stopping.is_set, owing=office.deliver_soon.set
    )
    _heed_hurried(office, worker)
    if done.filed_something and worker.files is not None:
        nudge(app, _FILE, DELIVER)
    return done.some_wait or max(done.hosts, len(done.polls)) >= sweep.FEEDS_A_NUDGE


def _heed_hurried(office: Office, worker: Worker) -> None:
    """Feeds that are polled every few seconds do not wait for the tick."""
    in_s = sweep.hurried_in_s(worker.archive, worker.clock.now(), worker.settings.worker.tick_s)
    if in_s is not None:
        office.poll_soon.set(in_s)


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
    if [*watch.watch_for_silence(worker.equipment), *watch.watch_the_canary(worker.equipment)]:
        nudge(app, _DELIVER, DELIVER)


def _file(office: Office) -> None:
    worker = office.worker
    if worker.files is not None:
        with office.filing.told():
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
        app.send_task(task, queue=queue, expires=_EXPIRES_S, retry=False)
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
        if office.is_idle:
            return
        try:
            with office.at_work():
                office.keep_time()
                work()
        except SchemaMismatch as error:
            office.idle(str(error))
        except ArchiveError as error:
            count_error(office.tally, error)
            logs.line("archive", f"{error}; trying again at the next tick", level="warning")
        except OSError as error:
            logs.line("files", f"{file_fault(error)}; trying again", level="error")
        except FeedwachtError as error:
            logs.line("worker", str(error), level="error")

    return guarded
