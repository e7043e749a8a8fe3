"""A message within the room that a service has for it: what goes first, and where it is cut.

Pure. Paragraphs of weight 3 go before those of weight 2, later ones before earlier ones; then the rest is shortened. The
link and the id stay whole as long as there is room for them alone. Must not know services.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from worker.cutting import letter_edge
from worker.dialects import ADDRESS, PLAIN, Dialect, Weigh
from worker.model import Message, Paragraph, Run

_KEPT_WHOLE = ("link", "id")
_BEHIND = ("why", "id")  # what stands behind a list of articles
_WORTH_SHOWING = 24  # of a shortened paragraph at least so much is left, or it goes as a whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much a service takes, by its own count. title: 0 = it has no titles, the first line says what it is about."""

    body: int
    title: int = 0
    weigh: Weigh = len
    dialect: Dialect = PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What is handed over: written and within the room."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class _Line:
    """A paragraph, written once. weighs: by the service's count, without what parts it from the next."""

    paragraph: Paragraph
    written: str
    weighs: int


def fit(message: Message, room: Room) -> Fitted:
    """The message as this service takes it; title and body never weigh more than their room."""
    paragraphs = message.paragraphs or tuple(_lines_of(message.text))
    if not room.title:
        return Fitted(title="", body=_body(paragraphs, room))
    if len(paragraphs) > 1 and paragraphs[0].kind == "head":
        paragraphs = paragraphs[1:]  # the title says it
    title = _line(Paragraph(kind="head", runs=(Run(message.subject),)), room)
    return Fitted(title=_shortened(title, room.title, room).written, body=_body(paragraphs, room))


def _lines_of(text: str) -> Iterator[Paragraph]:
    """A message that has no paragraphs: its first line and its addresses are what has to stay."""
    for number, line in enumerate(one for one in text.splitlines() if one.strip()):
        if line.startswith(("https://", "http://")):
            yield Paragraph(kind="link", runs=(Run(line, link=line),), weight=1)
        else:
            yield Paragraph(kind="note" if number else "head", runs=(Run(line),), weight=2 if number else 1)


def _body(paragraphs: Sequence[Paragraph], room: Room) -> str:
    lines = [_line(paragraph, room) for paragraph in paragraphs]
    _give_way(lines, 3, room)
    _leave_out(lines, room)
    for weight in (2, 1):
        _give_way(lines, weight, room)
    while lines and _total(lines, room) > room.body:
        lines.pop(0)  # addresses beyond all measure: the id at the end is the last to go
    return room.dialect.between.join(line.written for line in lines)


def _line(paragraph: Paragraph, room: Room) -> _Line:
    written = room.dialect.line(paragraph)
    return _Line(paragraph, written, room.weigh(written))


def _give_way(lines: list[_Line], weight: int, room: Room) -> None:
    """Shorten or take away paragraphs of this weight, from the last, until the rest fits."""
    total, between = _total(lines, room), room.weigh(room.dialect.between)
    for place in reversed(range(len(lines))):
        if total <= room.body:
            return
        line = lines[place]
        if line.paragraph.weight != weight or (weight == 1 and line.paragraph.kind in _KEPT_WHOLE):
            continue
        left = line.weighs - (total - room.body)
        less = _shortened(line, left, room) if left >= min(_WORTH_SHOWING, line.weighs // 2) else None
        if less and less.written:
            lines[place] = less
            total -= line.weighs - less.weighs
        else:
            del lines[place]
            total -= line.weighs + between


def _leave_out(lines: list[_Line], room: Room) -> None:
    """Of a list of articles the last ones go, each as a whole, and their number stands in their place."""
    starts = [place for place, line in enumerate(lines) if line.paragraph.kind == "item"]
    if len(starts) < 2 or (total := _total(lines, room)) <= room.body:
        return
    end = next((n for n in range(starts[-1], len(lines)) if _is_behind(lines[n].paragraph)), len(lines))
    between, note = room.weigh(room.dialect.between), _more(len(starts), room)
    edges = [*starts, end]
    kept = len(starts)
    total += note.weighs + between
    while kept and total > room.body:
        kept -= 1
        total -= sum(line.weighs + between for line in lines[edges[kept] : edges[kept + 1]])
    lines[edges[kept] : end] = [_more(len(starts) - kept, room)]


def _is_behind(paragraph: Paragraph) -> bool:
    """Not one of the list's any more: an article of a list has a link that may go."""
    return paragraph.kind in _BEHIND or (paragraph.kind == "link" and paragraph.weight == 1)


def _more(number: int, room: Room) -> _Line:
    return _line(Paragraph(kind="note", runs=(Run(f"… +{number}"),), weight=1), room)


def _total(lines: Sequence[_Line], room: Room) -> int:
    return sum(line.weighs for line in lines) + room.weigh(room.dialect.between) * max(len(lines) - 1, 0)


def _shortened(line: _Line, most: int, room: Room) -> _Line:
    """Its beginning, with "…" where it was cut; empty if not one letter has room."""
    if line.weighs <= most:
        return line
    left = most - room.weigh("…")
    kept: list[Run] = []
    for run in line.paragraph.runs:
        weighs = room.weigh(room.dialect.run(run))
        if weighs > left:
            if beginning := _beginning(run, left, room):
                kept.append(beginning)
            break
        kept.append(run)
        left -= weighs
    return _line(replace(line.paragraph, runs=(*kept, Run("…")) if kept else ()), room)


def _beginning(run: Run, most: int, room: Room) -> Run | None:
    """As much of a piece as has room, to the end of a letter, of a word if one ends near; half an address is none."""
    if run.text == run.link:
        return None
    text = run.text[: max(most, 0) + 1]  # no letter weighs less than 1

    def weigh(length: int) -> int:
        return room.weigh(room.dialect.run(replace(run, text=text[:length])))

    fits = bisect_right(range(len(text) + 1), most, key=weigh) - 1
    end = letter_edge(f" {text}", max(fits, 0) + 1) - 1  # the blank makes the very beginning an edge, too
    end = next((found.start() for found in ADDRESS.finditer(text) if found.start() < end < found.end()), end)
    word = text.rfind(" ", end * 3 // 4, end + 1)
    beginning = text[: word if word > 0 else end].rstrip()
    return replace(run, text=beginning) if beginning else None
