"""What an article's page says of itself beside its text: addresses, title, times, names, and what speaks against it.

Reads the marks that WordPress, schema.org (JSON-LD) and Open Graph put into pages; the more particular one counts.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

from worker import text
from worker.dates import parse_date
from worker.fields import sound, strings, web_address

MOST_PAGES = 20  # of one article; then it is no article
_MOST_NODES = 5_000  # of all structured data of a page
_MOST_DATA_CHARS = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """See `model.ArticlePage`. article_body: plain text in the structured data, "" if there is none."""

    canonical: str = ""
    short_url: str = ""
    titles: tuple[str, ...] = ()
    published_at: datetime | None = None
    modified_at: datetime | None = None
    author: str | None = None
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    next_pages: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    article_body: str = ""


def read(soup: BeautifulSoup, *, url: str, zone: str) -> Head:
    """Read a page's marks. zone: the site's clock, for times without a zone. Never raises."""
    meta, article = _metas(soup), _article_data(soup)
    canonical = _link(soup, "canonical", url) or web_address(meta.get("og:url", ""), url)
    return Head(
        canonical=canonical,
        short_url=_link(soup, "shortlink", url) or _short_url(soup, url),
        titles=_titles(soup, meta, article),
        published_at=_time(
            (meta, article), ("article:published_time", "datePublished"), _marked(soup, "published"), zone
        ),
        modified_at=_time((meta, article), ("article:modified_time", "dateModified"), _marked(soup, "updated"), zone),
        author=_author(soup, meta, article),
        categories=_names(soup, 'a[rel~="category"]') or _distinct([meta.get("article:section", "")]),
        tags=_names(soup, 'a[rel~="tag"]:not([rel~="category"])'),
        next_pages=_next_pages(soup, canonical or url),
        signs=tuple(_signs(soup, meta, article)),
        article_body=sound(article.get("articleBody")),
    )


# -- marks ------------------------------------------------------------------------------------------------------------


def _metas(soup: BeautifulSoup) -> dict[str, str]:
    """Contents of `<meta>` by name or property; the first one counts."""
    found: dict[str, str] = {}
    for tag in soup.find_all("meta", limit=500):
        name = (_attribute(tag, "property") or _attribute(tag, "name")).lower()
        found.setdefault(name, _attribute(tag, "content"))
    return found


def _attribute(tag: Tag, name: str) -> str:
    value = tag.get(name)
    return " ".join(value) if isinstance(value, list) else sound(value)


def _link(soup: BeautifulSoup, rel: str, url: str) -> str:
    tag = soup.find("link", rel=rel)
    return web_address(_attribute(tag, "href"), url) if isinstance(tag, Tag) else ""


def _short_url(soup: BeautifulSoup, url: str) -> str:
    """From `<body class="postid-7">` or the only `<article id="post-7">`, which themes keep where plugins drop the link."""
    body, articles = soup.find("body"), soup.find_all("article", limit=50)
    named = [_attribute(body, "class")] if isinstance(body, Tag) else []
    numbers = {found[1] for one in named for found in _POST_CLASS.finditer(one)}
    numbers = numbers or {found[1] for tag in articles if (found := _POST_ID.fullmatch(_attribute(tag, "id")))}
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/?p={numbers.pop()}" if len(numbers) == 1 else ""


_POST_CLASS = re.compile(r"(?:^|\s)postid-([1-9][0-9]{0,17})(?=\s|$)")
_POST_ID = re.compile(r"post-([1-9][0-9]{0,17})")


def _titles(soup: BeautifulSoup, meta: Mapping[str, str], article: Mapping[str, object]) -> tuple[str, ...]:
    """The heading of the article, what it is shared under, the window's title."""
    headings = soup.find_all("h1", limit=20)
    marked = [tag for tag in headings if "title" in _attribute(tag, "class") or tag.find_parent("article")]
    window = soup.find("title")
    names = [tag.decode_contents() for tag in (marked or headings)[:1]]
    names += [sound(article.get("headline")), meta.get("og:title", ""), window.decode_contents() if window else ""]
    return _distinct(name[:2_000] for name in names)


