"""HTTP for the flow: feeds and pages by conditional GET, webhooks by POST. The only place that opens outgoing HTTP.

Owns the story of an exchange: which headers go where, redirects, what becomes of each answer, and plain words for all
that can go wrong. Where connections may lead is the guard's, deadlines and byte counts are the transport's. Must not
know what a feed looks like, nor when the next poll is.
"""

import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy
from urllib3 import BaseHTTPResponse

from worker.errors import SettingsError
from worker.guard import ExchangeError, Guard, Network, Refused, Resolve, system_lookup
from worker.masking import mask
from worker.model import FailureKind, Fetched, FetchFailed, FetchResult, Hop, NotModified, TroubleKind, Validators
from worker.reasons import FAULTS, is_certificate, words_for
from worker.response import failure, fresh_s, is_challenge, read_body, renewed, usable, validators_of
from worker.target import Target, host_of, spelled_alike, target
from worker.transport import Exchange, Transport, exchanging, tls_context

__all__ = ["Answer", "Fetcher", "host_of", "masked", "spelled_alike", "trusting"]

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_WIRE_BYTES: Final = 4 * 1024 * 1024
MOST_HOPS: Final = 5

_ACCEPT: Final = (
    "application/rss+xml, application/atom+xml, application/rdf+xml;q=0.9, application/feed+json;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"
)
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_ANSWER_BYTES: Final = 64 * 1024
_ANSWER_S: Final = 1.0
_REASON_LENGTH: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a webhook's receiver said. headers: keys in lower case; body: its beginning, as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    took_s: float


