"""`metrics`: the numbers for a monitor, served by a process of its own or beside `run`."""

import os
import signal
import sys
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress

import click

from worker import logs, processes
from worker.cli.shell import Command, Refused, Shell, example, warn
from worker.errors import FeedwachtError
from worker.glance import Glance
from worker.scraping import FiguresCollector, Scraping
from worker.settings import Settings
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
    return Scraping(host, port, FiguresCollector(glance, ConfiguredChannels(shell)))


class ConfiguredChannels:
    """Their names, read again once in a while: a channel that was added is one to raise an alarm for. A configuration that
    cannot be used changes nothing, as in a worker.
    """

    def __init__(self, shell: Shell, *, read_again_s: float = 60.0) -> None:
        self._read_again_s = read_again_s
        self._load = shell.load
        self._names = _names(shell.settings)
        self._read_s = time.monotonic()

    def __call__(self) -> Collection[str]:
        if time.monotonic() - self._read_s > self._read_again_s:
            self._read_s = time.monotonic()
            with suppress(FeedwachtError):
                self._names = _names(self._load())
        return self._names


def _names(settings: Settings) -> Collection[str]:
    return tuple(one.name for one in settings.channels)


@contextmanager
def _glance(shell: Shell) -> Iterator[Glance]:
    kept = shell.settings.archive
    glance = Glance(kept.database, lambda tx: tx.clock.reads() or shell.now(), files=bool(kept.files))
    try:
        yield glance
    finally:
        glance.close()


def _await_stop() -> None:
    """Until SIGTERM or Ctrl-C: there is nothing to finish. Whoever sends SIGHUP to all processes ends none."""
    stop = threading.Event()
    signal.signal(signal.SIGHUP, lambda *_: None)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
