"""`feedwacht backfill`, over real HTTP."""

import os
import re
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.shell.desk import Desk, publish
from tests.wordpress import WordPressSite
from worker.chapters import Backfill, Via
from worker.cli.backfill import backfill_verdict
from worker.model import Means
from worker.older import learned

ROOT = Path(__file__).parents[2]


@pytest.fixture
def town(desk: Desk, site: WordPressSite) -> Desk:
    """Forty articles more, six hours apart, the newest of them two days old."""
    publish(site, 40, datetime.now(UTC).replace(microsecond=0) - timedelta(days=2), "Alt", timedelta(hours=6))
    desk.run("poll")
    return desk


def titles(desk: Desk) -> list[str]:
    return [one["title"] for one in desk.json("archive", "search", "Absatz", "--limit", "1000")]  # type: ignore[union-attr]


@pytest.mark.parametrize("via", ["rest", "date", "paged", "sitemap"])
def test_older_articles_are_read_by_every_means(town: Desk, via: str) -> None:
    done: Any = town.json("backfill", "1", "--from", "30d", "--via", via)
    assert (done["state"], done["via"], done["missing"], done["total"]) == ("done", via, [], 52)
    assert len(titles(town)) == 52
    assert town.json("alerts", "list") == []
    assert len(list(town.records.rglob("*.txt"))) == 52
    coverage: Any = town.json("coverage") if "coverage" in town.run("--help").stdout.split() else None
    assert coverage is None or coverage


def test_what_came_of_it_is_said_in_both_languages(town: Desk) -> None:
    said = town.run("backfill", "1", "--from", "30d").stdout
    assert "read as a whole (rest, " in said
    assert "42 new articles" in said
    assert "the site itself counts 52 articles" in said
    town.configure(language="de")
    assert "ganz gelesen" in town.run("backfill", "1", "--from", "30d").stdout
    assert "fertig" in town.run("backfill", "--list").stdout
    assert len(town.json("backfill", "--list")) == 2  # type: ignore[arg-type]


def test_days_are_days_on_the_sources_clock_and_the_last_one_is_included(town: Desk) -> None:
    day = (datetime.now(UTC) - timedelta(days=5)).date().isoformat()
    done: Any = town.json("backfill", "1", "--from", day, "--to", day)
    assert datetime.fromisoformat(done["to"]) - datetime.fromisoformat(done["from"]) == timedelta(days=1)
    assert done["filed"] == done["total"] == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("9", "--from", "30d"), "feeds add"),
        (("https://x.example/feed/", "--from", "30d"), "feeds add"),
        (("1",), "--from"),
        ((), "--from"),
        (("1", "--from", "2999-01-01"), "no time"),
        (("1", "--from", "2025-02-01", "--to", "2025-01-01"), "no time"),
        (("1", "--from", "2025-02-01", "--via", "magic"), "magic"),
    ],
)
def test_what_cannot_be_done(town: Desk, arguments: tuple[str, ...], words: str) -> None:
    assert words in town.run("backfill", *arguments, exit_code=2).stderr


def test_a_feed_without_older_entries(town: Desk, site: WordPressSite) -> None:
    site.rest = site.day_archives = False
    failed = town.run("backfill", "1", "--from", "30d", "--via", "rest", exit_code=1).stdout
    assert "try another way" in failed
    assert "rest: " in failed
    assert "--via date|paged|sitemap\n" in failed


def test_nothing_was_read_back_yet(town: Desk) -> None:
    assert "nothing was read back" in town.run("backfill", "--list").stdout
    assert town.json("backfill", "--list") == []


def _hears_ctrl_c() -> None:
    """A suite that runs in the background hands down that Ctrl-C is not for it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_it_can_be_ended_at_any_moment_and_goes_on(town: Desk, site: WordPressSite, end: signal.Signals) -> None:
    asked, enough = iter(range(10_000)), threading.Event()

    def count(path: str) -> None:
        if "/date/" in path and next(asked) == 12:
            enough.set()
            threading.Event().wait(0.5)  # the page that it is killed at

    site.on_request = count
    command = [
        sys.executable,
        "-m",
        "worker",
        "--config",
        str(town.config),
        "backfill",
        "1",
        "--from",
        "30d",
        "--via",
        "date",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = subprocess.Popen(
        command,
        env=environment,
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_hears_ctrl_c,  # noqa: PLW1509 - no threads hold locks that it needs
    )
    with running:
        assert enough.wait(60)
        running.send_signal(end)
        _, said = running.communicate(timeout=10)
    assert running.returncode == (130 if end is signal.SIGINT else -signal.SIGKILL)
    if end is signal.SIGINT:
        assert "the same command goes on" in said
        assert "Traceback" not in said
    site.on_request = None
    assert "a backfill from" in town.run("status", exit_code=None).stdout
    if end is signal.SIGKILL:
        free_hosts(town)
    result = town.run("backfill", "1", "--from", "30d", "--via", "date")
    assert "going on where it stood" in result.stderr
    assert len(titles(town)) == 52
    assert re.search(r"a backfill from", town.run("status", exit_code=None).stdout) is None


def free_hosts(desk: Desk) -> None:
    """As after 45 seconds: what was killed keeps its lease until then."""
    archive = desk.archive()
    with archive.database.write() as connection:
        connection.exec_driver_sql("UPDATE hosts SET lease_until = NULL")
    archive.close()


def test_what_was_tried_already_is_not_advised(desk: Desk) -> None:
    """First the means that nobody tried on the gap, then none."""
    desk.run("poll")
    archive, now = desk.archive(), datetime.now(UTC)
    with archive.write() as tx:
        [feed] = tx.feeds.all()
        ways = feed.ways
        for means in (Means.PAGED, Means.DATE, Means.REST):
            ways = learned(ways, means, now, fault="404")
        tx.feeds.save(replace(feed, ways=ways))
        from_at = now - timedelta(hours=40)
        tx.coverage.open(feed.id, from_at=from_at, to_at=now - timedelta(hours=30), reason="404", now=now)
    archive.close()
    assert "--via sitemap`" in desk.run("status").stdout.replace("\n  ", " ")
    faults = ("date: 404", "paged: 404", "sitemap: 404")
    times = {"from_at": now - timedelta(days=3), "to_at": now, "until_at": now, "started_at": now}
    failed = Backfill(feed_id=1, via=Via.SITEMAP, faults=faults, detail="404", state="failed", finished_at=now, **times)
    archive = desk.archive()
    with archive.write() as tx:
        tx.backfills.add(failed)
    archive.close()
    shown = desk.run("status").stdout.replace("\n  ", " ")
    assert "in no way to be read" in shown
    assert "feedwacht backfill" not in shown


@pytest.mark.parametrize(("asked", "verdict"), [(None, "backfill_is_exhausted"), (Via.REST, "backfill_is_failed")])
def test_another_way_is_advised_only_if_one_was_asked_for(asked: Via | None, verdict: str) -> None:
    now = datetime.now(UTC)
    times = {"from_at": now - timedelta(days=3), "to_at": now, "until_at": now, "started_at": now}
    assert backfill_verdict(Backfill(feed_id=1, via=Via.REST, asked=asked, state="failed", **times)) == verdict
