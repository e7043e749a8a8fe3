"""What the matcher is held to: CPU and memory, by number of subscriptions, and beside each contender."""

import gc
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import Stemmer

from bench.cost import rss_bytes
from bench.matching import contenders
from bench.matching.corpus import Vocabulary, corpus, rare_subscriptions, subscriptions
from worker.article import Article
from worker.errors import QuerySyntaxError
from worker.match import Matcher
from worker.model import Record
from worker.query import Query, parse, words
from worker.query.visible import visible

ARTICLES = 200
_SAMPLE = Path(__file__).parents[2] / "tests/cases/sample.txt"
_HELD_TO = {100: 0.2, 1_000: 0.25, 10_000: 0.9, 100_000: 8.0, 1_000_000: 40.0}  # ms per article
_RARE = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """ours and peers in `unit`; at_most: what ours is held to, None if it is only told."""

    name: str
    unit: str
    ours: float
    at_most: float | None = None
    peers: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Setting:
    records: list[Record]
    queries: list[Query]
    rare: Callable[[int], list[Query]]


def setting(rng: random.Random, most: int) -> Setting:
    """The corpus, so many queries of the mix, and as many of rare words as are asked for."""
    vocabulary = Vocabulary(rng)
    found = corpus(vocabulary, rng, ARTICLES)
    queries = list(islice(_parsed(subscriptions(vocabulary, rng, found.rows)), most))
    return Setting(
        found.records, queries, lambda count: list(islice(_parsed(rare_subscriptions(vocabulary, rng)), count))
    )


def _parsed(texts: Iterator[str]) -> Iterator[Query]:
    known: dict[str, Query] = {}
    for text in texts:
        try:
            found = known.get(text) or known.setdefault(text, parse(text))
        except QuerySyntaxError:
            continue  # only stop words
        yield found


# -- analysis -------------------------------------------------------------------------------------------------------------


def analysis() -> Iterator[Measured]:
    """The sample article, with words that were seen before and with none; beside one pass of Snowball."""
    record = _sample()
    tokens = re.findall(r"\w+", visible(record.body, markdown=True).text.lower())
    stemmer = Stemmer.Stemmer("german")
    stems_ms = _median_ms(lambda: stemmer.stemWords(tokens), 200)
    Article(record).keys()
    warm_ms = _median_ms(lambda: Article(record).keys(), 200)
    yield Measured(
        name="analysis of the sample article", unit="ms", ours=warm_ms, at_most=2.0, peers={"Snowball": stems_ms}
    )
    yield Measured(name="the same as a multiple of one Snowball pass", unit="times", ours=warm_ms / stems_ms)
    yield Measured(name="analysis of an article of which no word was seen before", unit="ms", ours=_cold_ms(record))
    two = Matcher({1: parse("Stadtrat"), 2: parse('"Radweg am Hafen" OR (Polizei AND Feuerwehr)')})
    yield Measured(
        name="analysis and matching with two subscriptions", unit="ms", ours=_median_ms(lambda: two.match(record), 200)
    )


def _sample() -> Record:
    line = _SAMPLE.read_text(encoding="utf-8")
    title, _, body = line.partition(" --- ")
    at = datetime(2025, 12, 3, tzinfo=UTC)
    return Record(url="https://x.invalid/", url_key="x", title=title[2:80], published_at=at, body=body)


def _cold_ms(record: Record) -> float:
    words.forget()
    started = time.process_time()
    Article(record).index()
    return (time.process_time() - started) * 1e3


