"""What is owed leaves the house: once, in order, again by the schedule, never silently lost."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select, update

from tests.fakes import FakeChannel
from tests.house import FEED, House, publish_many
from worker import channelcare
from worker.archive.schema import alerts, deliveries
from worker.circuit import PATIENCE
from worker.deliver import deliver_due
from worker.model import Delivery, DeliveryRow, DeliveryState, Message, SendOutcome, SendResult, TroubleKind
from worker.notify import notify_due
from worker.sending import SEND_S, ChannelManners


def owe(house: House, number: int) -> int:
    """So many alerts are owed. Gives the subscription's number."""
    subscription = house.subscribe("alles", "Neu")
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 2, "Alt")
    house.add_feed()
    house.poll()
    house.clock.advance(86_400)
    publish_many(feed, house.clock, number, "Neu")
    house.poll_until_quiet()
    return subscription


@pytest.fixture
def owing(house: House) -> House:
    """Three alerts are owed."""
    owe(house, 3)
    return house


def waiting_until(house: House) -> datetime:
    """When the next delivery is tried, or now."""
    with house.archive.read() as tx:
        waiting = [row.retry_at for row in tx.alerts.rows(state="pending", limit=1_000)]
    return min(waiting, default=house.clock.now())


def states(house: House) -> dict[str, int]:
    with house.archive.read() as tx:
        return dict(tx.alerts.counts())


def test_alerts_leave_once(owing: House) -> None:
    assert len(owing.deliver()) == 3
    assert owing.deliver() == []
    assert states(owing) == {"sent": 3}


def test_a_failed_attempt_is_repeated_by_the_schedule_with_the_same_id_and_body(owing: House) -> None:
    owing.channel.fail(3)
    owing.deliver()
    assert states(owing) == {"pending": 3}
    assert owing.deliver() == []
    owing.web.feed(FEED)  # the article may change meanwhile: what is repeated does not
    owing.clock.advance(6)
    owing.deliver()
    assert states(owing) == {"sent": 3}
    tries: dict[str, set[bytes]] = {}
    for sending in owing.channel.attempts:
        tries.setdefault(sending.delivery.id, set()).add(sending.message.payload)
    assert [len(bodies) for bodies in tries.values()] == [1, 1, 1]
    assert len(owing.channel.attempts) == 6


