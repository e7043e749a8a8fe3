"""Text and lists cut to so many bytes, and JSON as compact as it gets.

Owns how bytes are counted and where a long text ends. Must not know what is cut.
"""

from bisect import bisect_right
from collections.abc import Callable
from json import JSONEncoder
from json.encoder import encode_basestring

from worker.cutting import letter_edge

Weigh = Callable[[str], int]  # of two texts together as much as of each

_LIST_MAX_BYTES = 1_000
_BLOCK = 1_024  # characters
_ENCODER = JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def leading(text: str, limit: int, weigh: Weigh) -> str:
    """The longest beginning within the limit that ends at a paragraph; if there is none, at a line, a word, a letter."""
    if weigh(text) <= limit:
        return text
    text = text[: max(limit, 0) + 1]  # no character weighs less than 1
    fits = _fitting(text, limit, weigh)
    for edge in ("\n\n", "\n", " "):
        cut = text.rfind(edge, 0, fits + len(edge))
        if cut > 0:
            return text[:cut].rstrip()
    return text[: letter_edge(text, fits)]


def _fitting(text: str, limit: int, weigh: Weigh) -> int:
    """How many characters fit: block by block, and the last block by halves."""
    for at in range(0, len(text), _BLOCK):
        block = text[at : at + _BLOCK]
        weight = weigh(block)
        if weight > limit:
            return at + _fitting_of_block(block, limit, weigh)
        limit -= weight
    return len(text)


def _fitting_of_block(block: str, limit: int, weigh: Weigh) -> int:
    return max(bisect_right(range(len(block) + 1), limit, key=lambda length: weigh(block[:length])) - 1, 0)


def marked(text: str, limit: int) -> str:
    """At most so many bytes of JSON, and "…" where something is left out."""
    return text if in_json(text) <= limit else leading(text, limit, in_json) + "…"


def first_of(items: tuple[str, ...]) -> tuple[str, ...]:
    """The first ones, together no longer than a list may be."""
    left = _LIST_MAX_BYTES
    for number, item in enumerate(items):
        left -= in_json(item)
        if left < 0:
            return items[:number]
    return items


def utf8(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def in_json(text: str) -> int:
    """Bytes of a text in JSON, without its quotes."""
    coded = encode_basestring(text)
    return (len(coded) if coded.isascii() else utf8(coded)) - 2


def packed(value: object) -> bytes:
    """Compact JSON in UTF-8; half a surrogate pair becomes "?", which counts as one code point as well."""
    return _ENCODER.encode(value).encode("utf-8", "replace")
