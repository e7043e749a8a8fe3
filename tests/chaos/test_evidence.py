"""What is planted in the tables shows in the evidence, on both databases."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, insert, select, update

from tests.chaos import evidence, tripwire
from tests.chaos.checker import Evidence, judge
from tests.chaos.farm import Item
from tests.house import FEED, House, open_house
from worker.archive.schema import alerts, deliveries, feeds, hosts, records

TOWNS = {1: (), 2: ("Melle",), 3: ("Melle",)}


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    """One silent item, then two that alert."""
    with open_house(database_url) as one:
        one.add_feed()
        one.subscribe("Melle", "title:Melle")
        feed = one.web.feed(FEED)
        feed.publish("Nachricht 1: Aus aller Welt")
        one.poll()
        for number in (2, 3):
            feed.publish(f"Nachricht {number}: Melle")
        one.poll_later()
        yield one


def evidence_of(house: House) -> Evidence:
    published = [record.first_seen_at for record in evidence.records_of(house.archive)]
    at = min(published, default=datetime.now(UTC))
    told = evidence.alerts_of(house.archive)
    return Evidence(
        items=[
            Item(number=number, host="h", towns=towns, text="", is_sport=False, published_at=at + timedelta(hours=1))
            for number, towns in TOWNS.items()
        ],
        silent=frozenset({1}),
        records=evidence.records_of(house.archive),
        alerts=told,
        asked=[],
        interval_s=2.0,
        began_at=0.0,
        ends_at=0.0,
        heard=[number for alert in told for number in alert.deliveries],
        old_leases=list(evidence.old_leases(house.archive)),
    )


def test_nothing_planted(house: House) -> None:
    assert judge(evidence_of(house)).broken == []
    assert evidence.unsettled(house.archive) == 2


def test_a_deleted_record(house: House) -> None:
    with house.archive.database.write() as connection:
        connection.execute(delete(records).where(records.c.title.startswith("Nachricht 1")))
    assert judge(evidence_of(house)).broken == ["item 1 is lost"]


def test_a_doubled_row(house: House) -> None:
    with house.archive.database.write() as connection:
        row = dict(connection.execute(select(records).order_by(records.c.id)).mappings().first() or {})
        row |= {"id": None, "key": "f" * 16, "url_key": f"{row['url_key']}-b", "post_id": None}
        row["id"] = connection.execute(select(func.max(records.c.id))).scalar_one() + 1
        connection.execute(insert(records).values(row))
    assert judge(evidence_of(house)).broken == ["item 1 is filed 2 times"]


def test_a_missing_alert(house: House) -> None:
    with house.archive.database.write() as connection:
        first = select(func.min(alerts.c.id)).scalar_subquery()
        connection.execute(delete(deliveries).where(deliveries.c.alert_id == first))
        connection.execute(delete(alerts).where(alerts.c.id == first))
    [sentence] = judge(evidence_of(house)).broken
    assert sentence.startswith("the alert of Melle on item ")
    assert sentence.endswith(" is missing")


def test_a_lease_that_nobody_took_over(house: House) -> None:
    with house.archive.database.write() as connection:
        until = datetime.now(UTC) - timedelta(minutes=1)
        connection.execute(update(hosts).values(lease_token="x", lease_until=until))
    [sentence] = judge(evidence_of(house)).broken
    assert sentence.startswith("the lease on www.stadtblatt.example:443 ran out at ")


def test_a_late_write_that_undoes_a_later_one(house: House, database_url: str) -> None:
    tripwire.lay(database_url)
    with house.archive.database.write() as connection:
        connection.execute(update(deliveries).values(state="sent"))
        for etag in ('"1-1009"', None, '"1-1009"', '"1-1010"'):
            connection.execute(update(feeds).values(etag=etag))
    assert tripwire.tripped(house.archive) == []
    with house.archive.database.write() as connection:
        connection.execute(update(feeds).values(etag='"1-1009"'))
        connection.execute(update(deliveries).values(state="pending"))
    back, *unsent = tripwire.tripped(house.archive)
    assert back == f'{FEED} went back from "1-1010" to "1-1009"'
    assert [said.partition(" ")[2] for said in unsent] == ["was sent and is pending"] * 2


def test_what_is_filed_shows_at_once(house: House, database_url: str) -> None:
    assert not tripwire.await_filing(database_url, 0.01)
    seen: list[bool] = []
    looks = threading.Thread(target=lambda: seen.append(tripwire.await_filing(database_url, 20)))
    looks.start()
    for number in range(4, 1000):  # until whoever looks has begun to
        house.web._feeds[FEED].publish(f"Nachricht {number}: Melle")
        house.poll_later()
        if not looks.is_alive():
            break
    looks.join()
    assert seen == [True]


def test_waits_are_shortened_and_nothing_else(house: House) -> None:
    later = datetime.now(UTC) + timedelta(minutes=5)
    with house.archive.database.write() as connection:
        connection.execute(update(deliveries).values(retry_at=later))
    evidence.shorten_waits(house.archive)
    with house.archive.database.read() as connection:
        assert set(connection.execute(select(deliveries.c.retry_at < later)).scalars()) == {True}
    assert evidence.unsettled(house.archive) == 2
