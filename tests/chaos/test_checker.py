"""The checker finds what is planted: without that its silence would prove nothing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.chaos.checker import Evidence, Found, Told, judge, outages_of
from tests.chaos.farm import Asked, Item
from tests.chaos.supervisor import Away

HOST, BEGAN_AT, ENDS_AT = "127.0.0.1:8001", 1_000_000.0, 1_000_200.0


def item(number: int, *towns: str, at: float = BEGAN_AT) -> Item:
    published_at = datetime.fromtimestamp(at, UTC)
    return Item(number=number, host=HOST, towns=towns, text="", is_sport=False, published_at=published_at)


def record(number: int, *, at: float = BEGAN_AT + 2) -> Found:
    return Found(number=number, url=f"http://{HOST}/nachricht-{number}/", first_seen_at=datetime.fromtimestamp(at, UTC))


def told(number: int, town: str, *, kind: str = "new") -> Told:
    return Told(number=number, subscription=town, kind=kind, deliveries=(f"msg_{number}_{town}",))


def asked(at: float, *, agent: str = "worker-1", took_s: float = 0.1) -> Asked:
    return Asked(host=HOST, feed="/feed/", page=1, agent=agent, status=200, began_at=at, ended_at=at + took_s)


BALANCED = Evidence(
    items=[item(1, "Melle"), item(2), item(3, "Melle", "Belm")],
    silent=frozenset({1}),
    records=[record(1), record(2), record(3)],
    alerts=[told(3, "Melle"), told(3, "Belm")],
    asked=[asked(BEGAN_AT + 2 * number) for number in range(100)],
    interval_s=2.0,
    began_at=BEGAN_AT,
    ends_at=ENDS_AT,
    groups=[frozenset({"worker-1", "worker-2"}), frozenset({"redis"})],
    heard=["msg_3_Melle", "msg_3_Belm"],
)


def only_fault(evidence: Evidence) -> str:
    [sentence] = judge(evidence).broken
    return sentence


def test_kept_books_are_balanced() -> None:
    verdict = judge(BALANCED)
    assert verdict.broken == []
    assert verdict.figures["items published"] == "3, 1 of them before the first poll"
    assert verdict.figures["ids received"] == "2, 0 of them more than once"
    assert verdict.figures["longest overdue"].startswith("0.0 s once all was back")


def test_a_record_that_is_gone() -> None:
    assert only_fault(replace(BALANCED, records=[record(1), record(3)])) == "item 2 is lost"


def test_what_left_its_window_before_anybody_could_see_it() -> None:
    """Item 2 is pushed out by item 3, ninety seconds later; most of that time Redis was away."""
    items = [item(1, "Melle"), item(2), item(3, "Melle", "Belm", at=BEGAN_AT + 90)]
    evidence = replace(BALANCED, items=items, records=[record(1), record(3, at=BEGAN_AT + 92)], window=1)
    assert only_fault(evidence) == "item 2 is lost"
    away = replace(evidence, aways=[Away(what="redis", began_at=BEGAN_AT + 20, ended_at=BEGAN_AT + 60)])
    assert judge(away).broken == []
    assert judge(away).figures["gone unseen"].startswith("1, which left")
    assert only_fault(replace(away, window=None)) == "item 2 is lost"


def test_a_record_that_is_there_twice() -> None:
    double = replace(record(2), url=f"http://{HOST}/nachricht-2-b/")
    assert only_fault(replace(BALANCED, records=[*BALANCED.records, double])) == "item 2 is filed 2 times"


def test_a_record_of_nothing() -> None:
    evidence = replace(BALANCED, records=[*BALANCED.records, record(9)])
    assert only_fault(evidence) == "item 9 is filed and was never published"


def test_an_alert_that_is_missing() -> None:
    evidence = replace(BALANCED, alerts=[told(3, "Melle")])
    assert only_fault(evidence) == "the alert of Belm on item 3 is missing"


@pytest.mark.parametrize(("number", "town"), [(1, "Melle"), (2, "Belm")])
def test_an_alert_that_nobody_wants(number: int, town: str) -> None:
    evidence = replace(
        BALANCED, alerts=[*BALANCED.alerts, told(number, town)], heard=[*BALANCED.heard, f"msg_{number}_{town}"]
    )
    assert only_fault(evidence) == f"the alert of {town} on item {number} was not wanted"


def test_an_alert_that_is_there_twice() -> None:
    evidence = replace(BALANCED, alerts=[*BALANCED.alerts, told(3, "Belm")])
    assert only_fault(evidence) == "Belm is alerted 2 times on item 3"


def test_an_alert_of_an_edit_that_nobody_made() -> None:
    evidence = replace(BALANCED, alerts=[told(3, "Melle", kind="edit"), told(3, "Belm")])
    assert only_fault(evidence) == "an alert on item 3 is of the kind edit"


def test_an_alert_that_no_receiver_took() -> None:
    evidence = replace(BALANCED, heard=["msg_3_Melle"])
    assert only_fault(evidence) == "the alert of Belm on item 3 was never received"


def test_ids_that_come_twice_are_counted_and_the_ledger_judges_them() -> None:
    verdict = judge(replace(BALANCED, heard=[*BALANCED.heard, "msg_3_Belm"]))
    assert verdict.figures["ids received"] == "2, 1 of them more than once"
    assert judge(replace(BALANCED, ledger=["it was taken twice"])).broken == ["it was taken twice"]


def test_a_lease_that_is_too_old() -> None:
    assert only_fault(replace(BALANCED, old_leases=["the lease ran out"])) == "the lease ran out"


def test_a_late_write_that_was_not_refused() -> None:
    assert only_fault(replace(BALANCED, undone=["a feed went back"])) == "a feed went back"


# -- times ------------------------------------------------------------------------------------------------------------


def test_a_feed_that_is_not_asked_any_more() -> None:
    evidence = replace(BALANCED, asked=[asked(BEGAN_AT + 2 * number) for number in range(50)])
    assert only_fault(evidence) == f"{HOST}/feed/ was not asked for 100 s after it was due and all was back"


def test_what_was_away_counts_from_its_return() -> None:
    """Both workers were away for a while: the feed rested for 49 s before that, and for 59 s after it."""
    quiet = [asked(BEGAN_AT + at) for at in (0, 161, *range(163, 200, 2))]
    away = [
        Away(what="worker-1", began_at=BEGAN_AT + 51, ended_at=BEGAN_AT + 110),
        Away(what="worker-2", began_at=BEGAN_AT + 40, ended_at=BEGAN_AT + 102),
    ]
    evidence = replace(BALANCED, asked=quiet, aways=away)
    assert outages_of(evidence) == [(BEGAN_AT + 51, BEGAN_AT + 102)]
    assert judge(evidence).figures["longest overdue"] == "59.0 s once all was back, until second 161"
    assert judge(evidence).broken == []
    one_stayed = replace(evidence, aways=away[:1])
    assert only_fault(one_stayed) == f"{HOST}/feed/ was not asked for 159 s after it was due and all was back"


def test_an_item_that_is_filed_late() -> None:
    late = replace(BALANCED, records=[record(1), record(2, at=BEGAN_AT + 90), record(3)])
    assert only_fault(late) == "item 2 was filed 90 s after it was published and all was back"
    away = Away(what="redis", began_at=BEGAN_AT + 20, ended_at=BEGAN_AT + 50)
    assert judge(replace(late, aways=[away])).broken == []


def test_two_exchanges_at_once() -> None:
    evidence = replace(BALANCED, asked=[*BALANCED.asked, asked(BEGAN_AT + 100.05, agent="worker-2")])
    assert only_fault(evidence) == f"{HOST} was asked by worker-2 while worker-1 was not answered yet"
    resumed = replace(evidence, resumed=[("worker-2", BEGAN_AT + 99)])
    assert judge(resumed).broken == []
    assert judge(resumed).figures["overlaps"] == "0, and 1 by workers that were paused beyond their lease"


def test_who_was_paused_is_excused_once_at_each_host() -> None:
    """Its next exchange comes after a look at the lease, which it does not have any more."""
    late = [asked(BEGAN_AT + at + 0.05, agent="worker-2") for at in (100, 102)]
    evidence = replace(BALANCED, asked=[*BALANCED.asked, *late], resumed=[("worker-2", BEGAN_AT + 99)])
    assert only_fault(evidence) == f"{HOST} was asked by worker-2 while worker-1 was not answered yet"


def test_a_long_exchange_overlaps_with_more_than_its_neighbour() -> None:
    """The one in between is over before the third begins, and the first is not."""
    times = [asked(BEGAN_AT, took_s=10.0), asked(BEGAN_AT + 2), asked(BEGAN_AT + 4)]
    assert len(judge(replace(BALANCED, asked=[*times, *BALANCED.asked[6:]])).broken) == 2
