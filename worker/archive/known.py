"""What the archive knows of a page of drafts: the record that each of them is, or the url_key under which it is new.

`url_key` or (source, post id) finds a record, and a tombstone; what to do where the two disagree is decided here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Text,
    bindparam,
    cast,
    null,
    select,
    tuple_,
    union_all,
)

from worker.archive.schema import record_urls, records, tombstones
from worker.model import Draft, Record
from worker.text import fold


@dataclass(frozen=True, slots=True)
class Found:
    """Where a draft belongs: its record if it has one; else the url_key to file it under."""

    row: RowMapping | None
    url_key: str
    removed: bool = False
    note: str = ""
    other_id: int | None = None


_POST = tuple_(records.c.source, records.c.post_id)
_GONE = tuple_(tombstones.c.source, tombstones.c.post_id)
_URLS: BindParameter[Any] = bindparam("urls", expanding=True)
_POSTS: BindParameter[Any] = bindparam("posts", expanding=True)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_NO_RECORD: ColumnElement[Any] = cast(null(), records.c.id.type)


def _traces(url_key: Any, source: Any, post_id: Any, record_id: Any) -> Select[Any]:
    columns = {"url_key": url_key, "source": source, "post_id": post_id, "record_id": record_id}
    return select(*(column.label(name) for name, column in columns.items()))


# Built once: to build a statement takes longer than to run it. Most pages bring only what no trace is found of.
_NO_TEXT: ColumnElement[Any] = cast(null(), Text)
_TRACES = union_all(
    _traces(record_urls.c.url_key, _NO_TEXT, _NO_TEXT, record_urls.c.record_id).where(record_urls.c.url_key.in_(_URLS)),
    _traces(_NO_TEXT, records.c.source, records.c.post_id, records.c.id).where(_POST.in_(_POSTS)),
    _traces(tombstones.c.url_key, _NO_TEXT, _NO_TEXT, _NO_RECORD).where(tombstones.c.url_key.in_(_URLS)),
    _traces(_NO_TEXT, tombstones.c.source, tombstones.c.post_id, _NO_RECORD).where(_GONE.in_(_POSTS)),
)
_BY_ID = select(records).where(records.c.id.in_(_IDS))


class Known:
    """What the archive holds for one page of records, read in two queries."""

    def __init__(self, connection: Connection, page: Sequence[Draft]) -> None:
        keys = {
            key
            for draft in page
            for key in (draft.record.url_key, _apart(draft.record), _shared(draft), draft.formerly)
            if key
        }
        posts = {post for draft in page if (post := post_of(draft.record))}
        self._removed: set[Any] = set()
        ids: dict[Any, int] = {}  # by url_key, and by (source, post id)
        asked: Iterable[tuple[Any, Any]] = zip_longest(_parts(keys), _parts(posts), fillvalue=[])
        for urls, numbers in asked:
            for url_key, source, post_id, record_id in connection.execute(_TRACES, {"urls": urls, "posts": numbers}):
                name = (source, post_id) if url_key is None else url_key
                if record_id is None:
                    self._removed.add(name)
                else:
                    ids[name] = record_id
        rows = {row["id"]: row for part in _parts(set(ids.values())) for row in _rows(connection, part)}
        self._records = {name: rows[record_id] for name, record_id in ids.items() if record_id in rows}

    def find(self, draft: Draft) -> Found:
        """The record this one is, or the url_key under which it is new."""
        record, post, shared = draft.record, post_of(draft.record), _shared(draft)
        if {record.url_key, shared, post} & self._removed:
            return Found(None, record.url_key, removed=True)
        by_url = self._records.get(record.url_key)
        by_post = self._records.get(post) if post else None
        if shared and (shared in self._records or by_url is None or fold(by_url["title"]) != fold(record.title)):
            return Found(self._records.get(shared), shared)
        if by_url is not None and _contradicts(by_url, record):
            note = f"{record.url} was shown with the post ids {by_url['post_id']} and {record.post_id}: kept as two records"
            apart = by_post if by_post is not None else self._records.get(_apart(record))
            return Found(apart, _apart(record), note=note, other_id=by_url["id"])
        if by_url is not None and by_post is not None and by_url["id"] != by_post["id"]:
            note = f"{record.url} and post id {record.post_id} belong to two records: both are kept"
            return Found(by_post, record.url_key, note=note, other_id=by_url["id"])
        if by_url is None and by_post is None and draft.formerly:
            before = self._records.get(draft.formerly)
            by_url = before if before is not None and not _contradicts(before, record) else None
        return Found(by_post if by_post is not None else by_url, record.url_key)


def _rows(connection: Connection, ids: list[int]) -> Iterable[RowMapping]:
    return connection.execute(_BY_ID, {"ids": ids}).mappings()


def _contradicts(row: RowMapping, record: Record) -> bool:
    """Two post ids of one numbering that differ. An id of another site (`host/dir:7`) says nothing about ours (`7`)."""
    if row["source"] != record.source or row["post_id"] is None or record.post_id is None:
        return False
    there, here = str(row["post_id"]).rpartition(":"), record.post_id.rpartition(":")
    return there[0] == here[0] and there[2] != here[2]


def _apart(record: Record) -> str:
    """The url_key of an article whose URL another post id has, too; no url_key holds `#p=` otherwise. "" without an id."""
    return f"{record.url_key}#p={record.post_id}" if record.post_id else ""


def _shared(draft: Draft) -> str:
    """The url_key of an article that shares its link with others of the page; "" if it has the link for itself."""
    return f"{draft.record.url_key}#t={draft.apart}" if draft.apart and not draft.record.post_id else ""


def post_of(record: Record) -> tuple[str, str] | None:
    return (record.source, record.post_id) if record.post_id else None


def _parts(values: Iterable[Any]) -> Iterable[list[Any]]:
    """Bounded lists: databases limit the number of parameters."""
    rows = list(values)
    return (rows[start : start + 400] for start in range(0, len(rows), 400))
