"""Mail servers on loopback: a real one (aiosmtpd) that keeps what arrives, and one that misbehaves wherever it is told to.

with MailServer(rcpt={"b@z.example": "550 no such user"}) as server:
    ...  # send to server.port
assert [letter.to for letter in server.letters] == [("a@z.example",)]
"""

import asyncio
import base64
import contextlib
import email
import email.policy
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult

TLS = Path(__file__).parent / "cases/tls"
AUTHORITY = TLS / "authority.pem"
LONGEST_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What was accepted: the envelope, and the bytes as they came. user: who was logged in."""

    sender: str
    to: tuple[str, ...]
    data: bytes
    encrypted: bool
    user: str = ""

    @property
    def read(self) -> EmailMessage:
        """As a mail program reads it."""
        message = email.message_from_bytes(self.data, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message

    def part(self, subtype: str) -> str:
        body = self.read.get_body((subtype,))
        return "" if body is None else str(body.get_content())


@dataclass(kw_only=True)
class _Script:
    """Replies instead of yes: to MAIL, to RCPT by address, to the letter."""

    mail: str = ""
    rcpt: Mapping[str, str] = field(default_factory=dict)
    data: str = ""


class MailServer:
    """A real server with a port of its own. tls: "none", "starttls" or "tls"; users: names with their passwords."""

    def __init__(
        self,
        *,
        tls: str = "none",
        pem: str = "good",
        users: Mapping[str, str] | None = None,
        mail: str = "",
        rcpt: Mapping[str, str] | None = None,
        data: str = "",
    ) -> None:
        self.letters: list[Letter] = []
        self.logins: list[tuple[str, str]] = []
        self._users = users
        self._script = _Script(mail=mail, rcpt=rcpt or {}, data=data)
        self._tls = tls
        self._context = None if tls == "none" else context_of(pem)
        self._sessions: list[SMTP] = []
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(self._serve())
        self.port = int(self._server.sockets[0].getsockname()[1])
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def script(self, *, mail: str = "", rcpt: Mapping[str, str] | None = None, data: str = "") -> None:
        """Answer so from now on."""
        self._script = _Script(mail=mail, rcpt=rcpt or {}, data=data)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    async def _serve(self) -> asyncio.Server:
        return await self._loop.create_server(
            self._session, "127.0.0.1", 0, ssl=self._context if self._tls == "tls" else None
        )

    def _session(self) -> SMTP:
        self._sessions.append(self._new_session())
        return self._sessions[-1]

    def _new_session(self) -> SMTP:
        return SMTP(
            self,
            hostname="mail.test",
            tls_context=self._context if self._tls == "starttls" else None,
            require_starttls=self._tls == "starttls",
            authenticator=self._authenticate if self._users is not None else None,
            auth_required=self._users is not None and self._tls == "starttls",  # else it warns
            auth_require_tls=self._tls == "starttls",
            loop=self._loop,
        )

    async def _stop(self) -> None:
        self._server.close()
        for session in self._sessions:
            if session.transport is not None:
                session.transport.abort()
        await asyncio.sleep(0)  # a turn, in which they close
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- what aiosmtpd calls

    def _authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        name, password = data.login.decode(), data.password.decode()
        self.logins.append((name, password))
        is_known = (self._users or {}).get(name) == password
        return AuthResult(success=is_known, handled=False, auth_data=name)

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self._script.mail:
            return self._script.mail
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if refusal := self._script.rcpt.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self._script.data:
            return self._script.data
        letter = Letter(
            sender=envelope.mail_from,
            to=tuple(envelope.rcpt_tos),
            data=envelope.content,
            encrypted=session.ssl is not None or self._tls == "tls",
            user=session.auth_data or "",
        )
        self.letters.append(letter)
        return "250 2.0.0 Ok: queued as 4TEST"


def context_of(pem: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / f"{pem}.pem")
    return context


# -- one that misbehaves ------------------------------------------------------------------------------------------------

Trick = Callable[["Talk"], None]


class Talk:
    """One connection of a bad server."""

    def __init__(self, sock: socket.socket, closing: threading.Event) -> None:
        self.sock = sock
        self.closing = closing

    def say(self, data: bytes) -> None:
        self.sock.sendall(data)

    def cut(self) -> None:
        """Break the connection off."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()
        raise OSError("cut")


def drip(talk: Talk) -> None:
    """A letter at a time, for as long as anybody listens."""
    talk.say(b"250-")
    while not talk.closing.wait(0.05):
        talk.say(b"x")


def endless(talk: Talk) -> None:
    while not talk.closing.is_set():
        talk.say(b"250-and another thing\r\n" * 100)


def long_line(talk: Talk) -> None:
    talk.say(b"250 " + b"x" * 20_000 + b"\r\n")


def silence(talk: Talk) -> None:
    talk.closing.wait(LONGEST_S)


def rubbish(talk: Talk) -> None:
    talk.say(b"\xff\xfe<html>\x00\x1b[31mno mail here\r\n")


def cut(talk: Talk) -> None:
    talk.cut()


class BadMailServer:
    """Speaks SMTP by the book, but for the steps that have a trick: bytes, or what is done with the connection.

    Steps: greeting, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, END (the letter is there), QUIT. heard: each line that came;
    letters: as they came, the last dot not included. pem: it encrypts, on STARTTLS or (implicit) from the start.
    """

    def __init__(
        self, *, offers: tuple[bytes, ...] = (), pem: str = "", implicit: bool = False, **tricks: bytes | Trick
    ) -> None:
        self.heard: list[bytes] = []
        self.letters: list[bytes] = []
        self.closing = threading.Event()
        self._offers = offers
        self._context = context_of(pem) if pem else None
        self._implicit = implicit
        self._tricks = tricks
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        self.closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                sock.settimeout(LONGEST_S)
                thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError, ValueError), contextlib.ExitStack() as stack:
            if self._context and self._implicit:
                sock = stack.enter_context(self._context.wrap_socket(sock, server_side=True))
            talk = Talk(sock, self.closing)
            self._step(talk, "greeting", b"220 mail.test\r\n")
            self._talk(talk)

    def _talk(self, talk: Talk) -> None:
        with talk.sock.makefile("rb") as lines:
            while line := lines.readline():
                self.heard.append(line.rstrip())
                step = line.split()[0].decode("latin-1").upper()
                self._step(talk, step, self._answer(step))
                if step == "STARTTLS" and self._context:
                    break
                if step == "DATA" and "DATA" not in self._tricks:
                    self.letters.append(b"".join(iter(lines.readline, b".\r\n")))
                    self._step(talk, "END", b"250 2.0.0 queued\r\n")
                if step == "QUIT":
                    return
            else:
                return
        with self._context.wrap_socket(talk.sock, server_side=True) as sock:
            self._talk(Talk(sock, talk.closing))

    def _answer(self, step: str) -> bytes:
        if step == "EHLO":
            return b"".join(b"250-%s\r\n" % one for one in (b"mail.test", *self._offers)) + b"250 HELP\r\n"
        return {"DATA": b"354 go on\r\n", "STARTTLS": b"220 go on\r\n", "AUTH": b"235 welcome\r\n"}.get(
            step, b"250 OK\r\n"
        )

    def _step(self, talk: Talk, step: str, usual: bytes) -> None:
        trick = self._tricks.get(step, usual)
        talk.say(trick) if isinstance(trick, bytes) else trick(talk)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
