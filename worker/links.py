"""The pieces of an http(s) link and their one spelling: host, path segments, query pairs, percent-encoding.

Only spellings that browsers and servers read alike are made one. What may be left out of a link is not decided here:
see `identity.py`.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote, unquote_to_bytes

import idna

SEGMENT_SAFE = "!$&'()*+,;=:@"  # RFC 3986 section 3.3: what a segment may hold unescaped
FRAGMENT_SAFE = SEGMENT_SAFE + "/?#"
QUERY_SAFE = "!$'()*,/:;?@"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An http(s) address in pieces as given; authority without user name; query and fragment without their sign."""

    scheme: str
    authority: str
    path: str
    query: str
    fragment: str


_EDGES = "".join(map(chr, range(0x21))) + "\x7f\x85\xa0\u200b\u2028\u2029\u202f\u2060\u3000\ufeff"
_NEWLINES = str.maketrans("", "", "\t\r\n")  # browsers drop them inside a link: WHATWG URL, "basic URL parser"
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_ADDRESS = re.compile(
    r"(?:(https?):[/\\]*|[/\\]{2,}|(?=www\.))([^/\\?#]+)([^?#]*)\??([^#]*)#?(.*)", re.IGNORECASE | re.DOTALL
)
_ESCAPED_AMPERSAND = re.compile(r"&(?:amp;|#0{0,4}38;|#x0{0,4}26;)+", re.IGNORECASE)


def trimmed(text: str) -> str:
    """Without white space around it and without line breaks and tabs inside."""
    return _LONE_SURROGATE.sub("\ufffd", text).strip(_EDGES).translate(_NEWLINES)


def split(text: str) -> Link | None:
    """A trimmed address in pieces; None if it is no http(s) address. `//host` and `www.host` mean https."""
    found = _ADDRESS.match(_ESCAPED_AMPERSAND.sub("&", text))
    if found is None:
        return None
    scheme, authority, path, query, fragment = found.groups(default="")
    authority = authority.rpartition("@")[2]
    if not authority or authority.startswith(":"):
        return None
    return Link(scheme=scheme.lower() or "https", authority=authority, path=path, query=query, fragment=fragment)


# -- host -------------------------------------------------------------------------------------------------------------

_PORT = re.compile(r":([0-9]*)$")
_DOTS = re.compile("[.\u3002\uff0e\uff61]")  # the dots of IDNA: RFC 3490 section 3.1
_HOST_SAFE = "-._~!$&'()*+,;=[]:"
_MAX_LABEL_CHARS = 63


def host(authority: str, folded: Collection[str] = ()) -> str:
    """Lower case, ASCII, without default port and without leading labels in `folded` while two labels are left.

    A default port is one of both schemes, because the schemes are not told apart.
    """
    found = _PORT.search(authority)
    port = found.group(1).lstrip("0") if found else ""
    name = authority[: found.start()] if found else authority
    spelled = _ip6(name) if name.startswith("[") else _domain(name, folded)
    return spelled if port in ("", "80", "443") else f"{spelled}:{port}"


def _ip6(name: str) -> str:
    try:
        return f"[{ipaddress.IPv6Address(name.strip('[]')).compressed}]"
    except ValueError:
        return recoded(name.lower(), _HOST_SAFE)


def _domain(name: str, folded: Collection[str]) -> str:
    labels = [_label(label) for label in _DOTS.split(unquote(name))]
    if len(labels) > 1 and not labels[-1]:
        labels.pop()  # the dot of an absolute name
    while len(labels) > 2 and labels[0] in folded:
        labels.pop(0)
    return ".".join(labels)


def _label(label: str) -> str:
    """One label as IDNA 2008 writes it, in which ß is not ss."""
    if label.isascii() or len(label) > _MAX_LABEL_CHARS:
        return recoded(label.lower(), _HOST_SAFE)
    try:
        return idna.encode(label, uts46=True).decode("ascii")
    except UnicodeError:  # what IDNA 2008 forbids and browsers resolve all the same, e.g. emoji
        return "xn--" + unicodedata.normalize("NFC", label.lower()).encode("punycode").decode("ascii")


# -- path and query ---------------------------------------------------------------------------------------------------

_SLASHES = re.compile(r"[/\\]+")
_SESSION_PARAMETER = re.compile(r";(?:jsessionid|phpsessid|sessionid)=[^/\\;]*", re.IGNORECASE)


def without_session(path: str) -> str:
    """A path without the session that servers write into it: `;jsessionid=…`."""
    return _SESSION_PARAMETER.sub("", path)


def segments(path: str) -> list[str]:
    """The path's parts in one spelling, without empty ones, session and dots. `%2F` is no slash."""
    parts: list[str] = []
    for piece in _SLASHES.split(without_session(path)):
        segment = recoded(piece, SEGMENT_SAFE)
        if segment == "..":
            del parts[-1:]
        elif segment not in ("", "."):
            parts.append(segment)
    return parts


def pairs(query: str) -> Iterator[tuple[str, str, str]]:
    """(as given, key, value) of each part of a query; key and value decoded."""
    for piece in query.split("&"):
        if piece not in ("", "="):
            key, _, value = piece.replace("+", " ").partition("=")
            yield piece, _decoded(key), _decoded(value)


# -- percent-encoding -------------------------------------------------------------------------------------------------

_PLAIN = re.compile(r"[A-Za-z0-9._~-]*")
_UNPRINTABLE = re.compile(
    '[\x00-\x20\x7f-\xa0\xad"<>\\\\^`{|}\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]'
)


def recoded(text: str, safe: str) -> str:
    """Percent-encoding in one spelling: NFC, upper-case hex, only where needed, a stray `%` escaped."""
    if _PLAIN.fullmatch(text):
        return text
    return quoted(_decoded(text), safe)


def quoted(text: str, safe: str) -> str:
    """Decoded text, percent-encoded but for letters, digits, `_.-~` and `safe`."""
    return quote(text.encode("utf-8", "surrogateescape"), safe=safe)


def printable(text: str) -> str:
    """Percent-encodes only what would break a line, hide, or end a link in running text."""
    return _UNPRINTABLE.sub(lambda found: quote(found.group()), text)


def _decoded(text: str) -> str:
    """Bytes that are no UTF-8 survive as lone surrogates."""
    return unicodedata.normalize("NFC", unquote_to_bytes(text).decode("utf-8", "surrogateescape"))
