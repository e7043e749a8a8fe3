"""What can be read from a feed's bytes without a parser.

Owns format and title of a feed whose entries are all known, the address that its relative links start from, and a look
at an entry's date. All of it is a second best: what the parser says counts where it was asked.
"""

import html
import re
from urllib.parse import urljoin

_LOOK_AT = 65_536
_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,40}:)?(rss|feed|RDF)([\s>][^<>]{0,20000})", re.ASCII)
_VERSION = re.compile(rb"\sversion\s{0,9}=\s{0,9}[\"']([^\"'<>]{0,20})[\"']")
_RSS_VERSIONS = {b"0.91": "rss091u", b"0.92": "rss092", b"0.93": "rss093", b"0.94": "rss094"}
_TITLE = re.compile(
    rb"<(?:[A-Za-z_][\w.-]{0,40}:)?title(?:\s[^<>]{0,500})?>(?:\s{0,500}<!\[CDATA\[(.{0,2000}?)\]\]>|([^<]{0,2000}))",
    re.DOTALL,
)
_LINK = re.compile(rb"<link>\s{0,500}(?:<!\[CDATA\[\s{0,500})?([^<>\]\s]{1,2000})")


def format_of(head: bytes) -> str:
    """The format under feedparser's name: rss20, rss10, atom10 …; "" if it is none of the usual ones."""
    found = _ROOT.search(head, 0, _LOOK_AT)
    if not found:
        return ""
    root, attributes = found[1], found[2]
    if root == b"RDF":
        return "rss090" if b"netscape.com/rdf/simple/0.9" in attributes else "rss10"
    if root == b"feed":
        return "atom03" if b"purl.org/atom/ns#" in attributes else "atom10"
    version = _VERSION.search(attributes)
    number = version[1] if version else b""
    return "rss20" if number.startswith(b"2.") else _RSS_VERSIONS.get(number, "rss")


def title_of(head: bytes) -> str:
    """The feed's title as HTML, "" if there is none."""
    found = _TITLE.search(head, 0, _LOOK_AT)
    if not found:
        return ""
    raw = (found[1] if found[1] is not None else found[2]).decode("utf-8", "replace")
    return raw if found[1] is not None else html.unescape(raw)


def base_url(head: bytes, url: str) -> str:
    """What relative links are relative to: an RSS channel's own link, else the feed's address. `xml:base` is for the parser."""
    found = _LINK.search(head, 0, _LOOK_AT)
    if not found:
        return url
    try:
        link = urljoin(url, html.unescape(found[1].decode("utf-8", "replace")))
    except ValueError:
        return url
    return link if link.startswith(("http://", "https://")) else url


_ENTRY = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,40}:)?(?:item|entry)[\s>]", re.ASCII)
_LINK_TAG = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,40}:)?link\s([^<>]{1,4000})>", re.ASCII)
_ATTRIBUTE = re.compile(rb"\b(rel|href)\s{0,9}=\s{0,9}(?:\"([^\"]{0,2000})\"|'([^']{0,2000})')")
_OLDER = (b"prev-archive", b"next")  # RFC 5005: of an archived feed, of a paged one


def older_url(document: bytes, url: str) -> str:
    """Where the feed says that its older entries are, "" if it does not: a link before its first entry."""
    entry = _ENTRY.search(document)
    end = min(entry.start() if entry else _LOOK_AT, _LOOK_AT)
    links: dict[bytes, bytes] = {}
    for tag in _LINK_TAG.finditer(document, 0, end):
        given = {name: double or single for name, double, single in _ATTRIBUTE.findall(tag[1])}
        links.setdefault(given.get(b"rel", b""), given.get(b"href", b""))
    href = next((links[rel] for rel in _OLDER if links.get(rel)), b"")
    try:
        link = urljoin(url, html.unescape(href.decode("utf-8", "replace")).strip()) if href else ""
    except ValueError:
        return ""
    return link if link.startswith(("http://", "https://")) else ""


_DATE = re.compile(rb"<(?:[A-Za-z]{1,10}:)?(?:pubDate|published|updated|date|issued)>\s{0,100}([^<>]{6,100})<")


def date_of(entry: bytes) -> str:
    """The first date in an entry's bytes, as written; "" if there is none."""
    found = _DATE.search(entry, 0, _LOOK_AT)
    return found[1].decode("utf-8", "replace") if found else ""
