"""The test site against what was observed on a real WordPress 6.1: addresses, validators, edits, texts."""

import gzip
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import feedparser
import pytest
import requests

from tests.fakes import FakeClock
from tests.wordpress import WordPressSite
from tests.wordpress_feeds import slugify

HASEPOST = "https://www.hasepost.de"


@pytest.fixture
def site(clock: FakeClock) -> Iterator[WordPressSite]:
    with WordPressSite(HASEPOST, clock.now) as site:
        site.gzip = False
        yield site


@pytest.fixture
def full(site: WordPressSite, clock: FakeClock) -> WordPressSite:
    """25 posts, ten minutes apart, the last one now."""
    for number in range(1, 26):
        site.publish(f"Artikel {number}", categories=["Osnabrück"], tags=["Politik"], author="dts Nachrichtenagentur")
        if number < 25:
            clock.advance(minutes=10)
    return site


def get(site: WordPressSite, path: str, **headers: str) -> requests.Response:
    sent = {"Accept-Encoding": "identity", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return requests.get(site.url + path, headers=sent, allow_redirects=False, timeout=5)


def titles(response: requests.Response) -> list[str]:
    return [entry.title for entry in parsed(response).entries]


def parsed(response: requests.Response) -> Any:
    return feedparser.parse(io.BytesIO(response.content), sanitize_html=False, resolve_relative_uris=False)


def validators(response: requests.Response) -> dict[str, str]:
    return {"If_None_Match": response.headers["ETag"], "If_Modified_Since": response.headers["Last-Modified"]}


def statuses(site: WordPressSite, before: requests.Response) -> list[int]:
    """The answers to the ETag only, the date only, and both."""
    both = validators(before)
    return [
        get(site, "/feed/", If_None_Match=both["If_None_Match"]).status_code,
        get(site, "/feed/", If_Modified_Since=both["If_Modified_Since"]).status_code,
        get(site, "/feed/", **both).status_code,
    ]


# -- addresses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/feed/",
        "/feed",
        "/feed/rss2/",
        "/?feed=rss2",
        "/feed/atom/",
        "/feed/rdf/",
        "/feed/?posts_per_page=50",
        "/feed/?paged=2",
        "/category/osnabrueck/feed/",
        "/tag/politik/feed/",
        "/author/dts-nachrichtenagentur/feed/",
        "/date/2025/12/03/feed/",
        "/date/2025/12/feed/?paged=2",
        "/?s=Artikel&feed=rss2",
        "/search/Artikel/feed/rss2/",
    ],
)
def test_feeds_show_ten_entries(full: WordPressSite, path: str) -> None:
    response = get(full, path)
    assert response.status_code == 200
    assert len(titles(response)) == 10
    assert not parsed(response).bozo


def test_pages_follow_each_other_and_end_in_404(full: WordPressSite) -> None:
    shown = [title for page in ("", "?paged=2", "?paged=3") for title in titles(get(full, f"/feed/{page}"))]
    assert shown == [f"Artikel {number}" for number in range(25, 0, -1)]
    past = get(full, "/feed/?paged=4")
    assert (past.status_code, past.headers["Content-Type"]) == (404, "application/rss+xml; charset=UTF-8")
    assert titles(past) == []


def test_a_mistyped_feed_is_empty_and_no_error(full: WordPressSite) -> None:
    response = get(full, "/category/gibt-es-nicht/feed/")
    assert (response.status_code, titles(response), parsed(response).feed.title) == (200, [], "HASEPOST")


@pytest.mark.parametrize("path", ["/2025/12/03/feed/", "/gibt-es-nicht/feed/", "/sitemap.xml", "/page/9/", "/x/amp/"])
def test_what_does_not_exist_is_404(full: WordPressSite, path: str) -> None:
    assert get(full, path).status_code == 404


def test_a_day_without_articles_is_an_empty_feed(full: WordPressSite) -> None:
    response = get(full, "/date/2025/11/30/feed/")
    assert (response.status_code, titles(response)) == (200, [])


def test_days_are_the_sites_own(site: WordPressSite) -> None:
    site.publish("Nach Mitternacht", at=datetime(2025, 12, 1, 23, 30, tzinfo=UTC))
    assert titles(get(site, "/date/2025/12/02/feed/")) == ["Nach Mitternacht"]
    assert titles(get(site, "/date/2025/12/01/feed/")) == []


