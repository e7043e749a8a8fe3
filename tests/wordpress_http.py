"""The test site's HTTP: questions and answers, nginx's gzip, and a threaded server on the loopback with keep-alive.

It knows no posts. `tests/site_web.py` serves the same answers without a socket.
"""

import contextlib
import gzip
import json
import re
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from urllib.parse import parse_qs

HTML = "text/html; charset=UTF-8"
JSON = "application/json; charset=UTF-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request. target: as sent; path: without the query; headers: keys in lower case."""

    target: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def page(self) -> int:
        return max(number_of(self.query.get("paged", "")), 1)


def asked_for(target: str, headers: Mapping[str, str]) -> Asked:
    path, _, query = target.partition("?")
    pairs = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
    return Asked(target=target, path=path, query=pairs, headers=headers)


def number_of(text: str) -> int:
    """A number in a query; 0 for what is none."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What WordPress says, before nginx sends it."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def html_answer(status: int, body: str, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status=status, body=body, headers={"Content-Type": HTML, **(headers or {})})


def xml_answer(body: str) -> Answer:
    return Answer(status=200, body=body, headers={"Content-Type": "application/xml; charset=UTF-8"})


def json_answer(status: int, value: object, headers: Mapping[str, str] | None = None) -> Answer:
    body = json.dumps(value, separators=(",", ":")).replace("/", "\\/")
    return Answer(status=status, body=body, headers={"Content-Type": JSON, **(headers or {})})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What goes over the wire, chunks aside. zipped: it is sent in chunks, because its length was not known."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    zipped: bool


def as_nginx_sends(answer: Answer, accepted: str, *, may_zip: bool) -> Sent:
    """nginx in front of PHP: what it zips loses its length, and its ETag becomes weak. accepted: Accept-Encoding."""
    body, headers = answer.body.encode(), dict(answer.headers)
    zips = may_zip and answer.status in (200, 403, 404)
    if zips:
        headers["Vary"] = "Accept-Encoding"
    if not (zips and "gzip" in accepted):
        length = {} if answer.status == 304 else {"Content-Length": str(len(body))}
        return Sent(status=answer.status, headers={**headers, **length}, body=body, zipped=False)
    if "ETag" in headers:
        headers["ETag"] = f"W/{headers['ETag']}"
    headers |= {"Content-Encoding": "gzip", "Transfer-Encoding": "chunked"}
    return Sent(status=answer.status, headers=headers, body=gzip.compress(body, 1, mtime=0), zipped=True)


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
    """HTTP/1.1 with keep-alive."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    timeout = 30
    server: Server

    def do_GET(self) -> None:
        asked = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.answer(self.command, self.path, asked)
        sent = as_nginx_sends(answer, asked.get("accept-encoding", ""), may_zip=self.server.may_zip())
        self.send_response(sent.status)
        for name, value in sent.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD" and sent.status != 304:
            chunked = f"{len(sent.body):x}\r\n".encode() + sent.body + b"\r\n0\r\n\r\n"
            self.wfile.write(chunked if sent.zipped else sent.body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Nobody reads it: the site keeps `requests`."""
