"""The transport under `requests`: guarded connections, and the bounds of an exchange.

An exchange has one deadline and a bounded number of bytes, both kept at the socket: no drip, endless header or silent
server outlives them. Connections are made to addresses that the guard approved, and to no others.
Must not know feeds, statuses or redirects.
"""

import errno
import logging
import socket
import ssl
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import ConnectionPool
from urllib3.util.ssl_ import create_urllib3_context

from worker.guard import AddressInfo, Blocked, Guard, TooLarge, TooSlow, Unreachable

HEADER_BYTES: Final = 64 * 1024

_FIRST_TRIES_S: Final = 3.0  # for an address that is not the last: a dead IPv6 route must leave time for IPv4
_HOSTS_KEPT: Final = 64  # keep-alive connections of so many hosts
_PER_HOST_KEPT: Final = 4


# -- exchanges and their sockets ----------------------------------------------------------------------------------------


class Exchange:
    """One request with its redirects, as its thread's sockets see it: a deadline and an allowance of bytes.

    fresh: kept connections are not used. Of the present hop: opened: it made a new one; was_asked: its whole request was
    handed over, so whatever fails from then on, the other side may have acted on it; received_bytes.
    """

    __slots__ = (
        "_allowance",
        "_deadline_s",
        "_limit",
        "fresh",
        "guard",
        "opened",
        "received_bytes",
        "timeout_s",
        "was_asked",
    )

    def __init__(self, guard: Guard, timeout_s: float, *, fresh: bool) -> None:
        self.guard = guard
        self.fresh = fresh
        self.timeout_s = timeout_s
        self._deadline_s = time.monotonic() + timeout_s
        self.begin()

    def begin(self) -> None:
        """The next request: its answer's headers come first."""
        self.opened = False
        self.was_asked = False
        self.received_bytes = 0
        self.allow(HEADER_BYTES, f"the answer's headers are larger than {size(HEADER_BYTES)}")

    def allow(self, most_bytes: int, otherwise: str) -> None:
        """From now on so many bytes may arrive; `otherwise`: the words when there are more."""
        self._allowance = most_bytes
        self._limit = otherwise

    def shorten(self, most_s: float) -> None:
        self._deadline_s = min(self._deadline_s, time.monotonic() + most_s)

    def left_s(self) -> float:
        """Raises: TooSlow when nothing is left."""
        left_s = self._deadline_s - time.monotonic()
        if left_s <= 0:
            raise self.too_slow()
        return left_s

    def too_slow(self) -> TooSlow:
        if self.received_bytes:
            return TooSlow(f"the answer was not complete within {self.timeout_s:g} s")
        return TooSlow(f"no answer within {self.timeout_s:g} s")

    def wanted(self, most_bytes: int) -> int:
        """How many bytes may be read at once. Raises: TooLarge."""
        if self._allowance <= 0:
            raise TooLarge(self._limit)
        return min(most_bytes, self._allowance)

    def took(self, count: int) -> int:
        self.received_bytes += count
        self._allowance -= count
        return count


_current: ContextVar[Exchange] = ContextVar("exchange")


def current() -> Exchange:
    """The exchange that this thread is in."""
    return _current.get()


@contextmanager
def exchanging(guard: Guard, timeout_s: float, *, fresh: bool = False) -> Iterator[Exchange]:
    """One deadline over everything that this thread sends and receives inside."""
    token = _current.set(Exchange(guard, timeout_s, fresh=fresh))
    try:
        yield _current.get()
    finally:
        _current.reset(token)


def size(count: int) -> str:
    """`4 MiB`, `64 KiB`, `100 bytes`."""
    for unit_bytes, unit in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if count >= unit_bytes:
            return f"{count / unit_bytes:.4g} {unit}"
    return f"{count} bytes"


class _Socket(socket.socket):
    """A socket that waits until the exchange's deadline, however the bytes drip, and takes no more than its allowance."""

    def recv_into(self, buffer: Any, nbytes: int | None = 0, flags: int = 0) -> int:
        with _deadline_of(self) as exchange:
            return exchange.took(super().recv_into(buffer, exchange.wanted(nbytes or len(buffer)), flags))

    def recv(self, bufsize: int = 1024, flags: int = 0) -> bytes:
        with _deadline_of(self) as exchange:
            data = super().recv(exchange.wanted(bufsize), flags)
            exchange.took(len(data))
            return data

    def sendall(self, data: Any, flags: int = 0) -> None:
        with _deadline_of(self):
            super().sendall(data, flags)


class _TlsSocket(_Socket, ssl.SSLSocket):
    """The same over TLS, whose `sendall` sends piece by piece."""

    def send(self, data: Any, flags: int = 0) -> int:
        with _deadline_of(self):
            return super().send(data, flags)


@contextmanager
def _deadline_of(sock: socket.socket) -> Iterator[Exchange]:
    exchange = current()
    sock.settimeout(exchange.left_s())
    try:
        yield exchange
    except TimeoutError:
        raise exchange.too_slow() from None


