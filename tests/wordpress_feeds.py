"""How the test site shows its posts in feeds: RSS 2.0, Atom and RDF, as WordPress 6.1 (de_DE) writes them.

Values in, text out. Pages and REST are in `wordpress_pages.py`; what is asked for, and whether it may be seen, is decided in `wordpress.py`.
"""

import html as entities
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import quote
from zoneinfo import ZoneInfo

EMOJI = "[\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u25aa-\u27bf\u2934-\u2b55\u3030\u303d\U0001f000-\U0001faff]"
EMOJI_SEQUENCE = re.compile(f"{EMOJI}\ufe0f?(?:\u200d{EMOJI}\ufe0f?)*")
TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    id: int
    author: str
    html: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A row of wp_posts. status: publish, future or trash. Times are aware UTC, to the second."""

    id: int
    title: str
    html: str
    slug: str
    categories: tuple[str, ...]
    tags: tuple[str, ...] = ()
    author: str = "Redaktion"
    excerpt: str = ""
    status: str = "publish"
    published_at: datetime
    modified_at: datetime
    comments: tuple[Comment, ...] = ()
    sticky: bool = False

    @property
    def path(self) -> str:
        return f"/{self.slug}-{self.id}/"


@dataclass(kw_only=True)
class Look:
    """The site's settings, as far as they change what is shown.

    url: of the home page, without the last slash; use_excerpt: feeds carry no full text; yoast: the plugin is on.
    theme: "twentytwentyone", or "soledad" with other classes and much around the text.
    wall: article pages show a consent banner instead of the article, with status 200.
    """

    url: str
    zone: ZoneInfo
    title: str = "HASEPOST"
    use_excerpt: bool = False
    yoast: bool = False
    theme: str = "twentytwentyone"
    wall: bool = False


# -- text ---------------------------------------------------------------------------------------------------------------


def slugify(text: str) -> str:
    """sanitize_title under de_DE: umlauts spelled out, emoji percent-encoded in lower case, at most 200 characters."""
    text = entities.unescape(TAG.sub("", text)).lower()
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        text = text.replace(umlaut, letters)
    text = "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))
    text = re.sub(r"[\s–—/.-]+", "-", re.sub(r"[^\w\s–—/.\U00002190-\U0001faff-]", "", text)).strip("-")
    cut = ""
    for mark in text:
        coded = quote(mark).lower()
        if len(cut) + len(coded) > 200:
            break
        cut += coded
    return cut.strip("-")


def by_name(names: Iterable[str]) -> list[str]:
    return sorted(names, key=slugify)


@lru_cache(maxsize=4096)
def texturize(html: str) -> str:
    """wptexturize: quotes, dashes and dots in running text, not in tags, become numeric entities."""
    return "".join(part if part.startswith("<") else _typographic(part) for part in re.split(r"(<[^<>]*>)", html))


def _typographic(text: str) -> str:
    text = text.replace("...", "&#8230;").replace("---", "&#8212;")
    text = re.sub(r"(?<!\S)--(?!\S)", "&#8212;", text).replace("--", "&#8211;")
    text = re.sub(r"(?<!\S)-(?!\S)", "&#8211;", text)
    text = re.sub(r'(^|[\s(\[>])"', r"\1&#8222;", text).replace('"', "&#8220;")
    text = re.sub(r"(^|[\s(\[>])'", r"\1&#8218;", text).replace("'", "&#8217;")
    return re.sub(r"&(?!#?\w+;)", "&#038;", text)


def shown_title(post: Post) -> str:
    """The title as HTML: tags kept, as themes and REST show it."""
    return texturize(post.title)


@lru_cache(maxsize=4096)
def feed_title(title: str) -> str:
    """The title in a feed: tags stripped, what is left of < and > escaped."""
    bare = re.sub(r"</?[a-zA-Z][^<>]*>", "", title)
    return _typographic(bare).replace("<", "&lt;").replace(">", "&gt;")


def content(post: Post, page: int = 1) -> str:
    """the_content: one page of the text, by `<!--nextpage-->`."""
    return texturize(pages_of(post)[page - 1])


def pages_of(post: Post) -> list[str]:
    return post.html.split("<!--nextpage-->")


def _feed_content(post: Post, look: Look) -> str:
    return _cdata(_smileys(content(post)) + _yoast_footer(post, look))


@lru_cache(maxsize=4096)
def _smileys(html: str) -> str:
    """wp_staticize_emoji: in feeds, each emoji becomes an image with the emoji as its alt text."""
    return EMOJI_SEQUENCE.sub(_smiley, html)


def _smiley(found: re.Match[str]) -> str:
    name = "-".join(f"{ord(mark):x}" for mark in found[0] if mark != "\ufe0f")
    url = f"https://s.w.org/images/core/emoji/14.0.0/72x72/{name}.png"
    return f'<img src="{url}" alt="{found[0]}" class="wp-smiley" style="height: 1em; max-height: 1em;" />'


def excerpt(post: Post) -> str:
    """The manual excerpt as it is, else 55 words of the text."""
    if post.excerpt:
        return post.excerpt
    bare = re.sub(r"<(script|style)[^<>]*>.*?</\1>", "", content(post), flags=re.DOTALL)
    words = TAG.sub(" ", bare).split()
    return " ".join(words[:55]) + (" [&#8230;]" if len(words) > 55 else "")


def _yoast_footer(post: Post, look: Look) -> str:
    if not look.yoast:
        return ""
    article = f'<a href="{look.url}{post.path}">{feed_title(post.title)}</a>'
    return f'\n<p>Der Beitrag {article} erschien zuerst auf <a href="{look.url}">{look.title}</a>.</p>\n'


def _cdata(text: str) -> str:
    return f"<![CDATA[{text.replace(']]>', ']]&gt;')}]]>"


def _terms(post: Post) -> list[str]:
    return by_name(post.categories) + by_name(post.tags)


def guid(post: Post, look: Look) -> str:
    return f"{look.url}/?p={post.id}"


def iso_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# -- feeds --------------------------------------------------------------------------------------------------------------


def rss2(look: Look, title: str, self_path: str, posts: list[Post], built_at: datetime, links: str = "") -> str:
    """links: more elements for the head, see `history_link`."""
    return _channel(look, title, self_path, "".join(_rss2_item(post, look) for post in posts), built_at, links)


def history_link(look: Look, rel: str, path: str) -> str:
    """RFC 5005: where the feed goes on. WordPress itself has none, plugins have."""
    return f'\n\t<atom:link href="{entities.escape(look.url + path)}" rel="{rel}" type="application/rss+xml" />'


def _channel(look: Look, title: str, self_path: str, items: str, built_at: datetime, links: str = "") -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"
\txmlns:content="http://purl.org/rss/1.0/modules/content/"
\txmlns:wfw="http://wellformedweb.org/CommentAPI/"
\txmlns:dc="http://purl.org/dc/elements/1.1/"
\txmlns:atom="http://www.w3.org/2005/Atom"
\txmlns:sy="http://purl.org/rss/1.0/modules/syndication/"
\txmlns:slash="http://purl.org/rss/1.0/modules/slash/"
\txmlns:fh="http://purl.org/syndication/history/1.0"
\t>

<channel>
\t<title>{title}</title>
\t<atom:link href="{entities.escape(look.url + self_path)}" rel="self" type="application/rss+xml" />{links}
\t<link>{look.url}</link>
\t<description>Die Zeitung f&#252;r Osnabr&#252;ck</description>
\t<lastBuildDate>{format_datetime(built_at)}</lastBuildDate>
\t<language>de</language>
\t<sy:updatePeriod>
\thourly\t</sy:updatePeriod>
\t<sy:updateFrequency>
\t1\t</sy:updateFrequency>
\t<generator>https://wordpress.org/?v=6.1.9</generator>
{items}
\t</channel>
</rss>
"""


