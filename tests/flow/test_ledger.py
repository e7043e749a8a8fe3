"""Whatever breaks while alerts are sent, the receiver's notes and the tables agree: nothing lost, nothing told twice
without need, always under the same id and with the same bytes.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakeClock
from tests.house import FEED, House, open_house, publish_many
from tests.killing import Killed, killed_at
from tests.ledger import faults
from tests.receiver import Receiver, Reply
from tests.socketfaults import fail_calls
from tests.stamped import SECRET, Stamped
from worker.archive import open_archive, schema_version
from worker.channels import WebhookChannel
from worker.deliver import deliver_some
from worker.fetch import Fetcher
from worker.sending import ChannelManners

OWED = 2


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as one:
        yield one


@pytest.fixture(scope="module")
def owing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive that owes alerts, to be copied."""
    file = tmp_path_factory.mktemp("owing") / "feedwacht.db"
    with open_house(f"sqlite:///{file}", _clock()) as house:
        house.subscribe("alles", "Neu", channels=("hook",))
        feed = house.web.feed(FEED)
        publish_many(feed, house.clock, 1, "Alt")
        house.add_feed()
        house.poll()
        house.clock.advance(86_400)
        publish_many(feed, house.clock, OWED, "Neu")
        house.poll_until_quiet()
    return file


def _clock() -> FakeClock:
    return FakeClock(datetime.now(UTC).replace(microsecond=0))  # signatures are checked against the real clock


@contextmanager
def copied(owing: Path, folder: Path, receiver: Receiver, number: int = 0, *, timeout_s: float = 20) -> Iterator[House]:
    file = folder / f"{number}.db"
    shutil.copy(owing, file)
    with worker(file, receiver, timeout_s=timeout_s) as house:
        yield house


@contextmanager
def worker(file: Path, receiver: Receiver, *, ahead_s: float = 86_400, timeout_s: float = 20) -> Iterator[House]:
    """A process on this archive. ahead_s: what its clock is ahead of the real one, a day at least: then all is due."""
    clock = _clock()
    clock.advance(ahead_s)
    fetcher = Fetcher(user_agent="test/1", allow_networks=[ip_network("127.0.0.0/8")])
    with fetcher, open_house(f"sqlite:///{file}", clock) as house:
        channel = Stamped(WebhookChannel("hook", receiver.url, SECRET, fetcher, timeout_s))
        house.counter = replace(house.counter, channels={"hook": channel})
        yield house


def in_the_end(file: Path, receiver: Receiver) -> None:
    """After the fault: fine weather, another worker, days of time. Then the books are held against each other."""
    with worker(file, receiver, ahead_s=2 * 86_400) as after:
        for _ in range(3):
            after.deliver()
            after.clock.advance(days=1)
        assert faults(after.archive, receiver.requests, SECRET, in_the_end=True) == []
        with after.archive.read() as tx:
            assert tx.alerts.counts() == {"sent": OWED}


@pytest.mark.parametrize("when", ["before_cursor_execute", "after_cursor_execute", "commit"])
def test_killed_at_each_statement_of_a_delivery(owing: Path, tmp_path: Path, when: str) -> None:
    for number in range(1, 200):
        with Receiver() as receiver:
            with copied(owing, tmp_path, receiver, number) as house:
                with killed_at(house.archive, number, when) as count:
                    house.deliver()
                finished = count[0] < number
            in_the_end(tmp_path / f"{number}.db", receiver)
            assert len(receiver.requests) <= OWED + 1, "only what was under way is sent again"
        if finished:
            assert number > OWED, "no step was reached"
            return
    raise AssertionError("the delivery never came through")


