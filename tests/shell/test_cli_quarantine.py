"""`feedwacht feeds quarantine`, `feeds accept`, `feeds fold`."""

import pytest

from tests.shell.desk import Desk
from tests.wordpress import WordPressSite


@pytest.fixture
def quarantined(desk: Desk, site: WordPressSite) -> Desk:
    """Ten of twelve articles came under new numbers and addresses; the subscription wanted them all."""
    desk.run("poll")
    desk.run("subscriptions", "add", "Alle", "Artikel", "--channel", "screen")
    site.renumber(1000)
    desk.run("poll")
    return desk


def test_nothing_is_in_quarantine(quiet_desk: Desk) -> None:
    assert "No article is in quarantine" in quiet_desk.run("feeds", "quarantine").stdout
    assert quiet_desk.json("feeds", "quarantine") == []


def test_what_waits_is_listed_and_status_tells(quarantined: Desk, site: WordPressSite) -> None:
    listed = quarantined.run("feeds", "quarantine").stdout
    assert "10 articles, 10 alerts wait" in listed
    assert f"`feedwacht feeds fold {site.url}/feed/`" in listed
    assert "“Artikel 12”: " in listed
    [one] = quarantined.json("feeds", "quarantine")  # type: ignore[misc]
    assert (one["state"], one["records"], one["alerts_waiting"], len(one["articles"])) == ("open", 10, 10, 10)
    assert one["articles"][0]["was"] != one["articles"][0]["url"]
    assert "feeds quarantine" in quarantined.run("status", exit_code=None).stdout


@pytest.mark.parametrize(("command", "records", "states"), [("fold", 10, {"cancelled"}), ("accept", 20, {"pending"})])
def test_a_decision_is_taken_once(quarantined: Desk, command: str, records: int, states: set[str]) -> None:
    done = quarantined.json("feeds", command, "1", "--yes")
    assert isinstance(done, dict)
    assert (done["decided"], done["articles"], done["deliveries"]) == (command, 10, 10)
    assert "nothing of" in quarantined.run("feeds", command, "1", exit_code=2).stderr
    assert quarantined.json("feeds", "quarantine") == []
    [one] = quarantined.json("feeds", "quarantine", "--all")  # type: ignore[misc]
    assert one["state"] == {"fold": "folded", "accept": "accepted"}[command]
    assert quarantined.json("archive", "stats")["records"] == records  # type: ignore[index,call-overload]
    assert {row["state"] for row in quarantined.json("alerts", "list")} == states  # type: ignore[union-attr,index,call-overload]
    assert quarantined.run("archive", "verify").exit_code == 0


def test_articles_in_quarantine_are_found_and_exported(quarantined: Desk) -> None:
    assert len(quarantined.run("archive", "export", "--to", "-", "--format", "jsonl").stdout.splitlines()) == 20
    assert quarantined.run("archive", "verify").exit_code == 0


def test_folding_where_nobody_can_be_asked_needs_a_yes(quarantined: Desk) -> None:
    assert "repeat it with --yes" in quarantined.run("feeds", "fold", "1", exit_code=2).stderr
    assert len(quarantined.json("feeds", "quarantine")) == 1  # type: ignore[arg-type]


def test_a_feed_must_be_there(quiet_desk: Desk) -> None:
    assert "there is no feed 7" in quiet_desk.run("feeds", "fold", "7", exit_code=2).stderr


def test_in_german(quarantined: Desk) -> None:
    quarantined.configure(language="de")
    assert "10 Alarme warten" in quarantined.run("feeds", "quarantine").stdout
    assert "10 Artikel zusammengelegt" in quarantined.run("feeds", "fold", "1", "--yes").stdout


def test_a_feed_is_not_removed_before_the_decision(quarantined: Desk) -> None:
    quarantined.feeds = ["https://www.example.org/feed/"]
    quarantined.configure()
    assert "feeds accept" in quarantined.run("feeds", "remove", "1", exit_code=2).stderr
    quarantined.run("feeds", "fold", "1", "--yes")
    quarantined.run("feeds", "remove", "1")
