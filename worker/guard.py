"""Which addresses the worker may connect to: names to addresses, and the rules they are judged by.

A name is resolved once, every address it has is judged, and only judged addresses are handed out, so that no second
look-up can say something else. Must not know sockets, HTTP or feeds.
"""

import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from itertools import zip_longest
from typing import Any, Final

Network = IPv4Network | IPv6Network
AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]  # as socket.getaddrinfo gives it
Resolve = Callable[[str, int], Sequence[AddressInfo]]

_LOOKUP_S: Final = 10.0
_TRIED_ADDRESSES: Final = 6


# -- what goes wrong ----------------------------------------------------------------------------------------------------


class ExchangeError(Exception):
    """An exchange that came to nothing; `str()` says what happened, without the host.

    No OSError on purpose: urllib3 would take it for a broken connection, and wrap it.
    """


class Refused(ExchangeError):
    """It will not be tried again soon: it is our rules that forbid it."""


class Blocked(Refused):
    """The address or port is not one that the worker may connect to."""


class PortBlocked(Blocked):
    """The port is not one that may be used."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is not one that may be used (allow_ports names them)")


class TooSlow(ExchangeError):
    """The deadline has passed."""


class TooLarge(ExchangeError):
    """More bytes than the exchange may have."""


class Unreachable(ExchangeError):
    """No connection came about."""


# -- addresses ----------------------------------------------------------------------------------------------------------

# Beside what Python's is_global denies, which differs between its versions; IANA's special-purpose registries.
_NOT_PUBLIC: Final[tuple[Network, ...]] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "100.64.0.0/10",  # carrier-grade NAT
        "168.63.129.16/32",  # Azure's host agent: public by number, served to each virtual machine
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "::/96",  # IPv4-compatible
        "64:ff9b::/96",  # NAT64: any IPv4 address in disguise
        "64:ff9b:1::/48",
        "2001::/23",  # Teredo and its like
        "2002::/16",  # 6to4
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
    )
)
_GLOBAL_UNICAST_V6: Final = IPv6Network("2000::/3")


@lru_cache(maxsize=4096)
def is_public(address: str) -> bool:
    """Whether a numeric address belongs to a host on the public internet. Source: RFC 6890, RFC 4291 §2.4."""
    ip = _unmapped(address)
    if isinstance(ip, IPv6Address) and ip not in _GLOBAL_UNICAST_V6:
        return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NOT_PUBLIC)


def _unmapped(address: str) -> IPv4Address | IPv6Address:
    ip = ipaddress.ip_address(address.partition("%")[0])
    return (ip.ipv4_mapped if isinstance(ip, IPv6Address) else None) or ip


def system_lookup(host: str, port: int) -> Sequence[AddressInfo]:
    """What the system's resolver says. Raises: OSError, UnicodeError. Has no time limit of its own."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """The rules: public addresses on the named ports, and the allowed networks on any port.

    key: the setting that allows networks here, as a person finds it in the configuration.
    """

    allow_networks: tuple[Network, ...] = ()
    key: str = "allow_networks"
    allow_ports: frozenset[int] = frozenset()
    resolve: Resolve = system_lookup

    def addresses(self, host: str, port: int, within_s: float) -> list[AddressInfo]:
        """Where to connect for a host, in the order to try. Raises: Blocked, Unreachable, TooSlow."""
        found = _lookup(self.resolve, host, port, within_s)
        self.judge(found, port)
        return _in_turn(found)

    def named_addresses(self, host: str, port: int, within_s: float) -> list[AddressInfo]:
        """The operator named the host (a proxy, a mail server): it may stand anywhere. Raises: Refused, Unreachable, TooSlow."""
        return _in_turn(_lookup(self.resolve, host, port, within_s))

    def judge(self, addresses: Sequence[AddressInfo], port: int) -> None:
        """Raises: Blocked if any one of the addresses is not allowed."""
        outside = [str(info[4][0]) for info in addresses if not self._is_allowed(str(info[4][0]))]
        if not all(map(is_public, outside)):
            raise Blocked(f"this address is not on the public internet ({self.key} can allow its network)")
        if outside and port not in self.allow_ports:
            raise PortBlocked(port)

    def judge_spelling(self, host: str, port: int) -> None:
        """What can be said of a host without a look-up, e.g. of those that a proxy resolves. Raises: Blocked."""
        addresses = _spelled(host, port)
        if addresses:
            self.judge(addresses, port)
        elif port not in self.allow_ports:
            raise PortBlocked(port)

    def knows(self, host: str) -> bool:
        """Whether a host is in an allowed network, as far as its spelling says."""
        addresses = _spelled(host, 0)
        return bool(addresses) and all(self._is_allowed(str(info[4][0])) for info in addresses)

    def _is_allowed(self, address: str) -> bool:
        ip = _unmapped(address)
        return any(ip in network for network in self.allow_networks)


# -- names to addresses -------------------------------------------------------------------------------------------------

# A look-up cannot be stopped, only left behind: so many may hang at a time.
_lookups = threading.BoundedSemaphore(64)


def _lookup(resolve: Resolve, host: str, port: int, within_s: float) -> Sequence[AddressInfo]:
    bare = host.rstrip(".")
    name = bare if bare.lower() == "localhost" else host  # elsewhere the dot keeps search domains out
    found = _numeric(bare, port) or _resolved(resolve, name, port, min(within_s, _LOOKUP_S))
    if not found:
        raise Unreachable("the name has no address")
    return found


def _spelled(host: str, port: int) -> Sequence[AddressInfo]:
    """The addresses that a host's name itself tells."""
    bare = host.rstrip(".").lower()
    local = bare == "localhost" or bare.endswith(".localhost")  # RFC 6761 §6.3
    return _numeric("127.0.0.1" if local else bare, port)


