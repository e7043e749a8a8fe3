"""`status`: whether all is well, on one screen, and what to do where it is not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click

from worker import health
from worker.cli import findings, show, statusdata
from worker.cli.arguments import Duration
from worker.cli.screen import screen
from worker.cli.shell import Command, Shell, example, json_option
from worker.clockcare import time_in
from worker.errors import ArchiveError
from worker.health import State

WATCH = "2s"


@dataclass(frozen=True, slots=True)
class Look:
    """What one look is shown as."""

    is_good: bool
    lines: tuple[str, ...] = ()
    data: dict[str, object] | None = None


@click.command(cls=Command, epilog=example("feedwacht status", "feedwacht status --watch", "feedwacht status --json"))
@click.option(
    "--watch",
    "watch_s",
    is_flag=False,
    flag_value=WATCH,
    type=Duration(),
    metavar="[SPAN]",
    help=f"Look again and again until Ctrl-C, e.g. every 10s; default {WATCH}.",
)
@json_option
@click.pass_context
def status(context: click.Context, watch_s: float | None, as_json: bool) -> None:
    """Say whether all is well, and what to do if not.

    Exit code 1: a promise is broken, at the last look: something is overdue, given up or stopped, or nobody is at work.
    """
    shell: Shell = context.obj
    if watch_s is None:
        look = _look(shell, as_json=as_json)
        _print(look, as_json=as_json)
    else:
        with _drawing(as_json=as_json) as draw:
            look = watch(lambda: _patient(shell, as_json=as_json), draw, lambda: shell.wait(watch_s))
    context.exit(0 if look.is_good else 1)


def _print(look: Look, *, as_json: bool) -> None:
    if as_json:
        show.as_json(look.data)
    else:
        show.lines(*look.lines)


def watch(look: Callable[[], Look], draw: Callable[[Look], None], wait: Callable[[], None]) -> Look:
    """Look and draw until Ctrl-C. Returns: the last look."""
    last = Look(is_good=False)
    try:
        while True:
            last = look()
            draw(last)
            wait()
    except KeyboardInterrupt:
        return last


def _look(shell: Shell, *, as_json: bool) -> Look:
    state = _state(shell)
    broken, remarks = findings.broken(shell, state), list(findings.remarks(shell, state))
    if as_json:
        return Look(not broken, data=statusdata.data(shell, state, broken, remarks))
    return Look(not broken, tuple(screen(shell, state, broken, remarks)))


def _patient(shell: Shell, *, as_json: bool) -> Look:
    """While somebody watches, an archive that cannot be read just now is shown like anything else."""
    try:
        return _look(shell, as_json=as_json)
    except ArchiveError as error:
        said = shell.told(str(error))
        return Look(is_good=False, lines=(said,), data={"ok": False, "broken": [said]})


def _state(shell: Shell) -> State:
    with shell.archive(looking=True) as archive:
        return health.look(archive, shell.settings, time_in(archive))


@contextmanager
def _drawing(*, as_json: bool) -> Iterator[Callable[[Look], None]]:
    """How each look is shown: in the place of the one before at a terminal, below it elsewhere, as a line for machines."""
    if as_json:
        yield lambda look: show.as_json_line(look.data)
        return
    with show.redrawn() as redraw:
        yield lambda look: redraw(look.lines)