class Fetcher:
    """The web, one per process and set of allowed networks. Thread-safe; connections are kept alive between calls.

    max_bytes: of a body after unpacking; max_wire_bytes: as it comes. allow_networks: addresses that may be reached
    though they are not public, on any port; networks_key: the setting that names them. ca_bundle: file or folder of certificates, "" = those of certifi.
    Behind a proxy the proxy resolves names and decides where they may lead; only numeric and local ones are refused here.
    most_hops: redirects that are followed.
    transport: what carries requests instead of guarded connections, e.g. to a site in the same process.
    Raises: SettingsError for a bundle, proxy or user agent that cannot be used.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        timeout_s: float = 15.0,
        max_bytes: int = MAX_BYTES,
        max_wire_bytes: int = MAX_WIRE_BYTES,
        allow_networks: Sequence[Network] = (),
        networks_key: str = "allow_networks",
        allow_ports: Sequence[int] = (80, 443, 8080, 8443),
        proxy: str = "",
        use_environment_proxy: bool = False,
        ca_bundle: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        resolve: Resolve = system_lookup,
        most_hops: int = MOST_HOPS,
        transport: HTTPAdapter | None = None,
    ) -> None:
        self._user_agent = _checked_user_agent(user_agent)
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._max_wire_bytes = max_wire_bytes
        self._guard = Guard(
            allow_networks=tuple(allow_networks), key=networks_key, allow_ports=frozenset(allow_ports), resolve=resolve
        )
        self._proxies = dict.fromkeys(("http", "https"), _checked_proxy(proxy)) if proxy else {}
        self._most_hops = most_hops
        self._use_environment_proxy = use_environment_proxy and not proxy
        self._clock = clock
        self._transport = transport or Transport(trusting(ca_bundle))

    def fetch(self, url: str, validators: Validators | None = None) -> FetchResult:
        """GET `url`, conditionally when validators are given. Never raises for what a server or network does.

        The validators go byte for byte to the URL that gave them, and to no other. Source: RFC 9110 §13.1.
        """
        started_s = time.monotonic()
        hops: list[Hop] = []
        result: FetchResult
        with exchanging(self._guard, self._timeout_s) as exchange:
            try:
                result = self._follow(url, validators or Validators(), hops, exchange)
            except FAULTS as error:
                result = _failed(error, url, hops, exchange)
        return replace(result, hops=tuple(hops), took_s=time.monotonic() - started_s)

    def post(self, url: str, body: bytes, headers: Mapping[str, str], timeout_s: float = 20.0) -> Answer | FetchFailed:
        """POST once; see `ask`."""
        return self.ask("POST", url, body, headers, timeout_s=timeout_s)

    def ask(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], timeout_s: float
    ) -> Answer | FetchFailed:
        """Ask once. No redirect is followed; of the answer's body 64 KiB are read, for a second at most.

        On a connection of its own: whether a POST arrived could not be told when a kept connection breaks.
        """
        started_s = time.monotonic()
        with exchanging(self._guard, timeout_s, fresh=True) as exchange:
            try:
                asked = target(url)
                own = {"User-Agent": self._user_agent, **_POST_HEADERS, **_credentials(asked, asked)}
                raw = self._send(_request(method, asked, {**own, **headers}, body), exchange)
                beginning = _beginning(raw, exchange)
            except FAULTS as error:
                return replace(_failed(error, url, (), exchange), took_s=time.monotonic() - started_s)
        took_s = time.monotonic() - started_s
        return Answer(status=raw.status, headers=_headers_of(raw), body=beginning, took_s=took_s)

    def close(self) -> None:
        """Close the connections that are kept."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- a fetch, hop by hop

    def _follow(self, url: str, validators: Validators, hops: list[Hop], exchange: Exchange) -> FetchResult:
        asked = first = target(url)
        while True:
            conditions = _conditions(asked, validators)
            raw = self._get(asked, {**_credentials(asked, first), **conditions}, exchange)
            try:
                if raw.status not in _REDIRECTS or is_challenge(raw.status, _headers_of(raw)):
                    return self._result(raw, asked, validators if conditions else None, exchange)
                found = asked.resolve(_location(raw))
            finally:
                _give_back(raw)
            if len(hops) == self._most_hops:
                raise _Astray(f"more than {self._most_hops} redirects in a row")
            if found.url in (asked.url, first.url, *(hop.url for hop in hops)):
                raise _Astray("it redirects in a circle")
            hops.append(Hop(status=raw.status, url=found.url))
            asked = found

    def _get(self, asked: Target, more: Mapping[str, str], exchange: Exchange) -> BaseHTTPResponse:
        request = _request("GET", asked, {"User-Agent": self._user_agent, **_GET_HEADERS, **more}, None)
        exchange.begin()
        try:
            return self._send(request, exchange)
        except requests.ConnectionError:
            if exchange.opened or exchange.received_bytes:
                raise
        # The server closed a kept connection just as we took it: that says nothing about the server. RFC 9112 §9.3.1.
        exchange.begin()
        return self._send(request, exchange)

    def _send(self, request: requests.PreparedRequest, exchange: Exchange) -> BaseHTTPResponse:
        url = request.url or ""
        proxies = get_environ_proxies(url, None) if self._use_environment_proxy else self._proxies
        if proxies and (proxy := select_proxy(url, proxies)):
            self._judge_proxied(target(url), proxy)
        response = self._transport.send(request, stream=True, timeout=exchange.left_s(), verify=True, proxies=proxies)
        raw: BaseHTTPResponse = response.raw
        return raw

    def _judge_proxied(self, asked: Target, proxy: str) -> None:
        """What the proxy is asked for, and the proxy itself: another kind would bring connections of its own."""
        self._guard.judge_spelling(asked.host, asked.port)
        if not proxy.lower().startswith(("http:", "https:")):
            raise _Unusable("the environment's proxy is of another kind than http:// and https://")

    def _result(
        self, raw: BaseHTTPResponse, asked: Target, conditional: Validators | None, exchange: Exchange
    ) -> FetchResult:
        headers = _headers_of(raw)
        if raw.status in (200, 226) and not is_challenge(raw.status, headers):
            body = read_body(
                raw,
                headers.get("content-encoding", ""),
                exchange,
                max_wire_bytes=self._max_wire_bytes,
                max_bytes=self._max_bytes,
            )
            validators = validators_of(headers, asked.url)
            return Fetched(
                url=asked.url,
                body=body,
                headers=headers,
                validators=validators,
                status=raw.status,
                fresh_s=fresh_s(headers, self._clock()),
            )
        if raw.status != 304:
            return failure(asked.name, raw.status, headers, self._clock())
        if conditional is None:
            reason = f"{asked.name} answered 304 Not Modified, although it was not asked whether something changed"
            return FetchFailed(kind=FailureKind.TEMPORARY, reason=reason, status=304)
        fresh = fresh_s(headers, self._clock())
        return NotModified(url=asked.url, validators=renewed(conditional, headers), headers=headers, fresh_s=fresh)


def masked(url: str) -> str:
    """The address without what opens it: `https://***@host/…`."""
    return mask(url)


def trusting(ca_bundle: str) -> ssl.SSLContext:
    """What checks servers' certificates against a bundle, "" = that of certifi. Raises: SettingsError."""
    try:
        return tls_context(ca_bundle or DEFAULT_CA_BUNDLE_PATH)
    except OSError as error:
        raise SettingsError(
            f"http.ca_bundle = {ca_bundle!r}: the certificates cannot be read ({error.strerror})"
        ) from error