def _rss2_item(post: Post, look: Look) -> str:
    url = look.url + post.path
    terms = "\n".join(f"\t\t<category>{_cdata(name)}</category>" for name in _terms(post))
    full = "" if look.use_excerpt else f"\t\t\t<content:encoded>{_feed_content(post, look)}</content:encoded>\n"
    return f"""\t<item>
\t\t<title>{feed_title(post.title)}</title>
\t\t<link>{url}</link>
\t\t\t\t\t<comments>{url}#{"comments" if post.comments else "respond"}</comments>
\t\t<dc:creator>{_cdata(post.author)}</dc:creator>
\t\t<pubDate>{format_datetime(post.published_at)}</pubDate>
{terms}
\t\t<guid isPermaLink="false">{guid(post, look)}</guid>
\t\t<description>{_cdata(excerpt(post) + _yoast_footer(post, look))}</description>
{full}\t\t\t<wfw:commentRss>{url}feed/</wfw:commentRss>
\t\t\t<slash:comments>{len(post.comments)}</slash:comments>
\t</item>"""


def comments_rss2(
    look: Look, title: str, self_path: str, comments: list[tuple[Post, Comment]], built_at: datetime, *, of_one: bool
) -> str:
    """A feed of comments: of one article, or of the whole site."""
    items = "".join(_comment_item(post, comment, look, of_one) for post, comment in comments)
    return _channel(look, title, self_path, items, built_at)


