"""The worker as hostile guests meet it: real fetcher, real box, real archive; the clock alone is a fake.

with open_inn(server, database) as inn:
    inn.assert_suffers(reply(500))     # a poll that fails: quickly, cheaply, in one line, and nothing is lost
    inn.assert_recovers()              # the next good poll files whatever was published meanwhile
"""

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import Path

from tests.badserver import Asked, BadServer, Script, Talk, message
from tests.fakes import FakeArticle, FakeFeed
from tests.house import House, open_house
from worker.batch import poll_due
from worker.fetch import Fetcher
from worker.model import Feed
from worker.poll import PollResult
from worker.sandbox import Sandbox
from worker.tasks import POLLS_AT_ONCE

AGENT = "feedwacht/test (+https://feedwacht.example/)"
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
MOST_GROWTH_BYTES = 40 * 2**20
SECRET_BODY = b"TOP-SECRET-CANARY"


def make_fetcher(**options: object) -> Fetcher:
    given = {"user_agent": AGENT, "allow_networks": LOOPBACK, "allow_ports": (80, 443), "timeout_s": 15.0}
    return Fetcher(**{**given, **options})  # type: ignore[arg-type]


@dataclass
class Inn:
    """`feed` stands at `url`; `house` has polled it once."""

    house: House
    server: BadServer
    feed: FakeFeed
    path: str = "/feed"
    polled: list[PollResult] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.server.url(self.path)

    def state(self) -> Feed:
        return self.house.feed(self.url)

    def publish(self, title: str = "", html: str = "<p>Ein Absatz Text.</p>") -> FakeArticle:
        return self.feed.publish(title or f"Artikel {self.feed.next_id}", html, at=self.house.clock.now())

    def poll(self, seconds: float = 86400.0) -> PollResult:
        """The next poll, after any back-off."""
        [result] = self.house.poll_later(seconds).polls
        self.polled.append(result)
        return result

    def fetch_with(self, **options: object) -> None:
        """From now on another fetcher."""
        self.house.equipment.fetcher.close()  # type: ignore[attr-defined]
        fetcher = make_fetcher(clock=self.house.clock.now, **options)
        self.house.equipment = replace(self.house.equipment, fetcher=fetcher)

    def assert_suffers(self, answer: Script, *, within_s: float = 10.0) -> PollResult:
        """A poll of this answer fails within its bounds, says why, and costs nothing that was there before."""
        self.server.on(self.path, answer)
        before, titles = self.state(), self.house.titles()
        with bounded(within_s):
            result = self.poll()
        assert result.outcome == "failed", result
        assert_is_said(result.reason)
        after = self.state()
        assert (after.last_reason, after.failures) == (result.reason, before.failures + 1)
        kept = ("body_hash", "window", "ground", "title", "poll_url")
        assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
        assert result.status == 304 or after.validators == before.validators
        assert self.house.titles() == titles
        return result

    def assert_recovers(self) -> None:
        """The next good poll files what was published meanwhile."""
        article = self.publish()
        self.server.on(self.path, good(self.feed))
        result = self.poll()
        assert result.outcome == "updated", result
        assert self.state().failures == 0
        assert article.title in self.house.titles()
        assert sorted(self.house.titles()) == sorted(one.title for one in self.feed.articles)

    def assert_takes(self, answer: Script, *, within_s: float = 10.0) -> PollResult:
        """A poll of this answer succeeds within its bounds."""
        self.server.on(self.path, answer)
        with bounded(within_s):
            result = self.poll()
        assert result.outcome in ("updated", "unchanged"), result
        return result


@contextmanager
def open_inn(server: BadServer, database_url: str, box: Sandbox, path: str = "/feed") -> Iterator[Inn]:
    with open_house(database_url) as house, make_fetcher(clock=house.clock.now) as fetcher:
        house.equipment = replace(house.equipment, fetcher=fetcher, read=box.parse_feed)
        house.manners(reread_every_s=0.0)  # exchanges are counted; reading again has tests of its own
        inn = Inn(house=house, server=server, feed=FakeFeed(url=server.url(path)), path=path)
        try:
            for _ in range(2):
                inn.publish()
            server.on(path, good(inn.feed))
            house.add_feed(inn.url)
            house.poll()
            assert len(house.titles()) == 2
            yield inn
        finally:
            house.equipment.fetcher.close()  # type: ignore[attr-defined]


def good(feed: FakeFeed) -> Script:
    """The feed as it stands now, with an ETag that is honoured."""

    def script(talk: Talk, asked: Asked) -> bool:
        body = feed.body()
        etag = f'"{len(feed.articles)}"'
        if asked.headers.get("if-none-match") == etag:
            return talk.send(message(304))
        return talk.send(message(200, body, ETag=etag, Content_Type="application/rss+xml"))

    return script


@contextmanager
def at_work(house: House, at_end: Callable[[], object], *, hosts: int = 100) -> Iterator[None]:
    """As many threads as a worker has for polling, each looking for work again and again until the end.

    at_end: lets go of whatever hangs. hosts: as many are claimed at a time.
    """
    over, faults = threading.Event(), []

    def work() -> None:
        try:
            while not over.wait(0.05):
                poll_due(house.equipment, hosts=hosts, stopping=over.is_set)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(POLLS_AT_ONCE)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        at_end()
        for thread in threads:
            thread.join()
    assert faults == []


# -- bounds -----------------------------------------------------------------------------------------------------------


def assert_is_said(reason: str) -> None:
    """One line for a person, without anything that the other side sent as a body."""
    assert 0 < len(reason) < 301
    assert reason.isprintable(), reason
    assert "Traceback" not in reason
    assert not re.search(r"[A-Za-z]Error\(", reason), reason
    assert SECRET_BODY.decode() not in reason
    assert "please report" not in reason


@contextmanager
def bounded(within_s: float, growth_bytes: int = MOST_GROWTH_BYTES) -> Iterator[None]:
    """The process's own memory does not grow by more, at its peak, and it does not take longer."""
    _forget_peak()
    before, started_s = _resident_bytes(), time.monotonic()
    yield
    assert time.monotonic() - started_s < within_s
    assert _peak_bytes() - before < growth_bytes


def _forget_peak() -> None:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _peak_bytes() -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else _resident_bytes()
