"""`feedwacht health`: by the command line and by the short way past it."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.shell.desk import Desk
from worker import checkup
from worker.checkup import Asked
from worker.heart import introduce


def at_work(desk: Desk, role: str, idle_reason: str = "") -> None:
    """This process reports, and somebody just looked for what is due."""
    archive, now = desk.archive(), datetime.now(UTC)
    with archive.write() as tx:
        tx.fleet.report(replace(introduce(role, now), idle_reason=idle_reason))
        tx.fleet.note("sweep", now)
    archive.close()


@pytest.mark.parametrize("part", ["", "poll", "deliver", "beat"])
def test_both_ways_say_the_same(quiet_desk: Desk, part: str, capsys: pytest.CaptureFixture[str]) -> None:
    quiet_desk.run("db", "upgrade")
    words = ["health", *part.split()]
    assert f"no process of {os.uname().nodename}" in quiet_desk.run(*words, exit_code=1).stdout
    assert checkup.run(Asked(part, quiet_desk.config)) == 1
    at_work(quiet_desk, "run")
    assert "good, last reported" in quiet_desk.run(*words).stdout
    assert checkup.run(Asked(part, quiet_desk.config)) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0].split(" of ")[0] for line in said] == ["no process", "good"]


@pytest.mark.parametrize("part", ["poll", "deliver"])
def test_a_process_that_takes_no_work_does_not_do_it_although_others_do(quiet_desk: Desk, part: str) -> None:
    quiet_desk.run("db", "upgrade")
    at_work(quiet_desk, "worker", "the archive is at schema 9999, made by a newer feedwacht")
    assert "takes no work" in quiet_desk.run("health", part, exit_code=1).stdout
    at_work(quiet_desk, "worker")
    quiet_desk.run("health", part)


def test_a_feed_that_waits_too_long(quiet_desk: Desk) -> None:
    quiet_desk.configure(feeds=["https://www.hasepost.de/feed/"])
    quiet_desk.run("feeds", "list")
    at_work(quiet_desk, "worker")
    archive, now = quiet_desk.archive(), datetime.now(UTC)
    with archive.write() as tx:
        tx.feeds.describe(1, next_poll_at=now - timedelta(minutes=30))
    archive.close()
    quiet_desk.run("health")
    quiet_desk.run("health", "deliver")
    assert "for 30 minutes" in quiet_desk.run("health", "poll", exit_code=1).stdout


def test_an_archive_or_a_configuration_that_cannot_be_used(
    quiet_desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checkup.run(Asked("", quiet_desk.config)) == 1
    assert "db upgrade" in capsys.readouterr().err
    quiet_desk.configure(more="[htp]\n")
    assert checkup.run(Asked("", quiet_desk.config)) == 2
