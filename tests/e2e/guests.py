"""Hosts on loopback that watch their guests: how many asked at once, and how long they rested between two exchanges."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from types import TracebackType
from typing import Self

ANSWERS_AFTER_S = 0.05
_FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>{path}</title><link>{url}/</link>
<item><title>Eins {path}</title><link>{url}{path}eins/</link><guid>{url}{path}1</guid></item>
<item><title>Zwei {path}</title><link>{url}{path}zwei/</link><guid>{url}{path}2</guid></item></channel></rss>"""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Monotonic seconds on the host's clock."""

    path: str
    began_s: float
    ended_s: float


class WatchfulHost:
    """One host with a few feeds, each at /N/feed/; any number may be asked at once, and that is noted."""

    def __init__(self, feeds: int) -> None:
        self._lock = threading.Lock()
        self._exchanges: list[Exchange] = []
        self._pause = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.feeds = [f"{self.url}/{number}/feed/" for number in range(feeds)]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def answer(self, path: str) -> bytes:
        began_s = time.monotonic()
        self._pause.wait(ANSWERS_AFTER_S)
        with self._lock:  # before the answer leaves: after it, the next guest may come as soon as he likes
            self._exchanges.append(Exchange(path, began_s, time.monotonic()))
        return _FEED.format(path=path, url=self.url).encode()

    @property
    def exchanges(self) -> list[Exchange]:
        with self._lock:
            return sorted(self._exchanges, key=lambda one: one.began_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(host: WatchfulHost) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = host.answer(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    return Handler


def shortest_rest_s(exchanges: Sequence[Exchange]) -> float:
    """Between the end of one and the begin of the next; negative: two were at once."""
    return min(later.began_s - earlier.ended_s for earlier, later in pairwise(exchanges))
