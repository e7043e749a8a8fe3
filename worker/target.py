"""An http(s) address taken apart for a request: what is asked for, where, and with which credentials.

One parser decides what is shown, compared and connected to. Must not know whether the address may be visited.
"""

from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from worker.guard import Refused

_PORTS: Final = {"http": 80, "https": 443}
_LONGEST: Final = 8 * 1024  # characters; about what servers take
_LONGEST_REMEMBERED: Final = 512
_LONGEST_NAME: Final = 80  # of a host, in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """url: normalised, without credentials and fragment; authorization: the Basic header of its credentials, or ""."""

    url: str
    scheme: str
    host: str
    port: int
    authorization: str = ""

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def name(self) -> str:
        """The host for a sentence, with its port where it is not the scheme's own."""
        host = self.host if len(self.host) <= _LONGEST_NAME else f"{self.host[: _LONGEST_NAME - 1]}…"
        host = f"[{host}]" if ":" in host else host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def resolve(self, location: str) -> "Target":
        """The target of a `Location` header found here. Raises: Refused."""
        try:
            raw = location.encode("latin-1").decode()  # headers come as Latin-1, addresses in them are UTF-8
        except UnicodeError:
            raw = location
        try:
            return target(urljoin(self.url, raw.strip()))
        except Refused as error:
            raise Refused(f"it redirects to what cannot be fetched ({error})") from None
        except ValueError:
            raise Refused("it redirects to something that is no address") from None


def target(url: str) -> Target:
    """Take an address apart. Raises: Refused if it is no usable http or https address."""
    if len(url) > _LONGEST:
        raise Refused(f"the address is longer than {_LONGEST} characters")
    try:
        return (_remembered if len(url) <= _LONGEST_REMEMBERED else _target)(url.strip())
    except (requests.RequestException, HTTPError, ValueError):
        raise Refused("this is no usable address (wanted: http:// or https://, a host name, a path)") from None


def host_of(url: str) -> str:
    """`name:port` in lower case, the unit of politeness; "" for what is no http or https address."""
    try:
        found = target(url)
    except Refused:
        return ""
    name = found.host.rstrip(".")
    return f"[{name}]:{found.port}" if ":" in name else f"{name}:{found.port}"


def spelled_alike(url: str) -> str:
    """The same for every spelling of an address: case of scheme and host, the scheme's own port, dots and fragments."""
    try:
        found = target(url)
    except Refused:
        return url
    parts = urlsplit(found.url)
    return f"{found.scheme}://{found.authorization}@{host_of(url)}{parts.path}?{parts.query}"


def _target(url: str) -> Target:
    parts = parse_url(url)
    if (parts.scheme or "").lower() not in _PORTS:
        raise Refused(f"{parts.scheme or 'this'}: only http and https addresses are fetched"[:200])
    prepared = requests.PreparedRequest()
    prepared.prepare_url(parts._replace(auth=None, fragment=None).url, None)
    split = urlsplit(prepared.url or "")
    if not split.hostname:
        raise Refused("the address names no host")
    return Target(
        url=split.geturl(),
        scheme=split.scheme,
        host=split.hostname.lower(),
        port=split.port or _PORTS[split.scheme],
        authorization=_basic(parts.auth),
    )


_remembered = lru_cache(maxsize=4096)(_target)  # feeds come again and again; taking one apart costs 0.1 ms


def _basic(userinfo: str | None) -> str:
    """Source: RFC 7617."""
    if not userinfo:
        return ""
    user, _, password = userinfo.partition(":")
    return "Basic " + b64encode(unquote_to_bytes(user) + b":" + unquote_to_bytes(password)).decode()
