"""What all commands share: where the configuration is, what language is spoken, how the archive is opened.

`--config` works before and after a command's name; the last one wins.
"""

import getpass
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from worker import configure, logs
from worker.archive import Archive, open_archive
from worker.archive.engine import Database
from worker.archive.inspection import embedded_file
from worker.bootstrap import Worker, build
from worker.errors import Conflict
from worker.masking import mask
from worker.reasonsentences import in_language
from worker.settings import Settings, language, load
from worker.steadyclock import SystemClock
from worker.wording import Wording

_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass
class Shell:
    """One call of the command line."""

    config: Path | None = None

    def load(self) -> Settings:
        """The configuration, read now. Raises: SettingsError."""
        return load(self.config, os.environ)

    @cached_property
    def settings(self) -> Settings:
        """The configuration, read once. Commands print their results themselves, so only faults are logged."""
        settings = self.load()
        level = settings.log.level if settings.log.level == "debug" else "error"
        logs.configure(json=settings.log.format == "json", level=level)
        return settings

    @cached_property
    def wording(self) -> Wording:
        return Wording(self.settings.ui.language)

    @property
    def language(self) -> str:
        """What is spoken, also while the configuration cannot be used."""
        return language(self.config, os.environ)

    def told(self, reason: str) -> str:
        """A reason in the language of the screen; the archive keeps it in English."""
        return in_language(reason, self.wording.language)

    @property
    def zone(self) -> tzinfo:
        """The clock that people read times on: the first source's, else the machine's."""
        if self.settings.sources:
            return ZoneInfo(self.settings.sources[0].timezone)
        return datetime.now(UTC).astimezone().tzinfo or UTC

    def now(self) -> datetime:
        return SystemClock().now()

    def wait(self, seconds: float) -> None:
        SystemClock().wait(seconds)

    @property
    def user(self) -> str:
        """Who types here, as far as the machine knows."""
        try:
            return getpass.getuser()
        except (KeyError, OSError):
            return f"uid {os.getuid()}"  # a container's user may have no name

    def clock(self, at: datetime | None) -> str:
        """A time as people read it; "" for none."""
        return self.wording.clock(at.astimezone(self.zone)) if at else ""

    @property
    def file(self) -> str:
        """The configuration's first file."""
        return self.settings.files[0] if self.settings.files else ""

    @property
    def files(self) -> Path | None:
        """The folder of the record files, None = none are kept."""
        return Path(self.settings.archive.files) if self.settings.archive.files else None

    @property
    def place(self) -> str:
        """Where the archive is, without a password."""
        return mask(self.settings.archive.database.removeprefix("sqlite:///"))

    @property
    def archive_bytes(self) -> int | None:
        """The size of the embedded archive with its journal; None for a server."""
        database = Database(self.settings.archive.database)
        database.close()
        if database.path is None:
            return None
        parts = (database.path, database.path.with_name(f"{database.path.name}-wal"))
        return sum(part.stat().st_size for part in parts if part.is_file())

    @contextmanager
    def archive(
        self, *, configured: bool = False, conflicting: bool = False, looking: bool = False
    ) -> Iterator[Archive]:
        """The archive, opened for a moment. configured: with the configuration's feeds and subscriptions brought in;
        conflicting: or as it stands where they contradict it, for commands that mend just that; looking: a server's
        database stays as it is, also an empty one.

        Raises: ArchiveError; Conflict between file and commands.
        """
        url = self.settings.archive.database
        archive = open_archive(url, migrate=False if looking and embedded_file(url) is None else None)
        try:
            with suppress(*(Conflict,) * conflicting):
                if configured:
                    warn(*map(self.told, configure.apply(self.settings, archive, self.now())))
            yield archive
        finally:
            archive.close()

    @contextmanager
    def worker(self, *, alerts_to_stderr: bool = False) -> Iterator[Worker]:
        """Everything wired, with the configuration brought in. Raises: ArchiveError, Conflict, SettingsError."""
        worker = build(self.settings, console=sys.stderr if alerts_to_stderr else sys.stdout)
        try:
            warn(*map(self.told, configure.apply(self.settings, worker.archive, self.now())))
            yield worker
        finally:
            worker.close()


def warn(*sentences: str) -> None:
    """Messages for people, beside the data."""
    for sentence in sentences:
        click.echo(sentence, err=True)


class Refused(click.ClickException):
    """What was asked for cannot be: a name that does not exist, a question that was answered with no."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(self.message, file=file, err=True)


class Misspelt(click.ClickException):
    """One of click's usage errors, shown as click shows it, in the language of the screen."""

    exit_code = 2

    def __init__(self, error: click.UsageError, language: str) -> None:
        super().__init__(error.message)
        self._error = error
        self._language = language

    def show(self, file: Any = None) -> None:
        said = io.StringIO()
        self._error.show(said)
        click.echo(in_language(said.getvalue(), self._language), file=file, err=True, nl=False)


@contextmanager
def usage_errors_told(shell: Shell) -> Iterator[None]:
    """Usage errors inside leave as `Misspelt`; what click says instead of a command's help stays."""
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        raise Misspelt(error, shell.language) from error


def _remember(context: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    shell = context.ensure_object(Shell)
    if value is not None:
        shell.config = value


def _config_option() -> click.Option:
    return click.Option(
        ["--config"],
        type=click.Path(path_type=Path),
        metavar="FILE",
        callback=_remember,
        expose_value=False,
        help="The configuration; default: config/feedwacht.toml, else the one that comes with feedwacht.",
    )


class Command(click.Command):
    """A command that takes `--config`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(_config_option())


class Group(click.Group):
    """A group whose commands take `--config`, as it does itself."""

    command_class = Command
    group_class = type

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(_config_option())


def example(*lines: str) -> str:
    """A command's examples, for the end of its help."""
    return "\n".join(["\b", "Example:" if len(lines) == 1 else "Examples:", *(f"  {line}" for line in lines)])


def json_option(function: _F) -> _F:
    """`--json`: data for machines on standard output, messages on standard error."""
    return click.option("--json", "as_json", is_flag=True, help="Print machine-readable JSON.")(function)


def yes_option(function: _F) -> _F:
    return click.option("--yes", is_flag=True, help="Do not ask.")(function)


def confirm(question: str, *, yes: bool, unasked: str = "") -> None:
    """Ask at a terminal; elsewhere nobody is there to answer, and the command was meant.

    unasked: what is said where nobody can be asked, for what cannot be undone; "" = it was meant. Raises: Refused then.
    """
    if yes:
        return
    if sys.stdin.isatty():
        click.confirm(question, abort=True, err=True)
    elif unasked:
        raise Refused(unasked)
