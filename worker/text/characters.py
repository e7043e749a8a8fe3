"""Characters: the order of work on running text, folding for comparison, entities.

Source of the list of removed characters: the record format. Knows nothing of tags.
"""

import html as entities
import re
import unicodedata


def clean(text: str) -> str:
    """Make running text one line: white space to single blanks, invisible and control characters out, NFC."""
    text = " ".join(text.split())
    if _is_usual(text):
        return text
    return " ".join(_composed(_INVISIBLE.sub("", text)).split())


def fold(text: str) -> str:
    """Reduce text to what is compared: case, umlauts (ä = ae), ß (= ss), accents, NFC or NFD make no difference."""
    if text.isascii():
        return text.lower()
    is_usual = _is_usual(text)
    if not is_usual:
        text = _composed(_INVISIBLE.sub("", text))
    text = text.casefold() if is_usual else unicodedata.normalize("NFC", text.casefold())
    for letter, plain in _LETTERS:  # a third of the time of `translate`
        text = text.replace(letter, plain)
    taken_apart = unicodedata.normalize("NFD", text)
    return text if is_usual and taken_apart == text else _MARKS.sub("", taken_apart)


def decode(text: str) -> str:
    """Decode HTML entities once. Numbers that name no character vanish, two surrogates become their character."""
    return entities.unescape(sound(text)) if "&" in text else text


def sound(html: str) -> str:
    """Take out what no parser of HTML accepts: lone surrogates, NUL, and references to them."""
    if not html.isascii():
        html = html.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return _ODD_REFERENCE.sub(_mended, html.replace("\0", ""))


# What most texts are made of: nothing invisible, no marks that could be composed or that folding brings up (İ).
_UNUSUAL = re.compile("[^ -~\n\xa1-\xac\xae-\u012f\u0131-\u017e\u2010-\u2027\u2030-\u205e\u20ac]")


def _is_usual(text: str) -> bool:
    """Whether cleaning would change nothing but white space; half the time of doing it."""
    return _UNUSUAL.search(text) is None


# U+200C, U+200D and U+FE0F are not in it: emoji need them.
_INVISIBLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]+"
)
_LETTERS = (
    *(("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("æ", "ae"), ("œ", "oe"), ("þ", "th")),
    *(("ø", "o"), ("ł", "l"), ("đ", "d"), ("ð", "d"), ("ı", "i"), ("ħ", "h"), ("ŧ", "t")),
)
_MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]+")


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", _LONG_RUN.sub(_stream_safe, text))


# Sorting combining marks is quadratic (7 s for 80,000 of them), so no more than 30 in a row are kept: Unicode's
# stream-safe text format, UAX #15. The pattern only finds the places that deserve a look.
_LONG_RUN = re.compile(r"[^\w\s\x00-\u02ff]{31,}")


def _stream_safe(run: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for char in run[0]:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= 30:
            kept.append(char)
    return "".join(kept)


# Two halves of a surrogate pair, or one number (Python refuses to read numbers of more than 4,300 digits).
_ODD_REFERENCE = re.compile(
    r"&#[xX][dD][89abAB][0-9a-fA-F]{2};&#[xX][dD][c-fC-F][0-9a-fA-F]{2};?"
    r"|&#5[56]\d{3};&#5[67]\d{3};?|&#(?:[xX][0-9a-fA-F]+|\d+);?"
)


def _mended(reference: re.Match[str]) -> str:
    codes = [_code(number) for number in reference[0].rstrip(";").split(";")]
    if len(codes) == 2:
        return "".join(map(chr, codes)).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    is_character = 0 < codes[0] < 0xD800 or 0xE000 <= codes[0] <= 0x10FFFF
    return reference[0] if is_character else ""


def _code(reference: str) -> int:
    digits = reference[2:]
    base = 10
    if digits[0] in "xX":
        digits, base = digits[1:], 16
    return int(digits.lstrip("0")[:8] or "0", base)
