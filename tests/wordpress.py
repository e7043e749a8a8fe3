"""A news site on the loopback that behaves as WordPress 6.1 behind nginx does: who asks for what, and what they get.

Its oddities are kept on purpose: one validator for all feeds, compared as a plain string; 304 for posts that were dated
back; weak ETags under gzip; scheduled posts that appear one request late; 200 without items for a mistyped feed.
The posts and what editors do with them are in `wordpress_posts.py`, their looks in `wordpress_feeds.py` and
`wordpress_pages.py`, the REST API in `wordpress_rest.py`. `site_web.py` shows the site to a worker without a socket.
"""

import hashlib
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import cached_property
from typing import Literal, Self
from urllib.parse import unquote, unquote_plus, urlsplit
from zoneinfo import ZoneInfo

from tests import wordpress_feeds as feeds
from tests import wordpress_pages as pages
from tests.wordpress_feeds import Look, Post, slugify
from tests.wordpress_http import HTML, Answer, Asked, Server, asked_for, html_answer, number_of, xml_answer
from tests.wordpress_posts import Newsroom
from tests.wordpress_rest import refusal, rest_answer, terms_of

FEED_TYPES = {"rss2": "application/rss+xml", "atom": "application/atom+xml", "rdf": "application/rdf+xml"}
FEED_PATH = re.compile(r"(?P<what>.*?)/feed(?:/(?P<kind>feed|rss2|atom|rdf))?/?$")
ARCHIVE_DOCUMENT = re.compile(r"/feed/archive/(?P<number>\d{1,9})/$")
ARTICLE_PATH = re.compile(r"/(?P<slug>[^/]+)-(?P<id>\d{1,18})(?P<rest>/.*|)$")
LIST_PATH = re.compile(r"(?P<what>.*?)(?:/page/(?P<page>\d{1,9}))?/?$")
TERMS = ("category", "tag", "author")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request that the site answered. path: with its query; headers: keys in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """The part of a feed that is asked for. links: elements for its head."""

    title: str
    posts: list[Post]
    missing: bool = False
    links: str = ""


