"""What an edit changed, materially: what somebody who was told of an article must be told again.

Material are another title, another number, and a new paragraph that calls itself an update or a correction. Not material
are typography, order, other words, further paragraphs, what an article says of its own making (AI notice, "Stand: …"),
and a full text that takes the place of an excerpt. Sentences are compared, wherever they stand. Must not know who is told.

Bounded: sentences that stayed are found by a dictionary; of the rest 50,000 characters a side are read, and 80 sentences
a side compared one by one. What an article changes beyond that is not told.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeVar

from worker.model import EditChange, Record
from worker.numerals import Token, is_same_number, tokens_of
from worker.provenance import ai_notice_of
from worker.text import clean
from worker.updates import Update, update_of

QUOTE_MAX = 400  # characters of what a change quotes
CHANGES_MOST = 12  # told of one edit

_READ_MOST = 50_000  # characters of changed sentences on each side, twenty pages of a newspaper
_COMPARED_MOST = 80  # sentences on each side that are compared one by one
_WORDS_MOST = 80  # of each of them
_STEM = 5  # letters of a word that are compared: "Mensch" and "Menschen" are alike
_ALIKE = 0.6  # share of words that two forms of one sentence have in common
_NEARLY_EQUAL = 0.75  # the same, where a number came in or went
_SLIP = 0.8  # likeness of a word and its corrected spelling


def changes(before: Record, after: Record) -> tuple[EditChange, ...]:
    """What changed materially between two states of one article, in its own words; () = nothing did."""
    if before.excerpt != after.excerpt:
        return ()
    found = [*_title(before.title, after.title)]
    if before.body != after.body:
        found += _text(before.body, after.body)
    return tuple(found[:CHANGES_MOST])


def _title(before: str, after: str) -> Iterator[EditChange]:
    before, after = clean(before), clean(after)
    if before != after and _said(before) != _said(after):
        yield EditChange(kind="title", before=_quoted(before), after=_quoted(after))


def _said(title: str) -> tuple[list[str], int, int]:
    """Its words and numbers; a question or a call is another title."""
    return [token.key for token in tokens_of(title)], title.count("?"), title.count("!")


# -- sentences --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence as it stands. update: the paragraph that it belongs to, if that is an update; place: in the article."""

    text: str
    place: int
    update: Update | None = None


@dataclass(frozen=True, slots=True)
class _Sentence:
    """The same, read. key: what makes two sentences one; skeleton: what is left without numbers, "" if that is nothing."""

    text: str
    place: int
    update: Update | None
    tokens: tuple[Token, ...]
    key: str
    skeleton: str

    @property
    def numbers(self) -> list[Token]:
        return [token for token in self.tokens if token.is_number]


def _text(before: str, after: str) -> list[EditChange]:
    gone, added = _left_over(_said_in(before), _said_in(after))
    pairs = list(_same_but_for_numbers(gone, added))
    paired = {id(sentence) for pair in pairs for sentence in pair}
    gone_left = [one for one in gone if id(one) not in paired]
    added_left = [one for one in added if id(one) not in paired]
    alike = _alike(gone_left[:_COMPARED_MOST], added_left[:_COMPARED_MOST])
    told = [(new.place, _number_change(old, new)) for old, new in pairs if not _is_about_itself(old, new)]
    told += [(new.place, _number_change(old, new)) for old, new in _with_other_numbers(alike, gone_left, added_left)]
    told += _updates(added, {id(new): old for old, new in (*pairs, *((old, new) for _, old, new in alike))})
    return [change for _, change in sorted(told, key=lambda one: one[0])]


def _said_in(body: str) -> list[_Said]:
    lines = [line for line in map(clean, body.split("\n")) if line]
    found: list[_Said] = []
    label: Update | None = None  # of the line before, if that was nothing but a label
    for number, line in enumerate(lines):
        own = update_of(line, lines[number + 1 : number + 2])
        update, label = own or label, own if own is not None and own.is_label else None
        rest = line if own is None else "" if own.is_label else own.text
        found += [_Said(text, len(found) + more, update) for more, text in enumerate(_split(rest))]
    return found


