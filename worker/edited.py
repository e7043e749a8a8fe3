"""What an edit owes: an alert where the article begins to match, a follow-up where somebody was told of it.

Polls, visits and checks come here inside the write that files the edit, so that none is filed and not told. Must not know
how an edit was seen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from worker.archive import Transaction
from worker.matching import Matching
from worker.material import changes
from worker.model import (
    AlertKind,
    Change,
    Edit,
    EditChange,
    EventKind,
    FiledRecord,
    Follower,
    Match,
    Owed,
    Record,
    Subscription,
)
from worker.owing import owe

Found = dict[int, tuple[Subscription, Match]]


def owe_edits(tx: Transaction, matching: Matching, edits: Iterable[Edit], now: datetime) -> int:
    """Owe what these edits ask for, in the caller's transaction. A second time changes nothing. Returns: new alerts."""
    found = [edit for edit in edits if edit.change is not Change.RENAME or edit.event is not None]
    if not found:
        return 0
    told = tx.alerts.followers_of(sorted({edit.record_id for edit in found}))
    owed: list[Owed] = []
    for edit in found:
        after = _matched(matching, edit)
        owed += _beginning(matching, edit, after)
        owed += _following(edit, [one for one in told if one.record_id == edit.record_id], after)
    return owe(tx, owed, now)


def edits_of(filed: FiledRecord, revised: Record | None, *, withdrawn: int = 0, returned: int = 0) -> list[Edit]:
    """What a look at one article came to. filed: as it was before; revised: its new state, None = the same.

    withdrawn, returned: the number of that event, 0 = it did not happen.
    """
    if revised is None and not (withdrawn or returned):
        return []
    occasion = f"revision:{filed.revision + 1}"
    event = None
    if withdrawn:
        occasion, event = f"withdrawn:{withdrawn}", EventKind.WITHDRAWN
    elif returned:
        occasion, event = f"returned:{returned}", EventKind.RETURNED
    return [
        Edit(
            record_id=filed.id,
            record_key=filed.key,
            first_seen_at=filed.first_seen_at,
            before=filed.record,
            after=revised or filed.record,
            occasion=occasion,
            event=event,
        )
    ]


def _matched(matching: Matching, edit: Edit) -> Found:
    return {subscription.id: (subscription, match) for subscription, match in matching.match(edit.after)}


def _beginning(matching: Matching, edit: Edit, after: Found) -> list[Owed]:
    """It matches now and did not before. A text that came late is no edit: everybody hears of it."""
    wanted = [
        (subscription, match)
        for subscription, match in after.values()
        if (subscription.on_edit != "never" or edit.change is Change.TEXT)
        and subscription.created_at <= edit.first_seen_at
    ]
    if edit.before is edit.after or not wanted:
        return []
    already = {subscription.id for subscription, _ in matching.match(edit.before)}
    return [_owed(edit, subscription, match) for subscription, match in wanted if subscription.id not in already]


def _following(edit: Edit, told: Sequence[Follower], after: Found) -> list[Owed]:
    """Whoever was told hears what changed. An alert that has not left yet tells the article as it is then by itself, but
    not that it was gone.
    """
    happened = _happened(edit)
    if not told:
        return []
    changed = (*happened, *(changes(edit.before, edit.after) if edit.change is Change.EDIT else ()))
    return [_follow_up(edit, one, quoted, after) for one in told if (quoted := changed if one.has_left else happened)]


def _happened(edit: Edit) -> tuple[EditChange, ...]:
    if edit.event is EventKind.WITHDRAWN:
        return (EditChange(kind="withdrawn"),)
    return (EditChange(kind="returned"),) if edit.event is EventKind.RETURNED else ()


def _follow_up(edit: Edit, told: Follower, quoted: tuple[EditChange, ...], after: Found) -> Owed:
    """By the alert's query, whatever the subscription asks for by now."""
    subscription, match = after.get(told.subscription.id, (told.subscription, None))
    is_same = match is not None and subscription.query == told.query
    return _owed(
        edit,
        replace(told.subscription, query=told.query),
        match if is_same else None,
        kind=AlertKind.EDIT,
        occasion=edit.occasion,
        changes=quoted,
    )


def _owed(edit: Edit, subscription: Subscription, match: Match | None, **more: Any) -> Owed:
    return Owed(
        subscription=subscription,
        record_id=edit.record_id,
        record_key=edit.record_key,
        record=edit.after,
        spans=match.spans if match is not None else (),
        **more,
    )
