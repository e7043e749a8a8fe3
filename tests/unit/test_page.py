"""page: what is read of an article's own page, by which means, and that nothing but ParseError comes out of any bytes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.timing import check_cpu_s
from tests.wordpress import WordPressSite
from worker import pagebody
from worker.errors import NotAFeed, ParseError, TooMuch
from worker.model import ArticlePage, Record, SourceRules
from worker.page import evidence_of, read_page
from worker.parse import parse_evidence

URL = "https://www.stadtblatt.example/rat-beraet-7/"
RULES = SourceRules(name="stadtblatt", home="https://www.stadtblatt.example/", boilerplate=("Anzeige",))
TEXT = (
    "<p>Der Rat der Stadt hat am Dienstag beraten, lange und ohne Ergebnis ✨.</p><h2>Mehr Geld</h2>"
    "<ul><li>für Schulen</li><li>für Straßen</li></ul><p>Anzeige</p>"
    "<figure><img src='a.jpg'><figcaption>Foto: Beispiel</figcaption></figure>"
    "<p>Entschieden wird im Februar, nach einer Anhörung der Ortsräte und der Vereine.</p>"
)
BODY = (
    "Der Rat der Stadt hat am Dienstag beraten, lange und ohne Ergebnis ✨.\n\n## Mehr Geld\n\n- für Schulen\n- für Straßen"
    "\n\nEntschieden wird im Februar, nach einer Anhörung der Ortsräte und der Vereine."
)


def read(html: str | bytes, rules: SourceRules = RULES, url: str = URL, content_type: str = "text/html") -> ArticlePage:
    body = html.encode() if isinstance(html, str) else html
    return read_page(body, url=url, headers={"content-type": content_type}, rules=rules)


def around(main: str, head: str = "", body_class: str = "") -> str:
    return (
        f"<!doctype html><html><head><title>Rat berät – Stadtblatt</title>{head}</head><body class='{body_class}'>"
        "<nav><p>Startseite, Sport, Kultur, Wetter, Abo, Anzeigen, Kontakt und vieles andere mehr</p></nav>"
        f"<div class='cookie-notice'><p>{'Wir verwenden Cookies. ' * 30}</p></div><main>{main}</main>"
        f"<div id='comments'><p>{'Ein langer Kommentar. ' * 40}</p></div>"
        "<footer><p>Impressum und Datenschutz, und noch ein langer Satz über alles</p></footer></body></html>"
    )


@pytest.mark.parametrize("installed", [True, False])
def test_the_text_has_the_shape_that_feeds_have(installed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the extra is not installed."""
    if not installed:
        monkeypatch.setattr(pagebody, "_extractor", lambda: None)
    page = read(around(f"<h1>Rat berät</h1><div class='text'>{TEXT}</div>"))
    assert page.body == BODY
    assert page.means == "paragraphs"
    assert page.title == "Rat berät"


def test_selectors_of_the_source_come_first() -> None:
    rules = replace(RULES, selectors=(".nothing", ".lead, .text, .text p"))
    page = read(
        around(f"<p class='lead'>Vorspann des Artikels.</p>{'<p>x y z</p>' * 90}<div class='text'>{TEXT}</div>"), rules
    )
    assert page.body == f"Vorspann des Artikels.\n\n{BODY}"
    assert page.means == "selector"


def test_paragraphs_in_boxes_of_their_own_belong_together() -> None:
    boxes = "".join(f"<div><p>Satz Nummer {n} in einem Kasten.</p></div>" for n in range(5))
    assert read(around(f"<section>{boxes}</section>")).body.count("Satz") == 5


def test_structured_data_are_the_last_resort() -> None:
    data = '{"@graph": [{"@type": ["NewsArticle"], "articleBody": "Erster Absatz des Textes.\\n\\nZweiter Absatz des Textes."}]}'
    page = read(f"<html><head><script type='application/ld+json'>{data}</script></head><body><b>x</b></body></html>")
    assert (page.body, page.means) == ("Erster Absatz des Textes.\n\nZweiter Absatz des Textes.", "json-ld")


def test_a_page_of_wordpress_says_who_it_is() -> None:
    with WordPressSite(public_url="https://www.stadtblatt.example") as site:
        post = site.publish("Rat & Haushalt", TEXT, categories=["Politik"], at=datetime(2025, 7, 1, 10, tzinfo=UTC))
        answer = site.answer("GET", post.path, {})
    page = read(answer.body, url=f"https://www.stadtblatt.example{post.path}")
    assert page.canonical == f"https://www.stadtblatt.example{post.path}"
    assert page.short_url == f"https://www.stadtblatt.example/?p={post.id}"
    assert (page.title, page.author, page.categories) == ("Rat & Haushalt", "Redaktion", ("Politik",))
    assert page.published_at == datetime(2025, 7, 1, 10, tzinfo=UTC)


