"""The demo's site: a paper that a feed reader can live on, and whose example article gives the example record."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest
import requests

from worker.demosite import DemoSite
from worker.model import SourceRules
from worker.normalise import normalise
from worker.parse import parse_feed
from worker.record import write_line

SAMPLE = Path(__file__).parents[1] / "cases" / "sample.txt"
START = datetime(2025, 12, 3, 15, 35, 20, tzinfo=UTC)


@pytest.fixture
def site() -> Iterator[DemoSite]:
    with DemoSite(START) as site:
        yield site


def feed(site: DemoSite, query: str = "") -> Any:
    response = requests.get(site.feed_url + query, timeout=5)
    return feedparser.parse(
        io.BytesIO(response.content), response_headers={"content-type": response.headers["Content-Type"]}
    )


def publish_all(site: DemoSite) -> list[str]:
    return [site.publish_next() for _ in range(site.left)]


def test_ten_articles_stand_there_at_the_start_all_in_the_past(site: DemoSite) -> None:
    shown = feed(site)
    assert not shown.bozo
    assert len(shown.entries) == 10
    dates = [parsedate_to_datetime(entry.published) for entry in shown.entries]
    assert dates == sorted(dates, reverse=True)
    assert START - timedelta(hours=8) < dates[-1] < dates[0] < START


def test_each_article_comes_once_with_text_address_and_number(site: DemoSite) -> None:
    fresh = publish_all(site)
    entries = [entry for page in ("", "?paged=2") for entry in feed(site, page).entries]
    assert [entry.title for entry in entries][: len(fresh)] == fresh[::-1]
    assert len({entry.link for entry in entries}) == len({entry.id for entry in entries}) == len(entries) == 20
    for entry in entries:
        number = entry.id.rpartition("=")[2]
        assert entry.link.startswith(site.url)
        assert entry.link.endswith(f"-{number}/")
        assert entry.tags
        assert "<p>" in entry.content[0].value
        assert "{" not in entry.content[0].value


def test_when_all_is_published_nothing_more_happens(site: DemoSite) -> None:
    publish_all(site)
    assert (site.left, site.publish_next()) == (0, "")


def test_the_past_ends_with_404(site: DemoSite) -> None:
    assert requests.get(f"{site.feed_url}?paged=2", timeout=5).status_code == 404
    assert requests.get(f"{site.feed_url}?paged=0", timeout=5).status_code == 200
    assert requests.get(f"{site.url}gibt-es-nicht/", timeout=5).status_code == 404


def test_what_is_known_is_not_sent_again(site: DemoSite) -> None:
    first = requests.get(site.feed_url, timeout=5).headers
    etag, date = {"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}

    def again(**sent: str) -> int:
        return requests.get(site.feed_url, headers=sent, timeout=5).status_code

    assert [again(), again(**etag), again(**date), again(**etag, **date)] == [200, 304, 304, 304]
    assert again(**etag, **{"If-Modified-Since": "Wed, 03 Dec 2025 01:00:00 GMT"}) == 200
    site.publish_next()
    assert again(**etag, **date) == 200


def test_two_articles_in_one_second_are_told_apart(site: DemoSite) -> None:
    site.publish_next()
    etag = requests.get(site.feed_url, timeout=5).headers["ETag"]
    site.publish_next()
    assert requests.get(site.feed_url, headers={"If-None-Match": etag}, timeout=5).status_code == 200


def test_pages_lead_to_the_feed_and_show_the_text(site: DemoSite) -> None:
    home = requests.get(site.url, timeout=5).text
    assert f'type="application/rss+xml" title="Haseburger Blatt &raquo; Feed" href="{site.feed_url}"' in home
    entry = feed(site).entries[0]
    assert entry.content[0].value in requests.get(entry.link, timeout=5).text
    assert requests.head(entry.link, timeout=5).status_code == 200


def test_the_example_article_gives_the_example_record(site: DemoSite) -> None:
    assert site.publish_next().startswith("Rutte: Nato")
    response = requests.get(site.feed_url, timeout=5)
    headers = {name.lower(): value for name, value in response.headers.items()}
    rules = SourceRules(name="demo", line="Hasepost.de - Die Zeitung für Osnabrück", post_id_pattern=r"-(\d+)/?$")
    parsed = parse_feed(response.content, url=site.feed_url, headers=headers, rules=rules, known={})
    line = write_line(normalise(parsed.entries[0], rules, now=START))
    assert line.replace(site.url, "https://www.hasepost.de/") == SAMPLE.read_text(encoding="utf-8")


def test_a_closed_site_is_gone() -> None:
    site = DemoSite(START)
    site.close()
    with pytest.raises(requests.ConnectionError):
        requests.get(site.url, timeout=5)
