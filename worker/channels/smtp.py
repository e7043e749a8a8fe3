"""A letter handed to a mail server: one connection, one dialogue, and what the server said to each recipient.

Owns encryption before anything else is said, logging in, and the order of commands. No password goes over a connection
that is not encrypted, and a server that offers no encryption gets nothing. One deadline holds the whole dialogue. Must
not know what a letter says, nor what becomes of a refusal.
Source: RFC 5321, RFC 3207 (STARTTLS), RFC 4954 (AUTH).
"""

import base64
import re
import smtplib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from worker.channels.answers import excerpt
from worker.guard import ExchangeError
from worker.reasons import FAULTS, words_for
from worker.transport import Exchange, dial

Tls = Literal["starttls", "tls", "none"]

_REPLIES_BYTES = 64 * 1024  # of all that a server says
_GOODBYE_S = 1.0
_ABOUT_US = frozenset({530, 534, 535, 538})  # RFC 4954 §6
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where letters are handed in. context: checks the certificate, an `ssl.SSLContext`; username "" = no logging in."""

    host: str
    port: int
    tls: Tls
    context: Any = field(repr=False)
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def plain(self) -> str:
        """What AUTH PLAIN sends. Source: RFC 4616."""
        return _base64(f"\0{self.username}\0{self.password}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the server said, the beginning of it as one line. code: -1 = nothing that is SMTP."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()

    @property
    def is_yes(self) -> bool:
        return 200 <= self.code <= 299

    @property
    def is_never(self) -> bool:
        """Of the letter or recipient. That we have to log in, or to encrypt, is put right in the configuration."""
        return 500 <= self.code <= 599 and self.code not in _ABOUT_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What became of a letter.

    reply: the last word on the letter; refused: each recipient that was not accepted, with the reply; taken: who gets it.
    lost: why nobody knows, "" = it is known: the whole letter went out, and no answer came.
    """

    reply: Reply
    refused: Mapping[str, Reply]
    taken: Sequence[str] = ()
    lost: str = ""


class NotOpened(ExchangeError):
    """The server does not let us in, or not in the way that is wanted: nothing was handed over."""

    def __init__(self, words: str, reply: Reply | None = None) -> None:
        super().__init__(f"{words}: {reply}" if reply else words)
        self.reply = reply


def hand_over(server: MailServer, sender: str, to: Sequence[str], letter: bytes, exchange: Exchange) -> Handover:
    """One dialogue, inside `exchanging`. letter: with CR LF, also at its end.

    Raises: NotOpened, and whatever is among FAULTS; the letter was not handed over then.
    """
    exchange.allow(_REPLIES_BYTES, "the server says more than any mail server has to say")
    session = _Session(server, exchange)
    try:
        session.open()
        return _letter(session, sender, to, letter)
    finally:
        session.leave()


def knock(server: MailServer, exchange: Exchange) -> None:
    """Connect, encrypt, log in and leave, inside `exchanging`. Raises: NotOpened, and whatever is among FAULTS."""
    exchange.allow(_REPLIES_BYTES, "the server says more than any mail server has to say")
    session = _Session(server, exchange)
    try:
        session.open()
    finally:
        session.leave()


def _letter(session: "_Session", sender: str, to: Sequence[str], letter: bytes) -> Handover:
    size = f" SIZE={len(letter)}" if session.has_extn("size") else ""  # what is too big is refused before it is sent
    reply = session.ask("MAIL", f"FROM:<{sender}>{size}")
    if not reply.is_yes:
        return Handover(reply=reply, refused=dict.fromkeys(to, reply))
    refused = {address: said for address in to if not (said := session.ask("RCPT", f"TO:<{address}>")).is_yes}
    accepted = [address for address in to if address not in refused]
    if not accepted:
        return Handover(reply=next(reversed(refused.values())), refused=refused)
    reply = session.ask("DATA")
    if reply.code != 354:
        return Handover(reply=reply, refused=refused | dict.fromkeys(accepted, reply))
    session.send(_LEADING_DOT.sub(b"..", letter) + b".\r\n")
    try:
        reply = session.reply()
    except FAULTS as error:
        return Handover(reply=reply, refused=refused, lost=words_for(error, session.exchange))
    if reply.is_yes:
        return Handover(reply=reply, refused=refused, taken=accepted)
    if not 400 <= reply.code <= 599:
        return Handover(reply=reply, refused=refused, lost="the server answered nothing that is SMTP")
    return Handover(reply=reply, refused=refused | dict.fromkeys(accepted, reply))


