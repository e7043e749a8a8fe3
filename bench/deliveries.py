"""What it costs to deliver alerts to a webhook on the loopback: from the lease to the commit, in one process.

The bound is 400 deliveries for each second of CPU. The receiver is a process of its own.
"""

import base64
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench.figures import Figure, figure
from bench.house import part
from bench.seed import LOOPBACK
from worker.archive import Archive, open_archive
from worker.bootstrap import settle
from worker.channels import WebhookChannel
from worker.deliver import Counter, deliver_due
from worker.fetch import Fetcher
from worker.identity import url_key
from worker.match import spans_of
from worker.model import Draft, Evidence, Owed, Record
from worker.query import parse
from worker.sending import ChannelManners
from worker.steadyclock import SystemClock

ALERTS, ROUNDS = 500, 3
BOUND_MS = 1000 / 400
_FEED = "https://www.bench.example/feed/"
_QUERY = 'Radweg AND (Polizei OR Feuerwehr OR "am Hafen")'
_SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
_HIT = (
    "Der Rat hat am Dienstagabend über den Radweg am Hafen beraten; nach zwei Stunden stimmte eine knappe Mehrheit dafür, "
    "im Frühjahr mit dem Bau zu beginnen. Polizei und Feuerwehr hatten zuvor auf die enge Zufahrt hingewiesen."
)
_OTHER = (
    "In der Aussprache ging es vor allem um das Geld: Die Stadt trägt ein Drittel der Kosten, das Land den Rest. Wann die "
    "Förderung bewilligt wird, konnte die Verwaltung am Abend noch nicht sagen; sie rechnet mit dem Sommer ({})."
)
_BODY = "\n\n".join([_HIT, *(_OTHER.format(number) for number in range(11))])  # 2.6 kB, as a local report has


def figures() -> Iterator[Figure]:
    with receiving() as url, _counter(url) as counter:
        spent = []
        for number in range(ROUNDS):
            _owe(counter.archive, number * ALERTS)
            started_s = time.process_time()
            assert len(deliver_due(counter)) == ALERTS
            spent.append(1000 * (time.process_time() - started_s) / ALERTS)
        yield figure("CPU per delivery to a webhook", "ms", min(spent), BOUND_MS)


@contextmanager
def _counter(url: str) -> Iterator[Counter]:
    with (
        tempfile.TemporaryDirectory(prefix="feedwacht-bench-") as folder,
        Fetcher(user_agent="feedwacht-bench/1", allow_networks=[LOOPBACK]) as fetcher,
    ):
        archive = open_archive(f"sqlite:///{Path(folder, 'feedwacht.db')}")
        channel = WebhookChannel(name="hook", url=url, secret=_SECRET, fetcher=fetcher)
        settle()
        try:
            manners = {"hook": ChannelManners(type="webhook", for_people=False)}
            yield Counter(
                archive=archive, channels={"hook": channel}, clock=SystemClock(), jitter=lambda: 0.5, manners=manners
            )
        finally:
            archive.close()


def _owe(archive: Archive, first: int) -> None:
    now, query = datetime.now(UTC), parse(_QUERY)
    drafts = [_draft(number, now) for number in range(first, first + ALERTS)]
    with archive.write() as tx:
        if tx.subscriptions.find("Hafen") is None:
            named = {"name": "Hafen", "query": _QUERY, "canonical": query.to_json()}
            tx.subscriptions.add(**named, channels=["hook"], origin="command", now=now)
        subscription = tx.subscriptions.find("Hafen")
        assert subscription is not None
        spans = spans_of(query, drafts[0].record)
        assert spans
        owed = [
            Owed(
                subscription=subscription,
                record_id=filing.record_id,
                record_key=filing.record_key,
                record=draft.record,
                spans=spans,
            )
            for draft, filing in zip(drafts, tx.records.file(drafts, feed_url=_FEED, now=now), strict=True)
            if filing.record_id is not None
        ]
        assert tx.alerts.owe(owed, now) == ALERTS


def _draft(number: int, now: datetime) -> Draft:
    url = f"https://www.bench.example/radweg-{number}/"
    record = Record(
        url=url,
        url_key=url_key(url),
        post_id=str(number),
        title=f"Rat stimmt für Radweg am Hafen ({number})",
        published_at=now,
        category="Osnabrück",
        body=_BODY,
        source="bench",
    )
    return Draft(record=record, content_hash=str(number), evidence=Evidence(kind="feed", body=b"<rss/>"))


# -- the receiver -------------------------------------------------------------------------------------------------------


@contextmanager
def receiving() -> Iterator[str]:
    """The address of a receiver that takes everything."""
    command = [sys.executable, "-m", "bench.deliveries"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            part(process.pid)
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/hook"
        finally:
            process.terminate()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by http.server
        """Nobody reads it."""


def _receive() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    _receive()
