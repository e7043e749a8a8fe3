"""The demo's news site: a small paper of an invented town, served on the loopback as WordPress would serve it.

It knows nothing of the worker, which polls it as it polls any other site. The texts are in `demo_articles.toml`.
"""

import hashlib
import html
import re
import threading
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from typing import Self
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

TITLE = "Haseburger Blatt"
PAGE_SIZE = 10
FIRST_ID = 664196
EARLY_GAP = timedelta(minutes=40)
ZONE = ZoneInfo("Europe/Berlin")
_FIRST_HALF = ("Januar", "Februar", "März", "April", "Mai", "Juni")
MONTHS = (*_FIRST_HALF, "Juli", "August", "September", "Oktober", "November", "Dezember")
SMILEY = '<img src="https://s.w.org/images/core/emoji/14.0.0/72x72/2728.png" alt="✨" class="wp-smiley" />'
NAMESPACES = 'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'


class DemoSite:
    """Serves from the moment it is made until `close`; `url` is its home page, `feed_url` its feed.

    start: what the site takes for the present, aware; its clock runs on from there. Ten articles stand there at
    the start, `left` more can be published.
    """

    def __init__(self, start: datetime) -> None:
        self._start = start.astimezone(UTC).replace(microsecond=0)
        self._started_s = time.monotonic()
        self._texts = _read_texts()
        early = sum(text.early for text in self._texts)
        dates = [self._start - EARLY_GAP * (early - place) for place in range(early)]
        self._articles = [_Article(text=text, published_at=at) for text, at in zip(self._texts, dates, strict=False)]
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        self.feed_url = f"{self.url}feed/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def left(self) -> int:
        """How many articles are still to be published."""
        return len(self._texts) - len(self._articles)

    def publish_next(self) -> str:
        """Publish one more article, dated now; give its title, "" when all are published."""
        if not self.left:
            return ""
        now = self._start + timedelta(seconds=int(time.monotonic() - self._started_s))
        text = self._texts[len(self._articles)]
        self._articles = [*self._articles, _Article(text=text, published_at=now)]
        return text.title

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, target: str) -> "_Answer":
        """What stands at a path with its query."""
        parts = urlsplit(target)
        newest_first = self._articles[::-1]
        if parts.path in ("/feed/", "/feed"):
            return _feed(self.url, newest_first, parse_qs(parts.query).get("paged", ["1"])[0])
        if parts.path == "/":
            return _Answer(status=200, body=_home(self.url, newest_first))
        article = next((article for article in newest_first if article.text.path == parts.path), None)
        if article is None:
            return _Answer(status=404, body=_page(self.url, "Nicht gefunden", "<p>Diese Seite gibt es nicht.</p>"))
        return _Answer(status=200, body=_page(self.url, article.text.title, article.html))


# -- articles -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """One article of the data file. body: blocks parted by blank lines."""

    id: int
    title: str
    categories: tuple[str, ...]
    author: str
    body: str
    early: bool

    @property
    def path(self) -> str:
        slug = self.title.lower()
        for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
            slug = slug.replace(umlaut, letters)
        return f"/{re.sub('[^a-z0-9]+', '-', slug).strip('-')}-{self.id}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Article:
    text: _Text
    published_at: datetime

    @property
    def html(self) -> str:
        local = self.published_at.astimezone(ZONE)
        day = f"{local.day}. {MONTHS[local.month - 1]} {local:%Y %H:%M}"
        return "\n".join(_block(block) for block in self.text.body.replace("{datum}", day).strip().split("\n\n"))


def _read_texts() -> list[_Text]:
    """In the file's order, which is the order of publication."""
    path = Path(__file__).with_name("demo_articles.toml")
    articles = tomllib.loads(path.read_text(encoding="utf-8"))["article"]
    return [
        _Text(
            id=article.get("id", FIRST_ID + place),
            title=article["title"],
            categories=tuple(article["categories"]),
            author=article.get("author", "Redaktion"),
            body=article["text"],
            early=article.get("early", False),
        )
        for place, article in enumerate(articles)
    ]


