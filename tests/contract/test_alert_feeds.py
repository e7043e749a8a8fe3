"""Feeds of alerts over SQLite and PostgreSQL: they follow from what was told, come back when lost, and cost little."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from tests.contract.test_archive import FEED, draft
from tests.fakes import START
from worker.alertfeed import stem
from worker.archive import Archive, open_archive
from worker.archive.schema import deliveries
from worker.bootstrap import ToldHistories
from worker.channels import FeedChannel
from worker.channels.feed import Histories
from worker.model import (
    AlertHistory,
    AlertKind,
    Attempt,
    Channel,
    Delivery,
    DeliveryState,
    EditChange,
    HeldFor,
    Hold,
    Lease,
    Message,
    Notice,
    Owed,
    SendOutcome,
    SendResult,
    Span,
)

NAME = "Hafen / Süd"
MINUTE = timedelta(minutes=1)
MESSAGE = Message(subject="s", text="t", payload=b"{}")


@dataclass
class Desk:
    """One subscription that is told by files."""

    archive: Archive
    folder: Path
    channel: FeedChannel
    now: datetime = START
    number: int = 0
    sent: list[SendOutcome] = field(default_factory=list)

    def alert(self, number: int = 0, **changes: object) -> None:
        """Owe an alert of an article, a new one unless it is named; its files are not written yet."""
        self.number += not number
        self.now += MINUTE
        given = draft(number or self.number, text=f"Am Hafen {number or self.number}.")
        with self.archive.write() as tx:
            (filing,) = tx.records.file([given], feed_url=FEED, now=self.now)
            found = tx.subscriptions.find(NAME)
            assert found is not None
            assert filing.record_id is not None
            owed = Owed(
                subscription=found,
                record_id=filing.record_id,
                record_key=filing.record_key,
                record=given.record,
                spans=(Span(field="body", start=3, end=8, text="Hafen"),),
                **changes,  # type: ignore[arg-type]
            )
            tx.alerts.owe([owed], self.now)

    def deliver(self, settle: bool = True) -> list[str]:
        """Send what is due; the details. settle: False = killed before the archive learnt of it."""
        lease = Lease(token="t", until=self.now + MINUTE)
        with self.archive.write() as tx:
            due = tx.outbox.lease("files", self.now, lease)
        outcomes = [self.send(one, settle=settle) for one in due]
        with self.archive.write() as tx:
            tx.outbox.release(lease)
        return [outcome.detail.split()[0] for outcome in outcomes]

    def send(self, delivery: Delivery, *, settle: bool = True) -> SendOutcome:
        outcome = self.channel.send(delivery, MESSAGE, self.now)
        tried = Attempt(outcome=outcome, payload=b"{}", started_at=self.now, took_s=0)
        if settle and outcome.result is SendResult.SENT:
            with self.archive.write() as tx:
                tx.outbox.settle(delivery, tried, state=DeliveryState.SENT, retry_at=None)
        return outcome

    def read(self) -> dict:
        return json.loads((self.folder / f"{stem(NAME)}.json").read_bytes())

    def titles(self) -> list[str]:
        return [item["title"] for item in self.read()["items"]]


class Counted:
    """How often a history was read with its texts."""

    def __init__(self, inner: Histories) -> None:
        self._inner = inner
        self.reads = 0

    def history(self, delivery_id: str, most: int) -> AlertHistory | None:
        self.reads += 1
        return self._inner.history(delivery_id, most)


@pytest.fixture
def counted(database_url: str) -> Iterator[Counted]:
    archive = open_archive(database_url)
    yield Counted(ToldHistories(archive))
    archive.close()


@pytest.fixture
def desk(database_url: str, counted: Counted, tmp_path: Path) -> Iterator[Desk]:
    archive = open_archive(database_url)
    with archive.write() as tx:
        tx.subscriptions.add(name=NAME, query="Hafen", canonical="{}", channels=["files"], origin="command", now=START)
    folder = tmp_path / "feeds"
    yield Desk(archive, folder, FeedChannel("files", folder, counted, entries=3))
    archive.close()


def test_it_is_a_channel(desk: Desk) -> None:
    channel: Channel = desk.channel
    assert channel.name == "files"


def test_each_alert_stands_in_both_files_the_newest_first(desk: Desk) -> None:
    for _ in range(2):
        desk.alert()
        assert desk.deliver() == ["written"]
    assert desk.titles() == ["Titel 2", "Titel 1"]
    assert sorted(path.suffix for path in desk.folder.iterdir() if path.name != ".lock") == [".atom", ".json"]
    atom = (desk.folder / f"{stem(NAME)}.atom").read_text(encoding="utf-8")
    assert "Titel 1" in atom
    assert "&lt;mark&gt;Hafen&lt;/mark&gt;" in atom


def test_only_so_many_are_shown(desk: Desk) -> None:
    for _ in range(5):
        desk.alert()
    desk.deliver()
    assert desk.titles() == ["Titel 5", "Titel 4", "Titel 3"]


def test_many_alerts_at_once_are_written_once(desk: Desk, counted: Counted) -> None:
    for _ in range(40):
        desk.alert()
    assert desk.deliver() == ["written"] + ["stands"] * 39
    assert counted.reads == 1
    desk.alert()
    desk.deliver()
    assert counted.reads == 2


def test_what_was_sent_before_a_crash_is_written_no_second_time(desk: Desk) -> None:
    desk.alert()
    assert desk.deliver(settle=False) == ["written"]
    desk.now += 2 * MINUTE
    before = desk.read()
    assert desk.deliver() == ["stands"]
    assert desk.read() == before


@pytest.mark.parametrize("ending", ["atom", "json"])
def test_a_lost_or_changed_file_comes_back_with_the_next_alert(desk: Desk, ending: str) -> None:
    desk.alert()
    desk.deliver()
    path = desk.folder / f"{stem(NAME)}.{ending}"
    whole = path.read_bytes()
    for damage in (path.unlink, lambda: path.write_bytes(b"")):
        damage()
        desk.alert()
        desk.deliver()
        assert len(path.read_bytes()) > len(whole)
    assert desk.titles() == ["Titel 3", "Titel 2", "Titel 1"]


def test_ids_do_not_depend_on_who_writes_or_when(desk: Desk, counted: Counted, tmp_path: Path) -> None:
    desk.alert()
    desk.deliver()
    ids = [item["id"] for item in desk.read()["items"]]
    desk.channel = FeedChannel("files", desk.folder, counted, entries=3, language="en")
    desk.alert()
    desk.deliver()
    assert [item["id"] for item in desk.read()["items"]][1:] == ids


def test_a_follow_up_changes_its_article_s_entry(desk: Desk) -> None:
    desk.alert()
    desk.alert()
    desk.deliver()
    before = {item["title"]: item for item in desk.read()["items"]}
    change = EditChange(kind="title", before="Titel 1 alt", after="Titel 1")
    desk.alert(1, kind=AlertKind.EDIT, occasion="revision:2", changes=(change,))
    desk.deliver()
    assert desk.titles() == ["Titel 1", "Titel 2"]
    (first, _) = desk.read()["items"]
    assert first["id"] == before["Titel 1"]["id"]
    assert first["date_modified"] > before["Titel 1"]["date_modified"]
    assert "vorher: Titel 1 <mark>alt</mark>" in first["content_html"]


def test_a_follow_up_of_an_article_that_had_left_the_feed_keeps_its_id(desk: Desk) -> None:
    desk.alert()
    desk.deliver()
    (old,) = desk.read()["items"]
    for _ in range(9):
        desk.alert()
    desk.deliver()
    assert "Titel 1" not in desk.titles()
    desk.alert(1, kind=AlertKind.EDIT, occasion="revision:2")
    desk.deliver()
    assert desk.titles() == ["Titel 1", "Titel 10", "Titel 9"]
    assert desk.read()["items"][0]["id"] == old["id"]


def test_what_is_held_or_cancelled_is_not_shown(desk: Desk) -> None:
    desk.alert(hold=Hold(reason=HeldFor.QUIET))
    desk.alert()
    desk.deliver()
    assert desk.titles() == ["Titel 2"]


def test_what_a_digest_carries_stands_there_by_itself(desk: Desk) -> None:
    """Its members wait for it, and are told with it."""
    desk.alert(hold=Hold(reason=HeldFor.DIGEST))
    desk.alert()
    carry(desk, "Titel 1", by="Titel 2", kind=AlertKind.DIGEST)
    desk.deliver()
    assert desk.titles() == ["Titel 1"]


def test_the_same_story_is_listed_with_the_first(desk: Desk) -> None:
    desk.alert()
    desk.alert(hold=Hold(reason=HeldFor.QUIET))
    carry(desk, "Titel 2", by="Titel 1")
    desk.deliver()
    (item,) = desk.read()["items"]
    assert item["title"] == "Titel 1"
    assert [other["title"] for other in item["_feedwacht"]["also"]] == ["Titel 2"]
    assert "Titel 2" in item["content_html"]


def test_what_another_alert_carries_is_not_overlooked(desk: Desk) -> None:
    """The one before is written with the article that carries, and without what that carries."""
    desk.alert(hold=Hold(reason=HeldFor.QUIET))
    desk.alert()
    desk.alert()
    carry(desk, "Titel 1", by="Titel 3")
    assert desk.deliver() == ["written", "written"]
    first = desk.read()["items"][0]
    assert (first["title"], [other["title"] for other in first["_feedwacht"]["also"]]) == ("Titel 3", ["Titel 1"])


def carry(desk: Desk, what: str, *, by: str, kind: AlertKind = AlertKind.NEW) -> None:
    """One delivery takes another along. kind: of the one that carries."""
    from worker.archive.schema import alerts

    with desk.archive.write() as tx:
        found = {row.title: row for row in tx.alerts.rows(limit=10)}
        execute = tx.alerts._connection.execute
        execute(update(deliveries).where(deliveries.c.id == found[what].id).values(carrier_id=found[by].id))
        execute(update(alerts).where(alerts.c.id == found[by].alert_id).values(kind=kind))


def test_a_removed_article_goes_with_the_next_writing(desk: Desk) -> None:
    desk.alert()
    desk.alert()
    desk.deliver()
    with desk.archive.write() as tx:
        filed = tx.records.find(draft(1).record.url_key, "")
        assert filed is not None
        tx.records.remove(filed, reason="Test", now=desk.now)
    with desk.archive.read() as tx:
        history = tx.histories.of_subscription(NAME, "files", 3)
    assert history is not None
    desk.channel.write(history)
    assert desk.titles() == ["Titel 2"]


def test_the_history_of_a_subscription(desk: Desk) -> None:
    with desk.archive.write() as tx:
        gone = tx.subscriptions.add(
            name="Weg", query="x", canonical="{}", channels=["files"], origin="command", now=START
        )
        tx.subscriptions.remove(gone, START)
    with desk.archive.read() as tx:
        found = tx.histories.of_subscription(NAME, "files", 3)
        assert found is not None
        assert (found.subscription, found.told) == (NAME, ())
        assert tx.histories.of_subscription("Weg", "files", 3) is None


@dataclass
class Meanwhile:
    """Histories of a slow writer: once one is read, another writer is at work before it is written."""

    inner: Histories
    other: threading.Thread

    def history(self, delivery_id: str, most: int) -> AlertHistory | None:
        found = self.inner.history(delivery_id, most)
        self.other.start()
        self.other.join(0.5)  # as long as it is kept waiting it cannot end
        return found


def test_a_slow_writer_takes_nothing_back_that_another_told_meanwhile(desk: Desk) -> None:
    desk.alert()
    told: list[str] = []

    def of_another_process() -> None:
        desk.alert()
        told.extend(desk.deliver())

    other = threading.Thread(target=of_another_process)
    slow = FeedChannel("files", desk.folder, Meanwhile(desk.channel.histories, other), entries=3)
    with desk.archive.write() as tx:
        (due,) = tx.outbox.lease("files", desk.now, Lease(token="slow", until=desk.now + 2 * MINUTE))
    assert slow.send(due, MESSAGE, desk.now).result is SendResult.SENT
    other.join()
    assert told == ["written"]
    assert desk.titles() == ["Titel 2", "Titel 1"]


def test_a_folder_that_cannot_be_written_is_tried_again(desk: Desk) -> None:
    desk.folder.write_text("a file is in the way")
    desk.alert()
    with desk.archive.write() as tx:
        (due,) = tx.outbox.lease("files", desk.now, Lease(token="t", until=desk.now + MINUTE))
    outcome = desk.send(due)
    assert outcome.result is SendResult.RETRY
    assert str(desk.folder) in outcome.detail


def test_a_notice_has_no_place_in_a_feed(desk: Desk) -> None:
    notice = Notice(id="note_x", channel="files", attempt=1, phase="began", message=MESSAGE, lease_token="t")
    assert desk.channel.send(notice, MESSAGE, START).result is SendResult.NEVER
    assert not desk.folder.exists()
