"""`metrics`: the numbers for a monitor, served by a process of its own or beside `run`."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import click

from worker import logs, processes
from worker.cli.shell import Command, Refused, Shell, example, warn
from worker.glance import Glance
from worker.scraping import FiguresCollector, Scraping
from worker.settings.rules import host_and_port

DEFAULT = "127.0.0.1:9108"


@click.command(cls=Command, epilog=example("feedwacht metrics", "feedwacht metrics --listen 0.0.0.0:9108"))
@click.option("--listen", help=f"Host and port; default: [metrics] listen, else {DEFAULT}.")
@click.pass_obj
def metrics(shell: Shell, listen: str | None) -> None:
    """Serve the numbers of archive and processes to Prometheus.

    One such process is enough. Who may reach it sees no articles, but names of channels.
    """
    settings, address = shell.settings, listen or shell.settings.metrics.listen or DEFAULT
    logs.configure(json=settings.log.format == "json", level=settings.log.level)
    heart = processes.heart_of("metrics", settings)
    with _glance(shell) as glance, _scraping(shell, glance, address) as scraping:
        warn(shell.wording.say("metrics_starts", url=scraping.url))
        heart.start()
        _await_stop()
        heart.stop(processes.GOODBYE_S)
    sys.stderr.flush()
    os._exit(0)  # to put the interpreter away takes seconds on a busy machine, and saves nothing


@contextmanager
def beside(shell: Shell) -> Iterator[None]:
    """Serve them while another command runs, if the configuration wants it. That they cannot be served stops nothing."""
    address = shell.settings.metrics.listen
    with _glance(shell) as glance, ExitStack() as until_then:
        try:
            if address:
                until_then.enter_context(_served(shell, glance, address))
        except OSError as error:
            logs.line("metrics", f"metrics cannot be served at {address}: {error.strerror or error}", level="error")
        yield


def _scraping(shell: Shell, glance: Glance, address: str) -> Scraping:
    """Raises: Refused."""
    try:
        return _served(shell, glance, address)
    except ValueError as error:
        raise Refused(f"--listen {address}: {shell.told(str(error))}") from error
    except OSError as error:
        reason = shell.told(error.strerror or str(error))
        raise Refused(shell.wording.say("metrics_refused", address=address, reason=reason)) from error


def _served(shell: Shell, glance: Glance, address: str) -> Scraping:
    """Raises: ValueError when the address cannot be read, OSError when it cannot be had."""
    host, port = host_and_port(address)
    return Scraping(host, port, FiguresCollector(glance, [one.name for one in shell.settings.channels]))


@contextmanager
def _glance(shell: Shell) -> Iterator[Glance]:
    kept = shell.settings.archive
    glance = Glance(kept.database, lambda tx: tx.clock.reads() or shell.now(), files=bool(kept.files))
    try:
        yield glance
    finally:
        glance.close()


def _await_stop() -> None:
    """Until SIGTERM or Ctrl-C: there is nothing to finish."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
