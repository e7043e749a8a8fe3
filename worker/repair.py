"""Received bytes -> bytes that a feed parser reads right.

Owns what servers do to a document on its way: lying or missing encodings, single broken bytes, warnings and blanks
before the XML, impossible characters. Knows nothing of entries.
"""

import codecs
import re
from dataclasses import dataclass

UTF8_XML = "application/xml; charset=utf-8"

_WIDE_STARTS = (  # UTF-32 before UTF-16, which begins alike
    (re.compile(rb"\xff\xfe\0\0|\0\0\xfe\xff"), "utf-32"),
    (re.compile(rb"\xff\xfe|\xfe\xff"), "utf-16"),
    (re.compile(rb"<\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0<"), "utf-32-be"),
    (re.compile(rb"[<{\[]\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0[<{\[]\0[^\0]"), "utf-16-be"),
)
_MOST_PREAMBLE = 16_384  # bytes of warnings before the XML
_BEGINNING = re.compile(rb"<\?xml\s|<!DOCTYPE|<!--|<(?:rss|feed|rdf:RDF|RDF|html)[\s>]", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"<\?xml[^<>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']([\w.-]{1,40})", re.IGNORECASE)
_XML_DECLARATION = re.compile(rb"<\?xml\s[^<>]{0,1000}?\?>", re.IGNORECASE)
_ROOT = re.compile(rb"<\w", re.ASCII)
_BLANKS = re.compile(rb"\s{2,}+")
_SAMPLE = 65_536
_HTTP_CHARSET = re.compile(r"charset\s{0,9}=\s{0,9}[\"']?([\w.-]{1,40})", re.IGNORECASE)
_FORBIDDEN = bytes(set(range(32)) - {9, 10, 13})  # control characters that XML 1.0 does not allow
_EMPTY_LINK = re.compile(rb"<link\s{0,20}/>|<link>\s{0,200}(?:<!\[CDATA\[\s{0,200}\]\]>\s{0,200})?</link>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A body, and the media type under which a parser must be given it."""

    body: bytes
    content_type: str


def repair(body: bytes, content_type: str) -> Document:
    """Make a body readable: UTF-8 wherever its encoding can be told, else the bytes and the type as they came."""
    narrow = _from_wide(body)
    begun = _without_preamble(narrow.removeprefix(codecs.BOM_UTF8).lstrip(b"\0 \t\r\n"))
    if begun[:1] in (b"{", b"["):
        return Document(body=begun, content_type=content_type)
    sound = _as_utf8(begun, content_type)
    if sound is None:
        return Document(body=_without_impossible(_short_prolog(begun)), content_type=content_type)
    body = _short_prolog(sound.translate(None, _FORBIDDEN), b"UTF-8")
    return Document(body=_without_impossible(body), content_type=UTF8_XML)


def _from_wide(body: bytes) -> bytes:
    """UTF-16 and UTF-32 as UTF-8; a broken or cut-off character becomes U+FFFD."""
    for start, encoding in _WIDE_STARTS:
        if start.match(body):
            text = body.decode(encoding, "replace")
            return text.encode() if text.count("\ufffd") * 20 <= len(text) else body
    return body


def _without_preamble(body: bytes) -> bytes:
    """Drop what a server printed before the XML, e.g. the warnings of PHP."""
    found = _BEGINNING.search(body, 0, _MOST_PREAMBLE)
    return body[found.start() :] if found else body


def _as_utf8(body: bytes, content_type: str) -> bytes | None:
    """The body as valid UTF-8, None if it is in another encoding.

    Bytes that are valid UTF-8 are UTF-8, whatever was declared: no other text looks so by chance. One broken byte must
    not turn the whole feed into another encoding, so a few are replaced; many mean that it is another one.
    """
    if body.isascii():
        return None if b"\x1b" in body else body  # escape sequences: ISO-2022-JP and its like
    whole = _without_cut_character(body)
    try:
        whole.decode()
    except UnicodeDecodeError:
        if whole[:_SAMPLE].decode("utf-8", "replace").count("\ufffd") * 4 > _SAMPLE:
            return None
        text = whole.decode("utf-8", "replace")
        broken = text.count("\ufffd") - whole.count(b"\xef\xbf\xbd")
        good = len(text) - len(text.encode("ascii", "ignore")) - broken
        return text.encode() if broken * (3 if _names_another(whole, content_type) else 1) < good else None
    return whole


def _names_another(body: bytes, content_type: str) -> bool:
    """Whether an encoding other than UTF-8, the default of XML, is declared."""
    http, xml = _HTTP_CHARSET.search(content_type), _XML_ENCODING.match(body)
    names = (http[1] if http else "", xml[1].decode("ascii", "replace") if xml else "")
    return any(name and name.lower() not in ("utf-8", "utf8") for name in names)


def _short_prolog(body: bytes, encoding: bytes = b"") -> bytes:
    """What stands before the root, with a plain declaration on a line of its own and without runs of blanks.

    Parsers look there with expressions whose time is quadratic or worse in a long line and in blank lines.
    """
    named = _XML_ENCODING.match(body)
    declared = _XML_DECLARATION.match(body)
    rest = body[declared.end() :] if declared else body
    root = _ROOT.search(rest)
    start = root.start() if root else 0
    name = encoding or (named[1] if named else b"")
    if not name:
        return _BLANKS.sub(b"\n", rest[:start]).lstrip() + rest[start:]
    declaration = b'<?xml version="1.0" encoding="%s"?>\n' % name if root else b""
    return declaration + _BLANKS.sub(b"\n", rest[:start]).lstrip() + rest[start:]


def _without_cut_character(body: bytes) -> bytes:
    """Drop the beginning of a UTF-8 sequence at the very end, where a document was cut off."""
    for length in (1, 2, 3):
        lead = body[-length] if len(body) >= length else 0
        if lead >= 0xC0:
            needed = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
            return body[:-length] if length < needed else body
        if lead < 0x80:
            break
    return body


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
    if b"&#" in body:
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