def _left_over(before: Sequence[_Said], after: Sequence[_Said]) -> tuple[list[_Sentence], list[_Sentence]]:
    """What one side says and the other does not, however often and wherever: by the letter, then by words and numbers."""
    here, there = Counter(one.text for one in before), Counter(one.text for one in after)
    gone, added = _read(_beyond(before, there, _by_letter)), _read(_beyond(after, here, _by_letter))
    here, there = Counter(one.key for one in gone), Counter(one.key for one in added)
    return list(_beyond(gone, there, _by_words)), list(_beyond(added, here, _by_words))


S = TypeVar("S", _Said, _Sentence)


def _by_letter(one: _Said) -> str:
    return one.text


def _by_words(one: _Sentence) -> str:
    return one.key


def _beyond(said: Iterable[S], known: Counter[str], key_of: Callable[[S], str]) -> Iterator[S]:
    left = known.copy()
    for one in said:
        key = key_of(one)
        if left[key] > 0:
            left[key] -= 1
        elif key:
            yield one


def _read(said: Iterable[_Said]) -> list[_Sentence]:
    found: list[_Sentence] = []
    room = _READ_MOST
    for one in said:
        tokens = tuple(tokens_of(one.text[:room]))
        words = ["#" if token.is_number else token.key for token in tokens]
        skeleton = " ".join(words) if any(word != "#" for word in words) else ""
        key = " ".join(token.key for token in tokens)
        found.append(_Sentence(one.text, one.place, one.update, tokens, key, skeleton))
        room -= len(one.text)
        if room <= 0:
            break
    return found


_ENDS = ".!?…"
_CLOSING = "\"“”»«'’)*_"
_ABBREVIATED = frozenset(
    [
        "abs",
        "art",
        "bzw",
        "ca",
        "dr",
        "evtl",
        "geb",
        "ggf",
        "hl",
        "ing",
        "inkl",
        "mio",
        "mrd",
        "nr",
        "prof",
        "sog",
        "st",
        "str",
        "tel",
        "tsd",
        "vgl",
        "zzgl",
    ]
)


def _split(line: str) -> Iterator[str]:
    """The sentences of a line. An ordinal, an initial or an abbreviation ends none."""
    start = 0
    words = line.split(" ")
    at = 0
    for word in words:
        at += len(word) + 1
        bare = word.rstrip(_CLOSING)
        if bare and bare[-1] in _ENDS and not _is_short(bare):
            yield line[start : at - 1]
            start = at
    if start < len(line):
        yield line[start:]


def _is_short(word: str) -> bool:
    stem = word[:-1].lstrip('("„»*_').casefold()
    return word[-1] == "." and (len(stem) <= 1 or (stem.isdecimal() and len(stem) <= 2) or stem in _ABBREVIATED)


def _same_but_for_numbers(
    gone: Iterable[_Sentence], added: Iterable[_Sentence]
) -> Iterator[tuple[_Sentence, _Sentence]]:
    waiting: dict[str, deque[_Sentence]] = defaultdict(deque)
    for old in gone:
        waiting[old.skeleton].append(old)
    for new in added:
        if (skeleton := new.skeleton) and "#" in skeleton and waiting.get(skeleton):
            yield waiting[skeleton].popleft(), new


def _alike(gone: Sequence[_Sentence], added: Sequence[_Sentence]) -> list[tuple[float, _Sentence, _Sentence]]:
    """Sentences that were reworded, each with what it became and how like it is; the likest pairs are made first."""
    stems = {id(one): _stems(one) for one in (*gone, *added)}
    rated = [
        (share, number, old, new)
        for number, old in enumerate(gone)
        for new in added
        if (share := _shared(stems[id(old)], stems[id(new)])) >= _ALIKE
    ]
    pairs, taken = [], set[int]()
    for share, _, old, new in sorted(rated, key=lambda one: (-one[0], one[1], one[3].place)):
        if not {id(old), id(new)} & taken:
            taken |= {id(old), id(new)}
            pairs.append((share, old, new))
    return pairs


def _stems(sentence: _Sentence) -> Counter[str]:
    return Counter(token.key[:_STEM] for token in sentence.tokens[:_WORDS_MOST] if not token.is_number)


def _shared(one: Counter[str], other: Counter[str]) -> float:
    sizes = sorted((one.total(), other.total()))
    if 2 * sizes[0] < _ALIKE * sum(sizes):  # too short to be alike
        return 0.0
    return 2 * (one & other).total() / sum(sizes) if sizes[1] else 0.0


# -- numbers ----------------------------------------------------------------------------------------------------------


