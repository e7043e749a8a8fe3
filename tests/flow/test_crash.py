"""Crash-only: whatever statement of a poll or of a delivery is the last one, a second run loses nothing and doubles nothing."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, event

from tests.fakes import fetched
from tests.house import FEED, House, house_of, open_house, publish_many
from tests.killing import killed_at
from worker.errors import ArchiveError, LeaseLost
from worker.model import Lease


def prepared(house: House) -> list[str]:
    house.subscribe("alles", "Neu")
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 3, "Alt")
    house.add_feed()
    house.poll()
    house.clock.advance(700)
    return publish_many(feed, house.clock, 4, "Neu")


@contextmanager
def next_worker(dead: House, database_url: str) -> Iterator[House]:
    """Another process on the same archive, after the leases of the dead one ran out."""
    dead.archive.close()
    dead.clock.advance(60)
    with open_house(database_url, dead.clock) as house:
        house.channel = dead.channel
        house.equipment = replace(house.equipment, fetcher=dead.web)
        house.counter = replace(house.counter, channels=dead.counter.channels)
        yield house


@pytest.mark.parametrize("when", ["before_cursor_execute", "after_cursor_execute", "commit"])
def test_killed_at_each_step_of_a_poll(database_url: str, tmp_path_factory: pytest.TempPathFactory, when: str) -> None:
    for number in range(1, 200):
        with house_of(database_url, tmp_path_factory, number) as house:
            titles = prepared(house)
            with killed_at(house.archive, number, when) as count:
                house.poll()
            finished = count[0] < number
            with next_worker(house, url_of(house)) as after:
                after.poll_until_quiet()
                after.deliver()
                assert sorted(after.sent_titles()) == sorted(titles), f"{when} {number}"
                assert sorted(after.titles()) == sorted([*titles, *[f"Alt {1001 + n}" for n in range(3)]])
                with after.archive.read() as tx:
                    assert tx.alerts.count() == 4
        if finished:
            assert number > 2, "no step was reached"
            return
    raise AssertionError("the poll never came through")


@pytest.mark.parametrize("when", ["before_cursor_execute", "commit"])
def test_killed_at_each_step_of_a_visit(database_url: str, tmp_path_factory: pytest.TempPathFactory, when: str) -> None:
    """An excerpt is filed, its page visited: whichever statement is the last, its alert goes out once, on the whole text."""
    for number in range(1, 200):
        with house_of(database_url, tmp_path_factory, number) as house:
            prepare_excerpt(house)
            with killed_at(house.archive, number, when) as count:
                house.poll()
            finished = count[0] < number
            with next_worker(house, url_of(house)) as after:
                after.manners(full_text=True)
                after.clock.advance(700)
                after.poll_until_quiet()
                after.deliver()
                assert after.sent_titles() == ["Rat berät"], f"{when} {number}"
                [filed] = [one for one in after.records() if one.record.title == "Rat berät"]
                assert (filed.record.excerpt, filed.revision) == (False, 1), f"{when} {number}"
        if finished:
            assert number > 5, "no step was reached"
            return
    raise AssertionError("the visit never came through")


def prepare_excerpt(house: House) -> None:
    house.manners(full_text=True)
    house.subscribe("alles", "Feuerwehr")
    feed = house.web.feed(FEED, full_text=False)
    publish_many(feed, house.clock, 1, "Alt")
    house.add_feed()
    house.poll_until_quiet()
    house.clock.advance(700)
    article = feed.publish("Rat berät", "Der Rat hat am Dienstag lange beraten […]", at=house.clock.now())
    text = (
        "<p>Der Rat hat am Dienstag lange beraten, auch über vieles andere.</p><p>Am Ende ging es um die Feuerwehr.</p>"
    )
    house.web.stand(article.url, fetched(article.url, f"<title>Rat berät</title><main>{text}</main>"))


@pytest.mark.parametrize("when", ["before_cursor_execute", "after_cursor_execute", "commit"])
def test_killed_at_each_step_of_a_delivery(
    database_url: str, tmp_path_factory: pytest.TempPathFactory, when: str
) -> None:
    for number in range(1, 200):
        with house_of(database_url, tmp_path_factory, number) as house:
            titles = prepared(house)
            house.poll()
            with killed_at(house.archive, number, when) as count:
                house.deliver()
            finished = count[0] < number
            with next_worker(house, url_of(house)) as after:
                after.deliver()
                with after.archive.read() as tx:
                    assert tx.alerts.counts() == {"sent": 4}
            ids = {sending.delivery.id: sending.delivery.alert.record.record.title for sending in house.channel.sent}
            assert sorted(ids.values()) == sorted(titles), f"{when} {number}"
            assert len(house.channel.sent) <= len(titles) + 1, "only the send whose outcome is unknown goes out again"
        if finished:
            return
    raise AssertionError("the delivery never came through")


def prepared_gap(house: House) -> list[str]:
    house.subscribe("alles", "Neu")
    feed = house.web.feed(FEED, page_size=3)
    publish_many(feed, house.clock, 3, "Alt")
    house.add_feed()
    house.poll()
    house.clock.advance(700)
    return publish_many(feed, house.clock, 8, "Neu")


@pytest.mark.parametrize("when", ["before_cursor_execute", "commit"])
def test_killed_at_each_step_of_catching_up(
    database_url: str, tmp_path_factory: pytest.TempPathFactory, when: str
) -> None:
    for number in range(1, 400, 5):
        with house_of(database_url, tmp_path_factory, number) as house:
            titles = prepared_gap(house)
            with killed_at(house.archive, number, when) as count, suppress(ArchiveError):
                house.poll()
            finished = count[0] < number
            with next_worker(house, url_of(house)) as after:
                after.poll_until_quiet()
                after.deliver()
                assert sorted(after.sent_titles()) == sorted(titles), f"{when} {number}"
                with after.archive.read() as tx:
                    [gap] = tx.coverage.gaps(after.feed().id)
                assert gap.closed_by == "paged", f"{when} {number}"
        if finished:
            assert number > 2, "no step was reached"
            return
    raise AssertionError("catching up never came through")


@pytest.mark.parametrize("when", ["before_cursor_execute", "commit"])
def test_killed_at_each_step_of_reading_again(
    database_url: str, tmp_path_factory: pytest.TempPathFactory, when: str
) -> None:
    for number in range(1, 400, 5):
        with house_of(database_url, tmp_path_factory, number) as house:
            feed = house.web.feed(FEED, page_size=3)
            publish_many(feed, house.clock, 12, "Alt")
            house.add_feed()
            house.poll()
            with house.archive.write() as tx:
                tx.feeds.save(replace(house.feed(), reread_at=house.clock.advance(60)))
            with killed_at(house.archive, number, when) as count, suppress(ArchiveError):
                house.poll()
            finished = count[0] < number
            with next_worker(house, url_of(house)) as after:
                after.poll_until_quiet()
                assert len(after.titles()) == 12, f"{when} {number}"
                assert after.feed().reread is None
        if finished:
            assert number > 2, "no step was reached"
            return
    raise AssertionError("reading again never came through")


def url_of(house: House) -> str:
    return house.archive.database.url.render_as_string(hide_password=False)


# -- leases -----------------------------------------------------------------------------------------------------------


def test_two_workers_at_once_share_the_work(database_url: str) -> None:
    """Both claim; each host goes to one of them, and each article is filed once."""
    from concurrent.futures import ThreadPoolExecutor

    with open_house(database_url) as one, open_house(database_url, one.clock) as two:
        two.web = one.web
        two.equipment = replace(two.equipment, fetcher=one.web)
        for number in range(20):
            feed = one.web.feed(f"https://nr{number}.example/feed/")
            publish_many(feed, one.clock, 3)
            one.add_feed(feed.url)
        with ThreadPoolExecutor(2) as pool:
            batches = [future.result() for future in [pool.submit(house.poll) for house in (one, two)]]
        assert sum(len(batch.polls) for batch in batches) == 20
        assert len(one.web.requests) == 20
        assert len(one.records()) == 60


def test_an_expired_lease_is_taken_over_and_the_late_writer_is_refused(database_url: str) -> None:
    with open_house(database_url) as house:
        house.subscribe("alles", "Neu")
        feed = house.web.feed(FEED)
        publish_many(feed, house.clock, 3, "Alt")
        house.add_feed()
        house.poll()
        house.clock.advance(700)
        titles = publish_many(feed, house.clock, 2, "Neu")
        taken_over = []

        def slow(asked: Any) -> Any:
            """While the first worker waits for the answer its lease runs out, and a second worker comes by."""
            answer = feed.answer(asked)
            house.clock.advance(60)
            with open_house(database_url, house.clock) as second:
                second.equipment = replace(second.equipment, fetcher=house.web)
                taken_over.append(second.poll())
            return answer

        house.web.script(FEED, slow)
        first = house.poll()
        assert taken_over[0].polls[0].filed.new == 2
        assert first.polls == [], "the late result is dropped"
        house.deliver()
        assert sorted(house.sent_titles()) == sorted(titles)


def test_a_lease_begins_when_it_is_written(database_url: str) -> None:
    """However long a worker had to wait for the database, nobody else takes its hosts before it begins."""
    with open_house(database_url) as house, open_house(database_url, house.clock) as other:
        house.add_feed()
        waits, claims, taken = [60.0], [0], []

        def begins(connection: Connection) -> None:
            if connection.get_execution_options().get("feedwacht_writes") and waits:
                house.clock.advance(waits.pop())

        def is_over(*_: object) -> None:
            if waits or claims[0]:
                return
            claims[0] += 1
            with other.archive.write() as tx:
                taken.extend(tx.feeds.claim(house.clock.now(), Lease(token="other", until=house.clock.now())))

        engine = house.archive.database.engine
        event.listen(engine, "begin", begins)
        event.listen(engine, "checkin", is_over)
        house.poll()
        assert (waits, claims, taken) == ([], [1], [])


def test_a_write_under_a_lost_lease_is_refused(database_url: str) -> None:
    with open_house(database_url) as house:
        house.add_feed()
        now = house.clock.now()
        with house.archive.write() as tx:
            [work] = tx.feeds.claim(now, Lease(token="one", until=now))
        with house.archive.write() as tx:
            assert tx.feeds.claim(house.clock.advance(1), Lease(token="two", until=house.clock.now()))
        with pytest.raises(LeaseLost), house.archive.write() as tx:
            tx.feeds.hold([work.host.name], Lease(token="one", until=now))
