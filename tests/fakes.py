"""Doubles of the three things that tests must hold in their hand: the clock, the web and the channels.

They keep what was asked of them in plain lists, so that a test says what happened, not which calls it expects.
"""

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from worker.model import (
    Delivery,
    FailureKind,
    Fetched,
    FetchFailed,
    FetchResult,
    Message,
    NotModified,
    SendOutcome,
    SendResult,
    Validators,
)

START = datetime(2025, 12, 3, 12, 0, tzinfo=UTC)


# -- clock --------------------------------------------------------------------------------------------------------------


class FakeClock:
    """Time that passes only when it is told to. `waits` keeps every wait in seconds. Safe to share between threads."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._lock = threading.Lock()
        self.waits: list[float] = []

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def wait(self, seconds: float) -> None:
        with self._lock:
            self.waits.append(seconds)
            self._now += timedelta(seconds=max(seconds, 0))

    def advance(self, seconds: float = 0, **more: float) -> datetime:
        """Let seconds, and `minutes=`, `hours=`, `days=` pass; give the new time."""
        with self._lock:
            self._now += timedelta(seconds=seconds, **more)
            return self._now


# -- web ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request that the web saw."""

    url: str
    validators: Validators | None
    at: datetime


Answer = FetchResult | Callable[[Asked], FetchResult]


class FakeWeb:
    """A `model.FeedFetcher` by script: answers given with `script` come first, one each, then what stands at the URL."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.requests: list[Asked] = []
        self._scripts: dict[str, deque[Answer]] = {}
        self._standing: dict[str, Answer] = {}
        self._feeds: dict[str, FakeFeed] = {}
        self._lock = threading.Lock()

    def fetch(self, url: str, validators: Validators | None = None) -> FetchResult:
        asked = Asked(url=url, validators=validators, at=self.clock.now())
        with self._lock:
            self.requests.append(asked)
            answer = self._next(url)
        return answer(asked) if callable(answer) else answer

    def script(self, url: str, *answers: Answer) -> None:
        """Append answers to the URL's script; each is given once."""
        with self._lock:
            self._scripts.setdefault(url, deque()).extend(answers)

    def stand(self, url: str, answer: Answer) -> None:
        """What the URL answers whenever its script is empty."""
        with self._lock:
            self._standing[url] = answer

    def feed(self, url: str, **options: object) -> "FakeFeed":
        """Put a feed at the URL, its older pages at `?paged=N`. Options: see `FakeFeed`."""
        feed = FakeFeed(url=url, **options)  # type: ignore[arg-type]
        with self._lock:
            self._feeds[url] = feed
        return feed

    def asked(self, url: str) -> list[Asked]:
        return [asked for asked in self.requests if asked.url == url]

    def _next(self, url: str) -> Answer:
        if script := self._scripts.get(url):
            return script.popleft()
        if url in self._standing:
            return self._standing[url]
        if feed := self._feeds.get(_without_page(url)):
            return feed.answer
        return failed(404, f"{urlsplit(url).hostname}: nothing stands at {url}")


def fetched(url: str, body: bytes | str, **headers: str) -> Fetched:
    """A 200 with this body; `etag=` and `last_modified=` become validators, other headers are sent as they are named."""
    raw = body.encode() if isinstance(body, str) else body
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    sent.setdefault("content-type", "application/rss+xml; charset=UTF-8")
    validators = Validators(url=url, etag=sent.get("etag"), last_modified=sent.get("last-modified"))
    return Fetched(url=url, body=raw, headers=sent, validators=validators)


