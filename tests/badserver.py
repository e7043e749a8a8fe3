"""A server on loopback that says whatever bytes a test wants, whole, in drips, without end, or not at all.

    with BadServer() as server:
        server.on("/feed", reply(200, b"<rss/>", ETag='"1"'))
        server.on("/slow", drip(b"HTTP/1.1 200 OK", every_s=0.1))
        ...  # fetch server.url("/feed")
    assert server.paths == ["/feed"]

It knows nothing of HTTP but where a request's headers end. Everything is bounded: a script ends after `LONGEST_S` or
`MOST_BYTES`, or when the server is closed. tls: a PEM file with certificate and key.
"""

import contextlib
import socket
import ssl
import struct
import threading
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self

LONGEST_S = 20.0
MOST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it came; headers with lower-case keys. connection: which of the server's connections, from 1."""

    line: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        return self.line.split(" ")[1]


class Talk:
    """The server's side of one connection, for scripts."""

    def __init__(self, sock: socket.socket, closing: threading.Event) -> None:
        self.sock = sock
        self.closing = closing
        self.sent_bytes = 0
        self._until_s = time.monotonic() + LONGEST_S

    def send(self, data: bytes) -> bool:
        """Whether there is anybody left to send to, and anything left to send."""
        if self.closing.is_set() or self.sent_bytes > MOST_BYTES or time.monotonic() > self._until_s:
            return False
        try:
            self.sock.sendall(data)
        except OSError:
            return False
        self.sent_bytes += len(data)
        return True

    def pause(self, seconds: float) -> bool:
        return not self.closing.wait(seconds)

    def reset(self) -> None:
        """Close with an RST instead of a FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


Script = Callable[[Talk, Asked], bool]  # whether the connection may be used again


# -- scripts ------------------------------------------------------------------------------------------------------------


def message(status: int, body: bytes = b"", *, length: bool = True, **headers: str) -> bytes:
    """An answer's bytes. Header names are written with `_` for `-`."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Odd"
    lines = [f"HTTP/1.1 {status} {phrase}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if length and status != 304 and status >= 200:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def reply(status: int, body: bytes = b"", **headers: str) -> Script:
    return raw(message(status, body, **headers), keep=True)


def raw(data: bytes, *, keep: bool = False) -> Script:
    def script(talk: Talk, asked: Asked) -> bool:
        return talk.send(data) and keep

    return script


def chunked(*pieces: bytes, **headers: str) -> Script:
    framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))
    return raw(message(200, length=False, Transfer_Encoding="chunked", **headers) + framed, keep=True)


def drip(data: bytes, *, every_s: float = 0.05, step: int = 1, after: bytes = b"") -> Script:
    """`after` at once, then the data in steps, then silence."""

    def script(talk: Talk, asked: Asked) -> bool:
        talk.send(after)
        for start in range(0, len(data), step):
            if not (talk.send(data[start : start + step]) and talk.pause(every_s)):
                break
        return hang(talk, asked)

    return script


def endless(head: bytes, piece: bytes) -> Script:
    def script(talk: Talk, asked: Asked) -> bool:
        block = piece * max(1, 65_536 // len(piece))
        alive = talk.send(head)
        while alive:
            alive = talk.send(block)
        return False

    return script


def hang(talk: Talk, asked: Asked) -> bool:
    talk.closing.wait(LONGEST_S)
    return False


def reset(talk: Talk, asked: Asked) -> bool:
    talk.reset()
    return False


def in_turn(*scripts: Script) -> Script:
    """One after another, one a request; the last one stays."""
    left = list(scripts)

    def script(talk: Talk, asked: Asked) -> bool:
        return (left.pop(0) if len(left) > 1 else left[0])(talk, asked)

    return script


def unless_matching(etag: str, fresh: Script, unchanged: Script) -> Script:
    """`unchanged` for who brings the ETag, else `fresh`."""

    def script(talk: Talk, asked: Asked) -> bool:
        return (unchanged if asked.headers.get("if-none-match") == etag else fresh)(talk, asked)

    return script


# -- server -------------------------------------------------------------------------------------------------------------


class BadServer:
    """Scripts by path; what has none is 404. `asked` keeps every request in order."""

    def __init__(self, host: str = "127.0.0.1", *, tls: Path | None = None) -> None:
        self.asked: list[Asked] = []
        self.connections = 0
        self.closing = threading.Event()
        self._scripts: dict[str, Script] = {}
        self._context = _tls_context(tls) if tls else None
        self._host = host
        self._listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def url(self, path: str = "/", host: str = "") -> str:
        name = host or (f"[{self._host}]" if ":" in self._host else self._host)
        return f"http{'s' if self._context else ''}://{name}:{self.port}{path}"

    def on(self, path: str, script: Script) -> str:
        """Answer so at the path from now on; gives its URL."""
        self._scripts[path] = script
        return self.url(path)

    def all_on(self, scripts: Iterable[tuple[str, Script]]) -> None:
        for path, script in scripts:
            self.on(path, script)

    def offer_only_tls_1_1(self) -> None:
        """And what is older."""
        assert self._context is not None
        self._context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            self._context.minimum_version = ssl.TLSVersion.TLSv1
            self._context.maximum_version = ssl.TLSVersion.TLSv1_1

    def close(self) -> None:
        self.closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=5)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(sock, self.connections), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        sock.settimeout(LONGEST_S)
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.callback(sock.close)
            if self._context:
                sock = stack.enter_context(self._context.wrap_socket(sock, server_side=True))
            sock.settimeout(0.2)
            self._talk(sock, number)

    def _talk(self, sock: socket.socket, number: int) -> None:
        buffer = b""
        while True:
            asked, buffer = _read_request(sock, buffer, number, self.closing)
            if asked is None:
                return
            self.asked.append(asked)
            sock.settimeout(LONGEST_S)
            script = self._scripts.get(asked.path, reply(404, b"nothing here"))
            if not script(Talk(sock, self.closing), asked):
                return
            sock.settimeout(0.2)


def _read_request(
    sock: socket.socket, buffer: bytes, number: int, closing: threading.Event
) -> tuple[Asked | None, bytes]:
    buffer = _until(sock, buffer, closing, lambda data: b"\r\n\r\n" in data)
    head, found, rest = buffer.partition(b"\r\n\r\n")
    if not found:
        return None, b""
    line, *fields = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
    length = int(headers.get("content-length", "0"))
    rest = _until(sock, rest, closing, lambda data: len(data) >= length)
    return Asked(line=line, headers=headers, body=rest[:length], connection=number), rest[length:]


def _until(sock: socket.socket, data: bytes, closing: threading.Event, enough: Callable[[bytes], bool]) -> bytes:
    until_s = time.monotonic() + LONGEST_S
    while not enough(data) and not closing.is_set() and time.monotonic() < until_s:
        try:
            more = sock.recv(65_536)
        except TimeoutError:
            continue
        if not more:
            break
        data += more
    return data


def _tls_context(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
