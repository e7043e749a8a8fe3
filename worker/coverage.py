"""What stretch of a feed is proved complete, and where it is not. Pure.

Covered is what the feed's polls prove (`covered_from` to `covered_to`) without its open gaps, and beside them what was
read on purpose: a backfill, or the daily reading again. Meaning: every article dated within it that the site showed when
that part was read is in the archive. What is dated back later is found by the daily reading again, for seven days.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Articles of this stretch may be missing. closed_at: None = it is open; closed_by: by which means, or "window".

    pages: how many were read to close it; found: how many new articles stood on them.
    """

    from_at: datetime
    to_at: datetime
    reason: str
    noticed_at: datetime
    closed_at: datetime | None = None
    closed_by: str = ""
    pages: int = 0
    found: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """This stretch was read as a whole, by this means. total: what the site says it holds; missing: what of it was not
    to be had.
    """

    from_at: datetime
    to_at: datetime
    means: str
    read_at: datetime
    pages: int = 0
    found: int = 0
    total: int | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of time that is proved complete, by these means."""

    from_at: datetime
    to_at: datetime
    means: tuple[str, ...]


POLLS = "polls"


def covered(
    from_at: datetime | None, to_at: datetime | None, gaps: Iterable[Gap], stretches: Iterable[Stretch]
) -> tuple[Piece, ...]:
    """All that is proved complete, oldest first, without overlaps. from_at, to_at: what polls prove, None = nothing yet."""
    spans = [Piece(from_at=one.from_at, to_at=one.to_at, means=(one.means,)) for one in stretches]
    if from_at is not None and to_at is not None:
        spans += _without(
            Piece(from_at=from_at, to_at=to_at, means=(POLLS,)), [gap for gap in gaps if not gap.closed_at]
        )
    return _merged(spans)


def closes(stretch: Stretch, gap: Gap) -> bool:
    """Whether reading this stretch proves that nothing of the gap is missing any more."""
    return stretch.from_at <= gap.from_at and gap.to_at <= stretch.to_at and not stretch.missing


def _without(span: Piece, gaps: Sequence[Gap]) -> list[Piece]:
    pieces, start = [], span.from_at
    for gap in sorted(gaps, key=lambda one: one.from_at):
        if gap.from_at > start:
            pieces.append(Piece(from_at=start, to_at=min(gap.from_at, span.to_at), means=span.means))
        start = max(start, gap.to_at)
    pieces.append(Piece(from_at=start, to_at=span.to_at, means=span.means))
    return [piece for piece in pieces if piece.from_at < piece.to_at]


def _merged(spans: Iterable[Piece]) -> tuple[Piece, ...]:
    merged: list[Piece] = []
    for span in sorted(spans, key=lambda one: one.from_at):
        last = merged[-1] if merged else None
        if last is None or span.from_at > last.to_at:
            merged.append(span)
            continue
        means = tuple(dict.fromkeys((*last.means, *span.means)))
        merged[-1] = Piece(from_at=last.from_at, to_at=max(last.to_at, span.to_at), means=means)
    return tuple(merged)
