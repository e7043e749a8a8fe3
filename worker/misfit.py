"""What a body is that is no feed, in words for the person who typed its address.

Owns the wording only: whether a body is a feed is decided in `parse`.
"""

import html
import re

_LOOK_AT = 65_536  # bytes; what a page is shows at its beginning
_TITLE = re.compile(r"<title[^<>]{0,500}>([^<]{0,500})", re.IGNORECASE)
_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]{0,80})", re.ASCII)
_HTML_START = re.compile(
    rb"\s*(?:<\?xml[^<>]{0,300}>\s*)?(?:<!--[^<>]{0,1000}-->\s*)*<(?:!doctype\s+html|html|head|body)[\s>]",
    re.IGNORECASE,
)
_FEED_START = re.compile(rb"<(?:rss|feed|rdf:RDF)[\s>]")
_ROOTS = {
    "urlset": "a sitemap",
    "sitemapindex": "a sitemap",
    "opml": "a list of feeds (OPML)",
    "svg": "a picture (SVG)",
}
_SIGNATURES = (
    (b"\x1f\x8b", "compressed data (gzip)"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
)
_WORDPRESS_ERROR = re.compile(
    rb"id=[\"']error-page[\"']|wp-die-message|error establishing a database connection", re.IGNORECASE
)
_PHP_ERROR = re.compile(rb"(?:fatal|parse) error(?:</b>)?:\s", re.IGNORECASE)


def is_html(body: bytes) -> bool:
    """The root element says so, and no feed begins further down."""
    return _HTML_START.match(body, 0, _LOOK_AT) is not None and not _FEED_START.search(body)


def describe(body: bytes, content_type: str) -> str:
    """One line without a full stop: what came instead of a feed."""
    begin = body[:_LOOK_AT]
    if not begin.strip(b"\0 \t\r\n"):
        return "an empty body instead of a feed"
    for signature, words in _SIGNATURES:
        if begin.startswith(signature):
            return f"{words} instead of a feed"
    if _WORDPRESS_ERROR.search(begin):
        return f"a WordPress error page{_titled(begin)} instead of a feed"
    if _PHP_ERROR.search(begin):
        return "a PHP error message instead of a feed"
    if is_html(begin) or ("html" in content_type.lower() and b"<" in begin):
        return f"an HTML page{_titled(begin)} instead of a feed"
    return _described_by_root(begin)


def _described_by_root(begin: bytes) -> str:
    root = _ROOT.search(begin)
    if root and begin.lstrip()[:1] == b"<":
        name = root[1].decode("ascii", "replace")
        return f"{_ROOTS.get(name.lower(), f'XML with the root <{name}>')} instead of a feed"
    return "something that is neither RSS, Atom nor JSON Feed"  # what it is instead is not shown: it may be private


def _titled(begin: bytes) -> str:
    found = _TITLE.search(begin.decode("utf-8", "replace"))
    title = _shown(html.unescape(found[1]).encode("utf-8", "replace")) if found else ""
    return f" (title “{title}”)" if title else ""


def _shown(data: bytes) -> str:
    """Foreign text for one line of a message: printable, short."""
    words = " ".join(data.decode("utf-8", "replace").split())
    printable = "".join(c if c.isprintable() else "?" for c in words)
    return printable if len(printable) <= 60 else f"{printable[:59]}…"
