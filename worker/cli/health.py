"""`health`: the check of one process, for containers and supervisors. `worker/checkup.py` does it."""

import click

from worker import checkup
from worker.cli import show
from worker.cli.shell import Command, Shell, example


@click.command(cls=Command, epilog=example("feedwacht health", "feedwacht health poll"))
@click.argument("part", required=False, type=click.Choice(checkup.PARTS))
@click.pass_context
def health(context: click.Context, part: str | None) -> None:
    """Say whether this machine's process does its work.

    In one line, for health checks. poll: no feed waits too long. deliver: no alert does. beat: somebody looks for what is
    due. Without one of them: a process of this machine reported within the last minute.

    Exit code 1: it is not so.
    """
    shell: Shell = context.obj
    found = checkup.check(shell.settings, part or "", shell.now())
    show.lines(found.said)
    context.exit(0 if found.is_good else 1)
