"""A message within the room that a service has for it: what goes first, and where it is cut.

Pure. Paragraphs of weight 3 go before those of weight 2, later ones before earlier ones; then the rest is shortened. The
link and the id stay whole as long as there is room for them alone. Must not know services.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from worker.cutting import letter_edge
from worker.dialects import ADDRESS, PLAIN, Dialect, Weigh
from worker.model import Message, Paragraph, Run

_KEPT_WHOLE = ("link", "id")
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


def fit(message: Message, room: Room) -> Fitted:
    """The message as this service takes it; title and body never weigh more than their room."""
    lines = list(message.paragraphs or _lines_of(message.text))
    if not room.title:
        return Fitted(title="", body=_body(lines, room))
    if len(lines) > 1 and lines[0].kind == "head":
        del lines[0]  # the title says it
    title = _shortened(Paragraph(kind="head", runs=(Run(message.subject),)), room.title, room)
    return Fitted(title=room.dialect.line(title), body=_body(lines, room))


def _lines_of(text: str) -> list[Paragraph]:
    """A message that has no paragraphs: its first line and its addresses are what has to stay."""
    lines = [line for line in text.splitlines() if line.strip()]
    return [
        Paragraph(kind="link", runs=(Run(line, link=line),), weight=1)
        if line.startswith(("https://", "http://"))
        else Paragraph(kind="note" if number else "head", runs=(Run(line),), weight=2 if number else 1)
        for number, line in enumerate(lines)
    ]


def _body(lines: list[Paragraph], room: Room) -> str:
    for weight in (3, 2, 1):
        _give_way(lines, weight, room)
    while lines and _weight(lines, room) > room.body:
        lines.pop(0)  # addresses beyond all measure: the id at the end is the last to go
    return room.dialect.between.join(map(room.dialect.line, lines))


def _give_way(lines: list[Paragraph], weight: int, room: Room) -> None:
    """Shorten or take away paragraphs of this weight, from the last, until the rest fits."""
    total = _weight(lines, room)
    for place in reversed(range(len(lines))):
        if total <= room.body:
            return
        line = lines[place]
        if line.weight != weight or (line.kind in _KEPT_WHOLE and weight == 1):
            continue
        before = room.weigh(room.dialect.line(line))
        left = before - (total - room.body)
        if left >= min(_WORTH_SHOWING, before // 2) and (less := _shortened(line, left, room)).runs:
            lines[place] = less
            total -= before - room.weigh(room.dialect.line(less))
        else:
            del lines[place]
            total -= before + room.weigh(room.dialect.between)


def _weight(lines: Sequence[Paragraph], room: Room) -> int:
    written = (room.weigh(room.dialect.line(line)) for line in lines)
    return sum(written) + room.weigh(room.dialect.between) * max(len(lines) - 1, 0)


def _shortened(paragraph: Paragraph, most: int, room: Room) -> Paragraph:
    """Its beginning, with "…" where it was cut; without runs if not one letter has room."""
    if room.weigh(room.dialect.line(paragraph)) <= most:
        return paragraph
    left = most - room.weigh("…")
    kept: list[Run] = []
    for run in paragraph.runs:
        weight = room.weigh(room.dialect.run(run))
        if weight > left:
            if beginning := _beginning(run, left, room):
                kept.append(beginning)
            break
        kept.append(run)
        left -= weight
    return replace(paragraph, runs=(*kept, Run("…")) if kept else ())


def _beginning(run: Run, most: int, room: Room) -> Run | None:
    """As much of a piece as has room, to the end of a letter, of a word if one ends near; half an address is none."""
    if run.text == run.link:
        return None

    def weigh(length: int) -> int:
        return room.weigh(room.dialect.run(replace(run, text=run.text[:length])))

    fits = bisect_right(range(len(run.text) + 1), most, key=weigh) - 1
    end = letter_edge(f" {run.text}", max(fits, 0) + 1) - 1  # the blank makes the very beginning an edge, too
    end = next((found.start() for found in ADDRESS.finditer(run.text) if found.start() < end < found.end()), end)
    word = run.text.rfind(" ", end * 3 // 4, end + 1)
    text = run.text[: word if word > 0 else end].rstrip()
    return replace(run, text=text) if text else None
