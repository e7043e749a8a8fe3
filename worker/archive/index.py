"""The index of words: it is written with the records, and asked which of them a query finds.

Owns how SQLite (an FTS5 table) and PostgreSQL (a GIN index) are asked, and the sets that come of it. What stands in the
index and what a query asks of it is made in `searching.py`.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, reduce

from sqlalchemy import ColumnElement, Connection, Insert, and_, delete, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from worker.archive.schema import record_keys, records
from worker.archive.versions import admit
from worker.model import FiledRecord, IndexWords
from worker.searching import INDEXED_BY, NOT_INDEXABLE, AllOf, AnyOf, AnyWord, Pattern, Plan, Terms

_AT_ONCE = 400  # databases limit the number of parameters
_FEW = 4_000  # so many records are read one by one sooner than all of them are looked through

_ASK_SQLITE = text("SELECT rowid FROM record_index WHERE record_index MATCH :asked")
_ASK_POSTGRESQL = text(
    "SELECT record_id FROM record_keys WHERE array_to_tsvector(string_to_array(words, ' ')) @@ CAST(:asked AS tsquery)"
)

_TIDY = text("INSERT INTO record_index(record_index, rank) VALUES ('merge', :pages)")
_TIDIED_PAGES = 500  # 2 MB, some hundredths of a second: other writers get their turn

# To PostgreSQL the table looks small, because its long texts lie elsewhere; it would read all of them, a millisecond each.
_MAY_SCAN = text("SELECT set_config('enable_seqscan', :may_scan, true)")


@dataclass(frozen=True, slots=True)
class Answer:
    """Ids of records. sure: these match; perhaps: these may, the sure ones among them. None = all records may."""

    sure: frozenset[int] | set[int]
    perhaps: frozenset[int] | set[int] | None


_NOTHING = Answer(frozenset(), frozenset())


class Index:
    """The index in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"

    # -- writing ----------------------------------------------------------------------------------------------------

    def due(self, limit: int) -> list[int]:
        """Ids of records that do not stand in it yet, or in another form."""
        admit(self._connection)
        return list(self._connection.execute(select(records.c.id).where(_is_due()).limit(limit)).scalars())

    def is_due(self) -> bool:
        return self._connection.execute(select(records.c.id).where(_is_due()).limit(1)).first() is not None

    def put(self, made: Sequence[tuple[FiledRecord, IndexWords]]) -> int:
        """Put in records that were read before; one that changed meanwhile stays due. Returns: how many were."""
        read_at = {filed.id: filed.changed_at for filed, _ in made}
        there = select(records.c.id, records.c.changed_at).where(records.c.id.in_(read_at)).order_by(records.c.id)
        locked = self._connection.execute(there.with_for_update())
        same = {row.id for row in locked if row.changed_at == read_at[row.id]}
        rows = [(filed.id, words) for filed, words in made if filed.id in same]
        for by in {words.by for _, words in rows}:
            these = records.c.id.in_([record_id for record_id, words in rows if words.by == by])
            self._connection.execute(update(records).where(these).values(indexed_by=by))
        put_words(self._connection, rows)
        return len(rows)

    def tidy(self, *, begin: bool) -> bool:
        """Write a part of SQLite's index anew, without the words of removed records; they lie in it else until it does so
        by itself. begin: the first part. Returns: whether there is more to do. PostgreSQL's is tidied by its VACUUM.
        """
        if not self._is_sqlite:
            return False
        pages = -_TIDIED_PAGES if begin else _TIDIED_PAGES
        before = self._changes()
        self._connection.execute(_TIDY, {"pages": pages})
        return self._changes() - before >= 2  # so FTS5 says that it is not done

    def _changes(self) -> int:
        return int(self._connection.exec_driver_sql("SELECT total_changes()").scalar_one())

    # -- asking -----------------------------------------------------------------------------------------------------

    def find(self, plan: Plan, within: Collection[int] | None = None) -> Answer:
        """Which records match, or may. within: only these are of interest."""
        found = self._ask(plan, within)
        unsure = set(self._connection.execute(select(records.c.id).where(_is_unsure())).scalars())
        if within is not None:
            unsure &= set(within)
        sure = found.sure if within is None else found.sure & set(within)
        perhaps = found.perhaps if within is None or found.perhaps is None else found.perhaps & set(within)
        return Answer(sure - unsure, None if perhaps is None else perhaps | unsure)

    def _ask(self, plan: Plan, within: Collection[int] | None) -> Answer:
        match plan:
            case Terms(needed=needed, decisive=decisive):
                perhaps = self._having_all(needed, within)
                return Answer(perhaps if decisive and perhaps is not None else frozenset(), perhaps)
            case AnyOf(children=children):
                return reduce(_either, (self._ask(child, within) for child in children), _NOTHING)
            case AllOf(children=children, without=without):
                return self._ask_all(children, without, within)

    def _ask_all(self, children: Sequence[Plan], without: Sequence[Plan], within: Collection[int] | None) -> Answer:
        """Children that have to look through texts come last, and look only at what the others left."""
        found: Answer | None = None
        for child in sorted(children, key=_looks_through):
            narrowed = found.perhaps if found is not None and found.perhaps is not None else within
            answer = self._ask(child, narrowed)
            found = answer if found is None else _both(found, answer)
        assert found is not None  # no query is only a negation
        for child in without:
            found = _but_not(found, self._ask(child, found.perhaps if found.perhaps is not None else within))
        return found

    def _having_all(self, needed: Sequence[AnyWord], within: Collection[int] | None) -> set[int] | None:
        """Records that have what is needed; None if nothing is."""
        plain = [one for one in needed if all(pattern.beginning for pattern in one.patterns)]
        found = self._matching(" AND " if self._is_sqlite else " & ", plain) if plain else None
        for one in needed:
            if one not in plain:
                narrowed = found if found is not None else within
                having = self._having(one, narrowed)
                found = having if found is None else found & having
        return found

    def _having(self, one: AnyWord, within: Collection[int] | None) -> set[int]:
        """Records that have one of the words, or one that a pattern fits."""
        looked_for = [pattern for pattern in one.patterns if not pattern.beginning]
        beginnings = tuple(pattern for pattern in one.patterns if pattern.beginning)
        found = self._matching("", [AnyWord(one.words, beginnings)]) if one.words or beginnings else set()
        for pattern in looked_for:
            found |= self._fitting(pattern, within)
        return found

    def _matching(self, conjunction: str, needed: Sequence[AnyWord]) -> set[int]:
        write = _for_fts if self._is_sqlite else _for_tsquery
        disjunction = " OR " if self._is_sqlite else " | "
        alternatives = [
            [
                *(write(word, begins=False) for word in one.words),
                *(write(p.beginning, begins=True) for p in one.patterns),
            ]
            for one in needed
        ]
        if not all(alternatives):
            return set()  # no indexed record has such a word
        asked = conjunction.join(f"({disjunction.join(words)})" for words in alternatives)
        statement = _ASK_SQLITE if self._is_sqlite else _ASK_POSTGRESQL
        with self._by_index():
            return set(self._connection.execute(statement, {"asked": asked}).scalars())

    def _fitting(self, pattern: Pattern, within: Collection[int] | None) -> set[int]:
        """Records with a word that the pattern fits: the words of all of them are looked through."""
        if within is None or len(within) > _FEW:
            return {record_id for record_id, words in self._rows(pattern) if pattern.fits(words)}
        with self._by_index():
            return {record_id for record_id, words in self._few(pattern, within) if pattern.fits(words)}

    @contextmanager
    def _by_index(self) -> Iterator[None]:
        """Do not let PostgreSQL read every record's words: see `_MAY_SCAN`."""
        if self._is_sqlite:
            yield
            return
        self._connection.execute(_MAY_SCAN, {"may_scan": "off"})
        yield
        self._connection.execute(_MAY_SCAN, {"may_scan": "on"})

    def _few(self, pattern: Pattern, within: Collection[int]) -> Iterator[tuple[int, str]]:
        ids = sorted(within)
        for start in range(0, len(ids), _AT_ONCE):
            yield from self._rows(pattern, record_keys.c.record_id.in_(ids[start : start + _AT_ONCE]))

    def _rows(self, pattern: Pattern, *narrowed: ColumnElement[bool]) -> Iterator[tuple[int, str]]:
        held = record_keys.c.words.contains(pattern.literal, autoescape=True)
        query = select(record_keys.c.record_id, record_keys.c.words).where(held, *narrowed)
        for row in self._connection.execute(query, execution_options={"yield_per": _AT_ONCE}):
            yield row.record_id, row.words