def test_pages_shift_while_they_are_read(full: WordPressSite, clock: FakeClock) -> None:
    first = titles(get(full, "/feed/"))
    clock.advance(60)
    full.publish("Eilmeldung")
    assert titles(get(full, "/feed/?paged=2"))[0] == first[-1]


def test_comment_feeds_hold_comments(site: WordPressSite) -> None:
    post = site.publish("Stadtrat tagt")
    site.comment(post, "<p>Endlich ✨</p>", author="Leser & Sohn")
    whole, one = parsed(get(site, "/comments/feed/")), parsed(get(site, f"{post.path}feed/"))
    assert whole.entries[0].title == "Kommentar zu Stadtrat tagt von Leser & Sohn"
    assert one.entries[0].id == f"{HASEPOST}/?p={post.id}#comment-1"
    assert one.entries[0].link == f"{HASEPOST}{post.path}#comment-1"
    assert one.feed.title == "Kommentare zu: Stadtrat tagt"


# -- an entry -----------------------------------------------------------------------------------------------------------


def test_an_rss_item_of_the_sample_article(site: WordPressSite, clock: FakeClock) -> None:
    clock.advance(hours=4)
    site.publish(
        "Rutte: Nato hält Druck auf Russland für Ukraine hoch",
        '<p>Nach Gesprächen</p>\n<h2 class="wp-block-heading">Ziele</h2>\n<p>✨ durch KI bearbeitet.</p>',
        categories=["Deutschland & die Welt"],
        author="dts Nachrichtenagentur",
        at=datetime(2025, 12, 3, 15, 35, tzinfo=UTC),
        post_id=664206,
    )
    text = get(site, "/feed/").text
    url = f"{HASEPOST}/rutte-nato-haelt-druck-auf-russland-fuer-ukraine-hoch-664206/"
    assert "<title>Rutte: Nato hält Druck auf Russland für Ukraine hoch</title>" in text
    assert f"<link>{url}</link>" in text
    assert "<pubDate>Wed, 03 Dec 2025 15:35:00 +0000</pubDate>" in text
    assert "<category><![CDATA[Deutschland & die Welt]]></category>" in text
    assert f'<guid isPermaLink="false">{HASEPOST}/?p=664206</guid>' in text
    assert 'emoji/14.0.0/72x72/2728.png" alt="✨" class="wp-smiley"' in text
    assert "<description><![CDATA[Nach Gesprächen Ziele ✨ durch KI bearbeitet.]]></description>" in text
    assert f"<wfw:commentRss>{url}feed/</wfw:commentRss>" in text


def test_tags_follow_categories_each_sorted_by_name(site: WordPressSite) -> None:
    site.publish("X", categories=["Polizei und Feuerwehr", "Osnabrück"], tags=["Politik", "Fußball"])
    entry = parsed(get(site, "/feed/")).entries[0]
    assert [tag.term for tag in entry.tags] == ["Osnabrück", "Polizei und Feuerwehr", "Fußball", "Politik"]
    site.publish("Ohne Rubrik", "")
    assert [tag.term for tag in parsed(get(site, "/feed/")).entries[0].tags] == ["Allgemein"]


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        (
            'Müller & Söhne: "Wir bleiben" – Umsatz < 5 % > Vorjahr',
            "Müller &#038; Söhne: &#8222;Wir bleiben&#8220; – Umsatz &lt; 5 % &gt; Vorjahr",
        ),
        ("Wie geht's weiter...", "Wie geht&#8217;s weiter&#8230;"),
        ("Hafen -- Radweg", "Hafen &#8212; Radweg"),
        ("Ein <em>großer</em> Tag", "Ein großer Tag"),
        ("Weich\u00adheit und Null\u200bbreite", "Weich\u00adheit und Null\u200bbreite"),
        ("✨ Glanz", "✨ Glanz"),
    ],
)
def test_titles_have_numeric_entities_and_no_tags(site: WordPressSite, title: str, shown: str) -> None:
    site.publish(title)
    assert f"\t\t<title>{shown}</title>" in get(site, "/feed/").text


