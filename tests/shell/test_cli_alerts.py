"""`feedwacht alerts`."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.shell.desk import Desk
from tests.wordpress import WordPressSite
from worker.model import DeliveryState, Lease, SendOutcome, SendResult


@pytest.fixture
def told(desk: Desk, site: WordPressSite) -> Desk:
    """A desk where one alert was sent and one was given up."""
    desk.run("poll")
    site.publish("Brand am Hafen")
    desk.run("poll")
    site.publish("Fest am Hafen")
    desk.run("poll", "--no-deliver")
    archive, now = desk.archive(), datetime.now(UTC)
    with archive.write() as tx:
        [delivery] = tx.alerts.lease(now, Lease(token="x" * 32, until=now + timedelta(minutes=1)))
        outcome = SendOutcome(result=SendResult.NEVER, detail="410 from https://u:geheim@x.example/")
        tx.alerts.settle(delivery, outcome, state=DeliveryState.DEAD, retry_at=None, started_at=now, took_s=0.1)
    archive.close()
    return desk


def test_alerts_are_listed_the_newest_first(told: Desk) -> None:
    rows = told.json("alerts", "list")
    assert [(row["title"], row["state"]) for row in rows] == [("Fest am Hafen", "dead"), ("Brand am Hafen", "sent")]  # type: ignore[union-attr]
    assert told.run("alerts", "list").stdout.index("Fest am") < told.run("alerts", "list").stdout.index("Brand am")


def test_alerts_are_chosen_by_state_subscription_and_number(told: Desk) -> None:
    assert len(told.json("alerts", "list", "--state", "dead")) == 1  # type: ignore[arg-type]
    assert told.json("alerts", "list", "--state", "held") == []
    assert len(told.json("alerts", "list", "--subscription", "Hafen")) == 2  # type: ignore[arg-type]
    assert len(told.json("alerts", "list", "--limit", "1")) == 1  # type: ignore[arg-type]
    told.run("alerts", "list", "--state", "bogus", exit_code=2)
    told.run("alerts", "list", "--limit", "0", exit_code=2)
    assert "“Nix”" in told.run("alerts", "list", "--subscription", "Nix", exit_code=2).stderr


def test_details_are_shown_without_credentials(told: Desk) -> None:
    shown = told.run("alerts", "list").output + told.run("alerts", "list", "--json").output
    assert "410 from" in shown
    assert "geheim" not in shown


@pytest.mark.parametrize("by", ["id", "alert_id", ""])
def test_dead_deliveries_are_replayed_under_their_id(told: Desk, by: str) -> None:
    [dead] = told.json("alerts", "list", "--state", "dead")  # type: ignore[misc]
    assert "1 delivery is tried again" in told.run("alerts", "replay", *([dead[by]] if by else [])).stdout
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
