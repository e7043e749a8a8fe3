"""What an HTTP answer means: its status, its wishes, its validators, and its body within bounds.

Headers are mappings with lower-case keys. Must not know how the answer came, nor what a feed is.
"""

import io
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from urllib3 import BaseHTTPResponse

from worker.guard import ExchangeError, TooLarge
from worker.model import FailureKind, FetchFailed, Validators
from worker.transport import Exchange, size

RETRY_AFTER_MAX_S: Final = 86_400.0

_VALIDATOR_BYTES: Final = 8 * 1024
_PIECE_BYTES: Final = 64 * 1024
_MEMBERS_MOST: Final = 4096  # of one gzip body; real ones have a member per 64 kB at most
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Unreadable(ExchangeError):
    """A body that cannot be unpacked."""


# -- status -------------------------------------------------------------------------------------------------------------

_CHALLENGES: Final = (  # (header, values that mean "a person has to click"), whatever the status
    ("cf-mitigated", ("challenge",)),
    ("x-amzn-waf-action", ("challenge", "captcha")),
    ("x-vercel-mitigated", ("challenge", "deny")),
    ("sg-captcha", ("challenge",)),
)
_REFUSING_SHIELDS: Final = ("x-datadome", "x-sucuri-block")  # with 403 only: they mark good answers too
_ADVICE: Final = {
    401: "a user name and a password are needed",
    403: "access is forbidden",
    404: "nothing is there (is the address right?)",
    410: "it is gone for good",
    429: "we asked too often",
}


def failure(name: str, status: int, headers: Mapping[str, str], now: datetime) -> FetchFailed:
    """The failure that an answer without a body for us is. name: of the host."""
    if is_challenge(status, headers):
        return FetchFailed(
            kind=FailureKind.REFUSED, reason=f"{name}: blocked by bot protection ({status})", status=status
        )
    wait_s = retry_after_s(headers.get("retry-after", ""), now) if status in (429, 503) else None
    advice = f": {_ADVICE[status]}" if status in _ADVICE else ""
    wish = f", to be asked again in {wait_s:.0f} s" if wait_s is not None else ""
    return FetchFailed(
        kind=_kind(status, wait_s),
        reason=f"{name} answered {_named(status)}{advice}{wish}",
        status=status,
        retry_after_s=wait_s,
    )


def is_challenge(status: int, headers: Mapping[str, str]) -> bool:
    """Whether a bot protection answered in the site's place."""
    if any(headers.get(header, "").strip().lower() in values for header, values in _CHALLENGES):
        return True
    return status == 403 and any(header in headers for header in _REFUSING_SHIELDS)


def _kind(status: int, wait_s: float | None) -> FailureKind:
    if status in (429, 503):
        return FailureKind.TEMPORARY if wait_s is None else FailureKind.THROTTLED
    if status == 410:
        return FailureKind.GONE
    return FailureKind.REFUSED if 400 <= status < 500 else FailureKind.TEMPORARY


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def retry_after_s(value: str, now: datetime) -> float | None:
    """Seconds or an HTTP date, at most a day; None for zero, the past and rubbish. Source: RFC 9110 §10.2.3."""
    value = value.strip()
    wait_s = float(value) if re.fullmatch(r"[0-9]{1,20}", value) else _until_s(value, now)
    return min(wait_s, RETRY_AFTER_MAX_S) if wait_s > 0 else None


def _until_s(date: str, now: datetime) -> float:
    try:
        at = parsedate_to_datetime(date[:64])
        return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    except (ValueError, OverflowError):
        return 0.0


# -- freshness ----------------------------------------------------------------------------------------------------------

_DIRECTIVE = re.compile(r"(?:^|[,\s])(no-store|no-cache|s-maxage|max-age)\s*(?:=\s*\"?([0-9]{1,10}))?", re.IGNORECASE)


def fresh_s(headers: Mapping[str, str], now: datetime) -> float:
    """How long the answer stays fresh from now on, for a cache that stands between us and the server, or for us; a day at
    most, 0 = nothing says so. Source: RFC 9111 §4.2.
    """
    control = headers.get("cache-control", "")
    said = {name.lower(): seconds for name, seconds in _DIRECTIVE.findall(control[:1000])} if control else {}
    if "no-store" in said or "no-cache" in said:
        return 0.0
    age = headers.get("age", "").strip()
    aged_s = float(age) if age.isascii() and age.isdigit() and len(age) < 11 else 0.0
    lifetime = (said.get("s-maxage") if "age" in headers else "") or said.get("max-age") or ""
    if lifetime:
        lifetime_s = float(lifetime)
    elif "max-age" in said or "expires" not in headers:
        return 0.0
    else:
        lifetime_s = _until_s(headers["expires"], now)
        aged_s = 0.0  # it is a point in time: what has passed of it has passed
    return min(max(lifetime_s - aged_s, 0.0), RETRY_AFTER_MAX_S)


