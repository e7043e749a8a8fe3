"""`backup`, `restore` and `db upgrade`: the archive as a whole."""

from pathlib import Path

import click

from worker.archive import restore as restore_archive
from worker.archive.engine import Database
from worker.archive.migrate import upgrade as upgrade_schema
from worker.cli import show
from worker.cli.shell import Command, Group, Shell, confirm, example, yes_option


@click.command(cls=Command, epilog=example("feedwacht backup var/backup/feedwacht-2025-12-03.db"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def backup(shell: Shell, file: Path) -> None:
    """Copy the archive into FILE, also while it is in use.

    For the embedded archive; for PostgreSQL use pg_dump.
    """
    with shell.archive() as archive:
        archive.backup(file)
    show.lines(shell.wording.say("backed_up", file=file, size=show.size(shell.wording, file.stat().st_size)))


@click.command(cls=Command, epilog=example("feedwacht restore var/backup/feedwacht-2025-12-03.db --yes"))
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@yes_option
@click.pass_obj
def restore(shell: Shell, file: Path, yes: bool) -> None:
    """Go back to a backup.

    The embedded archive's contents are replaced by those of FILE: what came in since is lost. May be done while a worker
    is running. Without a terminal, where nobody can be asked, it takes --yes.
    """
    question = shell.wording.say("really_restore", archive=shell.place, file=file)
    confirm(question, yes=yes, unasked=shell.wording.say("restore_unasked", archive=shell.place))
    restore_archive(shell.settings.archive.database, file)
    show.lines(shell.wording.say("restored", archive=shell.place, file=file))


@click.group(cls=Group, epilog=example("feedwacht db upgrade"))
def db() -> None:
    """Look after the database."""


@db.command(epilog=example("feedwacht db upgrade"))
@click.pass_obj
def upgrade(shell: Shell) -> None:
    """Bring the archive's schema up to date; safe beside running workers."""
    database = Database(shell.settings.archive.database)
    try:
        before, after = upgrade_schema(database)
    finally:
        database.close()
    name = "schema_current" if before == after else "schema_upgraded"
    show.lines(shell.wording.say(name, before=before or "–", after=after))
