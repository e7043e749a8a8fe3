"""How the test site shows its posts in a browser, in REST answers and in sitemaps, as WordPress 6.1 (de_DE) does.

Values in, text out, as in `wordpress_feeds.py`.
"""

import html as entities
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from tests.wordpress_feeds import (
    Look,
    Post,
    by_name,
    content,
    excerpt,
    feed_title,
    guid,
    iso_utc,
    pages_of,
    shown_title,
    slugify,
    texturize,
)

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
SITEMAP_SIZE = 2000
CONSENT = """<div class="consent-layer" role="dialog">
<h2>Ihre Zustimmung ist erforderlich</h2>
<p>Wir und unsere 214 Partner verwenden Cookies und ähnliche Techniken, um Informationen auf Ihrem Gerät zu speichern und
abzurufen. Mit einem Klick auf „Alle akzeptieren“ willigen Sie in die Verarbeitung Ihrer Daten ein. Die Einwilligung können
Sie jederzeit mit Wirkung für die Zukunft widerrufen. Näheres steht in unserer Datenschutzerklärung und im Impressum.</p>
<button>Alle akzeptieren</button> <button>Einstellungen</button> <a href="/abo/">Werbefrei lesen im Abo</a>
</div>"""
MONTHS = ["Januar", "Februar", "März", "April", "Mai", "Juni"]
MONTHS += ["Juli", "August", "September", "Oktober", "November", "Dezember"]


def article_page(post: Post, look: Look, page: int = 1) -> str:
    """page: of a text that is cut into several by `<!--nextpage-->`."""
    url = look.url + post.path + (f"{page}/" if page > 1 else "")
    links = [
        _feed_link(look, f"{shown_title(post)} Kommentar-Feed", f"{post.path}feed/"),
        f'<link rel="https://api.w.org/" href="{look.url}/wp-json/" />',
        f'<link rel="alternate" type="application/json" href="{look.url}/wp-json/wp/v2/posts/{post.id}" />',
        f'<link rel="canonical" href="{url}" />',
        f"<link rel='shortlink' href='{guid(post, look)}' />",
    ]
    if look.yoast:
        links += _yoast_head(post, look)
    if look.wall:
        return _page(look, look.title, links, CONSENT)
    number = f" &#8211; Seite {page}" if page > 1 else ""
    body = content(post, page) + _page_links(post, look, page)
    return _page(look, f"{shown_title(post)}{number} &#8211; {look.title}", links, _article(post, look, body))


def _page_links(post: Post, look: Look, current: int) -> str:
    """wp_link_pages: numbers under the text, the one that is shown without a link."""
    count = len(pages_of(post))
    if count == 1:
        return ""
    numbers = []
    for number in range(1, count + 1):
        url = look.url + post.path + (f"{number}/" if number > 1 else "")
        shown = f'<span class="post-page-numbers current" aria-current="page">{number}</span>'
        numbers.append(shown if number == current else f'<a href="{url}" class="post-page-numbers">{number}</a>')
    return f'\n<p class="post-nav-links">Seiten: {" ".join(numbers)}</p>'


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
    if look.theme == "soledad":
        return _soledad(post, look, body, f'von {author} <time class="published">{day}</time>', rubrics)
    return f"""<article id="post-{post.id}" class="post-{post.id} post type-post status-publish hentry {classes}">
<header class="entry-header"><h1 class="entry-title">{shown_title(post)}</h1></header>
<div class="entry-content">
{body}
</div>
<footer class="entry-footer"><time class="entry-date published updated" datetime="{local.isoformat()}">{day}</time>
Von {author} {rubrics}</footer>
</article>"""


