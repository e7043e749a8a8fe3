"""A newspaper's site with a memory: what visitors could read of each article, and for how long while somebody looked.

It is what an archive is held against. Editors' verbs are the site's own, except that each text says which version of the
article it is; `look` is called whenever something may have changed. It knows no worker.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tests.wordpress import WordPressSite
from tests.wordpress_feeds import Post

HOME = "https://www.hasepost.de"
RUBRICS = ("Osnabrück", "Sport", "Kultur")
FILLER = " ".join(f"Wort{number}" for number in range(60))  # longer than an excerpt
VERSION = re.compile(r"Fassung (\d+)\.")


@dataclass(kw_only=True)
class State:
    """One form in which an article could be read. until: None = it still can.

    watched_s: the longest stretch in which the site was well and a worker awake; in_window_s: the same, while it stood
    on the first page of the feed.
    """

    version: int
    slug: str
    since: datetime
    until: datetime | None = None
    watched_s: float = 0.0
    in_window_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Stay:
    """A time in which an article could be read without a break, in whatever states; watched_s: as in `State`."""

    since: datetime
    until: datetime | None
    watched_s: float


@dataclass(kw_only=True)
class Life:
    """All that visitors could read of one article, in order; a gap between two states = it was gone."""

    post_id: int
    published_at: datetime
    categories: tuple[str, ...]
    states: list[State] = field(default_factory=list)

    @property
    def is_shown(self) -> bool:
        return bool(self.states) and self.states[-1].until is None

    @property
    def first_shown_at(self) -> datetime:
        return self.states[0].since

    def stays(self) -> list[Stay]:
        found: list[Stay] = []
        for state in self.states:
            earlier = found.pop() if found and found[-1].until == state.since else None
            since, watched_s = (earlier.since, earlier.watched_s) if earlier else (state.since, 0.0)
            found.append(Stay(since=since, until=state.until, watched_s=max(watched_s, state.watched_s)))
        return found

    def was_shown(self, since: datetime, until: datetime) -> bool:
        """Whether it could be read during all of that time, its last instant included, in whatever state."""
        return any(stay.since <= since <= until and (stay.until is None or stay.until > until) for stay in self.stays())


class Newspaper:
    """The site and the list of all that it ever showed. now: the site's clock."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.site = WordPressSite(HOME, now)
        self.lives: dict[int, Life] = {}
        self._now = now
        self._versions: dict[int, int] = {}
        self._looked_at = -1

    # -- what editors do

    def publish(self, rubric: int = 0, at: datetime | None = None) -> Post:
        """Now, or with another date: dated back, or scheduled."""
        rubrics = [RUBRICS[rubric % len(RUBRICS)]]
        post = self.site.publish(
            f"Nachricht {len(self._versions)}", text_of(1), categories=rubrics, tags=["Stadt"], at=at
        )
        self._versions[post.id] = 1
        self.look()
        return post

    def edit(self, post: Post) -> None:
        self._versions[post.id] += 1
        self.site.edit(post, html=text_of(self._versions[post.id]))
        self.look()

    def rename(self, post: Post) -> None:
        stem = re.sub(r"-neu-\d+$", "", post.slug)
        self.site.rename(post, f"{stem}-neu-{int(self._now().timestamp())}")
        self.look()

    def trash(self, post: Post) -> None:
        self.site.trash(post)
        self.look()

    def untrash(self, post: Post) -> None:
        self.site.untrash(post)
        self.look()

    def delete(self, post: Post) -> None:
        self.site.delete(post)
        self.look()

    def in_trash(self) -> list[Post]:
        return [post for post in self.site.snapshot().values() if post.status == "trash"]

    # -- what visitors see

    def look(self) -> None:
        """Note what the feed could show now, through whatever cache stands before it."""
        if self._looked_at == self.site.changes:
            return
        now, self._looked_at = self._now(), self.site.changes
        shown = {post.id: post for post in self.site.shown_at("/feed/")}
        for life in self.lives.values():
            state = life.states[-1]
            if state.until is None and (life.post_id not in shown or _is_other(state, shown[life.post_id])):
                state.until = now
        for post in shown.values():
            life = self.lives.get(post.id) or Life(
                post_id=post.id, published_at=post.published_at, categories=post.categories
            )
            self.lives[post.id] = life
            if not life.is_shown:
                life.states.append(State(version=version_of(post.html), slug=post.slug, since=now))

    def watched(self, since: datetime) -> None:
        """A worker was awake since then, and the site was well."""
        now, first_page = self._now(), {post.id for post in self.site.shown_at("/feed/")[: self.site.posts_per_rss]}
        for life in self.lives.values():
            if life.is_shown:
                state = life.states[-1]
                stretch_s = (now - max(state.since, since)).total_seconds()
                state.watched_s = max(state.watched_s, stretch_s)
                if life.post_id in first_page:
                    state.in_window_s = max(state.in_window_s, stretch_s)

    def now_shown(self) -> list[Life]:
        """Newest first."""
        return [self.lives[post.id] for post in self.site.shown_at("/feed/")]


def text_of(version: int) -> str:
    return f"<p>Fassung {version}. {FILLER}</p><p>Ende {version}.</p>"


def version_of(text: str) -> int:
    """Which version a text is, as HTML or in a record; 0 if it does not say."""
    found = VERSION.search(text)
    return int(found[1]) if found else 0


def _is_other(state: State, post: Post) -> bool:
    return (state.version, state.slug) != (version_of(post.html), post.slug)