def failed(status: int | None = None, reason: str = "", retry_after_s: float | None = None) -> FetchFailed:
    """A failure whose kind follows from the status; without a status the network is in trouble."""
    kind = FailureKind.TEMPORARY
    if status in (401, 403, 404):
        kind = FailureKind.REFUSED
    elif status == 410:
        kind = FailureKind.GONE
    elif status == 429 or (status == 503 and retry_after_s is not None):
        kind = FailureKind.THROTTLED
    return FetchFailed(kind=kind, reason=reason or f"HTTP {status}", status=status, retry_after_s=retry_after_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeArticle:
    """One entry of a `FakeFeed`; `html` is its full text."""

    id: int
    title: str
    html: str
    url: str
    guid: str
    published_at: datetime
    categories: tuple[str, ...] = ()
    author: str = ""


@dataclass(kw_only=True)
class FakeFeed:
    """A feed of articles as WordPress shows it: the newest `page_size` by date, older ones at `?paged=N`, 404 past them.

    conditional: answers 304 when the ETag of that page comes back; the ETag changes with the page's bytes.
    full_text: content:encoded is sent; otherwise the text stands as an excerpt in the description.
    """

    url: str
    page_size: int = 10
    conditional: bool = True
    full_text: bool = True
    title: str = "Stadtblatt"
    articles: list[FakeArticle] = field(default_factory=list)
    next_id: int = 1001

    def publish(
        self,
        title: str,
        html: str = "<p>Ein Absatz Text.</p>",
        *,
        at: datetime = START,
        categories: Iterable[str] = ("Osnabrück",),
        author: str = "Redaktion",
        url: str | None = None,
        guid: str | None = None,
    ) -> FakeArticle:
        number = self.next_id
        self.next_id += 1
        home = "{0.scheme}://{0.netloc}/".format(urlsplit(self.url))
        article = FakeArticle(
            id=number,
            title=title,
            html=html,
            url=f"{home}artikel-{number}/" if url is None else url,
            guid=f"{home}?p={number}" if guid is None else guid,
            published_at=at,
            categories=tuple(categories),
            author=author,
        )
        self.articles.append(article)
        return article

    def edit(self, article: FakeArticle, **changes: object) -> FakeArticle:
        """Replace fields of an article that stands in the feed; give it as it is now."""
        changed = replace(article, **changes)  # type: ignore[arg-type]
        self.articles[self._place(article)] = changed
        return changed

    def remove(self, article: FakeArticle) -> None:
        del self.articles[self._place(article)]

    def page(self, number: int = 1) -> list[FakeArticle]:
        newest_first = sorted(self.articles, key=lambda article: (article.published_at, article.id), reverse=True)
        return newest_first[(number - 1) * self.page_size : number * self.page_size]

    def body(self, number: int = 1) -> bytes:
        return rss(self.url, self.title, self.page(number), full_text=self.full_text)

    def answer(self, asked: Asked) -> FetchResult:
        """What a request for this feed's URL, with or without `paged`, gets."""
        number = _page_number(asked.url)
        if number > 1 and not self.page(number):
            return failed(404, f"{urlsplit(asked.url).hostname}: 404, no page {number}")
        body = self.body(number)
        etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        if self.conditional and asked.validators is not None and asked.validators.etag == etag:
            return NotModified(url=asked.url, validators=asked.validators)
        return fetched(asked.url, body, etag=etag) if self.conditional else fetched(asked.url, body)

    def _place(self, article: FakeArticle) -> int:
        return next(place for place, other in enumerate(self.articles) if other.id == article.id)


def rss(url: str, title: str, articles: Iterable[FakeArticle], *, full_text: bool = True) -> bytes:
    """An RSS 2.0 document as WordPress writes it, in UTF-8."""
    items = "".join(_item(article, full_text) for article in articles)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f"<channel><title>{escape(title)}</title><link>{escape(url)}</link>\n{items}</channel></rss>\n"
    ).encode()


def _item(article: FakeArticle, full_text: bool) -> str:
    categories = "".join(f"<category>{_cdata(name)}</category>" for name in article.categories)
    content = f"<content:encoded>{_cdata(article.html)}</content:encoded>" if full_text else ""
    return (
        f"<item><title>{escape(article.title)}</title><link>{escape(article.url)}</link>"
        f"<dc:creator>{_cdata(article.author)}</dc:creator>"
        f"<pubDate>{format_datetime(article.published_at)}</pubDate>{categories}"
        f'<guid isPermaLink="false">{escape(article.guid)}</guid>'
        f"<description>{_cdata('' if full_text else article.html)}</description>{content}</item>\n"
    )


def _cdata(text: str) -> str:
    return f"<![CDATA[{text.replace(']]>', ']]&gt;')}]]>"


def _page_number(url: str) -> int:
    return int(parse_qs(urlsplit(url).query).get("paged", ["1"])[0])


def _without_page(url: str) -> str:
    parts = urlsplit(url)
    pairs = [pair for pair in parts.query.split("&") if pair and not pair.startswith("paged=")]
    return parts._replace(query="&".join(pairs)).geturl()


# -- channels -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """One attempt that reached the channel."""

    delivery: Delivery
    message: Message
    at: datetime


class FakeChannel:
    """A `model.Channel` that keeps what was sent. `attempts` holds every try, `sent` the accepted ones."""

    def __init__(self, name: str = "screen") -> None:
        self.name = name
        self.attempts: list[Sending] = []
        self.sent: list[Sending] = []
        self._script: deque[SendOutcome | BaseException] = deque()
        self._lock = threading.Lock()

    def send(self, delivery: Delivery, message: Message, now: datetime) -> SendOutcome:
        sending = Sending(delivery=delivery, message=message, at=now)
        with self._lock:
            self.attempts.append(sending)
            outcome = self._script.popleft() if self._script else SendOutcome(result=SendResult.SENT, detail="kept")
            if isinstance(outcome, SendOutcome) and outcome.result is SendResult.SENT:
                self.sent.append(sending)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def fail(self, times: int = 1, *, status: int | None = 503, retry_after_s: float | None = None) -> None:
        """The next `times` attempts fail for now."""
        outcome = SendOutcome(result=SendResult.RETRY, detail="not now", status=status, retry_after_s=retry_after_s)
        self.script(*[outcome] * times)

    def refuse(self, times: int = 1, *, status: int | None = 410) -> None:
        """The next `times` attempts are refused for good."""
        self.script(*[SendOutcome(result=SendResult.NEVER, detail="never", status=status)] * times)

    def restore(self) -> None:
        """From now on everything is accepted again."""
        with self._lock:
            self._script.clear()

    def crash(self, error: BaseException, times: int = 1) -> None:
        """The next `times` attempts raise, as a channel with a fault would, or a process that is being killed."""
        self.script(*[error] * times)

    def script(self, *outcomes: SendOutcome | BaseException) -> None:
        """Append outcomes; each is used once, and after them everything is accepted."""
        with self._lock:
            self._script.extend(outcomes)
