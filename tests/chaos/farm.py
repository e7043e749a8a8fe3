"""A farm of feeds on loopback: many small newspapers, each a host of its own, that publish into a rolling window.

Every newspaper has a feed of everything and one of a category, with ETags. A third of them publish steadily, the others
in bursts, with half a minute of silence between, or one and a half: what was missed is not soon shown again with other
news. The farm notes each request with its time. `paged`: older entries are offered under ?paged=N, as WordPress does;
else what left the window is gone. Owns what was published; must not know who reads it.
"""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

TOWNS = ("Bramsche", "Melle", "Belm", "Wallenhorst", "Hasbergen", "Bissendorf", "Dissen", "Quakenbrück")
FEEDS = ("/feed/", "/category/sport/feed/")
BACKLOG = 6  # items of each newspaper before anybody looks, every other one in the category
RHYTHMS_S = ((2.0, 4.0), (25.0, 45.0), (80.0, 110.0))  # from one time to the next; the first of them publish singly
BURST = (4, 8)
_WORDS = (
    "Rathaus",
    "Theater",
    "Schule",
    "Markt",
    "Fluss",
    "Straße",
    "Garten",
    "Verein",
    "Regen",
    "Abend",
    "Dorf",
    "Kanal",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An article. towns: those it is about; number: unique in the farm, and part of its title."""

    number: int
    host: str
    towns: tuple[str, ...]
    text: str
    is_sport: bool
    published_at: datetime

    @property
    def title(self) -> str:
        return f"Nachricht {self.number}: " + (" und ".join(self.towns) or "Aus aller Welt")

    @property
    def url(self) -> str:
        return f"http://{self.host}/nachricht-{self.number}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request. feed: the path without its query; page: from 1; agent: who asked; times: POSIX seconds."""

    host: str
    feed: str
    page: int
    agent: str
    status: int
    began_at: float
    ended_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """window: entries a feed shows; paged: older ones are offered; hosts: newspapers; flaws: share of answers that are
    cut off or errors.
    """

    window: int = 10
    paged: bool = True
    hosts: int = 24
    flaws: float = 0.01


class Farm:
    """The newspapers. Use as a context manager; the press runs within `publishing`."""

    def __init__(self, seed: int, habits: Habits) -> None:
        self.habits = habits
        self.asked: list[Asked] = []
        self.items: list[Item] = []
        self._random = random.Random(f"farm {seed}")
        self._changed = threading.Condition()
        self._news = {True: (0, ""), False: (0, "")}  # in bursts: how many answers had news, and who got the last one
        self._open = ExitStack()

    def __enter__(self) -> Self:
        numbers = range(self.habits.hosts)
        self.papers = [
            self._open.enter_context(_opened(self, in_bursts=number % len(RHYTHMS_S) > 0)) for number in numbers
        ]
        for paper in self.papers:
            for number in range(BACKLOG):
                self._publish(paper, is_sport=number % 2 == 0)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def feeds(self) -> list[str]:
        return [f"http://{paper.host}{path}" for paper in self.papers for path in FEEDS]

    # -- publishing -------------------------------------------------------------------------------------------------

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """The press runs within this block."""
        stop = threading.Event()
        press = threading.Thread(target=self._press, args=(stop,), daemon=True)
        press.start()
        try:
            yield
        finally:
            stop.set()
            press.join()

    def _press(self, stop: threading.Event) -> None:
        due = {paper: time.time() + self._random.uniform(0, 5) for paper in self.papers}
        while not stop.wait(0.05):
            for number, paper in enumerate(self.papers):
                if due[paper] <= time.time():
                    for _ in range(self._random.randint(*BURST) if paper.in_bursts else 1):
                        self._publish(paper, is_sport=self._random.random() < 0.5)
                    due[paper] = time.time() + self._random.uniform(*RHYTHMS_S[number % len(RHYTHMS_S)])

    def _publish(self, paper: "Paper", *, is_sport: bool) -> None:
        with self._changed:
            item = Item(
                number=1000 + len(self.items),
                host=paper.host,
                towns=tuple(self._random.sample(TOWNS, self._random.choice((0, 1, 1, 2)))),
                text=" ".join(self._random.choices(_WORDS, k=40)),
                is_sport=is_sport,
                published_at=datetime.now(UTC),
            )
            self.items.append(item)
            paper.items.append(item)

    # -- answering --------------------------------------------------------------------------------------------------

    def answer(self, paper: "Paper", path: str, page: int) -> tuple[str, Sequence[Item]] | None:
        """An ETag and what a feed shows on a page; None: there is no such page."""
        with self._changed:
            every = [item for item in reversed(paper.items) if path == FEEDS[0] or item.is_sport]
        if path not in FEEDS:
            return None
        start = (page - 1) * self.habits.window if self.habits.paged else 0
        shown = every[start : start + self.habits.window]
        if not shown and page > 1:
            return None
        return f'"{page}-{shown[0].number if shown else 0}"', shown

    def mood(self) -> tuple[float, str]:
        """How long an answer takes, and whether it is flawed: "", "error" or "cut"."""
        with self._changed:
            delay_s = self._random.choice((0.0, 0.0, 0.01, 0.03, 0.08))
            if self._random.random() < 0.01:
                delay_s = 0.5
            flawed = self._random.random() < self.habits.flaws
            return delay_s, self._random.choice(("error", "cut")) if flawed else ""

    def note(self, asked: Asked, *, in_bursts: bool) -> None:
        with self._changed:
            self.asked.append(asked)
            if asked.status == 200 and asked.page == 1:
                self._news[in_bursts] = (self._news[in_bursts][0] + 1, asked.agent)
                self._changed.notify_all()

    def await_news(self, timeout_s: float, *, in_bursts: bool = True) -> str:
        """Who is given news next; "" = nobody within that time. A burst is not soon shown again with other news; after
        what comes singly there are other news soon.
        """
        with self._changed:
            before = self._news[in_bursts][0]
            found = self._changed.wait_for(lambda: self._news[in_bursts][0] > before, timeout_s)
            return self._news[in_bursts][1] if found else ""


class Paper(ThreadingHTTPServer):
    """One newspaper: a host of its own."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, farm: Farm, *, in_bursts: bool) -> None:
        self.farm = farm
        self.in_bursts = in_bursts
        self.items: list[Item] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        self.host = f"127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A reader that is killed is no error of the newspaper's."""


@contextmanager
def _opened(farm: Farm, *, in_bursts: bool) -> Iterator[Paper]:
    paper = Paper(farm, in_bursts=in_bursts)
    thread = threading.Thread(target=paper.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True)
    thread.start()
    try:
        yield paper
    finally:
        paper.shutdown()
        paper.server_close()
        thread.join()


@dataclass(slots=True)
class _Answer:
    status: int
    body: bytes = b""
    etag: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class _Handler(BaseHTTPRequestHandler):
    server: Paper
    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        began_at, farm = time.time(), self.server.farm
        parts = urlsplit(self.path)
        page = int(parse_qs(parts.query).get("paged", ["1"])[0])
        delay_s, flaw = farm.mood()
        answer = _Answer(503) if flaw == "error" else self._answered(parts.path, page)
        time.sleep(delay_s)
        farm.note(
            Asked(
                host=self.server.host,
                feed=parts.path,
                page=page,
                agent=self.headers.get("User-Agent", ""),
                status=answer.status,
                began_at=began_at,
                ended_at=time.time(),  # before the last byte is out: the next exchange may begin with it
            ),
            in_bursts=self.server.in_bursts,
        )
        self._send(answer, is_cut=flaw == "cut")

    def _answered(self, path: str, page: int) -> _Answer:
        found = self.server.farm.answer(self.server, path, page)
        if found is None:
            return _Answer(404)
        etag, shown = found
        if self.headers.get("If-None-Match") == etag:
            return _Answer(304, etag=etag)
        return _Answer(200, rss(self.server.host, shown).encode(), etag)

    def _send(self, answer: _Answer, *, is_cut: bool) -> None:
        self.send_response(answer.status)
        if answer.etag:
            self.send_header("ETag", answer.etag)
        if answer.status != 304:
            self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2] if is_cut else answer.body)
        self.close_connection = self.close_connection or is_cut

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by http.server
        """The checker reads `asked`."""


def rss(host: str, items: Sequence[Item]) -> str:
    """The feed as a newspaper writes it."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel><title>Blatt {host}</title><link>http://{host}/</link><description>Alles</description>"
        + "".join(map(_rss_item, items))
        + "</channel></rss>"
    )


def _rss_item(item: Item) -> str:
    category = "Sport" if item.is_sport else "Aktuell"
    return (
        f"<item><title>{item.title}</title><link>{item.url}</link><guid isPermaLink='true'>{item.url}</guid>"
        f"<pubDate>{format_datetime(item.published_at)}</pubDate><category>{category}</category>"
        f"<description>{item.text[:60]}</description>"
        f"<content:encoded><![CDATA[<p>Nummer {item.number}. {item.text}.</p>]]></content:encoded></item>"
    )
