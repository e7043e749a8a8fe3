"""The canary over a real archive: it arrives, it is late when any part of the way is blocked, and it leaves no trace."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.fakes import START, FakeChannel, failed, fetched
from tests.house import FEED, RULES, House
from worker import canary, canaryfeed, configure, health
from worker.archive.schema import metadata
from worker.audit import Audit
from worker.channels import CanaryChannel
from worker.errors import Conflict
from worker.health import Promise
from worker.model import CANARY, CanaryState, Fetched, Record, TroubleKind
from worker.normalise import normalise
from worker.notify import notify_due
from worker.parse import parse_feed
from worker.settings import CanarySettings, Settings
from worker.watch import watch_the_canary

PORT = 8765
URL = canaryfeed.feed_url(PORT)
EVERY_S = 600.0


def with_canary(every_s: float | None = EVERY_S, port: int = PORT) -> CanarySettings:
    return CanarySettings.model_validate({"every": every_s, "port": port})


def served(house: House) -> None:
    def answer(asked: object) -> Fetched:
        body = canaryfeed.body_at("/canary.xml", PORT, house.clock.now())
        assert body is not None
        return fetched(URL, body)

    house.web.stand(URL, answer)


@pytest.fixture
def aviary(house: House) -> Iterator[House]:
    """A house whose canary is on."""
    served(house)
    house.equipment = replace(house.equipment, canary=house.web)
    house.manners(full_text=True, recheck_s=(3600.0,))  # as it is in earnest
    channels = {house.channel.name: house.channel, CANARY: CanaryChannel()}
    house.counter = replace(house.counter, channels=channels)
    configure.apply_canary(with_canary(), house.archive, house.clock.now())
    yield house


def state(house: House) -> CanaryState:
    with house.archive.read() as tx:
        found = tx.canary.state()
    assert found is not None
    return found


def deliver(house: House) -> None:
    house.deliver()
    canary.land(house.archive)


def broken(house: House) -> list[Promise]:
    found = health.broken(health.look(house.archive, Settings(), house.clock.now()))
    return [breach.promise for breach in found]


def counts(house: House) -> dict[str, int]:
    """How many rows each table has."""
    with house.archive.database.read() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
        }


def test_it_goes_the_whole_way_and_arrives(aviary: House) -> None:
    assert state(aviary).arrived_at is None
    aviary.poll()
    deliver(aviary)
    assert state(aviary).arrived_at == aviary.clock.now()
    aviary.clock.advance(EVERY_S)
    aviary.poll()
    deliver(aviary)
    assert state(aviary).arrived_at == aviary.clock.now(), "each flight has an article of its own"
    assert len(aviary.web.asked(URL)) == 2


def test_its_article_is_never_there_not_even_while_its_alert_waits(aviary: House) -> None:
    feed = aviary.web.feed(FEED)
    aviary.add_feed()
    feed.publish("Kanarienvögel melden gute Luft", "<p>Das meldet auch die Zeitung.</p>")
    aviary.subscribe("Vögel", "Kanarienvogel")
    aviary.poll()
    before = counts(aviary)
    aviary.clock.advance(EVERY_S)
    aviary.poll()
    waiting = counts(aviary)
    assert waiting == {**before, "alerts": 1, "deliveries": 1, "moments": before["moments"]}
    deliver(aviary)
    assert aviary.titles() == ["Kanarienvögel melden gute Luft"], "the newspaper's own"
    assert counts(aviary) == {**before, "alerts": 0, "deliveries": 0, "moments": 1}


def test_it_tells_nobody_and_hears_of_nobody(aviary: House) -> None:
    feed = aviary.web.feed(FEED)
    aviary.add_feed()
    aviary.subscribe("Vögel", "Kanarienvogel")
    feed.publish("Erster")
    aviary.poll()
    deliver(aviary)
    arrived_at = state(aviary).arrived_at
    assert aviary.sent_titles() == []
    aviary.web.stand(URL, failed(500))
    feed.publish("Kanarienvogel: gute Luft", "<p>Aus der Zeitung.</p>", at=aviary.clock.now())
    aviary.poll_later(EVERY_S)
    deliver(aviary)
    assert aviary.sent_titles() == ["Kanarienvogel: gute Luft"]
    assert state(aviary).arrived_at == arrived_at, "what a newspaper writes is no sign of life"


def test_lists_counts_and_the_audit_do_not_know_it(aviary: House) -> None:
    aviary.poll()
    with aviary.archive.read() as tx:
        assert tx.feeds.all() == tx.subscriptions.all() == tx.subscriptions.stored() == []
        assert tx.feeds.find(URL) is tx.subscriptions.find(CANARY) is None
        assert tx.alerts.rows() == [] == tx.coverage.open_gaps() == tx.feeds.watched() == tx.troubles.open()
        assert tx.alerts.counts() == {}
        assert tx.alerts.count() == tx.records.count() == tx.records.count_files_due() == 0
    assert list(Audit(aviary.archive, None).flaws()) == []


@pytest.mark.parametrize("blocked", ["poll", "feed", "delivery"])
def test_it_is_late_when_any_part_of_the_way_is_blocked(aviary: House, blocked: str) -> None:
    aviary.poll()
    deliver(aviary)
    if blocked == "feed":
        aviary.web.stand(URL, failed(None, "127.0.0.1: connection refused"))
    for _ in range(3):
        assert not state(aviary).is_late(aviary.clock.now())
        aviary.clock.advance(EVERY_S)
        if blocked != "poll":
            aviary.poll()
        if blocked != "delivery":
            deliver(aviary)
    assert state(aviary).is_late(aviary.clock.now())
    assert Promise.ARRIVING in broken(aviary)
    served(aviary)
    aviary.clock.advance(EVERY_S)
    aviary.poll()
    deliver(aviary)
    assert not state(aviary).is_late(aviary.clock.now())
    assert broken(aviary) == []


def test_the_operator_hears_that_it_is_late_and_that_it_is_over(aviary: House) -> None:
    aviary.manners(operator_channels=("screen",))
    began_at = state(aviary).since
    aviary.web.stand(URL, failed(404))
    for _ in range(3):
        assert watch_the_canary(aviary.equipment) == []
        aviary.poll_later(EVERY_S)
    [late] = watch_the_canary(aviary.equipment)
    assert (late.kind, late.began_at, late.over_at) == (TroubleKind.CANARY, began_at, None)
    assert "another program has the port" in late.detail
    assert watch_the_canary(aviary.equipment) == [], "it is said once"
    notify_due(aviary.counter)
    served(aviary)
    aviary.poll_later(60)
    deliver(aviary)
    [over] = watch_the_canary(aviary.equipment)
    assert over.over_at == state(aviary).arrived_at
    notify_due(aviary.counter)
    told = [sending.message.subject for sending in aviary.channel.sent]
    assert len(told) == 2
    assert "kein Kanarienvogel" in told[0]
    assert "hat den Port" in told[0], "the known reason, instead of a hint where to look for it"
    assert "der Kanarienvogel von http://127.0.0.1:8765/canary.xml kommt" in told[1]


def test_one_that_was_never_heard_of_is_late_from_its_beginning(aviary: House) -> None:
    start = aviary.clock.now()
    assert not state(aviary).is_late(start + timedelta(seconds=2 * EVERY_S + 60))
    assert state(aviary).is_late(start + timedelta(seconds=2 * EVERY_S + 61))


def test_while_nobody_delivers_one_alert_waits_and_no_more(aviary: House) -> None:
    for _ in range(5):
        aviary.poll()
        aviary.clock.advance(EVERY_S)
    assert (counts(aviary)["alerts"], counts(aviary)["deliveries"]) == (1, 1)


def test_another_program_on_its_port_is_said_and_no_trouble_for_others(aviary: House) -> None:
    stranger = aviary.web
    stranger.stand(URL, fetched(URL, "<html><body>Kanarienvogel: gute Luft</body></html>", content_type="text/html"))
    aviary.web.feed(FEED).publish("Anderes")
    aviary.add_feed()
    aviary.poll()
    assert "another program has the port" in state(aviary).reason
    assert aviary.titles() == ["Anderes"]
    stranger.stand(URL, failed(404))
    aviary.poll_later(EVERY_S)
    assert "another program has the port" in state(aviary).reason
    served(aviary)
    aviary.poll_later(60)
    assert state(aviary).reason == ""


def test_another_feed_on_its_port_is_not_taken_for_it(aviary: House) -> None:
    feed = aviary.web.feed(URL)
    feed.publish("Nachrichten")
    aviary.web.stand(URL, feed.answer)
    aviary.poll()
    assert "another program has the port" in state(aviary).reason
    assert aviary.titles() == []


def test_switched_off_nothing_of_it_stays(house: House) -> None:
    house.add_feed()
    nothing = counts(house)
    served(house)
    house.equipment = replace(house.equipment, canary=house.web)
    configure.apply_canary(with_canary(), house.archive, house.clock.now())
    house.poll()
    canary.land(house.archive)
    house.clock.advance(EVERY_S)
    house.poll()
    configure.apply_canary(with_canary(None), house.archive, house.clock.now())
    after = counts(house)
    assert after.pop("versions") == nothing.pop("versions") + 1, "workers hear that a subscription went"
    assert after == nothing
    house.poll_later(EVERY_S)
    assert len(house.web.asked(URL)) == 2
    house.equipment.matching.refresh()
    assert house.equipment.matching.match(its_record()) == []


def its_record() -> Record:
    body = canaryfeed.body_at("/canary.xml", PORT, START)
    assert body is not None
    rules = replace(RULES, name=CANARY)
    [entry] = parse_feed(body, url=URL, headers={}, rules=rules, known={}).entries
    return normalise(entry, rules, now=START, feed_category="")


def test_configured_again_it_keeps_its_rows_and_another_port_moves_it(aviary: House) -> None:
    aviary.poll()
    before = counts(aviary)
    configure.apply_canary(with_canary(), aviary.archive, aviary.clock.now())
    assert counts(aviary) == before
    configure.apply_canary(with_canary(300.0, port=8766), aviary.archive, aviary.clock.now())
    assert counts(aviary) == before
    aviary.poll()
    assert aviary.web.asked(canaryfeed.feed_url(8766))
    assert state(aviary).every == timedelta(seconds=300)


def test_a_canary_that_was_put_off_for_long_flies_again_after_a_start(aviary: House) -> None:
    with aviary.archive.write() as tx:
        later = aviary.clock.now() + timedelta(days=400)
        tx.feeds.describe(1, next_poll_at=later)  # as a clock that was wrong for a while would have it
    configure.apply_canary(with_canary(), aviary.archive, aviary.clock.now())
    aviary.clock.advance(EVERY_S)
    aviary.poll()
    assert aviary.web.asked(URL)


def test_a_command_whose_configuration_does_not_have_it_leaves_it_alone(aviary: House) -> None:
    before = counts(aviary)
    configure.apply(Settings(), aviary.archive, aviary.clock.now())
    assert counts(aviary) == before


def test_its_names_cannot_be_taken(house: House) -> None:
    with pytest.raises(Conflict, match="its own"):
        house.subscribe(CANARY, "Hafen")


@pytest.mark.parametrize("days", [-1, 1, -400, 400])
def test_a_clock_that_is_set_makes_it_neither_late_nor_timely(aviary: House, days: int) -> None:
    aviary.poll()
    deliver(aviary)
    aviary.clock.advance(EVERY_S)
    jump = timedelta(days=days)
    with aviary.archive.write() as tx:
        tx.clock.move(jump.total_seconds(), aviary.clock.now() + jump)
    aviary.clock.advance(jump.total_seconds())
    assert not state(aviary).is_late(aviary.clock.now())
    assert state(aviary).is_late(aviary.clock.now() + timedelta(seconds=EVERY_S + 61))


def test_an_article_that_owes_nothing_is_said(aviary: House) -> None:
    item = "<item><title>Kanarienvogel: gute Luft</title><link>http://127.0.0.1/1</link><description>Kurz</description></item>"
    aviary.web.stand(URL, fetched(URL, f"<rss version='2.0'><channel>{item}</channel></rss>"))
    aviary.poll()
    assert state(aviary).reason == "its article owed no alert", "its alert would wait for the text from its page"


def test_a_process_that_does_not_have_it_leaves_a_reason(aviary: House) -> None:
    aviary.equipment = replace(aviary.equipment, canary=None)
    aviary.poll()
    assert state(aviary).reason == "the canary is off in this process's configuration"


def test_an_alert_that_is_being_sent_is_not_taken_away(aviary: House) -> None:
    sending = FakeChannel(name=CANARY)
    aviary.counter = replace(aviary.counter, channels={CANARY: sending})
    aviary.poll()
    with aviary.archive.write() as tx:
        leased = tx.outbox.lease(CANARY, aviary.clock.now(), aviary.counter.new_lease())
    assert len(leased) == 1
    with aviary.archive.write() as tx:
        tx.canary.clear(aviary.clock.now())
    assert counts(aviary)["deliveries"] == 1