def _numeric(host: str, port: int) -> Sequence[AddressInfo]:
    """Numbers in any spelling (decimal, octal, hexadecimal, short), without asking anybody; else nothing.

    An IPv6 address with a zone that is not of this machine is judged without it. Source: RFC 6874.
    """
    zoned = host.replace("%25", "%", 1) if ":" in host else host
    for spelling in dict.fromkeys((zoned, zoned.partition("%")[0] if ":" in host else zoned)):
        with suppress(OSError, UnicodeError):
            return socket.getaddrinfo(spelling, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return ()


def _resolved(resolve: Resolve, host: str, port: int, within_s: float) -> Sequence[AddressInfo]:
    answer: queue.SimpleQueue[Sequence[AddressInfo] | Exception] = queue.SimpleQueue()
    until = time.monotonic() + within_s
    if not _lookups.acquire(timeout=within_s):
        raise TooSlow("the name service does not answer")
    look = threading.Thread(target=_look_up, args=(resolve, host, port, answer), name=f"lookup {host}", daemon=True)
    try:
        look.start()
    except RuntimeError:  # this machine has no room for another thread: it hangs nowhere
        _lookups.release()
        raise
    try:
        found = answer.get(timeout=max(until - time.monotonic(), 0.001))
    except queue.Empty:
        raise TooSlow(f"the name service did not answer within {within_s:.0f} s") from None
    if isinstance(found, UnicodeError):
        raise Refused("this is not a possible host name") from found
    if isinstance(found, Exception):
        raise Unreachable(_why_unresolved(found)) from found
    return found


def _look_up(
    resolve: Resolve, host: str, port: int, answer: "queue.SimpleQueue[Sequence[AddressInfo] | Exception]"
) -> None:
    try:
        answer.put(resolve(host, port))
    except (OSError, UnicodeError) as error:
        answer.put(error)
    finally:
        _lookups.release()


def _why_unresolved(error: Exception) -> str:
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return "the name cannot be resolved at the moment (no answer from the name service)"
    return "the name cannot be resolved"


def _in_turn(addresses: Sequence[AddressInfo]) -> list[AddressInfo]:
    """A few of the addresses, IPv6 and IPv4 by turns, beginning as the system orders them. Source: RFC 8305 §4."""
    first = [info for info in addresses if info[0] == addresses[0][0]]
    other = [info for info in addresses if info[0] != addresses[0][0]]
    pairs = zip_longest(dict.fromkeys(first), dict.fromkeys(other))
    return [info for pair in pairs for info in pair if info is not None][:_TRIED_ADDRESSES]
