"""The numbers that a monitor is told, over both databases: right, and read along indexes."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, insert, inspect, text, update

from tests.fakes import failed
from tests.flow.test_deliver import owe
from tests.house import FEED, House, open_house, publish_many
from worker.archive import schema_version
from worker.archive.schema import deliveries, hosts
from worker.glance import Glance
from worker.model import Figures, Trouble, TroubleKind

OTHER = "https://www.anders.example/feed/"


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with open_house(database_url) as one:
        yield one


def look(house: House, database_url: str) -> Figures:
    with closing(Glance(database_url, lambda _: house.clock.now(), patience_s=60)) as glance:
        figures = glance.figures()
    assert figures is not None
    return figures


def test_an_empty_archive(house: House, database_url: str) -> None:
    figures = look(house, database_url)
    assert figures.schema_version == schema_version()
    assert figures.size_bytes > 10_000
    assert figures.records == figures.gaps == figures.files_due == figures.unindexed == figures.feeds_due == 0
    assert figures.feeds == {}
    assert figures.deliveries == {"pending": 0, "held": 0, "dead": 0}
    assert figures.feed_waits_s == figures.delivery_waits_s == 0
    assert figures.article_lag_s is figures.swept_at is figures.canary is None


def test_an_empty_database_stays_empty_and_the_log_says_what_to_do(
    postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(Glance(postgres_url, lambda _: datetime.now(UTC), patience_s=60)) as glance:
        assert glance.figures() is None
    assert "the archive is empty: run `feedwacht db upgrade`" in caplog.text
    engine = create_engine(postgres_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_feeds_by_state_and_the_one_that_waits_longest(house: House, database_url: str) -> None:
    publish_many(house.web.feed(FEED), house.clock, 2)
    house.web.script(OTHER, failed(500))
    house.add_feed()
    house.add_feed(OTHER)
    house.clock.advance(30)
    figures = look(house, database_url)
    assert (figures.feeds, figures.feeds_due, figures.feed_waits_s) == ({"new": 2}, 2, 30)
    house.poll()
    figures = look(house, database_url)
    assert (figures.feeds, figures.feeds_due) == ({"ok": 1, "failing": 1}, 0)
    with house.archive.write() as tx:
        tx.feeds.stop(house.feed(OTHER).id, "gone", was="")
    assert look(house, database_url).feeds == {"ok": 1, "stopped": 1}


def test_a_server_that_asked_to_be_left_alone_is_not_overdue(house: House, database_url: str) -> None:
    house.add_feed()
    house.clock.advance(30)
    with house.archive.write() as tx:
        later = house.clock.now() + timedelta(hours=1)
        tx._connection.execute(update(hosts).values(retry_after_at=later))
    assert look(house, database_url).feed_waits_s == 0


def test_articles_and_how_soon_they_were_filed(house: House, database_url: str) -> None:
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 2)
    house.add_feed()
    house.poll()
    assert look(house, database_url).article_lag_s is None, "a first poll files what is older than our watching"
    house.clock.advance(600)
    publish_many(feed, house.clock, 3)
    house.clock.advance(40)
    house.poll()
    figures = look(house, database_url)
    assert (figures.records, figures.files_due) == (5, 5)
    assert figures.article_lag_s == pytest.approx(100, abs=2), "a minute apart, filed forty seconds after the last"
    house.clock.advance(2 * 86_400)
    assert look(house, database_url).article_lag_s is None


def test_record_files_that_nobody_keeps_are_not_owed(house: House, database_url: str) -> None:
    """Each row waits for its file from the beginning, so the alarm for a backlog would never end."""
    publish_many(house.web.feed(FEED), house.clock, 3)
    house.add_feed()
    house.poll()
    with closing(Glance(database_url, lambda _: house.clock.now(), files=False, patience_s=60)) as glance:
        figures = glance.figures()
    assert figures is not None
    assert (figures.records, figures.files_due) == (3, 0)


def test_records_are_counted_on(house: House, database_url: str) -> None:
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 3)
    house.add_feed()
    house.poll()
    with closing(Glance(database_url, lambda _: house.clock.now(), patience_s=60, keep_s=0)) as glance:
        before = glance.figures()
        publish_many(feed, house.clock, 2)
        house.poll_later(7200)
        after = glance.figures()
    assert [one and one.records for one in (before, after)] == [3, 5]


def test_deliveries_notices_and_troubles(house: House, database_url: str) -> None:
    owe(house, 3)
    owed = look(house, database_url)
    assert owed.deliveries["pending"] == 3
    assert owed.delivery_waits_s >= 0
    assert owed.subscriptions == {"active": 1}
    house.deliver()
    with house.archive.write() as tx:
        tx.troubles.begin(Trouble(feed_id=house.feed().id, kind=TroubleKind.EMPTY, began_at=house.clock.now()))
    figures = look(house, database_url)
    assert figures.deliveries["pending"] == 0
    assert figures.delivery_waits_s == 0
    assert figures.troubles == {"empty": 1}


def test_a_million_deliveries_are_not_counted_one_by_one(house: House, database_url: str) -> None:
    """Only what waits is looked at, and along the index."""
    owe(house, 1)
    house.deliver()
    with house.archive.write() as tx:
        connection = tx._connection
        (row,) = connection.execute(deliveries.select()).mappings()
        rows = [dict(row) | {"id": f"dlv_{n}", "channel": f"c{n}"} for n in range(3_000)]
        connection.execute(insert(deliveries), rows)
    with house.archive.read() as tx:
        if tx._connection.dialect.name == "sqlite":
            asked = (
                "EXPLAIN QUERY PLAN SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE state = 'dead' LIMIT 100000)"
            )
            plan = " ".join(str(row) for row in tx._connection.execute(text(asked)))
            assert "COVERING INDEX" in plan
        assert dict(tx.figures.deliveries_by_state()) == {"pending": 0, "held": 0, "dead": 0}


def test_processes_and_moments_are_handed_on(house: House, database_url: str) -> None:
    from tests.contract.test_fleet import ONE

    now = house.clock.now()
    with house.archive.write() as tx:
        tx.fleet.report(replace(ONE, seen_at=now))
        tx.fleet.note("sweep", now)
    figures = look(house, database_url)
    assert figures.colleagues == (replace(ONE, seen_at=now),)
    assert figures.swept_at == now
