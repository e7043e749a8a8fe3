"""The product in 30 seconds, offline: a small news site on loopback, watched by the real pipeline.

The site, the archive and the record files are thrown away at the end. Nothing here is a mock: the same fetcher, parser,
matcher, archive and channel work as in `feedwacht run`.
"""

import tempfile
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.markup import escape

from worker.batch import poll_due
from worker.bootstrap import Worker, build
from worker.deliver import deliver_due
from worker.demosite import DemoSite
from worker.model import DeliveryState, FiledRecord
from worker.record import write_line
from worker.recordfiles import path_of, write_due
from worker.settings import load
from worker.steadyclock import SystemClock
from worker.wording import Wording

PUBLISH_EVERY_S = 3.0
LOOK_EVERY_S = 0.25
SHOWN_CHARS = 160
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
    console = Console(file=stream, highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory(prefix="feedwacht-demo-") as folder, DemoSite(datetime.now(UTC)) as site:
        worker = _worker(Path(folder), site, language, stream, stop)
        try:
            screen = _Screen(console, wording, worker)
            screen.opens(site.url)
            with suppress(KeyboardInterrupt):  # whoever has seen enough is told the sum, too
                _play(worker, site, screen, DEFAULT_FOR_S if for_s is None else for_s, stop)
            screen.closes()
            return screen.seen
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


def _play(worker: Worker, site: DemoSite, screen: "_Screen", for_s: float, stop: threading.Event) -> None:
    """Publish, poll, file, alert, until the time is over."""
    ends = time.monotonic() + for_s
    publish_at = time.monotonic() + PUBLISH_EVERY_S
    while time.monotonic() < ends and not stop.is_set():
        if time.monotonic() >= publish_at:
            publish_at += PUBLISH_EVERY_S
            screen.published(site.publish_next())
        if poll_due(worker.equipment, stopping=stop.is_set).filed_something:
            screen.show_new_records()
            screen.alerts += sum(one.state is DeliveryState.SENT for one in deliver_due(worker.counter))
            if worker.files is not None:
                write_due(worker.archive, worker.files)
        stop.wait(LOOK_EVERY_S)


class _Screen:
    """What a person sees: what the site publishes, what is filed, and the alerts that the console channel prints."""

    def __init__(self, console: Console, wording: Wording, worker: Worker) -> None:
        self._console = console
        self._wording = wording
        self._worker = worker
        self._keys: set[str] = set()
        self.alerts = 0

    @property
    def seen(self) -> int:
        return len(self._keys)

    def opens(self, url: str) -> None:
        quoted = partial(self._wording.say, "demo_quoted")
        names = ", ".join(quoted(name=one.name) for one in self._worker.settings.subscriptions)
        self._print("bold", self._wording.say("demo_starts", url=url))
        self._print("", self._wording.say("demo_subscriptions", names=names) + "\n")

    def closes(self) -> None:
        counted = {
            "records": self._wording.count("articles", self.seen),
            "alerts": self._wording.count("alerts", self.alerts),
        }
        self._print("bold", "\n" + self._wording.say("demo_ends", **counted))

    def published(self, title: str) -> None:
        if title:
            self._print("dim", self._wording.say("demo_published", title=title))

    def show_new_records(self) -> None:
        with self._worker.archive.read() as tx:
            fresh = [filed for filed in tx.records.stream() if filed.key not in self._keys]
        if self._keys:
            for filed in fresh:
                self._show(filed, SHOWN_CHARS)
        elif fresh:  # the first poll: one record in full shows the format
            self._print("green", self._wording.say("demo_first", articles=self._wording.count("articles", len(fresh))))
            self._show(fresh[-1], None)
        self._keys.update(filed.key for filed in fresh)

    def _show(self, filed: FiledRecord, most: int | None) -> None:
        line = write_line(filed.record)
        self._print("green", self._wording.say("demo_filed", path=path_of(filed)))
        self._print("", f"  {line if most is None or len(line) <= most else line[:most] + ' …'}\n")

    def _print(self, style: str, text: str) -> None:
        self._console.print(escape(text), style=style or None)
