"""`feedwacht alerts`."""

import pytest

from tests.shell.desk import PAGER, Desk, give_up
from tests.wordpress import WordPressSite


@pytest.fixture
def told(desk: Desk, site: WordPressSite) -> Desk:
    """A desk where one alert was given up, and then another one was sent."""
    give_up(desk, site)
    site.publish("Brand am Hafen")
    desk.run("poll")
    return desk


def test_alerts_are_listed_the_newest_first(told: Desk) -> None:
    rows = told.json("alerts", "list")
    assert [(row["title"], row["state"]) for row in rows] == [("Brand am Hafen", "sent"), ("Fest am Ufer", "dead")]  # type: ignore[union-attr]
    table = told.run("alerts", "list").stdout
    assert table.index("Brand am") < table.index("Fest am")
    assert "there is no channel pager" in table


def test_alerts_are_chosen_by_state_subscription_and_number(told: Desk) -> None:
    assert len(told.json("alerts", "list", "--state", "dead")) == 1  # type: ignore[arg-type]
    assert told.json("alerts", "list", "--state", "held") == []
    assert len(told.json("alerts", "list", "--subscription", "Hafen")) == 1  # type: ignore[arg-type]
    assert len(told.json("alerts", "list", "--limit", "1")) == 1  # type: ignore[arg-type]
    told.run("alerts", "list", "--state", "bogus", exit_code=2)
    told.run("alerts", "list", "--limit", "0", exit_code=2)
    assert "“Nix”" in told.run("alerts", "list", "--subscription", "Nix", exit_code=2).stderr


@pytest.mark.parametrize("by", ["id", "alert_id", ""])
def test_dead_deliveries_are_replayed_under_their_id(told: Desk, by: str) -> None:
    [dead] = told.json("alerts", "list", "--state", "dead")  # type: ignore[misc]
    assert "1 delivery is tried again" in told.run("alerts", "replay", *([dead[by]] if by else [])).stdout
    told.configure(more=PAGER)
    told.run("poll")
    assert dead["id"] in [row["id"] for row in told.json("alerts", "list", "--state", "sent")]  # type: ignore[union-attr]
    assert "0 deliveries" in told.run("alerts", "replay").stdout


def test_what_is_not_dead_is_not_replayed(told: Desk) -> None:
    [sent] = told.json("alerts", "list", "--state", "sent")  # type: ignore[misc]
    assert sent["id"] in told.run("alerts", "replay", sent["id"], exit_code=2).stderr
    told.run("alerts", "replay", "msg_x", exit_code=2)


def test_nothing_yet(quiet_desk: Desk) -> None:
    assert quiet_desk.run("alerts", "list").stdout == "no alerts\n"
    quiet_desk.configure(language="de")
    assert quiet_desk.run("alerts", "list").stdout == "keine Alarme\n"
