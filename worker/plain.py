"""A parsed feed or page as JSON-able data and back: what crosses the wall of the sandbox. Bytes travel as Latin-1 text."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from worker.model import ArticlePage, Entry, Evidence, ParsedFeed, Shown

_TEXTS = ("guid", "url", "title", "body", "author", "excerpt", "apart")
_PAGE_TEXTS = ("url", "canonical", "short_url", "title", "body", "html", "means", "author")
_PAGE_TIMES = ("published_at", "modified_at")
_PAGE_LISTS = ("titles", "categories", "tags", "next_pages", "signs")


def packed(feed: ParsedFeed) -> dict[str, Any]:
    """The feed as dicts, lists, strings and numbers."""
    return {
        "format": feed.format,
        "title": feed.title,
        "entries": [_packed_entry(entry) for entry in feed.entries],
        "shown": [_packed_shown(shown) for shown in feed.shown],
        "skipped": list(feed.skipped),
        "held_back": feed.held_back,
        "older_url": feed.older_url,
        "hint_s": feed.hint_s,
    }


def unpacked(data: Mapping[str, Any]) -> ParsedFeed:
    """Raises: KeyError, TypeError, ValueError for what `packed` did not write."""
    return ParsedFeed(
        format=str(data["format"]),
        title=str(data["title"]),
        entries=tuple(_entry(entry) for entry in data["entries"]),
        shown=tuple(_shown(shown) for shown in data["shown"]),
        skipped=tuple(str(reason) for reason in data["skipped"]),
        held_back=int(data["held_back"]),
        older_url=str(data["older_url"]),
        hint_s=None if data["hint_s"] is None else float(data["hint_s"]),
    )


def packed_page(page: ArticlePage) -> dict[str, Any]:
    """The page as lists, strings and numbers."""
    times = {name: _packed_at(getattr(page, name)) for name in _PAGE_TIMES}
    return (
        {name: getattr(page, name) for name in _PAGE_TEXTS}
        | times
        | {name: list(getattr(page, name)) for name in _PAGE_LISTS}
    )


def unpacked_page(data: Mapping[str, Any]) -> ArticlePage:
    """Raises: KeyError, TypeError, ValueError for what `packed_page` did not write."""
    times: dict[str, Any] = {name: _at(data[name]) for name in _PAGE_TIMES}
    lists: dict[str, Any] = {name: tuple(data[name]) for name in _PAGE_LISTS}
    return ArticlePage(**{name: data[name] for name in _PAGE_TEXTS}, **times, **lists)


def _packed_entry(entry: Entry) -> dict[str, Any]:
    proof = entry.evidence
    return {name: getattr(entry, name) for name in _TEXTS} | {
        "shown": _packed_shown(entry.shown),
        "published_at": _packed_at(entry.published_at),
        "updated_at": _packed_at(entry.updated_at),
        "categories": list(entry.categories),
        "tags": None if entry.tags is None else list(entry.tags),
        "evidence": [proof.kind, proof.body.decode("latin-1"), proof.content_type, proof.base_url],
    }


def _entry(data: Mapping[str, Any]) -> Entry:
    kind, body, content_type, base_url = data["evidence"]
    return Entry(
        **{name: data[name] for name in _TEXTS},
        shown=_shown(data["shown"]),
        published_at=_at(data["published_at"]),
        updated_at=_at(data["updated_at"]),
        categories=tuple(data["categories"]),
        tags=None if data["tags"] is None else tuple(data["tags"]),
        evidence=Evidence(kind=kind, body=body.encode("latin-1"), content_type=content_type, base_url=base_url),
    )


def _packed_shown(shown: Shown) -> list[Any]:
    return [shown.digest, shown.key, _packed_at(shown.published_at), shown.link]


def _shown(data: Sequence[Any]) -> Shown:
    digest, key, published_at, link = data
    return Shown(digest=digest, key=key, published_at=_at(published_at), link=link)


def _packed_at(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
