"""What a match owes: alerts with their deliveries, at once or held. Polls and visits come here inside their own write.

Must not know how a match was found, nor how a delivery leaves.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from worker import retold
from worker.archive import Transaction
from worker.model import HeldFor, Hold, Owed


def owe(tx: Transaction, owed: Sequence[Owed], now: datetime) -> int:
    """File what is owed, in the caller's transaction. A second time changes nothing. Returns: new alerts."""
    owed = _with_holds(tx, owed)
    unheard = retold.unheard(tx, owed)
    count = tx.alerts.owe(owed, now)
    retold.tell_once(tx, unheard, now)
    return count


def _with_holds(tx: Transaction, owed: Sequence[Owed]) -> Sequence[Owed]:
    """What is about an article in quarantine waits for the operator."""
    waiting = tx.quarantines.waiting({one.record_id for one in owed}) if owed else set()
    until_decided = Hold(reason=HeldFor.QUARANTINE)
    return [replace(one, hold=until_decided) if one.record_id in waiting else one for one in owed]
