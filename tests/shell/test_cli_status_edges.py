"""What `feedwacht status` must not take for something else: nothing ever ran, a full disk, a host that ends workers."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex

import pytest
from sqlalchemy import create_engine, inspect

from tests.shell.desk import Desk
from tests.shell.test_cli_status import at_work
from worker.archive.feeds import SUSPICIOUS
from worker.configure import apply_canary
from worker.model import Lease
from worker.settings import CanarySettings

FEED = "https://www.hasepost.de/feed/"
BROKER = '[broker]\nurl = "redis://127.0.0.1:1/0"\n'


@pytest.mark.parametrize("known", [False, True], ids=["in the configuration", "in the archive"])
def test_an_installation_where_nothing_ever_ran(quiet_desk: Desk, *, known: bool) -> None:
    quiet_desk.configure(feeds=[FEED])
    if known:
        quiet_desk.run("feeds", "list")
    shown = quiet_desk.run("status", exit_code=1).stdout
    assert "! nothing was ever polled, and no process is there to do it (1 feed): start `feedwacht run`\n" in shown
    assert "not taken over yet" not in shown
    assert "all is well" not in shown
    data = quiet_desk.json("status", exit_code=1)
    assert isinstance(data, dict)
    assert [one["kind"] for one in data["breaches"]] == ["nothing_ran"]
    quiet_desk.configure(language="de", more=BROKER)
    assert "`feedwacht worker` und `feedwacht beat` starten" in quiet_desk.run("status", exit_code=1).stdout
    at_work(quiet_desk)
    quiet_desk.run("status")


def test_who_polls_from_a_timer_is_well(desk: Desk) -> None:
    desk.run("status", exit_code=1)
    desk.run("poll")
    desk.run("status")
    desk.configure(feeds=[*desk.feeds, FEED])
    assert "1 feed of the configuration not taken over yet: start `feedwacht run`" in desk.run("status").stdout
    desk.configure(more=BROKER)
    assert "not taken over yet: start `feedwacht worker` and `feedwacht beat`" in desk.run("status").stdout


@pytest.mark.parametrize("command", [("status",), ("status", "--json"), ("health",), ("doctor",)], ids=" ".join)
def test_a_command_that_only_looks_leaves_an_empty_database_empty(
    quiet_desk: Desk, postgres_url: str, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEEDWACHT_ARCHIVE__DATABASE", postgres_url)
    result = quiet_desk.run(*command, exit_code=1)
    told = [line for line in result.output.splitlines() if "`feedwacht db upgrade`" in line]
    assert len(told) == 1, result.output
    engine = create_engine(postgres_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()
    quiet_desk.run("db", "upgrade")
    quiet_desk.run("status")


def test_a_health_check_makes_no_file(quiet_desk: Desk) -> None:
    assert "there is no archive yet" in quiet_desk.run("health", exit_code=1).stderr
    assert not (quiet_desk.folder / "var").exists()
    quiet_desk.configure(language="de")
    assert "es gibt noch kein Archiv" in quiet_desk.run("health", exit_code=1).stderr


def test_the_canary_is_counted_nowhere_or_everywhere(desk: Desk) -> None:
    desk.run("poll")
    archive, now = desk.archive(), datetime.now(UTC)
    apply_canary(CanarySettings.model_validate({"every": "10m"}), archive, now - timedelta(seconds=20))
    archive.close()
    shown = desk.run("status").stdout
    assert "1 feed: 0 due" in shown
    assert "due for longest: feed –" in shown
    data = desk.json("status")
    assert isinstance(data, dict)
    assert (data["feeds"]["due"], data["feeds"]["oldest_due_s"], data["feeds"]["oldest_due_at"]) == (0, 0, None)


def test_a_server_that_asked_for_rest_has_no_feed_that_is_due(desk: Desk) -> None:
    desk.run("poll")
    archive, now = desk.archive(), datetime.now(UTC)
    with archive.write() as tx:
        [feed] = tx.feeds.all()
        tx.feeds.describe(feed.id, next_poll_at=now - timedelta(seconds=30))
        tx.feeds.throttle(feed.host, now + timedelta(hours=1))
    archive.close()
    shown = desk.run("status").stdout
    assert ("1 feed: 0 due" in shown, "due for longest: feed –" in shown) == (True, True)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a file system without any room")
def test_a_full_disk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.run("poll")
    monkeypatch.setenv("FEEDWACHT_ARCHIVE__FILES", "/proc/feedwacht/records")
    shown = desk.run("status", exit_code=1).stdout
    assert "! no room for archive or files: /proc/feedwacht/records (" in shown
    data = desk.json("status", exit_code=1)
    assert isinstance(data, dict)
    assert [(one["kind"], one["folder"]) for one in data["breaches"]] == [("no_room", "/proc/feedwacht/records")]
    desk.configure(language="de")
    assert "kein Platz für Archiv oder Dateien: /proc/feedwacht/records (" in desk.run("status", exit_code=1).stdout


@pytest.mark.parametrize("name", ["feedwacht.db", "records", ""], ids=["the archive", "its record files", "the folder"])
def test_a_place_that_its_owner_may_not_write(desk: Desk, name: str) -> None:
    desk.run("poll")
    place = desk.folder / "var" / name
    mode = place.stat().st_mode
    if os.geteuid() == 0:
        os.chown(place, 65534, -1)  # root's own are never shut
    place.chmod(mode & ~0o222)
    try:
        shown = desk.run("status", exit_code=1).stdout
        [told] = [one for one in shown.splitlines() if "may not be written, even by its owner" in one]
        assert told.startswith(f"! {place} ")
        desk.configure(language="de")
        assert f"{place} darf auch der Eigentümer nicht beschreiben" in desk.run("status", exit_code=1).stdout
        assert [one["folder"] for one in desk.json("status", exit_code=1)["breaches"]] == [str(place)]  # type: ignore[call-overload]
    finally:
        place.chmod(mode)
    desk.run("status")


def test_a_host_at_which_workers_end(desk: Desk) -> None:
    desk.run("poll")
    archive, now = desk.archive(), datetime.now(UTC)
    with archive.write() as tx:
        host = tx.feeds.all()[0].host
        lease = Lease(token=token_hex(8), until=now)
        for _ in range(SUSPICIOUS + 1):  # nobody gives it back
            assert tx.feeds.claim_host(host, now, lease) is not None
    shown = desk.run("status", exit_code=1).stdout
    assert f"! {SUSPICIOUS} workers in a row did not give {host} back: " in shown
    data = desk.json("status", exit_code=1)
    assert isinstance(data, dict)
    assert [(one["kind"], one["host"], one["count"]) for one in data["breaches"]] == [
        ("host_ends_workers", host, SUSPICIOUS)
    ]
    with archive.write() as tx:
        tx.feeds.release([host], lease, free_at=now)
    archive.close()
    desk.run("status")