def _median_ms(work: Callable[[], object], rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return statistics.median(taken) * 1e3


# -- by number of subscriptions -------------------------------------------------------------------------------------------


def sizes(scene: Setting, counts: Sequence[int]) -> Iterator[Measured]:
    for count in counts:
        matcher = Matcher(dict(enumerate(scene.queries[:count])))
        hits_ms, hits = _matching_ms(scene.records, lambda article, asked=matcher: asked.ids(article))
        yield Measured(
            name=f"matching after analysis, {count} subscriptions ({hits:.1f} hits)",
            unit="ms/article",
            ours=hits_ms,
            at_most=_HELD_TO[count],
        )
        told_ms, _ = _matching_ms(scene.records, lambda article, asked=matcher: asked.match_article(article))
        yield Measured(name=f"the same with all spans, {count} subscriptions", unit="ms/article", ours=told_ms)
        if count >= 100_000:
            yield _changing(matcher, scene.queries[:count])
    yield from _rare(scene) if counts[-1] == 1_000_000 or counts[-1] == 100_000 else ()


def _matching_ms(records: Sequence[Record], ask: Callable[[Article], list[object]]) -> tuple[float, float]:
    """CPU ms and hits per article; articles are analysed before, and new ones each time."""
    spent_s, hits = 0.0, 0
    for _ in range(2):  # the first time what is built lazily is built
        gc.collect()
        spent_s, hits = 0.0, 0
        for record in records:
            article = Article(record)
            article.index()
            started = time.process_time()
            hits += len(ask(article))
            spent_s += time.process_time() - started
    return spent_s / len(records) * 1e3, hits / len(records)


def _changing(matcher: Matcher, queries: Sequence[Query]) -> Measured:
    rng = random.Random(7)
    numbers = rng.sample(range(len(queries)), 1_000)
    started = time.process_time()
    for number in numbers:
        matcher.remove(number)
        matcher.add(number, queries[number])
    spent_ms = (time.process_time() - started) * 1e3
    return Measured(
        name=f"add or remove one of {len(queries)}", unit="ms", ours=spent_ms / len(numbers) / 2, at_most=0.3
    )


def _rare(scene: Setting) -> Iterator[Measured]:
    matcher = Matcher(dict(enumerate(scene.rare(_RARE))))
    taken_ms, hits = _matching_ms(scene.records, matcher.ids)
    yield Measured(
        name=f"matching after analysis, {_RARE} subscriptions to rare words ({hits:.1f} hits)",
        unit="ms/article",
        ours=taken_ms,
        at_most=2.0,
    )


# -- contenders -----------------------------------------------------------------------------------------------------------

_CONTESTS: tuple[tuple[int, int, tuple[type, ...]], ...] = (
    (100, 20, (contenders.BruteForce, contenders.Expressions)),
    (1_000, 5, (contenders.BruteForce, contenders.Expressions)),
    (10_000, 5, (contenders.Expressions,)),
    (10_000, 50, (contenders.AhoCorasickRs, contenders.PyAhoCorasick, contenders.Re2Set)),
    (100_000, 20, (contenders.AhoCorasickRs, contenders.PyAhoCorasick, contenders.Re2Set)),
)


def contest(scene: Setting) -> Iterator[Measured]:
    """CPU per article of every contender beside ours, on the same articles, with the same hits."""
    for count, articles, peers in _CONTESTS:
        queries, records = dict(enumerate(scene.queries[:count])), scene.records[:articles]
        ours = Matcher(queries)
        expected = [ours.ids(Article(record)) for record in records]
        taken = {peer.__name__: _contender_ms(peer(queries), records, expected) for peer in peers}
        ours_ms, _ = _matching_ms(records, ours.ids)
        yield Measured(
            name=f"{count} subscriptions on {articles} articles, same hits",
            unit="ms/article",
            ours=ours_ms,
            peers=taken,
        )
        if count == 10_000 and "Expressions" in taken:
            ratio = ours_ms / taken["Expressions"]
            yield Measured(
                name="ratio to one regular expression per subscription", unit="times", ours=ratio, at_most=0.01
            )


def _contender_ms(peer: contenders.Contender, records: Sequence[Record], expected: Sequence[list[int]]) -> float:
    spent_s = 0.0
    for record, hits in zip(records, expected, strict=True):
        prepared = peer.prepared(record)
        started = time.process_time()
        found = peer.ids(prepared)
        spent_s += time.process_time() - started
        if found != hits:
            strange = sorted(set(found) ^ set(hits))[:5]
            raise AssertionError(f"{type(peer).__name__} differs from ours on {record.url}: {strange}")
    return spent_s / len(records) * 1e3


# -- loading --------------------------------------------------------------------------------------------------------------


def loading(scene: Setting) -> Iterator[Measured]:
    """Stored queries into a matcher, in a process of its own: CPU and memory."""
    count = len(scene.queries)
    with tempfile.TemporaryDirectory(prefix="feedwacht-bench-") as folder:
        path = Path(folder, "queries.json")
        path.write_text(json.dumps([[query.text, query.canonical] for query in scene.queries]), encoding="utf-8")
        command = [sys.executable, "-m", "bench.matching.loaded", str(path)]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    yield Measured(name=f"loading {count} stored queries", unit="s", ours=told["cpu_s"], at_most=1.0)
    yield Measured(name=f"memory over the empty matcher, {count}", unit="MB", ours=told["mb"], at_most=60.0)


def load(path: Path) -> dict[str, float]:
    """In the process of its own. What the rows themselves take is not the matcher's: an archive gives them one by one."""
    stored: list[tuple[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    gc.collect()
    before_bytes, started = rss_bytes(), time.process_time()
    matcher = Matcher({})
    for number, (text, canonical) in enumerate(stored):
        query = Query.from_json(text, canonical)
        assert query is not None
        matcher.add(number, query)
    spent_s = time.process_time() - started
    gc.collect()
    grown_mb = (rss_bytes() - before_bytes) / 1e6
    own_mb = sum(len(canonical.encode()) + 57 for canonical in {canonical for _, canonical in stored}) / 1e6
    return {"cpu_s": spent_s, "mb": grown_mb + own_mb}
