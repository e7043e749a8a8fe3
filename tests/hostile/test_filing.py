"""Entries that are well-formed and mean harm, or are merely odd: what of them stands in the archive, the record files
and the log, over both databases where the database has a say."""

import io
import json
from dataclasses import replace

import pytest

from tests.badserver import reply
from tests.fakes import FakeFeed, fetched
from tests.hostile.inn import Inn, good
from tests.house import FEED, House, open_house, publish_many
from tests.timing import least_cpu_s
from worker import logs
from worker.match import Matcher
from worker.model import Record
from worker.query import parse
from worker.record import read_line, write_line


@pytest.fixture
def both(database_url: str):
    with open_house(database_url) as one:
        yield one


def start(house: House) -> FakeFeed:
    feed = house.web.feed(FEED, conditional=False)
    publish_many(feed, house.clock, 1, "Alt")
    house.add_feed()
    house.poll()
    return feed


def records(house: House) -> dict[str, Record]:
    return {filed.record.title: filed.record for filed in house.records()}


# -- the same, or not -------------------------------------------------------------------------------------------------


def test_62_one_address_twice_is_one_record_and_one_alert(both: House) -> None:
    both.subscribe("Radweg", "Radweg")
    feed = start(both)
    feed.publish(
        "Radweg", url="https://www.stadtblatt.example/radweg-1/", guid="a-guid-of-its-own-1", at=both.clock.now()
    )
    feed.publish(
        "Radweg", url="https://www.stadtblatt.example/radweg-1/", guid="a-guid-of-its-own-2", at=both.clock.now()
    )
    both.poll_later()
    assert len(both.records()) == 2
    both.deliver()
    assert both.sent_titles() == ["Radweg"]


def test_62_one_guid_for_five_addresses_is_five_records(both: House) -> None:
    feed = start(both)
    for number in range(5):
        feed.publish(
            f"Nr. {number}",
            url=f"https://www.stadtblatt.example/nr-{number}/",
            guid="immer-dieselbe-guid",
            at=both.clock.now(),
        )
    both.poll_later()
    assert len(both.records()) == 6


def test_62_a_storm_of_new_articles_is_filed_whole(both: House) -> None:
    feed = start(both)
    feed.page_size = 301
    publish_many(feed, both.clock, 300, "Sturm")
    both.poll_later()
    assert len(both.records()) == 301


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.x.example/a/", "https://WWW.X.EXAMPLE/a/", True),
        ("https://www.x.example/a/", "https://www.x.example:443/a/", True),
        ("https://www.x.example/a/", "http://www.x.example/a/", True),
        ("https://www.x.example/a/", "https://www.x.example./a/", True),
        ("https://www.x.example/a/", "https://www.x.example/a/?utm_source=rss&fbclid=1", True),
        ("https://www.x.example/a/", "https://www.x.example/a/#comments", True),
        ("https://www.x.example/%C3%BC/", "https://www.x.example/%c3%bc/", True),
        ("https://osnabrück.example/a/", "https://xn--osnabrck-c6a.example/a/", True),
        ("https://www.x.example/?id=1", "https://www.x.example/?id=2", False),
        ("https://www.x.example/a/", "https://www.x.example/b/", False),
    ],
)
def test_63_spellings_of_an_address_are_one_record_other_articles_are_not(
    house: House, one: str, other: str, same: bool
) -> None:
    feed = start(house)
    for number, url in enumerate((one, other)):
        feed.publish("Titel", url=url, guid=f"eine-guid-nummer-{number}", at=house.clock.now())
    house.poll_later()
    assert len(house.records()) == (2 if same else 3)


DATES = [
    "",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "31.12.2025",
    "bald",
    "Wed, 03 Dec 2025 25:61:61 +9999",
    "-1",
]


def test_64_odd_dates_cost_no_article_and_new_is_what_was_not_seen_before(both: House) -> None:
    both.subscribe("alles", "Datum")
    feed = start(both)
    for number in range(len(DATES)):
        feed.publish(f"Datum {number}", at=both.clock.now())
    body = feed.body().decode()
    for date in DATES:
        body = body.replace("<pubDate>Wed, 03 Dec 2025 12:00:00 +0000</pubDate>", f"<pubDate>{date}</pubDate>", 1)
    both.web.script(FEED, fetched(FEED, body))
    both.poll_later()
    assert len(both.records()) == 1 + len(DATES)
    assert all(filed.record.published_at <= both.clock.now().replace(year=2026) for filed in both.records())
    assert all(filed.record.published_at.year > 1989 for filed in both.records())


# -- addresses in entries ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "JaVaScRiPt:alert(1)", "vbscript:x"]
)
def test_65_a_link_that_is_no_web_address_is_dropped_and_its_article_kept(both: House, link: str) -> None:
    feed = start(both)
    feed.publish("Mit Link", url=link, guid="tag:x.example,2025:eine-guid", at=both.clock.now())
    both.poll_later()
    assert records(both)["Mit Link"].url.startswith("urn:sha256:")