def _block(block: str) -> str:
    escaped = html.escape(block, quote=False).replace("✨", SMILEY)
    for mark, tag in (("### ", "h3"), ("## ", "h2")):
        if escaped.startswith(mark):
            return f'<{tag} class="wp-block-heading">{escaped.removeprefix(mark)}</{tag}>'
    if escaped.startswith("- "):
        points = [f"<li>{line.removeprefix('- ')}</li>" for line in escaped.splitlines()]
        return f"<ul>{''.join(points)}</ul>"
    return f"<p>{escaped}</p>"


# -- what visitors get --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """validators: ETag and Last-Modified, if the page can be asked for conditionally."""

    status: int
    body: str
    content_type: str = "text/html; charset=UTF-8"
    validators: tuple[str, str] | None = None


def _feed(url: str, newest_first: list[_Article], paged: str) -> _Answer:
    page = int(paged) if re.fullmatch("[1-9][0-9]{0,3}", paged) else 1
    shown = newest_first[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" {NAMESPACES}>\n<channel>\n'
        f"<title>{TITLE}</title>\n<link>{url}</link>\n<language>de</language>\n"
        f"{''.join(_item(url, article) for article in shown)}</channel>\n</rss>\n"
    )
    etag = f'"{hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()}"'
    last_modified = format_datetime(newest_first[0].published_at, usegmt=True)
    content_type = "application/rss+xml; charset=UTF-8"
    status = 200 if shown else 404
    return _Answer(status=status, body=body, content_type=content_type, validators=(etag, last_modified))


def _item(url: str, article: _Article) -> str:
    text = article.text
    lede = html.escape(text.body.strip().partition("\n\n")[0], quote=False)
    categories = "".join(f"<category><![CDATA[{name}]]></category>" for name in sorted(text.categories))
    return (
        f"<item>\n<title>{html.escape(text.title, quote=False)}</title>\n<link>{url.rstrip('/')}{text.path}</link>\n"
        f"<dc:creator><![CDATA[{text.author}]]></dc:creator>\n"
        f"<pubDate>{format_datetime(article.published_at)}</pubDate>\n{categories}\n"
        f'<guid isPermaLink="false">{url}?p={text.id}</guid>\n'
        f"<description><![CDATA[{lede}]]></description>\n"
        f"<content:encoded><![CDATA[{article.html}]]></content:encoded>\n</item>\n"
    )


def _home(url: str, newest_first: list[_Article]) -> str:
    lines = (
        f'<li><a href="{article.text.path}">{html.escape(article.text.title)}</a></li>' for article in newest_first
    )
    return _page(url, "Startseite", f"<ul>{''.join(lines)}</ul>")


def _page(url: str, title: str, main: str) -> str:
    return (
        f'<!doctype html>\n<html lang="de"><head><meta charset="UTF-8" /><title>{html.escape(title)} – {TITLE}</title>\n'
        f'<link rel="alternate" type="application/rss+xml" title="{TITLE} &raquo; Feed" href="{url}feed/" /></head>\n'
        f'<body><article><h1 class="entry-title">{html.escape(title)}</h1>\n<div class="entry-content">\n{main}\n'
        "</div></article></body></html>\n"
    )


# -- HTTP ---------------------------------------------------------------------------------------------------------------


class _Server(ThreadingMixIn, TCPServer):
    """Not http.server's HTTPServer: that one asks DNS for its own name, and the demo works offline."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, site: DemoSite) -> None:
        self.site = site
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    timeout = 30
    server: _Server

    def do_GET(self) -> None:
        answer = self.server.site.answer(self.path)
        headers = {"Content-Type": answer.content_type}
        if answer.validators:
            headers["ETag"], headers["Last-Modified"] = answer.validators
        if answer.status == 200 and _fits(answer.validators, dict(self.headers)):
            self._send(304, headers)
        else:
            body = answer.body.encode()
            self._send(answer.status, {**headers, "Content-Length": str(len(body))}, body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _send(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The demo's screen belongs to the worker."""


def _fits(validators: tuple[str, str] | None, headers: Mapping[str, str]) -> bool:
    """As WordPress does it: whatever is sent must fit, the ETag and the date as the very same strings."""
    if validators is None:
        return False
    lower = {name.lower(): value for name, value in headers.items()}
    sent = (lower.get("if-none-match"), lower.get("if-modified-since"))
    return any(sent) and all(value in (None, own) for value, own in zip(sent, validators, strict=True))