def _comment_item(post: Post, comment: Comment, look: Look, of_one: bool) -> str:
    author = entities.escape(comment.author)
    title = f"Von: {author}" if of_one else f"Kommentar zu {feed_title(post.title)} von {author}"
    return f"""\t<item>
\t\t<title>{title}</title>
\t\t<link>{look.url}{post.path}#comment-{comment.id}</link>
\t\t<dc:creator>{_cdata(comment.author)}</dc:creator>
\t\t<pubDate>{format_datetime(comment.at)}</pubDate>
\t\t<guid isPermaLink="false">{guid(post, look)}#comment-{comment.id}</guid>
\t\t<description>{_cdata(TAG.sub("", comment.html))}</description>
\t\t<content:encoded>{_cdata(_smileys(comment.html))}</content:encoded>
\t</item>
"""


def atom(look: Look, title: str, self_path: str, posts: list[Post], built_at: datetime, links: str = "") -> str:
    entries = "\n".join(_atom_entry(post, look) for post in posts)
    return f"""<?xml version="1.0" encoding="UTF-8"?><feed
\txmlns="http://www.w3.org/2005/Atom"
\txmlns:thr="http://purl.org/syndication/thread/1.0"
\txml:lang="de"
\txml:base="{look.url}/wp-atom.php">
\t<title type="text">{title}</title>
\t<subtitle type="text">Die Zeitung f&#252;r Osnabr&#252;ck</subtitle>
\t<updated>{iso_utc(built_at)}</updated>
\t<link rel="alternate" type="text/html" href="{look.url}" />
\t<id>{look.url}/feed/atom/</id>
\t<link rel="self" type="application/atom+xml" href="{entities.escape(look.url + self_path)}" />{links.replace("atom:", "")}
\t<generator uri="https://wordpress.org/" version="6.1.9">WordPress</generator>
{entries}
</feed>
"""


def _atom_entry(post: Post, look: Look) -> str:
    url = look.url + post.path
    terms = "".join(f'<category scheme="{look.url}" term="{entities.escape(name)}" />' for name in _terms(post))
    full = ""
    if not look.use_excerpt:
        full = f'\t\t<content type="html" xml:base="{url}">{_feed_content(post, look)}</content>\n'
    return f"""\t<entry>
\t\t<author><name>{entities.escape(post.author)}</name></author>
\t\t<title type="html">{_cdata(feed_title(post.title))}</title>
\t\t<link rel="alternate" type="text/html" href="{url}" />
\t\t<id>{guid(post, look)}</id>
\t\t<updated>{iso_utc(post.modified_at)}</updated>
\t\t<published>{iso_utc(post.published_at)}</published>
\t\t{terms}
\t\t<summary type="html">{_cdata(excerpt(post) + _yoast_footer(post, look))}</summary>
{full}\t\t<link rel="replies" type="application/atom+xml" href="{url}feed/atom/" thr:count="{len(post.comments)}" />
\t</entry>"""


def rdf(look: Look, title: str, self_path: str, posts: list[Post], built_at: datetime, _links: str = "") -> str:
    places = "".join(f'<rdf:li rdf:resource="{look.url}{post.path}"/>' for post in posts)
    items = "\n".join(_rdf_item(post, look) for post in posts)
    return f"""<?xml version="1.0" encoding="UTF-8"?><rdf:RDF
\txmlns="http://purl.org/rss/1.0/"
\txmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
\txmlns:dc="http://purl.org/dc/elements/1.1/"
\txmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel rdf:about="{entities.escape(look.url + self_path)}">
\t<title>{title}</title>
\t<link>{look.url}</link>
\t<description>Die Zeitung f&#252;r Osnabr&#252;ck</description>
\t<dc:date>{iso_utc(built_at)}</dc:date>
\t<items><rdf:Seq>{places}</rdf:Seq></items>
</channel>
{items}
</rdf:RDF>
"""


def _rdf_item(post: Post, look: Look) -> str:
    terms = "".join(f"<dc:subject>{_cdata(name)}</dc:subject>" for name in _terms(post))
    full = "" if look.use_excerpt else f"<content:encoded>{_feed_content(post, look)}</content:encoded>"
    return f"""<item rdf:about="{look.url}{post.path}">
\t<title>{feed_title(post.title)}</title>
\t<link>{look.url}{post.path}</link>
\t<dc:creator>{_cdata(post.author)}</dc:creator>
\t<dc:date>{iso_utc(post.published_at)}</dc:date>
\t{terms}
\t<description>{_cdata(excerpt(post) + _yoast_footer(post, look))}</description>
\t{full}
</item>"""
