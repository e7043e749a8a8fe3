"""What a plugin of Apprise is given in place of `requests`: its questions go out by our fetcher, or not at all.

Owns which questions are let through (those of a message that is being sent, to the hosts of its channel, without
redirects, files, proxies and time-outs of the plugin's own) and what is remembered of each. Must not know services, nor
what an answer means. Without it a plugin would follow redirects to any address, and wait as long as it likes.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

import requests
from requests.structures import CaseInsensitiveDict

from worker.fetch import Answer, Fetcher
from worker.model import FetchFailed

QUESTIONS_MOST: Final = 12  # of one message: Matrix asks for login, whoami, room and message

_COMPARED: Final = 200  # characters of a text by which a request is known to carry it
_TOO_MANY: Final = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One exchange. carried: the message was in the question."""

    carried: bool
    answer: Answer | FetchFailed


@dataclass(slots=True, kw_only=True)
class Conversation:
    """All that is asked to send one message.

    origins: scheme, host and port of all that may be asked; text: the message's body; added: keys for the JSON that
    carries it; until_s: on the monotonic clock.
    """

    fetcher: Fetcher = field(repr=False)
    origins: tuple[tuple[str, str, int], ...]
    text: str = field(repr=False)
    added: Mapping[str, object]
    until_s: float
    heard: list[Heard] = field(default_factory=list)

    def ask(self, prepared: requests.PreparedRequest) -> requests.Response:
        """One question, if it may be asked. Raises: requests.ConnectionError where no answer came."""
        url, body = prepared.url or "", _bytes(prepared.body)
        left_s = self.until_s - time.monotonic()
        self._check(url, left_s)
        carried = _carries(self.text, url, body)
        if carried and self.added and body is not None:
            body = _with(body, self.added)
        answer = self.fetcher.ask(
            prepared.method or "GET", url, body, _own_headers(prepared), timeout_s=max(round(left_s, 1), 0.1)
        )
        self.heard.append(Heard(carried=carried, answer=answer))
        if isinstance(answer, FetchFailed):
            raise requests.ConnectionError(answer.reason)
        return _response(answer, prepared)

    def _check(self, url: str, left_s: float) -> None:
        if _origin(url) not in self.origins:
            raise requests.ConnectionError("this channel asks no other host")
        last = self.heard[-1].answer if self.heard else None
        slowed = isinstance(last, Answer) and last.status == _TOO_MANY
        if slowed or left_s <= 0 or len(self.heard) >= QUESTIONS_MOST:
            raise requests.ConnectionError("nothing more is asked for this message")


_current: ContextVar[Conversation | None] = ContextVar("conversation", default=None)


@contextmanager
def conversing(conversation: Conversation) -> Iterator[Conversation]:
    """What plugins ask in this thread belongs to this conversation."""
    token = _current.set(conversation)
    try:
        yield conversation
    finally:
        _current.reset(token)


class GuardedRequests:
    """The part of `requests` that plugins use. Outside of a conversation nothing is asked."""

    codes = requests.codes
    exceptions = requests.exceptions
    RequestException = requests.RequestException
    ConnectionError = requests.ConnectionError
    Timeout = requests.Timeout
    TooManyRedirects = requests.TooManyRedirects

    def request(self, method: str, url: str, **given: Any) -> requests.Response:
        conversation = _current.get()
        if conversation is None or given.get("files"):
            raise requests.ConnectionError("nothing is asked beside a message")
        kept = {name: given.get(name) for name in ("params", "data", "json", "headers", "auth")}
        return conversation.ask(requests.Request(method.upper(), url, **kept).prepare())

    def get(self, url: str, **given: Any) -> requests.Response:
        return self.request("GET", url, **given)

    def post(self, url: str, data: Any = None, **given: Any) -> requests.Response:
        return self.request("POST", url, data=data, **given)

    def put(self, url: str, data: Any = None, **given: Any) -> requests.Response:
        return self.request("PUT", url, data=data, **given)


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme, f"[{host}]" if ":" in host else host, parts.port or (443 if parts.scheme == "https" else 80)


def _own_headers(prepared: requests.PreparedRequest) -> dict[str, str]:
    """The plugin's, without what belongs to the transport."""
    ours = ("content-length", "transfer-encoding", "connection", "accept-encoding", "user-agent", "host", "cookie")
    return {name: _text(value) for name, value in prepared.headers.items() if name.lower() not in ours}


def _carries(text: str, url: str, body: bytes | None) -> bool:
    """Whether a request holds the message: as JSON, or as a field of a form or address."""
    start = text[:_COMPARED]
    in_json = (json.dumps(start, ensure_ascii=ascii_only)[1:-1].encode() for ascii_only in (True, False))
    forms = (*in_json, quote_plus(start).encode())
    sent = (body or b"") + b"\n" + url.encode()
    return any(form in sent for form in forms)


def _with(body: bytes, added: Mapping[str, object]) -> bytes:
    return json.dumps({**json.loads(body), **added}).encode()


def _bytes(body: bytes | str | None) -> bytes | None:
    return body.encode() if isinstance(body, str) else body


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _response(answer: Answer, prepared: requests.PreparedRequest) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status
    response.headers = CaseInsensitiveDict(answer.headers)
    response.url = prepared.url or ""
    response.request = prepared
    response.encoding = "utf-8"
    response._content = answer.body  # noqa: SLF001 - requests has no other way to make a response that was read
    response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001
    return response