# -- requests -----------------------------------------------------------------------------------------------------------

_GET_HEADERS: Final = {"Accept": _ACCEPT, "Accept-Encoding": "gzip"}
_POST_HEADERS: Final = {"Accept-Encoding": "identity", "Connection": "close"}


def _request(method: str, asked: Target, headers: Mapping[str, str], body: bytes | None) -> requests.PreparedRequest:
    """Only what is given: no cookies, no Referer, nothing of the environment."""
    request = requests.PreparedRequest()
    request.method = method
    request.url = asked.url
    request.prepare_headers(headers)
    request.body = body
    if body is not None:
        request.headers["Content-Length"] = str(len(body))
    return request


def _conditions(asked: Target, validators: Validators) -> dict[str, str]:
    if not validators.url or not (validators.url == asked.url or _is_address(validators.url, asked)):
        return {}
    given = {"If-None-Match": usable(validators.etag), "If-Modified-Since": usable(validators.last_modified)}
    return {name: value for name, value in given.items() if value is not None}


def _is_address(url: str, asked: Target) -> bool:
    try:
        return target(url).url == asked.url
    except Refused:
        return False


def _credentials(asked: Target, first: Target) -> dict[str, str]:
    """Those of the first address, for its own origin only; what a redirect names is not used."""
    return {"Authorization": first.authorization} if first.authorization and asked.origin == first.origin else {}


# -- answers ------------------------------------------------------------------------------------------------------------


class _Astray(ExchangeError):
    """Redirects that lead nowhere."""


class _Unusable(ExchangeError):
    """A proxy that we cannot talk to."""


def _headers_of(raw: BaseHTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in raw.headers.itermerged()}


def _location(raw: BaseHTTPResponse) -> str:
    location = raw.headers.get("location")
    if not location:
        raise _Astray(f"it answered {raw.status} (a redirect) without saying where to")
    return location


def _give_back(raw: BaseHTTPResponse) -> None:
    """Keep the connection if nothing of the answer is left in it, else close it: no body is read for nothing."""
    if raw.status >= 200 and raw.length_remaining == 0 and not getattr(raw, "chunked", False):
        raw.drain_conn()
    raw.close()


def _beginning(raw: BaseHTTPResponse, exchange: Exchange) -> bytes:
    """What can be had of a body quickly. Its status is what counts, so whatever breaks off here is no failure."""
    exchange.shorten(_ANSWER_S)
    exchange.allow(_ANSWER_BYTES, "")
    kept = bytearray()
    try:
        while len(kept) < _ANSWER_BYTES and (piece := raw.read1(_ANSWER_BYTES, decode_content=False)):
            kept += piece
    except FAULTS:
        pass
    finally:
        _give_back(raw)
    return bytes(kept[:_ANSWER_BYTES])


# -- failures ---------------------------------------------------------------------------------------------------------


def _failed(error: Exception, url: str, hops: Sequence[Hop], exchange: Exchange) -> FetchFailed:
    where = _name(hops[-1].url if hops else url)
    origin = f" (redirected from {_name(url)})" if hops and _name(url) != where else ""
    kind = FailureKind.REFUSED if isinstance(error, Refused) else FailureKind.TEMPORARY
    return FetchFailed(
        kind=kind,
        reason=f"{where}: {words_for(error, exchange)}{origin}"[:_REASON_LENGTH],
        sign=TroubleKind.CERTIFICATE if is_certificate(error) else None,
        was_asked=exchange.was_asked,
    )


def _name(url: str) -> str:
    """The host, or as much of an impossible address as can be shown."""
    try:
        return target(url).name
    except Refused:
        return "".join(letter if letter.isprintable() else " " for letter in masked(url[:2000]))[:100]


# -- settings -----------------------------------------------------------------------------------------------------------


def _checked_user_agent(user_agent: str) -> str:
    if not user_agent.strip() or not (user_agent.isascii() and user_agent.isprintable()):
        raise SettingsError(f"http.user_agent = {user_agent!r}: wanted is one line of plain ASCII")
    return user_agent


def _checked_proxy(proxy: str) -> str:
    try:
        target(proxy)
    except Refused:
        raise SettingsError(f"http.proxy = {masked(proxy)!r}: wanted is an address like http://proxy:3128") from None
    return proxy
