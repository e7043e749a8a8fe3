"""What an inflected German word is a form of: the keys under which all forms of one word meet.

A key is a lemma of the dictionary (`Krieg`, `gehen`: nouns keep their capital, so that Posten and posten stay apart), of
an unknown compound the lemma of its last part (`Ukrainekrieg`), or the stem of a word that no dictionary knows (`~` by
Snowball, `^` for names and nouns). All are folded. The dictionary is read at first use: 0.6 s and 20 MB. Knows no texts.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

import Stemmer
from simplemma.strategies.dictionaries import LOW_MEMORY_DICTIONARY_FACTORY

from worker.query.irregular import LEMMAS, NO_FORMS_WITH_S, NO_PARTICIPLES
from worker.text import fold

STEM_SIGNS = "~^"  # begin the key of a stem
_LONGEST = 40  # letters of a word that can have a lemma


@lru_cache(maxsize=131_072)  # queries by the hundred thousand share their words; 50 MB at the most
def keys_of_query(word: str) -> frozenset[str]:
    """What a person means who writes this word; in lower case it may be a noun all the same."""
    if not _inflects(word):
        return frozenset()
    lower, title = word.lower(), _title(word)
    if word.islower():
        return _of_lower_case(_lemmas(title), _lemmas(lower), word) or _unknown(word)
    if word.isupper():
        return _as_keys(_lemmas(word) + _lemmas(title)) or _as_keys(_lemmas(lower)) or _unknown(title)
    found = _lemmas(word) or _lemmas(lower)
    return _as_keys(found) | _plural_in_s(word, found) if found else _unknown(word)


def _of_lower_case(nouns: list[str], others: list[str], word: str) -> frozenset[str]:
    """häuser is a noun, bau no imperative, streiken no dative of Streik, posten may be both."""
    title = _title(word)
    if title in nouns and not any(word.startswith(lemma) for lemma in others):
        others = []
    elif word in others and title not in nouns:
        nouns = []
    return _as_keys([*nouns, *others]) | _plural_in_s(title, nouns)


def keys_of_text(word: str) -> frozenset[str]:
    """What a word in a text can be a form of, names in the genitive included."""
    if not _inflects(word):
        return frozenset()
    lower, title = word.lower(), _title(word)
    if word.islower():
        return _as_keys(_lemmas(lower) or _lemmas(title)) or _unknown(word)
    found = _lemmas(word) + (_lemmas(title) if word.isupper() else [])
    if not found:
        return _as_keys(_lemmas(lower)) or _unknown(title if word.isupper() else word) | _of_genitive(word)
    if word == title:  # at the beginning of a sentence it may be an adjective or an infinitive
        found += [lemma for lemma in _lemmas(lower) if lower.startswith(lemma)]
    return _as_keys(found) | _plural_in_s(word, found) | _genitive_in_s(word, found)


def known(word: str) -> bool:
    """Whether the dictionary has the word, as written, with a capital, or without."""
    return bool(_lemmas(word) or _lemmas(_title(word)) or _lemmas(word.lower()))


def keys_of_gendered(base: str) -> frozenset[str]:
    """Of what stands before a gender sign: Schüler:innen are Schüler, Ärzt:innen Ärzte, Kolleg:innen Kollegen."""
    return keys_of_text(base) | _as_keys(_lemmas(f"{_title(base)}e"))


# -- the dictionary ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _dictionary() -> Mapping[str, str]:
    return LOW_MEMORY_DICTIONARY_FACTORY.get_dictionary("de")


def _inflects(word: str) -> bool:
    return 1 < len(word) <= _LONGEST and word.isalpha()


def _title(word: str) -> str:
    return word[:1].upper() + word[1:].lower()


def _lemmas(word: str) -> list[str]:
    """The lemma of a word in exactly this case, and what the dictionary does not say of it."""
    found: list[str] = []
    for spelling in _spellings(word):
        lemma = _dictionary().get(spelling)
        if lemma and " " not in lemma:
            found += (lemma, *_further(spelling, lemma))
    return list(dict.fromkeys(found))


def _further(word: str, lemma: str) -> Iterator[str]:
    """The lemma's lemma (Grünen -> Grüne -> Grüner), what is irregular, verbs of participles, nouns of adjectives."""
    again = _dictionary().get(lemma)
    if again and again[:1].isupper() == lemma[:1].isupper():
        yield again
    yield from (LEMMAS[one] for one in {word, lemma} & LEMMAS.keys())
    if lemma[:1].islower():
        yield from _infinitives(lemma)
    if word[:1].isupper():
        yield from _nominalised(word)