class _Session(smtplib.SMTP):
    """smtplib's, on connections with a deadline, and with every answer as a `Reply`."""

    def __init__(self, server: MailServer, exchange: Exchange) -> None:
        super().__init__(local_hostname="[127.0.0.1]")  # else it asks the name service, which may take its time
        self._host = server.host  # what certificates are compared with
        self._server = server
        self.exchange = exchange

    def _get_socket(self, host: str, port: int, _timeout: float) -> Any:
        """As in smtplib.SMTP_SSL: where its connections come from."""
        sock = dial(host, port)
        self.local_hostname = _literal(sock.getsockname()[0])
        return self._server.context.wrap_socket(sock, server_hostname=host) if self._server.tls == "tls" else sock

    def open(self) -> None:
        """Connected, encrypted, logged in. Raises: NotOpened, and whatever is among FAULTS."""
        self._expect(220, _reply(*self.connect(self._server.host, self._server.port)), "the server does not let us in")
        self._greet()
        if self._server.tls == "starttls":
            self._encrypt()
        if self._server.username:
            self._log_in()

    def ask(self, command: str, argument: str = "") -> Reply:
        self.putcmd(command, argument)
        return self.reply()

    def reply(self) -> Reply:
        return _reply(*self.getreply())

    def leave(self) -> None:
        """Say goodbye; what comes of that changes nothing."""
        self.exchange.shorten(_GOODBYE_S)
        with suppress(*FAULTS):
            if self.sock:
                self.docmd("QUIT")
        self.close()

    def _greet(self) -> None:
        try:
            self.ehlo_or_helo_if_needed()
        except smtplib.SMTPHeloError as error:
            raise NotOpened("the server does not let us in", _quoted(error)) from error

    def _encrypt(self) -> None:
        if not self.has_extn("starttls"):
            raise NotOpened(
                'the server offers no encryption (STARTTLS); nothing was sent to it (tls = "none" does without)'
            )
        assert self.sock is not None
        self.sock.settimeout(self.exchange.left_s())  # for the handshake, which has no deadline of its own
        try:
            self.starttls(context=self._server.context)
        except smtplib.SMTPResponseException as error:
            raise NotOpened("the server refuses encryption", _quoted(error)) from error
        self._greet()

    def _log_in(self) -> None:
        """With a name and password in UTF-8, which smtplib's own way does not know."""
        if self._server.tls == "none":
            raise NotOpened("no password goes over a connection that is not encrypted")
        offered = self.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in offered:
            said = self.docmd("AUTH", f"PLAIN {self._server.plain}")
        elif "LOGIN" in offered:
            said = self._answered(_base64(self._server.username), _base64(self._server.password))
        else:
            raise NotOpened("the server offers no way to log in with a name and a password (AUTH PLAIN or LOGIN)")
        self._expect(235, _reply(said[0], self._hidden(said[1])), "the server does not accept the name or the password")

    def _answered(self, name: str, password: str) -> tuple[int, bytes]:
        said = self.docmd("AUTH", f"LOGIN {name}")
        return self.docmd(password) if said[0] == 334 else said

    def _hidden(self, said: bytes) -> bytes:
        """Without what we sent: there are servers that repeat it."""
        for secret in (self._server.plain, _base64(self._server.password), self._server.password):
            said = said.replace(secret.encode(), b"***") if secret else said
        return said

    def _expect(self, code: int, reply: Reply, words: str) -> None:
        if reply.code != code:
            raise NotOpened(words, reply)


def _reply(code: int, text: bytes) -> Reply:
    return Reply(code=code, text=excerpt(text))


def _quoted(error: smtplib.SMTPResponseException) -> Reply:
    said = error.smtp_error
    return _reply(error.smtp_code, said if isinstance(said, bytes) else said.encode())


def _literal(address: str) -> str:
    """How a client without a name of its own introduces itself. Source: RFC 5321 §4.1.3."""
    return f"[IPv6:{address.partition('%')[0]}]" if ":" in address else f"[{address}]"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
