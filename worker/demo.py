"""The product in 30 seconds, offline: a small news site on loopback, watched by the real pipeline.

The site, the archive and the record files are thrown away at the end. Nothing here is a mock: the same fetcher, parser,
matcher, archive and channel work as in `feedwacht run`.
"""

import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.markup import escape

from worker.batch import poll_due
from worker.bootstrap import SystemClock, Worker, build
from worker.deliver import deliver_due
from worker.demosite import DemoSite
from worker.model import FiledRecord
from worker.record import write_line
from worker.recordfiles import path_of, write_due
from worker.settings import load
from worker.wording import Wording

PUBLISH_EVERY_S = 3.0
LOOK_EVERY_S = 0.25
DEFAULT_FOR_S = 30.0

_CONFIG = """
[ui]
language = "{language}"
[archive]
database = "sqlite:///{folder}/feedwacht.db"
files = "{folder}/records"
[http]
host_gap = "0s"
allow_networks = ["127.0.0.0/8"]
[poll]
min_interval = "500ms"
[[source]]
name = "demo"
line = "Hasepost.de - Die Zeitung für Osnabrück"
home = "{home}"
categories = ["Deutschland & die Welt", "Osnabrück", "Region", "Kultur", "Sport"]
catch_all = ["Aktuell", "Allgemein"]
post_id_pattern = '-(\\d+)/?$'
[[source.feed]]
url = "{feed}"
interval = "1s"
[[channel]]
name = "screen"
type = "console"
[[subscription]]
name = "Nato"
query = 'Nato OR "Mark Rutte"'
channels = ["screen"]
[[subscription]]
name = "Radweg, Hafen"
query = 'Radweg OR Hafen'
channels = ["screen"]
"""


def run(*, for_s: float | None, language: str, stream: TextIO, stopping: threading.Event | None = None) -> int:
    """Show the product on `stream` for a while. Returns: the number of records that were filed."""
    stop = stopping or threading.Event()
    wording = Wording(language)
    console = Console(file=stream, highlight=False)
    with tempfile.TemporaryDirectory(prefix="feedwacht-demo-") as folder, DemoSite(datetime.now(UTC)) as site:
        worker = _worker(Path(folder), site, language, stream, stop)
        try:
            console.print(f"[bold]{escape(wording.say('demo_starts', url=site.url))}[/]\n")
            seen = _play(worker, site, _Screen(console, wording, worker), for_s or DEFAULT_FOR_S, stop)
            console.print(f"\n[bold]{escape(wording.say('demo_ends', records=seen))}[/]")
            return seen
        finally:
            worker.close()


def _worker(folder: Path, site: DemoSite, language: str, stream: TextIO, stop: threading.Event) -> Worker:
    config = folder / "demo.toml"
    config.write_text(
        _CONFIG.format(language=language, folder=folder.as_posix(), home=site.url, feed=site.feed_url), encoding="utf-8"
    )
    worker = build(load(config, {}), clock=SystemClock(stop), console=stream)
    worker.configure()
    return worker


def _play(worker: Worker, site: DemoSite, screen: "_Screen", for_s: float, stop: threading.Event) -> int:
    """Publish, poll, file, alert, until the time is over or there is nothing left to publish."""
    ends = time.monotonic() + for_s
    publish_at = time.monotonic() + PUBLISH_EVERY_S
    while time.monotonic() < ends and not stop.is_set():
        if time.monotonic() >= publish_at:
            publish_at += PUBLISH_EVERY_S
            screen.published(site.publish_next)
        if poll_due(worker.equipment, stopping=stop.is_set).filed_something:
            screen.show_new_records()
            deliver_due(worker.counter)
            if worker.files is not None:
                write_due(worker.archive, worker.files)
        stop.wait(LOOK_EVERY_S)
    return screen.seen


class _Screen:
    """What a person sees: what the site publishes, what is filed, and the alerts that the console channel prints."""

    def __init__(self, console: Console, wording: Wording, worker: Worker) -> None:
        self._console = console
        self._wording = wording
        self._worker = worker
        self._keys: set[str] = set()
        self._shown_whole = False

    @property
    def seen(self) -> int:
        return len(self._keys)

    def published(self, publish: Callable[[], str]) -> None:
        title = publish()
        if title:
            self._console.print(f"[dim]{escape(self._wording.say('demo_published', title=title))}[/]")

    def show_new_records(self) -> None:
        with self._worker.archive.read() as tx:
            fresh = [filed for filed in tx.records.stream() if filed.key not in self._keys]
        for filed in fresh:
            self._keys.add(filed.key)
            self._console.print(f"[green]{escape(self._wording.say('demo_filed', path=path_of(filed)))}[/]")
            self._console.print(f"  {escape(self._line(filed))}", soft_wrap=True)

    def _line(self, filed: FiledRecord) -> str:
        """The first record in full, because it shows the format; of the others the beginning."""
        line = write_line(filed.record)
        if not self._shown_whole:
            self._shown_whole = True
            return line
        return line if len(line) <= 200 else f"{line[:200]} …"
