"""One code path: backtest, search, preview, index and live matching say the same of the same record."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import START
from worker import backtest, finding, indexing
from worker.archive import Archive, open_archive
from worker.article import Article
from worker.errors import QuerySyntaxError
from worker.labelled import Case, failures
from worker.match import Matcher, spans_of
from worker.matching import Matching
from worker.model import AiNotice, Draft, Record
from worker.query import Query, parse
from worker.searching import INDEXED_BY, index_words, plan

WORDS = (
    *(
        "Hafen",
        "Häfen",
        "Hafenfest",
        "Osnabrück",
        "Osnabrücker",
        "Ukraine-Krieg",
        "Ukrainekrieg",
        "Krieges",
        "Nato",
        "NATO",
    ),
    *(
        "Natos",
        "Straße",
        "STRASSE",
        "Schüler:innen",
        "Radweg",
        "Radwege",
        "Mark",
        "Rutte",
        "Ruttes",
        "U.S.A.",
        "C++",
        "3,5",
    ),
    *(
        "20.000",
        "**Nato**-Gipfel",
        "E-Mail",
        "Café",
        "Cafe\u0301",
        "Na\u00adto",
        "der",
        "und",
        "EU.",
        "\n\n",
        "\n\n## ",
    ),
)
TERMS = (
    *(
        "Hafen",
        "Häfen",
        "Osnabrück",
        "Osnabrück*",
        "krieg+",
        "*weg",
        "*krieg*",
        "Nato",
        "=Nato",
        "=NATO",
        '"Mark Rutte"',
    ),
    *(
        "Rutte",
        "Straße",
        "Schülerinnen",
        "Ukraine-Krieg",
        "USA",
        "C++",
        "3,5",
        "20000",
        "E-Mail",
        "Cafe",
        "title:Nato",
        "EU",
    ),
    *("body:Hafen", "category:Sport", "ai:ja", "tag:Hafen", "agency:dpa", "url:artikel", "Mark NEAR/3 Rutte", "N?to"),
    *("(Hafen OR Nato)", "(Krieg -Nato)", '"der Hafen"~4', "title:*krieg", "body:Osnabrück*", "source:stadtblatt"),
)
QUERIES = st.lists(
    st.sampled_from(["", "", "OR ", "AND ", "-"]).flatmap(lambda sign: st.sampled_from(TERMS).map(sign.__add__)),
    min_size=1,
    max_size=4,
)


@pytest.fixture
def archive(database_url: str) -> Iterator[Archive]:
    one = open_archive(database_url)
    yield one
    one.close()


def records(seed: int, count: int) -> list[Record]:
    dice = random.Random(seed)
    return [record(dice, number) for number in range(count)]


def record(dice: random.Random, number: int) -> Record:
    def some(most: int) -> str:
        return " ".join(dice.choices(WORDS, k=dice.randint(0, most)))

    url = f"https://x.example/artikel-{number}/"
    category = dice.choice(["Sport", "Kultur"])
    return Record(
        url=url,
        url_key=url,
        title=some(4).replace("\n", " "),
        body=some(14),
        published_at=START - timedelta(minutes=dice.randint(0, 90_000)),
        category=category,
        categories=(category,),
        tags=("Hafen",) if dice.random() < 0.2 else (),
        agency=dice.choice(["dpa", None]),
        ai_notice=dice.choice([AiNotice(), None]),
        source="stadtblatt",
    )


def file(archive: Archive, found: list[Record], *, indexed: bool = True) -> dict[str, int]:
    """Gives: ids by URL."""
    drafts = [Draft(record=one, content_hash=repr(one)) for one in found]
    with archive.write() as tx:
        filings = tx.records.file(drafts, feed_url="https://x.example/feed/", now=START)
    if indexed:
        indexing.index_all(archive)
    return {one.url: filing.record_id for one, filing in zip(found, filings, strict=True) if filing.record_id}


def query_of(pieces: list[str]) -> Query | None:
    try:
        return parse(" ".join(pieces))
    except QuerySyntaxError:
        return None


def by_hand(query: Query, found: list[Record]) -> set[str]:
    """Every record by itself, as live matching and `query cases` do it."""
    live = {one.url for one in found if Matcher({0: query}).match(one)}
    assert live == {one.url for one in found if spans_of(query, one) is not None}
    return live


def by_index(archive: Archive, query: Query) -> set[str]:
    with archive.read() as tx:
        searched = [one.filed.record.url for one in finding.matching(tx, query, since=None, until=None)]
        hits = finding.hits(tx, query)
        tested = backtest.backtest(
            tx, query, since=START - timedelta(days=99), until=START + timedelta(1), zone=START.tzinfo, show=99
        )  # type: ignore[arg-type]
        urls = {filed.id: filed.record.url for filed in tx.records.get([hit.record_id for hit in hits]).values()}
    assert [urls[hit.record_id] for hit in hits] == sorted(
        searched, key=lambda url: next(n for n, hit in enumerate(hits) if urls[hit.record_id] == url)
    )
    assert len(searched) == len(set(searched)) == tested.hits == sum(bar.hits for bar in tested.chart)
    assert {one.filed.record.url for one in tested.newest} == set(searched)
    return set(searched)


@pytest.mark.parametrize("seed", [1, 2])
def test_backtest_search_preview_and_live_matching_agree(archive: Archive, seed: int) -> None:
    found = records(seed, 60)
    ids = file(archive, found)
    live = Matching(archive)

    @given(QUERIES)
    @settings(max_examples=60)
    def check(pieces: list[str]) -> None:
        query = query_of(pieces)
        if query is None:
            return
        wanted = by_hand(query, found)
        assert by_index(archive, query) == wanted
        with archive.write() as tx:
            number = tx.subscriptions.add(
                name="q", query=query.text, canonical=query.to_json(), channels=["x"], origin="command", now=START
            )
        live.refresh()
        assert {one.url for one in found if live.match(one)} == wanted
        with archive.write() as tx:
            tx.subscriptions.remove(number, START)
        with archive.read() as tx:
            answer = tx.index.find(plan(query.root))
        matching_ids = {ids[url] for url in wanted}
        assert answer.sure <= matching_ids
        assert answer.perhaps is None or matching_ids <= answer.perhaps

    check()


def test_cases_are_judged_by_the_same_matcher() -> None:
    dice = random.Random(5)
    for _ in range(100):
        body = " ".join(dice.choices(WORDS, k=8)).replace("\n", "\\n")
        query = dice.choice(TERMS)
        [one] = [record(dice, 1)]
        one = replace(one, title="", body=body.replace("\\n", "\n"), category="", categories=(), tags=(), agency=None)
        one = replace(one, ai_notice=None, url="", source="")
        expected = spans_of(parse(query), one) is not None
        assert list(failures([Case(line=1, query=query, text=body, expected=expected)], "de")) == []


def urls(archive: Archive, text: str) -> list[str]:
    with archive.read() as tx:
        return [one.filed.record.url for one in finding.matching(tx, parse(text), since=None, until=None)]


def stands(archive: Archive) -> set[int]:
    with archive.database.read() as connection:
        return set(connection.exec_driver_sql("SELECT indexed_by FROM records").scalars())


def article(body: str, number: int = 1, at: datetime = START) -> Record:
    url = f"https://x.example/artikel-{number}/"
    return Record(url=url, url_key=url, title="Titel", body=body, published_at=at, source="stadtblatt")


# -- the index follows --------------------------------------------------------------------------------------------------


def test_an_edit_is_followed(archive: Archive) -> None:
    file(archive, [article("Alt wie der Hafen")])
    file(archive, [article("Neu wie der Bahnhof")])
    assert urls(archive, "Hafen") == []
    assert urls(archive, "Bahnhof") == ["https://x.example/artikel-1/"]
    assert urls(archive, "*hof") == ["https://x.example/artikel-1/"]
    assert stands(archive) == {INDEXED_BY}


def test_an_edit_under_another_address_is_indexed_as_it_is_kept(archive: Archive) -> None:
    """A record keeps its own URL when the edit comes in another spelling of it."""
    one = article("Alt")
    file(archive, [one])
    file(archive, [replace(one, body="Neu", url="http://x.example/artikel-1/?x=anders")])
    assert urls(archive, "url:artikel AND Neu") == [one.url]
    assert urls(archive, "url:anders") == []
    indexing.index_all(archive)
    assert stands(archive) == {INDEXED_BY}
    assert urls(archive, "url:artikel AND Neu") == [one.url]
    assert urls(archive, "url:anders") == []


def test_a_removal_is_followed(archive: Archive) -> None:
    file(archive, [article("Hafen"), article("Hafen", 2)])
    with archive.write() as tx:
        [one, _] = tx.records.stream()
        tx.records.remove(one, reason="x", now=START)
    assert len(urls(archive, "Hafen")) == 1
    with archive.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM record_keys").scalar_one() == 1


def test_records_that_are_not_indexed_yet_are_found_all_the_same(archive: Archive) -> None:
    found = records(3, 30)
    file(archive, found[15:])
    file(archive, found[:15], indexed=False)
    queries = [parse(text) for text in ("Hafen", "Hafen -Nato", "*weg", '"Mark Rutte"', "krieg+ OR title:Nato")]
    wanted = [by_hand(query, found) for query in queries]
    assert [by_index(archive, query) for query in queries] == wanted
    assert indexing.index_all(archive) == 15
    assert stands(archive) == {INDEXED_BY}
    assert [by_index(archive, query) for query in queries] == wanted
    assert indexing.index_all(archive) == 0


def test_what_another_analyser_made_is_made_anew(archive: Archive) -> None:
    file(archive, [article("Hafen")])
    with archive.database.write() as connection:
        connection.exec_driver_sql("UPDATE records SET indexed_by = 1")
        connection.exec_driver_sql("UPDATE record_keys SET words = '=falsch'")
    assert len(urls(archive, "Hafen")) == 1
    assert urls(archive, "falsch") == []
    indexing.index_all(archive)
    assert len(urls(archive, "Hafen")) == 1
    assert urls(archive, "falsch") == []


def test_an_edit_by_a_feedwacht_of_before_is_noticed(archive: Archive) -> None:
    """It writes `search_text`, and knows nothing of the index."""
    file(archive, [article("Hafen")])
    with archive.database.write() as connection:
        connection.exec_driver_sql("UPDATE records SET body = 'Bahnhof', search_text = 'bahnhof'")
    assert urls(archive, "Hafen") == []
    assert len(urls(archive, "Bahnhof")) == 1
    indexing.index_all(archive)
    assert stands(archive) == {INDEXED_BY}
    assert len(urls(archive, "Bahnhof")) == 1


def test_a_record_that_changes_while_it_is_indexed_stays_due(archive: Archive) -> None:
    file(archive, [article("Hafen")], indexed=False)
    with archive.read() as tx:
        [one] = tx.records.stream()
    words = index_words(Article(one.record))
    with archive.write() as tx:
        tx.records.file(
            [Draft(record=article("Bahnhof"), content_hash="2")],
            feed_url="https://x.example/feed/",
            now=START + timedelta(seconds=1),
        )
    with archive.write() as tx:
        assert tx.index.put([(one, words)]) == 0
        assert tx.index.is_due()
    assert len(urls(archive, "Bahnhof")) == 1


def test_what_cannot_be_indexed_is_looked_at_every_time(archive: Archive) -> None:
    file(archive, [article("Hafen " + "x" * 300), article("Nichts", 2)])
    assert len(urls(archive, "Hafen")) == 1
    assert len(urls(archive, "*afen")) == 1
    with archive.read() as tx:
        assert not tx.index.is_due()
    file(archive, [article("Hafen, jetzt kürzer")])
    assert len(urls(archive, "Hafen")) == 1
    assert stands(archive) == {INDEXED_BY}


@pytest.mark.parametrize(
    "text",
    [" OR ".join(f"w{n}" for n in range(199)) + " OR Hafen", "Hafen " + " ".join(f"-w{n}" for n in range(150))],
)
def test_long_queries_are_asked_at_once(archive: Archive, text: str) -> None:
    file(archive, [article("Der Hafen"), article("Nichts", 2)])
    assert len(urls(archive, text)) == 1


def test_order_and_time(archive: Archive) -> None:
    file(archive, [article("Hafen", n, START - timedelta(hours=n // 3)) for n in range(9)])
    with archive.read() as tx:
        keys = {filed.record.url: filed.key for filed in tx.records.stream()}
        found = [one.filed for one in finding.matching(tx, parse("Hafen"), since=None, until=None)]
        assert found == list(tx.records.stream())
        newest = [one.filed for one in finding.matching(tx, parse("Hafen"), since=None, until=None, newest_first=True)]
        assert newest == found[::-1]
        start = START - timedelta(hours=1)
        assert len(finding.hits(tx, parse("Hafen"), since=start)) == 6
        assert len(finding.hits(tx, parse("Hafen"), since=start, until=START)) == 3
    assert len(keys) == 9