def test_texts_as_feeds_carry_them(site: WordPressSite) -> None:
    site.publish(
        "A", '<p>a --- b ]]> [hase_werbung id="7"]</p><script>let x = 1;</script><!--nextpage--><p>Seite 2</p>'
    )
    text = get(site, "/feed/").text
    assert "<p>a &#8212; b ]]&gt; [hase_werbung id=&#8220;7&#8220;]</p><script>" in text
    assert "Seite 2" not in text
    assert "let x" not in parsed(get(site, "/feed/")).entries[0].summary


def test_excerpts(site: WordPressSite) -> None:
    site.publish("Lang", f"<p>{'Wort ' * 80}</p>")
    description = parsed(get(site, "/feed/")).entries[0].summary
    assert description == f"{'Wort ' * 55}[&#8230;]"
    site.look.use_excerpt = True
    assert "content:encoded>" not in get(site, "/feed/").text
    site.publish("Von Hand", "<p>x</p>", excerpt="Kurz und <b>gut</b>")
    assert "<![CDATA[Kurz und <b>gut</b>]]>" in get(site, "/feed/").text


def test_an_article_without_text(site: WordPressSite) -> None:
    site.publish("Leer", "")
    text = get(site, "/feed/").text
    assert "<description><![CDATA[]]></description>" in text
    assert "<content:encoded><![CDATA[]]></content:encoded>" in text


def test_yoast_signs_text_and_description(site: WordPressSite) -> None:
    site.look.yoast = True
    post = site.publish("A & B")
    footer = f'<p>Der Beitrag <a href="{site.link(post)}">A &#038; B</a> erschien zuerst auf <a href="{HASEPOST}">'
    assert get(site, "/feed/").text.count(footer) == 2
    assert "NewsArticle" in get(site, post.path).text


def test_atom_shows_edits(site: WordPressSite, clock: FakeClock) -> None:
    post = site.publish("A", categories=["Deutschland & die Welt"])
    clock.advance(minutes=5)
    site.edit(post, html="<p>Neu.</p>")
    response = get(site, "/feed/atom/")
    assert response.headers["Content-Type"] == "application/atom+xml; charset=UTF-8"
    assert "<updated>2025-12-03T12:05:00Z</updated>\n\t\t<published>2025-12-03T12:00:00Z</published>" in response.text
    assert 'term="Deutschland &amp; die Welt"' in response.text
    assert "<![CDATA[<p>Neu.</p>]]>" in response.text


@pytest.mark.parametrize(
    ("moment", "utc", "local"),
    [
        (datetime(2025, 3, 30, 0, 59, 59, tzinfo=UTC), "00:59:59", "2025-03-30T01:59:59"),
        (datetime(2025, 3, 30, 1, 0, tzinfo=UTC), "01:00:00", "2025-03-30T03:00:00"),
        (datetime(2025, 10, 26, 0, 30, tzinfo=UTC), "00:30:00", "2025-10-26T02:30:00"),
        (datetime(2025, 10, 26, 1, 30, tzinfo=UTC), "01:30:00", "2025-10-26T02:30:00"),
    ],
)
def test_days_of_clock_change(site: WordPressSite, moment: datetime, utc: str, local: str) -> None:
    site.publish("Uhr", at=moment)
    assert f" {utc} +0000</pubDate>" in get(site, "/feed/").text
    shown = get(site, "/wp-json/wp/v2/posts").json()[0]
    assert (shown["date"], shown["date_gmt"][11:]) == (local, utc)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Größe zählt: Maß & Übermaß!", "groesse-zaehlt-mass-uebermass"),
        ("Café – 2.500 Gäste", "cafe-2-500-gaeste"),
        ("✨ Glanz", "%e2%9c%a8-glanz"),
        ("a" * 300, "a" * 200),
    ],
)
def test_slugs(title: str, slug: str) -> None:
    assert slugify(title) == slug


def test_the_same_title_twice_and_an_emoji_in_the_address(site: WordPressSite) -> None:
    site.publish("Wetter", post_id=1)
    assert site.publish("Wetter", post_id=2).path == "/wetter-2-2/"
    glitter = site.publish("✨ Glanz", post_id=3)
    assert get(site, glitter.path).status_code == 200


