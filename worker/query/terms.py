"""What a person wrote as a word or phrase, as terms of the tree. Raises FaultError where there is no word to look for."""

import re
from collections.abc import Sequence

from worker.query.faults import Fault, FaultError
from worker.query.inflection import keys_of_gendered, keys_of_query
from worker.query.lexer import Token
from worker.query.nodes import MAX_NEAR, Exact, Node, Phrase, Term, Wild, Word, any_of, near
from worker.query.stopwords import STOP_KEYS
from worker.query.visible import bare
from worker.query.words import compound_keys, form_key, is_abbreviation, joined, parts_of, surfaces


def word_of(token: Token, scope: str) -> Node:
    """A word outside quotes: it inflects, unless it is exact, has wildcards, or falls into several words."""
    typed = bare(token.inside)
    if _is_compound_head(typed) or _WILDCARD.search(typed):
        if token.exact:
            raise FaultError(Fault.EXACT_WILDCARD, token.position, token.text)
        return _compounds(typed[:-1], token, scope) if _is_compound_head(typed) else _wild(typed, token, scope)
    found = surfaces(typed)
    if not found:
        raise FaultError(Fault.NO_WORD, token.position, token.text)
    if len(found) > 1 or token.exact:
        return _in_a_row([_as_typed(one, token.exact, scope) for one in found])
    return _inflected(found[0], scope)


def phrase_of(token: Token, scope: str) -> Node:
    """Words in quotes: in the forms as typed, one behind the other, or as near as `~` says."""
    words = _phrase_terms(token, scope)
    if not words:
        raise FaultError(Fault.NO_WORD, token.position, token.text)
    if not token.distance:
        return _in_a_row(words)
    if len(words) > MAX_NEAR + 1:
        raise FaultError(Fault.NEAR_TOO_MANY, token.position, str(MAX_NEAR + 1))
    row: Node = words[0]
    for word in words[1:]:
        row = near(row, word, token.distance, ordered=False)
    return row


def is_stop_word(term: Term) -> bool:
    """Whether it stands in nearly every article; an exact word only when it is written as usual."""
    match term:
        case Word(keys=keys, parts=()):
            return any(key in STOP_KEYS for key in keys)
        case Exact(text=text, key=key):
            return key in STOP_KEYS and not (len(text) > 1 and text.isupper())
    return False


def count_of(token: Token) -> int:
    """How many words a token asks for, parts of compounds counted."""
    return max(1, sum(len(parts_of(surface)) for surface in surfaces(bare(token.inside))))


def _in_a_row(words: Sequence[Term]) -> Node:
    return words[0] if len(words) == 1 else Phrase(tuple(words))


# -- one word -----------------------------------------------------------------------------------------------------------


def _inflected(surface: str, scope: str) -> Node:
    parts = parts_of(surface)
    if len(parts) == 1:
        return _word({form_key(surface), *keys_of_query(surface)}, scope=scope)
    if is_abbreviation(surface):
        return _word({form_key(joined(parts))}, scope=scope)
    whole = joined(parts)
    keys = {form_key(whole), *compound_keys(parts, query=True)} if whole else {form_key(surface)}
    if parts[-1].gendered and len(parts) == 2:
        return _word({*keys, form_key(parts[0].text), *keys_of_gendered(parts[0].text)}, scope=scope)
    sides = tuple(tuple(sorted({form_key(part.text), *keys_of_query(part.text)})) for part in parts)
    return Word(tuple(sorted(keys)), sides, scope)


def _word(keys: set[str], *, scope: str) -> Word:
    return Word(tuple(sorted(keys)), (), scope)


def _as_typed(surface: str, exact: bool, scope: str) -> Term:
    """A word in the form that was typed; a compound also written in one, or in parts."""
    parts = parts_of(surface)
    whole = form_key(joined(parts) or surface)
    if exact:
        return Exact(surface, whole, scope)
    if len(parts) == 1 or is_abbreviation(surface):
        return Word((whole,), (), scope)
    return Word((whole,), tuple((form_key(part.text),) for part in parts), scope)


# -- wildcards ----------------------------------------------------------------------------------------------------------

_WILDCARD = re.compile(r"(?<![^\W_])\*|\*(?!in(?:nen)?\b)|\?", re.IGNORECASE)  # but for Schüler*innen
_WITHIN_PHRASE = re.compile(r"\w\*(?!in(?:nen)?\b)|\*\w|\?\w", re.IGNORECASE)  # `Wer?` is a question
_NO_LITERAL = re.compile(r"[^\w*?]+|_+")
_SHORTEST, _SHORTEST_INFIX = 3, 4  # letters: shorter ones find thousands of words (`*rat*` 2,842 of 356,000)


def _wild(typed: str, token: Token, scope: str) -> Term:
    pattern = _NO_LITERAL.sub("", typed)
    shortest = _SHORTEST_INFIX if pattern[:1] == pattern[-1:] == "*" else _SHORTEST
    if sum(sign not in "*?" for sign in pattern) < shortest:
        raise FaultError(Fault.SHORT_WILDCARD, token.position, token.text)
    pieces = (piece if piece in ("*", "?") else form_key(piece)[1:] for piece in re.findall(r"\*+|\?|[^*?]+", pattern))
    return Wild(re.sub(r"\*+", "*", "".join(pieces)), scope=scope)


def _is_compound_head(typed: str) -> bool:
    """krieg+ is the word and all compounds that end in it."""
    return len(typed) > 1 and typed[-1] == "+" and typed[-2].isalpha()


def _compounds(typed: str, token: Token, scope: str) -> Node:
    found = surfaces(typed)
    if len(found) != 1 or sum(map(str.isalpha, typed)) < _SHORTEST:
        raise FaultError(Fault.SHORT_WILDCARD, token.position, token.text)
    word = _inflected(found[0], scope)
    assert isinstance(word, Word)
    return with_compounds(word)


def with_compounds(word: Word) -> Node:
    """A word, or any that ends in one of its forms or in what it is a form of."""
    scope = word.scope
    tails = {key.lstrip("=~^").lower() for key in word.keys}
    return any_of([word, *(Wild(f"*{tail}", inflected=True, scope=scope) for tail in tails if len(tail) >= _SHORTEST)])


# -- phrases ------------------------------------------------------------------------------------------------------------


def _phrase_terms(token: Token, scope: str) -> list[Term]:
    typed = bare(token.inside)
    if not _WITHIN_PHRASE.search(typed):
        return [_as_typed(one, token.exact, scope) for one in surfaces(typed)]
    if token.exact:
        raise FaultError(Fault.EXACT_WILDCARD, token.position, token.text)
    found: list[Term] = []
    for piece in typed.split():
        if _WITHIN_PHRASE.search(piece):
            found.append(_wild(piece, token, scope))
        else:
            found += (_as_typed(one, False, scope) for one in surfaces(piece))
    return found
