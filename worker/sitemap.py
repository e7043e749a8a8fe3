"""Sitemaps: bytes -> the addresses that they list.

Owns the formats: an index, a list of addresses, both also as gzip or as plain text, and robots.txt, which names maps.
Runs in the box: no entity is expanded that a file declares, sizes are bounded. Source: sitemaps.org/protocol.html.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.parsers import expat

from worker.dates import parse_date
from worker.encoding import to_utf8
from worker.errors import NotAFeed, TooMuch
from worker.masking import mask

MOST_BYTES = 50 * 2**20  # the protocol's own limit
MOST_PLACES = 50_000  # likewise
_LONGEST_URL = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An address; changed_at: when it was last changed, None = the map does not say."""

    url: str
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """is_index: the addresses are those of further maps."""

    is_index: bool
    places: tuple[Place, ...]

    def packed(self) -> dict[str, Any]:
        """As JSON-able data, to cross the wall of the box."""
        rows = [[one.url, one.changed_at and one.changed_at.isoformat()] for one in self.places]
        return {"index": self.is_index, "places": rows}


def unpacked(data: Mapping[str, Any]) -> Sitemap:
    """Raises: KeyError, TypeError, ValueError for what `packed` did not write."""
    places = tuple(
        Place(url=str(url), changed_at=datetime.fromisoformat(at) if at else None) for url, at in data["places"]
    )
    return Sitemap(is_index=bool(data["index"]), places=places)


def read_sitemap(body: bytes, *, url: str, timezone: str) -> Sitemap:
    """Read a map. url: where it was found; timezone: for dates without one. Raises: NotAFeed, TooMuch."""
    body = _unzipped(body) if body.startswith(b"\x1f\x8b") else body
    decoded = to_utf8(body, "").decode("utf-8", "replace").lstrip()
    if not decoded.startswith("<"):
        return _of_lines(decoded, url)
    reader = _Reader(url, timezone)
    try:
        reader.parser.Parse(decoded.encode(), True)
    except expat.ExpatError as error:
        if not reader.places:
            raise NotAFeed(f"line {error.lineno}: it is no XML: {expat.ErrorString(error.code)}") from error
    if reader.root not in ("urlset", "sitemapindex"):
        raise NotAFeed("no sitemap: it is XML or HTML of another kind")
    return Sitemap(is_index=reader.root == "sitemapindex", places=tuple(reader.places))


def _unzipped(body: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(body, MOST_BYTES)
    except zlib.error as error:
        raise NotAFeed("no sitemap: its gzip is damaged") from error
    if unpacker.unconsumed_tail:
        raise TooMuch(f"a sitemap of more than {MOST_BYTES // 2**20} MiB; it is not read")
    return plain


def _of_lines(decoded: str, url: str) -> Sitemap:
    """robots.txt with its maps, or one address a line."""
    lines = [line.strip() for line in decoded.splitlines()]
    maps = [rest.strip() for name, mark, rest in (line.partition(":") for line in lines) if name.lower() == "sitemap"]
    listed = maps or [line for line in lines if line.startswith(("http://", "https://"))]
    places = [Place(url=place) for one in listed[:MOST_PLACES] if (place := _absolute(url, one))]
    if not places:
        raise NotAFeed("no sitemap: a text that names no address")
    return Sitemap(is_index=bool(maps), places=tuple(places))


class _Reader:
    """Takes the parser's events: the text of `loc` and `lastmod`, directly below an entry."""

    def __init__(self, url: str, timezone: str) -> None:
        self.root = ""
        self.places: list[Place] = []
        self._url, self._timezone = url, timezone
        self._depth = 0
        self._given: dict[str, str] = {}
        self._text: list[str] = []
        self.parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._add
        self.parser.EntityDeclHandler = _refuse_entity

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self._depth += 1
        self.root = self.root or _local(name)
        self._text.clear()
        if self._depth == 2:
            self._given.clear()

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._depth == 2:
            self._given.setdefault(_local(name), "".join(self._text).strip())
        elif self._depth == 1 and (place := _absolute(self._url, self._given.get("loc", ""))):
            if len(self.places) >= MOST_PLACES:
                raise TooMuch(f"a sitemap of more than {MOST_PLACES} addresses; it is not read")
            changed_at = parse_date(self._given.get("lastmod", ""), self._timezone)
            self.places.append(Place(url=place, changed_at=changed_at))

    def _add(self, text: str) -> None:
        if len(self._text) < _LONGEST_URL:
            self._text.append(text)


def _local(name: str) -> str:
    return name.rpartition(" ")[2].lower()


def _refuse_entity(*_: object) -> None:
    raise NotAFeed("no sitemap: it declares entities of its own")


def _absolute(base: str, given: str) -> str:
    """Without fragment; "" for what is no http(s) address, or bears a password."""
    try:
        parts = urlsplit(urljoin(base, given)) if given else urlsplit("")
        usable = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:
        return ""
    place = parts._replace(fragment="").geturl()
    return place if usable and len(place) <= _LONGEST_URL and mask(place) == place else ""
