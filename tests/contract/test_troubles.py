"""Troubles and notices over SQLite and PostgreSQL: one open row a feed and kind, one errand a channel and phase."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.fakes import START
from worker.announce import notices
from worker.archive import Archive, open_archive
from worker.configure import new_feed
from worker.errors import LeaseLost
from worker.model import (
    Attempt,
    DeliveryState,
    Lease,
    Notice,
    SendOutcome,
    SendResult,
    Symptom,
    Trouble,
    TroubleKind,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def archive(database_url: str) -> Iterator[Archive]:
    one = open_archive(database_url)
    yield one
    one.close()


@pytest.fixture
def trouble(archive: Archive) -> Trouble:
    """Of a feed that is filed; itself it is not."""
    feed = new_feed(url="https://x.example/feed/", source="x", interval_s=600, origin="command", now=START)
    with archive.write() as tx:
        number = tx.feeds.add(feed, START)
    return Trouble(
        feed_id=number, feed_url=feed.url, source="x", kind=TroubleKind.EMPTY, detail="nothing", began_at=START
    )


def begin(archive: Archive, trouble: Trouble, *channels: str) -> int | None:
    with archive.write() as tx:
        number = tx.troubles.begin(trouble)
        if number is not None:
            owed = notices(trouble, channels, zone="UTC", language="en")
            tx.troubles.owe(replace(trouble, id=number), owed, START)
    return number


def leased(archive: Archive, token: str = "me", at: datetime = START) -> list[Notice]:
    """What is due at all channels."""
    lease = Lease(token=token, until=at + timedelta(seconds=45))
    with archive.write() as tx:
        return [one for name in tx.troubles.due_channels(at) for one in tx.troubles.lease(name, at, lease)]


def lease(archive: Archive, token: str = "me", at: datetime = START) -> list[str]:
    return [one.id for one in leased(archive, token, at)]


def test_one_trouble_of_a_kind_is_open_at_a_time(archive: Archive, trouble: Trouble) -> None:
    assert begin(archive, trouble) is not None
    assert begin(archive, replace(trouble, began_at=START + HOUR)) is None
    assert begin(archive, replace(trouble, kind=TroubleKind.SILENT)) is not None
    with archive.read() as tx:
        found = tx.troubles.open()
    assert [one.kind for one in found] == [TroubleKind.EMPTY, TroubleKind.SILENT]
    assert replace(found[0], id=0) == trouble


def test_what_is_over_may_begin_again(archive: Archive, trouble: Trouble) -> None:
    begin(archive, trouble)
    with archive.write() as tx:
        ended = tx.troubles.end(trouble.feed_id, trouble.kind, START + HOUR)
        assert tx.troubles.end(trouble.feed_id, trouble.kind, START + HOUR) is None
        assert tx.troubles.open() == []
    assert ended is not None
    assert (ended.began_at, ended.over_at, ended.phase) == (START, START + HOUR, "over")
    assert begin(archive, replace(trouble, began_at=START + 2 * HOUR)) is not None


def test_a_trouble_of_a_channel_is_of_no_feed(archive: Archive, trouble: Trouble) -> None:
    begin(archive, trouble)
    of_channel = Trouble(channel="hook", kind=TroubleKind.CHANNEL_FAILING, detail="500", began_at=START + HOUR)
    assert begin(archive, of_channel, "screen") is not None
    assert begin(archive, of_channel) is None
    assert begin(archive, replace(of_channel, channel="other")) is not None
    assert begin(archive, replace(of_channel, kind=TroubleKind.CHANNEL_OFF)) is not None
    with archive.write() as tx:
        assert [replace(one, id=0) for one in tx.troubles.open()][1] == of_channel
        assert tx.troubles.end_channel("hook", TroubleKind.CHANNEL_GONE, START + HOUR) is None
        ended = tx.troubles.end_channel("hook", of_channel.kind, START + 2 * HOUR)
        assert ended is not None
        assert (ended.channel, ended.feed_id, ended.phase) == ("hook", None, "over")
        assert len(tx.troubles.open()) == 3


def test_many_begin_at_once_and_one_does(archive: Archive, trouble: Trouble) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: begin(archive, trouble, "screen"), range(8)))
    assert sum(number is not None for number in found) == 1
    assert len(lease(archive)) == 1


def test_a_notice_is_leased_by_one_and_settled_by_whoever_holds_it(archive: Archive, trouble: Trouble) -> None:
    begin(archive, trouble, "screen", "editors")
    held = leased(archive, "a")
    assert sorted(one.channel for one in held) == ["editors", "screen"]
    assert lease(archive, "b") == []
    later = START + timedelta(seconds=50)
    assert len(lease(archive, "b", later)) == 2
    sent = Attempt(outcome=SendOutcome(result=SendResult.SENT), payload=b"", started_at=later, took_s=0.1)
    with pytest.raises(LeaseLost), archive.write() as tx:
        tx.troubles.settle(held[0], sent, state=DeliveryState.SENT, retry_at=None)
    with archive.write() as tx:
        tx.troubles.settle(replace(held[0], lease_token="b"), sent, state=DeliveryState.SENT, retry_at=None)
        tx.troubles.release(Lease(token="b", until=later))
    assert lease(archive, "c", later) == [held[1].id]


def test_a_notice_goes_out_as_it_was_owed(archive: Archive, trouble: Trouble) -> None:
    begin(archive, trouble, "screen")
    [(number, channel, message)] = notices(trouble, ["screen"], zone="UTC", language="en")
    [notice] = leased(archive, "a")
    assert (notice.id, notice.channel, notice.message, notice.phase) == (number, channel, message, "began")


def test_troubles_go_with_their_feed(archive: Archive, trouble: Trouble) -> None:
    begin(archive, trouble, "screen")
    with archive.write() as tx:
        tx.feeds.remove(trouble.feed_id)
        assert tx.troubles.open() == []
        assert tx.troubles.due_channels(START + HOUR) == []


def test_symptoms_rhythm_and_hints_are_kept_with_the_feed(archive: Archive, trouble: Trouble) -> None:
    symptoms = (
        Symptom(kind=TroubleKind.EMPTY, since=START),
        Symptom(kind=TroubleKind.FAILING, since=START, polls=7, told=True, gone_since=START + HOUR),
    )
    with archive.write() as tx:
        [feed] = tx.feeds.all()
        assert feed.symptoms == ()
        saved = replace(feed, symptoms=symptoms, rhythm={"at": 1.5}, hints={"interval_s": 60.0}, pace_reason="rhythm")
        tx.feeds.save(saved)
        [again] = tx.feeds.all()
        assert again == saved
        tx.feeds.reschedule([replace(again, symptoms=symptoms[:1])])
        [again] = tx.feeds.all()
        assert again.symptoms == symptoms[:1]
        [watched] = tx.feeds.watched()
        assert (watched.id, watched.rhythm) == (feed.id, {"at": 1.5})