# -- conditional requests -----------------------------------------------------------------------------------------------


def test_validators_that_fit(full: WordPressSite) -> None:
    before = get(full, "/feed/")
    assert statuses(full, before) == [304, 304, 304]
    assert get(full, "/feed/", **validators(before)).content == b""


def test_both_must_fit_when_both_are_sent(full: WordPressSite) -> None:
    both = validators(get(full, "/feed/"))
    older = {**both, "If_Modified_Since": "Wed, 03 Dec 2025 11:00:00 GMT"}
    other = {**both, "If_None_Match": '"0123456789abcdef"'}
    assert [get(full, "/feed/", **sent).status_code for sent in (older, other)] == [200, 200]


def test_etags_are_compared_as_strings(full: WordPressSite) -> None:
    etag = get(full, "/feed/").headers["ETag"]
    sent = [f"W/{etag}", f'{etag}, "other"', etag.strip('"')]
    assert [get(full, "/feed/", If_None_Match=value).status_code for value in sent] == [200, 200, 200]
    assert get(full, "/feed/", If_Modified_Since="Wed, 03 Dec 2036 11:00:00 GMT").status_code == 304
    assert get(full, "/feed/", If_Modified_Since="gestern").status_code == 200


@pytest.mark.parametrize("path", ["/feed/?paged=2", "/category/osnabrueck/feed/", "/feed/atom/", "/category/x/feed/"])
def test_one_etag_for_all_feeds(full: WordPressSite, path: str) -> None:
    assert get(full, path, **validators(get(full, "/feed/"))).status_code == 304


def test_gzip_weakens_the_etag_and_it_is_not_taken_back(full: WordPressSite) -> None:
    full.gzip = True
    first = requests.get(f"{full.url}/feed/", timeout=5)
    assert first.headers["ETag"].startswith('W/"')
    assert first.headers["Content-Encoding"] == "gzip"
    assert len(titles(first)) == 10
    again = requests.get(f"{full.url}/feed/", headers={"If-None-Match": first.headers["ETag"]}, timeout=5)
    assert again.status_code == 200
    stripped = {"If-None-Match": first.headers["ETag"].removeprefix("W/")}
    kept = requests.get(f"{full.url}/feed/", headers=stripped, timeout=5)
    assert (kept.status_code, kept.headers["ETag"]) == (304, stripped["If-None-Match"])


def test_what_a_change_shows_to_a_visitor_with_validators(full: WordPressSite, clock: FakeClock) -> None:
    old = full.post(664202)

    def after(change: Callable[[], object]) -> list[int]:
        before = get(full, "/feed/")
        clock.advance(60)
        change()
        return statuses(full, before)

    assert after(lambda: full.publish("Neu")) == [200, 200, 200]
    assert after(lambda: full.edit(old, html="<p>weit unten geändert</p>")) == [200, 200, 200]
    assert after(lambda: full.rename(old, "anders")) == [200, 200, 200]
    assert after(lambda: full.back_date("Rückdatiert")) == [304, 304, 304]
    assert after(lambda: full.comment(old)) == [304, 304, 304]


def test_a_second_post_in_the_same_second_is_hidden(site: WordPressSite) -> None:
    site.publish("Erster")
    before = get(site, "/feed/")
    site.publish("Zweiter")
    assert statuses(site, before) == [304, 304, 304]
    assert titles(get(site, "/feed/")) == ["Zweiter", "Erster"]


@pytest.mark.parametrize("how", ["trash", "delete"])
def test_last_modified_goes_back_when_the_newest_goes(full: WordPressSite, clock: FakeClock, how: str) -> None:
    newest = full.publish("Weg damit", at=clock.advance(60))
    before = get(full, "/feed/")
    getattr(full, how)(newest)
    assert statuses(full, before) == [200, 304, 200]
    assert get(full, "/feed/").headers["Last-Modified"] < before.headers["Last-Modified"]
    assert get(full, newest.path).status_code == 404
    assert get(full, f"/?p={newest.id}").status_code == 404


def test_out_of_the_trash_at_the_same_address(full: WordPressSite, clock: FakeClock) -> None:
    post = full.trash(full.publish("Hin und zurück"))
    before = get(full, "/feed/")
    clock.advance(60)
    full.untrash(post)
    assert statuses(full, before) == [200, 200, 200]
    assert get(full, post.path).status_code == 200


