"""A worker that is told to end while it waits for a host: the wait is cut short, and the host is not asked early."""

from dataclasses import replace

from tests.fakes import FakeClock
from tests.house import FEED, House, publish_many
from worker.batch import poll_due

OTHER = "https://www.stadtblatt.example/category/sport/feed/"


class _CutShort(FakeClock):
    """A clock on which no wait lasts, because the process ends."""

    is_ending = False

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.is_ending = True


def test_the_rest_between_two_exchanges_holds_although_the_process_ends(house: House) -> None:
    for url in (FEED, OTHER):
        publish_many(house.web.feed(url), house.clock, 2)
        house.add_feed(url)
    clock = _CutShort(house.clock.now())
    ending = replace(house.equipment, clock=clock)
    assert len(poll_due(ending, stopping=lambda: clock.is_ending).polls) == 1
    assert clock.waits == [house.equipment.manners.host_gap_s]
    house.clock.advance(house.equipment.manners.host_gap_s)
    assert len(house.poll().polls) == 1, "what was due there stayed due, and the host was given back"
