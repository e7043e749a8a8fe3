"""`feedwacht poll`: what a person sees of a poll, its older pages and its alerts."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.shell.desk import Desk, publish
from tests.wordpress import WordPressSite
from worker.model import Lease
from worker.wording import Wording


def test_the_first_poll_files_everything_and_alerts_nobody(desk: Desk) -> None:
    result = desk.run("poll")
    assert "updated: 10 new articles" in result.stdout
    assert len(list(desk.records.rglob("*.txt"))) == 10
    assert desk.json("alerts", "list") == []


def test_an_unchanged_feed(desk: Desk) -> None:
    desk.run("poll")
    assert desk.run("poll").stdout.strip().endswith(": unchanged")


def test_a_new_article_alerts_and_is_said_in_both_languages(desk: Desk, site: WordPressSite) -> None:
    desk.run("poll")
    site.publish("Brand am Hafen", "<p>Im Hafen brennt es.</p>")
    english = desk.run("poll")
    assert "updated: 1 new article, 1 alert" in english.stdout
    assert "Brand am »Hafen«" in english.stdout
    assert "sent: 1 alert" in english.stderr
    desk.configure(language="de")
    site.publish("Konzert am Hafen", "<p>Im Hafen wird gesungen.</p>")
    german = desk.run("poll")
    assert "aktualisiert: 1 neuer Artikel, 1 Alarm" in german.stdout
    assert "verschickt: 1 Alarm" in german.stderr


def test_json_alone_on_standard_output(desk: Desk, site: WordPressSite) -> None:
    desk.run("poll")
    site.publish("Brand am Hafen", "<p>Im Hafen brennt es.</p>")
    [one] = desk.json("poll")  # type: ignore[misc]
    assert (one["feed"], one["url"], one["outcome"], one["reason"]) == (1, desk.feeds[0], "updated", "")
    assert (one["new"], one["revised"], one["alerts"], one["pages"]) == (1, 0, 1, 0)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", one["next_poll_at"])


def test_without_delivery_alerts_wait(desk: Desk, site: WordPressSite) -> None:
    desk.run("poll")
    site.publish("Brand am Hafen")
    desk.run("poll", "--no-deliver")
    assert [row["state"] for row in desk.json("alerts", "list")] == ["pending"]  # type: ignore[union-attr]
    assert "Brand am" in desk.run("poll").stdout


def test_older_pages_are_read_and_counted(desk: Desk, site: WordPressSite) -> None:
    desk.run("poll")
    publish(site, 25, site.now(), "Neues", apart=timedelta(seconds=1))
    [one] = desk.json("poll")  # type: ignore[misc]
    assert one["pages"] >= 2
    assert one["new"] >= 25
    assert not one["catching_up"]


def test_older_pages_are_left_when_asked_for(desk: Desk, site: WordPressSite) -> None:
    desk.run("poll")
    publish(site, 25, site.now(), "Neues", apart=timedelta(seconds=1))
    result = desk.run("poll", "--no-catch-up")
    assert "older pages are still to be read" in result.stdout
    [feed] = desk.json("feeds", "list")  # type: ignore[misc]
    assert feed["catching_up"]


def test_a_feed_that_fails(desk: Desk, site: WordPressSite) -> None:
    site.down = True
    result = desk.run("poll", exit_code=1)
    assert re.search(r"failed: .+; next try ", result.stdout)
    assert result.stdout.count("\n") == 1
    desk.configure(language="de")
    assert "fehlgeschlagen" in desk.run("poll", exit_code=1).stdout


def test_retry_after_is_kept(desk: Desk, site: WordPressSite) -> None:
    site.maintenance()
    desk.run("poll", exit_code=1)
    asked = len(site.requests)
    result = desk.run("poll", exit_code=1)
    assert "asked to be left alone" in result.stdout
    assert len(site.requests) == asked
    assert "UTC" not in result.stdout, "people read one clock"
    archive = desk.archive()
    with archive.read() as tx:
        rests_until = tx.feeds.host(tx.feeds.all()[0].host).retry_after_at
    archive.close()
    assert rests_until is not None
    assert f"next try {Wording('en').clock(rests_until.astimezone(ZoneInfo('Europe/Berlin')))}" in result.stdout


def test_a_busy_feed(desk: Desk) -> None:
    desk.run("feeds", "list")
    archive, now = desk.archive(), datetime.now(UTC)
    with archive.write() as tx:
        [feed] = tx.feeds.all()
        tx.feeds.claim_host(feed.host, now, Lease(token="x" * 32, until=now + timedelta(minutes=1)))
    archive.close()
    [one] = desk.json("poll", exit_code=1)  # type: ignore[misc]
    assert one["outcome"] == "busy"
    assert "busy: another process" in desk.run("poll", exit_code=1).stdout


def test_feeds_are_named_by_url_or_id(desk: Desk, site: WordPressSite) -> None:
    desk.configure(feeds=[f"{site.url}/feed/", f"{site.url}/category/kultur/feed/"])
    assert [one["feed"] for one in desk.json("poll", "2")] == [2]  # type: ignore[union-attr]
    assert [one["feed"] for one in desk.json("poll", desk.feeds[0], "1")] == [1]  # type: ignore[union-attr]
    assert [one["feed"] for one in desk.json("poll")] == [1, 2]  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["7", "https://nowhere.example/feed/", "x", "9" * 40])
def test_an_unknown_feed(desk: Desk, site: WordPressSite, name: str) -> None:
    result = desk.run("poll", name, exit_code=2)
    assert f"there is no feed {name}" in result.stderr
    assert not site.requests


def test_a_feed_that_left_the_configuration_is_not_woken_up(desk: Desk, site: WordPressSite) -> None:
    url = desk.feeds[0]
    desk.run("feeds", "list")
    desk.configure(feeds=[f"{site.url}/category/kultur/feed/"])
    assert "no longer in the configuration" in desk.run("poll", url, exit_code=2).stderr
    assert [one["feed"] for one in desk.json("poll")] == [2]  # type: ignore[union-attr]


def test_no_feed_at_all(quiet_desk: Desk) -> None:
    assert "feeds add" in quiet_desk.run("poll").stderr
    assert quiet_desk.json("poll") == []