def test_after_the_last_attempt_a_delivery_is_dead_listed_and_can_be_replayed(house: House) -> None:
    owe(house, 1)
    house.channel.fail(300)
    waits = []
    for _ in range(12):
        waits.append(house.clock.now())
        house.deliver()
        house.clock.advance((waiting_until(house) - house.clock.now()).total_seconds())
    assert states(house) == {"dead": 1}
    gaps = [(after - before).total_seconds() for before, after in pairwise(waits)][:9]
    assert gaps == [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
    house.channel = FakeChannel()
    house.counter = replace(house.counter, channels={"screen": house.channel})
    with house.archive.write() as tx:
        [dead] = tx.alerts.rows(state="dead")
        assert dead.detail == "not now"
        assert [one.number for one in tx.alerts.attempts(dead.id)] == list(range(1, 11))
        assert tx.outbox.replay(["msg_other"], house.clock.now()) == 0
        assert tx.outbox.replay([dead.id], house.clock.now()) == 1
    house.clock.advance(900)
    house.deliver()
    assert states(house) == {"sent": 1}
    assert [sending.delivery.id for sending in house.channel.sent] == [dead.id]


def test_a_receiver_that_says_never_is_not_asked_again(owing: House) -> None:
    owing.channel.refuse(3, status=None)
    owing.deliver()
    assert states(owing) == {"dead": 3}


def test_a_receiver_that_is_gone_is_disabled_at_once_and_nothing_is_lost(owing: House) -> None:
    owing.channel.refuse(1, status=410)
    owing.deliver()
    owing.clock.advance(hours=200)
    owing.deliver()
    assert (states(owing), len(owing.channel.attempts)) == ({"pending": 3}, 1)
    with owing.archive.write() as tx:
        assert [trouble.kind for trouble in tx.troubles.open()] == [TroubleKind.CHANNEL_GONE]
        assert channelcare.enable(tx, "screen", owing.clock.now())
        assert tx.troubles.open() == []
    owing.deliver()
    assert states(owing) == {"sent": 3}


def test_a_retry_after_rests_the_whole_channel_and_nothing_is_dropped(owing: House) -> None:
    owing.channel.fail(1, status=429, retry_after_s=1000)
    assert len(owing.deliver()) == 1
    owing.clock.advance(990)
    assert owing.deliver() == []
    owing.clock.advance(11)
    assert len(owing.deliver()) == 3
    assert states(owing) == {"sent": 3}


def test_when_a_target_is_back_what_waited_for_it_leaves(house: House) -> None:
    """Also what was tried while it was down, and has its next try by the schedule much later."""
    owe(house, 5)
    house.channel.fail(6)
    while not house.channel.sent:
        house.deliver()
        house.clock.advance(6)
        assert len(house.channel.attempts) < 20
    house.deliver()
    assert states(house) == {"sent": 5}


def test_who_is_asked_to_wait_is_never_given_up_for_it(house: House) -> None:
    owe(house, 1)
    house.channel.fail(30, status=429)
    for _ in range(12):
        house.deliver()
        house.clock.advance(hours=8)
    assert states(house) == {"pending": 1}


def test_a_dead_target_is_asked_by_one_delivery(house: House) -> None:
    owe(house, 60)
    house.channel.fail(1_000)
    for _ in range(40):
        house.deliver()
        house.clock.advance(901)
    assert len(house.channel.attempts) == PATIENCE + 39
    assert states(house) == {"pending": 60}
    house.channel.restore()
    house.clock.advance(hours=1)
    house.deliver()
    assert states(house) == {"sent": 60}


def test_five_days_of_nothing_but_failure_disable_a_channel_and_the_others_tell(house: House) -> None:
    other = FakeChannel("pager")
    channels = {"screen": house.channel, "pager": other}
    house.counter = replace(house.counter, channels=channels, operator_channels=("screen", "pager"))
    owe(house, 60)
    house.channel.fail(10_000)
    for _ in range(8 * 4):
        house.deliver()
        notify_due(house.counter)
        house.clock.advance(hours=6)
    subjects = [sending.message.subject for sending in other.sent]
    assert len(subjects) == 2
    assert "nimmt seit" in subjects[0]
    assert "abgeschaltet" in subjects[1]
    before = len(house.channel.attempts)
    house.channel.restore()
    house.clock.advance(hours=30)
    house.deliver()
    assert len(house.channel.attempts) == before, "it is disabled"
    manners = {"screen": ChannelManners(target="another address")}
    house.counter = replace(house.counter, manners=manners)
    with house.archive.write() as tx:
        channelcare.take_over(tx, {"screen": "another address"}, house.clock.now())
    house.deliver()
    assert len(house.channel.sent) == states(house)["sent"] > 0
    with house.archive.read() as tx:
        assert tx.troubles.open() == []


def test_an_unknown_outcome_is_repeated_or_not_as_the_channel_wants_it(house: House) -> None:
    owe(house, 1)
    lost = SendOutcome(result=SendResult.UNKNOWN, detail="no answer within 20 s")
    house.channel.script(lost, lost)
    house.deliver()
    house.clock.advance(6)
    house.counter = replace(house.counter, manners={"screen": ChannelManners(on_unknown="drop")})
    house.deliver()
    assert states(house) == {"dead": 1}
    with house.archive.read() as tx:
        [row] = tx.alerts.rows()
        assert [one.result for one in tx.alerts.attempts(row.id)] == ["unknown", "unknown"]
    assert "may have arrived" in row.detail


def test_what_waits_for_a_paused_subscription_is_cancelled_with_the_reason(house: House) -> None:
    number = owe(house, 2)
    house.channel.fail(2)
    house.deliver()
    with house.archive.write() as tx:
        tx.subscriptions.change(number, now=house.clock.now(), paused=True)
        assert {(row.state, row.detail) for row in tx.alerts.rows()} == {("cancelled", "the subscription was paused")}
    house.clock.advance(10)
    assert house.deliver() == []


def test_what_is_cancelled_while_it_is_sent_stays_so_unless_it_arrived(house: House) -> None:
    number = owe(house, 3)

    class Pausing(FakeChannel):
        def send(self, delivery: Delivery, message: Message, now: datetime) -> SendOutcome:
            with house.archive.write() as tx:
                tx.subscriptions.change(number, now=now, paused=True)
            return super().send(delivery, message, now)

    house.channel = Pausing()
    house.channel.fail(1)
    house.counter = replace(house.counter, channels={"screen": house.channel})
    house.deliver()
    assert states(house) == {"cancelled": 3}
    assert len(house.channel.attempts) == 1


def test_what_a_delivery_carries_is_settled_with_it(house: House) -> None:
    owe(house, 3)
    with house.archive.write() as tx:
        first, *others = tx.alerts.rows()
    with house.archive.database.write() as connection:
        carried = deliveries.c.id.in_([row.id for row in others])
        connection.execute(update(deliveries).where(carried).values(carrier_id=first.id, state="held"))
    house.channel.refuse(1, status=None)
    house.deliver()
    assert (states(house), len(house.channel.attempts)) == ({"dead": 3}, 1)
    with house.archive.write() as tx:
        assert tx.outbox.replay([others[0].id], house.clock.now()) == 3
    assert states(house) == {"pending": 3}
    house.deliver()
    assert (states(house), len(house.channel.attempts)) == ({"sent": 3}, 2)
    with house.archive.write() as tx:
        sent = (DeliveryState.SENT,)
        day = house.clock.now() - timedelta(days=1)
        assert tx.outbox.replay([], house.clock.now(), channel="other", states=sent) == 0
        assert tx.outbox.replay([], house.clock.now(), until=day, states=sent) == 0
        assert tx.outbox.replay([], house.clock.now(), since=day, channel="screen", states=sent) == 3


def test_an_alert_that_cannot_be_put_into_words_holds_up_no_other(house: House) -> None:
    owe(house, 3)
    with house.archive.read() as tx:
        last = tx.alerts.rows()[0]
    with house.archive.database.write() as connection:
        broken = [{"field": "no such field", "start": 1, "end": 2, "text": "x"}]
        connection.execute(update(alerts).where(alerts.c.id == last.alert_id).values(spans=broken))
    house.deliver()
    assert states(house) in ({"sent": 2, "pending": 1}, {"sent": 3})


def test_a_channel_that_is_not_configured_is_said(owing: House) -> None:
    owing.counter = replace(owing.counter, channels={})
    owing.deliver()
    with owing.archive.read() as tx:
        assert {row.detail for row in tx.alerts.rows(state="dead")} == {
            "there is no channel screen in the configuration: add it, then `feedwacht alerts replay`"
        }
        assert tx.channels.all() == [], "nobody was asked, so nobody failed"


def test_a_fault_in_a_channel_costs_one_attempt(owing: House) -> None:
    owing.channel.crash(KeyError("fault"), times=3)
    owing.deliver()
    assert states(owing) == {"pending": 3}
    owing.clock.advance(10)
    owing.deliver()
    assert states(owing) == {"sent": 3}


def test_one_channel_that_fails_does_not_hold_up_another(house: House) -> None:
    house.subscribe("alles", "Neu", channels=("screen", "zweiter"))
    other = FakeChannel("zweiter")
    other.fail(100)
    house.counter = replace(house.counter, channels={"screen": house.channel, "zweiter": other})
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 1, "Alt")
    house.add_feed()
    house.poll()
    house.clock.advance(700)
    publish_many(feed, house.clock, 2, "Neu")
    house.poll()
    house.deliver()
    assert states(house) == {"sent": 2, "pending": 2}


