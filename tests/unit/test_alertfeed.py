"""A subscription's alerts as feeds: valid by schema and by a feed parser, stable, and harmless whatever they hold."""

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import feedparser
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from lxml import etree

from tests.owed import HOSTILE, NOW, URL, a_record, an_alert, every
from worker.alertfeed import AlertFeed, FeedEntry, stem, to_atom, to_json
from worker.model import Alert, FiledRecord, Run
from worker.render import render

CASES = Path(__file__).parents[1] / "cases"
JSON_FEED = Draft202012Validator(
    json.loads((CASES / "jsonfeed.schema.json").read_text(encoding="utf-8")), format_checker=FormatChecker()
)
ATOM = etree.RelaxNG(etree.parse(CASES / "atom.rng"))
NAME = "Werften & „Häfen“"


def an_entry(alert: Alert | None = None, also: Sequence[FiledRecord] = ()) -> FeedEntry:
    record = a_record(author="Meike Möller")
    alert = replace(alert or an_alert(record, every("Werft", record)), also=tuple(also))
    message = render(alert, now=NOW, language="de")
    return FeedEntry(alert=alert, paragraphs=message.paragraphs, updated_at=alert.created_at)


def a_feed(*entries: FeedEntry, **changes: object) -> AlertFeed:
    feed = AlertFeed(subscription=NAME, query="Werft* OR Fähre", entries=entries or (an_entry(),), updated_at=NOW)
    return replace(feed, **changes)  # type: ignore[arg-type]


def atom(feed: AlertFeed) -> feedparser.FeedParserDict:
    """Read back; raises where it is not valid."""
    ATOM.assertValid(etree.fromstring(to_atom(feed)))
    read = feedparser.parse(io.BytesIO(to_atom(feed)), resolve_relative_uris=False, sanitize_html=False)
    assert not read.bozo
    assert read.version == "atom10"
    return read


def json_feed(feed: AlertFeed) -> dict:
    read = json.loads(to_json(feed))
    JSON_FEED.validate(read)
    return read


def test_an_atom_feed_is_read_by_a_feed_parser() -> None:
    read = atom(a_feed(address="https://intern.example/feeds/"))
    assert read.feed.title == f"feedwacht: {NAME}"
    assert read.feed.subtitle == "Artikel zur Abfrage Werft* OR Fähre"
    assert read.feed.updated == "2025-12-03T15:40:00Z"
    assert [link.href for link in read.feed.links] == [f"https://intern.example/feeds/{stem(NAME)}.atom"]
    (entry,) = read.entries
    assert (entry.title, entry.link, entry.author) == ("Ministerin besucht Werft", URL, "Meike Möller")
    assert (entry.published, entry.updated) == ("2025-12-03T15:35:00Z", "2025-12-03T15:37:00Z")
    assert [tag.term for tag in entry.tags] == ["Küste"]
    assert entry.content[0].type == "text/html"
    assert "besuchte am Montag die <mark>Werft</mark>" in entry.content[0].value


def test_a_json_feed_says_the_same() -> None:
    read = json_feed(a_feed(address="https://intern.example/feeds"))
    assert read["feed_url"] == f"https://intern.example/feeds/{stem(NAME)}.json"
    (item,) = read["items"]
    assert (item["title"], item["url"], item["authors"]) == (
        "Ministerin besucht Werft",
        URL,
        [{"name": "Meike Möller"}],
    )
    assert item["tags"] == ["Küste", "Aktuell"]
    assert item["_feedwacht"]["matches"] == ["Werft"]
    assert item["content_html"] == atom(a_feed()).entries[0].content[0].value
    assert item["id"] == atom(a_feed()).entries[0].id
    JSON_FEED.validate(json.loads(to_json(a_feed())))  # and without an address


def test_ids_follow_from_the_alert_and_stay() -> None:
    """Readers keep what they read by these: a change here would show everything once more."""
    read = json_feed(a_feed())
    assert read["items"][0]["id"] == "urn:uuid:0e04893d-69e8-5235-9137-04d96345159e"
    other = json_feed(a_feed(an_entry(an_alert(a_record(title="Anders"), query="Anders"))))
    assert other["items"][0]["id"] == read["items"][0]["id"]
    assert json_feed(a_feed(an_entry(an_alert(id="msg_b"))))["items"][0]["id"] != read["items"][0]["id"]
    assert atom(a_feed()).feed.id != atom(a_feed(subscription="Anders")).feed.id


