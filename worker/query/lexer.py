"""A query's text in tokens, in one pass from left to right. Refuses what a later version of the language will read."""

import re
from dataclasses import dataclass
from enum import StrEnum

from worker.query.faults import Fault, FaultError
from worker.query.words import keys


class Kind(StrEnum):
    """What a token is."""

    WORD = "word"
    PHRASE = "phrase"
    OPEN = "("
    CLOSE = ")"
    AND = "AND"
    OR = "OR"
    NOT = "NOT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """position: code points from the start of the query; keys: of each word in a word or phrase."""

    kind: Kind
    text: str
    position: int
    keys: tuple[tuple[str, ...], ...] = ()


def tokens(text: str) -> list[Token]:
    """Raises: FaultError."""
    found: list[Token] = []
    position = _skip(text, 0)
    while position < len(text):
        token = _token(text, position)
        found.append(token)
        position = _skip(text, position + len(token.text))
    return found


_OPERATORS = {"AND": Kind.AND, "UND": Kind.AND, "OR": Kind.OR, "ODER": Kind.OR, "NOT": Kind.NOT, "NICHT": Kind.NOT}
_CLOSING = {'"': '"“”', "„": '“”"', "“": '”“"', "”": '”"', "»": "«»", "«": "»«"}
_BLANK = re.compile(r"[\s\u200b\u2060\ufeff]*")
_WORD = re.compile(r'[^\s()"„“”»«\u200b\u2060\ufeff][^\s()"„“”»«]*')
_DASHES = "-\u2010\u2011\u2012\u2013\u2212"


def _skip(text: str, position: int) -> int:
    found = _BLANK.match(text, position)
    return found.end() if found else position


def _token(text: str, position: int) -> Token:
    sign = text[position]
    if sign in "()":
        return Token(kind=Kind(sign), text=sign, position=position)
    if sign in _CLOSING:
        return _phrase(text, position)
    if sign in _DASHES and _negates(text, position):
        return Token(kind=Kind.NOT, text=sign, position=position)
    found = _WORD.match(text, position)
    assert found is not None  # every other sign begins a word
    return _word(found.group(), position, text[found.end() : found.end() + 1])


def _negates(text: str, position: int) -> bool:
    """A dash directly before a word or group, and with nothing directly before it."""
    before, after = text[position - 1 : position], text[position + 1 : position + 2]
    return (not before or before.isspace() or before == "(") and bool(after) and not after.isspace() and after != ")"


def _phrase(text: str, position: int) -> Token:
    closing = _CLOSING[text[position]]
    end = next((at for at in range(position + 1, len(text)) if text[at] in closing), 0)
    if not end:
        raise FaultError(Fault.UNCLOSED_QUOTE, position)
    whole, inside = text[position : end + 1], text[position + 1 : end]
    if _WILDCARD.search(inside.replace("?", "")):
        raise FaultError(Fault.LATER_WILDCARD, position, whole)
    if text[end + 1 : end + 2] == "~":
        raise FaultError(Fault.LATER_DISTANCE, end + 1)
    words = keys(inside)
    if not words:
        raise FaultError(Fault.NO_WORD, position, whole)
    return Token(kind=Kind.PHRASE, text=whole, position=position, keys=words)


def _word(word: str, position: int, after: str) -> Token:
    if word in _OPERATORS:
        return Token(kind=_OPERATORS[word], text=word, position=position)
    if fault := _refused(word, after):
        raise FaultError(fault, position, word)
    words = keys(word)
    if not words:
        raise FaultError(Fault.NO_WORD, position, word)
    return Token(kind=Kind.WORD, text=word, position=position, keys=words)


# -- what must not be misread -----------------------------------------------------------------------------------------

_WILDCARD = re.compile(r"\*(?!in(?:nen)?\b)|\?")  # but for Schüler*innen
_NEAR = re.compile(r"(?:O?NEAR|NAHE|W|N|PRE)/[0-9]*[a-z]?|O?NEAR", re.ASCII)
_FIELD = re.compile(r"([^\W\d_]{2,30}):(?!//)(.*)", re.DOTALL)
_FIELDS = frozenset(
    [
        *("title", "titel", "body", "text", "category", "kategorie", "tag", "tags", "schlagwort", "site", "source"),
        *("quelle", "author", "autor", "url", "agency", "agentur"),
    ]
)
_GENDER_ENDING = re.compile(r"in(?:nen)?\b", re.IGNORECASE)
_PATTERN = re.compile(r"/.+/[a-z]*", re.DOTALL)
_OTHER_SIGN = re.compile(r"!\w|.*\||&&|[" + _DASHES + "]{2}|" + "[" + _DASHES + r"]\w", re.DOTALL)


def _refused(word: str, after: str) -> Fault | None:
    """Why a word is none; after: the sign behind it."""
    if _NEAR.fullmatch(word):
        return Fault.LATER_NEAR
    if word.startswith("=") and (len(word) > 1 or after):
        return Fault.LATER_EXACT
    if _PATTERN.fullmatch(word):
        return Fault.LATER_PATTERN
    if _is_field(word, after):
        return Fault.LATER_FIELD
    if _WILDCARD.search(word):
        return Fault.LATER_WILDCARD
    if "~" in word:
        return Fault.LATER_DISTANCE
    return Fault.OTHER_SIGN if _OTHER_SIGN.match(word) else None


def _is_field(word: str, after: str) -> bool:
    found = _FIELD.fullmatch(word)
    if found is None:
        return False
    if found.group(1).lower() in _FIELDS:
        return True
    rest = found.group(2) or after.strip(" )")
    return bool(rest) and not _GENDER_ENDING.match(rest)
