"""One alert a story: copies go along with the first alert, or are cancelled; what looks alike alerts as ever."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.fakes import FakeFeed
from tests.house import FEED, House
from tests.story_pairs import AGENCY, PAIRS, Text
from worker.archive.schema import alerts, deliveries, records, stories
from worker.explaining import explain
from worker.gather import gather_due
from worker.query import parse

OTHER_FEED = "https://www.anderswo.example/feed/"


def html(text: Text) -> str:
    """With a credit that the query finds, and that makes no story."""
    return "".join(f"<p>{block}</p>" for block in (*text.body.split("\n\n"), "Quelle: Nachrichtendienst"))


def subscribe(house: House, name: str = "alle", query: str = "Nachrichtendienst", **options: Any) -> int:
    with house.archive.write() as tx:
        return tx.subscriptions.add(
            name=name,
            query=query,
            canonical=parse(query).to_json(),
            channels=options.pop("channels", ("screen",)),
            origin="command",
            now=house.clock.now(),
            **{"one_per_story": True, **options},
        )


@pytest.fixture
def feed(house: House) -> FakeFeed:
    """Polled once, so that what comes is news."""
    one = house.web.feed(FEED)
    house.add_feed()
    one.publish("Ein alter Artikel", at=house.clock.now())
    house.poll()
    return one


def publish(house: House, feed: FakeFeed, text: Text, **more: Any) -> None:
    feed.publish(text.title, html(text), at=house.clock.now(), **more)


def rows(house: House) -> Sequence[Any]:
    """(title, state, title of the article whose alert carries it, detail) of deliveries, in the order of filing."""
    joined = deliveries.join(alerts).join(records, records.c.id == alerts.c.record_id)
    query = select(deliveries, records.c.title).select_from(joined).order_by(records.c.id, deliveries.c.channel)
    with house.archive.read() as tx:
        found = tx._connection.execute(query).mappings().all()
    title = {row["id"]: row["title"] for row in found}
    return [(row["title"], row["state"], title.get(row["carrier_id"], ""), row["detail"]) for row in found]


def test_a_copy_of_the_same_poll_is_carried_by_the_first_alert(house: House, feed: FakeFeed) -> None:
    subscribe(house)
    publish(house, feed, AGENCY[0])
    publish(house, feed, replace(AGENCY[0], title="Teuerung geht zurück"))
    publish(house, feed, AGENCY[2])
    house.poll_later()

    first, *_ = [row for row in rows(house) if row[1] == "pending" and row[0] != AGENCY[2].title]
    carried = [row for row in rows(house) if row[1] == "held"]
    assert [row[2] for row in carried] == [first[0]]
    assert sorted(row[1] for row in rows(house)) == ["held", "pending", "pending"]
    assert len(house.deliver()) == 2


def test_a_copy_that_comes_when_the_first_was_sent_is_cancelled_with_the_reason(house: House, feed: FakeFeed) -> None:
    subscribe(house)
    publish(house, feed, AGENCY[0])
    house.poll_later()
    house.deliver()
    publish(house, feed, replace(AGENCY[0], title="Teuerung geht zurück"))
    house.poll_later()

    assert house.deliver() == []
    *_, (title, state, carrier, detail) = rows(house)
    assert (title, state, carrier) == ("Teuerung geht zurück", "cancelled", "")
    assert "told the same story: https://www.stadtblatt.example/artikel-1002/" in detail


def test_a_copy_in_another_feed_is_one_too(house: House, feed: FakeFeed) -> None:
    other = house.web.feed(OTHER_FEED)
    house.add_feed(OTHER_FEED)
    other.publish("Auch alt", at=house.clock.now())
    subscribe(house)
    house.poll_later()
    publish(house, feed, AGENCY[1])
    house.poll_later()
    publish(house, other, replace(AGENCY[1], title="Mietpreisbremse wird verschärft"))
    house.poll_later()

    assert [row[1] for row in rows(house)] == ["pending", "held"]


def test_without_the_wish_every_copy_alerts(house: House, feed: FakeFeed) -> None:
    subscribe(house, one_per_story=False)
    publish(house, feed, AGENCY[0])
    publish(house, feed, replace(AGENCY[0], title="Teuerung geht zurück"))
    house.poll_later()

    assert [row[1] for row in rows(house)] == ["pending", "pending"]
    with house.archive.read() as tx:
        assert tx._connection.execute(select(stories)).all() == []


@pytest.mark.parametrize("kind", sorted({pair.kind for pair in PAIRS if not pair.same}))
def test_articles_that_look_alike_all_alert(house: House, feed: FakeFeed, kind: str) -> None:
    """Also with the same headline, day after day."""
    subscribe(house)
    pair = next(pair for pair in PAIRS if pair.kind == kind)
    publish(house, feed, pair.one)
    publish(house, feed, pair.other)
    house.poll_later()

    assert [row[1] for row in rows(house)] == ["pending", "pending"]


def test_a_copy_alerts_where_the_first_alert_was_given_up(house: House, feed: FakeFeed) -> None:
    subscribe(house)
    publish(house, feed, AGENCY[0])
    house.poll_later()
    house.channel.refuse(status=400)
    house.deliver()
    publish(house, feed, replace(AGENCY[0], title="Teuerung geht zurück"))
    house.poll_later()

    assert [row[1] for row in rows(house)] == ["dead", "pending"]


def test_a_copy_alerts_who_was_not_told_of_the_first(house: House, feed: FakeFeed) -> None:
    """The first one matched another subscription only, or came before this one was made."""
    subscribe(house)
    publish(house, feed, AGENCY[0])
    house.poll_later()
    subscribe(house, "später")
    publish(house, feed, replace(AGENCY[0], title="Teuerung geht zurück"))
    house.poll_later()

    assert sorted(row[1] for row in rows(house)) == ["held", "pending", "pending"]
    assert {row[0] for row in rows(house) if row[1] == "held"} == {"Teuerung geht zurück"}


def test_a_story_lasts_three_days(house: House, feed: FakeFeed) -> None:
    subscribe(house)
    publish(house, feed, AGENCY[0])
    house.poll_later()
    house.clock.advance(timedelta(days=3, hours=1).total_seconds())
    publish(house, feed, replace(AGENCY[0], title="Teuerung geht zurück"))
    house.poll_later()

    assert [row[1] for row in rows(house)] == ["pending", "pending"]


def test_a_copy_of_a_copy_hangs_on_the_alert_that_leaves(house: House, feed: FakeFeed) -> None:
    subscribe(house)
    for title in ("Erster", "Zweiter", "Dritter"):
        publish(house, feed, replace(AGENCY[0], title=title))
        house.poll_later()

    assert [(row[0], row[2]) for row in rows(house)] == [("Erster", ""), ("Zweiter", "Erster"), ("Dritter", "Erster")]
    with house.archive.read() as tx:
        first, second, third = sorted(filed.id for filed in tx.records.stream())[1:]
        assert tx.stories.of(second) == [first, third]
        found = explain(tx, tx.records.get([second])[second])
        assert [filed.record.title for filed in found.story] == ["Erster", "Dritter"]


def test_a_channel_that_the_first_alert_did_not_use_is_told(house: House, feed: FakeFeed) -> None:
    subscribe(house)
    publish(house, feed, AGENCY[0])
    house.poll_later()
    with house.archive.write() as tx:
        found = tx.subscriptions.find("alle")
        assert found is not None
        tx.subscriptions.change(found.id, now=house.clock.now(), channels=["more", "screen"])
    publish(house, feed, replace(AGENCY[0], title="Teuerung geht zurück"))
    house.poll_later()

    assert [row[1] for row in rows(house)] == ["pending", "pending", "held"]


def test_an_edit_of_a_copy_changes_nothing(house: House, feed: FakeFeed) -> None:
    subscribe(house)
    publish(house, feed, AGENCY[0])
    house.poll_later()
    copy = feed.publish("Kopie", html(AGENCY[0]), at=house.clock.now())
    house.poll_later()
    feed.edit(copy, html=html(AGENCY[0]).replace("2,1", "2,0"))
    house.poll_later()

    assert [row[1] for row in rows(house)] == ["pending", "held"]


def test_many_copies_in_one_poll_are_one_alert(house: House, feed: FakeFeed) -> None:
    subscribe(house)
    feed.page_size = 300
    for number in range(200):
        publish(house, feed, replace(AGENCY[0], title=f"Kopie {number}"))
    house.poll_later()

    states = [row[1] for row in rows(house)]
    assert (states.count("pending"), states.count("held")) == (1, 199)
    assert len(house.deliver()) == 1


def test_the_first_alert_lists_its_copies(house: House, feed: FakeFeed) -> None:
    """Also where it waits for a digest, and goes out in one with other articles."""
    subscribe(house)
    subscribe(house, "später", digest="hourly")
    publish(house, feed, AGENCY[0])
    house.poll_later()
    publish(house, feed, replace(AGENCY[0], title="Teuerung geht zurück"))
    publish(house, feed, AGENCY[2])
    house.poll_later()
    house.deliver()
    house.clock.advance(3600)
    gather_due(house.counter, lambda source: "Europe/Berlin")
    house.deliver()

    single, other, digest = sorted((one.message.text for one in house.channel.sent), key=len)
    assert "Teuerung geht zurück" not in single + other or "auch: Teuerung geht zurück" in single + other
    assert "auch: Teuerung geht zurück" in digest
    assert {row[1] for row in rows(house)} == {"sent"}


def test_a_follow_up_of_a_copy_in_a_digest_is_threaded_to_the_digest(house: House, feed: FakeFeed) -> None:
    """Not to the alert that took the copy along, which never left by itself."""
    subscribe(house, digest="hourly", on_edit="always")
    copies = [feed.publish(title, html(AGENCY[0]), at=house.clock.now()) for title in ("Erster", "Zweiter")]
    publish(house, feed, AGENCY[2])
    house.poll_later()
    house.clock.advance(3600)
    house.gather()
    house.deliver()
    for copy in copies:
        feed.edit(copy, title=f"{copy.title} von 7")
    house.poll_later()
    with house.archive.write() as tx:
        found = tx.subscriptions.find("alle")
        assert found is not None
        tx.subscriptions.change(found.id, now=house.clock.now(), digest="")
        ids = [row.id for row in tx.alerts.rows(state="held")]
        tx.held.release(ids, house.clock.now())
    house.deliver()

    digest, *later = [sending.delivery for sending in house.channel.sent]
    assert [one.thread for one in later] == [(digest.id,)] * 2


def test_a_copy_shares_the_fate_of_a_first_alert_that_was_tried_in_vain(house: House, feed: FakeFeed) -> None:
    """It told nobody anything yet: were the copy cancelled, and the first one given up, nobody would ever hear of it."""
    subscribe(house)
    publish(house, feed, AGENCY[0])
    house.poll_later()
    house.channel.fail(1)
    house.deliver()
    publish(house, feed, replace(AGENCY[0], title="Teuerung geht zurück"))
    house.poll_later()
    assert sorted(row[1] for row in rows(house)) == ["held", "pending"]

    house.channel.refuse(1, status=None)
    house.deliver()
    assert [row[1] for row in rows(house)] == ["dead", "dead"]
    with house.archive.write() as tx:
        assert tx.outbox.replay([], house.clock.now()) == 2
    house.deliver()
    assert [row[1] for row in rows(house)] == ["sent", "sent"]
