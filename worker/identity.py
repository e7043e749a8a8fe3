"""What makes two links one article: the canonical URL (`url_key`), the post id, and the URL that people see.

A false merge loses an article, a missed one is caught by the post id or the guid: only what surely selects nothing is
taken away, and what is unknown stays. What holds for one site only comes in `SourceRules`.
Knows nothing of records or of the archive, which does the joining.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from worker import links
from worker.links import Link
from worker.model import SourceRules
from worker.tracking import is_tracking

CORE = SourceRules()

MAX_KEY_CHARS = 8192  # a longer link is rubbish or data: it is compared as it stands
MAX_KEY_BYTES = 2000  # PostgreSQL's index rows hold 2.7 kB
MAX_SHOWN_CHARS = 2000  # what browsers, mail programs and chats take without cutting
_MAX_ROUNDS = 8  # a canonical form needs one round and one that changes nothing; a redirector one more each


def url_key(url: str, rules: SourceRules = CORE) -> str:
    """The canonical form of a link: equal for two links that surely show the same article. Idempotent, never raises.

    Returns: `https://host/path?query`, or the text without surrounding white space if it is no http(s) address.
    """
    start = text = links.trimmed(url)
    if len(start) > MAX_KEY_CHARS:
        return _bounded(start)
    site = _compiled(rules)
    for _ in range(_MAX_ROUNDS):
        key = _canonical(text, site)
        if key == text:
            return _bounded(key)
        text = key
    return _bounded(start)


def _bounded(key: str) -> str:
    """The key, or a hash on its host if it is longer than a database's index takes."""
    data = key.encode("utf-8", "surrogatepass")
    if len(data) <= MAX_KEY_BYTES:
        return key
    named = hashlib.sha256(data).hexdigest()
    host = key.split("/")[2] if key.startswith("https://") else ""
    return f"https://{host}/?sha256={named}" if 0 < len(host) < 300 else f"urn:sha256:{named}"


