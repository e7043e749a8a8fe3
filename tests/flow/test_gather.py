"""What waits leaves when its time has come: in one message, never lost, never twice; and silence means something."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from tests.fakes import FakeChannel, FakeFeed
from tests.house import FEED, House, open_house, publish_many
from tests.killing import killed_at
from worker.archive import Transaction, open_archive
from worker.archive.schema import alerts, attempts, channels, deliveries
from worker.gather import MOST_IN_ONE
from worker.model import Alert, DeliveryState, Digest, Heartbeat, SendOutcome, SendResult

MOST = 5


class Paper(House):
    """A feed that was polled for the first time: from now on its articles are news. It is 13:00 in Berlin."""

    shown: FakeFeed


@pytest.fixture
def paper(house: House) -> Paper:
    return opened(house)


def opened(house: House) -> Paper:
    one = Paper(**{field.name: getattr(house, field.name) for field in fields(house)})
    one.shown = house.web.feed(FEED, page_size=6_000)
    publish_many(one.shown, house.clock, 2, "Alt")
    house.add_feed()
    house.poll()
    return one


def publish(paper: Paper, number: int, word: str = "Neu") -> list[str]:
    paper.clock.advance(700)
    titles = [paper.shown.publish(f"{word} {paper.shown.next_id}", at=paper.clock.now()).title for _ in range(number)]
    paper.poll()
    return titles


def sent(house: House) -> list[Alert | Digest | Heartbeat]:
    house.gather()
    house.deliver()
    return [one.delivery.alert for one in house.channel.sent]


def states(house: House) -> dict[str, int]:
    with house.archive.read() as tx:
        return dict(tx.alerts.counts())


def until(house: House, text: str) -> None:
    house.clock.advance((datetime.fromisoformat(text).replace(tzinfo=UTC) - house.clock.now()).total_seconds())


def test_a_digest_takes_along_what_came_and_settles_it(paper: Paper) -> None:
    paper.subscribe("alles", "Neu", digest="daily at 18:00")
    titles = publish(paper, 3) + publish(paper, 1)
    assert sent(paper) == []
    assert states(paper) == {"held": 4}
    until(paper, "2025-12-03 17:00")
    [digest] = sent(paper)
    assert isinstance(digest, Digest)
    assert sorted(one.record.record.title for one in digest.alerts) == sorted(titles)
    assert states(paper) == {"sent": 5}
    assert len(sent(paper)) == 1


def test_one_alert_alone_goes_out_as_itself(paper: Paper) -> None:
    paper.subscribe("alles", "Neu", digest="hourly")
    [title] = publish(paper, 1)
    paper.clock.advance(hours=1)
    [alert] = sent(paper)
    assert isinstance(alert, Alert)
    assert alert.record.record.title == title


def test_each_channel_of_a_digest_has_a_delivery_of_its_own(paper: Paper) -> None:
    other = FakeChannel()
    paper.counter = replace(paper.counter, channels={"screen": paper.channel, "hook": other})
    paper.subscribe("alles", "Neu", ("screen", "hook"), digest="hourly")
    publish(paper, 2)
    paper.clock.advance(hours=1)
    [digest] = sent(paper)
    [again] = [one.delivery.alert for one in other.sent]
    assert digest.id == again.id
    assert {one.delivery.id for one in paper.channel.sent}.isdisjoint(one.delivery.id for one in other.sent)


def test_a_digest_that_fails_keeps_its_id_and_what_it_takes_along(paper: Paper) -> None:
    paper.subscribe("alles", "Neu", digest="hourly")
    publish(paper, 3)
    paper.clock.advance(hours=1)
    paper.channel.fail(1)
    assert sent(paper) == []
    publish(paper, 2)
    assert states(paper) == {"pending": 4, "held": 2}
    [digest] = sent(paper)
    assert isinstance(digest, Digest)
    assert len(digest.alerts) == 3
    assert len({one.delivery.id for one in paper.channel.attempts}) == 1
    assert len({one.message.payload for one in paper.channel.attempts}) == 1


def test_quiet_hours_hold_what_comes_and_urgent_words_break_them(paper: Paper) -> None:
    paper.subscribe("alles", "Neu OR Evakuierung", quiet="22:00-06:30", urgent=["Evakuierungen"])
    until(paper, "2025-12-03 21:30")
    publish(paper, 2)
    [title] = publish(paper, 1, "Evakuierung")
    [alert] = sent(paper)
    assert isinstance(alert, Alert)
    assert alert.record.record.title == title
    until(paper, "2025-12-04 05:29")
    assert len(sent(paper)) == 1
    until(paper, "2025-12-04 05:30")
    [_, digest] = sent(paper)
    assert isinstance(digest, Digest)
    assert len(digest.alerts) == 2


def test_a_summary_does_not_come_in_quiet_hours(paper: Paper) -> None:
    paper.subscribe("alles", "Neu OR Evakuierung", quiet="22:00-06:30", urgent=["Evakuierung"], max_alerts_per_hour=1)
    until(paper, "2025-12-03 20:40")  # a quarter of an hour before they begin
    publish(paper, 3)
    assert len(sent(paper)) == 1
    until(paper, "2025-12-03 22:00")
    assert len(sent(paper)) == 1
    until(paper, "2025-12-04 05:30")
    assert [type(one) for one in sent(paper)] == [Alert, Digest]


def test_what_is_urgent_in_a_flood_waits_for_its_end_only(paper: Paper) -> None:
    paper.subscribe("alles", "Neu OR Evakuierung", quiet="22:00-06:30", urgent=["Evakuierung"], max_alerts_per_hour=1)
    until(paper, "2025-12-03 20:40")
    titles = publish(paper, 3, "Evakuierung")
    assert len(sent(paper)) == 1
    until(paper, "2025-12-03 22:00")
    [first, summary] = sent(paper)
    assert isinstance(first, Alert)
    assert isinstance(summary, Digest)
    assert {one.record.record.title for one in (first, *summary.alerts)} == set(titles)


def test_a_digest_missed_by_a_down_time_does_not_come_in_quiet_hours(paper: Paper) -> None:
    paper.subscribe("alles", "Neu", digest="daily at 18:00", quiet="22:00-06:30")
    publish(paper, 2)
    until(paper, "2025-12-03 22:00")
    assert sent(paper) == []
    assert states(paper) == {"held": 2}
    until(paper, "2025-12-04 05:30")
    assert [type(one) for one in sent(paper)] == [Digest]


def test_other_times_given_at_night_wake_nobody(paper: Paper) -> None:
    number = paper.subscribe("alles", "Neu", quiet="22:00-06:30")
    until(paper, "2025-12-03 21:30")
    publish(paper, 2)
    with paper.archive.write() as tx:
        tx.subscriptions.change(number, now=paper.clock.now(), max_alerts_per_hour=20)
    assert sent(paper) == []
    with paper.archive.write() as tx:
        tx.subscriptions.change(number, now=paper.clock.now(), quiet="")
    assert [type(one) for one in sent(paper)] == [Digest]


def test_what_is_on_its_way_goes_on_when_quiet_hours_begin(paper: Paper) -> None:
    paper.subscribe("alles", "Neu", quiet="22:00-06:30")
    until(paper, "2025-12-03 20:48")
    paper.channel.fail(1)
    publish(paper, 1)
    assert sent(paper) == []
    paper.clock.advance(60)
    assert len(sent(paper)) == 1


def test_what_waits_does_not_expire(paper: Paper) -> None:
    """An event that expired before the digest's hour vanished elsewhere."""
    paper.subscribe("alles", "Neu", digest="weekly mon 08:00")
    publish(paper, 2)
    paper.clock.advance(days=40)
    [digest] = sent(paper)
    assert isinstance(digest, Digest)
    assert len(digest.alerts) == 2


