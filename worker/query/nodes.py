"""The query as a tree in canonical order: what is equal is written alike, so that it is kept and matched once.

Knows neither how people write a query (`parser.py`) nor how one is kept (`stored.py`) or matched (`worker/match.py`).
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

# Where a term is looked for: "" is title and body, else the name of one field.
SCOPES = ("", "title", "body", "category", "tag", "author", "url", "source", "agency", "ai")


@dataclass(frozen=True, slots=True)
class Word:
    """One word in any of its forms. keys: one of them must stand there (see `words.py`).

    parts: of a compound with hyphens, the keys of each part: they may also stand side by side, with a blank between.
    """

    keys: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...] = ()
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Exact:
    """One word spelled like this, capitals and umlauts too. key: of its form."""

    text: str
    key: str
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Wild:
    """Words that a folded pattern with * (any letters) and ? (one letter) fits.

    inflected: it may also fit what a word is a form of: `*krieg` then finds Ukrainekriegs.
    """

    pattern: str
    inflected: bool = False
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Terms that follow each other; all have the same scope."""

    words: tuple[Word | Exact | Wild, ...]


@dataclass(frozen=True, slots=True)
class Near:
    """Both, at most so many positions apart, neither inside the other; ordered: the left one first.

    The sides are terms, alternatives of terms, or again Near.
    """

    left: "Node"
    right: "Node"
    distance: int
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class And:
    """All of them; at least one is no negation."""

    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of them; none is a negation."""

    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The text does not match the child."""

    child: "Node"


Term = Word | Exact | Wild
Node = Word | Exact | Wild | Phrase | Near | And | Or | Not
MAX_NEAR = 20  # one in another: each multiplies what may stand near each other in a text that repeats itself
_Plain = str | int | list["_Plain"]


def all_of(nodes: Iterable[Node]) -> Node:
    """What matches when all of them do; one alone stays itself."""
    flat = _sorted(child for node in nodes for child in (node.children if isinstance(node, And) else (node,)))
    return flat[0] if len(flat) == 1 else And(flat)


def any_of(nodes: Iterable[Node]) -> Node:
    """What matches when one of them does; one alone stays itself."""
    flat = _sorted(child for node in nodes for child in (node.children if isinstance(node, Or) else (node,)))
    return flat[0] if len(flat) == 1 else Or(flat)


def near(left: Node, right: Node, distance: int, *, ordered: bool) -> Near:
    """The sides of an unordered one are sorted."""
    if not ordered and written(right) < written(left):
        left, right = right, left
    return Near(left, right, distance, ordered)


def depth_of_near(node: Node) -> int:
    """How many NEAR stand one in another; it is also how deep matching goes."""
    match node:
        case Near(left=left, right=right):
            return 1 + max(depth_of_near(left), depth_of_near(right))
        case Or(children=children):
            return max(map(depth_of_near, children))
    return 0


def is_positive(node: Node) -> bool:
    """Whether it can match only where something stands, so that it has a word to be found by."""
    match node:
        case Not():
            return False
        case And(children=children):
            return any(map(is_positive, children))
        case Or(children=children):
            return all(map(is_positive, children))
    return True


def terms(node: Node) -> Iterable[Term]:
    """Its words and patterns, negated ones too."""
    match node:
        case Phrase(words=words):
            yield from words
        case And(children=children) | Or(children=children):
            for child in children:
                yield from terms(child)
        case Near(left=left, right=right):
            yield from terms(left)
            yield from terms(right)
        case Not(child=child):
            yield from terms(child)
        case _:
            yield node


def in_scope(node: Node, scope: str) -> Node:
    """The same, looked for in this field. Only what NEAR can have beside it."""
    match node:
        case Phrase(words=words):
            return Phrase(tuple(replace(word, scope=scope) for word in words))
        case Near(left=left, right=right):
            return near(in_scope(left, scope), in_scope(right, scope), node.distance, ordered=node.ordered)
        case Or(children=children):
            return any_of(in_scope(child, scope) for child in children)
        case Word() | Exact() | Wild():
            return replace(node, scope=scope)
    raise AssertionError("NEAR has terms and alternatives of terms on its sides")


