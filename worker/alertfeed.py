"""A subscription's alerts as an Atom feed and as a JSON Feed, for feed readers.

Pure: the same alerts give the same bytes. Ids follow from the alerts' ids and never change; a follow-up changes its
article's entry. Must not know where the feed is kept, nor how an alert is worded.
Source: RFC 4287 (Atom), https://www.jsonfeed.org/version/1.1/.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid5
from xml.etree.ElementTree import Element, SubElement, tostring

from worker.markup import fragment
from worker.model import Alert, Paragraph
from worker.text import clean, fold
from worker.wording import Wording

_NAMESPACE = UUID("5d0f3c1e-8d4b-5a86-9a53-6f1f0f6f3c5b")  # once drawn: ids would change with it
_SLUG_MAX = 40
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_OWN_PLACE = ("head", "id")  # paragraphs that the entry's title and id say already


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One article. alert: by which it was told of first; paragraphs: what is said of it, the newest first."""

    alert: Alert
    paragraphs: tuple[Paragraph, ...]
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFeed:
    """A subscription's feed, the newest entry first. address: of the folder where it is served, "" = nowhere."""

    subscription: str
    query: str
    entries: Sequence[FeedEntry]
    updated_at: datetime
    address: str = ""
    language: str = "de"


def stem(subscription: str) -> str:
    """The name of a subscription's files, without its ending: one for each name, on every file system.

    What people can read of it is not unique, so a part of the name's hash follows.
    """
    readable = _NOT_IN_NAMES.sub("-", fold(subscription))[:_SLUG_MAX].strip("-")
    digest = hashlib.sha256(subscription.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{readable}-{digest}" if readable else digest


# -- Atom ---------------------------------------------------------------------------------------------------------------


def to_atom(feed: AlertFeed) -> bytes:
    """The Atom document, in UTF-8. Raises: ValueError for an unknown language."""
    wording = Wording(feed.language)
    root = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": feed.language})
    _say(root, "id", _id(f"feed\0{feed.subscription}"))
    _say(root, "title", wording.say("feed_title", subscription=clean(feed.subscription)))
    _say(root, "subtitle", wording.say("feed_about", query=clean(feed.query)))
    _say(root, "updated", _stamp(feed.updated_at))
    _say(SubElement(root, "author"), "name", "feedwacht")
    _say(root, "generator", "feedwacht")
    if feed.address:
        SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": _address(feed, "atom")})
    for entry in feed.entries:
        _add_entry(root, entry)
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _add_entry(root: Element, entry: FeedEntry) -> None:
    record, added = entry.alert.record.record, SubElement(root, "entry")
    _say(added, "id", _id(entry.alert.id))
    _say(added, "title", _title(entry))
    _say(added, "updated", _stamp(entry.updated_at))
    _say(added, "published", _stamp(record.published_at))
    SubElement(added, "link", {"rel": "alternate", "href": _xml(record.url)})
    for other in entry.alert.also:
        link = {"rel": "related", "href": _xml(other.record.url), "title": _xml(clean(other.record.title))}
        SubElement(added, "link", link)
    if author := clean(record.author or ""):
        _say(SubElement(added, "author"), "name", author)
    if category := clean(record.category):
        SubElement(added, "category", {"term": _xml(category)})
    _say(added, "content", _content(entry)).set("type", "html")


def _say(above: Element, name: str, text: str) -> Element:
    element = SubElement(above, name)
    element.text = _xml(text)
    return element


def _xml(text: str) -> str:
    """Without what no XML document can hold."""
    return _NOT_IN_XML.sub("", text)


# -- JSON Feed ----------------------------------------------------------------------------------------------------------


def to_json(feed: AlertFeed) -> bytes:
    """The JSON Feed, in UTF-8; `_feedwacht` holds what readers of feeds have no field for.

    Raises: ValueError for an unknown language.
    """
    wording = Wording(feed.language)
    body: dict[str, object] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": wording.say("feed_title", subscription=clean(feed.subscription)),
        "description": wording.say("feed_about", query=clean(feed.query)),
        "language": feed.language,
        "authors": [{"name": "feedwacht"}],
        **({"feed_url": _address(feed, "json")} if feed.address else {}),
        "items": [_item(entry) for entry in feed.entries],
        "_feedwacht": {
            "subscription": feed.subscription,
            "query": feed.query,
            "updated_at": _stamp(feed.updated_at),
        },
    }
    return json.dumps(body, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"


def _item(entry: FeedEntry) -> dict[str, object]:
    alert, record = entry.alert, entry.alert.record.record
    return {
        "id": _id(alert.id),
        "url": record.url,
        "title": _title(entry),
        "content_html": _content(entry),
        "date_published": _stamp(record.published_at),
        "date_modified": _stamp(entry.updated_at),
        **({"authors": [{"name": author}]} if (author := clean(record.author or "")) else {}),
        "tags": list(dict.fromkeys(filter(None, map(clean, (record.category, *record.categories, *record.tags))))),
        "_feedwacht": {
            "alert_id": alert.id,
            "query": alert.query,
            "matches": list(dict.fromkeys(clean(span.text) for span in alert.spans)),
            "also": [{"title": clean(other.record.title), "url": other.record.url} for other in entry.alert.also],
        },
    }


# -- both ---------------------------------------------------------------------------------------------------------------


def _content(entry: FeedEntry) -> str:
    """What is said of an article, hits marked; whatever that says is text, never markup."""
    return fragment(one for one in entry.paragraphs if one.kind not in _OWN_PLACE)


def _title(entry: FeedEntry) -> str:
    return clean(entry.alert.record.record.title) or entry.alert.record.record.url


def _id(name: str) -> str:
    return uuid5(_NAMESPACE, name.encode("utf-8", "replace").decode()).urn


def _address(feed: AlertFeed, ending: str) -> str:
    return f"{feed.address.rstrip('/')}/{stem(feed.subscription)}.{ending}"


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
