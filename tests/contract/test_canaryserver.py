"""The canary's feed on the loopback: served by one of several, taken over when that one goes, and nothing else beside it."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network

import pytest

from tests.fakes import START, FakeClock
from tests.servers import free_port
from worker import canaryfeed
from worker.bootstrap import canary_fetcher
from worker.canaryserver import CanaryServer, served
from worker.fetch import Fetcher
from worker.model import CANARY, Fetched, FetchFailed, SourceRules
from worker.parse import parse_feed
from worker.settings import Settings


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    """The one that a worker whose canary is on is wired with."""
    with canary_fetcher(Settings(), FakeClock()) as one:
        yield one


def test_every_process_serves_the_same_at_the_same_time(port: int, fetcher: Fetcher) -> None:
    bodies = []
    for _ in range(2):
        server = CanaryServer(port, FakeClock().now)
        server.start()
        assert server.serving.wait(10)
        answer = fetcher.fetch(canaryfeed.feed_url(port))
        assert isinstance(answer, Fetched), answer
        bodies.append(answer.body)
        server.close()
    assert bodies == [canaryfeed.body_at("/canary.xml", port, START)] * 2


def test_a_sibling_waits_and_takes_over(port: int, fetcher: Fetcher) -> None:
    first, second = (CanaryServer(port, FakeClock().now, try_again_s=0.05) for _ in range(2))
    first.start()
    assert first.serving.wait(10)
    second.start()
    assert not second.serving.wait(0.3)
    first.close()
    assert second.serving.wait(10)
    assert isinstance(fetcher.fetch(canaryfeed.feed_url(port)), Fetched)
    second.close()


def test_another_port_or_none_ends_the_old_one(port: int) -> None:
    first = served(None, port, FakeClock().now)
    assert first is not None
    assert first.serving.wait(10)
    assert served(first, port, FakeClock().now) is first
    assert served(first, None, FakeClock().now) is None
    assert not first.serving.is_set()
    assert served(None, None, FakeClock().now) is None


def test_one_that_never_got_the_port_can_be_closed(port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        server = CanaryServer(port, FakeClock().now)
        server.start()
        server.close()
        assert not server.serving.is_set()


def test_nothing_else_is_served(port: int) -> None:
    with Fetcher(user_agent="test", allow_networks=[ip_network("127.0.0.0/8")]) as anybody:
        server = CanaryServer(port, FakeClock().now)
        server.start()
        assert server.serving.wait(10)
        for path in ("", "canary", "canary.xml/", "../etc/passwd", "%00", "1764763200"):
            answer = anybody.fetch(f"http://127.0.0.1:{port}/{path}")
            assert isinstance(answer, FetchFailed)
            assert answer.status == 404
        server.close()


def test_a_client_that_says_nothing_keeps_nobody_waiting(port: int, fetcher: Fetcher) -> None:
    server = CanaryServer(port, FakeClock().now)
    server.start()
    assert server.serving.wait(10)
    with socket.create_connection(("127.0.0.1", port)):
        assert isinstance(fetcher.fetch(canaryfeed.feed_url(port)), Fetched)
    server.close()


def test_its_fetcher_reaches_this_machine_and_follows_nobody(port: int, fetcher: Fetcher) -> None:
    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", port), Elsewhere) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        led = fetcher.fetch(canaryfeed.feed_url(port))
        thread.join()
    assert isinstance(led, FetchFailed)
    assert "redirects" in led.reason
    for url in ("http://127.0.0.2:1/", "http://10.0.0.1/", "http://169.254.169.254/", "http://[::1]/"):
        refused = fetcher.fetch(url)
        assert isinstance(refused, FetchFailed)
        assert "not on the public internet" in refused.reason


def test_each_second_has_one_article_of_its_own() -> None:
    clock, links = FakeClock(), set()
    for _ in range(3):
        body = canaryfeed.body_at("/canary.xml", 8765, clock.now())
        assert body is not None
        [entry] = parse_feed(body, url="", headers={}, rules=SourceRules(name=CANARY), known={}).entries
        assert entry.published_at == clock.now()
        links.add(entry.url)
        clock.advance(1)
    assert len(links) == 3
