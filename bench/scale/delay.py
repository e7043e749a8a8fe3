"""From publishing to the webhook received, for feeds that are polled every five seconds: the whole way, by the clock."""

import json
import random
import statistics
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench.figures import Figure, figure
from bench.house import open_farm
from bench.scale.fleet import Fleet, open_fleet, wait_until, webhook

FEEDS, TIMES, INTERVAL_S = 20, 10, 5.0
_SUBSCRIPTION = '[[subscription]]\nname = "Rat"\nquery = "Stadtrat"\nchannels = ["hook"]\nmax_alerts_per_hour = 0'


class _Receiver:
    """Notes when the alert about each article arrived: by its address."""

    def __init__(self) -> None:
        self.arrived: dict[str, float] = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                record = json.loads(self.rfile.read(int(self.headers["content-length"])))["data"]["record"]
                receiver.arrived.setdefault(record["url"], time.monotonic())
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by http.server
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def figures(times: int = TIMES) -> Iterator[Figure]:
    receiver = _Receiver()
    with open_farm() as site, webhook(receiver.url) as channel:
        feeds = "".join(f'[[source.feed]]\nurl = "{url}"\ninterval = "{INTERVAL_S:g}s"\n' for url in site.urls(FEEDS))
        with open_fleet(channel=channel, feeds=feeds, subscriptions=_SUBSCRIPTION, prepare=lambda _: None) as fleet:
            wait_until(lambda: _count(fleet) == FEEDS * 10, 180, "the first articles are filed")
            delays = sorted(delay for _ in range(times) for delay in _published(site.say, receiver))
    receiver.server.shutdown()
    name = f"delay from publishing to the webhook, feeds polled every {INTERVAL_S:g} s"
    yield figure(f"{name}: median", "s", statistics.median(delays), 4.0)
    yield figure(f"{name}: 99 %", "s", delays[int(len(delays) * 0.99)], 8.0)


def _published(say: object, receiver: _Receiver) -> list[float]:
    """Publish at a moment that no poll knows of, and wait for the alerts of all feeds."""
    assert callable(say)
    time.sleep(random.uniform(0, INTERVAL_S))
    before, at_s = set(receiver.arrived), time.monotonic()
    say(f"publish {FEEDS} 4")  # every fourth article is about the council
    wait_until(lambda: len(receiver.arrived.keys() - before) == FEEDS, 60, "an alert of each feed")
    return [receiver.arrived[url] - at_s for url in receiver.arrived.keys() - before]


def _count(fleet: Fleet) -> int:
    with fleet.archive.read() as tx:
        return tx.records.count()
