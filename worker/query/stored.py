"""A query as it is kept: its text, and in canonical form what a matcher needs of it.

A hundred thousand of them are loaded at a start, and few are ever looked at closely: what they are found by stands in a
line of its own, and the tree is read when somebody asks for it.
"""

import json
from dataclasses import dataclass, field
from functools import lru_cache
from zlib import crc32

from worker.query.needs import most_telling, needs
from worker.query.nodes import Node, Wild, read, terms, written
from worker.query.words import ANALYSER


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a query is found by: an article without any of these keys and patterns cannot match.

    decided: an article with one of them matches. scopes: fields that the query looks into.
    """

    decided: bool
    keys: tuple[str, ...]
    patterns: tuple[Wild, ...]
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A query that can be matched. text: as its owner typed it; canonical: equal for queries that mean the same.

    remarks: what its owner may want to know, in the language of the parser's messages; only right after parsing.
    """

    text: str
    canonical: str
    remarks: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, text: str, root: Node, remarks: tuple[str, ...] = ()) -> "Query":
        """A query that was just parsed."""
        kept = f"{_anchor_line(root)}\n{written(root)}"
        return cls(text, _seal(kept) + kept, remarks)

    @property
    def root(self) -> Node:
        """The tree."""
        return root_of(self.canonical)

    def to_json(self) -> str:
        """The canonical form, with the number of the analyser that made its keys."""
        return self.canonical

    @classmethod
    def from_json(cls, text: str, canonical: str) -> "Query | None":
        """The query that `to_json` wrote; None if another analyser made it or it is damaged: parse the text then."""
        return cls(text, canonical) if canonical.startswith(_seal(canonical[_SEAL:])) else None


@lru_cache(maxsize=1_024)
def root_of(canonical: str) -> Node:
    """The tree of a canonical form."""
    return read(canonical[canonical.index("\n") + 1 :])


def anchor_of(canonical: str) -> Anchor:
    """What the query of a canonical form is found by."""
    decided, keys, patterns, scopes = json.loads(canonical[_SEAL : canonical.index("\n")])
    wild = tuple(Wild(pattern, bool(inflected), scope) for pattern, inflected, scope in patterns)
    return Anchor(bool(decided), tuple(keys), wild, tuple(scopes))


_SEAL = len(f"{ANALYSER:3} {0:08x} ")


def _seal(kept: str) -> str:
    """The analyser's number and a checksum: what carries them is what was written, and need not be examined."""
    return f"{ANALYSER:3} {crc32(kept.encode('utf-8', 'surrogatepass')):08x} "


def _anchor_line(root: Node) -> str:
    needed = needs(root)
    clause = most_telling(needed.clauses)
    decided = needed.decisive and len(needed.clauses) == 1
    patterns = sorted((wild.pattern, int(wild.inflected), wild.scope) for wild in clause.patterns)
    scopes = sorted({term.scope for term in terms(root)} - {""})
    line = [int(decided), sorted(clause.keys), patterns, scopes]
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))