def _infinitives(participle: str) -> Iterator[str]:
    """Abgebrannt -> abbrennen, erschienen -> erscheinen: many are adjectives of their own in the dictionary."""
    if not participle.endswith(("t", "en")) or participle in NO_PARTICIPLES:
        return
    for at in (found.start() for found in re.finditer("ge", participle[:-3]) if found.start()):
        yield from _verbs(participle[:at], participle[at:])
    if prefix := _INSEPARABLE.match(participle):
        yield from _verbs(prefix[0], f"ge{participle[prefix.end() :]}")


_INSEPARABLE = re.compile(r"be|emp|ent|er|miss|ver|zer|durch|hinter|um|unter|wider|über")


def _verbs(prefix: str, participle: str) -> Iterator[str]:
    """Of a participle without its prefix the verbs, with it; only those that the dictionary has."""
    lemma = LEMMAS.get(participle) or _dictionary().get(participle) or ""
    weak = [participle[2:].removesuffix("t") + ending for ending in ("en", "n")] if participle.endswith("t") else []
    for verb in dict.fromkeys([lemma, *weak, *(one.replace("een", "en") for one in weak)]):
        if verb.endswith("n") and verb != participle and _dictionary().get(prefix + verb) == prefix + verb:
            yield prefix + verb


def _nominalised(word: str) -> Iterator[str]:
    """Verletzte, Verletzten, Verletzter -> Verletzte: an adjective as a noun, which the dictionary splits in three."""
    if ending := re.search(r"(?:e|en|er)$", word):
        stem = word[: ending.start()]
        known = _dictionary().get
        if len(stem) > 2 and (known(f"{stem}em") or known(f"{stem.lower()}em")) and not known(f"{word}s"):
            yield f"{stem}e"


_DIGRAPHS = (("ae", "ä"), ("oe", "ö"), ("ue", "ü"), ("Ae", "Ä"), ("Oe", "Ö"), ("Ue", "Ü"))


def _spellings(word: str) -> list[str]:
    """The word; with ß where it has ss; with umlauts if it is known only so."""
    found = [word, *([word.replace("ss", "ß")] if "ss" in word else [])]
    if any(digraph in word for digraph, _ in _DIGRAPHS) and not any(map(_dictionary().get, found)):
        for digraph, umlaut in _DIGRAPHS:
            found += [one.replace(digraph, umlaut) for one in found if digraph in one]
    return found


def _as_keys(lemmas: Iterable[str]) -> frozenset[str]:
    return frozenset(map(as_key, lemmas))


def as_key(lemma: str) -> str:
    """A lemma's key; a noun keeps its capital."""
    folded = fold(lemma)
    return folded[:1].upper() + folded[1:] if lemma[:1].isupper() else folded


# -- words that the dictionary does not know ----------------------------------------------------------------------------


def _unknown(word: str) -> frozenset[str]:
    title = _title(word)
    if word.islower() and (verbs := _as_keys(_regular_verbs(word))):
        return verbs
    found = _of_compound(title) or frozenset([f"^{_light_stem(title)}"])
    return found | {f"~{_stem(word)}"} if word.islower() else found


_CONJUGATIONS = ("e", "t", "st", "et", "te", "est", "ten", "tet", "end", "test", "ete", "eten", "etet", "ende", "enden")
_SHORTEST_VERB = 3


