"""Which state of the archive this feedwacht fits: its schema, and its generation.

Owns the question that whoever takes work asks first. Must not know what work is, nor how a schema is changed
(`migrate.py`).
"""

from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.dialects import postgresql, sqlite

from worker.archive.schema import versions
from worker.errors import SchemaMismatch

# Raise it where code of before must not take work beside this one although the schema stayed the same, e.g. after a
# change of what makes two articles the same. `db upgrade` writes it into the archive.
GENERATION = 1

_NAME = "generation"
# One statement of two keys: it is asked with every claim. An archive of before has no generation, which is 0.
_FOUND = text("SELECT version_num, (SELECT value FROM versions WHERE name = 'generation') FROM alembic_version")


def alembic_config() -> Config:
    """Where the steps of the schema are."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


@cache
def known() -> tuple[str, ...]:
    """Every schema that this feedwacht knows how to begin at, the one that it works with first."""
    return tuple(script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions())


def head() -> str:
    """The schema that this feedwacht works with."""
    return known()[0]


def admit(connection: Connection) -> None:
    """Whoever takes work asks here, in the transaction in which it is taken.

    Raises: SchemaMismatch when the archive's schema is another one, or a newer feedwacht has claimed it for its own kind.
    """
    schema, generation = connection.execute(_FOUND).one()
    refuse_newer(schema, generation or 0)
    if schema != head():
        raise SchemaMismatch(
            f"the archive has schema {schema}, this feedwacht needs {head()}: run `feedwacht db upgrade`"
        )


def refuse_newer(schema: str | None, generation: int) -> None:
    """Raises: SchemaMismatch for what only a newer feedwacht can have left. schema: None = an empty database."""
    if schema is not None and schema not in known():
        raise SchemaMismatch(
            f"the archive is at schema {schema}, made by a newer feedwacht; this one knows {head()}: "
            "upgrade this machine, which takes no work until then"
        )
    if generation > GENERATION:
        raise SchemaMismatch(
            f"the archive is at generation {generation}, made by a newer feedwacht; this one knows {GENERATION}: "
            "upgrade this machine, which takes no work until then"
        )


def generation_of(connection: Connection) -> int:
    """The archive's generation; its tables must stand."""
    found = connection.execute(text("SELECT value FROM versions WHERE name = :name"), {"name": _NAME}).scalar()
    return int(found or 0)


def raise_generation(connection: Connection) -> None:
    """From now on code of an earlier generation takes no work."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    put = insert(versions).values(name=_NAME, value=GENERATION)
    put = put.on_conflict_do_update(
        index_elements=["name"], set_={"value": put.excluded.value}, where=versions.c.value < put.excluded.value
    )
    connection.execute(put)
