"""Lists of feeds as OPML 2.0: written, and read out of foreign files.

Owns the format. Reading runs in the box: no entity is ever expanded that a file declares, nothing is fetched, depth and
number are bounded. Must not know which feeds are watched, nor what a source is. Source: opml.org/spec2.opml.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html.entities import html5
from itertools import groupby
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from worker.encoding import to_utf8
from worker.errors import NotAFeed, TooMuch

NAMESPACE = "urn:feedwacht:opml"
_MOST_OUTLINES = 20_000
_MOST_DEPTH = 100
_LONGEST = 2_000
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&(?:([A-Za-z][A-Za-z0-9]{1,31};)|(#[0-9]{1,7};|#[xX][0-9A-Fa-f]{1,6};))?")
_OF_XML = ("amp;", "lt;", "gt;", "quot;", "apos;")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One feed of a list.

    folders: names of the outlines around it, outermost first; interval: as the configuration writes it, "" = none is
    given; line: where it stands in its file, from 1.
    """

    url: str
    title: str = ""
    folders: tuple[str, ...] = ()
    category: str = ""
    interval: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BadOutline:
    """What should be a feed, and is none."""

    line: int
    reason: str


# -- out --------------------------------------------------------------------------------------------------------------


def write_opml(outlines: Iterable[Outline], *, title: str, now: datetime) -> bytes:
    """The document. Feeds that follow each other in the same folder stand in one; only the outermost folder is written."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:feedwacht="{NAMESPACE}">',
        f"<head><title>{escape(_clean(title))}</title><dateCreated>{format_datetime(now, usegmt=True)}</dateCreated></head>",
        "<body>",
    ]
    for folder, group in groupby(outlines, key=lambda one: one.folders[:1]):
        feeds = [f"<outline {_attributes(one)}/>" for one in group]
        inside = [f"<outline text={quoteattr(_clean(folder[0]))}>", *feeds, "</outline>"] if folder else feeds
        lines += inside
    return "\n".join([*lines, "</body>", "</opml>", ""]).encode()


def _attributes(one: Outline) -> str:
    """`category` is for other readers, where commas and slashes part categories; ours is the name as it is."""
    name = _clean(one.title) or _clean(one.url)
    given = {"type": "rss", "text": name, "title": name, "xmlUrl": _clean(one.url)}
    if one.category and not set(",/") & set(one.category):
        given["category"] = _clean(one.category)
    own = {"feedwacht:interval": one.interval, "feedwacht:category": _clean(one.category)}
    given |= {key: value for key, value in own.items() if value}
    return " ".join(f"{key}={quoteattr(value)}" for key, value in given.items())


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("", text)


# -- in ---------------------------------------------------------------------------------------------------------------


def read_opml(body: bytes) -> list[Outline | BadOutline]:
    """All feeds of a foreign list, in its order; what names no feed is a folder. Raises: NotAFeed, TooMuch."""
    reader = _Reader()
    text = _REFERENCE.sub(_plain_reference, to_utf8(body, "").decode())
    try:
        reader.parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise NotAFeed(f"line {error.lineno}: it is no XML: {expat.ErrorString(error.code)}") from error
    if not reader.is_opml:
        raise NotAFeed("it is no OPML: there is no <opml> around it")
    return reader.found


def _plain_reference(found: re.Match[str]) -> str:
    """HTML's names become numbers, and a stray `&`, as in addresses, becomes one that XML can read."""
    name = found[1]
    if found[2] or name in _OF_XML:
        return found[0]
    if name in html5:
        return "".join(f"&#{ord(letter)};" for letter in html5[name])
    return f"&amp;{name or ''}"


class _Reader:
    """Takes the parser's events."""

    def __init__(self) -> None:
        self.found: list[Outline | BadOutline] = []
        self.is_opml = False
        self._folders: list[str] = []
        self._depth = 0
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = _refuse_entity

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            raise TooMuch(f"it is nested more than {_MOST_DEPTH} deep")
        tag = name.lower()
        self.is_opml = self.is_opml or (tag == "opml" and self._depth == 1)
        given = {key.lower(): " ".join(value.split())[:_LONGEST] for key, value in attributes.items()}
        if tag == "outline":
            self._outline(given)
        self._folders.append(given.get("text") or given.get("title") or "" if tag == "outline" else "")

    def _end(self, _name: str) -> None:
        self._depth -= 1
        self._folders.pop()

    def _outline(self, given: Mapping[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        url, name = given.get("xmlurl", ""), given.get("title") or given.get("text") or ""
        if not url and given.get("type", "").lower() not in ("rss", "atom", "feed"):
            return
        if len(self.found) >= _MOST_OUTLINES:
            raise TooMuch(f"it lists more than {_MOST_OUTLINES} feeds")
        if not url:
            self.found.append(BadOutline(line=line, reason=f"it has no address (xmlUrl): “{name[:60]}”"))
            return
        self.found.append(
            Outline(
                url=_web_address(url),
                title=name,
                folders=tuple(filter(None, self._folders)),
                category=given.get("feedwacht:category") or _one_category(given.get("category", "")),
                interval=given.get("feedwacht:interval", ""),
                line=line,
            )
        )


def _refuse_entity(*_: object) -> None:
    """Before any is used: such files blow up, or show what is none of their business."""
    raise NotAFeed("it declares entities of its own; no list of feeds needs any")


def _web_address(url: str) -> str:
    """`feed:` stands before or in place of the scheme in some readers' files."""
    if url.lower().startswith("feed://"):
        return f"http://{url[7:]}"
    return url[5:] if url.lower().startswith("feed:http") else url


def _one_category(given: str) -> str:
    """What is filed under one category only: of a path its last step."""
    return "" if "," in given else given.rstrip("/").rpartition("/")[2].strip()


# -- through the wall of the box --------------------------------------------------------------------------------------

_FIELDS = ("url", "title", "category", "interval", "line")


def packed(outlines: Sequence[Outline | BadOutline]) -> dict[str, Any]:
    """As JSON-able data."""
    rows = [
        {name: getattr(one, name) for name in _FIELDS} | {"folders": list(one.folders)}
        if isinstance(one, Outline)
        else {"line": one.line, "reason": one.reason}
        for one in outlines
    ]
    return {"outlines": rows}


def unpacked(data: Mapping[str, Any]) -> list[Outline | BadOutline]:
    """Raises: KeyError, TypeError, ValueError for what `packed` did not write."""
    return [
        BadOutline(line=int(one["line"]), reason=str(one["reason"]))
        if "reason" in one
        else Outline(**{name: one[name] for name in _FIELDS}, folders=tuple(map(str, one["folders"])))
        for one in data["outlines"]
    ]
