"""A name service that hangs or fails while we work: what an exchange may take stays bounded, and the rest works on."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.badserver import Asked, BadServer, Script, Talk, reply
from tests.fakes import FakeFeed
from tests.hostile.inn import assert_is_said, bounded, good, make_fetcher
from tests.house import House, publish_many
from worker.fetch import Fetcher
from worker.guard import AddressInfo, Guard
from worker.model import Fetched, FetchFailed, FetchResult

NAME = "zeitung.example"
MOST_LOOKUPS = 64  # that may hang at a time
WAIT_S = 0.4


class NameService:
    """Every name is this machine. mood: "answers", "fails", or "hangs" until `wake`; delay_s: of each answer."""

    def __init__(self, delay_s: float = 0.0) -> None:
        self.mood = "answers"
        self._delay_s = delay_s
        self._awake = threading.Event()

    def __call__(self, host: str, port: int) -> list[AddressInfo]:
        if self.mood == "fails":
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        self._awake.wait(20 if self.mood == "hangs" else self._delay_s)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    def wake(self) -> None:
        self.mood = "answers"
        self._awake.set()


@contextmanager
def asking(names: NameService, timeout_s: float = WAIT_S) -> Iterator[Fetcher]:
    with make_fetcher(resolve=names, timeout_s=timeout_s) as fetcher:
        try:
            yield fetcher
        finally:
            names.wake()


def hanging_up(script: Script) -> Script:
    """The connection is not kept, so that the next exchange asks for the name again."""
    return lambda talk, asked: script(talk, asked) and False


@pytest.mark.parametrize(("mood", "words"), [("hangs", "name service did not answer"), ("fails", "cannot be resolved")])
def test_it_goes_away_between_two_polls(server: BadServer, house: House, mood: str, words: str) -> None:
    """The feed fails as for any server that is away; what was published meanwhile is there afterwards."""
    names, feed = NameService(), FakeFeed(url=f"http://{NAME}:{server.port}/feed")
    server.on("/feed", hanging_up(good(feed)))
    with asking(names) as fetcher:
        house.equipment = replace(house.equipment, fetcher=fetcher)
        house.add_feed(feed.url)
        publish_many(feed, house.clock, 2)
        assert [poll.outcome for poll in house.poll().polls] == ["updated"]
        before, asked = house.feed(feed.url), len(server.asked)
        names.mood = mood
        publish_many(feed, house.clock, 2)
        with bounded(2 + WAIT_S):
            [result] = house.poll_later().polls
        assert (result.outcome, words in result.reason) == ("failed", True), result.reason
        assert_is_said(result.reason)
        assert (house.feed(feed.url).validators, len(server.asked)) == (before.validators, asked)
        names.wake()
        assert [poll.outcome for poll in house.poll_later(86_400).polls] == ["updated"]
        assert sorted(house.titles()) == sorted(article.title for article in feed.articles)


def test_one_deadline_is_over_all_names_and_hops(server: BadServer) -> None:
    """Each of them alone would be in time."""
    names = NameService(delay_s=0.25)
    for number in range(5):
        there = f"http://n{number + 1}.example:{server.port}/{number + 1}"
        server.on(f"/{number}", slowly(0.1, reply(302, Location=there)))
    server.on("/5", reply(200, b"<rss/>"))
    with asking(names, timeout_s=1.0) as fetcher, bounded(1.0 + 1.0):
        result = fetcher.fetch(f"http://n0.example:{server.port}/0")
    assert isinstance(result, FetchFailed)
    assert 1 <= len(result.hops) < 5, "it got on, and not to the end"
    assert 1.0 <= result.took_s < 2.0


def slowly(seconds: float, script: Script) -> Script:
    def later(talk: Talk, asked: Asked) -> bool:
        return talk.pause(seconds) and script(talk, asked)

    return later


def test_more_names_hang_than_are_asked_for_at_a_time(server: BadServer) -> None:
    """All exchanges end in time; addresses that need no name are reached meanwhile, and names afterwards."""
    names = NameService()
    server.on("/feed", reply(200, b"<rss/>"))
    with asking(names, timeout_s=1.0) as fetcher:
        names.mood = "hangs"
        with bounded(10.0):
            failed = _at_once(
                MOST_LOOKUPS + 6, lambda number: fetcher.fetch(f"http://n{number}.example:{server.port}/feed")
            )
            assert isinstance(fetcher.fetch(server.url("/feed")), Fetched)
        assert {isinstance(one, FetchFailed) and "name service d" in one.reason for one in failed} == {True}
        names.wake()
        assert isinstance(fetcher.fetch(f"http://{NAME}:{server.port}/feed"), Fetched)


def _at_once(count: int, work: Callable[[int], FetchResult]) -> list[FetchResult]:
    done: list[FetchResult] = []
    threads = [threading.Thread(target=lambda n=number: done.append(work(n))) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(done) == count
    return done


def test_a_machine_that_has_no_threads_left_for_a_while_asks_for_names_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No look-up that never began counts as one that hangs."""
    guard = Guard(resolve=NameService(), allow_ports=frozenset({80}))

    def no_room(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_room)
        for _ in range(MOST_LOOKUPS + 1):
            with pytest.raises(RuntimeError, match="new thread"):
                guard.named_addresses(NAME, 80, 0.1)
    assert guard.named_addresses(NAME, 80, 5.0)
