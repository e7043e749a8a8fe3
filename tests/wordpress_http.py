"""The test site's HTTP: a threaded server on the loopback with keep-alive and nginx's gzip. It knows no posts."""

import contextlib
import gzip
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Server(ThreadingMixIn, TCPServer):
    """Serves `answer(method, target, headers)` on a free port; `url` says where.

    Not http.server's HTTPServer: that one asks DNS for its own name.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self, answer: Callable[[str, str, Mapping[str, str]], Answer], may_zip: Callable[[], bool] = lambda: False
    ) -> None:
        self.answer = answer
        self.may_zip = may_zip
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A visitor who leaves early is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def server_close(self) -> None:
        """Also ends the connections that clients keep alive."""
        super().server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Handler(BaseHTTPRequestHandler):
    """HTTP/1.1 with keep-alive, and nginx's gzip: chunked, and the ETag made weak."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    timeout = 30
    server: Server

    def do_GET(self) -> None:
        sent = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.answer(self.command, self.path, sent)
        body, headers = answer.body.encode(), dict(answer.headers)
        zips = self.server.may_zip() and answer.status in (200, 403, 404)
        if zips:
            headers["Vary"] = "Accept-Encoding"
        if zips and "gzip" in sent.get("accept-encoding", ""):
            self._send_zipped(answer.status, headers, body)
        else:
            self._send_plain(answer.status, headers, body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _send_zipped(self, status: int, headers: dict[str, str], body: bytes) -> None:
        if "ETag" in headers:
            headers["ETag"] = f"W/{headers['ETag']}"
        self._send_head(status, {**headers, "Content-Encoding": "gzip", "Transfer-Encoding": "chunked"})
        if self.command != "HEAD":
            zipped = gzip.compress(body, mtime=0)
            self.wfile.write(f"{len(zipped):x}\r\n".encode() + zipped + b"\r\n0\r\n\r\n")

    def _send_plain(self, status: int, headers: dict[str, str], body: bytes) -> None:
        length = {} if status == 304 else {"Content-Length": str(len(body))}
        self._send_head(status, {**headers, **length})
        if self.command != "HEAD" and status != 304:
            self.wfile.write(body)

    def _send_head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it: the site keeps `requests`."""