def test_scheduled_posts_come_one_request_late(full: WordPressSite, clock: FakeClock) -> None:
    before = get(full, "/feed/")
    full.schedule("Um elf", at=clock.now() + timedelta(minutes=5))
    clock.advance(minutes=6)
    assert [get(full, "/feed/", **validators(before)).status_code for _ in range(2)] == [304, 200]
    assert titles(get(full, "/feed/"))[0] == "Um elf"


def test_less_than_a_minute_ahead_is_published_at_once(full: WordPressSite, clock: FakeClock) -> None:
    full.publish("Gleich", at=clock.now() + timedelta(seconds=50))
    response = get(full, "/feed/")
    assert titles(response)[0] == "Gleich"
    assert response.headers["Last-Modified"] == "Wed, 03 Dec 2025 16:00:50 GMT"


# -- edits and redirects ------------------------------------------------------------------------------------------------


def test_an_edit_changes_the_text_alone(full: WordPressSite, clock: FakeClock) -> None:
    before = parsed(get(full, "/feed/")).entries
    clock.advance(60)
    full.edit(full.post(664220), html="<p>Anders.</p>")
    after = parsed(get(full, "/feed/")).entries
    assert [(e.id, e.link, e.published) for e in before] == [(e.id, e.link, e.published) for e in after]
    assert "Anders." in [e.content[0].value for e in after][5]


def test_redirects_lead_to_the_current_address(site: WordPressSite) -> None:
    post = site.rename(site.publish("Alter Name", post_id=77), "neuer-name")
    for path in (
        "/?p=77",
        "/alter-name-77/",
        "/alter-name-77",
        "/neuer-name-77",
        "/neuer-name-77/2/",
        "/neuer-name-77//",
    ):
        response = get(site, path)
        assert (response.status_code, response.headers["Location"]) == (301, site.link(post)), path
    assert get(site, "/neuer-name-99/").headers["Location"] == site.link(post)
    assert get(site, "/neuer-name-77/?utm_source=x").status_code == 200
    assert get(site, "/NEUER-NAME-77/").status_code == 200
    assert get(site, "/neuer-name-77/amp/").status_code == 404
    entry = parsed(get(site, "/feed/")).entries[0]
    assert (entry.id, entry.link) == (f"{HASEPOST}/?p=77", f"{HASEPOST}/neuer-name-77/")


def test_the_bare_host_leads_to_www(site: WordPressSite) -> None:
    response = get(site, "/feed/?paged=2", Host="hasepost.de")
    assert (response.status_code, response.headers["Location"]) == (301, f"{HASEPOST}/feed/?paged=2")


def test_links_lead_back_to_the_server_by_default() -> None:
    with WordPressSite() as site:
        post = site.publish("Hier")
        assert requests.get(f"{site.url}/?p={post.id}", timeout=5).url == site.link(post)


# -- pages, REST, troubles ----------------------------------------------------------------------------------------------


def test_an_article_page(site: WordPressSite) -> None:
    post = site.publish("Rutte: Nato -- hart", "<p>✨ Text</p>", categories=["Deutschland & die Welt"], post_id=5)
    text = get(site, post.path).text
    feeds = [line for line in text.splitlines() if "application/rss+xml" in line]
    assert f'title="HASEPOST &raquo; Feed" href="{HASEPOST}/feed/"' in feeds[0]
    assert 'title="HASEPOST &raquo; Kommentar-Feed"' in feeds[1]
    assert feeds[2].endswith(f'Kommentar-Feed" href="{site.link(post)}feed/" />')
    assert f'<link rel="canonical" href="{site.link(post)}" />' in text
    assert f"<link rel='shortlink' href='{HASEPOST}/?p=5' />" in text
    assert f'href="{HASEPOST}/wp-json/wp/v2/posts/5"' in text
    assert "<title>Rutte: Nato &#8212; hart &#8211; HASEPOST</title>" in text
    assert 'datetime="2025-12-03T13:00:00+01:00">3. Dezember 2025</time>' in text
    assert "<p>✨ Text</p>" in text


