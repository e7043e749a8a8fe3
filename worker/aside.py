"""The long texts of a feed, kept from a parser that would look at every character several times and change nothing.

Owns what is put aside (the text of a `content:encoded` that is one CDATA section), the mark that stands in its place, and
what feedparser would have made of the text. Knows nothing of what else the document holds.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

_NAME = b"feedwacht-put-aside-"
_OPENING = re.compile(rb"<content:encoded>\s{0,20}<!\[CDATA\[")
_CLOSING = re.compile(rb"\]\]>\s{0,20}</content:encoded>")
_SHORT_BYTES = 500  # not worth the way


def put_aside(document: bytes) -> tuple[bytes, Mapping[str, str]]:
    """The document with marks in it, and the texts by mark as a parser would hand them out."""
    if _NAME in document:
        return document, {}
    kept: list[bytes] = []
    texts: dict[str, str] = {}
    done = position = 0
    while opened := _OPENING.search(document, position):
        position = document.find(b"]]>", opened.end())
        if position < 0:
            break
        if position - opened.end() > _SHORT_BYTES and _CLOSING.match(document, position):
            mark = b"%s%d" % (_NAME, len(texts))
            kept += document[done : opened.end()], mark
            texts[mark.decode()] = _as_parsed(document[opened.end() : position])
            done = position
    return b"".join((*kept, document[done:])), texts


def put_back(entries: Sequence[Any], texts: Mapping[str, str]) -> bool:
    """Put the texts in the places of their marks, in feedparser's dictionaries. False: a mark was not found as what it
    stands for, and the document has to be parsed as it is.
    """
    found = set()
    for entry in entries:
        for content in dict.get(entry, "content") or ():
            mark = content.get("value")
            if mark in texts:
                found.add(mark)
                content["value"] = texts[mark]
                if dict.get(entry, "summary") == mark:
                    entry["summary"] = texts[mark]  # feedparser copies a content where a summary is missing
    return len(found) == len(texts)


def _as_parsed(raw: bytes) -> str:
    """Line ends as XML has them; then, as feedparser does, twice-encoded UTF-8 mended, and Windows' characters at home."""
    text = raw.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").strip()
    with suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return _C1.sub(_from_windows, text)


_C1 = re.compile("[\x80-\x9f]")


def _from_windows(found: re.Match[str]) -> str:
    try:
        return bytes((ord(found[0]),)).decode("cp1252")
    except UnicodeDecodeError:
        return found[0]
