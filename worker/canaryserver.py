"""The canary's feed on the loopback, served by every process that polls: a port that a sibling has is no fault.

Owns one thread for the port and waits until it is free; a sibling's death heals by the next one taking it. Nothing but
the feed is served, and nobody but this machine is answered. Must not know what becomes of the feed.
"""

import errno
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from worker import canaryfeed, logs

TRY_AGAIN_S = 5.0  # how long a dead sibling's port stands empty
_POLL_S = 0.2
_PATIENCE_S = 5.0  # for a request that does not end


class CanaryServer:
    """Serves, or waits for its turn, from `start` to `close`. now: the clock that the content follows from."""

    def __init__(self, port: int, now: Callable[[], datetime], *, try_again_s: float = TRY_AGAIN_S) -> None:
        self.port = port
        self.serving = threading.Event()
        self._now = now
        self._try_again_s = try_again_s
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="canary", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stop serving, or waiting."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        said = ""
        while not self._closed.is_set():
            try:
                server = _Server(self.port, self._now)
            except OSError as error:
                said = _say_once(error, self.port, said)
                self._closed.wait(self._try_again_s)
            else:
                said = ""
                self._serve(server)

    def _serve(self, server: "_Server") -> None:
        worker = threading.Thread(target=server.serve_forever, args=(_POLL_S,), name="canary feed", daemon=True)
        worker.start()
        self.serving.set()
        self._closed.wait()
        server.shutdown()
        worker.join()
        server.server_close()
        self.serving.clear()


def _say_once(error: OSError, port: int, said: str) -> str:
    """A port that is taken is a sibling's; if not, the poll finds out, who sees what stands there."""
    told = f"the canary's port {port} cannot be used: {error.strerror}; name another one ([canary] port)"
    if error.errno != errno.EADDRINUSE and told != said:
        logs.line("canary", told, level="error")
    return told


def try_port(port: int) -> None:
    """Take the port, and let it go at once. Raises: OSError when it cannot be had."""
    _Server(port, lambda: datetime.now(UTC)).server_close()


def served(old: CanaryServer | None, port: int | None, now: Callable[[], datetime]) -> CanaryServer | None:
    """The server at this port, None = at none: the old one goes on if that is its port, else it is closed."""
    if port == (old.port if old is not None else None):
        return old
    if old is not None:
        old.close()
    if port is None:
        return None
    fresh = CanaryServer(port, now)
    fresh.start()
    return fresh


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, now: Callable[[], datetime]) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.port, self.now = port, now

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever hung up hears no more of it."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _PATIENCE_S
    server: _Server

    def do_GET(self) -> None:
        body = canaryfeed.body_at(self.path, self.server.port, self.server.now())
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Type", "application/rss+xml; charset=UTF-8")
        self.send_header("Content-Length", str(len(body or b"")))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's signature
        """The poll has a line of its own."""
