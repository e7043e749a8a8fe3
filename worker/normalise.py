"""From an entry, as a feed gave it, to a record: one time, one category, one address, and what is known of its origin.

Owns the choices that make a record out of what feeds leave open, and what counts as an edit. Must not know other
records, the archive or the clock.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from worker import identity
from worker.model import Entry, Record, SourceRules
from worker.provenance import agency_of, ai_notice_of, without_notice_date
from worker.text import clean, fold

NO_CATEGORY = "Allgemein"
_EARLIEST_YEAR = 1990  # before that there were no feeds: zero times of programs
_AHEAD = timedelta(days=1)  # a clock may be wrong by a zone, no more
_TITLE_CHARS = 80  # of a title that is made of the body's first words


def normalise(entry: Entry, rules: SourceRules, *, now: datetime, feed_category: str = "") -> Record:
    """Make the record of an entry.

    now: when the entry was seen; stands in for a time that is missing or implausible.
    feed_category: the name of the category whose feed showed the entry, "" for other feeds.
    """
    shown = identity.shown_url(entry.url, rules)
    url = shown or _urn(entry, rules)
    published_at, published_at_from = _time(entry, now)
    category, categories, tags = _categories(entry, rules, clean(feed_category))
    return Record(
        url=url,
        url_key=identity.url_key(entry.url, rules) if shown else url,
        post_id=identity.post_id(entry.guid, entry.url, rules),
        title=clean(entry.title) or _title_of(entry, url),
        published_at=published_at,
        published_at_from=published_at_from,
        category=category,
        categories=categories,
        tags=tags,
        author=clean(entry.author or "") or None,
        body=entry.body,
        agency=agency_of(entry.body, entry.author),
        ai_notice=ai_notice_of(entry.body),
        excerpt=entry.excerpt,
        source=rules.name,
        source_line=rules.line or rules.name,
        timezone=rules.timezone,
    )


def with_text(record: Record, body: str, *, title: str = "", author: str | None = None) -> Record:
    """The record with its full text, as its own page shows it. title: "" = it keeps its own."""
    named = record.author or clean(author or "") or None
    return replace(
        record,
        title=clean(title) or record.title,
        body=body,
        author=named,
        excerpt=False,
        agency=agency_of(body, named),
        ai_notice=ai_notice_of(body),
    )


def under_its_address(record: Record, rules: SourceRules) -> Record:
    """The record under the url_key of its present address, as feeds show it; the archive keeps the one it was filed under."""
    return replace(record, url_key=identity.url_key(record.url, rules))


def text_hash(title: str, body: str) -> str:
    """What of a page counts as an edit when it changes. Returns: SHA-256, 64 hex digits."""
    return _sha256(json.dumps([_words(title), _words(without_notice_date(body))], ensure_ascii=False))


def content_hash(record: Record) -> str:
    """What counts as an edit when it changes: title, body, author, the set of categories and tags, canonical URL.

    White space and the AI notice's date do not count. Nor does what depends on when and in which feed the article was
    seen: its time (some sites print the time of the request) and the choice of one category (which a category's feed
    may decide).

    Returns: SHA-256, 64 hex digits.
    """
    content = [
        record.url_key,
        _words(record.title),
        _words(without_notice_date(record.body)),
        record.author or "",
        sorted({*record.categories, *record.tags}),
    ]
    return _sha256(json.dumps(content, ensure_ascii=False))


# -- time -------------------------------------------------------------------------------------------------------------


def _time(entry: Entry, now: datetime) -> tuple[datetime, Literal["feed", "first_seen"]]:
    for at in (entry.published_at, entry.updated_at):
        if at is not None and at.year >= _EARLIEST_YEAR and at <= now + _AHEAD:
            return at.astimezone(UTC).replace(microsecond=0), "feed"
    return now.astimezone(UTC).replace(microsecond=0), "first_seen"


def with_known_tags(record: Record, tags: Collection[str]) -> Record:
    """The record where a feed gave as categories what is known to be tags; as it is where the feed told any apart."""
    known = tuple(name for name in record.categories if name in tags)
    left = tuple(name for name in record.categories if name not in tags)
    if record.tags or not (known and left):
        return record
    category = left[0] if record.category in known else record.category
    return replace(record, category=category, categories=left, tags=known)


# -- category ---------------------------------------------------------------------------------------------------------


def _categories(entry: Entry, rules: SourceRules, feed_category: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """The category for the header, all categories (ranked, unlisted, catch-all), and the tags.

    Feeds do not tell tags from categories. Unlisted names beside a ranked one are taken for tags; without a ranked one
    they are taken for categories, since one of them has to be. The REST interface tells them apart.
    """
    given: dict[str, str] = {}
    for name in filter(None, map(clean, entry.categories)):
        given.setdefault(fold(name), name)
    ranked = _distinct(name for name in rules.categories if fold(name) in given)
    catch_all = _distinct(name for name in rules.catch_all if fold(name) in given and name not in ranked)
    listed = {fold(name) for name in (*ranked, *catch_all)}
    unlisted = tuple(name for key, name in given.items() if key not in listed)
    if entry.tags is not None:
        category = next(filter(None, (*ranked, feed_category, *unlisted, *catch_all)), NO_CATEGORY)
        return category, ranked + unlisted + catch_all, _distinct(filter(None, map(clean, entry.tags)))
    if ranked:
        return ranked[0], ranked + catch_all, unlisted
    category = next(filter(None, (feed_category, *unlisted, *catch_all)), NO_CATEGORY)
    return category, unlisted + catch_all, ()


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple({fold(name): name for name in names}.values())


# -- what an entry lacks ----------------------------------------------------------------------------------------------


def _title_of(entry: Entry, url: str) -> str:
    """The body's first words, cut at a word; without a body, whatever names the entry."""
    first = _MARKERS.sub("", entry.body[:1000]).split("\n\n")[0]
    words = _words(first)
    if len(words) > _TITLE_CHARS:
        words = (words[: _TITLE_CHARS - 1].rpartition(" ")[0] or words[: _TITLE_CHARS - 2]) + " …"
    return words or (clean(entry.guid) if entry.guid and not entry.url else url)


_MARKERS = re.compile(r"^(?:#{2,3} |(?:> |- )+)+", re.MULTILINE)


def _urn(entry: Entry, rules: SourceRules) -> str:
    """A name for an entry without an address that outlasts edits of its text. A short guid may be a mere number that
    other feeds use as well, so title and date stand beside it; the text only where there is nothing else.
    """
    guid = entry.guid if len(entry.guid) >= 16 else ""
    named = [guid] if guid else [entry.guid, entry.title, str(entry.published_at or "")]
    if not any(named):
        named.append(entry.body)
    return f"urn:sha256:{_sha256(json.dumps([rules.name, *named]))}"


def _words(text: str) -> str:
    return " ".join(text.split())


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