def test_a_theme_without_short_link_still_has_the_post_id() -> None:
    assert read(around(TEXT, body_class="single postid-7 x")).short_url == "https://www.stadtblatt.example/?p=7"
    head, article = f"<link rel='canonical' href='{URL}'>", f"<article id='post-9'>{TEXT}</article>"
    assert read(around(article, head=head)).short_url == "https://www.stadtblatt.example/?p=9"
    assert read(around(f"<article id='post-8'>a</article>{article}", head=head)).short_url == ""
    assert read(around(article)).short_url == "", "a list of one article"


def test_times_stand_in_marks_of_several_kinds() -> None:
    meta = (
        "<meta property='article:published_time' content='2025-12-03T15:35:00+00:00'>"
        "<meta property='article:modified_time' content='2025-12-03T16:00:00Z'>"
    )
    page = read(around(TEXT, head=meta))
    assert (page.published_at, page.modified_at) == (
        datetime(2025, 12, 3, 15, 35, tzinfo=UTC),
        datetime(2025, 12, 3, 16, tzinfo=UTC),
    )
    data = '<script type="application/ld+json">{"@type": "NewsArticle", "dateModified": "2025-12-03T17:00:00+01:00"}</script>'
    assert read(around(TEXT, head=data)).modified_at == datetime(2025, 12, 3, 16, tzinfo=UTC)


def test_further_pages_are_those_of_this_article() -> None:
    links = "<a href='/rat-beraet-7/2/'>2</a><a href='/rat-beraet-7/4/#top'>4</a><a href='/andere/2/'>2</a>"
    assert read(around(TEXT + links)).next_pages == tuple(
        f"https://www.stadtblatt.example/rat-beraet-7/{n}/" for n in (2, 3, 4)
    )
    assert read(around(TEXT + "<a href='/rat-beraet-7/2025/'>x</a>")).next_pages == ()
    endless = "".join(f"<a href='/rat-beraet-7/{n}/'>{n}</a>" for n in range(2, 900))
    assert len(read(around(TEXT + endless)).next_pages) == 19


@pytest.mark.parametrize(
    ("html", "sign"),
    [
        (around("<form><input type='password'></form>"), "login"),
        (around("<div id='challenge-form'>x</div>"), "challenge"),
        (around(TEXT, head="<meta name='robots' content='NOINDEX, follow'>"), "noindex"),
        (around("<h1>Nichts</h1>", body_class="error404"), "error"),
        (
            around(
                TEXT,
                head='<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":"False"}</script>',
            ),
            "paid",
        ),
    ],
)
def test_what_speaks_against_an_article_is_seen(html: str, sign: str) -> None:
    assert sign in read(html).signs
    assert read(around(TEXT)).signs == ()


def test_other_characters_are_read() -> None:
    page = around(TEXT).replace("✨", "x").replace("–", "-").replace("<head>", "<head><meta charset='iso-8859-15'>")
    assert "Ortsräte" in read(page.encode("iso-8859-15")).body
    assert (
        "Ortsräte" in read(page.replace("charset", "x").encode("cp1252"), content_type="text/html; charset=cp1252").body
    )


def test_evidence_gives_the_text_again() -> None:
    at = datetime(2025, 12, 3, 15, 35, tzinfo=UTC)
    record = Record(
        url=URL, url_key="k", title="A & B < C", published_at=at, author="Eva", categories=("X & Y",), tags=("Z",)
    )
    page = read(around(TEXT))
    entry = parse_evidence(evidence_of(record, page.html), RULES)
    assert (entry.title, entry.body, entry.url, entry.author) == (record.title, page.body, record.url, "Eva")
    assert (entry.published_at, entry.categories, entry.excerpt) == (at, ("X & Y", "Z"), False)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", NotAFeed),
        (b'{"a": "<p>"}', NotAFeed),
        (b"%PDF-1.4 ...", NotAFeed),
        (b"<" * 50_000, TooMuch),
        (b"<p>" + b"x" * 5_000_000, TooMuch),
    ],
)
def test_what_is_no_page_is_refused_in_words(body: bytes, error: type[ParseError]) -> None:
    with pytest.raises(error):
        read(body)


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 30_000 + "<p>tief unten steht ein Satz, der gelesen wird</p>",
        "<p><a href=x>" * 19_000,
        "<p>" + "<b>x" * 30_000,
        "<script type='application/ld+json'>" + "[" * 200_000 + "</script><p>x</p>",
        "<a href='/rat-beraet-7/" + "2" * 100_000 + "/'>x</a>",
        "<p>" + " \n" * 300_000 + "x",
        "<table>" * 10_000 + "<p>Zelle</p>",
    ],
    ids=["deep", "links", "marks", "deep data", "long number", "blanks", "tables"],
)
def test_hostile_pages_cost_bounded_time(body: str) -> None:
    check_cpu_s(5, lambda: read(around(body)))
