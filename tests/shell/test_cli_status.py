"""`feedwacht status`, `check-config`, `backup`, `restore` and `db upgrade`."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from tests.colleagues import a_colleague
from tests.shell.desk import Desk, give_up
from tests.wordpress import WordPressSite
from worker.cli import show
from worker.cli.status import Look, watch
from worker.configure import apply_canary, new_feed
from worker.model import Feed, Trouble, TroubleKind
from worker.settings import CanarySettings

NOW = datetime.now(UTC)


def change(desk: Desk, edit: Callable[[Feed], Feed]) -> None:
    """Change the one feed's row."""
    archive = desk.archive()
    with archive.write() as tx:
        [feed] = tx.feeds.all()
        edited = edit(feed)
        tx.feeds.save(edited)
        tx.feeds.describe(feed.id, stopped=edited.stopped)
    archive.close()


def at_work(desk: Desk, *, ago: timedelta = timedelta(0), role: str = "run", **more: object) -> None:
    """A process that reported so long ago, and a sweep just now."""
    now = datetime.now(UTC)
    archive = desk.archive()
    with archive.write() as tx:
        tx.fleet.report(a_colleague(now - ago, role, **{"name": f"{role}@here-1", **more}))
        tx.fleet.note("sweep", now)
    archive.close()


def test_all_is_well(desk: Desk) -> None:
    desk.run("poll")
    assert "all is well" in desk.run("status").stdout
    data = desk.json("status")
    assert isinstance(data, dict)
    assert (data["ok"], data["broken"], data["archive"]["records"]) == (True, [], 10)
    assert data["feeds"]["total"] == 1
    desk.configure(language="de")
    assert "alles in Ordnung" in desk.run("status").stdout


def test_a_fresh_archive_is_well(quiet_desk: Desk) -> None:
    assert quiet_desk.run("status").exit_code == 0


def test_an_overdue_feed(desk: Desk) -> None:
    desk.run("poll")
    change(desk, lambda feed: replace(feed, next_poll_at=datetime.now(UTC) - timedelta(minutes=9)))
    at_work(desk)
    desk.run("status")
    change(desk, lambda feed: replace(feed, next_poll_at=datetime.now(UTC) - timedelta(hours=3)))
    shown = desk.run("status", exit_code=1).stdout
    assert "3 hours" in shown
    assert "feedwacht run" in shown
    data = desk.json("status", exit_code=1)
    assert (data["ok"], data["feeds"]["overdue"]) == (False, 1)  # type: ignore[index, call-overload]
    desk.configure(language="de")
    assert "seit 3 Stunden" in desk.run("status", exit_code=1).stdout


def test_a_feed_whose_server_asked_for_rest_is_not_overdue(desk: Desk) -> None:
    desk.run("poll")
    change(desk, lambda feed: replace(feed, next_poll_at=datetime.now(UTC) - timedelta(hours=3)))
    archive = desk.archive()
    with archive.write() as tx:
        tx.feeds.throttle(tx.feeds.all()[0].host, NOW + timedelta(hours=1))
    archive.close()
    assert desk.json("status")["feeds"]["overdue"] == 0  # type: ignore[index]


def test_a_stopped_feed(desk: Desk, site: WordPressSite) -> None:
    desk.run("poll")
    change(desk, lambda feed: replace(feed, stopped="410 Gone since 2025-12-03"))
    assert "410 Gone" in desk.run("status", exit_code=1).stdout


def test_a_feed_that_left_the_configuration_is_fine(desk: Desk) -> None:
    desk.run("poll")
    desk.configure(feeds=["https://www.hasepost.de/feed/"])
    desk.run("feeds", "list")
    assert "! " not in desk.run("status").stdout


