"""Posts of WordPress's REST API (`/wp-json/wp/v2/posts`) -> entries in plain data.

Owns the names of that format and tolerates every wrong type: what is not as documented counts as missing. Unlike feeds
it tells tags from categories, and says when a post was modified. `_embed=1` brings the names of terms and authors.
Source: https://developer.wordpress.org/rest-api/reference/posts/
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from worker import fields, limits, text
from worker.errors import NotAFeed, ParseError, TooMuch
from worker.fields import Fields, sound, strings
from worker.jsonfeed import item_bytes
from worker.model import Entry, Evidence, ParsedFeed, Shown, SourceRules
from worker.sharing import told_apart

_KIND = "application/json"
_SMALL = (
    *("id", "date", "date_gmt", "guid", "modified", "modified_gmt", "slug", "status", "type", "link"),
    *("title", "content", "excerpt", "sticky", "categories", "tags"),
)


def parse_posts(
    body: bytes, *, url: str, headers: Mapping[str, str], rules: SourceRules, known: Mapping[str, Shown]
) -> ParsedFeed:
    """Read a list of posts, or the object of a single one. A faulty post is left out and listed, never the list.

    url is the address that answered; headers are not needed. known: what was shown, by digest; it is not parsed again.

    Returns: `format="rest"`; entries with `tags` apart (None without `_embed`), `published_at` from `date_gmt` and
    `updated_at` from `modified_gmt`. Where `_fields` left title and content out, these are "", and the rest holds.
    Raises: NotAFeed (also for the API's own error), TooMuch. Nothing else, whatever the body.
    """
    del headers
    posts = _posts(body)
    entries: list[Entry] = []
    shown: list[Shown] = []
    faults = [limits.too_many(len(posts))] if len(posts) > limits.MOST_ENTRIES else []
    for number, given in enumerate(posts[: limits.MOST_ENTRIES], 1):
        entry = _known_or_read(given, url, rules, known)
        if isinstance(entry, str):
            faults.append(f"post {number}: {entry}")
            continue
        if isinstance(entry, Entry):
            entries.append(entry)
        shown.append(entry.shown if isinstance(entry, Entry) else entry)
    return told_apart(ParsedFeed(format="rest", entries=tuple(entries), shown=tuple(shown), skipped=tuple(faults)))


def post_of_evidence(evidence: Evidence, rules: SourceRules) -> Entry | None:
    """Read a post again from what was kept of it. Raises: ParseError."""
    entries = parse_posts(evidence.body, url=evidence.base_url, headers={}, rules=rules, known={}).entries
    return entries[0] if len(entries) == 1 else None


def _posts(body: bytes) -> list[object]:
    try:
        data = json.loads(body.decode("utf-8-sig", "replace"))
    except RecursionError as error:
        raise TooMuch("JSON that is nested too deep; it is not read") from error
    except ValueError as error:  # also integers with more digits than Python reads
        raise NotAFeed(f"JSON that cannot be read ({' '.join(str(error).split())[:100]}) instead of posts") from error
    if isinstance(data, list):
        return data
    if isinstance(data, dict) and isinstance(data.get("code"), str):
        raise NotAFeed(f"the REST interface answers {sound(data['code'])[:60]!r} instead of posts")
    if isinstance(data, dict) and "id" in data:
        return [data]
    raise NotAFeed("JSON that holds no posts of WordPress")


def _known_or_read(given: object, url: str, rules: SourceRules, known: Mapping[str, Shown]) -> Entry | Shown | str:
    """The entry, what was shown of it before, or in words why it cannot be read."""
    if not isinstance(given, dict) or not _is_number(given.get("id")):
        return "it is no post: it has no id"
    if sound(given.get("status") or "publish") != "publish":
        return f"it is not published, but {sound(given['status'])[:20]!r}"
    try:
        kept = item_bytes(_kept(given))
        digest = fields.short_hash(kept)
        if digest in known:
            return known[digest]
        return limits.too_large(len(kept)) or _entry(given, kept, digest, url, rules)
    except ParseError as error:
        return str(error)


def _kept(given: Mapping[str, object]) -> dict[str, object]:
    """What is read of a post. Left out is what changes with the request or the view: counters, links, pictures' sizes."""
    kept = {name: given[name] for name in _SMALL if name in given}
    embedded = given.get("_embedded")
    if isinstance(embedded, dict):
        terms = [[_named(term) for term in _listed(group)] for group in _listed(embedded.get("wp:term"))]
        kept["_embedded"] = {"author": [_named(one) for one in _listed(embedded.get("author"))], "wp:term": terms}
    return kept


def _named(given: object) -> dict[str, str]:
    """An author or a term, with its name and what it is."""
    if not isinstance(given, Mapping):
        return {}
    return {name: text for name in ("name", "taxonomy") if (text := sound(given.get(name)))}


def _entry(given: Mapping[str, object], kept: bytes, digest: str, url: str, rules: SourceRules) -> Entry | str:
    categories, tags = _terms(given)
    evidence = Evidence(kind="rest", body=kept, content_type=_KIND, base_url=url)
    entry = fields.to_entry(_fields(given, url, categories), digest=digest, evidence=evidence, rules=rules)
    if entry is None:
        return "it has neither guid, address, title nor text"
    if tags is None:
        return entry
    return replace(entry, tags=tuple(dict.fromkeys(filter(None, map(text.plain, tags)))))


def _fields(given: Mapping[str, object], url: str, categories: tuple[str, ...]) -> Fields:
    content = _rendered(given, "content")
    return Fields(
        base_url=url,
        guid=_rendered(given, "guid") or _short_address(given, url),
        guid_links=False,
        link=sound(given.get("link")),
        title=_rendered(given, "title"),
        content=content,
        full=bool(content.strip()),
        summary=_rendered(given, "excerpt"),
        published=_dates(given, "date"),
        updated=next(iter(_dates(given, "modified")), ""),
        categories=categories,
        authors=strings(_embedded(given, "author"), "name"),
    )


def _rendered(given: Mapping[str, object], name: str) -> str:
    """The HTML under a name; of a post with a password there is none to be read."""
    value = given.get(name)
    return sound(value.get("rendered")) if isinstance(value, Mapping) else sound(value)


def _dates(given: Mapping[str, object], name: str) -> tuple[str, ...]:
    """The time in UTC, which has no zone to it, then the one on the site's clock."""
    in_utc = sound(given.get(f"{name}_gmt"))
    if in_utc and _NAIVE.fullmatch(in_utc):
        in_utc += "Z"
    return tuple(filter(None, (in_utc, sound(given.get(name)))))


_NAIVE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?")


def _short_address(given: Mapping[str, object], url: str) -> str:
    """WordPress's `?p=ID` where `_fields` left the guid out: it is what feeds name the post by."""
    place = sound(given.get("link")) or url
    try:
        parts = urlsplit(place)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}/?p={given['id']}" if parts.netloc else ""


def _terms(given: Mapping[str, object]) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Names of categories and of tags, as HTML; tags are None where the answer does not name any term."""
    if not isinstance(given.get("_embedded"), Mapping) or "wp:term" not in given["_embedded"]:  # type: ignore[operator]
        return (), None
    found = [term for group in _listed(_embedded(given, "wp:term")) for term in _named_terms(group)]
    categories = tuple(name for taxonomy, name in found if taxonomy == "category")
    return categories, tuple(name for taxonomy, name in found if taxonomy == "post_tag")


def _named_terms(group: object) -> Iterator[tuple[str, str]]:
    for term in _listed(group):
        named = _named(term)
        if "name" in named:
            yield named.get("taxonomy", ""), named["name"]


def _embedded(given: Mapping[str, object], name: str) -> object:
    embedded = given.get("_embedded")
    return embedded.get(name) if isinstance(embedded, Mapping) else None


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63
