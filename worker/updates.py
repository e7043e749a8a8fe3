"""Paragraphs that call themselves an update or a correction: "Update 14:30 Uhr: …", "+++ Update +++", "Korrektur: …".

What the label says of day and time is not part of what the paragraph says. Must not know what was there before.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from worker.numerals import Token, tokens_of
from worker.text import fold


@dataclass(frozen=True, slots=True)
class Update:
    """text: what it says behind its label; is_label: the line is the label alone, and the next one says it."""

    text: str
    is_label: bool = False


def update_of(line: str, following: Sequence[str] = ()) -> Update | None:
    """What a line of Markdown says as an update, None if it is none. following: the line behind it, if there is one."""
    head = line[:_HEAD_CHARS]
    first = _WORD.search(head)
    if first is None or fold(first[0]) not in _ALL or head[: first.start()].strip(_DECORATION):
        return None
    tokens = tokens_of(head)
    behind = _behind_stamp(head, tokens)
    end = tokens[behind - 1].end
    if tokens[0].key in _LABELS and behind == 1 and not _is_closed(line[end:]):
        return None  # "Korrektur des Haushalts beschlossen" is a sentence
    text = line[end:].lstrip(_DECORATION + ":,.!").rstrip()
    if any(letter.isalnum() for letter in text):
        return Update(text)
    return Update(following[0] if following else "", is_label=True)


_WORD = re.compile(r"[^\W_]+")
_HEAD_CHARS = 160
_DECORATION = " #>-–—*_+|[](){}•·!✨🔴📢⚠️\ufe0f"
_IN_STAMP = " ,(.–-|"
_ANYWAY = frozenset({"update"})  # whatever stands behind it
_LABELS = frozenset(
    [
        "aktualisierung",
        "nachtrag",
        "korrektur",
        "korrigiert",
        "berichtigung",
        "richtigstellung",
        "ergaenzung",
    ]
)
_ALL = _ANYWAY | _LABELS
_STAMP = frozenset(
    [
        "uhr",
        "um",
        "am",
        "vom",
        "von",
        "der",
        "stand",
        "montag",
        "dienstag",
        "mittwoch",
        "donnerstag",
        "freitag",
        "samstag",
        "sonnabend",
        "sonntag",
        "mo",
        "di",
        "mi",
        "do",
        "fr",
        "sa",
        "so",
        "morgen",
        "vormittag",
        "mittag",
        "nachmittag",
        "abend",
        "nacht",
        "heute",
        "gestern",
        "redaktion",
        "h",
    ]
)


def _behind_stamp(head: str, tokens: Sequence[Token]) -> int:
    """How many tokens are the label with its day and time. A stamp has a number, and ends before the text does: in
    "Update: 3 Verletzte" and "Update 3 Verletzte" is none.
    """
    place, end = 1, 1
    while place < len(tokens) and (tokens[place].is_number or tokens[place].key in _STAMP):
        if head[tokens[place - 1].end : tokens[place].start].strip(_IN_STAMP):
            break
        place += 1
        if tokens[place - 1].is_number or tokens[place - 1].key == "uhr":
            end = place
    is_day = all(token.is_date for token in tokens[1:end] if token.is_number)
    return end if is_day or _is_closed(head[tokens[end - 1].end :]) else 1


def _is_closed(rest: str) -> bool:
    """Whether something sets the label apart from the text: a colon, a bracket, a dash, emphasis, or the line's end."""
    bare = rest.lstrip(" ")
    return not bare or bare[0] in ":]*_+|" or bare[:2] in ("– ", "- ", "— ", "):") or bare[0] == ")"
