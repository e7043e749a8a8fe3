"""What a process did is counted once, at the place where it becomes known."""

import pytest

from tests.fakes import failed
from tests.flow.test_deliver import owe
from tests.flow.test_sandbox import make_hostile
from tests.house import FEED, House, publish_many
from worker import counts
from worker.counting import count_error
from worker.errors import ArchiveBusy, ArchiveError, ArchiveUnreachable, LeaseLost, ParserDied
from worker.notify import notify_due
from worker.poll import Outcome
from worker.tally import Tally


def test_polls_are_counted_by_outcome_and_entries_by_what_they_were(house: House) -> None:
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 3)
    house.add_feed()
    house.poll()
    house.poll_later()
    house.web.script(FEED, failed(500))
    house.poll_later()
    publish_many(feed, house.clock, 2)
    house.poll_later(7200)
    sums = house.equipment.tally.sums()
    assert sums[counts.POLLS.of("updated")] == 2
    assert sums[counts.POLLS.of("unchanged")] == 1
    assert sums[counts.POLLS.of("failed")] == 1
    assert sums[counts.ENTRIES.of("new")] == 5
    assert sums[counts.FETCHED_BYTES.of()] > 0
    assert counts.ALERTS_OWED.of() not in sums


def test_alerts_are_counted_when_they_are_owed_and_when_they_are_tried(house: House) -> None:
    owe(house, 3)
    assert house.equipment.tally.sums()[counts.ALERTS_OWED.of()] == 3
    house.channel.fail(1)
    house.deliver()
    house.clock.advance(3600)
    house.deliver()
    sums = house.counter.tally.sums()
    assert sums[counts.ATTEMPTS.of("alert", "unknown", "retry")] == 1
    assert sums[counts.ATTEMPTS.of("alert", "unknown", "sent")] == 3
    assert 3600 <= sums[counts.SENT_AFTER_SECONDS.of()] < 4 * 3600
    assert notify_due(house.counter) == []


def test_a_parser_that_a_body_cost_its_life_is_counted() -> None:
    box = make_hostile()
    tally = box._tally
    try:
        box._run("die")
    except ParserDied:
        pass
    finally:
        box.close()
    assert tally.sums() == {counts.PARSERS_LOST.of(): 1}


def test_errors_of_the_archive_are_counted_by_kind() -> None:
    tally = Tally()
    for error in (ArchiveBusy("a"), ArchiveUnreachable("b"), LeaseLost("c"), ArchiveError("d")):
        count_error(tally, error)
    assert tally.sums() == {
        counts.ARCHIVE_ERRORS.of(kind): 1 for kind in ("busy", "unreachable", "lease_lost", "other")
    }


def test_names_in_the_tally_can_be_read_again() -> None:
    for count in counts.ALL:
        values = tuple(f"v{number}" for number, _ in enumerate(count.labels))
        assert counts.read(count.of(*values)) == (count, values)


def test_names_of_another_version_are_passed_over() -> None:
    assert counts.read("polls") is None
    assert counts.read("polls|outcome=updated,more=1") is None
    assert counts.read("something|else=1") is None
    assert counts.read("") is None


@pytest.mark.parametrize("error", [ArchiveBusy, ArchiveUnreachable, LeaseLost, ArchiveError])
def test_every_kind_of_error_is_told_from_zero(error: type[ArchiveError]) -> None:
    tally = Tally()
    count_error(tally, error("no"))
    assert set(tally.sums()) <= set(counts.FROM_ZERO)


def test_every_outcome_of_a_poll_is_told_from_zero() -> None:
    assert {outcome.value for outcome in Outcome} - {"busy"} == set(counts.POLLS.values), "busy: by hand only"


def test_an_older_page_that_is_not_there_was_not_read(house: House) -> None:
    house.manners(reread_every_s=0)
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 3)
    house.add_feed()
    house.poll()
    house.clock.advance(86400)
    publish_many(feed, house.clock, 30, "Neu")
    for page in range(2, 9):
        house.web.script(f"{FEED}?paged={page}", *[failed(404)] * 3)
    house.poll_until_quiet()
    sums = house.equipment.tally.sums()
    assert sums[counts.OLDER_PAGES.of("catch_up", "absent")] >= 1
    assert counts.OLDER_PAGES.of("catch_up", "read") not in sums