def test_failing_feeds_and_gaps_are_said(desk: Desk, site: WordPressSite) -> None:
    site.down = True
    desk.run("poll", exit_code=1)
    archive, now = desk.archive(), datetime.now(UTC)
    with archive.write() as tx:
        [feed] = tx.feeds.all()
        tx.coverage.open(feed.id, from_at=now - timedelta(hours=2), to_at=now, reason="page 500, the limit", now=now)
    archive.close()
    shown = desk.run("status").stdout
    assert "fails: " in shown
    assert "may be missing (page 500, the limit)" in shown
    assert f"`feedwacht backfill {feed.id} --from 2" in shown
    assert "nothing is lost" not in shown
    told = desk.run("coverage", str(feed.id)).stdout
    assert "page 500, the limit" in told
    [covered] = desk.json("coverage")
    assert [gap["reason"] for gap in covered["gaps"]] == ["page 500, the limit"]  # type: ignore[index, call-overload]
    assert len(desk.json("status")["warnings"]) == 2  # type: ignore[index, arg-type, call-overload]


def test_dead_deliveries(desk: Desk, site: WordPressSite) -> None:
    give_up(desk, site)
    assert "alerts replay" in desk.run("status", exit_code=1).stdout
    assert desk.json("status", exit_code=1)["deliveries"]["dead"] == 1  # type: ignore[index, call-overload]
    desk.run("alerts", "replay")
    desk.run("status")


# -- processes and the screen ------------------------------------------------------------------------------------------


def test_feeds_that_nobody_is_there_to_poll(desk: Desk) -> None:
    desk.run("poll")
    change(desk, lambda feed: replace(feed, next_poll_at=datetime.now(UTC) - timedelta(minutes=3)))
    assert "no process is there" in desk.run("status", exit_code=1).stdout
    at_work(desk, ago=timedelta(minutes=2))
    assert "no process is there" in desk.run("status", exit_code=1).stdout
    at_work(desk, idle_reason="the archive has a newer schema")
    shown = desk.run("status", exit_code=1).stdout
    assert "run@here-1 takes no work: the archive has a newer schema" in shown
    at_work(desk)
    desk.run("status")


def test_the_canary_has_a_line_while_it_is_on_and_breaks_a_promise_when_it_is_late(desk: Desk) -> None:
    desk.run("poll")
    assert "Canary:" not in desk.run("status").stdout
    archive, now = desk.archive(), datetime.now(UTC)
    every = CanarySettings.model_validate({"every": "10m"})
    apply_canary(every, archive, now - timedelta(minutes=21, seconds=30))
    assert "no canary has arrived for 21 minutes: something is stuck" in desk.run("status", exit_code=1).stdout
    reason = "its port cannot be had: another program has the port"
    with archive.write() as tx:
        tx.feeds.describe(tx.canary.state().feed_id, last_reason=reason, failures=3)  # type: ignore[union-attr]
    shown = desk.run("status", exit_code=1).stdout
    assert f"no canary has arrived for 21 minutes: {reason}\n" in shown.replace("\n  ", " ")
    assert shown.count("another program") == 1
    with archive.write() as tx:
        tx.fleet.note("canary", now - timedelta(minutes=3))
        state = tx.canary.state()
        assert state is not None
        tx.feeds.describe(state.feed_id, next_poll_at=now + timedelta(minutes=7))
    shown = desk.run("status").stdout
    assert "Canary: last arrived 3 minutes ago" in shown
    assert "1 feed: " in shown, "its feed is not one of the people's"
    apply_canary(CanarySettings(), archive, now)
    archive.close()
    assert "Canary:" not in desk.run("status").stdout


def test_a_canary_that_nobody_lets_fly(desk: Desk) -> None:
    desk.run("poll")
    with desk.config.open("a", encoding="utf-8") as config:
        config.write('\n[canary]\nevery = "10m"\n')
    assert "lets it fly" not in desk.run("status").stdout, "before the first start nothing is to be started again"
    at_work(desk)
    assert "no process lets it fly" in desk.run("status").stdout
    for listed in ("feeds", "subscriptions", "channels", "alerts"):
        assert "feedwacht:canary" not in desk.run(listed, "list").stdout


