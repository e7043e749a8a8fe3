"""English clauses (why something failed, what is wrong with a setting) in the language of the screen.

Reasons are made and stored in English, for the log and for programs; where people read them, each clause that is known
is replaced, and the rest stays as it is: hosts, paths, numbers, foreign words. The tables beside this file hold what is
known, one clause a line, and a test walks the sources for clauses that are missing. Must not know who says what to whom.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from string import Template
from types import MappingProxyType
from typing import Final

from worker.reasonsentences import (
    asking,
    configuring,
    connecting,
    fetching,
    keeping,
    leaving,
    mailing,
    reading,
    services,
    usage,
)

__all__ = ["CLAUSES", "in_language"]

CLAUSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **asking.GERMAN,
        **fetching.GERMAN,
        **leaving.GERMAN,
        **reading.GERMAN,
        **keeping.GERMAN,
        **connecting.GERMAN,
        **mailing.GERMAN,
        **configuring.GERMAN,
        **usage.GERMAN,
        **services.GERMAN,
    }
)

_HOLE: Final = re.compile(r"\$([a-z]+)")
_MOST_FILLED: Final = 500  # characters of what may be filled into a clause: it keeps the search linear
_MOST_WORDS: Final = 12  # the same where nothing of the clause follows
_STOP: Final = re.compile(r"(?=[;:,.?!](?:\s|$)|[)”]| \(|$)|(?<=[.?!)])(?= )")  # where a clause may end
_WORD_END: Final = re.compile(r"(?=[\s;:,.?!)”(])|$")
_BEFORE: Final = frozenset({": ", "; ", ", ", ". ", "? ", "! "})  # what may precede one
_EDGE: Final = re.compile(r"(?<=[\s(])\S|[\"“]")  # where the next one may begin
_QUOTED: Final = re.compile(r"\"(?:\\.|[^\"\\]){0,500}+\"|“[^”]{0,500}+”")  # somebody else's words


def in_language(reason: str, language: str) -> str:
    """The reason with every clause that is known in that language; what is not known stays as it is.

    reason: in English, of one clause or several ("HOST: clause (redirected from X)"), on one line or several.
    language: "de"; in any other it is returned as given. What stands in double quotes is not looked at.
    """
    if language != "de":
        return reason
    return "\n".join("".join(piece.said for piece in _pieces(text)) for text in reason.split("\n"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clause:
    """A clause taken apart. literals: its words, with something filled in between each two of them.

    A tail begins with what is filled in, in English as in German; it is kept without that, and found by what follows.
    """

    english: str
    german: str
    literals: tuple[str, ...]
    names: tuple[str, ...]
    is_tail: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A stretch of a reason as it is said; clause: by which it was known, None = it was left alone."""

    said: str
    clause: _Clause | None = None


def _taken_apart(english: str, german: str) -> _Clause:
    literals, names = _HOLE.split(english)[::2], _HOLE.findall(english)
    is_tail = not literals[0]
    if is_tail:
        literals, names = [literals[1].lstrip(), *literals[2:]], names[1:]
        german = _HOLE.sub("", german, count=1).lstrip()
    return _Clause(english=english, german=german, literals=tuple(literals), names=tuple(names), is_tail=is_tail)


def _by_first_letter() -> Mapping[str, tuple[_Clause, ...]]:
    """Those that may begin at a letter, the most specific ones first."""
    found: dict[str, list[_Clause]] = {}
    for clause in (_taken_apart(english, german) for english, german in CLAUSES.items()):
        found.setdefault(clause.literals[0][0], []).append(clause)
    return {letter: tuple(sorted(some, key=_own_letters, reverse=True)) for letter, some in found.items()}


def _own_letters(clause: _Clause) -> int:
    return sum(map(len, clause.literals))


_BY_LETTER: Final = _by_first_letter()


# -- a line, from left to right ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """start: where its words begin; stops: where a clause may end, whatever follows."""

    text: str
    start: int
    stops: frozenset[int]


def _pieces(text: str) -> Iterator[_Piece]:
    stops = frozenset(found.start() for found in _STOP.finditer(text))
    line = _Line(text=text, start=len(text) - len(text.lstrip()), stops=stops)
    at = done = 0
    while at < len(text):
        found = _known_at(line, at)
        if found is None:
            at = _next_edge(text, at)
            continue
        piece, end = found
        yield _Piece(said=text[done:at])
        yield piece
        at = done = end
    yield _Piece(said=text[done:])


def _next_edge(text: str, at: int) -> int:
    quoted = _QUOTED.match(text, at)
    edge = _EDGE.search(text, quoted.end() if quoted else at + 1)
    return edge.start() if edge else len(text)


def _known_at(line: _Line, at: int) -> tuple[_Piece, int] | None:
    """The clause that begins here in the language of the screen, and where it ends."""
    begins = at <= line.start or line.text[at - 1] == "(" or line.text[at - 2 : at] in _BEFORE
    follows = at > line.start and line.text[at - 1] == " "
    for clause in _BY_LETTER.get(line.text[at], ()):
        if (follows if clause.is_tail else begins) and (found := _match(line, at, clause)):
            end, filled = found
            return _Piece(said=_said(clause, filled), clause=clause), end
    return None


def _said(clause: _Clause, filled: list[str]) -> str:
    """What is filled in is nobody's but its author's: it is kept."""
    values = dict(zip(clause.names, filled, strict=True))
    return Template(clause.german).substitute(values)


# -- one clause -------------------------------------------------------------------------------------------------------


def _match(line: _Line, at: int, clause: _Clause, *, alone: bool = False) -> tuple[int, list[str]] | None:
    """Where the clause ends that may begin here, and what is filled into it. alone: no tail may follow it."""
    if not line.text.startswith(clause.literals[0], at):
        return None
    end, filled = at + len(clause.literals[0]), list[str]()
    for literal in clause.literals[1:-1]:
        where = line.text.find(literal, end + 1, end + _MOST_FILLED)
        if where < 0:
            return None
        filled.append(line.text[end:where])
        end = where + len(literal)
    if len(clause.literals) > 1:
        last = clause.literals[-1]
        ends = (where for where in _found(line.text, end, last) if _ends(line, where + len(last), alone=alone))
        where = next(ends, -1)
        if where < 0:
            return None
        return where + len(last), [*filled, line.text[end:where]]
    return (end, filled) if _ends(line, end, alone=alone) else None


def _found(text: str, start: int, literal: str) -> Iterator[int]:
    """Where the literal stands behind something filled in; without one, wherever a word of that ends."""
    if not literal:
        words = islice(_WORD_END.finditer(text, start + 1, start + _MOST_FILLED), _MOST_WORDS)
        yield from (found.start() for found in words)
        return
    where = text.find(literal, start + 1, start + _MOST_FILLED)
    while where >= 0:
        yield where
        where = text.find(literal, where + 1, start + _MOST_FILLED)


def _ends(line: _Line, at: int, *, alone: bool) -> bool:
    """Whether a clause may end here: at a stop, or (not alone) before a tail."""
    return at in line.stops or (not alone and line.text[at] == " " and _is_tail_at(line, at + 1))


def _is_tail_at(line: _Line, at: int) -> bool:
    tails = (clause for clause in _BY_LETTER.get(line.text[at : at + 1], ()) if clause.is_tail)
    return any(_match(line, at, clause, alone=True) is not None for clause in tails)
