"""How the test site shows its posts in a browser, in REST answers and in sitemaps, as WordPress 6.1 (de_DE) does.

Values in, text out, as in `wordpress_feeds.py`.
"""

import html as entities
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from tests.wordpress_feeds import Look, Post, by_name, content, excerpt, feed_title, guid, iso_utc, shown_title, slugify

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
MONTHS = ["Januar", "Februar", "März", "April", "Mai", "Juni"]
MONTHS += ["Juli", "August", "September", "Oktober", "November", "Dezember"]


def article_page(post: Post, look: Look) -> str:
    url = look.url + post.path
    links = [
        _feed_link(look, f"{shown_title(post)} Kommentar-Feed", f"{post.path}feed/"),
        f'<link rel="https://api.w.org/" href="{look.url}/wp-json/" />',
        f'<link rel="alternate" type="application/json" href="{look.url}/wp-json/wp/v2/posts/{post.id}" />',
        f'<link rel="canonical" href="{url}" />',
        f"<link rel='shortlink' href='{guid(post, look)}' />",
    ]
    if look.yoast:
        links += _yoast_head(post, look)
    return _page(look, f"{shown_title(post)} &#8211; {look.title}", links, _article(post, look, content(post)))


def _yoast_head(post: Post, look: Look) -> list[str]:
    published_at = post.published_at.astimezone(UTC).isoformat()
    graph = f'[{{"@type":"NewsArticle","@id":"{look.url}{post.path}#article","datePublished":"{published_at}"}}]'
    schema = f'{{"@context":"https://schema.org","@graph":{graph}}}'
    return [
        f'<meta property="og:title" content="{feed_title(post.title)}" />',
        f'<meta property="article:published_time" content="{published_at}" />',
        f'<script type="application/ld+json" class="yoast-schema-graph">{schema}</script>',
    ]


def list_page(look: Look, title: str, posts: list[Post], feed_path: str = "") -> str:
    """The home page, an archive, or one of their further pages. feed_path: the archive's own feed."""
    name = title.partition(" &#8211; ")[0]
    links = [_feed_link(look, f"{name} Kategorie-Feed", feed_path)] if feed_path else []
    return _page(look, title, links, "\n".join(_article(post, look, content(post)) for post in posts))


def error_page(look: Look, title: str) -> str:
    return _page(look, title, [], f"<h1>{title}</h1>")


def _page(look: Look, title: str, links: list[str], main: str) -> str:
    own = [_feed_link(look, "Feed", "/feed/"), _feed_link(look, "Kommentar-Feed", "/comments/feed/")]
    head = "\n".join([*own, *links])
    return f"""<!doctype html>
<html lang="de">
<head>
<meta charset="UTF-8" />
<title>{title}</title>
{head}
<meta name="generator" content="WordPress 6.1.9" />
</head>
<body>
<header><a href="{look.url}/" rel="home">{look.title}</a></header>
<main id="main" class="site-main">
{main}
</main>
<footer>Stolz präsentiert von <a href="https://de.wordpress.org/">WordPress</a>.</footer>
</body>
</html>
"""


def _feed_link(look: Look, name: str, path: str) -> str:
    title = f"{look.title} &raquo; {name}"
    return f'<link rel="alternate" type="application/rss+xml" title="{title}" href="{look.url}{path}" />'


def _article(post: Post, look: Look, body: str) -> str:
    local = post.published_at.astimezone(look.zone)
    classes = " ".join(f"category-{slugify(name)}" for name in by_name(post.categories))
    rubrics = "".join(
        f'<a href="{look.url}/category/{slugify(name)}/" rel="category tag">{entities.escape(name)}</a> '
        for name in by_name(post.categories)
    )
    author = f'<a href="{look.url}/author/{slugify(post.author)}/" rel="author">{entities.escape(post.author)}</a>'
    day = f"{local.day}. {MONTHS[local.month - 1]} {local.year}"
    return f"""<article id="post-{post.id}" class="post-{post.id} post type-post status-publish hentry {classes}">
<header class="entry-header"><h1 class="entry-title">{shown_title(post)}</h1></header>
<div class="entry-content">
{body}
</div>
<footer class="entry-footer"><time class="entry-date published updated" datetime="{local.isoformat()}">{day}</time>
Von {author} {rubrics}</footer>
</article>"""


# -- REST and sitemaps --------------------------------------------------------------------------------------------------


def rest_post(post: Post, look: Look, term_ids: Mapping[str, int], *, embed: bool) -> dict[str, object]:
    """One post of /wp-json/wp/v2/posts; terms as numbers, by name only with `_embed`."""
    shown: dict[str, object] = {
        "id": post.id,
        "date": _local_iso(post.published_at, look),
        "date_gmt": iso_utc(post.published_at)[:-1],
        "guid": {"rendered": guid(post, look)},
        "modified": _local_iso(post.modified_at, look),
        "modified_gmt": iso_utc(post.modified_at)[:-1],
        "slug": post.slug,
        "status": post.status,
        "type": "post",
        "link": look.url + post.path,
        "title": {"rendered": shown_title(post)},
        "content": {"rendered": content(post), "protected": False},
        "excerpt": {"rendered": f"<p>{excerpt(post)}</p>\n", "protected": False},
        "author": term_ids[f"author:{post.author}"],
        "featured_media": 0,
        "comment_status": "open",
        "ping_status": "open",
        "sticky": False,
        "template": "",
        "format": "standard",
        "meta": [],
        "categories": [term_ids[f"category:{name}"] for name in by_name(post.categories)],
        "tags": [term_ids[f"tag:{name}"] for name in by_name(post.tags)],
    }
    if embed:
        shown["_embedded"] = {
            "author": [{"id": term_ids[f"author:{post.author}"], "name": post.author, "slug": slugify(post.author)}],
            "wp:term": [
                [_rest_term(name, "category", term_ids) for name in by_name(post.categories)],
                [_rest_term(name, "tag", term_ids) for name in by_name(post.tags)],
            ],
        }
    return shown


def _rest_term(name: str, kind: str, term_ids: Mapping[str, int]) -> dict[str, object]:
    taxonomy = {"category": "category", "tag": "post_tag"}[kind]
    escaped = entities.escape(name, quote=False)
    return {"id": term_ids[f"{kind}:{name}"], "name": escaped, "slug": slugify(name), "taxonomy": taxonomy}


def _local_iso(moment: datetime, look: Look) -> str:
    return moment.astimezone(look.zone).strftime("%Y-%m-%dT%H:%M:%S")


def sitemap_index(look: Look) -> str:
    place = f"<sitemap><loc>{look.url}/wp-sitemap-posts-post-1.xml</loc></sitemap>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="{SITEMAP}">{place}</sitemapindex>\n'


def sitemap(look: Look, posts: Iterable[Post]) -> str:
    places = "".join(f"<url><loc>{look.url}{post.path}</loc></url>" for post in posts)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{SITEMAP}">{places}</urlset>\n'
