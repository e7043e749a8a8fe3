"""Processes as they report of themselves."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from worker.model import Colleague


def a_colleague(seen_at: datetime, role: str = "worker", **more: Any) -> Colleague:
    """One of the machine `a`, an hour at work when it was last seen. more: what is other."""
    one = Colleague(
        name=f"{role}@a-1",
        role=role,
        host="a",
        pid=1,
        version="1.0",
        schema_version="0006",
        started_at=seen_at - timedelta(hours=1),
        seen_at=seen_at,
    )
    return replace(one, **more)