def test_processes_of_two_versions_are_named(desk: Desk) -> None:
    desk.run("poll")
    at_work(desk)
    at_work(desk, name="worker@there-2", role="worker", version="0.9", ago=timedelta(seconds=10))
    shown = desk.run("status").stdout
    assert re.search(r"worker@there-2 \(worker, 0\.9\): seen \d+ seconds ago", shown)
    assert "different versions are at work (0.9, 1.0)" in shown
    data = desk.json("status")
    assert isinstance(data, dict)
    assert [(one["name"], one["living"]) for one in data["workers"]] == [("run@here-1", True), ("worker@there-2", True)]
    desk.configure(language="de")
    assert re.search(r"worker@there-2 \(worker, 0\.9\): gesehen vor \d+ Sekunden", desk.run("status").stdout)


def test_a_process_that_was_killed_is_told_from_one_that_is_at_work(desk: Desk) -> None:
    desk.run("poll")
    at_work(desk)
    at_work(desk, name="worker@there-2", role="worker", ago=timedelta(minutes=5))
    shown = desk.run("status").stdout
    assert "run@here-1 (run, 1.0): seen " in shown
    assert "Gone without goodbye: 1 process, last seen 5 minutes ago (worker@there-2)\n" in shown


def test_processes_that_were_killed_are_one_line_however_many(desk: Desk) -> None:
    desk.run("poll")
    for n in range(12):
        at_work(desk, name=f"worker@here-{n}", role="worker", ago=timedelta(minutes=5 + n))
    gone = "Gone without goodbye: 12 processes, last seen 5 minutes ago (worker@here-0, worker@here-1, …)\n"
    assert f"Processes: none reports\n{gone}" in desk.run("status", exit_code=None).stdout
    at_work(desk)
    shown = desk.run("status").stdout
    assert gone in shown
    assert shown.count("worker@here") == 2
    data = desk.json("status")
    assert isinstance(data, dict)
    assert sum(not one["living"] for one in data["workers"]) == 12


def test_hundreds_of_feeds_and_processes_fit_on_a_screen(desk: Desk) -> None:
    desk.run("poll")
    archive, now = desk.archive(), datetime.now(UTC)
    with archive.write() as tx:
        for number in range(300):
            url = f"https://stadtblatt{number}.example/feed/"
            fresh = new_feed(url=url, source="hasepost", interval_s=600, origin="command", now=now)
            tx.feeds.add(replace(fresh, next_poll_at=now + timedelta(minutes=9)), now)
            tx.feeds.stop(tx.feeds.all()[-1].id if number < 30 else 0, "410 Gone", was="")
    archive.close()
    for number in range(20):
        at_work(desk, name=f"worker@m{number}-1", role="worker")
    shown = desk.run("status", exit_code=1).stdout.splitlines()
    assert len(shown) <= 24
    assert "! and 22 more: `feedwacht status --json` names all" in shown
    assert "Processes: 20 worker" in shown
    data = desk.json("status", exit_code=1)
    assert isinstance(data, dict)
    assert (len(data["broken"]), {one["kind"] for one in data["breaches"]}) == (30, {"feed_stopped"})


def test_a_usual_screen_fits_a_terminal(desk: Desk) -> None:
    desk.run("poll")
    at_work(desk)
    for language in ("en", "de"):
        desk.configure(language=language)
        shown = desk.run("status").stdout.splitlines()
        assert len(shown) <= 12
        assert [line for line in shown if len(line) > 80 and str(desk.folder) not in line] == []


def test_what_does_not_fit_the_terminal_hides_the_verdict_last() -> None:
    console = Console(file=io.StringIO(), width=20, height=6)
    few = show.fitting(console, ["one", "two", "all is well"]).plain
    assert few == "one\ntwo\nall is well"
    rows = show.fitting(console, ["a line that is folded"] * 9 + ["see what is wrong above"]).plain.splitlines()
    assert len(rows) == 6
    assert rows[0].startswith("a line")
    assert [row.rstrip() for row in rows[3:]] == ["…", "see what is wrong", "above"]


