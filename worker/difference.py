"""Two states of an article: what changed, word by word. Pure text in, pieces out; must not know who reads them.

Units are compared from coarse to fine: paragraphs, then the sentences of those that differ, then their words. All of it
has one budget, because matching many equal units is quadratic; when it is spent, what is left is shown as replaced.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import chain

from worker.model import FieldChange, Record

_FIELDS = ("title", "category", "categories", "tags", "url", "author", "published_at", "agency", "excerpt")
_BUDGET = 20_000_000  # comparisons of units at worst, some two seconds; an edited article needs a few thousand
_EDGE_WORDS = 12  # of a long stretch that stayed, so many are shown at each change
_FOLD_WORDS = 40  # shorter ones are shown whole


class Kind(StrEnum):
    SAME = "same"
    GONE = "gone"
    ADDED = "added"
    FOLDED = "folded"  # stayed, and is too long to be shown; its text is the number of its words


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text with its white space, so that the pieces of one state, joined, are its text."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """fields: what changed beside the text, title first; body: the text in pieces, none if it did not change."""

    fields: tuple[FieldChange, ...] = ()
    body: tuple[Piece, ...] = ()

    @property
    def words_added(self) -> int:
        return _words(self.body, Kind.ADDED)

    @property
    def words_gone(self) -> int:
        return _words(self.body, Kind.GONE)


def compare(before: Record, after: Record) -> Difference:
    """What changed between two states of one article. Bounded time, whatever the texts."""
    values = ((name, getattr(before, name), getattr(after, name)) for name in _FIELDS)
    fields = tuple(FieldChange(field=name, before=old, after=new) for name, old, new in values if old != new)
    return Difference(fields=fields, body=() if before.body == after.body else text_pieces(before.body, after.body))


def text_pieces(before: str, after: str) -> tuple[Piece, ...]:
    """The way from one text to the other. Joined without what was added they are `before`, without what went, `after`."""
    found = _refined(Piece(Kind.GONE, before), Piece(Kind.ADDED, after), _LEVELS, _Budget(_BUDGET))
    return tuple(_joined(found))


def folded(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The same with long stretches that stayed cut down to their ends."""
    known = list(pieces)
    for place, piece in enumerate(known):
        words = _WORD.findall(piece.text)
        if piece.kind is not Kind.SAME or len(words) <= _FOLD_WORDS:
            yield piece
            continue
        head = words[:_EDGE_WORDS] if place else []
        tail = words[-_EDGE_WORDS:] if place < len(known) - 1 else []
        yield from (Piece(Kind.SAME, "".join(head)) for _ in head[:1])
        yield Piece(Kind.FOLDED, str(len(words) - len(head) - len(tail)))
        yield from (Piece(Kind.SAME, "".join(tail)) for _ in tail[:1])


# -- from coarse to fine ----------------------------------------------------------------------------------------------

_PARAGRAPH = re.compile(r"(?:[^\n]|\n(?!\n))+\n*|\n+")
_SENTENCE = re.compile(r"[^.!?:\n]*[.!?:\n]+\s*|[^.!?:\n]+")
_WORD = re.compile(r"\s*\S+|\s+")
_LEVELS: tuple[Callable[[str], list[str]], ...] = (_PARAGRAPH.findall, _SENTENCE.findall, _WORD.findall)


class _Budget:
    """What may still be spent on comparing."""

    def __init__(self, left: int) -> None:
        self._left = left

    def allows(self, before: Sequence[str], after: Sequence[str]) -> bool:
        """Whether these may be compared; then they are paid for: every equal pair may be met once a matched unit."""
        counted = Counter(after)
        pairs = sum(counted[unit] for unit in before)
        cost = len(before) + len(after) + pairs * min(len(before), len(after))
        if cost > self._left:
            return False
        self._left -= cost
        return True


def _refined(gone: Piece, added: Piece, levels: Sequence[Callable[[str], list[str]]], budget: _Budget) -> list[Piece]:
    """One replaced stretch at this level; what is replaced in it, at the next."""
    if not (levels and gone.text and added.text):
        return [gone, added]
    before, after = levels[0](gone.text), levels[0](added.text)
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    middle = before[head : len(before) - tail], after[head : len(after) - tail]
    pieces = [Piece(Kind.SAME, "".join(before[:head]))]
    for old, new, same in _blocks(*middle, budget):
        pieces += _refined(Piece(Kind.GONE, old), Piece(Kind.ADDED, new), levels[1:], budget)
        pieces.append(Piece(Kind.SAME, same))
    return [*pieces, Piece(Kind.SAME, "".join(before[len(before) - tail :]))]


def _common(before: Sequence[str], after: Sequence[str]) -> int:
    """How many units at the beginning are equal."""
    pairs = zip(before, after, strict=False)
    return next((place for place, (old, new) in enumerate(pairs) if old != new), min(len(before), len(after)))


def _blocks(before: Sequence[str], after: Sequence[str], budget: _Budget) -> Iterator[tuple[str, str, str]]:
    """(replaced, by what, what stayed behind it), in order."""
    if not budget.allows(before, after):
        yield "".join(before), "".join(after), ""
        return
    matched = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    at_before = at_after = 0
    for block in matched:
        stayed = "".join(before[block.a : block.a + block.size])
        yield "".join(before[at_before : block.a]), "".join(after[at_after : block.b]), stayed
        at_before, at_after = block.a + block.size, block.b + block.size


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Without empty pieces, and neighbours of one kind as one; between two stretches that stayed, what went comes first."""
    waiting: dict[Kind, str] = {Kind.GONE: "", Kind.ADDED: ""}
    same = ""
    for piece in chain(pieces, [Piece(Kind.FOLDED, "")]):
        if piece.kind in waiting and piece.text:
            if same:
                yield Piece(Kind.SAME, same)
                same = ""
            waiting[piece.kind] += piece.text
        elif piece.text or piece.kind is Kind.FOLDED:
            yield from (Piece(kind, text) for kind, text in waiting.items() if text)
            waiting = {Kind.GONE: "", Kind.ADDED: ""}
            same += piece.text
    if same:
        yield Piece(Kind.SAME, same)


def _words(pieces: Iterable[Piece], kind: Kind) -> int:
    return sum(len(piece.text.split()) for piece in pieces if piece.kind is kind)
