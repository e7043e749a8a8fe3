"""What a match owes: alerts with their deliveries, at once or held. Polls and visits come here inside their own write.

Must not know how a match was found, nor how a delivery leaves.
"""

from collections.abc import Sequence
from datetime import datetime

from worker import retold
from worker.archive import Transaction
from worker.model import Owed


def owe(tx: Transaction, owed: Sequence[Owed], now: datetime) -> int:
    """File what is owed, in the caller's transaction. A second time changes nothing. Returns: new alerts."""
    unheard = retold.unheard(tx, owed)
    count = tx.alerts.owe(owed, now)
    retold.tell_once(tx, unheard, now)
    return count
