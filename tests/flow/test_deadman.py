"""The dead man's switch over a real archive: told while the work is done, by one of many, and by nobody when it is not."""

import threading
from collections.abc import Mapping
from datetime import timedelta

import pytest

from tests.fakes import failed
from tests.house import FEED, House
from worker import canaryfeed, configure, deadman
from worker.deadman import DeadMan
from worker.fetch import Answer
from worker.model import FetchFailed
from worker.settings import CanarySettings, Settings

URL = "https://ping.example/5c1d1ef3-secret"
EVERY = timedelta(minutes=1)


class FakeAsker:
    """Keeps what was asked; answers what it is set to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: Answer | FetchFailed = Answer(status=200, headers={}, body=b"OK", took_s=0.0)

    def ask(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
        timeout_s: float,
    ) -> Answer | FetchFailed:
        assert (method, body) == ("GET", None)
        self.asked.append(url)
        return self.answer


def dead_man(house: House, asker: FakeAsker, start: deadman.Start = lambda work: work()) -> DeadMan:
    return DeadMan(archive=house.archive, asker=asker, clock=house.clock, url=URL, every=EVERY, start=start)


def test_it_is_told_once_in_an_interval(house: House) -> None:
    asker = FakeAsker()
    one = dead_man(house, asker)
    for _ in range(60):  # ticks of two seconds
        one.after_sweep()
        house.clock.advance(2)
    assert asker.asked == [URL, URL]


def test_two_processes_tell_it_as_often_as_one(house: House) -> None:
    asker = FakeAsker()
    both = [dead_man(house, asker) for _ in range(2)]
    for _ in range(90):
        for one in both:
            one.after_sweep()
        house.clock.advance(2)
    assert len(asker.asked) == 3


@pytest.mark.parametrize("broken", ["feed", "delivery", "canary"])
def test_it_is_not_told_while_the_work_is_not_done(house: House, broken: str, caplog: pytest.LogCaptureFixture) -> None:
    asker = FakeAsker()
    one = dead_man(house, asker)
    feed = house.web.feed(FEED)
    house.subscribe("Radweg", "Radweg")
    house.add_feed(interval_s=600 if broken == "feed" else 86_400)
    feed.publish("Erster")
    house.poll()
    if broken == "canary":
        on = Settings(canary=CanarySettings.model_validate({"every": 600.0}))
        configure.apply(on, house.archive, house.clock.now())
        house.web.stand(canaryfeed.feed_url(8765), failed(404))
    if broken == "delivery":
        house.clock.advance(1)
        feed.publish("Radweg", at=house.clock.now())
        with house.archive.write() as tx:
            tx.feeds.describe(house.feed().id, next_poll_at=house.clock.now())
        house.poll()
    one.after_sweep()
    assert asker.asked == [URL]
    for _ in range(40):
        house.clock.advance(60)
        if broken == "canary":
            house.poll()
        one.after_sweep()
    told = len(asker.asked)
    assert told < 25
    said = [record for record in caplog.records if "dead-man address" in str(record.msg)]
    assert len(said) == 1, "once, not at each tick"
    if broken == "canary":
        configure.apply(Settings(), house.archive, house.clock.now())
    house.poll()
    house.deliver()
    house.clock.advance(60)
    one.after_sweep()
    assert len(asker.asked) == told + 1


def test_dead_feeds_and_receivers_stop_nothing(house: House) -> None:
    """What only others can mend has notices of its own."""
    asker = FakeAsker()
    one = dead_man(house, asker)
    house.web.stand(FEED, failed(404))
    house.add_feed()
    for _ in range(30):
        house.poll_later(60)
        one.after_sweep()
    assert len(asker.asked) == 30


def test_a_failure_is_one_line_until_it_changes(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    asker = FakeAsker()
    one = dead_man(house, asker)
    down = FetchFailed(kind=failed(None).kind, reason="ping.example: the name cannot be resolved")
    answers = [down, down, Answer(status=404, headers={}, body=b"", took_s=0.0), asker.answer, asker.answer]
    for answer in answers:
        asker.answer = answer
        one.after_sweep()
        house.clock.advance(61)
    said = [str(getattr(record, "msg", "")) for record in caplog.records]
    told = [line for line in said if "dead-man address" in line]
    assert len(told) == 3, told
    assert "cannot be resolved" in told[0]
    assert "404" in told[1]
    assert "told again" in told[2]
    assert "secret" not in "".join(said)


def test_the_tick_does_not_wait(house: House) -> None:
    waiting: list[threading.Thread] = []
    go_on = threading.Event()

    def start(work: object) -> None:
        assert callable(work)
        thread = threading.Thread(target=lambda: (go_on.wait(30), work()))
        thread.start()
        waiting.append(thread)

    asker = FakeAsker()
    one = dead_man(house, asker, start)
    for _ in range(5):
        one.after_sweep()  # while the address hangs, no second one is asked
        house.clock.advance(61)
    assert (len(waiting), asker.asked) == (1, [])
    go_on.set()
    waiting[0].join(30)
    assert asker.asked == [URL]


def test_a_clock_that_was_set_back_does_not_silence_it(house: House) -> None:
    asker = FakeAsker()
    one = dead_man(house, asker)
    one.after_sweep()
    house.clock.advance(-86_400)
    one.after_sweep()
    assert len(asker.asked) == 2
