"""What a hit stands for: the word of the query that it is a form of, or the pattern that it fits.

Told from the hit's own letters and the query's words, without matching again. Must not know where the hit stands.
"""

from collections.abc import Sequence
from functools import lru_cache

from worker.errors import QuerySyntaxError
from worker.query import Wild
from worker.query.understood import Understood, understood
from worker.query.words import analysed, surfaces
from worker.text import fold
from worker.wild import fitting

_LONGEST = 200  # characters of a hit that is looked at; what is longer is no word


@lru_cache(maxsize=256)
def _words_of(query: str) -> tuple[Understood, ...]:
    """The query's words; of one that cannot be read any more, none."""
    try:
        return tuple(understood(query))
    except QuerySyntaxError:
        return ()


def stands_for(hit: str, query: str) -> Understood | None:
    """The word or pattern of the query for which the hit stands, None if it stands there as it was typed, or nobody
    can tell.
    """
    return _told(hit, query) if len(hit) <= _LONGEST else None


@lru_cache(maxsize=2_048)  # the same word is told to people and to programs, and to the next one who asks for it
def _told(hit: str, query: str) -> Understood | None:
    words = _words_of(query)
    folded = fold(hit)
    if any(fold(one.typed.strip('"=*?')) == folded for one in words):
        return None
    keys = {key for run in analysed(surfaces(hit)).values() for key in run.keys}
    by_form = next((one for one in words if _is_form(one, keys)), None)
    return by_form or next((one for one in words if _fits(one, keys)), None)


def _is_form(one: Understood, keys: set[str]) -> bool:
    return one.kind == "inflected" and not keys.isdisjoint(one.keys)


def _fits(one: Understood, keys: set[str]) -> bool:
    return one.kind == "pattern" and bool(fitting(Wild(pattern=one.shown, inflected=True), keys))


def reasons(hits: Sequence[str], query: str) -> list[tuple[str, Understood]]:
    """Of different hits those that stand for another word, each once, in their order."""
    found = ((hit, stands_for(hit, query)) for hit in dict.fromkeys(hits))
    return [(hit, one) for hit, one in found if one is not None]