def test_a_flood_becomes_one_summary_that_lists_every_hit(paper: Paper) -> None:
    paper.subscribe("alles", "Neu", max_alerts_per_hour=MOST)
    titles = publish(paper, 3) + publish(paper, 30)
    told = sent(paper)
    assert len(told) == MOST
    assert states(paper) == {"sent": MOST, "held": 33 - MOST}
    paper.clock.advance(minutes=59)
    told = sent(paper)
    summary = told[-1]
    assert isinstance(summary, Digest)
    assert summary.kind == "summary"
    alone = [one.record.record.title for one in told if isinstance(one, Alert)]
    assert sorted([*alone, *(one.record.record.title for one in summary.alerts)]) == sorted(titles)
    assert len(json.loads(paper.channel.sent[-1].message.payload)["data"]["alerts"]) == 33 - MOST
    assert [type(one) for one in sent(paper)] == [Alert] * MOST + [Digest]


def test_after_the_hour_alerts_leave_alone_again(paper: Paper) -> None:
    paper.subscribe("alles", "Neu", max_alerts_per_hour=MOST)
    publish(paper, 10)
    sent(paper)
    paper.clock.advance(hours=2)
    sent(paper)
    paper.channel.sent.clear()
    publish(paper, 2)
    assert [type(one) for one in sent(paper)] == [Alert, Alert]