def test_watching_ends_with_the_last_look() -> None:
    looks = iter([Look(is_good=True, lines=("one",)), Look(is_good=False, lines=("two",))])
    drawn: list[Look] = []

    def wait() -> None:
        if len(drawn) == 2:
            raise KeyboardInterrupt

    assert not watch(lambda: next(looks), drawn.append, wait).is_good
    assert [one.lines for one in drawn] == [("one",), ("two",)]


# -- check-config -----------------------------------------------------------------------------------------------------


def test_a_good_configuration(quiet_desk: Desk) -> None:
    result = quiet_desk.run("check-config")
    assert "the configuration is ok" in result.stdout
    assert 'Hafen OR "Neuer Markt"' in result.stdout
    assert not (quiet_desk.folder / "var").exists()
    data = quiet_desk.json("check-config")
    assert data["source"][0]["name"] == "hasepost"  # type: ignore[index, call-overload]
    quiet_desk.configure(language="de")
    assert "die Konfiguration ist in Ordnung" in quiet_desk.run("check-config").stdout


def test_a_configuration_that_cannot_be_used(quiet_desk: Desk) -> None:
    quiet_desk.configure(more='[htp]\nhost_gap = "1s"\n')
    result = quiet_desk.run("check-config", exit_code=2)
    assert "feedwacht.toml, line" in result.stderr
    assert "http" in result.stderr


def test_a_query_that_cannot_be_read(quiet_desk: Desk) -> None:
    quiet_desk.configure(more='[[subscription]]\nname = "Bad"\nquery = "Nato OR (x"\nchannels = ["screen"]\n')
    result = quiet_desk.run("check-config", exit_code=1)
    assert "“Bad”" in result.stderr
    assert "Nato OR (x\n        ^" in result.stderr
    assert quiet_desk.run("check-config", "--json", exit_code=1).stdout.startswith("{")


# -- the archive as a whole -------------------------------------------------------------------------------------------


def test_a_backup_brings_back_what_was(desk: Desk, site: WordPressSite) -> None:
    desk.run("poll")
    file = str(desk.folder / "backups/one.db")
    assert "backed up" in desk.run("backup", file).stdout
    site.publish("Neues")
    desk.run("poll")
    assert "with --yes" in desk.run("restore", file, exit_code=2).stderr, "nobody is there to be asked"
    assert desk.json("archive", "stats")["records"] == 11  # type: ignore[index, call-overload]
    restored = desk.run("restore", file, "--yes").stdout
    assert restored == f"{desk.folder}/var/feedwacht.db: restored from {file}\n", "it may be another one than was meant"
    assert desk.json("archive", "stats")["records"] == 10  # type: ignore[index, call-overload]
    assert "1 new article" in desk.run("poll").stdout


def test_what_is_no_backup(desk: Desk) -> None:
    desk.run("poll")
    file = desk.folder / "x.db"
    file.write_text("no database")
    assert "no backup of feedwacht" in desk.run("restore", str(file), "--yes", exit_code=1).stderr
    desk.run("restore", str(desk.folder / "missing.db"), exit_code=2)
    assert desk.json("archive", "stats")["records"] == 10  # type: ignore[index, call-overload]


def test_the_schema_is_brought_up_to_date(quiet_desk: Desk) -> None:
    assert "schema: from – to 0" in quiet_desk.run("db", "upgrade").stdout
    assert "up to date" in quiet_desk.run("db", "upgrade").stdout