def _soledad(post: Post, look: Look, body: str, signed: str, rubrics: str) -> str:
    """A magazine theme: other classes, and around the text what is none of it."""
    return f"""<div class="penci-breadcrumb"><a href="{look.url}/">Startseite</a> &gt; Aktuell &gt; {shown_title(post)}</div>
<article id="post-{post.id}" class="post type-post status-publish">
<div class="header-standard"><div class="penci-standard-cat">{rubrics}</div>
<h1 class="post-title single-post-title entry-title">{shown_title(post)}</h1>
<div class="post-box-meta-single"><span class="author-post">{signed}</span> <span>217 Aufrufe</span></div></div>
<div class="post-entry blockquote-style-1"><div class="inner-post-entry entry-content" id="penci-post-entry-inner">
{body}
</div></div>
<div class="tags-share-box"><a href="#respond">0 Kommentare</a> <span>Teilen</span></div>
<div class="post-author"><h5>Über die Redaktion</h5><p>Die Redaktion schreibt über alles, was in der Stadt geschieht.</p></div>
<div class="post-related"><h4>Das könnte Sie auch interessieren</h4>
<p><a href="{look.url}/">Noch eine Nachricht, die mit dieser hier nichts zu tun hat und doch unter ihr steht.</a></p></div>
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
        "content": {"rendered": texturize(post.html), "protected": False},  # whole, with the marks between its pages
        "excerpt": {"rendered": f"<p>{excerpt(post)}</p>\n", "protected": False},
        "author": term_ids[f"author:{post.author}"],
        "featured_media": 0,
        "comment_status": "open",
        "ping_status": "open",
        "sticky": post.sticky,
        "template": "",
        "format": "standard",
        "meta": [],
        "categories": [term_ids[f"category:{name}"] for name in by_name(post.categories)],
        "tags": [term_ids[f"tag:{name}"] for name in by_name(post.tags)],
        "_links": {"self": [{"href": f"{look.url}/wp-json/wp/v2/posts/{post.id}"}]},
    }
    if embed:
        shown["_embedded"] = {
            "author": [{"id": term_ids[f"author:{post.author}"], "name": post.author, "slug": slugify(post.author)}],
            "wp:term": [
                [rest_term(name, "category", term_ids, look) for name in by_name(post.categories)],
                [rest_term(name, "tag", term_ids, look) for name in by_name(post.tags)],
            ],
        }
    return shown


def rest_term(name: str, kind: str, term_ids: Mapping[str, int], look: Look) -> dict[str, object]:
    """A category or tag; its name is HTML, also inside JSON."""
    taxonomy = {"category": "category", "tag": "post_tag"}[kind]
    link = f"{look.url}/{kind}/{slugify(name)}/"
    escaped = entities.escape(name, quote=False)
    return {
        "id": term_ids[f"{kind}:{name}"],
        "link": link,
        "name": escaped,
        "slug": slugify(name),
        "taxonomy": taxonomy,
    }


def _local_iso(moment: datetime, look: Look) -> str:
    return moment.astimezone(look.zone).strftime("%Y-%m-%dT%H:%M:%S")


def sitemap_answer(path: str, look: Look, posts: Sequence[Post]) -> str | None:
    """What stands at a sitemap's path, None if nothing does. posts: all visible ones."""
    oldest_first = sorted(posts, key=lambda post: post.id)
    kind = "post-sitemap" if look.yoast else "wp-sitemap-posts-post-"
    count = max(1, -(-len(oldest_first) // SITEMAP_SIZE))
    if path == ("/sitemap_index.xml" if look.yoast else "/wp-sitemap.xml"):
        numbers = ["" if look.yoast and number == 1 else number for number in range(1, count + 1)]
        names = [f"{kind}{number}.xml" for number in numbers]
        names += ["category-sitemap.xml" if look.yoast else "wp-sitemap-taxonomies-category-1.xml"]
        return _places("sitemapindex", "sitemap", [(f"{look.url}/{name}", "") for name in names])
    if path in ("/category-sitemap.xml", "/wp-sitemap-taxonomies-category-1.xml"):
        rubrics = by_name({name for post in posts for name in post.categories})
        return _places("urlset", "url", [(f"{look.url}/category/{slugify(name)}/", "") for name in rubrics])
    if not (found := re.fullmatch(rf"/{kind}(\d{{0,4}})\.xml", path)):
        return None
    number = int(found[1] or look.yoast)
    part = oldest_first[(number - 1) * SITEMAP_SIZE : number * SITEMAP_SIZE]
    return _places("urlset", "url", [_place(post, look) for post in part]) if 0 < number <= count else None


def _place(post: Post, look: Look) -> tuple[str, str]:
    """WordPress's own sitemaps say nothing of changes, Yoast's do."""
    return look.url + post.path, post.modified_at.astimezone(UTC).isoformat() if look.yoast else ""


def _places(outer: str, inner: str, places: Iterable[tuple[str, str]]) -> str:
    rows = "".join(
        f"<{inner}><loc>{url}</loc>{f'<lastmod>{at}</lastmod>' if at else ''}</{inner}>" for url, at in places
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{outer} xmlns="{SITEMAP}">{rows}</{outer}>\n'
