"""`run`, `worker`, `beat` and `demo`: the commands that stay."""

import sys

import click

from worker import demo as demonstration
from worker import logs, processes, tasks
from worker.archive import Transaction
from worker.cli import metrics
from worker.cli.arguments import Duration
from worker.cli.shell import Command, Refused, Shell, example, warn
from worker.masking import mask
from worker.settings import Settings


@click.command(cls=Command, epilog=example("feedwacht run", "feedwacht run --config /etc/feedwacht.toml"))
@click.pass_context
def run(context: click.Context) -> None:
    """Watch the feeds until Ctrl-C or SIGTERM.

    Without a broker everything runs in this process. SIGHUP reads the configuration again.
    """
    shell: Shell = context.obj
    _speak(shell.settings)
    warn(_greeting(shell))
    with metrics.beside(shell):
        context.exit(processes.run(tasks.make_app(shell.settings, shell.load)))


@click.command(cls=Command, epilog=example("feedwacht worker", "feedwacht worker --queue deliver"))
@click.option("--queue", type=click.Choice(tasks.QUEUES), help="Work off this one only; default: both.")
@click.pass_context
def worker(context: click.Context, queue: str | None) -> None:
    """Be one of several workers; needs a broker.

    Any number of them share the work; at least one `feedwacht beat` must run, too.

    With --queue poll it polls feeds, with --queue deliver it sends alerts and writes record files: then both need a worker.
    """
    shell: Shell = context.obj
    _require_broker(shell)
    _speak(shell.settings)
    warn(_greeting(shell) if queue != tasks.DELIVER else _delivery_greeting(shell))
    context.exit(processes.run_worker(tasks.make_app(shell.settings, shell.load), queue or ""))


@click.command(cls=Command, epilog=example("feedwacht beat"))
@click.pass_obj
def beat(shell: Shell) -> None:
    """Wake the workers at every tick; needs a broker."""
    _require_broker(shell)
    _speak(shell.settings)
    tick, broker = f"{shell.settings.worker.tick_s:g} s", mask(shell.settings.broker.url)
    warn(shell.wording.say("beat_starts", tick=tick, broker=broker))
    processes.run_beat(tasks.make_app(shell.settings, shell.load), shell.settings)


@click.command(cls=Command, epilog=example("feedwacht demo", "feedwacht demo --for 10s"))
@click.option("--for", "for_s", type=Duration(), help="How long it lasts, e.g. 10s; default 30s.")
@click.pass_obj
def demo(shell: Shell, for_s: float | None) -> None:
    """See the product at work, offline.

    A small news site on this machine is watched for a while; all of it is thrown away at the end.
    """
    if not demonstration.run(for_s=for_s, language=shell.settings.ui.language, stream=sys.stdout):
        raise click.exceptions.Exit(1)


def _require_broker(shell: Shell) -> None:
    if not shell.settings.broker.url:
        raise Refused(shell.wording.say("needs_broker"))


def _greeting(shell: Shell) -> str:
    """One line of what is about to happen; also the proof that archive and configuration can be used."""
    with shell.archive(configured=True) as archive, archive.read() as tx:
        feeds = [feed for feed in tx.feeds.listed() if not feed.stopped]
        subscriptions = _subscriptions(tx)
    say = shell.wording
    return say.say(
        "run_starts",
        feeds=say.count("feeds", len(feeds)),
        hosts=", ".join(sorted({feed.host.partition(":")[0] for feed in feeds})[:3]) or "–",
        subscriptions=say.count("subscriptions", subscriptions),
        archive=shell.place,
    )


def _delivery_greeting(shell: Shell) -> str:
    """The same of a process that polls nothing."""
    with shell.archive(configured=True) as archive, archive.read() as tx:
        subscriptions = _subscriptions(tx)
    names = [one.name for one in shell.settings.channels]
    say = shell.wording
    return say.say(
        "delivery_starts",
        subscriptions=say.count("subscriptions", subscriptions),
        channels=", ".join([*names[:3], *["…"] * (len(names) > 3)]) or "–",
        archive=shell.place,
    )


def _subscriptions(tx: Transaction) -> int:
    """How many are not paused."""
    return sum(not one.paused for one in tx.subscriptions.all())


def _speak(settings: Settings) -> None:
    """A service says what it does."""
    logs.configure(json=settings.log.format == "json", level=settings.log.level)