@pytest.mark.parametrize("command", [("backup", "x.db"), ("restore", "README.md", "--yes")])
def test_backups_are_for_the_embedded_archive(
    quiet_desk: Desk, postgres_url: str, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEEDWACHT_ARCHIVE__DATABASE", postgres_url)
    result = quiet_desk.run(*command, exit_code=1)
    assert "PostgreSQL" in result.stderr


def test_a_feed_that_never_answered_is_something_to_do(desk: Desk) -> None:
    change_after_poll = {"failures": 5, "last_success_at": None, "last_reason": "the name cannot be resolved"}
    desk.run("poll")
    change(desk, lambda feed: replace(feed, **change_after_poll))
    assert "has never answered yet (5 tries in vain): " in desk.run("status", exit_code=1).stdout


def test_a_feed_that_stopped_answering_is_told_since_when(desk: Desk) -> None:
    desk.run("poll")
    change(desk, lambda feed: replace(feed, failures=5, last_success_at=NOW - timedelta(days=3, hours=1)))
    shown = desk.run("status", exit_code=1).stdout
    assert "has not answered for 3 days: " in shown
    assert "never" not in shown


def test_a_short_failure_is_no_broken_promise_and_no_all_clear(desk: Desk) -> None:
    desk.run("poll")
    change(desk, lambda feed: replace(feed, failures=1, last_reason="no answer within 15 s"))
    shown = desk.run("status").stdout
    assert "all is well" not in shown
    assert "see above" in shown


def test_when_every_feed_fails_all_is_not_well(desk: Desk, site: WordPressSite) -> None:
    desk.configure(feeds=[f"{site.url}/feed/", f"{site.url}/category/kultur/feed/"])
    desk.run("poll", exit_code=None)
    desk.run("status", exit_code=None)
    site.down = True
    for _ in range(2):
        desk.run("poll", exit_code=1)
    assert "not one feed can be read" in desk.run("status", exit_code=1).stdout
    assert desk.json("status", exit_code=1)["ok"] is False  # type: ignore[index, call-overload]
    desk.configure(language="de")
    assert "kein einziger Feed ist zu lesen" in desk.run("status", exit_code=1).stdout
    site.down = False
    desk.run("poll", exit_code=None)
    assert "kein einziger" not in desk.run("status", exit_code=None).stdout


def test_a_feed_in_quarantine_is_something_to_do(desk: Desk) -> None:
    desk.run("poll")
    change(desk, lambda feed: replace(feed, failures=3, deaths=3, last_reason="in quarantine, 3 parsers lost in a row"))
    assert "3 times in a row" in desk.run("status", exit_code=1).stdout
    desk.configure(language="de")
    assert "Quarantäne" in desk.run("status", exit_code=1).stdout


def test_a_rejected_query_is_named_and_the_others_run(desk: Desk, site: WordPressSite) -> None:
    desk.configure(more='[[subscription]]\nname = "Bad"\nquery = "(x"\nchannels = ["screen"]')
    desk.run("poll")
    site.publish("Hafen eröffnet")
    assert "Hafen" in desk.run("poll").stdout
    assert "the query of “Bad” cannot be read" in desk.run("status").stdout
    assert list(desk.json("status")["rejected_queries"]) == ["Bad"]  # type: ignore[call-overload]


def test_troubles_of_feeds_are_named_with_what_to_do(desk: Desk) -> None:
    desk.run("poll")
    archive = desk.archive()
    with archive.write() as tx:
        [feed] = tx.feeds.all()
        for kind in (TroubleKind.SILENT, TroubleKind.NO_FEED):
            trouble = Trouble(feed_id=feed.id, feed_url=feed.url, source=feed.source, kind=kind, began_at=NOW)
            tx.troubles.begin(trouble)
    archive.close()
    shown = desk.run("status", exit_code=1).stdout
    assert "! " in shown
    assert "has sent something else than a feed since" in shown
    assert "has been silent since" in shown
    assert "Look at the site" in shown
    data = desk.json("status", exit_code=1)
    assert isinstance(data, dict)
    assert [one["kind"] for one in data["troubles"]] == ["silent", "no_feed"]
    desk.configure(language="de")
    assert "etwas anderes als einen Feed" in desk.run("status", exit_code=1).stdout


def test_a_silent_source_alone_breaks_no_promise(desk: Desk) -> None:
    desk.run("poll")
    archive = desk.archive()
    with archive.write() as tx:
        [feed] = tx.feeds.all()
        silent = Trouble(feed_id=feed.id, feed_url=feed.url, source=feed.source, kind=TroubleKind.SILENT, began_at=NOW)
        tx.troubles.begin(silent)
    archive.close()
    assert "has been silent" in desk.run("status").stdout