def test_a_paused_subscription_is_not_matched_and_a_new_one_works_on_the_next_article(house: House) -> None:
    number = house.subscribe("alt", "Artikel")
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 1)
    house.add_feed()
    house.poll()
    with house.archive.write() as tx:
        tx.subscriptions.change(number, now=house.clock.now(), paused=True)
    house.subscribe("neu", "Artikel")
    house.clock.advance(700)
    publish_many(feed, house.clock, 1)
    house.poll()
    house.deliver()
    assert [sending.delivery.alert.subscription for sending in house.channel.sent] == ["neu"]


def leases(house: House) -> list[datetime]:
    """Until when deliveries are leased."""
    with house.archive.database.read() as connection:
        held = select(deliveries.c.lease_until).where(deliveries.c.lease_token.is_not(None))
        return list(connection.execute(held).scalars())


def test_a_lease_outlasts_each_send_that_is_begun_under_it(house: House) -> None:
    owe(house, 10)
    left_s = []

    class Slow(FakeChannel):
        def send(self, delivery: Delivery, message: Message, now: datetime) -> SendOutcome:
            left_s.append((min(leases(house)) - now).total_seconds())
            house.clock.advance(SEND_S - 1)
            return super().send(delivery, message, now)

    house.counter = replace(house.counter, channels={"screen": Slow()})
    assert len(house.deliver()) == 10
    assert min(left_s) >= SEND_S
    assert states(house) == {"sent": 10}
    assert leases(house) == []


def test_what_is_not_tried_is_given_back(house: House) -> None:
    owe(house, 10)
    deliver_due(house.counter, stopping=lambda: len(house.channel.attempts) == 4)
    assert states(house) == {"sent": 4, "pending": 6}
    assert leases(house) == []
    house.deliver()
    assert states(house) == {"sent": 10}


