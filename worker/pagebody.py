"""Where on a page the article's text is: by the source's selectors, by trafilatura, by its paragraphs, by its data.

Owns the choice of a part of the page; what becomes of it is the same as for feeds (`text.to_markdown`). Trafilatura is
an extra (`fulltext`): it is used where it is installed, and nothing else here depends on it.
"""

import html as entities
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PageElement, PreformattedString

from worker import text
from worker.model import SourceRules

_LEAST_CHARS = 40  # a shorter text is a leftover: then the next means is tried
_SHORT_CHARS = 1_000  # trafilatura looks for 250 at least before it takes what it gets
_MOST_PARTS = 50  # that one selector may find


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """markdown: the text; html: what it was made of; means: how it was found."""

    markdown: str = ""
    html: str = ""
    means: str = ""


def find_text(soup: BeautifulSoup, source: str, rules: SourceRules, *, article_body: str = "") -> Found:
    """The article's text. source: the page as text; article_body: what its structured data hold. Never raises."""
    boilerplate = _compiled(rules.boilerplate)

    def found(html: str, means: str) -> Found:
        return Found(markdown=text.to_markdown(html, boilerplate), html=html, means=means) if html else Found()

    selected = found(_by_selectors(soup, rules.selectors), "selector")
    if len(selected.markdown) >= _LEAST_CHARS:
        return selected
    read = _better(found(_by_trafilatura(source), "trafilatura"), found(_by_paragraphs(soup), "paragraphs"))
    if len(read.markdown) >= _LEAST_CHARS:
        return read
    return max(selected, read, found(_by_data(article_body), "json-ld"), key=lambda one: len(one.markdown))


def _better(extracted: Found, paragraphs: Found) -> Found:
    """Trafilatura's text; but the page's own part where both mean the same, because it has the shape that feeds have.

    For short articles trafilatura's last resort is all text of the page, menus included.
    """
    if len(extracted.markdown) < _SHORT_CHARS and len(paragraphs.markdown) >= _LEAST_CHARS:
        return paragraphs
    theirs, ours = _words(extracted.markdown), _words(paragraphs.markdown)
    same = len(theirs & ours) >= 0.85 * len(theirs) and len(ours) <= 1.3 * len(theirs) + 20
    return paragraphs if same else extracted


def _words(markdown: str) -> set[str]:
    return set(markdown.split())


def prepare() -> None:
    """Import what is imported when it is first used: later there may be no files."""
    _extractor()


# -- selectors --------------------------------------------------------------------------------------------------------


def _by_selectors(soup: BeautifulSoup, selectors: Iterable[str]) -> str:
    """What the first selector that finds something finds; parts of parts are not taken twice."""
    for selector in selectors:
        parts = soup.select(selector, limit=_MOST_PARTS)
        taken = {id(part) for part in parts}
        outer = [part for part in parts if not any(id(parent) in taken for parent in part.parents)]
        if html := "".join(part.decode_contents() for part in outer):
            return html
    return ""


# -- trafilatura ------------------------------------------------------------------------------------------------------


def _by_trafilatura(source: str) -> str:
    extract = _extractor()
    if extract is None:
        return ""
    try:
        html = extract(source, output_format="html", fast=True, include_comments=False, include_images=False)
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError):
        return ""  # an odd page: the next means reads it
    return html if isinstance(html, str) else ""


@lru_cache(maxsize=1)
def _extractor() -> Callable[..., Any] | None:
    """`fast`: no second opinion by other libraries, 0.7 points of F1 less on German pages and a fifth of the time saved."""
    try:
        from trafilatura import extract  # noqa: PLC0415 - an extra; 8 MB and 0.1 s that only those pay who read pages
    except ImportError:
        return None
    found: Callable[..., Any] = extract
    return found


# -- paragraphs -------------------------------------------------------------------------------------------------------


def _by_paragraphs(soup: BeautifulSoup) -> str:
    """The element whose paragraphs are the longest; those of its children count half, as each may have a box of its own."""
    weights: dict[int, float] = {}
    elements: dict[int, Tag] = {}
    for paragraph, length in _paragraphs(soup):
        for share, element in zip((1.0, 0.5), _parents(paragraph), strict=False):
            elements[id(element)] = element
            weights[id(element)] = weights.get(id(element), 0.0) + share * length
    if not weights:
        return ""
    return elements[max(weights, key=weights.__getitem__)].decode_contents()


def _parents(paragraph: Tag) -> list[Tag]:
    parent = paragraph.parent
    grandparent = parent.parent if parent is not None else None
    return [one for one in (parent, grandparent) if isinstance(one, Tag) and one.name not in ("html", "[document]")]


def _paragraphs(soup: BeautifulSoup) -> Iterable[tuple[Tag, int]]:
    """Each paragraph with the length of its text that is no link; menus, asides, comments and the like are passed over."""
    lengths: dict[int, int] = {}
    found: dict[int, Tag] = {}
    steps: list[tuple[PageElement, Tag | None]] = [(soup, None)]
    while steps:
        node, paragraph = steps.pop()
        if isinstance(node, Tag):
            if _is_beside(node):
                continue
            inside = node if node.name == "p" else paragraph
            steps.extend((child, inside) for child in reversed(node.contents))
        elif paragraph is not None and isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
            found[id(paragraph)] = paragraph
            lengths[id(paragraph)] = lengths.get(id(paragraph), 0) + len(node.strip())
    return [(found[key], length) for key, length in lengths.items()]


_BESIDE = frozenset(
    ["a", "aside", "button", "figure", "footer", "form", "header", "nav", "noscript", "script", "style"]
)
_BESIDE_CLASS = re.compile(
    r"(?:.*[-_])?(?:comments?|comment-?list|respond|sidebar|widgets?|cookies?|consent|cmp|newsletter|related|breadcrumbs?"
    r"|menu|modal|popup|overlay|login)(?:[-_].*)?",
    re.IGNORECASE,
)


def _is_beside(tag: Tag) -> bool:
    if tag.name in _BESIDE:
        return True
    if tag.name in ("html", "body", "[document]", "main", "article") or not tag.attrs:
        return False
    named = tag.get("class")
    listed = [*(named if isinstance(named, list) else []), tag.get("id")][:20]
    return any(isinstance(name, str) and _BESIDE_CLASS.fullmatch(name[:80]) for name in listed)


# -- structured data --------------------------------------------------------------------------------------------------


def _by_data(article_body: str) -> str:
    """Plain text without headings: better than nothing."""
    lines = (line.strip() for line in article_body.splitlines())
    return "".join(f"<p>{entities.escape(line, quote=False)}</p>" for line in lines if line)


@lru_cache(maxsize=64)
def _compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in patterns)
