"""What can be read from a feed's bytes without a parser.

Owns format and title of a feed whose entries are all known, the address that its relative links start from, the pace at
which it wants to be asked, and a look at an entry's date. All of it is a second best: what the parser says counts where it was asked.
"""

import html
import re
from urllib.parse import urljoin

_LOOK_AT = 65_536
DAY_S = 86_400.0
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


_FIRST_ENTRY = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,40}:)?(?:item|entry)[\s>]", re.ASCII)
# ttl of RSS 2.0 in minutes; updatePeriod and updateFrequency of the syndication module, as people misspell them.
_TTL = re.compile(
    rb"<ttl(?:\s[^<>]{0,100})?>(?:<!\[CDATA\[)?\s{0,100}([0-9]{1,7})(?:\.[0-9]{0,9})?[^<>]{0,40}<", re.IGNORECASE
)
_PERIOD = re.compile(
    rb"<(?:[\w.-]{1,40}:)?update_?periods?(?:\s[^<>]{0,200})?>\s{0,200}([A-Za-z]{1,20})", re.IGNORECASE
)
_FREQUENCY = re.compile(
    rb"<(?:[\w.-]{1,40}:)?update_?freq[a-z]{0,8}(?:\s[^<>]{0,200})?>\s{0,200}([0-9]{1,6}(?:\.[0-9]{1,6})?)",
    re.IGNORECASE,
)
_PERIODS_S = {b"mi": 60.0, b"h": 3600.0, b"d": DAY_S, b"w": 7 * DAY_S, b"m": 30 * DAY_S, b"y": 365 * DAY_S}
_LONGEST_HINT_S = 30 * DAY_S
_NOBODYS_WISH_S = 3600.0  # "hourly, 1" stands in every feed of WordPress, where nobody chose it


def hint_s(head: bytes) -> float | None:
    """How many seconds the feed wants between two polls, a month at most; None if it does not say. The slower one of
    `ttl` and `updatePeriod` / `updateFrequency`.

    Source: RSS 2.0, <ttl>; RDF Site Summary 1.0 Modules: Syndication.
    """
    first = _FIRST_ENTRY.search(head, 0, _LOOK_AT)
    end = first.start() if first else min(len(head), _LOOK_AT)
    ttl, period, frequency = (pattern.search(head, 0, end) for pattern in (_TTL, _PERIOD, _FREQUENCY))
    hints = [60.0 * int(ttl[1])] if ttl else []
    if period and (period_s := _period_s(period[1].lower())):
        wish_s = period_s / max(float(frequency[1]) if frequency else 1.0, 1e-3)
        hints += [wish_s] if wish_s != _NOBODYS_WISH_S else []
    return next((min(hint, _LONGEST_HINT_S) for hint in sorted(hints, reverse=True) if hint > 0), None)


def _period_s(word: bytes) -> float | None:
    """By how the word begins: "Hourly", "hour", "houly" are all the same."""
    return next((length_s for begin, length_s in _PERIODS_S.items() if word.startswith(begin)), None)


_DATE = re.compile(rb"<(?:[A-Za-z]{1,10}:)?(?:pubDate|published|updated|date|issued)>\s{0,100}([^<>]{6,100})<")


def date_of(entry: bytes) -> str:
    """The first date in an entry's bytes, as written; "" if there is none."""
    found = _DATE.search(entry, 0, _LOOK_AT)
    return found[1].decode("utf-8", "replace") if found else ""
