"""Where a query matched, as people are shown it: each hit in its sentence, and what the sentence is cut to.

Must not know why a word matched (that is `standing.py`), nor what a message is made of beside.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from worker.cutting import shortened
from worker.model import Record, Run, Span
from worker.render.lines import WORD_MAX, inner, one_line
from worker.render.sentence import sentence_around

SPOTS_MOST = 6  # places shown in a text; programs get more

_SENTENCE_MAX = 300  # characters of a sentence that is shown whole
_AROUND = 90  # characters around a hit in one that is longer
_FIELDS = ("title", "category", "tags", "author", "body")  # the order in which people are shown matches


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A sentence with its hits: the field it is from, and its pieces."""

    field: str
    runs: tuple[Run, ...]


def most_telling(spans: Sequence[Span]) -> list[Span]:
    """Each word's first place, then each word's second, and so on."""
    met: Counter[tuple[str, str]] = Counter()
    ranked = []
    for span in spans:
        word = (span.field, span.text.casefold())
        met[word] += 1
        ranked.append((met[word], span))
    return [span for _, span in sorted(ranked, key=lambda pair: pair[0])]


def shown(spans: Sequence[Span], most: int = SPOTS_MOST) -> list[Span]:
    """Those that people are shown, in the order in which they read."""
    return sorted(most_telling(spans)[:most], key=_reading_order)


def _reading_order(span: Span) -> tuple[int, str, int, int]:
    rank = _FIELDS.index(span.field) if span.field in _FIELDS else len(_FIELDS)
    return rank, span.field, span.start, span.end


def excerpts(record: Record, spans: Sequence[Span]) -> Iterator[Excerpt]:
    """The sentences in which these spans (in reading order) stand; hits that share a sentence share an excerpt."""
    for field, group in _by_field(spans):
        text = field_text(record, field)
        there = [span for span in group if stands(span, text)]
        for start, end, inside in _sentences(text, there):
            yield Excerpt(field, tuple(_runs(text, start, end, inside)))
        if gone := [span for span in group if not stands(span, text)]:
            yield Excerpt(field, tuple(_bare(gone)))


def _by_field(spans: Sequence[Span]) -> Iterator[tuple[str, list[Span]]]:
    by_field: dict[str, list[Span]] = {}
    for span in spans:
        by_field.setdefault(span.field, []).append(span)
    return iter(by_field.items())


def _sentences(text: str, spans: Iterable[Span]) -> Iterator[tuple[int, int, list[Span]]]:
    """Stretches of the text with the spans in them."""
    start = end = 0
    inside: list[Span] = []
    for span in spans:
        if inside and span.start < end:
            inside.append(span)
            end = max(end, sentence_around(text, span.start, span.end)[1]) if span.end > end else end
            continue
        if inside:
            yield start, end, inside
        start, end = sentence_around(text, span.start, span.end)
        inside = [span]
    if inside:
        yield start, end, inside


def _runs(text: str, start: int, end: int, spans: Sequence[Span]) -> Iterator[Run]:
    """The sentence with its hits marked; of a long one what stands around them."""
    kept = _kept(text, start, end, spans)
    for number, (first, last) in enumerate(kept):
        if first > start:
            yield Run(" … " if number else "… ")
        yield from _marked(text, first, last, spans)
    if kept[-1][1] < end:
        yield Run(" …")


def _kept(text: str, start: int, end: int, spans: Sequence[Span]) -> list[tuple[int, int]]:
    """What of a sentence is shown, cut between words."""
    if end - start <= _SENTENCE_MAX:
        return [(start, end)]
    kept: list[tuple[int, int]] = []
    for span in spans:
        first = _after_blank(text, span.start - _AROUND, span.start) if span.start - _AROUND > start else start
        last = _before_blank(text, span.end, span.end + _AROUND) if span.end + _AROUND < end else end
        if kept and first <= kept[-1][1]:
            kept[-1] = (kept[-1][0], max(last, kept[-1][1]))
        else:
            kept.append((first, last))
    return kept


def _after_blank(text: str, start: int, end: int) -> int:
    blank = text.find(" ", start, end)
    return blank + 1 if blank >= 0 else end


def _before_blank(text: str, start: int, end: int) -> int:
    blank = text.rfind(" ", start, end)
    return blank if blank >= 0 else start


def _marked(text: str, at: int, end: int, spans: Iterable[Span]) -> Iterator[Run]:
    for span in spans:
        first = max(span.start, at)
        if first >= min(span.end, end):
            continue
        if before := inner(text[at:first]):
            yield Run(before)
        yield Run(word(text[first : span.end]), marked=True)
        at = span.end
    if behind := inner(text[at:end]):
        yield Run(behind)


def word(text: str) -> str:
    """A hit by itself: a query with NEAR may span a paragraph."""
    return shortened(one_line(text[: 8 * WORD_MAX]), WORD_MAX)


def _bare(spans: Sequence[Span]) -> Iterator[Run]:
    """Hits of which the field is a list, or which a later revision moved."""
    for number, span in enumerate(spans):
        if number:
            yield Run(" … ")
        yield Run(word(span.text), marked=True)


def field_text(record: Record, field: str) -> str:
    """A field's text, "" of what is none."""
    value: object = getattr(record, field, "") if field in Record.__slots__ else ""
    return value if isinstance(value, str) else ""


def stands(span: Span, text: str) -> bool:
    """Whether the span is where it says: a later revision may have moved it."""
    return text[span.start : span.end] == span.text