class WordPressSite(Newsroom):
    """The site; a context manager that serves at `url` while it is open.

    public_url: what links claim, by default `url`; now: the site's clock; timezone: the site's, as an IANA name.
    May be changed at any time: `look` (use_excerpt, yoast, theme, wall, title), posts_per_rss, gzip, and
    rest, day_archives: whether there are any; soft_404: pages that do not exist are sent with status 200;
    paging: whether `?paged=N` is heard, "ignored" (the first page again) or "gone" (404);
    history: RFC 5005 links in feeds, none (""), "paged" (`next`) or "archive" (`prev-archive`);
    pins_sticky: feeds begin with sticky posts, as with some plugins; feed_headers: sent with each feed;
    down: the database is; always_304: a broken cache says so to whoever sends any validator.
    `requests` keeps what was asked; `on_request` is called with each path before it is answered.
    """

    def __init__(
        self,
        public_url: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        timezone: str = "Europe/Berlin",
    ) -> None:
        super().__init__(now, ZoneInfo(timezone))
        self.posts_per_rss = 10
        self.gzip = True
        self.rest = True
        self.day_archives = True
        self.soft_404 = False
        self.paging: Literal["heard", "ignored", "gone"] = "heard"
        self.history: Literal["", "paged", "archive"] = ""
        self.pins_sticky = False
        self.feed_headers: Mapping[str, str] = {}
        self.down = False
        self.always_304 = False
        self.requests: list[Seen] = []
        self.on_request: Callable[[str], object] | None = None
        self._maintenance: Mapping[str, str] | None = None
        self._frozen: tuple[re.Pattern[str], dict[int, Post]] | None = None
        self.look = Look(url=public_url.rstrip("/") or self.url, zone=self.zone)

    @cached_property
    def _server(self) -> Server:
        return Server(self.answer, may_zip=lambda: self.gzip)

    @property
    def url(self) -> str:
        """Where it listens, from the first time that this is asked; a site with a public_url may do without."""
        return self._server.url

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def maintenance(self, on: bool = True, retry_after: str | None = "600") -> None:
        """503 for everything, as while WordPress updates itself."""
        self._maintenance = ({"Retry-After": retry_after} if retry_after else {}) if on else None

    def freeze(self, paths: str = "") -> None:
        """A cache in front shows from now on what is there now, with its validators. paths: a regular expression, which
        of them; by default all.
        """
        self._frozen = re.compile(paths), self.snapshot()
        self.changes += 1

    def thaw(self) -> None:
        self._frozen = None
        self.changes += 1

    def shown_at(self, target: str) -> list[Post]:
        """The visible posts, newest first, as whoever asks for this path sees them: through a frozen cache or not."""
        with self._lock, self._view(target):
            return self.visible()

    def link(self, post: Post) -> str:
        """The article's address as feeds show it now."""
        return self.look.url + self.post(post.id).path

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        """Answer one request and remember it. headers: keys in lower case."""
        if self.on_request:
            self.on_request(target)
        asked = asked_for(target, headers)
        with self._lock:
            with self._view(target):
                answer = self._front(asked)
            if self._reaches_wordpress(target):
                self.run_cron()
            self.requests.append(Seen(method=method, path=target, headers=headers, status=answer.status))
        return answer

    # -- routes -----------------------------------------------------------------------------------------------------------

    def _view(self, target: str) -> AbstractContextManager[None]:
        return self.as_of(self._frozen[1]) if self._frozen and self._frozen[0].search(target) else nullcontext()

    def _reaches_wordpress(self, target: str) -> bool:
        is_cached = self._frozen is not None and self._frozen[0].search(target)
        return not (self.down or self._maintenance is not None or is_cached)

    def _front(self, asked: Asked) -> Answer:
        if self.down:
            return html_answer(500, pages.error_page(self.look, "Fehler beim Aufbau einer Datenbankverbindung"))
        if self._maintenance is not None:
            return html_answer(503, pages.error_page(self.look, "Wartungsarbeiten"), self._maintenance)
        if self._is_elsewhere(asked.headers):
            return self._redirect(asked.target)
        return self._special(asked) or self._route(asked)

    def _is_elsewhere(self, headers: Mapping[str, str]) -> bool:
        """Asked without www, or without TLS where the site has it (a server in front says so): redirected."""
        url = urlsplit(self.look.url)
        name, scheme = url.hostname or "", headers.get("x-forwarded-proto", url.scheme)
        is_bare = name.startswith("www.") and headers.get("host", "").partition(":")[0] == name.removeprefix("www.")
        return is_bare or scheme != url.scheme

    def _special(self, asked: Asked) -> Answer | None:
        if asked.path.startswith("/wp-json/"):
            return rest_answer(self, self.look, asked) if self.rest else refusal(401, "rest_forbidden")
        if asked.path == "/robots.txt":
            index = "sitemap_index.xml" if self.look.yoast else "wp-sitemap.xml"
            text = f"User-agent: *\nDisallow: /wp-admin/\n\nSitemap: {self.look.url}/{index}\n"
            return Answer(status=200, body=text, headers={"Content-Type": "text/plain; charset=utf-8"})
        if "sitemap" in asked.path and (body := pages.sitemap_answer(asked.path, self.look, self.visible())):
            return xml_answer(body)
        return None

    def _route(self, asked: Asked) -> Answer:
        path, query = asked.path, asked.query
        if path == "/" and query.get("feed") in FEED_TYPES:
            return self._feed(asked, f"/search/{query['s']}" if "s" in query else "", query["feed"])
        if path == "/" and (number := number_of(query.get("p", ""))):
            post = self.find(number)
            return self._redirect(post.path) if post else self._not_found()
        if found := ARCHIVE_DOCUMENT.match(path):
            return self._feed(asked, found[0], "rss2") if self.history == "archive" else self._not_found()
        if found := FEED_PATH.match(path):
            return self._feed(asked, found["what"], (found["kind"] or "rss2").replace("feed", "rss2"))
        if found := ARTICLE_PATH.match(path):
            return self._article(found["slug"].lower(), int(found["id"]), found["rest"], asked)
        return self._list(asked)

    # -- feeds ------------------------------------------------------------------------------------------------------------

    def _feed(self, asked: Asked, what: str, kind: str) -> Answer:
        of_comments = bool(what == "/comments" or ARTICLE_PATH.match(what))
        changed_at = self.last_comment_at() if of_comments else self.last_modified_at()
        last_modified = format_datetime(changed_at, usegmt=True)
        etag = f'"{hashlib.md5(last_modified.encode(), usedforsecurity=False).hexdigest()}"'
        content_type = f"{FEED_TYPES[kind]}; charset=UTF-8"
        headers = {"Content-Type": content_type, "Last-Modified": last_modified, "ETag": etag, **self.feed_headers}
        if _is_not_modified(asked.headers, etag, changed_at) or (self.always_304 and _is_conditional(asked.headers)):
            return Answer(status=304, headers=headers)
        if of_comments:
            status, body = self._comment_feed(asked, what)
        else:
            status, body = self._post_feed(asked, what, kind)
        return Answer(status=status, body=body, headers=headers)

    def _post_feed(self, asked: Asked, what: str, kind: str) -> tuple[int, str]:
        found = ARCHIVE_DOCUMENT.match(what)
        shown = self._archive_document(int(found["number"])) if found else self._feed_page(what, asked)
        built_at = max((post.modified_at for post in shown.posts), default=self.last_modified_at())
        render = {"rss2": feeds.rss2, "atom": feeds.atom, "rdf": feeds.rdf}[kind]
        body = render(self.look, shown.title, asked.target, shown.posts, built_at, shown.links)
        return 404 if shown.missing else 200, body

    def _feed_page(self, what: str, asked: Asked) -> _Shown:
        archive, size = self._archive(what), self.posts_per_rss
        posts, title = archive or ([], self.look.title)
        page = 1 if self.paging == "ignored" else asked.page
        shown = [] if page > 1 and self.paging == "gone" else _page_of(posts, page, size)
        missing, links = archive is None or (page > 1 and not shown), ""
        if self.history == "paged" and page * size < len(posts):
            links = feeds.history_link(self.look, "next", f"{asked.path}?paged={page + 1}")
        if self.history == "archive" and not what and (older := max(0, len(posts) - size)):
            links = feeds.history_link(self.look, "prev-archive", f"/feed/archive/{-(-older // size)}/")
        if self.pins_sticky and page == 1:
            pinned = [post for post in posts if post.sticky]
            shown = [*pinned, *(post for post in shown if not post.sticky)]
        return _Shown(title=title, posts=shown, missing=missing, links=links)

    def _archive_document(self, number: int) -> _Shown:
        """RFC 5005 §4: documents that do not shift, the oldest posts in the first one."""
        size, oldest_first = self.posts_per_rss, self.visible()[::-1]
        posts = _page_of(oldest_first, max(number, 1), size)[::-1]
        links = "\n\t<fh:archive/>"
        if number > 1:
            links += feeds.history_link(self.look, "prev-archive", f"/feed/archive/{number - 1}/")
        return _Shown(title=self.look.title, posts=posts, missing=number < 1 or not posts, links=links)

    def _comment_feed(self, asked: Asked, what: str) -> tuple[int, str]:
        found = ARTICLE_PATH.match(what)
        one = self.find(int(found["id"])) if found else None
        posts = self.visible() if not found else [one] if one else []
        comments = [(post, comment) for post in posts for comment in post.comments]
        shown = sorted(comments, key=lambda pair: pair[1].id, reverse=True)[: self.posts_per_rss]
        title = f"Kommentare zu: {feeds.feed_title(one.title)}" if one else f"Kommentare für {self.look.title}"
        built_at = max((comment.at for _, comment in shown), default=self.last_comment_at())
        body = feeds.comments_rss2(self.look, title, asked.target, shown, built_at, of_one=one is not None)
        return 404 if found and not one else 200, body

    # -- what stands behind a path ----------------------------------------------------------------------------------------

    def _archive(self, what: str) -> tuple[list[Post], str] | None:
        """The posts of `/category/x`, `/date/2025/12` …, newest first, and the title; None = there is no such archive.

        An archive of an unknown name exists: it is empty, and bears the site's title.
        """
        kind, _, name = what.strip("/").partition("/")
        if not kind:
            return self.visible(), self.look.title
        if kind in TERMS:
            return self._term_archive(kind, unquote(name).strip("/").rpartition("/")[2].lower())
        if kind == "search":
            term = unquote_plus(name).strip("/").lower()
            posts = [post for post in self.visible() if term in f"{post.title} {post.html}".lower()]
            return posts, f"Suchergebnisse &#8211; {self.look.title}"
        if kind == "date" and self.day_archives and re.fullmatch(r"\d{4}(/\d\d){0,2}/?", name):
            posts = [p for p in self.visible() if f"{self.local(p.published_at):%Y/%m/%d}".startswith(name.strip("/"))]
            return posts, f"{name.strip('/')} &#8211; {self.look.title}"
        return None

    def _term_archive(self, kind: str, slug: str) -> tuple[list[Post], str]:
        posts, title = [], self.look.title
        for post in self.visible():
            for name in terms_of(post, kind):
                if unquote(slugify(name)) == slug:
                    posts.append(post)
                    title = f"{feeds.feed_title(name)} &#8211; {self.look.title}"
        return posts, title

    # -- pages ------------------------------------------------------------------------------------------------------------

    def _article(self, slug: str, post_id: int, rest: str, asked: Asked) -> Answer:
        post = self.find(post_id)
        number = number_of(rest.strip("/")) if re.fullmatch(r"/[1-9]\d{0,3}/", rest) else 1
        is_page = rest == "/" or (number > 1 and post is not None and number <= len(feeds.pages_of(post)))
        if post and slug == post.slug and is_page:
            return html_answer(200, pages.article_page(post, self.look, number))
        if post and re.fullmatch(r"/*(\d+/?)?", rest):
            _, mark, query = asked.target.partition("?")
            return self._redirect(post.path + mark + query)
        guessed = next((other for other in self.visible() if other.slug == slug), None)
        if guessed and not post and rest in ("", "/"):
            return self._redirect(guessed.path)
        return self._not_found()

    def _list(self, asked: Asked) -> Answer:
        found = LIST_PATH.match(asked.path)
        what, page = (found["what"].rstrip("/"), int(found["page"] or 1)) if found else (asked.path, 1)
        archive = self._archive(what)
        shown = _page_of(archive[0], page, 10) if archive else []
        if not archive or (not shown and (what or page > 1)):
            return self._not_found()
        if not asked.path.endswith("/"):
            return self._redirect(f"{asked.path}/")
        body = pages.list_page(self.look, archive[1], shown, f"{what}/feed/" if what else "")
        return html_answer(200, body)

    def _redirect(self, path: str) -> Answer:
        return Answer(status=301, headers={"Content-Type": HTML, "Location": self.look.url + path})

    def _not_found(self) -> Answer:
        status = 200 if self.soft_404 else 404
        return html_answer(status, pages.error_page(self.look, "Seite nicht gefunden"))


def _is_not_modified(headers: Mapping[str, str], etag: str, changed_at: datetime) -> bool:
    """WP::send_headers: when both validators are sent both must fit; the ETag must be the very same string."""
    sent_etag, sent_date = headers.get("if-none-match", ""), headers.get("if-modified-since", "").strip()
    same = sent_etag == etag
    try:
        fresh = bool(sent_date) and parsedate_to_datetime(sent_date) >= changed_at
    except (ValueError, TypeError):
        fresh = False
    return (same and fresh) if sent_etag and sent_date else (same or fresh)


def _is_conditional(headers: Mapping[str, str]) -> bool:
    return bool(headers.get("if-none-match") or headers.get("if-modified-since"))


def _page_of(posts: list[Post], page: int, size: int) -> list[Post]:
    return posts[(page - 1) * size : page * size]
