"""The `feedwacht` command. Each group of commands has a file; here they come together, and here every error ends.

Exit codes: 0 done; 1 something failed, or a promise is broken; 2 wrong usage or configuration, or a name that does not
exist; 130 ended by Ctrl-C.
"""

import os
import sys
import traceback
from pathlib import PurePath
from typing import Any

import click

from worker import __version__
from worker.cli import (
    alertfeeds,
    alerts,
    archive,
    backfill,
    backup,
    channels,
    configuration,
    coverage,
    discover,
    doctor,
    exchange,
    explain,
    feeds,
    health,
    metrics,
    opml,
    poll,
    quarantine,
    query,
    rotating,
    run,
    status,
    subscriptions,
    trying,
    upkeep,
)
from worker.cli.shell import Group, Shell, example, usage_errors_told
from worker.errors import CasesFormatError, Conflict, FeedwachtError, QuerySyntaxError, SettingsError
from worker.filefault import file_fault
from worker.masking import mask
from worker.reasonsentences import in_language

_INTERRUPTED = 130
_TWO = (SettingsError, Conflict, QuerySyntaxError, CasesFormatError)


def main() -> None:
    """The program: arguments from the command line, exit code to the caller."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a poor letter is better than no output
    cli.main(prog_name="feedwacht")


class _Root(Group):
    """The outermost edge: whatever goes wrong is one line and an exit code."""

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        with usage_errors_told(Shell()):
            return super().make_context(*args, **more)

    def invoke(self, ctx: click.Context) -> Any:
        shell = ctx.ensure_object(Shell)
        try:
            with usage_errors_told(shell):
                result = super().invoke(ctx)
            sys.stdout.flush()
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            ctx.exit(_INTERRUPTED)
        except FeedwachtError as error:
            click.echo(mask(in_language(_words(error), shell.language)), err=True)
            ctx.exit(2 if isinstance(error, _TWO) else 1)
        except BrokenPipeError:
            _let_go_of_stdout()
            ctx.exit(0)  # whoever read us has seen enough
        except OSError as error:
            click.echo(in_language(file_fault(error), shell.language), err=True)
            ctx.exit(1)
        except Exception as error:  # noqa: BLE001 - the outermost edge: people get a sentence, not a traceback
            click.echo(mask(in_language(_unexpected(error), shell.language)), err=True)
            ctx.exit(1)
        return result


def _words(error: FeedwachtError) -> str:
    if isinstance(error, QuerySyntaxError):
        return f"{error} (position {error.position})"
    return str(error)


def _unexpected(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    said = " ".join(str(error).split())[:200]
    where = f"{PurePath(place.filename).name}:{place.lineno}"
    return f"a fault in feedwacht {__version__}: {type(error).__name__}: {said} ({where}); please report it with the command"


def _let_go_of_stdout() -> None:
    """So that the interpreter's last flush does not complain."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(devnull, sys.stdout.fileno())
    except (OSError, ValueError):
        pass  # standard output is no file here
    finally:
        os.close(devnull)


@click.group(
    cls=_Root,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=example("feedwacht run", "feedwacht poll", "feedwacht archive search Nato", "feedwacht COMMAND --help"),
)
@click.version_option(__version__, prog_name="feedwacht", message="%(prog)s %(version)s")
def cli() -> None:
    """Watch the feeds of a news site, file every article once, and alert on keywords."""


archive.archive.add_command(exchange.export)
archive.archive.add_command(exchange.import_)
archive.archive.add_command(upkeep.verify)
archive.archive.add_command(upkeep.renormalise)
channels.channels.add_command(trying.test)
channels.channels.add_command(rotating.new_secret)
channels.channels.add_command(rotating.drop_old_secret)
channels.channels.add_command(alertfeeds.write_feeds)
feeds.feeds.add_command(discover.discover_)
feeds.feeds.add_command(quarantine.quarantine_)
feeds.feeds.add_command(quarantine.accept)
feeds.feeds.add_command(quarantine.fold)
feeds.feeds.add_command(opml.export)
feeds.feeds.add_command(opml.import_)
for _command in (run.run, poll.poll, feeds.feeds, subscriptions.subscriptions, channels.channels, alerts.alerts):
    cli.add_command(_command)
for _command in (archive.archive, status.status, configuration.check_config, backup.backup, backup.restore, backup.db):
    cli.add_command(_command)
cli.add_command(backfill.backfill)
for _command in (run.worker, run.beat, run.demo, metrics.metrics, health.health, doctor.doctor):
    cli.add_command(_command)
for _command in (query.query, explain.explain, coverage.coverage):
    cli.add_command(_command)
