"""The clock of the machine, or of the database's server, is set: neither a storm nor a standstill."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.fakes import START, FakeFeed
from tests.house import FEED, House, open_house
from tests.machine import Machine, MachineClock
from worker.archive.schema import channels, feeds, hosts, moments
from worker.clockcare import KEPT, TimeKeeper, is_in_doubt
from worker.model import Lease
from worker.sweep import find_due
from worker.watch import watch_for_silence

DAY = timedelta(days=1)
TICK_S = 2.0
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
JUMPS = pytest.mark.parametrize("jump", [DAY, -DAY, timedelta(days=3650), timedelta(hours=-1)], ids=str)


class Process:
    """A worker's process on a machine: a house that looks at the clock before each tick."""

    def __init__(self, machine: Machine, house: House, keeper: TimeKeeper) -> None:
        self.machine = machine
        self.house = house
        self._keeper = keeper

    def tick(self) -> None:
        self.machine.passes(TICK_S)
        self._keeper.keep()
        if find_due(self.house.archive, self.house.clock.now(), files=False).feeds:
            self.house.poll()
        self.house.gather()
        self.house.deliver()

    def lives(self, seconds: float, step_s: float = 60.0) -> int:
        """Tick for a while. Returns: how often the feed was asked."""
        before = len(self.house.web.asked(FEED))
        for _ in range(int(seconds / step_s)):
            self.machine.passes(step_s - TICK_S)
            self.tick()
        return len(self.house.web.asked(FEED)) - before


@contextmanager
def process(database_url: str, machine: Machine, clock_of: Machine | None = None) -> Iterator[Process]:
    """clock_of: the machine of the database, whose clock counts; a server's clock cannot be set here."""
    clock = MachineClock(machine)
    with open_house(database_url, clock) as house:  # type: ignore[arg-type]
        reading = _Reading(house.archive, clock_of or machine)
        yield Process(machine, house, TimeKeeper(reading, clock))  # type: ignore[arg-type]


class _Reading:
    """An archive whose server has its clock on that machine."""

    def __init__(self, archive: object, machine: Machine) -> None:
        self._archive, self._machine = archive, machine

    @contextmanager
    def read(self) -> Iterator[object]:
        with self._archive.read() as tx:  # type: ignore[attr-defined]
            tx.clock.reads = self._machine.wall
            yield tx

    def write(self) -> object:
        return self._archive.write()  # type: ignore[attr-defined]


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def running(database_url: str, machine: Machine) -> Iterator[Process]:
    """A feed that is polled every ten minutes, for half an hour now."""
    with process(database_url, machine) as one:
        start(one)
        yield one


def start(one: Process) -> FakeFeed:
    feed = one.house.web.feed(FEED)
    feed.publish("Alt", at=one.machine.wall())
    one.house.subscribe("alles", "Neu")
    one.house.add_feed()
    one.lives(1800)
    return feed


def publish(one: Process, title: str) -> None:
    one.house.web._feeds[FEED].publish(title, at=START + timedelta(hours=1))


@JUMPS
def test_a_jump_while_we_work(running: Process, jump: timedelta) -> None:
    usual = running.lives(3600)
    running.machine.set_clock(running.machine.wall() + jump)
    running.tick()
    publish(running, "Neu")
    asked = running.lives(3600)
    assert abs(asked - usual) <= 1, "neither a storm nor a standstill"
    assert running.house.sent_titles() == ["Neu"]
    assert abs(running.house.clock.now() - running.machine.wall()) < timedelta(seconds=1), "the clock is followed"


@JUMPS
def test_a_jump_between_stop_and_start(database_url: str, machine: Machine, jump: timedelta) -> None:
    with process(database_url, machine) as one:
        start(one)
        usual, web = one.lives(3600), one.house.web
        publish(one, "Neu")
    machine.set_clock(machine.wall() + jump)
    with process(database_url, machine) as one:
        one.house.equipment.fetcher.__dict__.update(web.__dict__)
        asked = one.lives(3600)
        assert abs(asked - usual) <= 2
        assert one.house.sent_titles() == ["Neu"]


def test_a_clock_at_1970_is_not_followed(running: Process) -> None:
    usual, before = running.lives(3600), running.house.clock.now()
    running.machine.set_clock(EPOCH)
    publish(running, "Neu")
    assert abs(running.lives(3600) - usual) <= 1
    running.machine.set_clock(before + timedelta(hours=1))  # somebody set it right again
    publish(running, "Neu danach")
    assert abs(running.lives(3600) - usual) <= 1
    assert running.house.sent_titles() == ["Neu", "Neu danach"]
    assert all(filed.first_seen_at >= START for filed in running.house.records())


