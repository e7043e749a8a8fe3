"""A seeded corpus: German word salad with the frequencies of real words, and subscriptions of the kinds that people write.

Vocabulary: wordfreq's German list, with the capitals of the lemma dictionary. The mix of subscriptions: 45 % one word,
25 % phrase (60 % of them out of the corpus), 20 % boolean with 2 to 5 terms, 5 % exclusion, 3 % near, 2 % prefix.
"""

import random
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate

import wordfreq
from simplemma.strategies.dictionaries import LOW_MEMORY_DICTIONARY_FACTORY

from worker.model import Record

_WORDS = 120_000
_FREQUENT = 2_500  # ranks that nobody subscribes to; so that 1.2 % of the subscriptions match an article


@dataclass(frozen=True, slots=True)
class Corpus:
    records: list[Record]
    rows: list[str]  # some rows of words out of the records, for phrases


class Vocabulary:
    """Words with their frequency."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        listed = [word for word in wordfreq.top_n_list("de", _WORDS) if word.isalpha() and len(word) > 1]
        nouns = LOW_MEMORY_DICTIONARY_FACTORY.get_dictionary("de")
        self.words = [word if nouns.get(word) else word.capitalize() for word in listed]
        self._sums = list(accumulate(wordfreq.word_frequency(word, "de") for word in listed))

    def spoken(self) -> str:
        """A word as often as people use it."""
        return self.words[bisect_left(self._sums, self._rng.random() * self._sums[-1])]

    def telling(self) -> str:
        """A word that somebody might subscribe to: any rank is as likely as ten times that rank."""
        low, high = _FREQUENT, len(self.words) - 1
        return self.words[int(low * (high / low) ** self._rng.random())]

    def rare(self) -> str:
        return self._rng.choice(self.words[-15_000:])


def corpus(vocabulary: Vocabulary, rng: random.Random, count: int) -> Corpus:
    """So many articles of about 2.5 kB of Markdown."""
    records = [_article(vocabulary, rng, number) for number in range(count)]
    rows = []
    for record in records:
        words = [word for word in record.body.split() if word.isalpha()]
        starts = rng.sample(range(len(words) - 3), k=40)
        rows += (" ".join(words[at : at + rng.randint(2, 3)]) for at in starts)
    return Corpus(records, rows)


def _article(vocabulary: Vocabulary, rng: random.Random, number: int) -> Record:
    topics = [vocabulary.telling() for _ in range(rng.randint(5, 12))]
    paragraphs = [_paragraph(vocabulary, rng, topics) for _ in range(rng.randint(5, 8))]
    paragraphs.insert(2, f"## {' '.join(vocabulary.spoken() for _ in range(5))}")
    return Record(
        url=f"https://x.invalid/{number}/",
        url_key=str(number),
        title=" ".join([rng.choice(topics), *(vocabulary.spoken() for _ in range(6))]),
        published_at=datetime(2025, 12, 3, tzinfo=UTC),
        category="Osnabrück",
        body="\n\n".join(paragraphs),
    )


def _paragraph(vocabulary: Vocabulary, rng: random.Random, topics: Sequence[str]) -> str:
    return " ".join(_word(vocabulary, rng, topics) for _ in range(rng.randint(40, 70))) + "."


def _word(vocabulary: Vocabulary, rng: random.Random, topics: Sequence[str]) -> str:
    kind = rng.random()
    if kind < 0.05:
        return rng.choice(topics)
    if kind < 0.06:
        return f"{rng.choice(topics)}-{vocabulary.telling()}"
    if kind < 0.07:
        return f"{rng.choice(topics)}{vocabulary.telling().lower()}"
    if kind < 0.08:
        return f"{rng.randint(1, 99)}.{rng.randint(100, 999)}"
    if kind < 0.09:
        return f"„{vocabulary.spoken()}“"
    if kind < 0.095:
        return f"**{vocabulary.spoken()}**"
    if kind < 0.1:
        return f"[{vocabulary.spoken()}](https://x.invalid/{rng.randint(1, 999)})"
    return vocabulary.spoken() + rng.choice((",", ".", *[""] * 12))


# -- subscriptions --------------------------------------------------------------------------------------------------------


def subscriptions(vocabulary: Vocabulary, rng: random.Random, rows: Sequence[str]) -> Iterator[str]:
    """Queries of the mix, without end."""
    while True:
        yield _query(vocabulary.telling, rng, rows)


def rare_subscriptions(vocabulary: Vocabulary, rng: random.Random) -> Iterator[str]:
    """Queries that ask for rare words, without end: fewer than one article in 250 has the rarest of them."""
    while True:
        yield _query(vocabulary.rare, rng, ())


def _query(word: Callable[[], str], rng: random.Random, rows: Sequence[str]) -> str:
    kind = rng.random()
    if kind < 0.45:
        return word()
    if kind < 0.70:
        return f'"{rng.choice(rows) if rows and rng.random() < 0.6 else f"{word()} {word()}"}"'
    if kind < 0.90:
        return _boolean([word() for _ in range(rng.randint(2, 5))], rng)
    if kind < 0.95:
        return f"{word()} -{word()}"
    if kind < 0.98:
        return f"{word()} NEAR/{rng.randint(3, 10)} {word()}"
    return f"{next(found for found in iter(word, None) if len(found) > 4)[:6]}*"


def _boolean(words: Sequence[str], rng: random.Random) -> str:
    if len(words) == 2:
        return f"{words[0]} {rng.choice(('AND', 'OR'))} {words[1]}"
    return f"{words[0]} AND ({' OR '.join(words[1:])})" if rng.random() < 0.5 else " AND ".join(words)
