"""`/metrics` over HTTP: whoever asks is told the numbers of now. GET and HEAD of that one page, nothing else.

Owns the server. A scraper that hangs holds up its own thread, for some seconds. Must not know what a number means.
"""

import threading
from collections.abc import Callable, Collection, Iterable
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Self
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from worker import __version__, metrics
from worker.archive import schema_version
from worker.glance import Glance

PAGE = "/metrics"
_CLIENT_S = 10.0  # for what it asks, and to take the answer


class FiguresCollector(Collector):
    """The metrics of one archive. channels: gives the names of those in the configuration of now."""

    def __init__(self, glance: Glance, channels: Callable[[], Collection[str]]) -> None:
        self._glance = glance
        self._channels = channels
        self._schema = schema_version()

    def collect(self) -> Iterable[Metric]:
        figures, failures = self._glance.figures(), self._glance.failures
        return metrics.families(
            figures, failures=failures, version=__version__, schema=self._schema, channels=self._channels()
        )


class Scraping:
    """Serves from the moment it is made until `close`. port: 0 = any that is free; `url` has it.

    Raises: OSError when the address cannot be had.
    """

    def __init__(self, host: str, port: int, collector: Collector) -> None:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(collector)
        self._server = _Server((host, port), registry)
        self.url = f"http://{host}:{self._server.server_address[1]}{PAGE}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True, name="metrics").start()

    def close(self) -> None:
        """Answers under way are not waited for."""
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def try_address(host: str, port: int) -> None:
    """Take the address, and let it go at once. Raises: OSError when it cannot be had."""
    _Server((host, port), CollectorRegistry()).server_close()


class _Server(ThreadingMixIn, TCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 32

    def __init__(self, address: tuple[str, int], registry: CollectorRegistry) -> None:
        self.registry = registry
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A scraper that hangs up is its own business."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "feedwacht"
    sys_version = ""
    timeout = _CLIENT_S

    def parse_request(self) -> bool:
        """What is neither asked with GET nor with HEAD is not there, either."""
        understood = super().parse_request()
        if understood and self.command not in ("GET", "HEAD"):
            self.command = "GET"
            self.path = ""
        return understood

    def do_GET(self) -> None:
        if urlsplit(self.path).path != PAGE:
            self._answer(404, "text/plain; charset=utf-8", b"only /metrics is here\n")
            return
        encode, kind = choose_encoder(self.headers.get("Accept", ""))
        self._answer(200, kind, encode(self.server.registry))

    do_HEAD = do_GET  # noqa: N815 - the library's name

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Who asks every few seconds is no news."""
