"""The query as a tree, and its canonical form: what is equal is written alike, so that it is kept and matched once.

Knows neither how people write a query (`parser.py`) nor how one is matched (`match.py`).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from worker.query.words import ANALYSER


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word; parts: its keys, several for a compound with hyphens, which may also stand in one."""

    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words that follow each other, in the forms as typed."""

    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    """All of them; at least one is no negation."""

    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    """At least one of them; none is a negation."""

    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The text does not match the child."""

    child: "Node"


Node = Word | Phrase | And | Or | Not
_Plain = str | list["_Plain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query that can be matched. text: as its owner typed it; root: in canonical form."""

    text: str
    root: Node

    def to_json(self) -> str:
        """The canonical form, with the number of the analyser that made its keys. Equal for equal queries."""
        return json.dumps({"analyser": ANALYSER, "query": _plain(self.root)}, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str, canonical: str) -> "Query | None":
        """The query that `to_json` wrote; None if another analyser made it or it is damaged: parse the text then."""
        try:
            stored = json.loads(canonical)
            if not isinstance(stored, dict) or stored.get("analyser") != ANALYSER:
                return None
            return cls(text=text, root=_node(stored.get("query")))
        except (ValueError, RecursionError):
            return None


def all_of(nodes: Iterable[Node]) -> Node:
    """What matches when all of them do; one alone stays itself."""
    flat = _sorted(child for node in nodes for child in (node.children if isinstance(node, And) else (node,)))
    return flat[0] if len(flat) == 1 else And(children=flat)


def any_of(nodes: Iterable[Node]) -> Node:
    """What matches when one of them does; one alone stays itself."""
    flat = _sorted(child for node in nodes for child in (node.children if isinstance(node, Or) else (node,)))
    return flat[0] if len(flat) == 1 else Or(children=flat)


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


def _sorted(nodes: Iterable[Node]) -> tuple[Node, ...]:
    return tuple(sorted(dict.fromkeys(nodes), key=lambda node: json.dumps(_plain(node))))


def _plain(node: Node) -> _Plain:
    match node:
        case Word(parts=parts):
            return ["word", *parts]
        case Phrase(words=words):
            return ["phrase", *(list[_Plain](word.parts) for word in words)]
        case And(children=children):
            return ["and", *map(_plain, children)]
        case Or(children=children):
            return ["or", *map(_plain, children)]
        case Not(child=child):
            return ["not", _plain(child)]


def _node(plain: object) -> Node:
    """Raises: ValueError."""
    match plain:
        case ["word", *parts] if parts:
            return Word(parts=_keys(parts))
        case ["phrase", *words] if words:
            return Phrase(words=tuple(Word(parts=_keys(parts)) for parts in words))
        case ["and", _, _, *_]:
            return all_of(map(_node, plain[1:]))
        case ["or", _, _, *_]:
            return any_of(map(_node, plain[1:]))
        case ["not", child]:
            return Not(child=_node(child))
    raise ValueError(f"no node of a query: {str(plain)[:80]}")


def _keys(parts: object) -> tuple[str, ...]:
    if not isinstance(parts, list) or not parts or not all(isinstance(part, str) and part for part in parts):
        raise ValueError(f"no keys of a word: {str(parts)[:80]}")
    return tuple(parts)
