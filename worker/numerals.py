"""The words and numbers of German text as they are compared: a number is the same in every spelling.

"1.000", "1 000" and "tausend" are one, so are "1,50" and "1,5", "14 Uhr" and "14.00 Uhr", "3. Dezember" and "03.12.",
"fünf" and "5"; "ein" is an article and no number. Must not know what a difference means. Time grows with the text only.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from worker.text import fold


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a number. key: what is compared; start, end: its place in the text; is_date: a day or a time of day."""

    key: str
    start: int
    end: int
    is_number: bool = False
    is_date: bool = False


def tokens_of(text: str) -> list[Token]:
    """The words and numbers of one line of text, in order; everything between them is typography."""
    found = list(_TOKEN.finditer(text))
    words = [fold(match[0]) for match in found]
    tokens: list[Token] = []
    place = 0
    while place < len(found):
        read = list(_read(words, place))
        last = place + read[0].taken - 1
        start, end = found[place].start(), found[last].end()
        tokens += [Token(one.key, start, end, one.is_number, one.is_date) for one in read]
        place = last + 1
    return tokens


def is_same_number(one: Token, other: Token) -> bool:
    """Equal, or the same day once with and once without its year."""
    longer, shorter = sorted((one.key, other.key), key=len, reverse=True)
    return one.key == other.key or (one.is_date and other.is_date and longer.startswith(f"{shorter}."))


@dataclass(frozen=True, slots=True)
class _Read:
    """A token before it has its place. taken: how many words of the text it is made of."""

    key: str
    taken: int = 1
    is_number: bool = False
    is_date: bool = False


_TOKEN = re.compile(r"\d{1,3}(?: \d{3})+(?![\d.,:])|\d+(?:[.,:]\d+)*|[^\W\d_]+")
_MOST_DIGITS = 18  # longer ones are names of something, not counts

_ONES = ("ein", "zwei", "drei", "vier", "fuenf", "sechs", "sieben", "acht", "neun")
_TEENS = ("zehn", "elf", "zwoelf", "dreizehn", "vierzehn", "fuenfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn")
_TENS = ("zwanzig", "dreissig", "vierzig", "fuenfzig", "sechzig", "siebzig", "achtzig", "neunzig")


def _number_words() -> Iterator[tuple[str, int]]:
    yield from (
        ("null", 0),
        ("eins", 1),
        ("hundert", 100),
        ("einhundert", 100),
        ("tausend", 1000),
        ("eintausend", 1000),
    )
    yield from zip(_ONES[1:], range(2, 10), strict=True)
    yield from zip(_TEENS, range(10, 20), strict=True)
    for value, ten in enumerate(_TENS, 2):
        yield ten, value * 10
        yield from ((f"{one}und{ten}", value * 10 + unit) for unit, one in enumerate(_ONES, 1))
    yield from ((f"{one}{word}", unit * size) for unit, one in enumerate(_ONES[1:], 2) for word, size in _POWERS)


_POWERS = (("hundert", 100), ("tausend", 1000))
_WORDS: Mapping[str, int] = dict(_number_words())
_SCALES: Mapping[str, int] = {
    **dict.fromkeys(("tsd",), 1000),
    **dict.fromkeys(("tausend",), 1000),
    **dict.fromkeys(("mio", "million", "millionen"), 1_000_000),
    **dict.fromkeys(("mrd", "milliarde", "milliarden"), 1_000_000_000),
}
_MONTHS: Mapping[str, int] = {
    name: number
    for number, names in enumerate(
        (
            *("januar jaenner jan", "februar feb", "maerz mrz", "april apr", "mai", "juni jun", "juli jul"),
            *("august aug", "september sept sep", "oktober okt", "november nov", "dezember dez"),
        ),
        1,
    )
    for name in names.split()
}
# "Fünfjähriger" is a "5-Jähriger".
_WITH_NUMBER = re.compile(r"(\w{3,20}?)((?:jaehrig|koepfig|stuendig|taegig|woechig|monatig|stellig|fach|mal)\w{0,3})")
_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})(?:\.(\d{2}|\d{4}))?")
_THOUSANDS = re.compile(r"\d{1,3}(?:[. ]\d{3})+(?:,\d+)?")


def _read(words: Sequence[str], place: int) -> Iterator[_Read]:
    word = words[place]
    if word[0].isdigit():
        yield _numeral(words, place)
        return
    following = words[place + 1 : place + 2]
    if word in _WORDS:
        yield _scaled(Decimal(_WORDS[word]), following)
    elif (made := _WITH_NUMBER.fullmatch(word)) and made[1] in _WORDS:
        yield _Read(str(_WORDS[made[1]]), is_number=True)
        yield _Read(made[2])
    else:
        yield _Read(word)


def _numeral(words: Sequence[str], place: int) -> _Read:
    """Digits with what follows them: a month, a year, a scale, the word for a time of day."""
    word, following = words[place], words[place + 1 : place + 3]
    if len(word) > _MOST_DIGITS or not word.isascii():
        return _Read(word, is_number=True)
    if following[:1] == ["uhr"] and "," not in word:
        parts = [*re.split("[.:]", word), "00"]
        return _Read(":".join(part.lstrip("0") or "0" for part in parts[:2]), is_number=True, is_date=True)
    if following and following[0] in _MONTHS and word.isdecimal() and len(word) <= 2:
        year = [part for part in following[1:] if part.isdecimal() and len(part) == 4]
        day = ".".join([word.lstrip("0") or "0", str(_MONTHS[following[0]]), *year])
        return _Read(day, taken=2 + len(year), is_number=True, is_date=True)
    if ":" in word:
        return _Read(":".join(part.lstrip("0") or "0" for part in word.split(":")), is_number=True)
    if (day_of := _DAY.fullmatch(word)) and int(day_of[1]) <= 31 and 0 < int(day_of[2]) <= 12:
        year = [f"20{day_of[3]}"[-4:]] if day_of[3] else []
        return _Read(".".join([str(int(day_of[1])), str(int(day_of[2])), *year]), is_number=True, is_date=True)
    plain = word.replace(".", "").replace(" ", "") if _THOUSANDS.fullmatch(word) else word
    if plain.count(",") + plain.count(".") > 1:
        return _Read(plain, is_number=True)
    return _scaled(Decimal(plain.replace(",", ".")), following)


def _scaled(value: Decimal, following: Sequence[str]) -> _Read:
    """With "Millionen" behind it, it is so many."""
    scale = _SCALES.get(following[0]) if following else None
    value = value * scale if scale else value
    digits = format(value, "f")
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return _Read(digits.lstrip("0") or "0", taken=2 if scale else 1, is_number=True)
