"""What a page says of its site's feeds."""

import pytest

from worker.errors import NotAFeed
from worker.sitefeeds import Hint, SiteHints, read_site, unpacked

URL = "https://www.x.example/news/"


def read(html: str | bytes) -> SiteHints:
    body = html.encode() if isinstance(html, str) else html
    found = read_site(body, url=URL, content_type="text/html")
    assert unpacked(found.packed()) == found
    return found


def feeds(html: str) -> list[str]:
    return [hint.url for hint in read(html).feeds]


def test_link_tags_of_all_kinds_of_feeds() -> None:
    html = """<!doctype html><html><head><title> Stadt
      &amp; Land </title>
    <LINK REL='Alternate Home' TYPE='application/RSS+xml; charset=utf-8' TITLE="S &raquo; Feed" HREF="/feed/#top">
    <link rel=alternate type=application/atom+xml href=atom.xml>
    <link rel=alternate type="application/feed+json" href="//x.example/feed.json">
    <link rel=alternate type="application/json" href="/wp-json/wp/v2/pages/1">
    <link rel=stylesheet type="application/rss+xml" href="/no">
    <link rel="https://api.w.org/" href="https://www.x.example/wp-json/"></head>"""
    found = read(html)
    assert (found.title, found.api) == ("Stadt & Land", "https://www.x.example/wp-json/")
    assert found.feeds == (
        Hint(url="https://www.x.example/feed/", name="S » Feed"),
        Hint(url="https://www.x.example/news/atom.xml"),
        Hint(url="https://x.example/feed.json"),
    )


def test_relative_links_start_from_the_pages_base() -> None:
    assert feeds('<base href="/blog/"><link rel=alternate type="application/rss+xml" href="feed/">') == [
        "https://www.x.example/blog/feed/"
    ]


def test_each_address_once_under_its_first_name() -> None:
    link = '<link rel=alternate type="application/rss+xml" href="/feed/" title="{}">'
    assert read(link.format("") + link.format("A") + link.format("B")).feeds == (
        Hint(url="https://www.x.example/feed/", name="A"),
    )


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ('<a href="/category/os-kultur/">Kultur <b>pur</b></a>', ["https://www.x.example/category/os-kultur/"]),
        ('<a href="/category/a/b/page/3/">x</a>', ["https://www.x.example/category/a/b/"]),
        ('<a rel="category tag" href="/r/sport/">x</a>', ["https://www.x.example/r/sport/"]),
        ('<a href="https://x.example/kategorie/sport">x</a>', ["https://x.example/kategorie/sport"]),
        ('<a href="/category/">x</a>', []),
        ('<a href="/category/a/feed/">x</a>', []),
        ('<a href="/category/a/?page=2">x</a>', []),
        ('<a href="https://other.example/category/a/">x</a>', []),
        ('<a href="https://anna:geheim@www.x.example/category/a/">x</a>', []),
        ('<a href="javascript:category/a/">x</a>', []),
        ('<a href="http://[/category/a/">x</a>', []),
    ],
)
def test_links_to_categories(link: str, found: list[str]) -> None:
    assert [hint.url for hint in read(link).categories] == found


def test_wordpress_own_list_of_categories() -> None:
    listed = (
        '[{"name":"A &amp; B","link":"https:\\/\\/x.example\\/category\\/a\\/"},{"name":1,"link":"/b/"},{"link":5},7]'
    )
    assert read(listed).categories == (
        Hint(url="https://x.example/category/a/", name="A & B"),
        Hint(url="https://www.x.example/b/"),
    )


@pytest.mark.parametrize("body", ["[", '{"code":"rest_no_route"}', "[" * 100_000])
def test_json_of_another_kind(body: str) -> None:
    with pytest.raises(NotAFeed):
        read(body)


def test_any_bytes_are_a_page() -> None:
    assert read(b"") == read(b"\0\xff\xfe<a href=") == read("<div>" * 50_000) == SiteHints()
    flood = "".join(f'<link rel=alternate type="application/rss+xml" href="/{n}">' for n in range(1000))
    assert len(feeds(flood)) == 300
