"""A webhook receiver on loopback: notes every request, answers by a script.

    with Receiver(Reply(status=500), Reply(status=200)) as receiver:
        ...  # post to receiver.url
    assert [request.status for request in receiver.requests] == [500, 200]

After the script's end its last reply is repeated; without a script everything is 200.
"""

import base64
import socket
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Literal, Self

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()  # that deliveries to it are signed with


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What one request gets. trick: "hang" = accept and say nothing until the receiver is closed; "reset" = accept,
    then cut the connection; "big" = the body again and again until the sender hangs up (10 MB at most)."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    trick: Literal["", "hang", "reset", "big"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was received; headers have lower-case keys. status: what was answered."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int


class Receiver:
    """A receiver with a port of its own. Use as a context manager, or call `close`."""

    def __init__(self, *script: Reply) -> None:
        self.requests: list[Request] = []
        self._script = list(script)
        self._lock = threading.Condition()
        self.closing = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/hook"

    def script(self, *replies: Reply) -> None:
        """Forget what is left of the script and answer so from now on."""
        with self._lock:
            self._script = list(replies)

    def await_requests(self, count: int, timeout_s: float) -> bool:
        """Whether so many came within that time."""
        with self._lock:
            return self._lock.wait_for(lambda: len(self.requests) >= count, timeout_s)

    def take(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        with self._lock:
            reply = self._reply_to(headers)
            self.requests.append(Request(method=method, path=path, headers=headers, body=body, status=reply.status))
            self._lock.notify_all()
        return reply

    def _reply_to(self, headers: dict[str, str]) -> Reply:
        """What comes next in the script; others choose by the headers."""
        if not self._script:
            return Reply()
        return self._script[0] if len(self._script) == 1 else self._script.pop(0)

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that hangs up is no error of the receiver's."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True  # it broke off: there was no request
            return
        headers = {key.lower(): value for key, value in self.headers.items()}
        self._answer(self.server.receiver.take(self.command, self.path, headers, body))

    do_GET = do_PUT = do_POST  # noqa: N815 - the names that http.server calls

    def _answer(self, reply: Reply) -> None:
        self.close_connection = True
        if reply.trick == "hang":
            self.server.receiver.closing.wait(60)
        elif reply.trick == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        else:
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        times = 10_000_000 // len(reply.body) if reply.trick == "big" else 1
        self.send_response(reply.status)
        for key, value in reply.headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(reply.body) * times))
        self.end_headers()
        for _ in range(times):
            self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by http.server
        """Tests read `requests`."""
