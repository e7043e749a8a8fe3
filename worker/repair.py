"""Received bytes -> a document that a feed parser reads right.

Owns what servers do to a document on its way: wrong encodings, warnings and blanks before the XML, impossible
characters. Knows nothing of entries.
"""

import re
from dataclasses import dataclass

from worker.encoding import to_utf8

UTF8_XML = "application/xml; charset=utf-8"
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'

_MOST_PREAMBLE = 16_384  # bytes of warnings before the XML
_BEGINNING = re.compile(rb"<\?xml\s|<!DOCTYPE|<!--|<(?:rss|feed|rdf:RDF|RDF|html)[\s>]", re.IGNORECASE)
_DECLARED = re.compile(rb"<\?xml\s[^<>]{0,1000}?\?>", re.IGNORECASE)
_ROOT = re.compile(rb"<\w", re.ASCII)
_BLANKS = re.compile(rb"\s{2,}+")
_FORBIDDEN = bytes(set(range(32)) - {9, 10, 13})  # control characters that XML 1.0 does not allow
_EMPTY_LINK = re.compile(rb"<link\s{0,20}/>|<link>\s{0,200}(?:<!\[CDATA\[\s{0,200}\]\]>\s{0,200})?</link>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A body in UTF-8, begun where the document begins. is_json: it looks like JSON, else it is taken for XML.

    content_type: as the server named it; XML is given to a parser as UTF8_XML instead.
    """

    body: bytes
    is_json: bool
    content_type: str


def repair(body: bytes, content_type: str) -> Document:
    """Make a body readable. Never raises; a body that is no feed comes out as no feed."""
    text = to_utf8(body, content_type).lstrip(b"\0 \t\r\n")
    if text[:1] in (b"{", b"["):
        return Document(body=text, is_json=True, content_type=content_type)
    begun = _without_preamble(text).translate(None, _FORBIDDEN)
    return Document(body=_without_impossible(_plain_prolog(begun)), is_json=False, content_type=content_type)


def _without_preamble(body: bytes) -> bytes:
    """Drop what a server printed before the XML, e.g. the warnings of PHP."""
    found = _BEGINNING.search(body, 0, _MOST_PREAMBLE)
    return body[found.start() :] if found else body


def _plain_prolog(body: bytes) -> bytes:
    """The same with a declaration of its true encoding on a line of its own, and without runs of blanks before the root.

    Parsers look there with expressions whose time is quadratic or worse in a long line and in blank lines.
    """
    declared = _DECLARED.match(body)
    rest = body[declared.end() :] if declared else body
    root = _ROOT.search(rest)
    if not root:
        return body
    return DECLARATION + _BLANKS.sub(b"\n", rest[: root.start()]).lstrip() + rest[root.start() :]


# -- characters that no parser can make -------------------------------------------------------------------------------

_SURROGATE_PAIR = re.compile(
    rb"&#(?:[xX]0{0,8}([dD][89abAB][0-9a-fA-F]{2})|0{0,8}(5[56][0-9]{3}));"
    rb"&#(?:[xX]0{0,8}([dD][c-fC-F][0-9a-fA-F]{2})|0{0,8}(5[67][0-9]{3}));"
)
_SUSPECT_REFERENCE = re.compile(
    rb"&#(?:[xX]([dD][89a-fA-F][0-9a-fA-F]{2}(?![0-9a-fA-F])|0[0-9a-fA-F]{4,}+|[0-9a-fA-F]{6,}+)"
    rb"|(5[5-7][0-9]{3}(?![0-9])|0[0-9]{4,}+|[0-9]{7,}+));?"
)


def _without_impossible(body: bytes) -> bytes:
    """Replace references to surrogates and beyond Unicode, join surrogate pairs, and remove empty `<link>`s."""
    if _SUSPECT_REFERENCE.search(body):
        body = _SURROGATE_PAIR.sub(_joined, body)
        body = _SUSPECT_REFERENCE.sub(_possible, body)
    return _EMPTY_LINK.sub(b"", body) if b"<link" in body else body


def _joined(found: re.Match[bytes]) -> bytes:
    high = int(found[1], 16) if found[1] else int(found[2])
    low = int(found[3], 16) if found[3] else int(found[4])
    if 0xD800 <= high < 0xDC00 <= low < 0xE000:
        return b"&#%d;" % (0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    return found[0]


def _possible(found: re.Match[bytes]) -> bytes:
    digits = (found[1] or found[2]).lstrip(b"0")
    code = int(digits or b"0", 16 if found[1] else 10) if len(digits) <= 8 else 0x110000
    return b"&#65533;" if code > 0x10FFFF or 0xD800 <= code < 0xE000 else b"&#%d;" % code
