"""An article's own page: bytes -> `ArticlePage`.

Owns the order of reading: characters, tree, what the head says, where the text is. Runs where foreign bytes do no harm.
Knows neither the feed nor the archive: whether this is the article at all is for `genuine.py` to say.
"""

import html as entities
from collections.abc import Mapping, Sequence

from bs4 import BeautifulSoup

from worker import fields, pagehead, text
from worker.encoding import to_utf8
from worker.errors import NotAFeed, TooMuch
from worker.fields import Fields
from worker.misfit import describe
from worker.model import ArticlePage, Evidence, Record, SourceRules
from worker.pagebody import find_text

MOST_BYTES = 4_000_000  # the largest page of 683 German ones has 1.9 MB
MOST_TAGS = 40_000  # as in a feed's entry; a news page has 1,000 to 4,000
_LOOK_AT = 65_536


def read_page(body: bytes, *, url: str, headers: Mapping[str, str], rules: SourceRules) -> ArticlePage:
    """Read an HTML page. url: the address that answered; headers: keys in lower case, only content-type counts.

    The text is taken by the source's selectors, else by trafilatura where it is installed, else it is the longest run
    of paragraphs. Raises: NotAFeed for what is no HTML, TooMuch. Nothing else, whatever the body.
    """
    content_type = fields.sound(headers.get("content-type"))
    if len(body) > MOST_BYTES or body.count(b"<") > MOST_TAGS:
        raise TooMuch(f"a page of {len(body) / 1_000_000:.1f} MB with {body.count(b'<')} tags; it is not read")
    source = _text_of(body, content_type)
    soup = BeautifulSoup(source, "lxml")
    head = pagehead.read(soup, url=url, zone=rules.timezone)
    found = find_text(soup, source, rules, article_body=head.article_body)
    return ArticlePage(
        url=url,
        canonical=head.canonical,
        short_url=head.short_url,
        title=head.titles[0] if head.titles else "",
        titles=head.titles,
        body=_without_title(found.markdown, head.titles),
        html=found.html,
        means=found.means,
        published_at=head.published_at,
        modified_at=head.modified_at,
        author=head.author,
        categories=head.categories,
        tags=head.tags,
        next_pages=head.next_pages,
        signs=head.signs,
    )


def evidence_of(record: Record, html: str) -> Evidence:
    """What is kept of a text that was taken from pages, for `parse.parse_evidence`: the record's own fields, and the HTML."""
    kept = Fields(
        base_url=record.url,
        link=record.url,
        guid=record.url,
        title=entities.escape(record.title, quote=False),
        content=html,
        full=True,
        published=(record.published_at.isoformat(),) if record.published_at_from == "feed" else (),
        categories=tuple(entities.escape(name, quote=False) for name in (*record.categories, *record.tags)),
        authors=(entities.escape(record.author, quote=False),) if record.author else (),
    )
    return Evidence(kind="page", body=kept.to_json(), content_type="application/json", base_url=record.url)


def _text_of(body: bytes, content_type: str) -> str:
    """Raises: NotAFeed."""
    declared = content_type if "charset" in content_type.lower() else _declared(body)
    source = fields.sound(to_utf8(body, declared).decode("utf-8", "replace"))
    if "<" not in source[:_LOOK_AT] or source.lstrip()[:1] in ("{", "["):
        raise NotAFeed(describe(body, content_type).replace("instead of a feed", "instead of a page"))
    return source


def _declared(body: bytes) -> str:
    """The page's own word on its characters, in the form of a content type."""
    start = body[:4096].lower()
    place = start.find(b"charset=")
    return start[place : place + 50].decode("ascii", "replace") if place >= 0 else ""


def _without_title(body: str, titles: Sequence[str]) -> str:
    """Pages repeat the title above the text; records have a place of its own for it."""
    first, _, rest = body.partition("\n\n")
    heading = first.removeprefix("## ")
    return rest if heading != first and text.fold(heading) in map(text.fold, titles) else body