def test_the_same_alerts_give_the_same_bytes() -> None:
    assert to_atom(a_feed()) == to_atom(a_feed())
    assert to_json(a_feed()) == to_json(a_feed())


def test_other_articles_of_the_story_are_linked() -> None:
    copy = a_record(title="Ministerin in der Werft <2>", url="https://blatt.example/x?a=1&b=2")
    entry = an_entry(also=[FiledRecord(id=2, key="1" * 16, record=copy, first_seen_at=NOW)])
    links = {link.rel: link for link in atom(a_feed(entry)).entries[0].links}
    assert (links["related"].href, links["related"].title) == (copy.url, copy.title)
    (item,) = json_feed(a_feed(entry))["items"]
    assert item["_feedwacht"]["also"] == [{"title": copy.title, "url": copy.url}]
    assert "Ministerin in der Werft &lt;2&gt;" in item["content_html"]


def test_a_feed_without_entries_is_valid() -> None:
    feed = replace(a_feed(), entries=())
    assert atom(feed).entries == []
    assert json_feed(feed)["items"] == []


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


ACTIVE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "]]><x/>",
    "[x](javascript:alert(1))",
    "{{7*7}}",
]


@pytest.mark.parametrize("text", [*HOSTILE, *ACTIVE], ids=range(len(HOSTILE) + len(ACTIVE)))
@pytest.mark.parametrize("language", ["de", "en"])
def test_whatever_a_newspaper_writes_is_text(text: str, language: str) -> None:
    record = a_record(title=text, body=f"Die Werft. {text}", author=text, category=text, tags=(text, text))
    alert = an_alert(record, every("Werft", record), query=text, subscription=text)
    feed = a_feed(an_entry(alert), subscription=text, query=text, language=language)
    read = json_feed(feed)
    (entry,) = atom(feed).entries
    for content in (entry.content[0].value, read["items"][0]["content_html"]):
        tags = Tags()
        tags.feed(content)
        assert {tag for tag, _ in tags.seen} <= {"p", "mark", "a"}
        assert all(attributes["href"] == URL for tag, attributes in tags.seen if tag == "a")


def test_a_link_leads_to_the_web_or_nowhere() -> None:
    entry = an_entry()
    evil = replace(entry.paragraphs[1], runs=(Run("hier", link="javascript:alert(1)"),))
    (item,) = json_feed(a_feed(replace(entry, paragraphs=(evil,))))["items"]
    assert "javascript" not in item["content_html"]


def test_the_newest_change_stands_first() -> None:
    entry = replace(an_entry(), updated_at=NOW + timedelta(hours=1))
    assert atom(a_feed(entry)).entries[0].updated == "2025-12-03T16:40:00Z"
    assert json_feed(a_feed(entry))["items"][0]["date_modified"] == "2025-12-03T16:40:00Z"


# -- names of files ---------------------------------------------------------------------------------------------------


def test_names_of_files_are_stable() -> None:
    assert stem("Straßenbahn / Süd") == "strassenbahn-sued-b76d507ccf"


NAMES = [
    "Hafen",
    "hafen",
    "HAFEN",
    "Häfen",
    "Haefen",
    "Hafe\u0301n",
    "Hafen/",
    "/Hafen",
    "Hafen ",
    "..",
    ".",
    "../x",
    "a\0b",
]
NAMES += [
    "con",
    "CON.txt",
    "日本",
    "日木",
    "💥",
    "-",
    "",
    "\ud800",
    "x" * 500,
    "x" * 501,
    "~",
    "a\nb",
    "a:b",
    "a\\b",
    "*",
]


def test_names_of_files_are_safe_and_none_meets_another() -> None:
    stems = [stem(name) for name in NAMES]
    assert len({one.lower() for one in stems}) == len(NAMES)
    for one in stems:
        assert set(one) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert 10 <= len(one) <= 60
        assert not one.startswith("-")
