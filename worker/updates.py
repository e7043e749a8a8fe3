"""Paragraphs that call themselves an update or a correction: "Update 14:30 Uhr: …", "+++ Update +++", "Korrektur: …".

What the label says of day and time is not part of what the paragraph says. Must not know what was there before.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.numerals import Token, tokens_of


@dataclass(frozen=True, slots=True)
class Update:
    """text: what it says behind its label; is_label: the line is the label alone, and the next one says it."""

    text: str
    is_label: bool = False


def update_of(line: str, following: Sequence[str] = ()) -> Update | None:
    """What a line of Markdown says as an update, None if it is none. following: the line behind it, if there is one."""
    head = line[:_HEAD_CHARS]
    tokens = tokens_of(head)
    if not tokens or tokens[0].key not in (_ANYWAY | _LABELS) or head[: tokens[0].start].strip(_DECORATION):
        return None
    behind = _behind_stamp(tokens)
    end = tokens[behind - 1].end
    if tokens[0].key in _LABELS and behind == 1 and not _is_closed(line[end:]):
        return None  # "Korrektur des Haushalts beschlossen" is a sentence
    text = line[end:].lstrip(_DECORATION + ":,.!").rstrip()
    if any(letter.isalnum() for letter in text):
        return Update(text)
    return Update(following[0] if following else "", is_label=True)


_HEAD_CHARS = 160
_DECORATION = " #>-–—*_+|[](){}•·!✨🔴📢⚠️\ufe0f"
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
        "eilupdate",
        "liveupdate",
    ]
)
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


def _behind_stamp(tokens: Sequence[Token]) -> int:
    """How many tokens are the label with its day and time. Words alone are no stamp: "Update am Abend: …" is one only
    because a number or a colon would follow, "Update der Software" is none.
    """
    stamp = 1
    last_number = 1
    while stamp < len(tokens) and (tokens[stamp].is_number or tokens[stamp].key in _STAMP):
        stamp += 1
        if tokens[stamp - 1].is_number or tokens[stamp - 1].key == "uhr":
            last_number = stamp
    return last_number


def _is_closed(rest: str) -> bool:
    """Whether something sets the label apart from the text: a colon, a bracket, a dash, emphasis, or the line's end."""
    bare = rest.lstrip(" ")
    return not bare or bare[0] in ":]*_+|" or bare[:2] in ("– ", "- ", "— ", "):") or bare[0] == ")"
