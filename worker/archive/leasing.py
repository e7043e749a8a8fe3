"""How rows that wait to be sent are leased, alerts' deliveries and notices alike: nobody waits for a row that another has.

Needs columns `id`, `retry_at`, `lease_token` and `lease_until`. Must not know what is sent.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, select, update

from worker.model import Lease


def leased(connection: Connection, table: Table, which: Any, lease: Lease, limit: int) -> Sequence[RowMapping]:
    """Up to `limit` rows of those, leased from now on, the longest due first."""
    due = select(table.c.id).where(which).order_by(table.c.retry_at, table.c.id).limit(limit)
    ids = connection.execute(due.with_for_update(skip_locked=True)).scalars().all()
    held = {"lease_token": lease.token, "lease_until": lease.until}
    rows = connection.execute(update(table).where(table.c.id.in_(ids)).values(held).returning(table)).mappings()
    return sorted(rows, key=lambda row: (row["retry_at"], row["id"]))
