"""What an article must hold so that a query can match it, as keys of words: candidates for an index, in memory or not.

One derivation for the live matcher and for the archive's index. Knows neither of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from worker.query.inflection import STEM_SIGNS
from worker.query.nodes import And, Exact, Near, Node, Not, Or, Phrase, Wild, Word
from worker.query.stopwords import STOP_KEYS
from worker.query.words import FORM


@dataclass(frozen=True, slots=True)
class Clause:
    """An article that matches has at least one of these. Empty means that nothing can be told.

    keys: of words (see `words.py`), with `scoped` where they belong to a field other than title and body.
    patterns: Wild terms, of which one may fit instead.
    """

    keys: frozenset[str] = frozenset()
    patterns: frozenset[Wild] = frozenset()


@dataclass(frozen=True, slots=True)
class Needs:
    """All clauses must hold. decisive: an article for which they do matches, without a closer look."""

    clauses: tuple[Clause, ...]
    decisive: bool


def scoped(key: str, scope: str) -> str:
    """A key as an index over all fields holds it: title and body share theirs, `category:=sport` is a category's."""
    return key if scope in ("", "title", "body") else f"{scope}:{key}"


def needs(node: Node) -> Needs:
    """What a query's tree needs. At least one clause, as no query is only a negation."""
    match node:
        case Word(keys=keys, parts=parts, scope=scope):
            found = frozenset(scoped(key, scope) for key in keys)
            clauses = [found, *(found.union(scoped(key, scope) for key in part) for part in parts)]
            return Needs(tuple(map(Clause, clauses[1:] or clauses)), decisive=not parts and _is_whole(scope))
        case Exact(key=key, scope=scope):
            return Needs((Clause(frozenset([scoped(key, scope)])),), decisive=False)
        case Wild(scope=scope):
            return Needs((Clause(patterns=frozenset([node])),), decisive=_is_whole(scope))
        case Phrase(words=words):
            return _all(words, decisive=False)
        case Near(left=left, right=right):
            return _all((left, right), decisive=False)
        case And(children=children):
            return _all(children, decisive=True)
        case Or(children=children):
            return _any(children)
        case Not():
            return Needs((), decisive=False)


def _is_whole(scope: str) -> bool:
    """Whether the index tells this scope from others; title and body share their keys."""
    return scope not in ("title", "body")


def _all(nodes: Iterable[Node], *, decisive: bool) -> Needs:
    found = [needs(node) for node in nodes]
    clauses = dict.fromkeys(clause for one in found for clause in one.clauses)
    return Needs(tuple(clauses), decisive and all(one.decisive for one in found))


def _any(nodes: Iterable[Node]) -> Needs:
    """One clause with the most telling of each branch; decisive if that is all each branch asks for."""
    found = [needs(node) for node in nodes]
    best = [most_telling(one.clauses) for one in found]
    clause = Clause(frozenset().union(*(one.keys for one in best)), frozenset().union(*(one.patterns for one in best)))
    return Needs((clause,), all(one.decisive and len(one.clauses) == 1 for one in found))


def most_telling(clauses: Iterable[Clause]) -> Clause:
    """The clause that few articles fulfil, by guess: few alternatives, long words, no stop words, no patterns."""
    return min(clauses, key=_commonness)


def _commonness(clause: Clause) -> tuple[bool, int, int, list[str]]:
    lengths = [0 if key in STOP_KEYS else len(key.rpartition(":")[2].lstrip(_SIGNS)) for key in clause.keys]
    return bool(clause.patterns), len(lengths), -min(lengths, default=0), sorted(clause.keys)


_SIGNS = FORM + STEM_SIGNS