def put_words(connection: Connection, made: Iterable[tuple[int, IndexWords]]) -> None:
    """Write the words of records, and take out those of records that are not indexable."""
    rows = list(made)
    indexed = [{"record_id": record_id, "words": words.words} for record_id, words in rows if words.words]
    gone = [record_id for record_id, words in rows if not words.words]
    if indexed:
        connection.execute(_put(connection.dialect.name), indexed)
    if gone:
        connection.execute(delete(record_keys).where(record_keys.c.record_id.in_(gone)))


@cache
def _put(dialect: str) -> Insert:
    """Built once: to build a statement takes longer than to run it."""
    put = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(record_keys)
    return put.on_conflict_do_update(index_elements=["record_id"], set_={"words": put.excluded.words})


def _is_due() -> ColumnElement[bool]:
    return and_(_is_unsure(), records.c.indexed_by != NOT_INDEXABLE)


def _is_unsure() -> ColumnElement[bool]:
    """Not indexed in the form of now; written so that the index on the number answers it."""
    return or_(records.c.indexed_by < INDEXED_BY, records.c.indexed_by > INDEXED_BY)


def _looks_through(plan: Plan) -> bool:
    match plan:
        case Terms(needed=needed):
            return any(not pattern.beginning for one in needed for pattern in one.patterns)
        case AllOf(children=children) | AnyOf(children=children):
            return any(map(_looks_through, children))


# -- sets ---------------------------------------------------------------------------------------------------------------


def _either(one: Answer, other: Answer) -> Answer:
    whole = one.perhaps is None or other.perhaps is None
    return Answer(one.sure | other.sure, None if whole else one.perhaps | other.perhaps)  # type: ignore[operator]


def _both(one: Answer, other: Answer) -> Answer:
    if one.perhaps is None or other.perhaps is None:
        return Answer(one.sure & other.sure, one.perhaps if other.perhaps is None else other.perhaps)
    return Answer(one.sure & other.sure, one.perhaps & other.perhaps)


def _but_not(one: Answer, other: Answer) -> Answer:
    sure = frozenset() if other.perhaps is None else one.sure - other.perhaps
    return Answer(sure, None if one.perhaps is None else one.perhaps - other.sure)


# -- as the databases write it ------------------------------------------------------------------------------------------


def _for_fts(word: str, *, begins: bool) -> str:
    return f'"{word}"{"*" if begins else ""}'


def _for_tsquery(word: str, *, begins: bool) -> str:
    quoted = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}'{':*' if begins else ''}"
