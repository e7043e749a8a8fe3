"""The dictionaries that feedparser makes of an entry -> fields.

Owns feedparser's peculiarities: `updated` that falls back to `published`, dc:date under another name, summaries that
turn up as content. Reads by `dict.get`, which does none of the falling back.
"""

from collections.abc import Iterator, Mapping

from worker.fields import Fields, as_html, sound, strings

_TEXT_TYPES = ("text/plain", "text/html", "application/xhtml+xml", "")


def fields_of(entry: Mapping[str, object], feed_format: str, base_url: str) -> Fields:
    """What one of feedparser's entries says; relative addresses stay relative unless `xml:base` resolved them."""
    content = max(_contents(entry), key=len, default="")
    published, updated, created = (_text(entry, name) for name in ("published", "updated", "created"))
    revised = updated if published or feed_format.startswith("atom") else ""
    return Fields(
        base_url=base_url,
        guid=_text(entry, "id"),
        guid_links=bool(_raw(entry, "guidislink")),
        link=_link(entry),
        title=_detailed(entry, "title"),
        content=content,
        full=bool(content.strip()),
        summary="" if _is_copy(entry) else _detailed(entry, "summary"),
        published=tuple(raw for raw in (published, created, updated) if raw),
        updated=revised,
        categories=tuple(_categories(entry)),
        authors=tuple(_authors(entry)),
    )


def _raw(entry: Mapping[str, object], name: str) -> object:
    """The value itself: feedparser's own `get` answers with other fields where one is missing."""
    return dict.get(entry, name) if isinstance(entry, dict) else None


def _text(entry: Mapping[str, object], name: str) -> str:
    return sound(_raw(entry, name))


def _objects(entry: Mapping[str, object], name: str) -> Iterator[Mapping[str, object]]:
    listed = _raw(entry, name)
    yield from (one for one in listed if isinstance(one, Mapping)) if isinstance(listed, list) else ()


def _detailed(entry: Mapping[str, object], name: str) -> str:
    """A text with its media type, as HTML."""
    detail = _raw(entry, f"{name}_detail")
    kind = _text(detail, "type") if isinstance(detail, Mapping) else ""
    return as_html(_text(entry, name), kind)


def _contents(entry: Mapping[str, object]) -> Iterator[str]:
    for content in _objects(entry, "content"):
        kind = _text(content, "type")
        if kind in _TEXT_TYPES:
            yield as_html(_text(content, "value"), kind)


def _is_copy(entry: Mapping[str, object]) -> bool:
    """Whether it is the content once more: feedparser fills a missing summary with it, without its media type."""
    summary = _text(entry, "summary")
    return any(_text(content, "value") == summary for content in _objects(entry, "content"))


def _link(entry: Mapping[str, object]) -> str:
    """The article's address, not that of a service which counts clicks; where there is no link, feedparser takes the guid."""
    if original := _text(entry, "feedburner_origlink").strip():
        return original
    link = _text(entry, "link")
    if link and not (_raw(entry, "guidislink") and link == _text(entry, "id")):
        return link
    return next((_text(one, "href") for one in _objects(entry, "links") if _text(one, "rel") == "alternate"), "")


def _categories(entry: Mapping[str, object]) -> Iterator[str]:
    for tag in _objects(entry, "tags"):
        yield _text(tag, "label") or _text(tag, "term")


def _authors(entry: Mapping[str, object]) -> Iterator[str]:
    """One author as written, for feedparser tells names from addresses by the top-level domains of its youth."""
    names = strings(_raw(entry, "authors"), "name")
    alone = _text(entry, "author")
    yield from names if len(names) > 1 or not alone else (alone,)