def dial(host: str, port: int) -> socket.socket:
    """A connection, inside `exchanging`, to a host that the operator named: it may stand anywhere.

    Raises: Unreachable, Refused, TooSlow.
    """
    exchange = current()
    return _dial(exchange.guard.named_addresses(host, port, exchange.left_s()), exchange)


def _dial(addresses: Sequence[AddressInfo], exchange: Exchange) -> socket.socket:
    exchange.opened = True
    failure: OSError | None = None
    for number, info in enumerate(addresses, start=1):
        left_s = exchange.left_s()
        try:
            return _connected(info, left_s if number == len(addresses) else min(left_s / 2, _FIRST_TRIES_S), exchange)
        except OSError as error:
            failure = error
    exchange.left_s()
    raise Unreachable(_why_unreachable(failure)) from failure


def _connected(info: AddressInfo, within_s: float, exchange: Exchange) -> socket.socket:
    family, kind, protocol, _, address = info
    sock = _Socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(within_s)
        sock.connect(address)
        _check_peer(sock, address)
        sock.settimeout(exchange.left_s())  # a TLS handshake comes next, and takes the time-out over
    except BaseException:
        sock.close()
        raise
    return sock


def _check_peer(sock: socket.socket, address: tuple[object, ...]) -> None:
    """Raises: Blocked when a connection, new or kept, is to another address than the one that was judged."""
    if sock.getpeername()[:2] != address[:2]:
        raise Blocked("the connection is to another address than the one that was checked")


def _why_unreachable(error: OSError | None) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "the server refused the connection"
    if isinstance(error, TimeoutError):
        return "the server did not take the connection in time"
    if error is not None and error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL):
        return "the server cannot be reached from here (no route)"
    return f"the connection failed ({error.strerror if error else 'no address'})"


# -- the transport under requests ---------------------------------------------------------------------------------------


class _Connection(HTTPConnection):
    _approved: tuple[object, ...] = ()

    def _new_conn(self) -> socket.socket:
        exchange, port = current(), self.port or self.default_port
        sys.audit("http.client.connect", self, self.host, port)
        sock = self._dial_proxy(port) if self.proxy else self._dial_host(port, exchange)
        self._approved = sock.getpeername()
        return sock

    def _dial_host(self, port: int, exchange: Exchange) -> socket.socket:
        # `_dns_host` keeps the trailing dot that `host` drops: `x.` must not be looked up in the search domains.
        return _dial(exchange.guard.addresses(self._dns_host, port, exchange.left_s()), exchange)

    def _dial_proxy(self, port: int) -> socket.socket:
        try:
            return dial(self._dns_host, port)
        except Unreachable as error:
            raise Unreachable(f"the proxy cannot be reached ({error})") from error

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None and not self.proxy:
            _check_peer(self.sock, self._approved)
        super().request(*args, **kwargs)
        current().was_asked = True


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)
        if current().fresh:
            connection.close()  # it opens anew when it is used
        return connection


class _TlsPool(_Pool, HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS: Final = {"http": _Pool, "https": _TlsPool}


def tls_context(ca_bundle: str) -> ssl.SSLContext:
    """Certificates are checked against a bundle: a file, or a folder of hashed names. Raises: OSError."""
    context = create_urllib3_context()
    context.sslsocket_class = _TlsSocket
    folder = Path(ca_bundle).is_dir()
    context.load_verify_locations(cafile=None if folder else ca_bundle, capath=ca_bundle if folder else None)
    return context


class Transport(HTTPAdapter):
    """Guarded connections, kept alive. To be used inside `exchanging`; follows no redirect, reads no cookie."""

    def __init__(self, context: ssl.SSLContext) -> None:
        # It quotes what servers send, and has a traceback for each odd header; what matters is in the reasons.
        logging.getLogger("urllib3").setLevel(logging.ERROR)
        self._context = context
        super().__init__(pool_connections=_HOSTS_KEPT, pool_maxsize=_PER_HOST_KEPT)
        # To look a pool up by all that requests and urllib3 know of it takes an eighth of a poll's CPU time; here all
        # that tells pools apart is the origin.
        self._pool_of = lru_cache(maxsize=_HOSTS_KEPT)(self._new_pool)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._context, **more)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **more: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(
            proxy, ssl_context=self._context, proxy_ssl_context=self._context, **more
        )
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> ConnectionPool:
        if proxies:
            return super().get_connection_with_tls_context(request, verify, proxies, cert)
        url = request.url or ""
        return self._pool_of(url[: url.index("/", url.index("://") + 3)])

    def _new_pool(self, origin: str) -> ConnectionPool:
        pool: ConnectionPool = self.poolmanager.connection_from_url(origin, {"cert_reqs": "CERT_REQUIRED"})
        return pool

    def close(self) -> None:
        self._pool_of.cache_clear()
        super().close()

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """The context has the certificates; requests would read them from disk again for each connection."""

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        response = requests.Response()
        response.status_code = resp.status
        response.headers = CaseInsensitiveDict(resp.headers)
        response.raw = resp
        response.url = req.url or ""
        response.request = req
        return response
