"""The test site's REST API, as WordPress 6.1 answers under /wp-json/: posts with their filters, categories and tags.

It reads posts from the newsroom; how one post looks is in `wordpress_pages.py`.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests import wordpress_pages as pages
from tests.wordpress_feeds import Look, Post, slugify
from tests.wordpress_http import Answer, Asked, json_answer, number_of
from tests.wordpress_posts import Newsroom

POSTS_PATH = re.compile(r"/wp-json/wp/v2/posts(?:/(\d{1,18}))?/?")
TERMS_PATH = re.compile(r"/wp-json/wp/v2/(categories|tags)/?")
TIMES = ("after", "before", "modified_after", "modified_before")
TERM_KINDS = {"categories": "category", "tags": "tag"}


def terms_of(post: Post, kind: str) -> tuple[str, ...]:
    """The post's names of a kind: category, tag or author."""
    return {"category": post.categories, "tag": post.tags, "author": (post.author,)}[kind]


def rest_answer(newsroom: Newsroom, look: Look, asked: Asked) -> Answer:
    if asked.path.rstrip("/") == "/wp-json":
        return json_answer(200, {"name": look.title, "url": look.url, "namespaces": ["oembed/1.0", "wp/v2"]})
    if found := TERMS_PATH.fullmatch(asked.path):
        return _terms(newsroom, look, found[1], asked)
    if not (found := POSTS_PATH.fullmatch(asked.path)):
        return refusal(404, "rest_no_route")
    return _one(newsroom, look, int(found[1]), asked) if found[1] else _list(newsroom, look, asked)


def refusal(status: int, code: str) -> Answer:
    return json_answer(status, {"code": code, "message": "Ungültige(r) Parameter", "data": {"status": status}})


# -- posts --------------------------------------------------------------------------------------------------------------


def _one(newsroom: Newsroom, look: Look, post_id: int, asked: Asked) -> Answer:
    """What is deleted does not exist; what lies in the trash, or is still to come, is not for visitors."""
    if post_id not in newsroom.snapshot():
        return refusal(404, "rest_post_invalid_id")
    post = newsroom.find(post_id)
    return json_answer(200, _shown(newsroom, look, [post], asked)[0]) if post else refusal(401, "rest_forbidden")


def _list(newsroom: Newsroom, look: Look, asked: Asked) -> Answer:
    query = asked.query
    if not _is_valid(query):
        return refusal(400, "rest_invalid_param")
    per_page, page = number_of(query.get("per_page", "10")), number_of(query.get("page", "1"))
    posts = _sorted([post for post in newsroom.visible() if _fits(newsroom, post, query)], query)
    total_pages = math.ceil(len(posts) / per_page)
    if page > max(total_pages, 1):
        return refusal(400, "rest_post_invalid_page_number")
    totals = {"X-WP-Total": str(len(posts)), "X-WP-TotalPages": str(total_pages)}
    part = posts[(page - 1) * per_page : page * per_page]
    return json_answer(200, _shown(newsroom, look, part, asked), totals)


def _is_valid(query: Mapping[str, str]) -> bool:
    per_page, page = number_of(query.get("per_page", "10")), number_of(query.get("page", "1"))
    if not 1 <= per_page <= 100 or page < 1 or query.get("status", "publish") != "publish":
        return False
    try:
        for name in TIMES:
            _moment(query.get(name, "2000-01-01"))
    except ValueError:
        return False
    lists = ("include", "exclude", "categories", "tags")
    return all(number_of(part) for name in lists for part in _parts(query.get(name, "")))


def _fits(newsroom: Newsroom, post: Post, query: Mapping[str, str]) -> bool:
    if (slugs := _parts(query.get("slug", ""))) and post.slug not in slugs:
        return False
    if (wanted := _numbers(query, "include")) and post.id not in wanted:
        return False
    for name, kind in TERM_KINDS.items():
        wanted = _numbers(query, name)
        if wanted and not wanted & {_term_ids(newsroom)[f"{kind}:{term}"] for term in terms_of(post, kind)}:
            return False
    return post.id not in _numbers(query, "exclude") and _in_time(post, query)


def _in_time(post: Post, query: Mapping[str, str]) -> bool:
    """The limits themselves are outside; without a zone they are UTC."""
    for prefix, moment in (("", post.published_at), ("modified_", post.modified_at)):
        after, before = query.get(f"{prefix}after"), query.get(f"{prefix}before")
        if (after and moment <= _moment(after)) or (before and moment >= _moment(before)):
            return False
    return True


def _sorted(posts: list[Post], query: Mapping[str, str]) -> list[Post]:
    """Newest first unless asked otherwise."""
    order = query.get("orderby", "date")
    if order == "modified":
        posts.sort(key=lambda post: post.modified_at, reverse=True)
    if order == "id":
        posts.sort(key=lambda post: post.id, reverse=True)
    if order == "include":
        places = {number: place for place, number in enumerate(_parts(query.get("include", "")))}
        return sorted(posts, key=lambda post: places.get(str(post.id), 0))
    return posts[::-1] if query.get("order") == "asc" else posts


def _shown(newsroom: Newsroom, look: Look, posts: list[Post], asked: Asked) -> list[dict[str, Any]]:
    fields = _parts(asked.query.get("_fields", ""))
    embed = "_embed" in asked.query and (not fields or {"_links", "_embedded"} <= set(fields))
    ids = _term_ids(newsroom)
    shown = [pages.rest_post(post, look, ids, embed=embed) for post in posts]
    return [_only(one, fields) for one in shown] if fields else shown


def _only(post: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    """`_fields=id,title.rendered`: what was named, whole or a part of it."""
    kept: dict[str, Any] = {}
    for name in fields:
        outer, _, inner = name.partition(".")
        if outer not in post:
            continue
        if not inner:
            kept[outer] = post[outer]
        elif isinstance(post[outer], dict) and inner in post[outer]:
            kept.setdefault(outer, {})[inner] = post[outer][inner]
    return kept


# -- terms --------------------------------------------------------------------------------------------------------------


def _terms(newsroom: Newsroom, look: Look, what: str, asked: Asked) -> Answer:
    """The most used first is not the default: WordPress sorts terms by name."""
    kind = TERM_KINDS[what]
    counts: dict[str, int] = {}
    for post in newsroom.visible():
        for name in terms_of(post, kind):
            counts[name] = counts.get(name, 0) + 1
    ids = _term_ids(newsroom)
    rows = [pages.rest_term(name, kind, ids, look) | {"count": counts[name]} for name in sorted(counts, key=slugify)]
    per_page, page = number_of(asked.query.get("per_page", "10")), number_of(asked.query.get("page", "1"))
    if not 1 <= per_page <= 100 or page < 1:
        return refusal(400, "rest_invalid_param")
    totals = {"X-WP-Total": str(len(rows)), "X-WP-TotalPages": str(math.ceil(len(rows) / per_page))}
    return json_answer(200, rows[(page - 1) * per_page : page * per_page], totals)


def _term_ids(newsroom: Newsroom) -> dict[str, int]:
    """Numbers by `kind:name`, the same from request to request: the oldest post's terms come first."""
    posts = sorted(newsroom.snapshot().values(), key=lambda post: post.id)
    names = [
        f"{kind}:{name}" for post in posts for kind in ("category", "tag", "author") for name in terms_of(post, kind)
    ]
    return {name: number for number, name in enumerate(dict.fromkeys(names), start=2)}


# -- values of a query --------------------------------------------------------------------------------------------------


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _numbers(query: Mapping[str, str], name: str) -> set[int]:
    return {number_of(part) for part in _parts(query.get(name, ""))}


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign in a query is a blank
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
