"""Article pages that mean harm: nothing of them stands in the archive, and they cost bounded time, requests and memory."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.badserver import BadServer, reply
from tests.fakes import FakeFeed
from tests.hostile.inn import SECRET_BODY, bounded, good, make_fetcher
from tests.house import House, open_house
from worker.sandbox import Sandbox

EXCERPT = "Der Rat der Stadt hat am Dienstag beraten, und die Feuerwehr war auch dabei […]"
HTML = "text/html; charset=utf-8"


class Reader:
    """A worker that completes excerpts, with its real web and box. `page` stands at the address of its one article."""

    def __init__(self, house: House, server: BadServer) -> None:
        self.house, self.server = house, server
        self.feed = FakeFeed(url=server.url("/feed"), full_text=False)
        self.server.on("/feed", good(self.feed))
        house.add_feed(self.feed.url)
        house.subscribe("feuer", "Feuerwehr")
        self.feed.publish("Alt", "Alt.", at=house.clock.now(), url="https://nowhere.invalid/alt/")
        house.poll()

    def visits(self, body: str) -> str:
        """Publish an excerpt whose page is this; gives the text that is filed in the end."""
        self.server.on("/rat/", reply(200, body.encode(), Content_Type=HTML))
        return self.publishes(self.server.url("/rat/"))

    def publishes(self, url: str) -> str:
        self.feed.publish("Rat berät", EXCERPT, at=self.house.clock.now(), url=url)
        with bounded(15.0):
            batches = [self.house.poll_later(), self.house.poll()]  # another host is claimed by the next tick
        assert any(batch.alerts for batch in batches), "whatever the page is, the alert goes out"
        [filed] = [one for one in self.house.records() if one.record.title == "Rat berät"]
        return filed.record.body


@pytest.fixture
def reader(server: BadServer, archive_url: str, box: Sandbox) -> Iterator[Reader]:
    with open_house(archive_url) as house, make_fetcher(clock=house.clock.now) as fetcher:
        tools = {"fetcher": fetcher, "read": box.parse_feed, "read_page": box.parse_page, "read_rest": box.parse_rest}
        house.equipment = replace(house.equipment, **tools)  # type: ignore[arg-type]
        house.manners(full_text=True, host_gap_s=0.0)
        yield Reader(house, server)


PARAGRAPH = "<p>Wir und unsere Partner verwenden Cookies. Mit Ihrer Einwilligung verarbeiten wir personenbezogene Daten. {0}</p>"
WALLS = {
    "cookie wall": PARAGRAPH.format("Sie können zustimmen oder ablehnen; siehe Datenschutz und Einstellungen.") * 3,
    "login": "<h1>Anmelden</h1><form><input type='password'></form><p>Bitte melden Sie sich mit Ihrem Konto an.</p>",
    "challenge": "<title>Just a moment...</title><div id='challenge-form'><p>Checking your browser before accessing.</p></div>",
    "error with status 200": "<title>404 – Seite nicht gefunden</title><p>Die Seite gibt es nicht (mehr). Suchen Sie hier.</p>",
    "database": "<body id='error-page'><div class='wp-die-message'><h1>Fehler beim Aufbau einer Datenbankverbindung</h1></div></body>",
    "home page": "".join(
        f"<article><h2>Artikel {n}</h2><p>Ein ganz anderer Text, Nummer {n}.</p></article>" for n in range(30)
    ),
    "empty": "",
    "canary": SECRET_BODY.decode() * 100,
    "the excerpt again": f"<title>Rat berät</title><p>{EXCERPT}</p>",
    "deep": "<div>" * 30_000 + "<p>tief</p>",
    "too many tags": "<p>" * 50_000,
    "endless word": "<p>" + "x" * 3_000_000,
    "script": "<script>" + "document.write('<p>Rat</p>');" * 10_000,
    "entities": "&#1114112;&#xd800;&amp;" * 50_000,
    "no end": "<!--" + "<p>Rat</p>" * 1_000,
}


@pytest.mark.parametrize("kind", WALLS)
def test_what_is_no_article_leaves_the_excerpt(reader: Reader, kind: str) -> None:
    assert reader.visits(WALLS[kind]) == EXCERPT


def test_an_article_with_all_of_it_around_is_read(reader: Reader) -> None:
    text = f"<p>{EXCERPT[:-4]}, sagte ein Sprecher.</p><p>Mehr dazu steht im zweiten Absatz, der nun folgt.</p>"
    page = f"<title>Rat berät</title><div class='cookie-banner'>{WALLS['cookie wall']}</div><main>{text}</main>"
    assert (
        reader.visits(page)
        == f"{EXCERPT[:-4]}, sagte ein Sprecher.\n\nMehr dazu steht im zweiten Absatz, der nun folgt."
    )


def test_further_pages_without_end_are_bounded(reader: Reader) -> None:
    links = "".join(f"<a href='/rat/{number}/'>{number}</a>" for number in range(2, 400))
    for number in range(2, 400):
        page = f"<title>Rat berät</title><p>Noch eine Seite mit einem eigenen Text, Nummer {number}.</p>{links}"
        reader.server.on(f"/rat/{number}/", reply(200, page.encode(), Content_Type=HTML))
    body = reader.visits(f"<title>Rat berät</title><p>{EXCERPT[:-4]}, sagte ein Sprecher.</p>{links}")
    assert body.count("eigenen Text") == 19


@pytest.mark.parametrize("target", ["http://10.0.0.1/admin/", "http://169.254.169.254/latest/", "file:///etc/passwd"])
def test_a_redirect_to_a_private_address_is_not_followed(reader: Reader, target: str) -> None:
    reader.server.on("/rat/", reply(302, b"", Location=target))
    assert reader.publishes(reader.server.url("/rat/")) == EXCERPT


@pytest.mark.parametrize("url", ["http://10.0.0.1/rat/", "http://nowhere.invalid/rat/", "ftp://x.example/rat/"])
def test_an_article_at_an_address_that_may_not_be_reached(reader: Reader, url: str) -> None:
    assert reader.publishes(url) == EXCERPT


def test_tables_in_tables_cost_bounded_time(reader: Reader) -> None:
    """39,000 tags, each in the one before: seconds for some parsers."""
    assert reader.visits("<table><tr><td>" * 13_000) == EXCERPT