# -- validators ---------------------------------------------------------------------------------------------------------


def validators_of(headers: Mapping[str, str], url: str) -> Validators:
    """What the answer gave to be asked again with, byte for byte."""
    return Validators(url=url, etag=usable(headers.get("etag")), last_modified=usable(headers.get("last-modified")))


def renewed(old: Validators, headers: Mapping[str, str]) -> Validators:
    """Ours, replaced by what a 304 brought."""
    new = validators_of(headers, old.url)
    return Validators(url=old.url, etag=new.etag or old.etag, last_modified=new.last_modified or old.last_modified)


def usable(value: str | None) -> str | None:
    """A validator that can be sent back: neither empty nor huge, and nothing in it that breaks a header."""
    value = (value or "").strip(" \t")
    return value if 0 < len(value) <= _VALIDATOR_BYTES and not _CONTROL.search(value) else None


# -- body ---------------------------------------------------------------------------------------------------------------


def read_body(raw: BaseHTTPResponse, coding: str, exchange: Exchange, *, max_wire_bytes: int, max_bytes: int) -> bytes:
    """The whole body, unpacked. coding: the Content-Encoding header.

    Raises: TooLarge, Unreadable, and whatever breaks on the wire.
    """
    unpack = _unpacker(coding, max_bytes)
    wire = _wire(raw, exchange, max_wire_bytes)
    body = io.BytesIO()
    for piece in unpack.pieces(wire):
        body.write(piece)
    whole = body.getvalue()
    if whole.startswith(b"\x1f\x8b"):
        raise Unreadable("the body is packed twice" if unpack.packed else "the body is a gzip file, not a document")
    return whole


def _wire(raw: BaseHTTPResponse, exchange: Exchange, max_bytes: int) -> Iterator[bytes]:
    words = f"the body is larger than {size(max_bytes)} on the wire"
    if (raw.length_remaining or 0) > max_bytes:
        raise TooLarge(words)
    exchange.allow(max_bytes + 1, words)  # one more, to see the end of a body without a length
    count = 0
    for piece in raw.stream(_PIECE_BYTES, decode_content=False):
        count += len(piece)
        if count > max_bytes:
            raise TooLarge(words)
        yield piece


class _Plain:
    packed = False

    def __init__(self, max_bytes: int) -> None:
        self._left = max_bytes
        self._words = f"the body is larger than {size(max_bytes)}"

    def pieces(self, wire: Iterator[bytes]) -> Iterator[bytes]:
        for piece in wire:
            self._take(piece)
            yield piece

    def _take(self, piece: bytes) -> None:
        self._left -= len(piece)
        if self._left < 0:
            raise TooLarge(self._words)


class _Gzip(_Plain):
    """One or more gzip members, whole. Source: RFC 1952 §2.2."""

    packed = True

    def __init__(self, max_bytes: int) -> None:
        super().__init__(max_bytes)
        self._words += " unpacked"
        self._member = zlib.decompressobj(31)
        self._members = 1

    def pieces(self, wire: Iterator[bytes]) -> Iterator[bytes]:
        begun = False
        for data in wire:
            begun = True
            yield from self._unpacked(data)
        if begun and not self._member.eof:
            raise Unreadable("the packed body broke off before its end")

    def _unpacked(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._member.eof and not self._next(data):
                return
            try:
                piece = self._member.decompress(data, self._left + 1)
            except zlib.error:
                raise Unreadable("the body is not the gzip that it is said to be") from None
            self._take(piece)
            yield piece
            data = self._member.unconsumed_tail or self._member.unused_data

    def _next(self, data: bytes) -> bool:
        """Whether another member begins; what else follows the last one is padding, as for gzip itself."""
        if data[:1] != b"\x1f":
            return False
        self._members += 1
        if self._members > _MEMBERS_MOST:
            raise TooLarge(f"the body is packed in more than {_MEMBERS_MOST} parts")
        self._member = zlib.decompressobj(31)
        return True


def _unpacker(coding: str, max_bytes: int) -> _Plain:
    name = coding.strip().lower()
    if name in ("", "identity"):
        return _Plain(max_bytes)
    if name in ("gzip", "x-gzip"):
        return _Gzip(max_bytes)
    shown = re.sub(r"[^a-z0-9, ._-]", "?", name)[:40]
    raise Unreadable(f'the body is packed as "{shown}", which was not asked for (only gzip is read)')
