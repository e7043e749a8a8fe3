"""Whether the archive's rows fit each other, and what verifying record files asks of them."""

import re
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, select, update

from worker.archive.parts import in_parts
from worker.archive.records import Records
from worker.archive.schema import (
    evidence,
    record_keys,
    record_links,
    record_urls,
    records,
    revisions,
    tombstones,
)
from worker.archive.states import state_hash
from worker.article import Article
from worker.identity import record_key
from worker.model import Draft, Flaw, FlawKind, Record
from worker.normalise import content_hash
from worker.searching import INDEXED_BY, index_words

_CHUNK = 500
_MOST_BYTES = 64 * 2**20  # evidence is smaller by far; more would be a bomb
_APART = re.compile(r"#[ptk]=.*$", re.DOTALL)  # what tells articles under one URL from each other


class Consistency:
    """The archive as it is to be verified, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- rows -------------------------------------------------------------------------------------------------------

    def ids_after(self, last: int) -> list[int]:
        """The next few ids of records, in order; none at the end."""
        query = select(records.c.id).where(records.c.id > last).order_by(records.c.id).limit(_CHUNK)
        return list(self._connection.execute(query).scalars())

    def flaws(self, ids: Sequence[int]) -> Iterator[Flaw]:
        """What does not fit in the rows of these records."""
        rows = self._connection.execute(select(records).where(records.c.id.in_(ids)).order_by(records.c.id)).mappings()
        urls = self._lists(record_urls, record_urls.c.url_key, ids)
        earlier = self._lists(revisions, revisions.c.revision, ids)
        linked = set(self._lists(record_links, record_links.c.other_id, ids))
        indexed = set(self._lists(record_keys, record_keys.c.record_id, ids))
        proofs = self._proofs(ids)
        removed = self._removed([key for keys in urls.values() for key in keys])
        filed = Records(self._connection).get(ids)
        for row in rows.all():
            one, keys = filed.get(row["id"]), urls.get(row["id"], [])
            if one is None:
                continue  # removed meanwhile
            yield from _address_flaws(row, keys, removed)
            if row["id"] not in linked and row["body_from"] == "feed" and not _fits(row, one.record, keys):
                yield _flaw(FlawKind.STATE_WRONG, row)
            yield from _revision_flaws(row, earlier.get(row["id"], []))
            yield from _evidence_flaws(row, proofs.get(row["id"], []))
            if row["indexed_by"] == INDEXED_BY and row["id"] not in indexed and index_words(Article(one.record)).words:
                yield _flaw(FlawKind.INDEX_MISSING, row)

    def _lists(self, table: Table, column: Any, ids: Sequence[int]) -> dict[int, list[Any]]:
        query = select(table.c.record_id, column).where(table.c.record_id.in_(ids)).order_by(table.c.record_id, column)
        found: dict[int, list[Any]] = {}
        for record_id, value in self._connection.execute(query):
            found.setdefault(record_id, []).append(value)
        return found

    def _proofs(self, ids: Sequence[int]) -> dict[int, list[tuple[int, bool]]]:
        """(revision, whether its evidence can be unpacked) by record; one body is in memory at a time."""
        query = select(evidence.c.record_id, evidence.c.revision, evidence.c.body).where(evidence.c.record_id.in_(ids))
        found: dict[int, list[tuple[int, bool]]] = {}
        for record_id, revision, body in self._connection.execute(query, execution_options={"yield_per": 50}):
            found.setdefault(record_id, []).append((revision, _unpacks(body)))
        return found

    def _removed(self, url_keys: Sequence[str]) -> set[str]:
        return set(self._among(tombstones.c.url_key, url_keys))

    def _among(self, column: Any, values: Sequence[Any]) -> Iterator[Any]:
        for part in in_parts(values):
            yield from self._connection.execute(select(column).where(column.in_(part))).scalars()

    # -- record files -----------------------------------------------------------------------------------------------

    def days(self) -> dict[str, "array[int]"]:
        """The ids of all records by the folder of their file: eight bytes a record."""
        found: dict[str, array[int]] = {}
        query = select(records.c.day_local, records.c.id)
        for day, record_id in self._connection.execute(query, execution_options={"yield_per": 5_000}):
            found.setdefault(day, array("q")).append(record_id)
        return found

    def files_due(self, ids: Sequence[int]) -> set[int]:
        """Those of these records whose file is still to be written. Ask after the records were read."""
        query = select(records.c.id).where(records.c.file_due, records.c.id.in_(ids))
        return set(self._connection.execute(query).scalars())

    def days_of(self, keys: Sequence[str]) -> dict[str, str]:
        """In which folder the files of these keys belong, as far as there are such records."""
        query = select(records.c.key, records.c.day_local).where(records.c.key.in_(keys))
        return {row.key: row.day_local for row in self._connection.execute(query)}

    def removed_keys(self, keys: Sequence[str]) -> dict[str, bool]:
        """Those of these keys whose articles were removed, and whether their files are still to be removed."""
        query = select(tombstones.c.key, tombstones.c.file_day).where(tombstones.c.key.in_(keys))
        found: dict[str, bool] = {}
        for key, file_day in self._connection.execute(query):
            found[key] = found.get(key, False) or file_day is not None
        return found

    # -- mending ----------------------------------------------------------------------------------------------------

    def owe_file(self, key: str) -> None:
        """Have the record's file and its line of the manifest written again."""
        self._connection.execute(update(records).where(records.c.key == key).values(file_due=True))

    def owe_index(self, key: str) -> None:
        self._connection.execute(update(records).where(records.c.key == key).values(indexed_by=0))