def _sorted(nodes: Iterable[Node]) -> tuple[Node, ...]:
    return tuple(sorted(dict.fromkeys(nodes), key=written))


def written(node: Node) -> str:
    """A tree as text, equal for equal trees."""
    return json.dumps(_plain(node), ensure_ascii=False, separators=(",", ":"))


def read(text: str) -> Node:
    """The tree that `written` wrote. Raises: ValueError, TypeError."""
    return _node(json.loads(text))


# -- as plain lists -----------------------------------------------------------------------------------------------------


def _plain(node: Node) -> list[_Plain]:
    match node:
        case Word(keys=keys, parts=parts, scope=scope):
            return ["word", scope, list(keys), *(list[_Plain](part) for part in parts)]
        case Exact(text=text, key=key, scope=scope):
            return ["exact", scope, text, key]
        case Wild(pattern=pattern, inflected=inflected, scope=scope):
            return ["wild", scope, pattern, int(inflected)]
        case Phrase(words=words):
            return ["phrase", *map(_plain, words)]
        case Near(left=left, right=right, distance=distance, ordered=ordered):
            return ["near", _plain(left), _plain(right), distance, int(ordered)]
        case And(children=children):
            return ["and", *map(_plain, children)]
        case Or(children=children):
            return ["or", *map(_plain, children)]
        case Not(child=child):
            return ["not", _plain(child)]


def _node(plain: Any) -> Node:
    """What `_plain` wrote; its order is kept. Raises: ValueError, TypeError."""
    kind, *rest = plain
    return _READERS[kind](rest) if kind in _READERS else _damaged(plain)


def _damaged(plain: object) -> Node:
    raise ValueError(f"no node of a query: {str(plain)[:80]}")


def _word(plain: list[Any]) -> Word:
    scope, keys, *parts = plain
    return Word(_keys(keys), tuple(map(_keys, parts)), _scope(scope))


def _exact(plain: list[Any]) -> Exact:
    scope, text, key = plain
    return Exact(_text(text), _text(key), _scope(scope))


def _wild(plain: list[Any]) -> Wild:
    scope, pattern, inflected = plain
    return Wild(_text(pattern), bool(inflected), _scope(scope))


def _phrase(plain: list[Any]) -> Phrase:
    words = tuple(map(_node, plain))
    if not words or not all(isinstance(word, Word | Exact | Wild) for word in words):
        _damaged(plain)
    return Phrase(words)  # type: ignore[arg-type]


def _near(plain: list[Any]) -> Near:
    left, right, distance, ordered = plain
    if not isinstance(distance, int):
        _damaged(plain)
    return Near(_node(left), _node(right), distance, bool(ordered))


def _children(plain: list[Any]) -> tuple[Node, ...]:
    if len(plain) < 2:
        _damaged(plain)
    return tuple(map(_node, plain))


def _not(plain: list[Any]) -> Not:
    (child,) = plain
    return Not(_node(child))


_READERS: dict[Any, Callable[[list[Any]], Node]] = {
    "word": _word,
    "exact": _exact,
    "wild": _wild,
    "phrase": _phrase,
    "near": _near,
    "and": lambda plain: And(_children(plain)),
    "or": lambda plain: Or(_children(plain)),
    "not": _not,
}


def _keys(plain: Any) -> tuple[str, ...]:
    if not plain or not isinstance(plain, list):
        _damaged(plain)
    return tuple(map(_text, plain))


@lru_cache(maxsize=100_000)
def _shared(text: str) -> str:
    """One object for one word: hundreds of subscriptions ask for the same."""
    return text


def _text(plain: Any) -> str:
    if not plain or not isinstance(plain, str):
        _damaged(plain)
    return _shared(plain)


def _scope(plain: Any) -> str:
    if plain not in SCOPES:
        _damaged(plain)
    return _shared(plain)
