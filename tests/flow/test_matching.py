"""Following subscriptions: every worker, in whatever process, works with what the archive says now."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import START
from tests.house import House
from tests.shell.desk import Desk
from worker.archive import Archive, open_archive
from worker.matching import Matching
from worker.model import Record
from worker.query import parse


@pytest.fixture
def archive(house: House) -> Archive:
    return house.archive


@pytest.fixture
def second(database_url: str) -> Iterator[Archive]:
    """The same archive as another process opens it."""
    archive = open_archive(database_url)
    yield archive
    archive.close()


def article(text: str) -> Record:
    return Record(url="https://x.example/1", url_key="x.example/1", title="Titel", published_at=START, body=text)


def hits(matching: Matching, text: str = "Sturm und Regen über dem Hafen") -> set[str]:
    return {one.name for one, _ in matching.match(article(text))}


def test_each_worker_follows_what_another_process_changes(house: House, second: Archive) -> None:
    one, other = Matching(house.archive), Matching(second)
    number = house.subscribe("Sturm", "Sturm")
    for matching in (one, other):
        matching.refresh()
        assert hits(matching) == {"Sturm"}
    house.subscribe("Regen", "Regen")
    other.refresh()
    assert hits(other) == {"Sturm", "Regen"}
    with second.write() as tx:
        canonical = parse("Schnee").to_json()
        tx.subscriptions.change(number, now=START, query="Schnee", canonical=canonical)
    one.refresh()
    assert hits(one) == {"Regen"}
    assert hits(one, "Schnee") == {"Sturm"}
    with second.write() as tx:
        tx.subscriptions.change(number, now=START, paused=True)
    one.refresh()
    other.refresh()
    assert hits(one, "Schnee") == hits(other, "Schnee") == set()
    with house.archive.write() as tx:
        tx.subscriptions.change(number, now=START, paused=False)
        tx.subscriptions.change(number, now=START, channels=["pager"])
    other.refresh()
    [(subscription, _)] = other.match(article("Schnee"))
    assert subscription.channels == ("pager",)
    with house.archive.write() as tx:
        tx.subscriptions.remove(number, START)
    other.refresh()
    assert hits(other, "Schnee") == set()


def test_changes_one_by_one_end_where_a_fresh_start_does(house: House) -> None:
    follower = Matching(house.archive)
    follower.refresh()
    numbers = [house.subscribe(f"n{number}", word) for number, word in enumerate(["Sturm", "Regen", "Hafen", "Schnee"])]
    for round_ in range(12):
        number = numbers[round_ % 4]
        with house.archive.write() as tx:
            word = ["Sturm", "Regen", "Schnee"][round_ % 3]
            tx.subscriptions.change(
                number, now=START, query=word, canonical=parse(word).to_json(), paused=round_ % 5 == 0
            )
        follower.refresh()
        fresh = Matching(house.archive)
        fresh.refresh()
        assert hits(follower) == hits(fresh)


def test_an_unreadable_query_is_skipped_and_the_others_run(house: House) -> None:
    house.subscribe("Sturm", "Sturm")
    with house.archive.write() as tx:
        tx.subscriptions.add(
            name="kaputt", query="(Regen", canonical="{}", channels=["screen"], origin="command", now=START
        )
    matching = Matching(house.archive)
    matching.refresh()
    assert hits(matching) == {"Sturm"}


def test_forms_of_another_analyser_are_read_again_once_and_kept(house: House) -> None:
    with house.archive.write() as tx:
        number = tx.subscriptions.add(
            name="a", query="Sturm", canonical='{"analyser":0}', channels=["screen"], origin="command", now=START
        )
        version = tx.subscriptions.version()
    matching = Matching(house.archive)
    matching.refresh()
    assert hits(matching) == {"a"}
    with house.archive.read() as tx:
        [stored] = tx.subscriptions.stored()
        assert (stored.subscription.id, stored.canonical) == (number, parse("Sturm").to_json())
        assert tx.subscriptions.version() == version


def test_threads_match_while_others_refresh(house: House) -> None:
    matching = Matching(house.archive)
    house.subscribe("fest", "Hafen")
    matching.refresh()
    stopped, faults = threading.Event(), []

    def match() -> None:
        while not stopped.is_set():
            if "fest" not in hits(matching):
                faults.append("lost")

    threads = [threading.Thread(target=match) for _ in range(3)]
    for thread in threads:
        thread.start()
    for count in range(25):
        house.subscribe(f"n{count}", f"Regen OR Wort{count}")
        matching.refresh()
    stopped.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(hits(matching)) == 26


@pytest.mark.slow
def test_a_command_in_a_process_of_its_own_is_followed(tmp_path: Path) -> None:
    desk = Desk(folder=tmp_path)
    desk.run("subscriptions", "list")
    archive = desk.archive()
    try:
        matching = Matching(archive)
        matching.refresh()
        assert hits(matching) == {"Hafen"}
        command = [sys.executable, "-m", "worker", "--config", str(desk.config), "subscriptions"]
        subprocess.run([*command, "add", "Sturm", "Sturm", "--channel", "screen"], check=True, capture_output=True)
        matching.refresh()
        assert hits(matching) == {"Hafen", "Sturm"}
        subprocess.run([*command, "pause", "Hafen"], check=True, capture_output=True)
        matching.refresh()
        assert hits(matching) == {"Sturm"}
    finally:
        archive.close()
