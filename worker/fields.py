"""One entry's fields, word for word, and the `Entry` that they make.

Owns what the fields mean, whichever format brought them: which text is the body, which link is the address, which date
is whose. Knows neither XML nor JSON Feed: `parse` and `jsonfeed` fill `Fields`.
"""

import hashlib
import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import lru_cache
from urllib.parse import urljoin, urlsplit, urlunsplit

from worker import identity, text
from worker.dates import parse_date
from worker.model import Entry, Evidence, Shown, SourceRules

_MOST_GUID_CHARS = 500
_MOST_URL_CHARS = 8_192
_SHORT_TEXT_CHARS = 500  # WordPress cuts teasers at 55 words, about 400 characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What an entry says, as given. Titles, categories, authors, content and summary are HTML.

    link: absolute or relative to base_url; guid_links: the guid stands for the address where there is no link.
    full: the format says that `content` is the whole text. published, updated: raw, the best first.
    """

    base_url: str = ""
    guid: str = ""
    guid_links: bool = False
    link: str = ""
    title: str = ""
    content: str = ""
    full: bool = False
    summary: str = ""
    published: tuple[str, ...] = ()
    updated: str = ""
    categories: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()

    def to_json(self, digest: str = "") -> bytes:
        """The fields, with the entry's digest for whoever reads them again."""
        return json.dumps({**asdict(self), "digest": digest}, ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def from_json(cls, data: bytes) -> tuple["Fields", str]:
        """The fields and the digest. Raises: ValueError if this is not what `to_json` wrote."""
        given = json.loads(data)
        if not isinstance(given, dict) or set(given) != {"digest", *(one.name for one in fields(cls))}:
            raise ValueError("these are not the fields of an entry")
        texts = {name: sound(value) for name, value in given.items()}
        read = cls(
            base_url=texts["base_url"],
            guid=texts["guid"],
            guid_links=given["guid_links"] is True,
            link=texts["link"],
            title=texts["title"],
            content=texts["content"],
            full=given["full"] is True,
            summary=texts["summary"],
            published=strings(given["published"]),
            updated=texts["updated"],
            categories=strings(given["categories"]),
            authors=strings(given["authors"]),
        )
        return read, texts["digest"]


def to_entry(given: Fields, *, digest: str, evidence: Evidence, rules: SourceRules) -> Entry | None:
    """Read the fields; None if they say nothing: neither guid, address, title nor text."""
    guid = _short_guid(given.guid)
    url = address_of(given)
    title = text.plain(given.title)
    body, excerpt = _body_of(given, rules)
    if not (guid or url or title or body):
        return None
    published_at = _first_date(given.published, rules.timezone)
    link, key = _named(guid, url, title, given, rules)
    return Entry(
        shown=Shown(digest=digest, key=key, published_at=published_at, link=link),
        guid=guid,
        url=url,
        title=title,
        body=body,
        published_at=published_at,
        updated_at=parse_date(given.updated, rules.timezone),
        categories=_distinct(text.plain(category) for category in given.categories),
        author=", ".join(_names(given.authors)) or None,
        excerpt=excerpt,
        evidence=evidence,
    )


def short_hash(data: bytes) -> str:
    """16 hex digits: names one of a feed's entries."""
    return hashlib.sha256(data).hexdigest()[:16]


def sound(value: object) -> str:
    """A foreign value as a string that every store takes: no NUL, no half of a surrogate pair; "" if it is no string."""
    if not isinstance(value, str):
        return ""
    return value.replace("\0", "") if value.isascii() else _UNSTORABLE.sub("", value)


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def as_html(value: str, kind: str) -> str:
    """Text of the media type `kind` as HTML. Plain text that holds entities or closing tags is HTML in disguise."""
    if kind != "text/plain" or _DISGUISED.search(value):
        return value
    paragraphs = re.split(r"\n[ \t]*\n", html.escape(value.replace("\r\n", "\n"), quote=False).strip())
    if len(paragraphs) == 1 and "\n" not in paragraphs[0]:
        return paragraphs[0]
    return "".join(
        f"<p>{paragraph.strip().replace(chr(10), '<br>')}</p>" for paragraph in paragraphs if paragraph.strip()
    )


_DISGUISED = re.compile(
    r"</[A-Za-z]|<(?:br|p|img|hr)[\s/>]|&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8}[0-9]{0,2});"
)


# -- address ----------------------------------------------------------------------------------------------------------


def address_of(given: Fields) -> str:
    """The entry's absolute http(s) address, "" if it has none."""
    return web_address(given.link, given.base_url) or (_guid_address(given) if given.guid_links else "")


def web_address(raw: str, base_url: str) -> str:
    """`raw` as an absolute http(s) URL without user name; "" for any other scheme and for rubbish. `//host` is https."""
    trimmed = _URL_NOISE.sub("", raw).strip().replace(" ", "%20")
    if not trimmed or len(trimmed) > _MOST_URL_CHARS:
        return ""
    try:
        parts = urlsplit(urljoin(base_url, html.unescape(trimmed) if "&amp;" in trimmed else trimmed))
        host = parts.hostname
        _ = parts.port  # raises where the port is no number
    except ValueError:
        return ""
    scheme = parts.scheme or ("https" if trimmed.startswith("//") else "")
    if scheme not in ("http", "https") or not host:
        return ""
    return urlunsplit((scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, parts.fragment))


_URL_NOISE = re.compile(r"[\x00-\x1f\x7f\u200b\ufeff\u00ad]")


def _guid_address(given: Fields) -> str:
    """A guid counts as an address only if it looks like one: many feeds number their entries and say nothing."""
    return web_address(given.guid, given.base_url) if _ADDRESS_LIKE.match(given.guid) else ""


_ADDRESS_LIKE = re.compile(
    r"\s*(?:https?://|//|/|\.{1,2}/|\?[\w-]+=|[\w.~%-]{1,200}/[^\s:]{0,2000}\s*$)", re.IGNORECASE
)


def _short_guid(raw: str) -> str:
    """A guid that an index takes: a very long one keeps its beginning, and a hash of the whole."""
    guid = raw.strip()
    return guid if len(guid) <= _MOST_GUID_CHARS else f"{guid[:400]}…{short_hash(guid.encode())}"


def _named(guid: str, url: str, title: str, given: Fields, rules: SourceRules) -> tuple[str, str]:
    """(link, key): the link names an entry, also after it was edited and when its guid is made anew for each request."""
    link = short_hash(identity.url_key(url, rules).encode("utf-8", "replace")) if url else ""
    name = guid or title + (given.published[0] if given.published else "")
    return link, link or short_hash(name.encode("utf-8", "replace"))


# -- text -------------------------------------------------------------------------------------------------------------


def _body_of(given: Fields, rules: SourceRules) -> tuple[str, bool]:
    """The longer of content and summary as Markdown, and whether it is a teaser only.

    What a format calls the full text is taken for it, unless it ends with the mark of one that was cut.
    """
    boilerplate = _compiled(rules.boilerplate)
    if given.full and len(body := text.to_markdown(given.content, boilerplate)) >= len(given.summary):
        return body, _FULL_CUT_END.search(body[-60:]) is not None
    in_content, in_summary = _text_length(given.content), _text_length(given.summary)
    if in_content >= in_summary and given.full:
        return body, _FULL_CUT_END.search(body[-60:]) is not None
    body = text.to_markdown(given.content if in_content >= in_summary else given.summary, boilerplate)
    return body, len(body) < _SHORT_TEXT_CHARS or _CUT_END.search(body[-60:]) is not None


_CUT_END = re.compile(
    r"(?:\[\s?(?:…|\.\.\.)\s?\]|…|\.\.\.|(?:weiterlesen|read more|continue reading|mehr lesen)\W{0,5})\s*$",
    re.IGNORECASE,
)
_FULL_CUT_END = re.compile(  # three dots alone may be an author's
    r"(?:\[\s?(?:…|\.\.\.)\s?\]|(?:^|\n|…|\.\.\.)\s?(?:weiterlesen|read more|continue reading|mehr lesen))\W{0,5}\s*$",
    re.IGNORECASE,
)
_NO_TEXT = re.compile(r"<[^<>]*+>|&#?\w{1,8};")


def _text_length(value: str) -> int:
    return len("".join(_NO_TEXT.sub("", value).split())) if value else 0


@lru_cache(maxsize=64)
def _compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in patterns)


def _first_date(candidates: Iterable[str], zone: str) -> datetime | None:
    for raw in candidates:
        if found := parse_date(raw, zone):
            return found
    return None


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _names(authors: Sequence[str]) -> tuple[str, ...]:
    """Names of people, without e-mail addresses: `eva@paper.example (Eva Beispiel)`, `Eva <eva@paper.example>`."""
    return _distinct(_EMAIL.sub(" ", text.plain(author)).strip(" ()<>[]\"',;") for author in authors)


_EMAIL = re.compile(r"(?<![^\s()<>\[\]])(?:mailto:)?[^\s@()<>\[\]]{1,200}@[^\s@()<>\[\]]{1,200}")


def strings(values: object, name: str = "") -> tuple[str, ...]:
    """The strings in a foreign list, or under `name` in its objects; a wrong type counts as nothing."""
    if not isinstance(values, list):
        return ()
    found = (value.get(name) if name and isinstance(value, Mapping) else value for value in values)
    return tuple(one for one in map(sound, found) if one.strip())