def test_list_pages_name_their_feeds(full: WordPressSite) -> None:
    assert 'HASEPOST &raquo; Feed" href="https://www.hasepost.de/feed/"' in get(full, "/").text
    assert 'href="https://www.hasepost.de/category/osnabrueck/feed/"' in get(full, "/category/osnabrueck/").text
    assert get(full, "/category/osnabrueck/page/3/").text.count("<article") == 5
    assert get(full, "/page/3").headers["Location"] == f"{HASEPOST}/page/3/"


def test_rest_lists_with_paging(full: WordPressSite) -> None:
    response = get(full, "/wp-json/wp/v2/posts?per_page=20&page=2&_embed=1")
    assert (response.headers["X-WP-Total"], response.headers["X-WP-TotalPages"]) == ("25", "2")
    assert "ETag" not in response.headers
    shown = response.json()
    assert [post["id"] for post in shown] == [664205, 664204, 664203, 664202, 664201]
    assert [[term["name"] for term in terms] for terms in shown[0]["_embedded"]["wp:term"]] == [
        ["Osnabrück"],
        ["Politik"],
    ]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("per_page=101", 400, "rest_invalid_param"),
        ("page=4", 400, "rest_post_invalid_page_number"),
        ("status=trash", 400, "rest_invalid_param"),
    ],
)
def test_rest_refuses(full: WordPressSite, query: str, status: int, code: str) -> None:
    response = get(full, f"/wp-json/wp/v2/posts?{query}")
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_rest_by_time_slug_and_id(full: WordPressSite, clock: FakeClock) -> None:
    clock.advance(60)
    full.edit(full.post(664201), title="A & B <neu>")
    by_edit = get(full, "/wp-json/wp/v2/posts?modified_after=2025-12-03T16:00:30Z").json()
    assert [post["id"] for post in by_edit] == [664201]
    assert len(get(full, "/wp-json/wp/v2/posts?after=2025-12-03T15:40:00Z").json()) == 2
    assert len(get(full, "/wp-json/wp/v2/posts?before=2025-12-03T13:20:00%2B01:00&order=asc").json()) == 2
    assert get(full, "/wp-json/wp/v2/posts?slug=artikel-3").json()[0]["id"] == 664203
    assert get(full, "/wp-json/wp/v2/posts/664201").json()["title"]["rendered"] == "A &#038; B <neu>"
    assert get(full, "/wp-json/wp/v2/posts/1").status_code == 404


def test_rest_can_be_closed(full: WordPressSite) -> None:
    full.rest = False
    assert get(full, "/wp-json/wp/v2/posts").status_code == 401


def test_sitemaps_list_the_oldest_first(full: WordPressSite) -> None:
    assert f"{HASEPOST}/wp-sitemap-posts-post-1.xml" in get(full, "/wp-sitemap.xml").text
    text = get(full, "/wp-sitemap-posts-post-1.xml").text
    assert text.index("/artikel-1-664201/") < text.index("/artikel-25-664225/")
    assert "lastmod" not in text


def test_maintenance_and_a_dead_database(full: WordPressSite) -> None:
    full.maintenance()
    response = get(full, "/feed/")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "600")
    assert response.headers["Content-Type"] == "text/html; charset=UTF-8"
    full.maintenance(on=False)
    full.down = True
    assert get(full, "/feed/").status_code == 500
    full.down = False
    assert get(full, "/feed/").status_code == 200


def test_requests_are_kept_and_may_set_things_off(site: WordPressSite) -> None:
    site.on_request = lambda path: site.publish("Neu") if path == "/feed/" else None
    assert titles(get(site, "/feed/", User_Agent="probe/1")) == ["Neu"]
    seen = site.requests[-1]
    assert (seen.method, seen.path, seen.status, seen.headers["user-agent"]) == ("GET", "/feed/", 200, "probe/1")


