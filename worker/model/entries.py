"""Foreign bytes, read: entries of feeds, and the pages of articles."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One entry of a page, whether parsed or skipped.

    digest: 16 hex digits over the entry's bytes; link: 16 hex digits over the url_key, "" without a link;
    key: 16 hex digits over what names the entry: its link, and beside it the title where several entries share a link.
    """

    digest: str
    key: str
    published_at: datetime | None = None
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """An entry as received, enough to read it again: a document with this one entry in it.

    kind: "feed" = the feed's head, the entry's bytes, the feed's tail; "json" = a JSON Feed with one item;
    "fields" = JSON of the parser's fields, for feeds too broken to be cut up; "rest" = one post of WordPress's REST API;
    "page" = the article's own page.
    """

    kind: Literal["feed", "json", "fields", "rest", "page"]
    body: bytes
    content_type: str = ""
    base_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as the feed gave it, in plain data: no HTML left.

    url: absolute http(s), or "" ; title: plain text; body: Markdown blocks parted by blank lines, "" if there is none;
    published_at / updated_at: as the entry says, even when implausible (normalise judges); None = not usable;
    categories: in the feed's order, plain text; tags: where they are told apart, else None: the categories may hold some;
    excerpt: the feed carries a teaser only;
    apart: not "" where other entries of the page have the same link and another title: what tells it from them.
    """

    shown: Shown
    guid: str = ""
    url: str = ""
    title: str = ""
    body: str = ""
    published_at: datetime | None = None
    updated_at: datetime | None = None
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] | None = None
    author: str | None = None
    excerpt: bool = False
    apart: str = ""
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """What one body said.

    entries: those whose digest was not known, in the feed's order; shown: all entries, in the feed's order;
    skipped: reasons for entries that could not be read, one each; held_back: entries cut off at the end, to be read
    again at the next poll; older_url: where the feed says that older entries are, "" = it does not say.
    hint_s: seconds that the feed wants between two polls, None = it does not say.
    """

    format: str
    title: str = ""
    entries: tuple[Entry, ...] = ()
    shown: tuple[Shown, ...] = ()
    skipped: tuple[str, ...] = ()
    held_back: int = 0
    older_url: str = ""
    hint_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlePage:
    """What an article's own page says, in plain data. Whether it may be believed is decided in `genuine.py`.

    url: the address that answered; canonical: the one that the page names itself by, "" = none; short_url: WordPress's
    `?p=ID`, which holds the post id, "" = none.
    titles: every name that it gives itself, the heading first; body: Markdown blocks as in `Entry`; html: the part of the page that it was made of, for evidence; means: how that
    was found: "selector", "trafilatura", "paragraphs", "json-ld", "" = there is no text.
    next_pages: addresses of the article's further pages, in order (`<!--nextpage-->`).
    signs: what speaks against an article: "challenge", "login", "paid", "noindex", "error", "list".
    """

    url: str
    canonical: str = ""
    short_url: str = ""
    title: str = ""
    titles: tuple[str, ...] = ()
    body: str = ""
    html: str = ""
    means: str = ""
    published_at: datetime | None = None
    modified_at: datetime | None = None
    author: str | None = None
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    next_pages: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