def test_more_than_one_message_can_list_goes_into_the_next_one(paper: Paper) -> None:
    paper.subscribe("alles", "Neu", max_alerts_per_hour=1)
    publish(paper, 1)
    with paper.archive.read() as tx:
        [row] = tx.alerts.rows()
    with paper.archive.write() as tx:
        tx.subscriptions.change(1, now=paper.clock.now(), max_alerts_per_hour=0, digest="hourly")
        flood(tx, row.id, MOST_IN_ONE + 1, paper.clock.now())
    paper.clock.advance(hours=1)
    told = sent(paper)
    assert [len(one.alerts) for one in told if isinstance(one, Digest)] == [MOST_IN_ONE]
    assert states(paper) == {"sent": MOST_IN_ONE + 3}


def flood(tx: Transaction, like: str, number: int, now: datetime) -> None:
    """Held deliveries, each of an alert of its own about the same article."""
    connection = tx.alerts._connection
    first = connection.execute(select(alerts).join(deliveries).where(deliveries.c.id == like)).mappings().one()
    rows = [dict(first) | {"id": f"alert_{n}", "occasion": str(n)} for n in range(number)]
    connection.execute(insert(alerts), rows)
    held = {"channel": "screen", "state": "held", "held_for": "digest", "retry_at": now}
    connection.execute(insert(deliveries), [held | {"id": f"msg_{n}", "alert_id": f"alert_{n}"} for n in range(number)])


def test_other_times_let_go_what_waits_for_the_old_ones(paper: Paper) -> None:
    number = paper.subscribe("alles", "Neu", digest="weekly mon 08:00")
    publish(paper, 2)
    with paper.archive.write() as tx:
        tx.subscriptions.change(number, now=paper.clock.now(), digest="")
    [digest] = sent(paper)
    assert isinstance(digest, Digest)


def test_other_times_hold_what_waits_anew(paper: Paper) -> None:
    """Whoever moves his quiet hours at night is not woken by it."""
    number = paper.subscribe("alles", "Neu", quiet="22:00-06:30")
    until(paper, "2025-12-03 22:00")
    publish(paper, 2)
    with paper.archive.write() as tx:
        tx.subscriptions.change(number, now=paper.clock.now(), quiet="22:00-08:00")
    until(paper, "2025-12-04 06:59")
    assert sent(paper) == []
    until(paper, "2025-12-04 07:00")
    assert len(sent(paper)) == 1


def test_another_heartbeat_ends_no_hold(paper: Paper) -> None:
    number = paper.subscribe("alles", "Neu", max_alerts_per_hour=1)
    publish(paper, 3)
    with paper.archive.write() as tx:
        tx.subscriptions.change(number, now=paper.clock.now(), heartbeat="daily at 18:00")
    assert len(sent(paper)) == 1
    assert states(paper) == {"sent": 1, "held": 2}


def test_a_flood_that_is_over_in_quiet_hours_waits_for_their_end(paper: Paper) -> None:
    paper.subscribe("alles", "Neu OR Evakuierung", max_alerts_per_hour=1, quiet="22:00-06:30", urgent=["Evakuierung"])
    until(paper, "2025-12-03 20:20")
    publish(paper, 3)
    publish(paper, 1, "Evakuierung")
    until(paper, "2025-12-04 05:29")
    told = sent(paper)
    assert [type(one) for one in told] == [Alert, Alert]
    assert isinstance(told[1], Alert)
    assert "Evakuierung" in told[1].record.record.title
    until(paper, "2025-12-04 05:30")
    assert isinstance(sent(paper)[-1], Digest)