def record_key(url_key: str) -> str:
    """The short name of an article: 16 hex digits of SHA-256."""
    return hashlib.sha256(url_key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def same_article(url_a: str, url_b: str, rules: SourceRules = CORE) -> bool:
    """Whether two links surely show one article: equal `url_key`, or equal post id on the same site."""
    if url_key(url_a, rules) == url_key(url_b, rules):
        return True
    known = post_id("", url_a, rules)
    return known is not None and known == post_id("", url_b, rules)


def post_id(guid: str, url: str, rules: SourceRules) -> str | None:
    """The number under which the site itself keeps the article; None if neither guid nor link says it.

    guid: WordPress's `https://host/dir/?p=ID`; it outranks the link, whose path says it by `rules.post_id_pattern`.
    Returns: digits for the site at `rules.home`; for any other site `host/dir:digits`, because numbers meet by chance.
    """
    in_path = _id_in_path(url, rules)
    named = _id_in_query(guid, rules) or _id_of_short_link(url, rules)
    if named is None:
        return in_path
    place, number = named
    # A guid keeps the host on which the article was written, often a test server's: the path then vouches for it.
    if place == _place(rules.home, rules) or number == in_path:
        return number
    return f"{place}:{number}"


def shown_url(url: str, rules: SourceRules = CORE) -> str:
    """The link as people see and click it: without tracking keys, fragment and user name, else as given.

    Returns: at most MAX_SHOWN_CHARS characters without white space; "" if it is no http(s) address.
    """
    site = _compiled(rules)
    link = _target_of(url, site)
    if link is None:
        return ""
    path = links.without_session(link.path.replace("\\", "/"))
    query = "&".join(piece for piece, _, _ in _kept_pairs(link.query, site))
    base = links.printable(f"{link.scheme}://{link.authority}{path}")
    rest = links.printable(("?" + query if query else "") + _kept_fragment(link.fragment))
    return (base + rest if len(base) + len(rest) <= MAX_SHOWN_CHARS else base)[:MAX_SHOWN_CHARS]


# -- the canonical form -----------------------------------------------------------------------------------------------

_AMP_ENDING = re.compile(r"(.+)\.amp(\.html?)?", re.DOTALL)


def _canonical(text: str, site: "_Site") -> str:
    link = links.split(text)
    if link is None:
        return text
    if target := _redirect_target(link, site):
        return links.trimmed(target)
    fragment = links.recoded(_kept_fragment(link.fragment).removeprefix("#"), links.FRAGMENT_SAFE)
    return f"https://{_address(link, site)}{_query(link.query, site)}{'#' if fragment else ''}{fragment}"


def _address(link: Link, site: "_Site") -> str:
    """`host/path`, both canonical."""
    path = "/".join(_without_views(links.segments(link.path), site))
    return f"{links.host(link.authority, site.host_labels)}/{path}"


def _without_views(segments: list[str], site: "_Site") -> list[str]:
    """Without the parts that name another view of the page; the last segment left is never one."""
    while len(segments) > 1 and _fits(segments[-1], site.views):
        segments.pop()
    if len(segments) > 1 and segments[0] == "amp":
        segments.pop(0)
    if segments and (found := _AMP_ENDING.fullmatch(segments[-1])):
        segments[-1] = found.group(1) + (found.group(2) or "")
    return segments


def _query(raw: str, site: "_Site") -> str:
    """Sorted by key alone: the order of a repeated key's values may mean something."""
    kept = sorted(_kept_pairs(raw, site), key=lambda pair: pair[1])
    spelled = [(links.quoted(key, links.QUERY_SAFE), links.quoted(value, links.QUERY_SAFE)) for _, key, value in kept]
    return "?" + "&".join(f"{key}={value}" if value else key for key, value in spelled) if kept else ""


def _kept_pairs(raw: str, site: "_Site") -> list[tuple[str, str, str]]:
    """(as given, key, value) of what may select content."""
    pairs = [(piece, key, value, key.lower()) for piece, key, value in links.pairs(raw)]
    names = {name for _, _, _, name in pairs}
    return [
        (piece, key, value)
        for piece, key, value, name in pairs
        if not is_tracking(name, value, names) and not _fits(value, site.tracking.get(name, ()))
    ]


def _kept_fragment(fragment: str) -> str:
    """A fragment that programs in the page read as the address (`#!/a`, `#/a`); any other names a place in the page."""
    return f"#{fragment}" if len(fragment) > 1 and fragment[0] in "!/" else ""


# -- what one site may add --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """`SourceRules`, ready to be asked. tracking: patterns of values by key; redirectors: query keys by host/path."""

    host_labels: frozenset[str]
    views: tuple[str, ...]
    tracking: dict[str, tuple[str, ...]]
    redirectors: dict[str, tuple[str, ...]]


@lru_cache(maxsize=256)
def _compiled(rules: SourceRules) -> _Site:
    site = _Site(
        host_labels=frozenset(["www", *(label.lower().rstrip(".") for label in rules.mobile_hosts)]),
        views=("amp", *(segment.strip("/") for segment in rules.view_segments if segment.strip("/*"))),
        tracking={},
        redirectors={},
    )
    for item in rules.tracking_keys:
        name, equals, value = item.strip().partition("=")
        site.tracking[name.lower()] = (*site.tracking.get(name.lower(), ()), value if equals else "*")
    for item in rules.redirectors:
        if link := links.split(f"https://{item.strip().removeprefix('https://')}"):
            place = _address(link, site)
            site.redirectors[place] = (*site.redirectors.get(place, ()), link.query.lower())
    return site


def _fits(text: str, patterns: Sequence[str]) -> bool:
    """Equal to one of them; a `*` at the end of a pattern stands for anything."""
    return any(text.startswith(item[:-1]) if item.endswith("*") else text == item for item in patterns)


def _target_of(url: str, site: _Site) -> Link | None:
    """The link behind the source's redirectors; None if there is no http(s) address in the end."""
    text = links.trimmed(url)
    if len(text) > MAX_KEY_CHARS:
        text = text.partition("?")[0][:MAX_KEY_CHARS]  # what follows is not shown anyway, and reading it may be slow
    for _ in range(_MAX_ROUNDS):
        link = links.split(text)
        target = _redirect_target(link, site) if link else ""
        if not target:
            return link
        text = links.trimmed(target)
    return None


def _redirect_target(link: Link, site: _Site) -> str:
    """Where a redirector that carries its target leads; "" if this is none."""
    keys = site.redirectors.get(_address(link, site), ()) if site.redirectors and link.query else ()
    targets = (value for _, key, value in links.pairs(link.query) if key.lower() in keys) if keys else ()
    return next((target for target in targets if re.match(r"\s*https?://", target, re.IGNORECASE)), "")


# -- post ids ---------------------------------------------------------------------------------------------------------

_ID = re.compile(r"0{0,9}([1-9][0-9]{0,18})")
_ID_KEYS = ("p", "page_id", "attachment_id")
_BESIDE_ID = frozenset((*_ID_KEYS, "post_type", "preview", "lang"))  # with any other key, `p` means something else


def _id_in_query(address: str, rules: SourceRules) -> tuple[str, str] | None:
    """(place, digits) of WordPress's short address; with a fragment it is a comment's, and none of an article."""
    link = links.split(links.trimmed(address)) if len(address) <= MAX_KEY_CHARS else None
    if link is None or link.fragment or link.path.rpartition("/")[2] not in ("", "index.php"):
        return None
    values = {key: value for _, key, value in _kept_pairs(link.query, _compiled(CORE))}
    number = _ID.fullmatch(next((values[key] for key in _ID_KEYS if key in values), ""))
    return (_place(address, rules), number.group(1)) if number and values.keys() <= _BESIDE_ID else None


def _id_of_short_link(url: str, rules: SourceRules) -> tuple[str, str] | None:
    """The short address as link, on the site itself only: elsewhere nothing says that it is WordPress's."""
    named = _id_in_query(url.partition("#")[0], rules) if rules.home else None
    return named if named and named[0] == _place(rules.home, rules) else None


def _id_in_path(url: str, rules: SourceRules) -> str | None:
    if not rules.post_id_pattern:
        return None
    link, home = links.split(url_key(url, rules)), _place(rules.home, rules)
    if link is None or (home and not f"{link.authority}{link.path}/".startswith(f"{home}/")):
        return None
    pattern = re.compile(rules.post_id_pattern)
    found = pattern.search(link.path) or pattern.search(link.path + "/")
    number = _ID.fullmatch(found.group(1) or "") if found else None
    if number is None:
        return None
    return number.group(1) if home else f"{link.authority}:{number.group(1)}"


def _place(address: str, rules: SourceRules) -> str:
    """`host/dir` of a site's address, `host` at the root, "" for none."""
    link = links.split(links.trimmed(address))
    if link is None:
        return ""
    path = "/".join(links.segments(link.path.removesuffix("index.php")))
    return f"{links.host(link.authority, _compiled(rules).host_labels)}/{path}".rstrip("/")
