"""Text and lists cut to so many bytes, and JSON as compact as it gets.

Owns how bytes are counted and where a long text ends. Must not know what is cut.
"""

import json
from bisect import bisect_right
from collections.abc import Callable

from worker.cutting import letter_edge

Weigh = Callable[[str], int]

_LIST_MAX_BYTES = 1_000


def leading(text: str, limit: int, weigh: Weigh) -> str:
    """The longest beginning within the limit that ends at a paragraph; if there is none, at a line, a word, a letter."""
    if weigh(text) <= limit:
        return text
    text = text[: max(limit, 0) + 1]  # no character weighs less than 1
    fits = bisect_right(range(len(text) + 1), limit, key=lambda length: weigh(text[:length])) - 1
    for edge in ("\n\n", "\n", " "):
        cut = text.rfind(edge, 0, max(fits, 0) + len(edge))
        if cut > 0:
            return text[:cut].rstrip()
    return text[: letter_edge(text, max(fits, 0))]


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
    return len(packed(text)) - 2


def packed(value: object) -> bytes:
    """Compact JSON in UTF-8; half a surrogate pair becomes "?", which counts as one code point as well."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