@pytest.mark.parametrize(
    "unreadable", [{"quiet": "at night"}, {"digest": "now and then"}, {"timezone": "Mars/Olympus"}]
)
def test_times_that_cannot_be_read_delay_nobody(paper: Paper, unreadable: dict[str, str]) -> None:
    paper.subscribe("kaputt", "Neu", **{"digest": "hourly", "heartbeat": "hourly", **unreadable})
    publish(paper, 1)
    assert len([one for one in sent(paper) if isinstance(one, Alert)]) == 1


# -- articles that are removed ----------------------------------------------------------------------------------------


def remove(paper: Paper, title: str) -> None:
    [filed] = [one for one in paper.records() if one.record.title == title]
    with paper.archive.write() as tx:
        tx.records.remove(filed, reason="asked for", now=paper.clock.now())


def test_a_removed_article_is_gone_from_a_digest_that_was_tried(paper: Paper) -> None:
    paper.subscribe("alles", "Neu", digest="hourly")
    titles = publish(paper, 3)
    paper.clock.advance(hours=1)
    paper.channel.script(SendOutcome(result=SendResult.RETRY, detail=f"no room for {titles[0]}", answer=titles[0]))
    assert sent(paper) == []
    remove(paper, titles[0])
    with paper.archive.read() as tx:
        kept = [tx.alerts._connection.execute(select(table)).all() for table in (deliveries, attempts, channels)]
    assert titles[0] not in str(kept)
    paper.clock.advance(hours=1)
    [digest] = sent(paper)
    assert isinstance(digest, Digest)
    assert sorted(one.record.record.title for one in digest.alerts) == sorted(titles[1:])


def test_a_digest_of_removed_articles_is_not_sent(paper: Paper) -> None:
    paper.subscribe("alles", "Neu", digest="hourly")
    titles = publish(paper, 2)
    paper.clock.advance(hours=1)
    paper.gather()
    for title in titles:
        remove(paper, title)
    assert sent(paper) == []
    assert states(paper) == {"cancelled": 1}


def test_a_digest_is_replayed_with_all_that_it_took_along(paper: Paper) -> None:
    paper.subscribe("alles", "Neu", digest="hourly")
    publish(paper, 3)
    paper.clock.advance(hours=1)
    sent(paper)
    with paper.archive.write() as tx:
        member = next(row.id for row in tx.alerts.rows() if row.carrier_id)
        tx.outbox.replay([member], paper.clock.now(), states=[DeliveryState.SENT])
    first, again = sent(paper)
    assert first.id == again.id
    assert isinstance(again, Digest)
    assert len(again.alerts) == 3
    assert states(paper) == {"sent": 4}


def test_a_digest_that_waits_for_its_next_try_is_cancelled_with_its_subscription(paper: Paper) -> None:
    number = paper.subscribe("alles", "Neu", digest="hourly")
    publish(paper, 2)
    paper.clock.advance(hours=1)
    paper.gather()
    with paper.archive.write() as tx:
        tx.subscriptions.change(number, now=paper.clock.now(), paused=True)
    assert sent(paper) == []
    assert states(paper) == {"cancelled": 3}


@pytest.mark.parametrize("end", ["pause", "remove"])
def test_who_is_paused_or_removed_gets_nothing_of_what_waits(paper: Paper, end: str) -> None:
    number = paper.subscribe("alles", "Neu", digest="hourly")
    publish(paper, 2)
    with paper.archive.write() as tx:
        if end == "remove":
            tx.subscriptions.remove(number, paper.clock.now())
        else:
            tx.subscriptions.change(number, now=paper.clock.now(), paused=True)
    paper.clock.advance(hours=2)
    assert sent(paper) == []
    assert states(paper) == {"cancelled": 2}


# -- heartbeats -------------------------------------------------------------------------------------------------------