@pytest.mark.parametrize("error", [ConnectionResetError(104, "reset"), TimeoutError("slow"), Killed()], ids=repr)
def test_each_socket_call_of_a_delivery_fails(
    owing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    for number in range(1, 200):
        with Receiver() as receiver:
            # urllib3 goes on after a reset while it sends, and waits for an answer
            with copied(owing, tmp_path, receiver, number, timeout_s=0.3) as house, monkeypatch.context() as patch:
                is_over = isinstance(error, Killed)  # with a process all its calls end
                count = fail_calls(
                    patch, error, lambda at, n=number, all_after=is_over: at == n or (all_after and at > n)
                )
                try:
                    deliver_some(house.counter, "hook")
                except Killed:
                    assert is_over
            in_the_end(tmp_path / f"{number}.db", receiver)
        if count[0] < number:
            assert number > 3 * OWED, "no call was reached"
            return
    raise AssertionError("the delivery never came through")


@pytest.mark.parametrize("trick", ["hang", "reset"])
def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_id_and_bytes(
    owing: Path, tmp_path: Path, receiver: Receiver, trick: Any
) -> None:
    receiver.script(Reply(trick=trick), Reply(status=200))
    file = tmp_path / "0.db"
    shutil.copy(owing, file)
    with worker(file, receiver, timeout_s=0.5) as house:
        house.deliver()
        with house.archive.read() as tx:
            [waiting] = tx.alerts.rows(state="pending")
            assert [one.result for one in tx.alerts.attempts(waiting.id)] == ["unknown"]
    in_the_end(file, receiver)
    first, *_, last = [request for request in receiver.requests if request.headers["webhook-id"] == waiting.id]
    assert first.body == last.body


def test_a_lost_answer_is_not_asked_for_again_where_twice_is_worse(
    owing: Path, tmp_path: Path, receiver: Receiver
) -> None:
    receiver.script(Reply(trick="reset"), Reply(status=200))
    with copied(owing, tmp_path, receiver) as house:
        house.counter = replace(house.counter, manners={"hook": ChannelManners(on_unknown="drop")})
        house.deliver()
        assert faults(house.archive, receiver.requests, SECRET, in_the_end=True) == []
        with house.archive.read() as tx:
            assert tx.alerts.counts() == {"sent": OWED - 1, "dead": 1}
    assert len(receiver.requests) == OWED


def test_a_worker_that_ended_in_a_send_leaves_an_unknown_outcome(
    owing: Path, tmp_path: Path, receiver: Receiver
) -> None:
    """Case 5: killed after the receiver's 200, before it was noted. Where twice is worse it is not sent again."""

    class Ending(Stamped):
        def send(self, delivery: Any, message: Any, now: datetime) -> Any:
            super().send(delivery, message, now)
            raise Killed

    with copied(owing, tmp_path, receiver) as house:
        usual = house.counter.channels["hook"]
        house.counter = replace(house.counter, channels={"hook": Ending(usual._channel)})  # type: ignore[attr-defined]
        with pytest.raises(Killed):
            deliver_some(house.counter, "hook")
        house.clock.advance(60)
        manners = {"hook": ChannelManners(on_unknown="drop")}
        house.counter = replace(house.counter, channels={"hook": usual}, manners=manners)
        house.deliver()
        assert faults(house.archive, receiver.requests, SECRET, in_the_end=True) == []
        with house.archive.read() as tx:
            [dropped] = tx.alerts.rows(state="dead")
        assert "the worker ended while it was sending this" in dropped.detail
    assert len(receiver.requests) == OWED


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=500),
        Reply(status=429, headers={"Retry-After": "30"}),
        Reply(status=400, body=b"<script>alert(1)</script>\x1b[31m"),
        Reply(status=307, headers={"Location": "http://127.0.0.1:1/secret"}),
        Reply(status=410),
        Reply(status=503, body=b"x" * 1000, trick="big"),
    ],
    ids=lambda reply: str(reply.status),
)
def test_a_receiver_that_refuses_once_loses_nothing(
    owing: Path, tmp_path: Path, receiver: Receiver, reply: Reply
) -> None:
    receiver.script(reply, Reply(status=200))
    with copied(owing, tmp_path, receiver) as house:
        house.deliver()
        assert faults(house.archive, receiver.requests, SECRET) == []
        with house.archive.write() as tx:
            tx.channels.forget("hook")  # as `channels enable` does
    in_the_end(tmp_path / "0.db", receiver)
    assert len(receiver.requests) == OWED + 1


def test_articles_that_change_between_tries_are_told_as_they_were(
    owing: Path, tmp_path: Path, receiver: Receiver
) -> None:
    receiver.script(*[Reply(trick="reset")] * 2, Reply(status=200))
    with copied(owing, tmp_path, receiver) as house:
        house.deliver()
        with house.archive.database.write() as connection:
            connection.exec_driver_sql("UPDATE records SET title = title || ' (geändert)'")
    in_the_end(tmp_path / "0.db", receiver)
    titles = [json.loads(request.body)["data"]["record"]["title"] for request in receiver.requests]
    assert not [title for title in titles if "geändert" in title]


def test_the_books_are_not_blind(owing: Path, tmp_path: Path, receiver: Receiver) -> None:
    """What the checker must see."""
    with copied(owing, tmp_path, receiver) as house:
        house.deliver()
        heard = list(receiver.requests)
        assert faults(house.archive, heard[1:], SECRET) != []
        assert faults(house.archive, [*heard, heard[0]], SECRET) != []
        with house.archive.database.write() as connection:
            connection.exec_driver_sql("DELETE FROM deliveries WHERE id = ?", (heard[0].headers["webhook-id"],))
        assert len(faults(house.archive, heard, SECRET)) == 2


def test_the_archive_that_all_of_them_copy_is_fit(owing: Path) -> None:
    with closing(open_archive(f"sqlite:///{owing}", migrate=False)) as archive, archive.read() as tx:
        assert tx.schema() == schema_version()
        assert tx.alerts.counts() == {"pending": OWED}