def test_a_channel_that_another_worker_is_at_is_left_to_it(house: House) -> None:
    owe(house, 60)
    other: list[int] = []

    class Watched(FakeChannel):
        def send(self, delivery: Delivery, message: Message, now: datetime) -> SendOutcome:
            other.append(len(deliver_due(house.counter)))
            return super().send(delivery, message, now)

    house.channel = Watched()
    house.counter = replace(house.counter, channels={"screen": house.channel})
    house.deliver()
    assert set(other) == {0}
    assert len({sending.delivery.id for sending in house.channel.sent}) == len(house.channel.attempts) == 60


def test_the_operator_is_told_elsewhere_even_if_he_named_the_broken_channel_only(house: House) -> None:
    """There is no other channel: the log and `status` have it, and nothing is owed to the broken one."""
    house.counter = replace(house.counter, operator_channels=("screen",))
    owe(house, 1)
    house.channel.refuse(1, status=410)
    house.deliver()
    assert notify_due(house.counter) == []
    with house.archive.read() as tx:
        assert [trouble.channel for trouble in tx.troubles.open()] == ["screen"]


def test_what_waits_leaves_at_once_when_its_channel_is_enabled(house: House) -> None:
    """However late in its schedule: whoever mended the receiver does not wait for another day."""
    owe(house, 1)
    house.channel.fail(1_000)
    for _ in range(8):
        house.deliver()
        house.clock.advance((waiting_until(house) - house.clock.now()).total_seconds())
    house.deliver()
    house.channel.restore()
    assert house.deliver() == []
    with house.archive.write() as tx:
        channelcare.enable(tx, "screen", house.clock.now())
    house.deliver()
    assert states(house) == {"sent": 1}
    [row] = rows(house)
    assert row.attempts == 10


def rows(house: House) -> list[DeliveryRow]:
    with house.archive.read() as tx:
        return tx.alerts.rows()


@pytest.mark.parametrize("fails", [True, False])
def test_who_disables_a_channel_while_it_is_being_tried_is_heeded(house: House, fails: bool) -> None:
    owe(house, 1)
    house.channel.fail(2)
    house.deliver()
    house.clock.advance(6)

    class Disabled(FakeChannel):
        def send(self, delivery: Delivery, message: Message, now: datetime) -> SendOutcome:
            with house.archive.write() as tx:
                known = tx.channels.find("screen")
                assert known is not None
                tx.channels.save(replace(known, disabled_at=now))
            return super().send(delivery, message, now)

    channel = Disabled()
    channel.fail(int(fails))
    house.counter = replace(house.counter, channels={"screen": channel})
    house.deliver()
    with house.archive.read() as tx:
        known = tx.channels.find("screen")
    assert known is not None
    assert known.disabled_at is not None


def test_who_refuses_everything_for_good_is_told_of(house: House) -> None:
    other = FakeChannel("pager")
    house.counter = replace(
        house.counter, channels={"screen": house.channel, "pager": other}, operator_channels=("pager",)
    )
    owe(house, 3)
    house.channel.refuse(100, status=None)
    for _ in range(2):
        house.deliver()
        assert states(house) == {"dead": 3}
        house.clock.advance(hours=3)
        with house.archive.write() as tx:
            tx.outbox.replay([], house.clock.now())
    notify_due(house.counter)
    [notice] = other.sent
    assert "nimmt seit" in notice.message.subject


@pytest.mark.parametrize("end", ["pause", "remove"])
def test_who_is_paused_or_removed_is_not_sent_what_others_have_replayed(house: House, end: str) -> None:
    number = owe(house, 1)
    house.channel.refuse(1, status=None)
    house.deliver()
    with house.archive.write() as tx:
        if end == "remove":
            tx.subscriptions.remove(number, house.clock.now())
        else:
            tx.subscriptions.change(number, now=house.clock.now(), paused=True)
        assert tx.outbox.replay([], house.clock.now()) == 0
        assert tx.outbox.replay([], house.clock.now(), channel="screen") == 0
        [dead] = tx.alerts.rows(state="dead")
        assert tx.outbox.replay([dead.id], house.clock.now()) == 1, "whoever names it means it"


def test_a_channel_that_left_the_configuration_is_no_trouble_any_more(owing: House) -> None:
    """No command could end it: there is no such channel to enable."""
    owing.channel.refuse(1, status=410)
    owing.deliver()
    with owing.archive.write() as tx:
        channelcare.take_over(tx, {"other": "an address"}, owing.clock.now())
        assert tx.troubles.open() == []
    assert states(owing) == {"pending": 3}


def test_what_only_programs_read_leaves_without_words(owing: House) -> None:
    owing.counter = replace(owing.counter, manners={"screen": ChannelManners(for_people=False)})
    assert len(owing.deliver()) == 3
    messages = [sending.message for sending in owing.channel.sent]
    assert all(message == Message(subject="", text="", payload=message.payload) for message in messages)
    assert all(message.payload for message in messages)
