"""A follow-up in words: that an article which was told of has changed, and what changed in it.

Must not know which changes deserve one.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from worker.model import Alert, EditChange, Paragraph, Run
from worker.render import people
from worker.render.lines import name_of, short, subject_of
from worker.wording import Wording

_CHANGES_MOST = 10
_QUOTED_MAX = 600  # characters of what stood there before, or stands there now


def subject(alert: Alert, wording: Wording) -> str:
    """The first alert's subject again, so that mail programs put both into one thread."""
    first = next((change.before for change in alert.changes if change.kind == "title" and change.before), None)
    title = short(first) if first else people.title(alert.record.record, wording)
    said = wording.say("alert_subject", subscription=name_of(alert.subscription), title=title)
    return subject_of(f"Re: {said}")


def paragraphs(alert: Alert, now: datetime, wording: Wording) -> Iterator[Paragraph]:
    """What is new comes first; the hits are those that the article has now."""
    record = alert.record.record
    head = wording.say("follow_up", subscription=name_of(alert.subscription), title=people.title(record, wording))
    yield Paragraph(kind="head", runs=(Run(subject_of(head)),), weight=1)
    yield from changes(alert, wording)
    yield from people.article(record, now, wording)
    yield from people.matched(alert, wording)
    yield from people.copies(alert.also, wording)
    yield from people.closing(alert, wording)


def changes(alert: Alert, wording: Wording) -> Iterator[Paragraph]:
    """Each change with what stood there before and what stands there now."""
    for change in alert.changes[:_CHANGES_MOST]:
        yield Paragraph(kind="note", runs=(Run(wording.say(f"changed_{change.kind}")),), weight=1)
        yield from _quoted(change, wording)
    if (more := len(alert.changes) - _CHANGES_MOST) > 0:
        yield Paragraph(kind="note", runs=(Run(wording.count("alert_more_changes", more)),), weight=3)


def _quoted(change: EditChange, wording: Wording) -> Iterator[Paragraph]:
    """The words that differ are marked."""
    if change.kind in ("withdrawn", "returned"):
        return
    before, after = short(change.before, _QUOTED_MAX), short(change.after, _QUOTED_MAX)
    if before:
        yield _line("changed_before", before, after, wording)
    if after:
        yield _line("changed_after", after, before, wording)


def _line(name: Literal["changed_before", "changed_after"], text: str, other: str, wording: Wording) -> Paragraph:
    label = wording.say("changed_before") if name == "changed_before" else wording.say("changed_after")
    return Paragraph(kind="hit", runs=(Run(f"{label} "), *_differing(text, other)))


def _differing(text: str, other: str) -> Iterator[Run]:
    """The text with the stretch of words marked in which it differs from the other."""
    words, others = text.split(" "), other.split(" ") if other else []
    same = _common(words, others)
    tail = _common(words[same:][::-1], others[same:][::-1])
    pieces = (words[:same], words[same : len(words) - tail], words[len(words) - tail :])
    if not others or not pieces[1]:
        yield Run(text)
        return
    head, middle, rest = (" ".join(piece) for piece in pieces)
    if head:
        yield Run(f"{head} ")
    yield Run(middle, marked=True)
    if rest:
        yield Run(f" {rest}")


def _common(words: list[str], others: list[str]) -> int:
    """How many words are the same at the beginning."""
    count = 0
    for word, other in zip(words, others, strict=False):
        if word != other:
            break
        count += 1
    return count
