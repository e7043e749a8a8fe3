"""A news site on the loopback that behaves as WordPress 6.1 behind nginx does: who asks for what, and what they get.

Its oddities are kept on purpose: one validator for all feeds, compared as a plain string; 304 for posts that were dated
back; weak ETags under gzip; scheduled posts that appear one request late; 200 without items for a mistyped feed.
The posts and what editors do with them are in `wordpress_posts.py`, their looks in `wordpress_feeds.py` and
`wordpress_pages.py`.
"""

import hashlib
import html
import json
import math
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Self
from urllib.parse import parse_qs, unquote, unquote_plus, urlsplit
from zoneinfo import ZoneInfo

from tests import wordpress_feeds as feeds
from tests import wordpress_pages as pages
from tests.wordpress_feeds import Look, Post, slugify
from tests.wordpress_http import Answer, Server
from tests.wordpress_posts import Newsroom

HTML = "text/html; charset=UTF-8"
JSON = "application/json; charset=UTF-8"
FEED_TYPES = {"rss2": "application/rss+xml", "atom": "application/atom+xml", "rdf": "application/rdf+xml"}
FEED_PATH = re.compile(r"(?P<what>.*?)/feed(?:/(?P<kind>feed|rss2|atom|rdf))?/?$")
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
class Asked:
    """One request. target: as sent; path: without the query."""

    target: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def page(self) -> int:
        return max(_number(self.query.get("paged", "")), 1)


class WordPressSite(Newsroom):
    """The site; a context manager that serves while it is open. `url` is where it listens.

    public_url: what links claim, by default `url`; now: the site's clock; timezone: the site's, as an IANA name.
    May be changed at any time: `look` (use_excerpt, yoast, title), posts_per_rss, gzip, rest (on or off), down.
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
        self.down = False
        self.requests: list[Seen] = []
        self.on_request: Callable[[str], object] | None = None
        self._maintenance: Mapping[str, str] | None = None
        self._server = Server(self.answer, may_zip=lambda: self.gzip)
        self.url = self._server.url
        self.look = Look(url=public_url.rstrip("/") or self.url, zone=self.zone)

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

    def link(self, post: Post) -> str:
        """The article's address as feeds show it now."""
        return self.look.url + self.post(post.id).path

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        """Answer one request and remember it. headers: keys in lower case."""
        if self.on_request:
            self.on_request(target)
        path, _, query = target.partition("?")
        pairs = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
        asked = Asked(target=target, path=path, query=pairs, headers=headers)
        with self._lock:
            answer = self._front(asked)
            self.run_cron()
            self.requests.append(Seen(method=method, path=target, headers=headers, status=answer.status))
        return answer

    # -- routes -----------------------------------------------------------------------------------------------------------

    def _front(self, asked: Asked) -> Answer:
        if self.down:
            return _html(500, pages.error_page(self.look, "Fehler beim Aufbau einer Datenbankverbindung"))
        if self._maintenance is not None:
            return _html(503, pages.error_page(self.look, "Wartungsarbeiten"), self._maintenance)
        if self._is_bare_host(asked.headers.get("host", "")):
            return self._redirect(asked.target)
        return self._special(asked) or self._route(asked)

    def _is_bare_host(self, host: str) -> bool:
        """The site's name without www: it answers there too, with a redirect."""
        name = urlsplit(self.look.url).hostname or ""
        return name.startswith("www.") and host.partition(":")[0] == name.removeprefix("www.")

    def _special(self, asked: Asked) -> Answer | None:
        if asked.path.startswith("/wp-json/"):
            return self._rest(asked)
        if asked.path == "/wp-sitemap.xml":
            return _xml(pages.sitemap_index(self.look))
        if asked.path == "/wp-sitemap-posts-post-1.xml":
            return _xml(pages.sitemap(self.look, sorted(self.visible(), key=lambda post: post.id)))
        if asked.path == "/robots.txt":
            text = f"User-agent: *\nDisallow: /wp-admin/\n\nSitemap: {self.look.url}/wp-sitemap.xml\n"
            return Answer(status=200, body=text, headers={"Content-Type": "text/plain; charset=utf-8"})
        return None

    def _route(self, asked: Asked) -> Answer:
        path, query = asked.path, asked.query
        if path == "/" and query.get("feed") in FEED_TYPES:
            return self._feed(asked, f"/search/{query['s']}" if "s" in query else "", query["feed"])
        if path == "/" and _number(query.get("p", "")):
            post = self.find(_number(query["p"]))
            return self._redirect(post.path) if post else self._not_found()
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
        headers = {"Content-Type": content_type, "Last-Modified": last_modified, "ETag": etag}
        if _is_not_modified(asked.headers, etag, changed_at):
            return Answer(status=304, headers=headers)
        if of_comments:
            status, body = self._comment_feed(asked, what)
        else:
            status, body = self._post_feed(asked, what, kind)
        return Answer(status=status, body=body, headers=headers)

    def _post_feed(self, asked: Asked, what: str, kind: str) -> tuple[int, str]:
        archive = self._archive(what)
        posts, title = archive or ([], self.look.title)
        shown = _page_of(posts, asked.page, self.posts_per_rss)
        built_at = max((post.modified_at for post in shown), default=self.last_modified_at())
        render = {"rss2": feeds.rss2, "atom": feeds.atom, "rdf": feeds.rdf}[kind]
        missing = archive is None or (asked.page > 1 and not shown)
        return 404 if missing else 200, render(self.look, title, asked.target, shown, built_at)

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
        if kind == "date" and re.fullmatch(r"\d{4}(/\d\d){0,2}/?", name):
            posts = [p for p in self.visible() if f"{self.local(p.published_at):%Y/%m/%d}".startswith(name.strip("/"))]
            return posts, f"{name.strip('/')} &#8211; {self.look.title}"
        return None

    def _term_archive(self, kind: str, slug: str) -> tuple[list[Post], str]:
        posts, title = [], self.look.title
        for post in self.visible():
            for name in _terms_of(post, kind):
                if unquote(slugify(name)) == slug:
                    posts.append(post)
                    title = f"{feeds.feed_title(name)} &#8211; {self.look.title}"
        return posts, title

    # -- pages ------------------------------------------------------------------------------------------------------------

    def _article(self, slug: str, post_id: int, rest: str, asked: Asked) -> Answer:
        post = self.find(post_id)
        if post and slug == post.slug and rest == "/":
            return _html(200, pages.article_page(post, self.look))
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
        return _html(200, body)

    def _redirect(self, path: str) -> Answer:
        return Answer(status=301, headers={"Content-Type": HTML, "Location": self.look.url + path})

    def _not_found(self) -> Answer:
        return _html(404, pages.error_page(self.look, "Seite nicht gefunden"))

    # -- REST -------------------------------------------------------------------------------------------------------------

    def _rest(self, asked: Asked) -> Answer:
        found = re.fullmatch(r"/wp-json/wp/v2/posts(?:/(\d{1,18}))?/?", asked.path)
        if self.rest and asked.path == "/wp-json/wp/v2/categories":
            return _json(200, self._rest_categories())
        if not self.rest:
            return _json(401, {"code": "rest_forbidden", "message": "Die REST-API ist abgeschaltet."})
        if not found:
            return _rest_error(404, "rest_no_route")
        if not found[1]:
            return self._rest_list(asked)
        post = self.find(int(found[1]))
        return _json(200, self._rest_posts([post], asked)[0]) if post else _rest_error(404, "rest_post_invalid_id")

    def _rest_categories(self) -> list[dict[str, object]]:
        """Those with the most posts first."""
        counted = Counter(name for post in self.visible() for name in post.categories)
        return [
            {"id": number, "count": count, "link": f"{self.look.url}/category/{slugify(name)}/"}
            | {"name": html.escape(name, quote=False), "slug": slugify(name), "taxonomy": "category"}
            for number, (name, count) in enumerate(counted.most_common(100), start=2)
        ]

    def _rest_list(self, asked: Asked) -> Answer:
        query = asked.query
        per_page, page = _number(query.get("per_page", "10")), _number(query.get("page", "1"))
        if not 1 <= per_page <= 100 or page < 1 or query.get("status", "publish") != "publish":
            return _rest_error(400, "rest_invalid_param")
        posts = self._rest_matching(query)
        total_pages = math.ceil(len(posts) / per_page)
        if page > max(total_pages, 1):
            return _rest_error(400, "rest_post_invalid_page_number")
        totals = {"X-WP-Total": str(len(posts)), "X-WP-TotalPages": str(total_pages)}
        return _json(200, self._rest_posts(_page_of(posts, page, per_page), asked), totals)

    def _rest_matching(self, query: Mapping[str, str]) -> list[Post]:
        posts = [p for p in self.visible() if query.get("slug", p.slug) == p.slug and _in_time(p, query)]
        if query.get("orderby") == "modified":
            posts.sort(key=lambda post: post.modified_at, reverse=True)
        return posts[::-1] if query.get("order") == "asc" else posts

    def _rest_posts(self, posts: list[Post], asked: Asked) -> list[dict[str, object]]:
        names = [f"{kind}:{name}" for post in self._posts.values() for kind in TERMS for name in _terms_of(post, kind)]
        term_ids = {name: number for number, name in enumerate(dict.fromkeys(names), start=2)}
        return [pages.rest_post(post, self.look, term_ids, embed="_embed" in asked.query) for post in posts]