def test_a_heartbeat_says_that_nothing_was_found(paper: Paper) -> None:
    paper.subscribe("Nato", "Nato", heartbeat="daily 18:00")
    assert sent(paper) == []
    publish(paper, 4, "Anderes")
    until(paper, "2025-12-03 17:00")
    [beat] = sent(paper)
    assert isinstance(beat, Heartbeat)
    assert (beat.found, beat.checked, beat.feeds, beat.troubles) == (0, 4, 1, ())
    assert len(sent(paper)) == 1


def test_a_heartbeat_names_what_may_be_missing(paper: Paper) -> None:
    paper.subscribe("Nato", "Nato", heartbeat="daily at 18:00")
    sent(paper)
    now = paper.clock.now()
    with paper.archive.write() as tx:
        [feed] = tx.feeds.all()
        tx.coverage.open(feed.id, from_at=now, to_at=now, reason="the older pages cannot be read", now=now)
    until(paper, "2025-12-03 17:00")
    [beat] = sent(paper)
    assert isinstance(beat, Heartbeat)
    [trouble] = beat.troubles
    assert trouble.startswith(f"Lücke bei {FEED}")


def test_after_a_down_time_there_is_one_heartbeat(paper: Paper) -> None:
    paper.subscribe("Nato", "Neu", heartbeat="daily at 18:00")
    sent(paper)
    publish(paper, 1)
    until(paper, "2025-12-12 09:00")
    told = sent(paper)
    [beat] = [one for one in told if isinstance(one, Heartbeat)]
    assert beat.found == 1
    until(paper, "2025-12-12 17:00")
    assert len([one for one in sent(paper) if isinstance(one, Heartbeat)]) == 2


def test_a_paused_subscription_has_no_heartbeat(paper: Paper) -> None:
    number = paper.subscribe("Nato", "Nato", heartbeat="hourly")
    sent(paper)
    with paper.archive.write() as tx:
        tx.subscriptions.change(number, now=paper.clock.now(), paused=True)
    paper.clock.advance(hours=3)
    assert sent(paper) == []


def test_a_resumed_subscription_has_its_next_heartbeat_at_its_time(paper: Paper) -> None:
    number = paper.subscribe("Nato", "Nato", heartbeat="weekly mon 08:00")
    sent(paper)
    for days, paused in ((0, True), (30, False)):
        paper.clock.advance(days=days)
        with paper.archive.write() as tx:
            tx.subscriptions.change(number, now=paper.clock.now(), paused=paused)
    assert sent(paper) == []
    paper.clock.advance(days=7)
    assert [type(one) for one in sent(paper)] == [Heartbeat]


# -- crashes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["before_cursor_execute", "after_cursor_execute", "commit"])
def test_killed_at_each_step_of_gathering(tmp_path: Path, when: str) -> None:
    for number in range(1, 60):
        url = f"sqlite:///{tmp_path}/{when}-{number}.db"
        open_archive(url).close()
        with open_house(url) as house:
            paper = opened(house)
            house.subscribe("alles", "Neu", digest="hourly", heartbeat="hourly")
            house.gather()
            titles = publish(paper, 3)
            house.clock.advance(hours=1)
            with killed_at(house.archive, number, when) as count:
                house.gather()
            finished = count[0] < number
            house.archive.close()
            with open_house(url, house.clock) as after:
                told = sent(after)
            assert sorted(type(one).__name__ for one in told) == ["Digest", "Heartbeat"], f"{when} {number}"
            [digest] = [one for one in told if isinstance(one, Digest)]
            assert sorted(one.record.record.title for one in digest.alerts) == sorted(titles)
            if finished:
                assert number > 2, "no step was reached"
                return
    raise AssertionError("the gathering never came through")


def test_two_workers_at_once_make_one_digest(paper: Paper) -> None:
    paper.subscribe("alles", "Neu", digest="hourly")
    publish(paper, 4)
    paper.clock.advance(hours=1)
    both = threading.Barrier(2)

    def work(_number: int) -> int:
        both.wait(10)
        return paper.gather()

    with ThreadPoolExecutor(2) as workers:
        assert sorted(workers.map(work, range(2))) == [0, 1]
    [digest] = sent(paper)
    assert isinstance(digest, Digest)
    assert len(digest.alerts) == 4