def _time(
    places: Sequence[Mapping[str, object]], names: Sequence[str], marked: Sequence[str], zone: str
) -> datetime | None:
    given = [sound(place.get(name)) for place in places for name in names]
    return next((at for one in (*given, *marked) if (at := parse_date(one, zone))), None)


def _marked(soup: BeautifulSoup, name: str) -> list[str]:
    """Times of `<time class="…">`. One that is marked as both published and updated is the time of publication."""
    found = []
    for tag in soup.find_all("time", limit=20):
        classes = _attribute(tag, "class").split()
        if name in classes and (name == "published" or "published" not in classes):
            found.append(_attribute(tag, "datetime"))
    return found


def _author(soup: BeautifulSoup, meta: Mapping[str, str], article: Mapping[str, object]) -> str | None:
    given = article.get("author")
    listed = strings(given if isinstance(given, list) else [given], "name")
    names = _names(soup, 'a[rel~="author"]') or _distinct(listed) or _distinct([meta.get("author", "")])
    return ", ".join(names[:5]) or None


def _names(soup: BeautifulSoup, selector: str) -> tuple[str, ...]:
    return _distinct(tag.decode_contents() for tag in soup.select(selector, limit=50))


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(text.plain, values))))


# -- structured data --------------------------------------------------------------------------------------------------


def _article_data(soup: BeautifulSoup) -> Mapping[str, object]:
    """The first object of JSON-LD that describes an article, {} if there is none."""
    return next((node for node in _nodes(soup) if _ARTICLE.search(_type_of(node))), {})


def _type_of(node: Mapping[str, object]) -> str:
    kind = node.get("@type")
    return " ".join(strings(kind)) if isinstance(kind, list) else sound(kind)


_ARTICLE = re.compile(r"(?:Article|BlogPosting)\b")


def _nodes(soup: BeautifulSoup) -> Iterator[Mapping[str, object]]:
    """All objects, outer ones first. Without recursion: the data may be as deep as it likes."""
    waiting: list[object] = [_data(tag.string) for tag in soup.find_all("script", type="application/ld+json", limit=20)]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        node = waiting.pop(0)
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _data(source: object) -> object:
    if not isinstance(source, str) or len(source) > _MOST_DATA_CHARS:
        return None
    try:
        return json.loads(source, strict=False)
    except (ValueError, RecursionError):
        return None


# -- further pages of the article -------------------------------------------------------------------------------------


def _next_pages(soup: BeautifulSoup, url: str) -> tuple[str, ...]:
    """`<article>/2/`, `/3/` …, as far as the page links to them, without gaps; WordPress leaves numbers out in between."""
    base = url.partition("?")[0].rstrip("/")
    numbers = set()
    for tag in soup.find_all("a", href=True, limit=5_000):
        linked = web_address(_attribute(tag, "href"), url)
        if linked.startswith(f"{base}/") and (found := _NUMBER.fullmatch(linked[len(base) :])):
            numbers.add(int(found[1]))
    last = min(max(numbers, default=0), MOST_PAGES) if 2 in numbers else 0
    return tuple(f"{base}/{number}/" for number in range(2, last + 1))


_NUMBER = re.compile(r"/([2-9]|[1-9][0-9]{1,3})/?(?:#[^#]{0,100})?")


# -- what speaks against an article -----------------------------------------------------------------------------------


def _signs(soup: BeautifulSoup, meta: Mapping[str, str], article: Mapping[str, object]) -> Iterator[str]:
    if soup.select_one(_CHALLENGE, limit=1):
        yield "challenge"
    if soup.find("input", type="password"):
        yield "login"
    if str(article.get("isAccessibleForFree", "")).lower() == "false":
        yield "paid"
    if "noindex" in meta.get("robots", "").lower():
        yield "noindex"
    body = soup.find("body")
    if isinstance(body, Tag) and (
        {"error404", "error-page"} & {*_attribute(body, "class").split(), _attribute(body, "id")}
    ):
        yield "error"


_CHALLENGE = (
    '#challenge-form, #challenge-running, #cf-challenge-running, .cf-browser-verification, [id^="cf-chl"], #px-captcha'
    ', script[src*="challenge-platform/"][src*="orchestrate"], iframe[src*="captcha-delivery"]'
)
