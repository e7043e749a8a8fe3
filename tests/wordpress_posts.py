"""The test site's posts and what its editors do with them. It knows neither HTTP nor how a post looks."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.wordpress_feeds import Comment, Post, slugify


class Newsroom:
    """The posts, by the clock `now`; all methods may be called while the site is serving."""

    def __init__(self, now: Callable[[], datetime], zone: ZoneInfo) -> None:
        self.now = now
        self.zone = zone
        self._posts: dict[int, Post] = {}
        self._sorted: list[Post] | None = None  # `visible`, until something changes: most requests ask for it
        self.changes = 0  # goes up whenever something does
        self._next_id = 664201
        self._next_comment_id = 1
        self._lock = threading.RLock()

    def publish(
        self,
        title: str,
        html: str = "<p>Ein Absatz Text.</p>",
        *,
        categories: Iterable[str] = (),
        tags: Iterable[str] = (),
        author: str = "Redaktion",
        at: datetime | None = None,
        excerpt: str = "",
        post_id: int | None = None,
    ) -> Post:
        """Publish now, or with the date `at`; a date a minute or more ahead schedules it."""
        with self._lock:
            now = self._now()
            at = (at or now).astimezone(UTC).replace(microsecond=0)
            number = self._next_id if post_id is None else post_id
            self._next_id = max(self._next_id, number + 1)
            post = Post(
                id=number,
                title=title,
                html=html,
                slug=self._free_slug(slugify(title) or str(number)),
                categories=tuple(categories) or ("Allgemein",),
                tags=tuple(tags),
                author=author,
                excerpt=excerpt,
                status="future" if at - now >= timedelta(minutes=1) else "publish",
                published_at=at,
                modified_at=at,  # WordPress gives a new post its date, not the time of writing: see back_date
            )
            return self._save(post)

    def back_date(self, title: str, by: timedelta = timedelta(minutes=30), html: str = "<p>Alt.</p>") -> Post:
        """Publish now with a date in the past: feeds show it, but their validators do not change."""
        return self.publish(title, html, at=self._now() - by)

    def schedule(self, title: str, at: datetime, html: str = "<p>Später.</p>") -> Post:
        """The first request after its time publishes it, and does not show it yet."""
        return self.publish(title, html, at=at)

    def edit(self, post: Post, **changes: object) -> Post:
        """Change fields (title, html, categories, tags, author, excerpt); gives the post as it is now."""
        with self._lock:
            current = self._posts[post.id]
            return self._save(replace(current, modified_at=self._now(), **changes))  # type: ignore[arg-type]

    def rename(self, post: Post, slug: str) -> Post:
        """A new slug: the link changes, the guid stays, the old address redirects."""
        return self.edit(post, slug=slug)

    def renumber(self, by: int) -> None:
        """As after an import into a new installation: each post has another number, and whatever holds it changes."""
        with self._lock:
            self._posts = {number + by: replace(post, id=number + by) for number, post in self._posts.items()}
            self._next_id += by
            self._sorted = None
            self.changes += 1

    def trash(self, post: Post) -> Post:
        with self._lock:
            return self._save(replace(self._posts[post.id], status="trash"))

    def untrash(self, post: Post) -> Post:
        return self.edit(post, status="publish")

    def delete(self, post: Post) -> None:
        with self._lock:
            del self._posts[post.id]
            self._sorted = None
            self.changes += 1

    def stick(self, post: Post, sticky: bool = True) -> Post:
        """Pin it to the top of the home page; of feeds only where `pins_sticky` is set. Not a change of the text."""
        with self._lock:
            return self._save(replace(self._posts[post.id], sticky=sticky))

    def comment(self, post: Post, html: str = "<p>So ist es.</p>", author: str = "Leserin") -> Comment:
        with self._lock:
            comment = Comment(id=self._next_comment_id, author=author, html=html, at=self._now())
            self._next_comment_id += 1
            current = self._posts[post.id]
            self._save(replace(current, comments=(*current.comments, comment)))
            return comment

    def post(self, post_id: int) -> Post:
        """The post as it is now, whatever its status."""
        return self._posts[post_id]

    def _save(self, post: Post) -> Post:
        self._posts[post.id] = post
        self._sorted = None
        self.changes += 1
        return post

    def _now(self) -> datetime:
        return self.now().astimezone(UTC).replace(microsecond=0)

    def _free_slug(self, slug: str) -> str:
        taken = {post.slug for post in self._posts.values()}
        number, free = 1, slug
        while free in taken:
            number += 1
            free = f"{slug}-{number}"
        return free

    def visible(self) -> list[Post]:
        """Newest first by the site's own clock, as the database sorts: in the hour that comes twice they are mixed."""
        if self._sorted is None:
            published = [post for post in self._posts.values() if post.status == "publish"]
            published.sort(key=lambda post: (self.local(post.published_at), post.id), reverse=True)
            self._sorted = published
        return list(self._sorted)

    def local(self, moment: datetime) -> datetime:
        """The site's wall clock, without a zone."""
        return moment.astimezone(self.zone).replace(tzinfo=None)

    def find(self, post_id: int) -> Post | None:
        """The post, if visitors may see it."""
        post = self._posts.get(post_id)
        return post if post and post.status == "publish" else None

    def last_modified_at(self) -> datetime:
        """Over the whole site, whatever feed is asked for."""
        times = [max(post.published_at, post.modified_at) for post in self.visible()]
        return max(times, default=self._now())

    def last_comment_at(self) -> datetime:
        return max((comment.at for post in self.visible() for comment in post.comments), default=self._now())

    def snapshot(self) -> dict[int, Post]:
        """All posts as they are now, to be shown again with `as_of`."""
        return dict(self._posts)

    @contextmanager
    def as_of(self, snapshot: dict[int, Post]) -> Iterator[None]:
        """Inside, the site shows what it showed then."""
        with self._lock:
            live, self._posts, self._sorted = self._posts, snapshot, None
            try:
                yield
            finally:
                self._posts, self._sorted = live, None

    def run_cron(self) -> None:
        """wp-cron, which each request that reaches WordPress starts: scheduled posts whose time has come appear."""
        for post in list(self._posts.values()):
            if post.status == "future" and post.published_at <= self._now():
                self._save(replace(post, status="publish"))
