"""Which feeds a site offers: what its pages and WordPress's list of categories say of them.

Owns what counts as a hint of a feed in a page's HTML. Foreign bytes: this runs in the box. Must not know whether an
address answers, nor which feeds are watched.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from worker import text
from worker.encoding import to_utf8
from worker.errors import NotAFeed
from worker.masking import mask
from worker.text.tree import Node, read_tree

_LOOK_AT = 2_000_000  # bytes; link tags stand in the head, menus above the articles
_MOST_HINTS = 300
_LONGEST_URL = 2_000
_LONGEST_NAME = 200
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json")
_API = "https://api.w.org/"  # how WordPress marks the address of its REST interface
_CATEGORY_PATH = re.compile(r"/(?:category|kategorie)/[^?#]", re.IGNORECASE)
_LATER_PAGE = re.compile(r"/page/[0-9]{1,9}/?$")
_IMPOSSIBLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """An absolute http(s) address and what it is called there, "" = it has no name."""

    url: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteHints:
    """What one page says. feeds: of its link tags; categories: pages of categories; api: the REST interface, or ""."""

    title: str = ""
    feeds: tuple[Hint, ...] = ()
    categories: tuple[Hint, ...] = ()
    api: str = ""

    def packed(self) -> dict[str, Any]:
        """As JSON-able data, to cross the wall of the box."""
        plain = {name: [[hint.url, hint.name] for hint in getattr(self, name)] for name in ("feeds", "categories")}
        return {"title": self.title, "api": self.api, **plain}


def unpacked(data: Mapping[str, Any]) -> SiteHints:
    """Raises: KeyError, TypeError, ValueError for what `packed` did not write."""
    feeds, categories = (
        tuple(Hint(url=str(url), name=str(name)) for url, name in data[kind]) for kind in ("feeds", "categories")
    )
    return SiteHints(title=str(data["title"]), feeds=feeds, categories=categories, api=str(data["api"]))


def read_site(body: bytes, *, url: str, content_type: str) -> SiteHints:
    """The hints in a page, or in WordPress's list of categories (`/wp-json/wp/v2/categories`).

    url: where it was found; what is relative starts there. Raises: NotAFeed for JSON of another kind.
    """
    decoded = to_utf8(body[:_LOOK_AT], content_type).decode("utf-8", "replace")
    if decoded.lstrip()[:1] in ("[", "{"):
        return SiteHints(categories=tuple(_distinct(_categories_of_json(decoded, url))))
    return _hints_of_page(_IMPOSSIBLE.sub("", decoded), url)


# -- a page -----------------------------------------------------------------------------------------------------------


def _hints_of_page(html: str, url: str) -> SiteHints:
    title, api = "", ""
    feeds: list[Hint] = []
    categories: list[Hint] = []
    for node in _elements(read_tree(html)):
        if node.name == "title":
            title = title or _name(_words(node))
        elif node.name == "base" and node.get("href"):
            url = _absolute(url, node.get("href")) or url
        elif node.name == "link" and (place := _absolute(url, node.get("href"))):
            kinds = node.get("rel").lower().split()
            if _API in kinds:
                api = api or place
            elif "alternate" in kinds and node.get("type").partition(";")[0].strip().lower() in _FEED_TYPES:
                feeds.append(Hint(url=place, name=_name(node.get("title"))))
        elif node.name == "a" and (place := _absolute(url, node.get("href"))) and _is_category(node, place, url):
            categories.append(Hint(url=_LATER_PAGE.sub("/", place), name=_name(_words(node))))
    return SiteHints(title=title, feeds=tuple(_distinct(feeds)), categories=tuple(_distinct(categories)), api=api)


def _is_category(node: Node, place: str, url: str) -> bool:
    """By WordPress's own mark or its usual path; of the same site only, and no feed itself."""
    here, there = (urlsplit(one).netloc.lower().removeprefix("www.") for one in (url, place))
    if here != there or urlsplit(place).query or "/feed" in place:
        return False
    return "category" in node.get("rel").lower().split() or _CATEGORY_PATH.search(urlsplit(place).path) is not None


def _elements(root: Node) -> Iterator[Node]:
    """All elements in the document's order, without recursion."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [inner for inner in reversed(node.contents) if isinstance(inner, Node)]


def _words(node: Node) -> str:
    words: list[str] = []
    waiting: list[Node | str] = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            words.append(one)
        else:
            waiting += reversed(one.contents)
    return "".join(words)


# -- WordPress's list -------------------------------------------------------------------------------------------------


def _categories_of_json(decoded: str, url: str) -> Iterator[Hint]:
    try:
        listed = json.loads(decoded)
    except (ValueError, RecursionError) as error:
        raise NotAFeed("something that only looks like JSON instead of a list of categories") from error
    if not isinstance(listed, list):
        raise NotAFeed("JSON that is no list of categories")
    for one in listed:
        link, name = (one.get("link"), one.get("name")) if isinstance(one, dict) else (None, None)
        if isinstance(link, str) and (place := _absolute(url, link)):
            yield Hint(url=place, name=text.plain(name)[:_LONGEST_NAME] if isinstance(name, str) else "")


# -- pieces -----------------------------------------------------------------------------------------------------------


def _distinct(hints: Iterable[Hint]) -> Iterator[Hint]:
    """Each address once, under the first name that it bears."""
    named: dict[str, str] = {}
    for hint in hints:
        if len(named) < _MOST_HINTS or hint.url in named:
            named[hint.url] = named.get(hint.url) or hint.name
    yield from (Hint(url=url, name=name) for url, name in named.items())


def _absolute(base: str, href: str) -> str:
    """Without fragment, user name and secrets; "" for what is no http(s) address."""
    try:
        parts = urlsplit(urljoin(base, href.strip()))
        usable = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:
        return ""
    place = parts._replace(fragment="").geturl()
    return place if usable and len(place) <= _LONGEST_URL and mask(place) == place else ""


def _name(words: str) -> str:
    return " ".join(words.split())[:_LONGEST_NAME]
