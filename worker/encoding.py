"""Bytes in any encoding -> UTF-8.

Owns which encoding a body is in, whatever it and its server say. Decided once for the whole document, so that a part of
it never reads otherwise than the whole. Order of trust: byte order marks, UTF-8 that is valid, what is declared.
"""

import codecs
import re

_WIDE_STARTS = (  # UTF-32 before UTF-16, which begins alike
    (re.compile(rb"\xff\xfe\0\0|\0\0\xfe\xff"), "utf-32"),
    (re.compile(rb"\xff\xfe|\xfe\xff"), "utf-16"),
    (re.compile(rb"<\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0<"), "utf-32-be"),
    (re.compile(rb"[<{\[]\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0[<{\[]\0[^\0]"), "utf-16-be"),
)
_HTTP_CHARSET = re.compile(r"charset\s{0,9}=\s{0,9}[\"']?([\w.-]{1,40})", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"<\?xml[^<>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']([\w.-]{1,40})", re.IGNORECASE | re.ASCII)
_LOOK_AT = 16_384  # warnings may stand before the XML declaration
_SAMPLE = 65_536
_CHARACTER_SETS = re.compile(
    r"iso8859|cp\d|windows|koi8|mac-|gb|big5|shift_jis|euc_|iso2022|johab|tis|hp-roman8|kz1048|ptcp"
)
_WIDER = {"gb2312": "gb18030", "iso8859-1": "cp1252"}  # what is meant by the name is mostly the larger set


def to_utf8(body: bytes, content_type: str) -> bytes:
    """The body as valid UTF-8 without a byte order mark. Never raises; what cannot be decoded becomes U+FFFD."""
    narrow = _from_wide(body).removeprefix(codecs.BOM_UTF8)
    if narrow.isascii() and b"\x1b" not in narrow:  # escape sequences: ISO-2022-JP and its like
        return narrow
    whole = _without_cut_character(narrow)
    try:
        whole.decode()
    except UnicodeDecodeError:
        return _mended(whole, content_type) or _from_named(narrow, content_type)
    return _from_named(narrow, content_type) if narrow.isascii() else whole


def _from_wide(body: bytes) -> bytes:
    """UTF-16 and UTF-32 as UTF-8."""
    for start, encoding in _WIDE_STARTS:
        if start.match(body):
            text = body.decode(encoding, "replace")
            return text.encode() if text.count("\ufffd") * 20 <= len(text) else body
    return body


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


def _mended(body: bytes, content_type: str) -> bytes:
    """UTF-8 with a few broken bytes replaced; b"" if they are so many that it is another encoding.

    One broken byte must not turn the whole feed into mojibake. UTF-8 is also what XML is in if nothing is declared.
    """
    if body[:_SAMPLE].decode("utf-8", "replace").count("\ufffd") * 4 > _SAMPLE:
        return b""
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd") - body.count(b"\xef\xbf\xbd")
    good = len(text) - len(text.encode("ascii", "ignore")) - broken
    weight = 3 if set(_names(body, content_type)) - {"utf-8"} else 1
    return text.encode() if broken * weight < good else b""


def _from_named(body: bytes, content_type: str) -> bytes:
    for name in (*_names(body, content_type), "cp1252"):
        try:
            return body.decode(_WIDER.get(name, name)).encode()
        except UnicodeDecodeError:
            continue
    return body.decode("iso8859-2", "replace").encode()


def _names(body: bytes, content_type: str) -> tuple[str, ...]:
    """The declared encodings under Python's names, without those that are no character set (UTF-7, punycode …)."""
    http, xml = _HTTP_CHARSET.search(content_type), _XML_ENCODING.search(body, 0, _LOOK_AT)
    named = (http[1] if http else "", xml[1].decode("ascii") if xml else "")
    return tuple(known for name in named if name and (known := _python_name(name)))


def _python_name(name: str) -> str:
    try:
        known = codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
    return known if known == "utf-8" or _CHARACTER_SETS.match(known) else ""
