"""A query's text in tokens, in one pass from left to right. What cannot be a word or operator is refused here."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from worker.query.faults import Fault, FaultError


class Kind(StrEnum):
    """What a token is; the names are the grammar's."""

    WORD = "WORD"
    PHRASE = "PHRASE"
    FIELD = "FIELD"
    OPEN = "OPEN"
    CLOSE = "CLOSE"
    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    NEAR = "NEAR"


OPERATORS = (Kind.AND, Kind.OR, Kind.NOT, Kind.NEAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """position: code points from the start of the query; text: as typed; inside: of a word or phrase what is looked for.

    exact: with `=` before it. field: the scope of a FIELD. distance, ordered: of NEAR, or behind a phrase's `~`.
    """

    kind: Kind
    text: str
    position: int
    inside: str = ""
    exact: bool = False
    field: str = ""
    distance: int = 0
    ordered: bool = False


FIELDS = {
    **dict.fromkeys(("title", "titel"), "title"),
    **dict.fromkeys(("body", "text"), "body"),
    **dict.fromkeys(("category", "kategorie", "rubrik"), "category"),
    **dict.fromkeys(("tag", "tags", "schlagwort"), "tag"),
    **dict.fromkeys(("author", "autor"), "author"),
    **dict.fromkeys(("source", "quelle"), "source"),
    **dict.fromkeys(("agency", "agentur"), "agency"),
    **dict.fromkeys(("ai", "ki"), "ai"),
    "url": "url",
}
MAX_DISTANCE = 50


def tokens(text: str) -> list[Token]:
    """Raises: FaultError."""
    found: list[Token] = []
    position = _skip(text, 0)
    while position < len(text):
        if (
            text[position] == "&" and not text[position + 1 : position + 2].strip()
        ):  # Müller & Söhne: a blank says the same
            position = _skip(text, position + 1)
            continue
        if found and found[-1].kind is Kind.FIELD and text[position] in _DASHES:
            raise FaultError(Fault.NEGATION_IN_FIELD, position, found[-1].text)
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
        return Token(kind=Kind.OPEN if sign == "(" else Kind.CLOSE, text=sign, position=position)
    if sign in _CLOSING or (sign == "=" and text[position + 1 : position + 2] in _CLOSING and position + 1 < len(text)):
        return _phrase(text, position, exact=sign == "=")
    if sign in _DASHES and _negates(text, position):
        return Token(kind=Kind.NOT, text=sign, position=position)
    found = _WORD.match(text, position)
    assert found is not None  # every other sign begins a word
    return _word(found[0], position, text[found.end() : found.end() + 1])


def _negates(text: str, position: int) -> bool:
    """A dash directly before a word or group, and with nothing directly before it."""
    before, after = text[position - 1 : position], text[position + 1 : position + 2]
    return (not before or before.isspace() or before == "(") and bool(after) and not after.isspace() and after != ")"


# -- phrases ------------------------------------------------------------------------------------------------------------

_TILDE = re.compile(r"~([0-9]*)", re.ASCII)


def _phrase(text: str, position: int, *, exact: bool) -> Token:
    opening = position + exact
    closing = _CLOSING[text[opening]]
    end = next((at for at in range(opening + 1, len(text)) if text[at] in closing), 0)
    if not end:
        raise FaultError(Fault.UNCLOSED_QUOTE, opening)
    whole, inside = text[position : end + 1], text[opening + 1 : end]
    distance = 0
    if tilde := _TILDE.match(text, end + 1):
        distance = _distance(tilde[1], end + 1, tilde[0])
        whole += tilde[0]
    return Token(kind=Kind.PHRASE, text=whole, position=position, inside=inside, exact=exact, distance=distance)


def _distance(digits: str, position: int, shown: str) -> int:
    if not digits:
        raise FaultError(Fault.NEAR_WITHOUT_NUMBER, position, shown)
    number = int(digits[:9])
    if not 1 <= number <= MAX_DISTANCE:
        raise FaultError(Fault.NEAR_TOO_FAR, position, str(MAX_DISTANCE))
    return number


# -- words, operators, fields -------------------------------------------------------------------------------------------

_NEAR = re.compile(r"(?P<name>O?NEAR|W|NAHE)/(?P<n>[0-9]*)|(?:O?NEAR|NAHE)(?:/.*)?", re.ASCII | re.DOTALL)
_FIELD = re.compile(r"([^\W\d_]{2,30}):(?!//)(.*)", re.DOTALL)
_GENDER_ENDING = re.compile(r"in(?:nen)?\b", re.IGNORECASE)
_REGEX = re.compile(r"/.+/[a-z]*", re.DOTALL)
_OTHER_SIGN = re.compile(r"!\w|.*\||&&|[" + _DASHES + "]{2}|" + "[" + _DASHES + r"]\w", re.DOTALL)


def _word(word: str, position: int, after: str) -> Token:
    """after: the sign behind it."""
    if word in _OPERATORS:
        return Token(kind=_OPERATORS[word], text=word, position=position)
    if found := _NEAR.fullmatch(word):
        distance = _distance(found["n"] or "", position, word)
        return Token(kind=Kind.NEAR, text=word, position=position, distance=distance, ordered=found["name"] == "ONEAR")
    if field := _field(word, position, after):
        return field
    if word in _DASHES:
        raise FaultError(Fault.LONE_DASH, position)
    if _REGEX.fullmatch(word):
        raise FaultError(Fault.REGEX, position, word)
    if _OTHER_SIGN.match(word):
        raise FaultError(Fault.OTHER_SIGN, position, word)
    exact = word.startswith("=")
    return Token(kind=Kind.WORD, text=word, position=position, inside=word[exact:], exact=exact)


def _field(word: str, position: int, after: str) -> Token | None:
    found = _FIELD.fullmatch(word)
    if found is None:
        return None
    name, rest = found.groups()
    if name.lower() in FIELDS:
        return Token(kind=Kind.FIELD, text=f"{name}:", position=position, field=FIELDS[name.lower()])
    if (rest or after.strip(" )")) and not _GENDER_ENDING.match(rest):
        nearest = get_close_matches(name.lower(), FIELDS, n=1)
        raise FaultError(Fault.UNKNOWN_FIELD, position, name, f"{nearest[0]}:" if nearest else "")
    return None
