"""Sitemaps in all forms that sites have them in."""

import gzip
from datetime import UTC, datetime

import pytest

from worker.errors import NotAFeed, ParseError, TooMuch
from worker.sitemap import Place, read_sitemap, unpacked

URL = "https://x.example/sitemap.xml"


def read(body: bytes | str) -> object:
    raw = body.encode() if isinstance(body, str) else body
    found = read_sitemap(raw, url=URL, timezone="Europe/Berlin")
    assert unpacked(found.packed()) == found
    return found.is_index, list(found.places)


def urlset(inner: str, before: str = "") -> str:
    return f'<?xml version="1.0"?>{before}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inner}</urlset>'


def test_an_index_and_a_list_of_addresses() -> None:
    index = (
        "<sitemapindex><sitemap><loc>https://x.example/a.xml</loc><lastmod>2025-12-03T15:35:00+00:00</lastmod></sitemap>"
        "<sitemap><loc> https://x.example/b.xml </loc></sitemap></sitemapindex>"
    )
    at = datetime(2025, 12, 3, 15, 35, tzinfo=UTC)
    assert read(index) == (
        True,
        [Place(url="https://x.example/a.xml", changed_at=at), Place(url="https://x.example/b.xml")],
    )
    assert read(urlset("<url><loc>https://x.example/1/?a=1&amp;b=2</loc></url><url><loc>/2/</loc></url>")) == (
        False,
        [Place(url="https://x.example/1/?a=1&b=2"), Place(url="https://x.example/2/")],
    )


def test_a_day_without_a_time_begins_on_the_sources_clock() -> None:
    [place] = read(urlset("<url><loc>https://x.example/1/</loc><lastmod>2025-12-03</lastmod></url>"))[1]  # type: ignore[index]
    assert place.changed_at == datetime(2025, 12, 2, 23, tzinfo=UTC)


def test_what_else_an_entry_holds_is_no_address() -> None:
    picture = "<image:image xmlns:image='i'><image:loc>https://x.example/1.jpg</image:loc></image:image>"
    found = read(urlset(f"<url>{picture}<loc>https://x.example/1/</loc><priority>0.5</priority></url>"))
    assert found == (False, [Place(url="https://x.example/1/")])


def test_gzip_and_plain_text_and_robots() -> None:
    packed = gzip.compress(urlset("<url><loc>https://x.example/1/</loc></url>").encode())
    assert read(packed) == (False, [Place(url="https://x.example/1/")])
    assert read("https://x.example/1/\n# x\nhttps://x.example/2/\n") == (
        False,
        [Place(url="https://x.example/1/"), Place(url="https://x.example/2/")],
    )
    robots = "User-agent: *\nDisallow: /wp-admin/\n\nsitemap: https://x.example/wp-sitemap.xml\nSitemap: /b.xml"
    assert read(robots) == (
        True,
        [Place(url="https://x.example/wp-sitemap.xml"), Place(url="https://x.example/b.xml")],
    )


def test_what_was_cut_off_is_read_as_far_as_it_goes() -> None:
    body = urlset("<url><loc>https://x.example/1/</loc></url><url><loc>https://x.example/2/</loc></url>")
    assert read(body[: body.index("2/</loc>")]) == (False, [Place(url="https://x.example/1/")])


@pytest.mark.parametrize(
    "loc", ["javascript:alert(1)", "", "ftp://x.example/", "https://anna:geheim@x.example/", "http://[", "/" * 3000]
)
def test_what_is_no_address_is_left_out(loc: str) -> None:
    found = read(urlset(f"<url><loc>{loc}</loc></url><url><loc>https://x.example/1/</loc></url>"))
    assert found == (False, [Place(url="https://x.example/1/")])


@pytest.mark.parametrize(
    "body",
    [b"", b"nothing here", b"<html><body>404</body></html>", b"<rss/>", b"\x1f\x8bxx", b"<urlset", b"User-agent: *"],
)
def test_what_is_no_sitemap(body: bytes) -> None:
    with pytest.raises(ParseError):
        read(body)


def test_entities_and_bombs() -> None:
    laughs = "<!DOCTYPE u [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]>"
    with pytest.raises(NotAFeed, match="entities"):
        read(urlset("<url><loc>&b;</loc></url>", laughs))
    with pytest.raises(TooMuch):
        read(gzip.compress(b" " * (51 * 2**20)))
    with pytest.raises(TooMuch):
        read(urlset("<url><loc>/1</loc></url>" * 50_001))
