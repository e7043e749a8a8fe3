"""A record's state: what of it is kept when it changes, what makes two states one, and what made the one out of the other."""

import hashlib
from collections.abc import Mapping
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import RowMapping

from worker.model import AiNotice, Change, Draft, Record

_STATE = (
    *(
        "url",
        "title",
        "published_at",
        "published_at_from",
        "category",
        "categories",
        "tags",
        "author",
        "body",
        "agency",
    ),
    *("ai_notice", "excerpt", "source_line", "timezone"),
)

_PLAIN = (
    *(
        "url",
        "url_key",
        "post_id",
        "title",
        "published_at",
        "published_at_from",
        "category",
        "author",
        "body",
        "agency",
    ),
    *("excerpt", "source", "source_line", "timezone"),
)


def state_hash(draft: Draft) -> str:
    return hashlib.sha256(f"{draft.content_hash}\0{draft.record.url_key}".encode()).hexdigest()


def earlier_of(row: RowMapping) -> dict[str, Any]:
    """A record's current state as one of its revisions."""
    state = {name: row[name] for name in _STATE} | {"published_at": row["published_at"].isoformat()}
    seen = {"seen_at": row["changed_at"], "seen_by": row["seen_by"], "change": row["change"]}
    named = {"record_id": row["id"], "revision": row["revision"], "state_hash": row["state_hash"], "state": state}
    return named | seen | {"modified_at": row["modified_at"]}


def change_of(row: RowMapping, draft: Draft) -> Change:
    """A full text in place of an excerpt; an address and nothing else; or the article itself."""
    if row["excerpt"] and not draft.record.excerpt:
        return Change.TEXT
    new, named = content_of(draft), ("title", "body", "author")
    terms = {*new["categories"], *new["tags"]} != {*row["categories"], *row["tags"]}  # feeds do not tell them apart
    return Change.EDIT if terms or any(new[name] != row[name] for name in named) else Change.RENAME


def content_of(draft: Draft) -> dict[str, Any]:
    record = draft.record
    values = {name: getattr(record, name) for name in _STATE if name not in ("categories", "tags", "ai_notice")}
    notice = record.ai_notice
    return values | {
        "categories": list(record.categories),
        "tags": list(record.tags),
        "ai_notice": {"date": notice.date_local} if notice else None,
    }


def day_of(record: Record) -> str:
    """`YYYY/MM/DD` of its publication on the source's clock: the folder of its file."""
    try:
        zone: Any = ZoneInfo(record.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = UTC
    return record.published_at.astimezone(zone).strftime("%Y/%m/%d")


def record_of(row: RowMapping | Mapping[Any, Any]) -> Record:
    """The record in a row of the table, or in an earlier state with what never changes."""
    notice = row["ai_notice"]
    return Record(
        **{name: row[name] for name in _PLAIN},
        categories=tuple(row["categories"]),
        tags=tuple(row["tags"]),
        ai_notice=AiNotice(date_local=notice["date"]) if notice is not None else None,
    )
