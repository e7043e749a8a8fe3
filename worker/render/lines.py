"""Foreign text in lines of our own: what every kind of message is put together from.

Owns how long a line, a name and a subject may be, and how paragraphs become a message. Must not know what is told.
"""

from collections.abc import Iterable

from worker.cutting import shortened
from worker.markup import plain
from worker.model import Message, Paragraph, Run
from worker.text import clean

SUBJECT_MAX = 200  # characters; below the 998 bytes of a mail header in any script
LINE_MAX = 400  # characters of a line of foreign text
WORD_MAX = 120  # characters of one match; a query with NEAR may span a paragraph

_NAME_MAX = 60  # characters of a subscription's name in a subject


def one_line(text: str) -> str:
    """Foreign text as one line that no terminal and no mail header misreads."""
    return clean(text).encode("utf-8", "replace").decode()


def short(text: str, most: int = LINE_MAX) -> str:
    """The same, of limited length; of a longer text no more is read than can be shown."""
    return shortened(one_line(text[: 8 * most]), most)


def inner(text: str) -> str:
    """The same for a piece out of a line, which keeps a blank at either end."""
    line = one_line(text)
    if not line:
        return " " if text else ""
    return f"{' ' if text[0].isspace() else ''}{line}{' ' if text[-1].isspace() else ''}"


def name_of(subscription: str) -> str:
    """A subscription's name, short enough to leave room for a title."""
    return short(subscription, _NAME_MAX)


def subject_of(text: str) -> str:
    """A subject: one line, at most `SUBJECT_MAX` characters."""
    return short(text, SUBJECT_MAX)


def message(subject: str, paragraphs: Iterable[Paragraph], payload: bytes) -> Message:
    """The message of these paragraphs, without those in which nothing stands; the text is the same, line by line."""
    said = tuple(one for one in paragraphs if any(run.text for run in one.runs))
    return Message(subject=subject, text="\n".join(map(plain, said)), payload=payload, paragraphs=said)


def runs(text: str, link: str = "") -> tuple[Run, ...]:
    """Text that is already one line, as the runs of a paragraph."""
    return (Run(text, link=link),)
