"""Where a query matched, as people are shown it: each hit in its sentence, and what the sentence is cut to.

Must not know why a word matched (that is `standing.py`), nor what a message is made of beside.
"""

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
    """A sentence with its hits: the field it is from, its pieces, and how many hits are in it."""

    field: str
    runs: tuple[Run, ...]
    hits: int


def most_telling(spans: Sequence[Span]) -> list[Span]:
    """Each word's first place, then each word's second, and so on."""
    met: dict[tuple[str, str], int] = {}
    rounds: list[list[Span]] = []
    for span in spans:
        word = (span.field, span.text.casefold())
        number = met.get(word, 0)
        met[word] = number + 1
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(span)
    return [span for one in rounds for span in one]


def shown(spans: Sequence[Span], most: int = SPOTS_MOST) -> list[Span]:
    """Those that people are shown, in the order in which they read."""
    return sorted(most_telling(spans)[:most], key=_reading_order)


def _reading_order(span: Span) -> tuple[int, str, int, int]:
    rank = _FIELDS.index(span.field) if span.field in _FIELDS else len(_FIELDS)
    return rank, span.field, span.start, span.end


def excerpts(record: Record, telling: Sequence[Span], spans: Sequence[Span]) -> Iterator[Excerpt]:
    """The sentences in which these hits (in reading order) stand, with all hits that are in them marked.

    Hits that share a sentence share an excerpt. spans: all there are.
    """
    for field in dict.fromkeys(span.field for span in telling):
        text = field_text(record, field)
        group = [span for span in telling if span.field == field]
        there = sorted((one for one in spans if one.field == field and stands(one, text)), key=_place)
        for start, end, inside in _sentences(text, [span for span in group if stands(span, text)]):
            yield _excerpt(field, text, _kept(text, start, end, inside), there, whole=(start, end))
        if gone := [span for span in group if not stands(span, text)]:
            yield Excerpt(field, tuple(_bare(gone)), len(gone))


def _place(span: Span) -> tuple[int, int]:
    return span.start, span.end


def _excerpt(
    field: str, text: str, kept: Sequence[tuple[int, int]], spans: Sequence[Span], *, whole: tuple[int, int]
) -> Excerpt:
    """What is kept of a sentence; whole: where it begins and ends."""
    found: list[Run] = []
    count = 0
    for number, (first, last) in enumerate(kept):
        inside = [span for span in spans if first <= span.start < last]
        count += len(inside)
        if first > whole[0]:
            found.append(Run(" … " if number else "… "))
        found += _marked(text, first, last, inside)
    if kept[-1][1] < whole[1]:
        found.append(Run(" …"))
    return Excerpt(field, tuple(found), count)


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
        first, last = max(span.start, at), min(span.end, end)
        if first >= last:
            continue
        if before := inner(text[at:first]):
            yield Run(before)
        yield Run(word_of(text[first:last]), marked=True)
        at = last
    if behind := inner(text[at:end]):
        yield Run(behind)


def word_of(text: str) -> str:
    """A hit by itself: a query with NEAR may span a paragraph."""
    return shortened(one_line(text[: 8 * WORD_MAX]), WORD_MAX)


def _bare(spans: Sequence[Span]) -> Iterator[Run]:
    """Hits of which the field is a list, or which a later revision moved."""
    for number, span in enumerate(spans):
        if number:
            yield Run(" … ")
        yield Run(word_of(span.text), marked=True)


def field_text(record: Record, field: str) -> str:
    """A field's text, "" of what is none."""
    value: object = getattr(record, field, "") if field in Record.__slots__ else ""
    return value if isinstance(value, str) else ""


def stands(span: Span, text: str) -> bool:
    """Whether the span is where it says: a later revision may have moved it."""
    return text[span.start : span.end] == span.text
