"""What a visit comes to for its record, step by step, inside one write.

Must not know how a page is fetched, read or believed, nor who is told of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from worker.archive import Transaction
from worker.edited import edits_of
from worker.model import Draft, Edit, FiledRecord, Record


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the record. did: "completed", "edited", "renamed", "linked" or "withdrawn"; draft: its new state;
    detail: for people; other_id: the record it leads to.
    """

    did: str
    draft: Draft | None
    detail: str = ""
    other_id: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """filed: the record from now on; done: the last step was, which it is not if the record changed meanwhile."""

    filed: FiledRecord
    done: bool
    edits: list[Edit]


def take_steps(tx: Transaction, filed: FiledRecord, steps: Iterable[Step], now: datetime, *, is_back: bool) -> Taken:
    """Write them, in the caller's transaction. is_back: the article was withdrawn, and the site shows it again."""
    before, done, withdrawn = filed, True, 0
    revised: Record | None = None
    for step in steps:
        if step.other_id:
            tx.afterwards.link(filed, step.other_id, f"{filed.record.url} leads to {step.detail}", now=now)
            done = True
        elif step.draft is None:
            withdrawn = tx.afterwards.withdraw(filed, since=now, now=now, how="page", detail=step.detail)
            done = True
        else:
            filed, done = _write(tx, filed, step.did, step.draft, now)
            revised = step.draft.record if done and step.did == "edited" else revised
    returned = tx.afterwards.restore(filed, now=now, how="page") if is_back else 0
    return Taken(filed, done, edits_of(before, revised, withdrawn=withdrawn, returned=returned))


def _write(tx: Transaction, filed: FiledRecord, did: str, draft: Draft, now: datetime) -> tuple[FiledRecord, bool]:
    after = tx.afterwards
    ways = {"completed": after.complete, "edited": after.revise, "renamed": after.rename}
    if not ways[did](filed, draft, now=now):
        return filed, False
    revision = filed.revision + (did != "completed")
    return replace(filed, record=draft.record, revision=revision), True
