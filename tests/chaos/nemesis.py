"""Does harm at random, by a seed: to workers, their children, beats, Redis and the database; and undoes what would last.

Half of the kills and pauses are aimed: at a worker that has just been given news, has just filed them, or has just posted
an alert. Owns what kinds of harm there are, and how often; must not know what comes of it.
"""

import os
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field

import psycopg
import redis as redis_library

from tests.chaos import tripwire
from tests.chaos.stage import AGENT, LEASE_S, Stage
from tests.chaos.supervisor import Away
from tests.servers import conninfo

AIM_S = 3.0
AFTER_NEWS_S = 0.15
AFTER_POST_S = 0.03
FILED_S = 0.5  # within that time whoever was given news has filed them
LONG_S = 33.0  # longer than a delivery's lease


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One harm that was done. at: POSIX seconds."""

    number: int
    kind: str
    target: str
    at: float


@dataclass(frozen=True, slots=True, order=True)
class _Cure:
    at: float
    name: str
    undo: Callable[[], None] = field(compare=False)


class Nemesis:
    """`strike` does one harm; `cure_due` undoes what is over, `cure_all` everything at once.

    only: a part of the names of those kinds that are wanted, "" = all.
    """

    def __init__(self, stage: Stage, seed: int, only: str = "") -> None:
        self.faults: list[Fault] = []
        self.resumed: list[tuple[str, float]] = []
        self._stage = stage
        self._random = random.Random(f"nemesis {seed}")
        self._cures: list[_Cure] = []
        self._kinds = {name: kind for name, kind in self._repertoire().items() if only in name}

    def strike(self) -> Fault | None:
        """Do the next harm; None: what was chosen is not possible now, or there is no worker at work to suffer from it.

        Else a busy machine, which takes long to start one, would see them killed before any had begun to work.
        """
        if not any(self._stage.supervisor.services[name].is_at_work for name in self._stage.workers):
            return None
        [kind] = self._random.choices(list(self._kinds), [weight for weight, _ in self._kinds.values()])
        at, target = time.time(), self._kinds[kind][1]()
        if not target:
            return None
        self.faults.append(Fault(number=len(self.faults) + 1, kind=kind, target=target, at=at))
        return self.faults[-1]

    def cure_due(self) -> None:
        self._cure([cure for cure in self._cures if cure.at <= time.time()])

    def cure_all(self) -> None:
        self._cure(list(self._cures))

    def pause_s(self, mean_s: float) -> float:
        """How long until the next strike."""
        return self._random.uniform(0.2, 1.8) * mean_s

    def counted(self) -> Counter[str]:
        return Counter(fault.kind for fault in self.faults)

    def _repertoire(self) -> dict[str, tuple[float, Callable[[], str]]]:
        """By name: how often, and what; it returns what was hit, "" = there was nothing to hit."""
        kinds: dict[str, tuple[float, Callable[[], str]]] = {
            "kill a worker": (16, self._kill_worker),
            "kill a worker with news": (12, self._kill_with_news),
            "kill a worker that filed news": (8, self._kill_filing),
            "kill a worker that posts": (10, self._kill_posting),
            "kill a worker that posts in vain": (8, lambda: self._kill_posting(refuse=True)),
            "SIGTERM to a worker": (10, lambda: self._signal(self._stage.workers, signal.SIGTERM)),
            "kill a pool child": (14, self._kill_child),
            "pause a worker": (4, lambda: self._pause(self._any_worker(), self._random.uniform(1.2, 1.8) * LEASE_S)),
            "pause a worker with news": (6, self._pause_with_news),
            "pause a worker for long": (1, lambda: self._pause(self._any_worker(), LONG_S)),
            "pause a worker that posts for long": (3, self._pause_posting),
            "cut the power": (1, self._cut_power),
        }
        if self._stage.redis is not None:
            kinds |= {
                "kill a beat": (8, lambda: self._signal(self._stage.names("beat"), signal.SIGKILL)),
                "SIGTERM to a beat": (3, lambda: self._signal(self._stage.names("beat"), signal.SIGTERM)),
                "kill Redis, restart it empty": (5, self._kill_redis),
                "FLUSHALL": (5, self._flush_redis),
                "pause Redis": (4, self._pause_redis),
                "half-open connections to Redis": (3, self._black_hole),
            }
        if self._stage.postgres is not None:
            kinds |= {
                "end all PostgreSQL sessions": (6, self._end_sessions),
                "kill PostgreSQL, restart it": (4, self._kill_postgres),
            }
        else:
            kinds["a stranger locks SQLite"] = (10, lambda: self._lock_sqlite(self._random.uniform(0.5, 3)))
            kinds["a stranger locks SQLite for long"] = (1, lambda: self._lock_sqlite(self._random.uniform(15, 30)))
        return kinds

    # -- processes ----------------------------------------------------------------------------------------------------

    def _kill_worker(self) -> str:
        return self._signal(self._stage.workers, signal.SIGKILL)

    def _kill_with_news(self) -> str:
        return self._kill_soon(self._stage.farm.await_news(AIM_S), AFTER_NEWS_S)

    def _kill_filing(self) -> str:
        """At once when what it filed shows: what it has not committed by then is lost."""
        agent = self._stage.farm.await_news(AIM_S)
        with suppress(sqlite3.Error, psycopg.Error):
            if agent and tripwire.await_filing(self._stage.database, FILED_S):
                return self._kill_soon(agent, 0)
        return ""

    def _kill_posting(self, *, refuse: bool = False) -> str:
        return self._kill_soon(self._stage.receiver.await_post(AIM_S, refuse=refuse), AFTER_POST_S)

    def _kill_soon(self, agent: str, within_s: float) -> str:
        name = self._named(agent)
        time.sleep(self._random.uniform(0, within_s) if name else 0)
        return name if name and self._stage.supervisor.send(name, signal.SIGKILL) else ""

    def _any_worker(self) -> str:
        return self._random.choice(self._stage.workers)

    def _named(self, agent: str) -> str:
        """The worker who says that he is this agent, "" = it is none."""
        name = agent.removeprefix(AGENT)
        return name if name in self._stage.supervisor.services else ""

    def _signal(self, names: Sequence[str], number: signal.Signals) -> str:
        name = self._random.choice(names)
        return name if self._stage.supervisor.send(name, number) else ""

    def _kill_child(self) -> str:
        name = self._any_worker()
        children = self._stage.supervisor.children(name)
        if not children:
            return ""
        with suppress(ProcessLookupError):
            os.kill(self._random.choice(children), signal.SIGKILL)
        return name

    def _pause_with_news(self) -> str:
        """Others are given newer ones meanwhile, and what it brings home late would undo that."""
        name = self._named(self._stage.farm.await_news(AIM_S, in_bursts=False))
        time.sleep(self._random.uniform(0, AFTER_POST_S))
        return self._pause(name, self._random.uniform(1.2, 1.8) * LEASE_S)

    def _pause_posting(self) -> str:
        """Another one takes the delivery over, whose outcome nobody knows, and then the first one says it."""
        return self._pause(self._named(self._stage.receiver.await_post(AIM_S)), LONG_S)

    def _pause(self, name: str, seconds: float) -> str:
        """Who holds SQLite's one lock at that moment has taken the database along."""
        pid = self._stage.supervisor.pause(name) if name else 0
        if not pid:
            return ""
        began_at, has_lock = time.time(), self._stage.postgres is None and _is_locked(self._stage.database)

        def resume() -> None:
            if self._stage.supervisor.resume(name, pid):
                self.resumed.append((f"{AGENT}{name}", time.time()))
            if has_lock:
                self._stage.aways.append(Away(what="database", began_at=began_at, ended_at=time.time()))

        self._cure_later(seconds, name, resume)
        return name

    def _cut_power(self) -> str:
        """Everything of ours is away for so long that windows roll over."""
        if self._is_ill("power"):
            return ""
        self._stage.supervisor.cut_power()
        self._cure_later(self._random.uniform(15, 40), "power", self._stage.supervisor.restore_power)
        return "all processes"

    # -- Redis --------------------------------------------------------------------------------------------------------

    def _kill_redis(self) -> str:
        if self._is_ill("redis"):
            return ""
        redis = self._stage.redis
        assert redis is not None
        redis.kill()
        self._away(self._random.uniform(0.2, 4), "redis", redis.start)
        return "redis"

    def _flush_redis(self) -> str:
        if self._is_ill("redis"):
            return ""
        assert self._stage.redis is not None
        with suppress(redis_library.RedisError), self._stage.redis.client() as client:
            client.flushall()
        return "redis"

    def _pause_redis(self) -> str:
        if self._is_ill("redis"):
            return ""
        assert self._stage.redis is not None
        pid = self._stage.redis.pid
        os.kill(pid, signal.SIGSTOP)
        self._away(self._random.uniform(1, 6), "redis", lambda: os.kill(pid, signal.SIGCONT))
        return "redis"

    def _black_hole(self) -> str:
        assert self._stage.proxy is not None
        count = self._stage.proxy.black_hole() if not self._is_ill("redis") else 0
        return f"{count} connections" if count else ""

    # -- the database ---------------------------------------------------------------------------------------------------

    def _end_sessions(self) -> str:
        if self._is_ill("database"):
            return ""
        every = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'feedwacht'"
        with psycopg.connect(conninfo(self._stage.database), autocommit=True) as connection:
            [ended] = connection.execute(every).fetchone() or [0]
        return f"{ended} sessions"

    def _kill_postgres(self) -> str:
        if self._is_ill("database"):
            return ""
        postgres = self._stage.postgres
        assert postgres is not None
        postgres.kill()
        self._away(self._random.uniform(0.1, 2), "database", postgres.start)
        return "database"

    def _lock_sqlite(self, seconds: float) -> str:
        """Another program holds the write lock, in a thread of its own, until it is over."""
        if self._is_ill("database"):
            return ""
        over = threading.Event()
        holder = threading.Thread(target=_hold_lock, args=(self._stage.database, seconds, over), daemon=True)
        holder.start()

        def let_go() -> None:
            over.set()
            holder.join()

        self._away(seconds, "database", let_go)
        return "database"

    # -- cures ----------------------------------------------------------------------------------------------------------

    def _is_ill(self, name: str) -> bool:
        return any(cure.name == name for cure in self._cures)

    def _away(self, seconds: float, name: str, undo: Callable[[], object]) -> None:
        began_at = time.time()

        def back() -> None:
            undo()
            self._stage.aways.append(Away(what=name, began_at=began_at, ended_at=time.time()))

        self._cure_later(seconds, name, back)

    def _cure_later(self, seconds: float, name: str, undo: Callable[[], None]) -> None:
        self._cures.append(_Cure(time.time() + seconds, name, undo))

    def _cure(self, cures: list[_Cure]) -> None:
        for cure in sorted(cures):
            self._cures.remove(cure)
            cure.undo()


def _hold_lock(database: str, seconds: float, over: threading.Event) -> None:
    with closing(_connected(database, timeout_s=2 * LONG_S)) as connection:  # a paused worker may have it
        connection.execute("BEGIN IMMEDIATE")
        over.wait(seconds)
        connection.execute("ROLLBACK")


def _is_locked(database: str) -> bool:
    """Longer than any transaction takes."""
    with closing(_connected(database, timeout_s=0.5)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        connection.execute("ROLLBACK")
        return False


def _connected(database: str, *, timeout_s: float) -> sqlite3.Connection:
    return sqlite3.connect(database.removeprefix("sqlite:///"), isolation_level=None, timeout=timeout_s)
