"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/) -> fields.

Owns the format's names and tolerates every wrong type: what is not as specified counts as missing.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from worker.errors import NotAFeed, TooMuch
from worker.fields import Fields, as_html, sound, strings

_VERSIONS = {"1": "json1", "1.0": "json1", "1.1": "json11"}
_FLAT = ("version", "title", "home_page_url", "feed_url", "language")


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonFeed:
    """items: as given, not checked; base_url: what relative addresses are relative to;
    older_url: its `next_url`, absolute, "" if there is none.
    """

    format: str
    title: str
    items: Sequence[object]
    head: Mapping[str, str]
    base_url: str
    older_url: str = ""

    def document(self, item: object) -> bytes:
        """A JSON Feed with this one item."""
        return _dumps({**self.head, "items": [item]})


def read(body: bytes, *, url: str) -> JsonFeed:
    """Read the feed's frame. Raises: NotAFeed, TooMuch."""
    try:
        feed = json.loads(body.decode("utf-8", "replace"))
    except RecursionError as error:
        raise TooMuch("JSON that is nested too deep; the feed is not read") from error
    except ValueError as error:  # also integers with more digits than Python reads
        raise NotAFeed(f"JSON that cannot be read ({_one_line(error)}) instead of a feed") from error
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise NotAFeed("JSON that is no JSON Feed; is this the address of an API?")
    version = sound(feed.get("version"))
    if "jsonfeed.org" not in version:
        raise NotAFeed("JSON that is no JSON Feed: its `version` does not name jsonfeed.org")
    head = {name: sound(feed[name]) for name in _FLAT if isinstance(feed.get(name), str)}
    return JsonFeed(
        format=_VERSIONS.get(version.rstrip("/").rpartition("/")[2], "json"),
        title=as_html(sound(feed.get("title")), "text/plain"),
        items=feed["items"],
        head=head,
        base_url=url,
        older_url=_absolute(sound(feed.get("next_url")), url),
    )


def _absolute(link: str, url: str) -> str:
    try:
        found = urljoin(url, link) if link else ""
    except ValueError:
        return ""
    return found if found.startswith(("http://", "https://")) else ""


def item_bytes(item: object) -> bytes:
    """An item in one spelling, whatever the order of its keys. Raises: TooMuch."""
    try:
        return _dumps(item)
    except RecursionError as error:
        raise TooMuch("an item that is nested too deep; the feed is not read") from error


def _dumps(value: object) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()
    except UnicodeEncodeError:  # half of a surrogate pair: only its escape survives
        return json.dumps(value, sort_keys=True).encode()


def fields_of(item: object, base_url: str) -> Fields | None:
    """What an item says; None if it is no object."""
    if not isinstance(item, dict):
        return None
    content = sound(item.get("content_html")) or as_html(sound(item.get("content_text")), "text/plain")
    identifier = item.get("id")
    return Fields(
        base_url=base_url,
        guid=str(identifier) if _is_number(identifier) else sound(identifier),
        guid_links=True,
        link=sound(item.get("url")) or sound(item.get("external_url")),
        title=as_html(sound(item.get("title")), "text/plain"),
        content=content,
        full=bool(content.strip()),
        summary=as_html(sound(item.get("summary")), "text/plain"),
        published=_present(item.get("date_published"), item.get("date_modified")),
        updated=sound(item.get("date_modified")),
        categories=strings(item.get("tags")),
        authors=tuple(_authors(item)),
    )


def _authors(item: Mapping[str, object]) -> Iterator[str]:
    """`authors` since 1.1, `author` in 1.0."""
    yield from strings(item.get("authors"), "name")
    yield from strings([item.get("author")], "name")


def _present(*values: object) -> tuple[str, ...]:
    return tuple(one for one in map(sound, values) if one)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _one_line(error: ValueError) -> str:
    return " ".join(str(error).split())[:100]