def _with_other_numbers(
    alike: Iterable[tuple[float, _Sentence, _Sentence]], gone: Sequence[_Sentence], added: Sequence[_Sentence]
) -> Iterator[tuple[_Sentence, _Sentence]]:
    """Those of which a number changed that did not merely go to, or come from, another sentence."""
    here, there = _counted(gone), _counted(added)
    for share, old, new in alike:
        went = [one for one in _not_in(old.numbers, new.numbers) if here[one.key] > there[one.key]]
        came = [one for one in _not_in(new.numbers, old.numbers) if there[one.key] > here[one.key]]
        told = [one for one in (*went, *came) if not one.is_date]
        is_change = bool(went and came) or bool(told and share >= _NEARLY_EQUAL)
        if is_change and not _is_about_itself(old, new):
            yield old, new


def _counted(sentences: Iterable[_Sentence]) -> Counter[str]:
    return Counter(token.key for one in sentences for token in one.numbers)


def _not_in(numbers: Sequence[Token], others: Sequence[Token]) -> list[Token]:
    left = list(others)[:_WORDS_MOST]
    found = []
    for number in numbers[:_WORDS_MOST]:
        same = next((one for one in left if is_same_number(number, one)), None)
        if same is None:
            found.append(number)
        else:
            left.remove(same)
    return found


_OF_ITSELF = frozenset(["stand", "aktualisiert", "zuletzt", "letzte", "lesezeit", "veroeffentlicht", "erschienen"])
_SHORT = 14  # words of a line in which an article speaks of itself


def _is_about_itself(old: _Sentence, new: _Sentence) -> bool:
    """When it was written, how long it takes to read, what an AI did to it; and a day that only got or lost its year."""
    if len(new.tokens) <= _SHORT and new.tokens[0].key in _OF_ITSELF and new.tokens[0].key == old.tokens[0].key:
        return True
    if ai_notice_of(new.text) is not None:
        return True
    numbers = zip(old.numbers, new.numbers, strict=False)
    return len(old.numbers) == len(new.numbers) and all(is_same_number(*pair) for pair in numbers)


def _number_change(old: _Sentence, new: _Sentence) -> EditChange:
    at = _first_difference(old, new)
    return EditChange(kind="number", before=_quoted(old.text, at[0]), after=_quoted(new.text, at[1]))


def _first_difference(old: _Sentence, new: _Sentence) -> tuple[int, int]:
    """Where the two begin to differ, in each."""
    pairs = zip(old.tokens, new.tokens, strict=False)
    return next(((one.start, other.start) for one, other in pairs if one.key != other.key), (0, 0))


# -- updates ----------------------------------------------------------------------------------------------------------


def _updates(added: Iterable[_Sentence], former: dict[int, _Sentence]) -> Iterator[tuple[int, EditChange]]:
    """Paragraphs that call themselves an update and say what was not said before, each once."""
    told: set[int] = set()
    for new in added:
        old = former.get(id(new))
        if new.update is None or id(new.update) in told or (old is not None and _is_slip(old, new)):
            continue
        if old is not None and old.skeleton == new.skeleton:
            continue  # told as a number already
        told.add(id(new.update))
        before = old.update.text if old is not None and old.update is not None else ""
        yield new.place, EditChange(kind="update", before=_quoted(before), after=_quoted(new.update.text))


def _is_slip(old: _Sentence, new: _Sentence) -> bool:
    """One word was spelled in another way, and that is all."""
    if len(old.tokens) != len(new.tokens):
        return False
    pairs = [(one.key, other.key) for one, other in zip(old.tokens, new.tokens, strict=True) if one.key != other.key]
    if len(pairs) != 1 or pairs[0][0][0] != pairs[0][1][0] or max(map(len, pairs[0])) > _WORDS_MOST:
        return False
    return SequenceMatcher(None, *pairs[0], autojunk=False).ratio() >= _SLIP


# -- quoting ----------------------------------------------------------------------------------------------------------


def _quoted(text: str, at: int = 0) -> str:
    """The text, or so much of it around a place as is told; cut between words."""
    if len(text) <= QUOTE_MAX:
        return text
    start = max(0, min(at - QUOTE_MAX // 2, len(text) - QUOTE_MAX))
    piece = text[start : start + QUOTE_MAX]
    if start:
        piece = "… " + (piece.partition(" ")[2] or piece)
    if start + QUOTE_MAX < len(text):
        piece = (piece.rpartition(" ")[0] or piece) + " …"
    return piece
