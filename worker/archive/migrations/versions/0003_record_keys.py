"""The index of words: what `search_text` was for, by the analyser's keys.

SQLite keeps it in an FTS5 table that follows `record_keys` by triggers, PostgreSQL in a GIN index on it. A feedwacht of
before, which may still be running, writes `search_text` when it changes a record: that marks the record as not indexed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# Every sign that a key may hold is part of a word; the tokenizer folds A-Z, so capitals are written otherwise.
_FTS = """
CREATE VIRTUAL TABLE record_index USING fts5(
    words, content='record_keys', content_rowid='record_id', detail=none, columnsize=0,
    tokenize="ascii tokenchars '!#$%&()*+,-./:;<=>?@[]^_`{|}~'"
)"""
_OUT = "INSERT INTO record_index(record_index, rowid, words) VALUES ('delete', old.record_id, old.words);"
_IN = "INSERT INTO record_index(rowid, words) VALUES (new.record_id, new.words);"
_MARK_SQLITE = """
CREATE TRIGGER records_changed_by_old AFTER UPDATE OF search_text ON records BEGIN
    UPDATE records SET indexed_by = 0 WHERE id = new.id;
END"""
_MARK_POSTGRESQL = """
CREATE FUNCTION records_changed_by_old() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN NEW.indexed_by := 0; RETURN NEW; END'"""
_CALL_POSTGRESQL = """
CREATE TRIGGER records_changed_by_old BEFORE UPDATE OF search_text ON records
    FOR EACH ROW EXECUTE FUNCTION records_changed_by_old()"""
_SQLITE = (
    _FTS,
    f"CREATE TRIGGER record_keys_added AFTER INSERT ON record_keys BEGIN {_IN} END",
    f"CREATE TRIGGER record_keys_removed AFTER DELETE ON record_keys BEGIN {_OUT} END",
    f"CREATE TRIGGER record_keys_changed AFTER UPDATE ON record_keys BEGIN {_OUT} {_IN} END",
    _MARK_SQLITE,
)
_POSTGRESQL = (
    "CREATE INDEX ix_record_keys_words ON record_keys USING gin (array_to_tsvector(string_to_array(words, ' ')))",
    _MARK_POSTGRESQL,
    _CALL_POSTGRESQL,
)


def upgrade() -> None:
    op.add_column("records", sa.Column("indexed_by", sa.Integer(), server_default="0", nullable=False))
    op.create_index(op.f("ix_records_indexed_by"), "records", ["indexed_by"], unique=False)
    op.create_table(
        "record_keys",
        sa.Column(
            "record_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_record_keys_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_record_keys")),
    )
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(sa.text(statement.replace(":", r"\:")))