def test_65_relative_links_start_from_the_feed_and_credentials_go(both: House) -> None:
    feed = start(both)
    feed.publish("Relativ", url="/relativ-7/", guid="eine-lange-guid-0001", at=both.clock.now())
    feed.publish(
        "Mit Namen",
        url="https://anna:geheim@www.stadtblatt.example/name-8/",
        guid="eine-lange-guid-0002",
        at=both.clock.now(),
    )
    both.poll_later()
    found = records(both)
    assert found["Relativ"].url == "https://www.stadtblatt.example/relativ-7/"
    assert found["Mit Namen"].url == "https://www.stadtblatt.example/name-8/"


# -- text that lies ---------------------------------------------------------------------------------------------------


def test_66_direction_marks_go_and_invisible_characters_hide_no_word(both: House) -> None:
    both.subscribe("Radweg", "Radweg")
    feed = start(both)
    feed.publish("\u202eRad\u200bw\u00adeg\u2066 offen", at=both.clock.now())
    both.poll_later()
    assert "Radweg offen" in records(both)
    both.deliver()
    assert len(both.channel.sent) == 1


INJECTIONS = {
    "68 a line break in the title": "Titel\n2025-12-03 poll updated: forged",
    "68 an escape sequence": "Titel\x1b[2J\x1b[31m",
    "68 a line separator": "Titel\u2028forged\u2029forged\x85forged",
    "68 SQL": "Robert'); DROP TABLE records;--",
    "68 a percent format": "%s%n%(asctime)s {0.__class__}",
    "69 a formula": "=cmd|'/c calc'!A1",
}


@pytest.mark.parametrize("title", INJECTIONS.values(), ids=INJECTIONS)
def test_titles_that_inject(both: House, title: str) -> None:
    """One line in the log, literal in the archive, one line in the record file."""
    both.subscribe("alles", "Titel OR Robert OR cmd OR asctime")
    feed = start(both)
    feed.title = title
    feed.publish(title, at=both.clock.now())
    stream = io.StringIO()
    logs.configure(stream, level="debug")
    try:
        both.poll_later()
        logs.line("test", f"a title: {title}", title=title)
    finally:
        logs.configure()
    lines = stream.getvalue().splitlines()
    assert all(line.isprintable() for line in lines)
    assert not any(line.startswith(("2025-12-03 poll updated: forged", "forged")) for line in lines)
    [record] = [filed.record for filed in both.records() if not filed.record.title.startswith("Alt")]
    assert record.title.isprintable()
    assert "\n" not in record.title
    written = write_line(record)
    assert "\n" not in written
    assert read_line(written)
    if "\n" not in title and title.isprintable():
        assert record.title == title
    both.deliver()
    assert len(both.channel.sent) == 1
    assert json.loads(json.dumps(record.title)) == record.title


def test_70_an_edit_is_a_revision_without_a_second_alert(both: House) -> None:
    """What matches only since the edit is told once; who wants nothing of edits hears nothing (docs/alerts.md)."""
    both.subscribe("Radweg", "Radweg")
    both.subscribe("Weg", "Weg")
    both.subscribe("still", "Radweg", on_edit="never")
    feed = start(both)
    article = feed.publish("Weg", at=both.clock.now())
    both.poll_later()
    feed.edit(article, title="Weg mit Radweg")
    result = both.poll_later().polls[0]
    assert (result.filed.revised, result.filed.new, result.filed.alerts) == (1, 0, 1)
    feed.edit(article, title="Ein Weg mit Radweg")
    assert both.poll_later().polls[0].filed.alerts == 0
    assert len(both.records()) == 2


def test_71_matching_five_thousand_queries_is_linear_in_a_megabyte_of_text(house: House) -> None:
    words = [f"wort{number}" for number in range(5000)]
    matcher = Matcher({number: parse(f'{word} OR "{word} phrase"') for number, word in enumerate(words)})
    feed = start(house)
    feed.publish("Lang", f"<p>{' '.join(words * 40)[:950_000]}</p>", at=house.clock.now())
    house.poll_later()
    record = records(house)["Lang"]
    assert len(record.body) > 900_000
    half = replace(record, body=record.body[: len(record.body) // 2])
    whole_s, half_s = (least_cpu_s(lambda text=text: matcher.match(text)) for text in (record, half))
    assert whole_s < 4 * half_s
    assert whole_s < 5
    assert len(matcher.match(record)) == 5000


def test_62_what_an_entry_shows_reaches_the_archive_through_box_and_web_alike(inn: Inn) -> None:
    """The same oddities once more over the real web and box."""
    for number, title in enumerate(INJECTIONS.values()):
        inn.feed.publish(title.replace("\x1b", ""), guid=f"eine-lange-guid-{number:04}", at=inn.house.clock.now())
    inn.assert_takes(good(inn.feed))
    assert len(inn.house.titles()) == 2 + len(INJECTIONS)
    assert all(title.isprintable() for title in inn.house.titles())


def test_62_faulty_entries_cost_only_themselves(inn: Inn) -> None:
    inn.publish("Ganz")
    body = inn.feed.body().replace(b"</channel>", b"<item></item><item><title></title></item></channel>")
    result = inn.assert_takes(reply(200, body))
    assert "Ganz" in inn.house.titles()
    assert len(result.skipped) == 2
    assert "could not be read" in inn.state().last_reason
