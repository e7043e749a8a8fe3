"""One alert a story: an article that tells what a subscription was told of already goes along with the first one's alert.

Only for subscriptions with `one_per_story`, and only about the last days. Called with what is owed, inside the write
that owes it. Must not know what makes two articles one story (`samestory.py`), nor how a delivery leaves.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from worker import samestory
from worker.archive import Transaction
from worker.model import AlertKind, HeldFor, Owed
from worker.samestory import Shelf

LASTS = timedelta(days=3)  # a story; a weekday names one day only in that time


def unheard(tx: Transaction, owed: Sequence[Owed]) -> list[Owed]:
    """What of this may be a story told again. Ask before it is owed: later on nobody knows what was new."""
    asked = [one for one in owed if one.subscription.one_per_story and one.kind is AlertKind.NEW and not _waits(one)]
    return tx.stories.unheard(asked) if asked else []


def tell_once(tx: Transaction, unheard: Sequence[Owed], now: datetime) -> None:
    """Have those that tell a story again told by the first one's alert. Call it when they are owed.

    Two workers that file two copies at the same moment do not see each other: then both alert.
    """
    by_subscription = sorted(unheard, key=lambda one: one.subscription.id)
    for subscription_id, group in groupby(by_subscription, key=lambda one: one.subscription.id):
        _tell_once(tx, subscription_id, group, now)


def _tell_once(tx: Transaction, subscription_id: int, owed: Iterator[Owed], now: datetime) -> None:
    new = {one.record_id: one for one in owed}
    shelf, story = Shelf(), {}
    for teller in tx.stories.tellers(subscription_id, now - LASTS):
        sketch = samestory.unpacked(teller.sketch)
        if sketch is not None and teller.record_id not in new:
            shelf.add(teller.record_id, sketch)
            story[teller.record_id] = teller.story_id
    for record_id, one in new.items():
        sketch = samestory.sketch(one.record.title, one.record.body)
        tellers = shelf.copies_of(sketch)
        story[record_id] = story[tellers[0]] if tellers else record_id
        tx.stories.enter(record_id, samestory.packed(sketch), story_id=story[record_id], now=now)
        if not tellers or not tx.stories.told_by(subscription_id, record_id, tellers, now):
            shelf.add(record_id, sketch)


def _waits(one: Owed) -> bool:
    """For the operator: whether it is told of at all is not known yet."""
    return one.hold is not None and one.hold.reason is HeldFor.QUARANTINE
