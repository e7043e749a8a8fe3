"""What a backtest over a large archive takes, against the bounds that it is held to.

The articles are generated: 2.5 kB of dictionary words by Zipf's law, `Osnabrück` in three of five. The same texts come
under many addresses, which changes nothing for the index and spares the bench an hour of analysis. The bound grows with
the number of articles.
"""

import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

from simplemma.strategies.dictionaries import LOW_MEMORY_DICTIONARY_FACTORY

from bench.figures import Figure, figure
from worker.archive import Archive, open_archive
from worker.backtest import Backtest, backtest
from worker.indexing import index_all
from worker.model import Draft, Record
from worker.normalise import content_hash
from worker.query import parse

FEW, MANY = 20_000, 100_000
_TEXTS, _BYTES, _VOCABULARY = 1_000, 2_500, 30_000
_ROUNDS = 5
_NOW = datetime(2025, 12, 3, tzinfo=UTC)
_RARE = "Zwiebelkuchenfest"  # in one text of a thousand
# at most so many seconds over 100,000 articles
_QUERIES = (
    ("selective word", _RARE, 0.5),
    ("selective phrase", f'"{_RARE} Anno"', 0.5),
    ("selective, with an exclusion", f"{_RARE} -Nirgendwo", 0.5),
    ("Osnabrück", "Osnabrück", 5.0),
)


def figures(articles: int = FEW) -> Iterator[Figure]:
    """A figure for each kind of query, wall time."""
    with tempfile.TemporaryDirectory(prefix="feedwacht-bench-") as folder:
        archive = open_archive(f"sqlite:///{Path(folder, 'feedwacht.db')}")
        try:
            fill(archive, articles)
            for name, text, at_most_s in _QUERIES:
                taken = [_taken_s(archive, text, articles) for _ in range(_ROUNDS)]
                bound_s = at_most_s * articles / MANY
                yield figure(f"backtest over {articles:,} articles: {name}", "s", statistics.median(taken), bound_s)
        finally:
            archive.close()


def _taken_s(archive: Archive, text: str, articles: int) -> float:
    query = parse(text)
    started_s = time.perf_counter()
    with archive.read() as tx:
        found = backtest(tx, query, since=_NOW - timedelta(days=3650), until=_NOW, zone=UTC)
    taken_s = time.perf_counter() - started_s
    _check(found, articles, common=text == "Osnabrück")
    return taken_s


def _check(found: Backtest, articles: int, *, common: bool) -> None:
    assert found.articles == articles
    share = found.hits / articles
    assert 0.55 < share < 0.65 if common else share == 1 / _TEXTS, share


def fill(archive: Archive, articles: int) -> None:
    """File articles, each with its own address and time."""
    bodies = texts()
    for start in range(0, articles, 500):
        drafts = [_draft(number, bodies[number % _TEXTS]) for number in range(start, start + 500)]
        with archive.write() as tx:
            tx.records.file(drafts, feed_url="https://bench.example/feed/", now=_NOW)
    index_all(archive)


def _draft(number: int, body: str) -> Draft:
    url = f"https://bench.example/artikel-{number}/"
    record = Record(
        url=url,
        url_key=url,
        title=f"Artikel {number}",
        published_at=_NOW - timedelta(minutes=number + 1),
        category="Osnabrück" if number % 3 == 0 else "Sport",
        body=body,
        source="bench",
    )
    return Draft(record=record, content_hash=content_hash(record))


def texts(seed: int = 1) -> list[str]:
    dice = random.Random(seed)
    words = vocabulary(dice)
    weights = list(accumulate(1 / (rank + 5) for rank in range(len(words))))
    return [_text(dice, words, weights, number) for number in range(_TEXTS)]


def vocabulary(dice: random.Random) -> list[str]:
    """Words of the German dictionary, in a random order that stays the same."""
    known = sorted(LOW_MEMORY_DICTIONARY_FACTORY.get_dictionary("de"))
    return dice.sample([word for word in known if word.isalpha() and word != "Osnabrück"], _VOCABULARY)


def _text(dice: random.Random, words: Sequence[str], weights: Sequence[float], number: int) -> str:
    chosen: list[str] = []
    while sum(map(len, chosen)) + len(chosen) < _BYTES:
        chosen += dice.choices(words, cum_weights=weights, k=60)
        chosen[-1] += ".\n\n"
    if number % 5 < 3:
        chosen[len(chosen) // 2] = "Osnabrück"
    if number == 0:
        chosen[3] = f"{_RARE} Anno"
    return " ".join(chosen)
