"""An archive that has outgrown the code that is tested, as `db upgrade` of a feedwacht that does not exist yet leaves it."""

from sqlalchemy import text

from worker.archive import Archive, schema_version

NEWER = "9999"


def outgrow_schema(archive: Archive, schema: str = NEWER) -> None:
    """One more column, in the one transaction in which the schema's number changes."""
    with archive.database.write() as connection:
        connection.execute(text("ALTER TABLE feeds ADD COLUMN made_up TEXT NOT NULL DEFAULT ''"))
        connection.execute(text("UPDATE alembic_version SET version_num = :schema"), {"schema": schema})


def outgrow_generation(archive: Archive) -> None:
    """The same schema, and rules that this code does not know."""
    with archive.database.write() as connection:
        connection.execute(text("UPDATE versions SET value = 99 WHERE name = 'generation'"))


def go_back(archive: Archive) -> None:
    """As a backup of before does."""
    with archive.database.write() as connection:
        connection.execute(text("ALTER TABLE feeds DROP COLUMN made_up"))
        connection.execute(text("UPDATE alembic_version SET version_num = :schema"), {"schema": schema_version()})
