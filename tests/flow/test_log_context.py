"""Each line says what it belongs to: those of a poll, of a visit, of an attempt to send, also where a library writes them."""

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from tests.fakes import fetched
from tests.flow.test_deliver import owe
from tests.house import FEED, House, publish_many
from worker import logs
from worker.archive import Archive, Transaction
from worker.canaryfeed import body_at
from worker.canaryfeed import feed_url as canary_url
from worker.channels import CanaryChannel
from worker.configure import apply_canary
from worker.model import CANARY
from worker.settings import CanarySettings

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What was logged since, as programs read it; what configure() changes in the process is put back."""
    root, own = logging.getLogger(), logging.getLogger(logs.NAME)
    before = (list(root.handlers), root.level, own.level)
    out = io.StringIO()
    logs.configure(out, json=True)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    own.setLevel(before[2])
    logging.captureWarnings(False)


def test_an_article_can_be_followed_by_its_key(house: House, lines: Lines) -> None:
    owe(house, 1)
    house.deliver()
    (filed,) = [one for one in house.records() if "Neu" in one.record.title]
    about = [line["event"] for line in lines() if filed.key in (*(line.get("records") or ()), line.get("record"))]
    assert about == ["poll", "delivery"]


def test_what_is_said_deep_within_a_poll_has_the_polls_ids(house: House, lines: Lines) -> None:
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 1)
    number = house.add_feed()

    def murmuring(asked: object) -> Any:
        logging.getLogger("some.library").warning("odd")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("odder", UserWarning, stacklevel=1)
        return feed.answer(asked)

    house.web.script(FEED, murmuring)
    house.poll()
    said = lines()
    polls = {line["poll"] for line in said if line["event"] == "poll"}
    murmurs = [line for line in said if line["event"] == "library"]
    assert len(murmurs) == 2
    assert {line["poll"] for line in murmurs} == polls
    assert {line["feed"] for line in murmurs} == {number}


def test_each_poll_has_an_id_of_its_own(house: House, lines: Lines) -> None:
    publish_many(house.web.feed(FEED), house.clock, 1)
    house.add_feed()
    house.poll()
    house.poll_later()
    logs.line("other", "something else")
    *polls, other = lines()
    assert len({line["poll"] for line in polls}) == len(polls) == 2
    assert not {"poll", "feed"} & set(other)


def test_an_attempt_says_which_delivery_alert_and_record_it_is_about(house: House, lines: Lines) -> None:
    owe(house, 2)
    house.deliver()
    sent = [line for line in lines() if line["event"] == "delivery"]
    with house.archive.read() as tx:
        rows = {row.id: row.alert_id for row in tx.alerts.rows(limit=10)}
    assert {line["delivery"]: line["alert"] for line in sent} == rows
    assert {line["record"] for line in sent} == {one.key for one in house.records() if "Neu" in one.record.title}


def test_whoever_carries_out_a_write_it_is_its_owners(archive_of_many: Archive, lines: Lines) -> None:
    together = Barrier(8)

    def write(number: int) -> None:
        def work(tx: Transaction) -> None:
            logs.line("writing", "within the transaction", asked=number)

        together.wait()
        with logs.bind(poll=number):
            archive_of_many.write_together(work)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    said = [line for line in lines() if line["event"] == "writing"]
    assert sorted(line["asked"] for line in said) == list(range(8))
    assert all(line["poll"] == line["asked"] for line in said)


@pytest.fixture
def archive_of_many(house: House) -> Archive:
    return house.archive


def test_a_canary_can_be_followed_until_it_arrives(house: House, lines: Lines) -> None:
    """Also when all is well: the runbook asks whether it flew."""
    house.equipment = replace(house.equipment, canary=house.web)
    house.counter = replace(house.counter, channels={CANARY: CanaryChannel()})
    house.web.stand(
        canary_url(8765), lambda _: fetched(canary_url(8765), body_at("/canary.xml", 8765, house.clock.now()))
    )
    apply_canary(CanarySettings(every=600), house.archive, house.clock.now())
    house.poll()
    house.deliver()
    said = [line for line in lines() if line["event"] in ("canary", "delivery")]
    assert [line["event"] for line in said] == ["canary", "delivery"]
    assert said[0]["sentence"] == "the canary is on its way"
    assert {"feed", "poll"} <= set(said[0])
