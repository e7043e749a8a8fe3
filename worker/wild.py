"""Patterns with * and ? over the keys of words: which of an article's words a pattern fits.

`?` is one letter as people count: it also fits ä, which is ae among the keys. Every pattern takes linear time.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from worker.query import Wild
from worker.query.inflection import STEM_SIGNS
from worker.query.words import FORM

_SIGNS = FORM + STEM_SIGNS
_LONGEST = 100  # letters of a word that a pattern can fit
LONGEST_KEY = _LONGEST + len(FORM)


def fitting(wild: Wild, keys: Iterable[str]) -> list[str]:
    """The keys that the pattern fits."""
    return [key for key in keys if fits(wild, key)]


def fits(wild: Wild, key: str) -> bool:
    """Whether a key's letters fit the pattern: of a form, and, if it is inflected, of what a form is a form of."""
    if not wild.inflected and key[0] != FORM:
        return False
    word = key[1:] if key[0] in _SIGNS else key.lower()
    return len(word) <= _LONGEST and _compiled(wild.pattern).match(word) is not None


def fragment(pattern: str) -> str:
    """The longest stretch without signs, for a search in lines of keys: it says where a word must begin or end."""
    return max(re.split(r"[*?]", f"\n{FORM}{pattern}\n"), key=len)


@lru_cache(maxsize=4_096)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Atomic groups: each stretch between two stars is found once, as far left as can be."""
    first, *rest = _stretches(pattern)
    if not rest:
        return re.compile(rf"{first}\Z")
    middle = "".join(f"(?>.*?{piece})" for piece in rest[:-1] if piece)
    return re.compile(rf"{first}{middle}.*{rest[-1]}\Z", re.DOTALL)


_MOST_UMLAUTS = 3  # more alternatives would cost time that doubles with each


def _stretches(pattern: str) -> list[str]:
    """Between the stars, as expressions."""
    pieces, left = [""], _MOST_UMLAUTS
    for sign in pattern:
        if sign == "*":
            pieces.append("")
        elif sign == "?":
            pieces[-1] += "(?:ae|oe|ue|ss|.)" if left > 0 else "."
            left -= 1
        else:
            pieces[-1] += re.escape(sign)
    return pieces