def test_a_start_at_1970_goes_on_from_the_time_that_was_noted(database_url: str, machine: Machine) -> None:
    with process(database_url, machine) as one:
        start(one)
        left = one.house.clock.now()
    machine.set_clock(EPOCH)
    with process(database_url, machine) as one:
        one.tick()
        assert timedelta() <= one.house.clock.now() - left < timedelta(minutes=1)
        machine.set_clock(left + DAY)  # the time came over the network
        one.tick()
        assert one.house.clock.now() == machine.wall()
        assert find_due(one.house.archive, one.house.clock.now(), files=False).feeds == 0, "nothing came due by that"


@pytest.mark.parametrize("jump", [DAY, -DAY], ids=str)
def test_several_processes_notice_a_jump_once(database_url: str, machine: Machine, jump: timedelta) -> None:
    with process(database_url, machine) as one, process(database_url, machine) as two:
        start(one)
        two.tick()
        due_in = one.house.feed().next_poll_at - machine.wall()
        machine.set_clock(machine.wall() + jump)
        one.tick()
        two.tick()
        one.tick()
        assert abs(one.house.feed().next_poll_at - machine.wall() - due_in) < timedelta(seconds=10)


def test_machines_whose_clocks_differ_go_by_the_one_of_the_server(database_url: str, machine: Machine) -> None:
    ahead = Machine(START + timedelta(hours=1))
    with process(database_url, machine) as one, process(database_url, ahead, clock_of=machine) as two:
        start(one)
        ahead.passes(1800)
        two.tick()
        assert two.house.clock.now() == one.house.clock.now()
        assert two.house.poll().hosts == 0


@pytest.mark.parametrize("jump", [6 * DAY, -DAY], ids=str)
def test_waiting_and_age_stay_what_they_were(running: Process, jump: timedelta) -> None:
    """Also of a channel that fails: five days more do not disable it, and an alert is not tried again in a day."""
    house = running.house
    house.channel.fail(3)
    publish(running, "Neu")
    running.lives(1200)
    with house.archive.write() as tx:
        tx.feeds.throttle(house.feed().host, house.clock.now() + timedelta(minutes=30))
    before = _times(running)
    running.machine.set_clock(running.machine.wall() + jump)
    running.tick()
    after = _times(running)
    assert before.keys() == after.keys() != set()
    for name, at in before.items():
        assert abs(after[name] - at - jump) < timedelta(seconds=1), name


def _times(one: Process) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    with one.house.archive.database.read() as connection:
        for table in (feeds, hosts, channels):
            for row in connection.execute(select(table)).mappings():
                wanted = ("next_poll_at", "last_success_at", "retry_after_at", "failing_since")
                found |= {name: row[name] for name in wanted if row.get(name) is not None}
    return found


def test_a_lease_is_no_longer_than_it_was(running: Process) -> None:
    """A worker that died just before the clock was set back holds nobody up for a day."""
    house = running.house
    with house.archive.write() as tx:
        tx.feeds.claim_host(
            house.feed().host, house.clock.now(), Lease(token="dead", until=house.clock.now() + timedelta(seconds=45))
        )
    running.machine.set_clock(running.machine.wall() - DAY)
    publish(running, "Neu")
    running.lives(900)
    assert house.sent_titles() == ["Neu"]


def test_nothing_is_judged_by_its_age_for_a_day(running: Process) -> None:
    house = running.house
    running.machine.set_clock(running.machine.wall() + 3650 * DAY)
    running.tick()
    with house.archive.read() as tx:
        assert is_in_doubt(tx, house.clock.now())
    assert not find_due(house.archive, house.clock.now(), files=False, ages=True).aged
    assert watch_for_silence(house.equipment) == []
    running.machine.passes(DAY.total_seconds())
    assert find_due(house.archive, house.clock.now(), files=False, ages=True).aged


def test_retention_goes_on_after_a_clock_that_was_ahead(running: Process) -> None:
    house, years = running.house, 3650 * DAY
    with house.archive.write() as tx:
        assert tx.retention.begin(house.clock.now() + years)
        assert tx.retention.is_due(house.clock.now())
        assert tx.retention.begin(house.clock.now())
        assert not tx.retention.is_due(house.clock.now())


def test_small_steps_are_followed_without_a_word(running: Process) -> None:
    next_at = running.house.feed().next_poll_at
    running.machine.set_clock(running.machine.wall() + timedelta(seconds=20))
    running.tick()
    assert running.house.feed().next_poll_at == next_at
    assert running.house.clock.now() == running.machine.wall()
    with running.house.archive.read() as tx:
        assert tx.fleet.moment("clock set") is None


def test_the_time_is_noted_every_now_and_then(running: Process) -> None:
    with running.house.archive.database.read() as connection:
        at = connection.execute(select(moments.c.at).where(moments.c.name == KEPT)).scalar_one()
    assert running.house.clock.now() - at < timedelta(seconds=30)