def _is_not_modified(headers: Mapping[str, str], etag: str, changed_at: datetime) -> bool:
    """WP::send_headers: when both validators are sent both must fit; the ETag must be the very same string."""
    sent_etag, sent_date = headers.get("if-none-match", ""), headers.get("if-modified-since", "").strip()
    same = sent_etag == etag
    try:
        fresh = bool(sent_date) and parsedate_to_datetime(sent_date) >= changed_at
    except (ValueError, TypeError):
        fresh = False
    return (same and fresh) if sent_etag and sent_date else (same or fresh)


def _terms_of(post: Post, kind: str) -> tuple[str, ...]:
    return {"category": post.categories, "tag": post.tags, "author": (post.author,)}[kind]


def _page_of(posts: list[Post], page: int, size: int) -> list[Post]:
    return posts[(page - 1) * size : page * size]


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0


def _in_time(post: Post, query: Mapping[str, str]) -> bool:
    """after, before, modified_after, modified_before: the limits themselves are outside; without a zone they are UTC."""
    for prefix, moment in (("", post.published_at), ("modified_", post.modified_at)):
        after, before = query.get(f"{prefix}after"), query.get(f"{prefix}before")
        if (after and moment <= _moment(after)) or (before and moment >= _moment(before)):
            return False
    return True


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign in a query is a blank
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _html(status: int, body: str, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status=status, body=body, headers={"Content-Type": HTML, **(headers or {})})


def _xml(body: str) -> Answer:
    return Answer(status=200, body=body, headers={"Content-Type": "application/xml; charset=UTF-8"})


def _json(status: int, value: object, headers: Mapping[str, str] | None = None) -> Answer:
    body = json.dumps(value, separators=(",", ":")).replace("/", "\\/")
    return Answer(status=status, body=body, headers={"Content-Type": JSON, **(headers or {})})


def _rest_error(status: int, code: str) -> Answer:
    return _json(status, {"code": code, "message": "Ungültige(r) Parameter", "data": {"status": status}})
