"""What a query only just misses: the same query with one word wider, or with one condition less.

Pure: makes other queries out of one; what they find is for others to ask. Knows neither archive nor subscriptions.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from worker.errors import QuerySyntaxError
from worker.query import And, Exact, Near, Node, Not, Or, Phrase, Query, Wild, Word
from worker.query.nodes import all_of, any_of, is_positive, terms
from worker.query.terms import with_compounds
from worker.query.understood import understood

_MOST = 20  # variants of one query: a query of 200 words would have 400
_SHORTEST = 3  # letters of a pattern, as in the language


class Change(StrEnum):
    """What is other than in the query."""

    COMPOUNDS = "compounds"  # krieg+ instead of krieg
    BEGINNING = "beginning"  # osnabrück* instead of osnabrück
    MISSING = "missing"  # without a condition that is not met
    EXCLUDED = "excluded"  # without a word that excludes


@dataclass(frozen=True, slots=True)
class Variant:
    """A query that finds more. term: the part that is other, as it stands in the query.

    letters: of a wider word, one of these stands in a word of whatever it finds beyond; () = nothing can be told.
    """

    change: Change
    term: Node
    root: Node
    letters: tuple[str, ...] = ()


def wider(root: Node) -> list[Variant]:
    """The query with one of its words in compounds, or only as the beginning of a word."""
    found: list[Variant] = []
    for word in dict.fromkeys(_widenable(root)):
        for change, wide in _wide(word):
            found.append(Variant(change, word, _replaced(root, word, wide), _letters(wide)))
    return found[:_MOST]


def less(root: Node) -> list[Variant]:
    """The query without one of the conditions that it combines by AND."""
    if not isinstance(root, And):
        return []
    found = []
    for child in root.children[:_MOST]:
        rest = [one for one in root.children if one != child]
        if any(map(is_positive, rest)):
            change, term = (Change.EXCLUDED, child.child) if isinstance(child, Not) else (Change.MISSING, child)
            found.append(Variant(change, term, all_of(rest)))
    return found


def _widenable(node: Node) -> Iterator[Word]:
    """Its inflected words that are not negated and stand by themselves."""
    match node:
        case Word(parts=()):
            yield node
        case And(children=children) | Or(children=children):
            for child in children:
                yield from _widenable(child)


def _wide(word: Word) -> Iterator[tuple[Change, Node]]:
    forms = [key[1:] for key in word.keys if key.startswith("=") and key[1:].isalpha() and len(key) > _SHORTEST]
    if forms:
        yield Change.COMPOUNDS, with_compounds(word)
        yield Change.BEGINNING, any_of([word, *(Wild(f"{form}*", False, word.scope) for form in forms)])


def _letters(node: Node) -> tuple[str, ...]:
    return tuple(one.pattern.strip("*") for one in terms(node) if isinstance(one, Wild))


def _replaced(node: Node, word: Word, wide: Node) -> Node:
    match node:
        case And(children=children):
            return all_of(_replaced(child, word, wide) for child in children)
        case Or(children=children):
            return any_of(_replaced(child, word, wide) for child in children)
    return wide if node == word else node


# -- as people write it -------------------------------------------------------------------------------------------------


class Spelling:
    """How the parts of one query are spelled in it."""

    def __init__(self, query: Query) -> None:
        self._typed: dict[tuple[str, ...], str] = {}
        try:
            for one in understood(query.text):
                self._typed.setdefault(one.keys, one.typed)
        except QuerySyntaxError:
            pass  # stored by a version with another language: keys are shown instead

    def of(self, variant: Variant) -> str:
        """The part that is other, as it would be written."""
        spelled = self.spelled(variant.term)
        return spelled + {Change.COMPOUNDS: "+", Change.BEGINNING: "*"}.get(variant.change, "")

    def spelled(self, node: Node) -> str:
        match node:
            case Word(keys=keys):
                return self._typed.get(keys) or "/".join(key[1:] for key in keys if key.startswith("="))
            case Exact(text=text, key=key):
                return self._typed.get((key,), f"={text}")
            case Wild(pattern=pattern):
                return pattern
            case Phrase(words=words):
                return self._typed.get(_keys(words[0]), " ".join(map(self.spelled, words)))
            case Near(left=left, right=right, distance=distance, ordered=ordered):
                return f"{self.spelled(left)} {'ONEAR' if ordered else 'NEAR'}/{distance} {self.spelled(right)}"
            case And(children=children):
                return self._joined(" AND ", children)
            case Or(children=children):
                return self._joined(" OR ", children)
            case Not(child=child):
                return f"-{self.spelled(child)}"

    def _joined(self, operator: str, children: Iterable[Node]) -> str:
        return f"({operator.join(map(self.spelled, children))})"


def _keys(term: Word | Exact | Wild) -> tuple[str, ...]:
    match term:
        case Word(keys=keys):
            return keys
        case Exact(key=key):
            return (key,)
    return ()