def _regular_verbs(word: str) -> list[str]:
    """postet, gepostet -> posten: forms that the dictionary lacks of verbs that it has; the longest stem is right."""
    for ending in filter(word.endswith, _CONJUGATIONS):
        stem = word.removesuffix(ending)
        for base in (stem, stem.removeprefix("ge")):
            for verb in (f"{base}en", f"{base}n"):
                if len(base) >= _SHORTEST_VERB and _dictionary().get(verb) == verb:
                    return [verb]
    return []


def _of_compound(title: str) -> frozenset[str]:
    """By the longest last part that is a known noun: Ukrainekriegs -> Ukrainekrieg."""
    for at in range(2, len(title) - 3):
        nouns = [lemma for lemma in _lemmas(title[at:].capitalize()) if lemma[:1].isupper()]
        if nouns:
            head = fold(title[:at])
            return frozenset(head[:1].upper() + head[1:] + fold(noun) for noun in nouns)
    return frozenset()


# A name's genitive: after a consonant that Snowball, too, lets an s follow, on both sides; after others in texts only,
# because `Lukas` in a query must not find Luka.
_ENDINGS = ("innen", "en", "es", "e", "n")
_SHORTEST_STEM = 4


def _light_stem(title: str) -> str:
    word = fold(title)
    if word.endswith("innen"):
        return word.removesuffix("nen")
    if re.search(r"[bdfghjklmnprtvwy]s$", word) and len(word) > _SHORTEST_STEM:
        return word[:-1]
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word.removesuffix(ending)
    return word


_stemmer = Stemmer.Stemmer("german")
_UMLAUTS = ("ae", "a"), ("oe", "o"), ("ue", "u"), ("ä", "a"), ("ö", "o"), ("ü", "u"), ("ß", "ss")


def _stem(word: str) -> str:
    """Snowball's stem, but with its umlauts: fordern and fördern are two words."""
    plain = folded = fold(word)
    for umlaut, vowel in _UMLAUTS:
        plain = plain.replace(umlaut, vowel)
    stem = _stemmer.stemWord(plain)
    return folded[: len(folded) - (len(plain) - len(stem))] if plain.startswith(stem) else folded


def _of_genitive(word: str) -> frozenset[str]:
    """Natos, Selenskyjs: the name without its s. Only in texts, where it cannot make Hans find Han."""
    base = word[:-1]
    if not word.endswith("s") or len(base) < 3:
        return frozenset()
    return _as_keys(_lemmas(base)) or _unknown(base)


_VOWEL_S = re.compile(r"[^aeiouyäöü][aiouy]s$", re.IGNORECASE)  # Demos, Chinas; no Eis, Haus, Kreis
_CONSONANT_S = re.compile(r"[^aeiouyäöüßsxz]s$")  # Jobs, Hannovers; Kurs, too, but that has a plural


def _plural_in_s(word: str, lemmas: list[str]) -> frozenset[str]:
    """Demos: the dictionary has some plurals in -s as words of their own."""
    return _without_s(word, lemmas) if _VOWEL_S.search(word) else frozenset()


def _genitive_in_s(word: str, lemmas: list[str]) -> frozenset[str]:
    """Hannovers, Jobs: genitives, too; only in texts, because in a query it may be a name."""
    return _without_s(word, lemmas) if _has_no_plural(word) else frozenset()


def _without_s(word: str, lemmas: list[str]) -> frozenset[str]:
    if word not in lemmas or word in NO_FORMS_WITH_S:
        return frozenset()
    return _as_keys(lemma for lemma in _lemmas(word[:-1]) if lemma == word[:-1])


def _has_no_plural(word: str) -> bool:
    endings = ("e", "es", "en", "se", "ses")
    return bool(_CONSONANT_S.search(word)) and all(_dictionary().get(word + ending) != word for ending in endings)
