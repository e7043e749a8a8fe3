"""Whether an article matches a query's tree, and where: the one place that says what the language means.

Everything here works on positions: parts of words, counted through a field, with a gap between paragraphs. Knows nothing
of subscriptions, or of how candidates are found.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice
from operator import attrgetter

from worker.article import FURTHER_SCOPES, Article, Place, Text
from worker.model import Span
from worker.query import And, Exact, Near, Node, Not, Or, Phrase, Wild, Word
from worker.wild import fitting

MAX_SPANS_PER_TERM = 100  # of one term in one field: nobody reads more, and an article may be one word
_MAX_PLACES = 5_000  # of words near each other: their number grows with the product of the sides
_MAX_PAIRS = 4 * _MAX_PLACES  # looked at for that: in a chain of NEAR many pairs end at the same places


def matches(node: Node, article: Article) -> bool:
    """Whether the article matches."""
    match node:
        case And(children=children):
            return all(matches(child, article) for child in children)
        case Or(children=children):
            return any(matches(child, article) for child in children)
        case Not(child=child):
            return not matches(child, article)
        case Word(keys=keys, parts=(), scope=scope):
            return any(not text.keys.isdisjoint(keys) for _, text in article.texts(scope))
    return any(places(node, text) for _, text in article.texts(_scope(node)))


def spans(node: Node, article: Article) -> tuple[Span, ...]:
    """Where the terms that make it match stand, in reading order, title first; of an article that matches."""
    by_field: dict[str, dict[tuple[int, int], None]] = {}
    for term in _telling(node, article):
        for name, text in article.texts(_scope(term)):
            if name != "ai":  # that is no text
                found = by_field.setdefault(name, {})
                for place in places(term, text)[:MAX_SPANS_PER_TERM]:
                    for piece in place.pieces or (place,):
                        found[text.source_span(piece)] = None
    ordered = sorted(by_field, key=_FIELD_ORDER.index)
    return tuple(
        span for name in ordered for span in _as_spans(name, sorted(by_field[name]), article.text(name).source)
    )


def _as_spans(name: str, found: Iterable[tuple[int, int]], source: str) -> Iterator[Span]:
    field = _FIELD_NAMES.get(name, name)
    for start, end in found:
        yield Span(field=field, start=start, end=end, text=source[start:end])


_FIELD_ORDER = ("title", "body", *FURTHER_SCOPES)
_FIELD_NAMES = {"tag": "tags"}  # as records have it


def _telling(node: Node, article: Article) -> Iterator[Node]:
    """The terms that are not negated and have a part in the match."""
    match node:
        case And(children=children):
            for child in children:
                yield from _telling(child, article)
        case Or(children=children):
            for child in children:
                if matches(child, article):
                    yield from _telling(child, article)
        case Not():
            return
        case _:
            yield node


def _scope(node: Node) -> str:
    """Where a term or a group of near terms is looked for: all of a group stand in one field."""
    match node:
        case Phrase(words=children) | Or(children=children):
            return _scope(children[0])
        case Near(left=left):
            return _scope(left)
        case Word(scope=scope) | Exact(scope=scope) | Wild(scope=scope):
            return scope
    raise AssertionError("no term")


# -- places ---------------------------------------------------------------------------------------------------------------


def places(node: Node, text: Text) -> list[Place]:
    """Where a term, phrase or group of near terms stands in a field, in order."""
    if isinstance(node, Phrase):  # hardly two queries ask for the same
        return _in_a_row(node.words, text)
    found = text.found.get(node)
    if found is None:
        found = text.found[node] = _places(node, text)
    return found


def _places(node: Node, text: Text) -> list[Place]:
    match node:
        case Word(keys=keys, parts=parts):
            found = _of_keys(keys, text)
            return _merged([*found, *_side_by_side(parts, text)]) if parts else found
        case Exact():
            return [place for place in text.places(node.key) if _is_spelled(node.text, text, place)]
        case Wild():
            return _of_keys(fitting(node, text.keys), text)
        case Phrase(words=words):
            return _in_a_row(words, text)
        case Near(left=left, right=right):
            return _near(places(left, text), places(right, text), node.distance, ordered=node.ordered)
        case Or(children=children):
            return _merged([place for child in children for place in places(child, text)])
        case And() | Not():
            raise AssertionError("NEAR has terms and alternatives of terms on its sides")


def _of_keys(keys: Iterable[str], text: Text) -> list[Place]:
    found = [places for key in keys if (places := text.places(key))]
    return found[0] if len(found) == 1 else _merged([place for places in found for place in places])


def _merged(found: Iterable[Place]) -> list[Place]:
    """In order, each stretch once."""
    return sorted({(place.first, place.last): place for place in found}.values())


def _in_a_row(words: tuple[Word | Exact | Wild, ...], text: Text) -> list[Place]:
    """Places that follow each other without a gap, looked for around the rarest word."""
    keys = _single_keys(words)
    if keys is None:
        return _rows([places(word, text) for word in words])
    if not text.keys.issuperset(keys):
        return []
    frequencies = [text.frequency(key) for key in keys]
    rarest = frequencies.index(min(frequencies))
    beside, step = (rarest + 1, 1) if rarest + 1 < len(keys) else (rarest - 1, -1)
    if not text.may_follow(keys[beside], keys[rarest], step):
        return []
    found = text.places(keys[rarest])
    for key in reversed(keys[:rarest]):
        found = [_from_to(before, one) for one in found for before in text.ending(key, one.first - 1)]
    for key in keys[rarest + 1 :]:
        found = [_from_to(one, behind) for one in found for behind in text.beginning(key, one.last + 1)]
    return found if len(found) < 2 else sorted(found)


def _single_keys(words: tuple[Word | Exact | Wild, ...]) -> list[str] | None:
    """The keys of a phrase in which every word has one; nearly all phrases are of that kind."""
    keys: list[str] = []
    for word in words:
        if not isinstance(word, Word) or len(word.keys) > 1 or word.parts:
            return None
        keys += word.keys
    return keys


def _from_to(one: Place, other: Place) -> Place:
    return Place(one.first, other.last, one.start, other.end)


def _rows(rows: list[list[Place]]) -> list[Place]:
    found, *further = rows
    for row in further:
        if not found:
            break
        found = [_from_to(one, other) for one, other in _neighbours(found, row)]
    return found


def _neighbours(left: Iterable[Place], right: Iterable[Place]) -> Iterator[tuple[Place, Place]]:
    following: dict[int, list[Place]] = {}
    for place in right:
        following.setdefault(place.first, []).append(place)
    for place in left:
        for other in following.get(place.last + 1, ()):
            yield place, other


# Emphasis may end between the parts of a compound: **Nato**-Gipfel.
_JOINT = re.compile("[*]{0,2}[-\u2010-\u2013\u2212'\u2019]?\\s?[*]{0,2}")


def _side_by_side(parts: tuple[tuple[str, ...], ...], text: Text) -> list[Place]:
    """The parts of a compound, with no more between them than it may have: `Nato Gipfel`, but not `Nato. Gipfel`."""
    found, *further = [_of_keys(keys, text) for keys in parts]
    for row in further:
        if not found:
            break
        found = [
            _from_to(one, other)
            for one, other in _neighbours(found, row)
            if _JOINT.fullmatch(text.shown(one.end, other.start))
        ]
    return found


_NO_LETTER = re.compile(r"[\s.\u00a0\u202f]+")
_HYPHEN = re.compile("[\u2010-\u2013\u2212]")


def _is_spelled(spelling: str, text: Text, place: Place) -> bool:
    """Letters as they are; dots and blanks of abbreviations, and which hyphen it is, do not count."""
    return _letters(text.shown(place.start, place.end)) == _letters(spelling)


def _letters(spelling: str) -> str:
    return _HYPHEN.sub("-", _NO_LETTER.sub("", spelling))


# -- near -----------------------------------------------------------------------------------------------------------------


def _near(left: list[Place], right: list[Place], distance: int, *, ordered: bool) -> list[Place]:
    """Where both stand with so many positions between their edges at most, and do not share a word."""
    if not left or not right:
        return []
    right = _within_reach(right, left, distance)
    left = _within_reach(left, right, distance) if right else []
    found: dict[tuple[int, int], Place] = {}
    for one, other in islice(_pairs(left, right, distance, ordered=ordered), _MAX_PAIRS):
        if (one.first, other.last) not in found:
            found[one.first, other.last] = _together(one, other)
            if len(found) == _MAX_PLACES:
                break
    return sorted(found.values())


def _within_reach(places_: list[Place], others: list[Place], distance: int) -> list[Place]:
    """Those that do not stand behind all others: in a chain of NEAR only the beginning of a long text is left."""
    end = max(map(_LAST, others)) + distance
    return places_[: bisect_right(places_, end, key=_FIRST)]


def _pairs(left: list[Place], right: list[Place], distance: int, *, ordered: bool) -> Iterator[tuple[Place, Place]]:
    """The nearer ones of the right for each of the left; of a pair the one that stands first comes first."""
    by_end = [] if ordered else sorted(right, key=_LAST)
    starts, ends = list(map(_FIRST, right)), list(map(_LAST, by_end))
    for one in left:
        for other in by_end[bisect_left(ends, one.first - distance) : bisect_left(ends, one.first)]:
            yield other, one
        for other in right[bisect_right(starts, one.last) : bisect_right(starts, one.last + distance)]:
            yield one, other


_FIRST, _LAST = attrgetter("first"), attrgetter("last")


def _together(one: Place, other: Place) -> Place:
    pieces = (*(one.pieces or (one,)), *(other.pieces or (other,)))
    return Place(one.first, other.last, one.start, other.end, pieces)