@pytest.mark.parametrize("zipped", [False, True])
def test_one_connection_serves_many_requests(full: WordPressSite, zipped: bool) -> None:
    full.gzip = True
    connection = HTTPConnection(urlsplit(full.url).netloc, timeout=5)
    for method, path in (("GET", "/feed/"), ("HEAD", "/feed/"), ("GET", "/nix"), ("GET", "/wp-json/wp/v2/posts")):
        connection.request(method, path, headers={"Accept-Encoding": "gzip"} if zipped else {})
        response = connection.getresponse()
        body = response.read()
        assert (response.getheader("Content-Encoding") == "gzip") is zipped
        if method == "HEAD":
            assert body == b""
        elif path.startswith("/wp-json"):
            assert len(json.loads(gzip.decompress(body) if zipped else body)) == 10
    connection.close()


# -- what a site may be like, too ---------------------------------------------------------------------------------------


def test_a_text_in_several_pages(site: WordPressSite) -> None:
    post = site.publish("Lang", "<p>Eins.</p><!--nextpage--><p>Zwei.</p><!--nextpage--><p>Drei.</p>")
    first, second = get(site, post.path).text, get(site, f"{post.path}2/")
    assert "Eins." in first
    assert "Zwei." not in first
    assert f'<a href="{site.link(post)}3/" class="post-page-numbers">3</a>' in first
    assert (second.status_code, "Zwei." in second.text, "Eins." in second.text) == (200, True, False)
    assert f'<link rel="canonical" href="{site.link(post)}2/" />' in second.text
    assert get(site, f"{post.path}4/").status_code == 301
    assert "Drei." in get(site, f"/wp-json/wp/v2/posts/{post.id}").json()["content"]["rendered"]


def test_rest_gives_only_the_fields_that_are_named(full: WordPressSite) -> None:
    [shown] = get(full, "/wp-json/wp/v2/posts?include=664205&_fields=id,title.rendered,categories&_embed=1").json()
    assert set(shown) == {"id", "title", "categories"}
    assert shown["title"] == {"rendered": "Artikel 5"}
    [shown] = get(full, "/wp-json/wp/v2/posts?include=664205&_fields=id,_links,_embedded&_embed=1").json()
    assert shown["_embedded"]["wp:term"][0][0]["name"] == "Osnabrück"


def test_rest_lists_named_posts_in_their_order_and_by_category(full: WordPressSite) -> None:
    extra = full.publish("Tor", categories=["Sport & Spiel"])
    named = get(full, "/wp-json/wp/v2/posts?include=664203,664225,664201&orderby=include&_fields=id").json()
    assert [post["id"] for post in named] == [664203, 664225, 664201]
    rubrics = get(full, "/wp-json/wp/v2/categories?per_page=100").json()
    assert [(one["name"], one["slug"], one["count"]) for one in rubrics] == [
        ("Osnabrück", "osnabrueck", 25),
        ("Sport &amp; Spiel", "sport-spiel", 1),
    ]
    found = get(full, f"/wp-json/wp/v2/posts?categories={rubrics[1]['id']}&exclude=1").json()
    assert [post["id"] for post in found] == [extra.id]


@pytest.mark.parametrize("query", ["after=gestern", "include=x", "per_page=0", "page=0"])
def test_rest_refuses_what_makes_no_sense(full: WordPressSite, query: str) -> None:
    assert get(full, f"/wp-json/wp/v2/posts?{query}").status_code == 400


def test_rest_hides_what_is_not_for_visitors(full: WordPressSite) -> None:
    full.trash(full.post(664201))
    full.delete(full.post(664202))
    refused = [get(full, f"/wp-json/wp/v2/posts/{number}") for number in (664201, 664202)]
    assert [(one.status_code, one.json()["code"]) for one in refused] == [
        (401, "rest_forbidden"),
        (404, "rest_post_invalid_id"),
    ]
    shown = get(full, "/wp-json/wp/v2/posts?per_page=100&include=664201,664202,664203").json()
    assert [post["id"] for post in shown] == [664203]


def test_a_frozen_cache_shows_the_past_with_its_validators(full: WordPressSite, clock: FakeClock) -> None:
    before = get(full, "/feed/")
    full.freeze(r"^/feed/$")
    clock.advance(600)
    full.publish("Neu")
    assert statuses(full, before) == [304, 304, 304]
    assert get(full, "/feed/").text == before.text
    assert titles(get(full, "/feed/?paged=1"))[0] == "Neu"
    full.thaw()
    assert titles(get(full, "/feed/"))[0] == "Neu"


