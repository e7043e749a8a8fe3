"""One run: first polls -> publish while the nemesis strikes -> a quiet time until all is settled -> the checker's verdict."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos import evidence
from tests.chaos.checker import Evidence, Verdict, judge
from tests.chaos.farm import Habits
from tests.chaos.nemesis import Nemesis
from tests.chaos.stage import Stage, set_stage
from worker.archive import Archive, open_archive
from worker.errors import ArchiveError

FIRST_POLLS_S = 90.0
QUIET_S = 600.0
STUCK_S = 90.0  # longer than a delivery's lease and a start on a busy machine
LAST_NEWS_S = 5.0  # the press runs on after the last fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """kind: of `stage.KINDS`; pause_s: between faults, on average; only: which of them, see `Nemesis`."""

    kind: str
    seed: int
    faults: int = 300
    pause_s: float = 1.6
    only: str = ""
    habits: Habits = field(default_factory=Habits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    verdict: Verdict
    figures: dict[str, str]


def play(plan: Plan, folder: Path, say: Callable[[str], None] = lambda _: None) -> Result:
    """folder: an empty one, for everything that the run leaves behind but the servers' own files.

    Raises: AssertionError when not even the first polls came through.
    """
    with (
        set_stage(plan.kind, plan.seed, folder, plan.habits) as stage,
        closing(open_archive(stage.database)) as archive,
    ):
        nemesis = Nemesis(stage, plan.seed, plan.only)
        silent = _first_polls(stage, archive)
        began_at = time.time()
        with stage.farm.publishing():
            _harm(nemesis, plan, say)
            threading.Event().wait(LAST_NEWS_S)
        say(f"{time.time() - began_at:6.1f} s  quiet")
        _quiet(stage, archive)
        found = evidence.gather(stage, nemesis, archive, silent=silent, times=(began_at, time.time()))
        stage.supervisor.stop()
        verdict = judge(found)
        _write_down(found, folder)
        verdict.broken += _verified(folder / "feedwacht.toml")
    return Result(verdict=verdict, figures=_figures(plan, stage, nemesis, verdict, found.ends_at - began_at))


def _first_polls(stage: Stage, archive: Archive) -> frozenset[int]:
    """Wait until every feed was polled once: what is published from then on alerts. Returns: the numbers of what was there."""
    wanted = frozenset(item.number for item in stage.farm.items)
    deadline = time.monotonic() + FIRST_POLLS_S
    while time.monotonic() < deadline:
        with archive.read() as tx:
            polled = [feed for feed in tx.feeds.all() if feed.first_polled_at is not None]
        if len(polled) == len(stage.farm.feeds):
            return wanted
        _look_again()
    raise AssertionError(f"no first polls within {FIRST_POLLS_S} s:\n{_last_lines(stage)}")


def _harm(nemesis: Nemesis, plan: Plan, say: Callable[[str], None]) -> None:
    began_s = time.monotonic()
    next_s = began_s
    while len(nemesis.faults) < plan.faults:
        nemesis.cure_due()
        if time.monotonic() >= next_s and (fault := nemesis.strike()) is not None:
            say(f"{time.monotonic() - began_s:6.1f} s  {fault.number:3}  {fault.kind}: {fault.target}")
            next_s = max(next_s + nemesis.pause_s(plan.pause_s), time.monotonic())
        _look_again(0.05)
    nemesis.cure_all()


def _quiet(stage: Stage, archive: Archive) -> None:
    """Fine weather, until everything published is filed and everything owed is sent; or nothing gets on any more."""
    wanted = {item.number for item in stage.farm.items}
    ends_s, stuck_s, stood = time.monotonic() + QUIET_S, time.monotonic() + STUCK_S, (-1, -1)
    while time.monotonic() < min(ends_s, stuck_s):
        with suppress(ArchiveError):  # it has just come back, and our connections are of before
            evidence.shorten_waits(archive)
            filed = {record.number for record in evidence.records_of(archive)}
            open_ones = evidence.unsettled(archive)
            if wanted <= filed and not open_ones and not any(evidence.old_leases(archive)):
                return
            if (len(filed), open_ones) != stood:
                stood, stuck_s = (len(filed), open_ones), time.monotonic() + STUCK_S
        _look_again(1)


def _write_down(found: Evidence, folder: Path) -> None:
    """For whoever looks for the reason of a broken promise."""
    (folder / "items.txt").write_text("\n".join(map(str, found.items)), encoding="utf-8")
    (folder / "requests.txt").write_text("\n".join(map(str, found.asked)), encoding="utf-8")


def _verified(config: Path) -> list[str]:
    """What `archive verify` says, with everything at rest."""
    argv = [sys.executable, "-m", "worker", "archive", "verify", "--config", str(config)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
    return [f"archive verify: {done.stdout[-1500:]}{done.stderr[-500:]}"] if done.returncode else []


def _figures(plan: Plan, stage: Stage, nemesis: Nemesis, verdict: Verdict, took_s: float) -> dict[str, str]:
    kinds = ", ".join(f"{count} x {kind}" for kind, count in nemesis.counted().most_common())
    return {
        "seed": f"{plan.seed} on {plan.kind}",
        "time": f"{took_s:.0f} s, at a load of {os.getloadavg()[2]:.1f} on {os.cpu_count()} cores",
        "faults": f"{len(nemesis.faults)}: {kinds}",
        "starts of processes": str(sum(service.starts for service in stage.supervisor.services.values())),
        "ended by themselves": "; ".join(stage.supervisor.surprises) or "none",
        **verdict.figures,
    }


def _last_lines(stage: Stage) -> str:
    return "\n".join(f"{log.name}: {log.read_text()[-1500:]}" for log in sorted(stage.folder.glob("*.log")))


def _look_again(seconds: float = 0.1) -> None:
    threading.Event().wait(seconds)