def _flaw(kind: FlawKind, row: RowMapping, detail: object = "") -> Flaw:
    return Flaw(kind=kind, key=row["key"], where=row["url"], detail=str(detail))


def _address_flaws(row: RowMapping, keys: Sequence[str], removed: set[str]) -> Iterator[Flaw]:
    if row["url_key"] not in keys:
        yield _flaw(FlawKind.URL_UNOWNED, row)
    if row["key"] not in map(record_key, {row["url_key"], *keys}):
        yield _flaw(FlawKind.KEY_FOREIGN, row)
    if removed.intersection(keys):
        yield _flaw(FlawKind.REMOVED_BUT_THERE, row)


def _fits(row: RowMapping, record: Record, keys: Sequence[str]) -> bool:
    """Whether the state's hash is that of the record under one of its addresses."""
    return any(row["state_hash"] == one for one in _state_hashes(record, {row["url_key"], *keys}))


def _state_hashes(record: Record, keys: Iterable[str]) -> Iterator[str]:
    full = set(keys)
    for base in {_APART.sub("", key) for key in full}:
        digest = content_hash(replace(record, url_key=base))
        for key in {base, *full}:
            yield state_hash(Draft(record=replace(record, url_key=key), content_hash=digest))


def _revision_flaws(row: RowMapping, numbers: Sequence[int]) -> Iterator[Flaw]:
    """The earliest may be missing, after an import or by age; none in between, and none beyond the current one."""
    wanted = range(numbers[0], row["revision"]) if numbers else range(0)
    if list(wanted) != list(numbers):
        missing = sorted(set(wanted) ^ set(numbers))
        yield _flaw(FlawKind.REVISIONS_GAP, row, ", ".join(map(str, missing[:10])))


def _evidence_flaws(row: RowMapping, proofs: Sequence[tuple[int, bool]]) -> Iterator[Flaw]:
    for revision, unpacks in sorted(proofs):
        if revision > row["revision"]:
            yield _flaw(FlawKind.EVIDENCE_STRAY, row, revision)
        elif not unpacks:
            yield _flaw(FlawKind.EVIDENCE_DAMAGED, row, revision)


def _unpacks(body: bytes) -> bool:
    unpacker = zlib.decompressobj()
    with suppress(zlib.error):
        unpacker.decompress(body, _MOST_BYTES)
        return unpacker.eof
    return False