def test_a_cached_answer_starts_no_cron(full: WordPressSite, clock: FakeClock) -> None:
    full.freeze()
    full.schedule("Später", at=clock.now() + timedelta(minutes=2))
    clock.advance(minutes=3)
    get(full, "/feed/")
    full.thaw()
    assert titles(get(full, "/feed/"))[0] == "Artikel 25"
    assert titles(get(full, "/feed/"))[0] == "Später"


def test_a_cache_that_always_says_304(full: WordPressSite, clock: FakeClock) -> None:
    before = get(full, "/feed/")
    clock.advance(60)
    full.publish("Neu")
    full.always_304 = True
    assert statuses(full, before) == [304, 304, 304]
    assert titles(get(full, "/feed/"))[0] == "Neu"


@pytest.mark.parametrize(("paging", "status", "first"), [("ignored", 200, ["Artikel 25"]), ("gone", 404, [])])
def test_a_site_without_older_pages(full: WordPressSite, paging: Any, status: int, first: list[str]) -> None:
    full.paging = paging
    response = get(full, "/feed/?paged=2")
    assert (response.status_code, titles(response)[:1]) == (status, first)


def test_a_site_without_archives_of_days(full: WordPressSite) -> None:
    full.day_archives = False
    assert get(full, "/date/2025/12/03/feed/").status_code == 404


@pytest.mark.parametrize("kind", ["", "atom/"])
def test_links_to_older_pages(full: WordPressSite, kind: str) -> None:
    full.history = "paged"
    path, shown = f"/feed/{kind}", []
    while path:
        feed = parsed(get(full, path))
        shown += [entry.title for entry in feed.entries]
        path = "".join(link.href.removeprefix(HASEPOST) for link in feed.feed.links if link.rel == "next")
    assert shown == [f"Artikel {number}" for number in range(25, 0, -1)]


def test_archived_documents_do_not_shift(full: WordPressSite, clock: FakeClock) -> None:
    full.history = "archive"
    path, shown = "/feed/", []
    while path:
        response = get(full, path)
        shown += titles(response)
        path = "".join(
            link.href.removeprefix(HASEPOST) for link in parsed(response).feed.links if link.rel == "prev-archive"
        )
        assert ("<fh:archive/>" in response.text) is (response.request.path_url != "/feed/")
    assert set(shown) == {f"Artikel {number}" for number in range(1, 26)}
    before = get(full, "/feed/archive/1/").text
    clock.advance(60)
    full.publish("Neu")
    assert titles(get(full, "/feed/archive/1/")) == [f"Artikel {number}" for number in range(10, 0, -1)]
    assert before.count("<item>") == 10


def test_sticky_posts_are_pinned_by_plugins_only(full: WordPressSite) -> None:
    full.stick(full.post(664201))
    assert titles(get(full, "/feed/"))[0] == "Artikel 25"
    full.pins_sticky = True
    assert titles(get(full, "/feed/"))[:2] == ["Artikel 1", "Artikel 25"]
    assert titles(get(full, "/feed/?paged=2"))[0] == "Artikel 15"


def test_other_themes_and_a_wall(site: WordPressSite) -> None:
    post = site.publish("Radweg", "<p>Der Radweg ist offen.</p>")
    site.look.theme = "soledad"
    text = get(site, post.path).text
    assert '<div class="inner-post-entry entry-content"' in text
    assert "<p>Der Radweg ist offen.</p>" in text
    site.look.wall = True
    walled = get(site, post.path)
    assert (walled.status_code, "Radweg ist offen" in walled.text) == (200, False)
    site.soft_404 = True
    assert get(site, "/gibt-es-nicht/").status_code == 200


def test_yoasts_sitemaps_say_when_something_changed(full: WordPressSite) -> None:
    full.look.yoast = True
    assert get(full, "/wp-sitemap.xml").status_code == 404
    assert f"<loc>{HASEPOST}/post-sitemap.xml</loc>" in get(full, "/sitemap_index.xml").text
    assert "<lastmod>2025-12-03T16:00:00+00:00</lastmod>" in get(full, "/post-sitemap.xml").text
    assert f"<loc>{HASEPOST}/category/osnabrueck/</loc>" in get(full, "/category-sitemap.xml").text
