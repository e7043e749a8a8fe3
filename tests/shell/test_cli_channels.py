"""`feedwacht channels list`, `enable` and `disable`, and what `alerts show` and `status` say of a channel's troubles."""

import pytest

from tests.receiver import Receiver, Reply
from tests.shell.desk import Desk
from tests.wordpress import WordPressSite

HOOK = """
[[channel]]
name = "hook"
type = "webhook"
url = "{url}"
secret_file = "{secret}"
allow_networks = ["127.0.0.0/8"]
[operator]
channels = ["hook", "screen"]
"""


def hooked(desk: Desk, receiver: Receiver) -> None:
    """An alert is owed by a webhook to this receiver."""
    secret = desk.folder / "secret"
    secret.write_text("whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" + "\n", encoding="ascii")
    secret.chmod(0o600)
    desk.run("poll")
    desk.configure(more=HOOK.format(url=receiver.url, secret=secret))
    desk.run("subscriptions", "add", "Fest", "Fest", "--channel", "hook")


def test_a_receiver_that_is_gone_disables_its_channel_until_it_is_enabled(desk: Desk, site: WordPressSite) -> None:
    with Receiver(Reply(status=410, body=b"<b>no more\x1b[31m</b>"), Reply()) as receiver:
        hooked(desk, receiver)
        site.publish("Fest am Ufer")
        desk.run("poll")
        [row] = [one for one in desk.json("channels", "list") if one["name"] == "hook"]  # type: ignore[union-attr]
        assert (row["failures"], row["waiting"], bool(row["disabled_at"])) == (1, 1, True)
        table = desk.run("channels", "list").stdout
        assert "disabled since" in table
        told = desk.run("status", exit_code=1).stdout
        assert "the channel hook is disabled" in told
        assert "channels enable hook" in told
        [alert] = desk.json("alerts", "list", "--channel", "hook")  # type: ignore[misc]
        shown = desk.run("alerts", "show", alert["id"]).stdout
        assert "refused" in shown
        assert "410" in shown
        assert "\x1b" not in shown
        desk.run("poll")
        assert len(receiver.requests) == 1
        assert "what waits leaves now" in desk.run("channels", "enable", "hook").stdout
        assert "was not disabled" in desk.run("channels", "enable", "hook").stdout
        assert "channels enable" in desk.run("alerts", "replay", alert["id"], exit_code=2).stderr, "it waits"
        make_due(desk)
        desk.run("poll")
        assert [one["state"] for one in desk.json("alerts", "list", "--channel", "hook")] == ["sent"]  # type: ignore[union-attr]
        desk.run("status")


def test_what_waits_is_counted_in_german(desk: Desk, site: WordPressSite) -> None:
    with Receiver(*[Reply(status=500)] * 4) as receiver:
        hooked(desk, receiver)
        desk.configure(language="de")
        for n, said in enumerate(("1 wartet", "2 warten")):
            site.publish(f"Fest zum {n + 1}. Mal")
            desk.run("poll")
            assert f"Zustellungen: {said}\n" in desk.run("status").stdout


def make_due(desk: Desk) -> None:
    """The time until the next attempt is over."""
    archive = desk.archive()
    try:
        with archive.database.write() as connection:
            connection.exec_driver_sql("UPDATE deliveries SET retry_at = '2020-01-01 00:00:00.000000'")
    finally:
        archive.close()


def test_what_arrived_is_replayed_by_choice_for_a_receiver_that_lost_it(desk: Desk, site: WordPressSite) -> None:
    with Receiver() as receiver:
        hooked(desk, receiver)
        site.publish("Fest am Ufer")
        desk.run("poll")
        assert "by choice" in desk.run("alerts", "replay", "--sent", exit_code=2).stderr
        assert "0 deliveries" in desk.run("alerts", "replay", "--channel", "screen", "--sent").stdout
        assert "0 deliveries" in desk.run("alerts", "replay", "--since", "1d").stdout
        assert "0 deliveries" in desk.run("alerts", "replay", "--until", "1d", "--channel", "hook", "--sent").stdout
        assert "1 delivery" in desk.run("alerts", "replay", "--channel", "hook", "--since", "1d", "--sent").stdout
        desk.run("poll")
        first, second = receiver.requests
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert first.body == second.body
        tries = desk.json("alerts", "show", first.headers["webhook-id"])[0]["tries"]  # type: ignore[index]
        assert [one["result"] for one in tries] == ["sent", "sent"]


def test_a_channel_can_be_disabled_by_hand(desk: Desk, site: WordPressSite) -> None:
    with Receiver() as receiver:
        hooked(desk, receiver)
        assert "what waits stays" in desk.run("channels", "disable", "hook").stdout
        assert "disabled by hand" in desk.run("status").stdout
        site.publish("Fest am Ufer")
        desk.run("poll")
        assert receiver.requests == []
        desk.configure(more=desk.more.replace("/hook", "/other"))
        desk.run("poll")
        assert [request.path for request in receiver.requests] == ["/other"], "another address is another target"


@pytest.mark.parametrize("command", ["enable", "disable"])
def test_a_channel_that_is_not_there(desk: Desk, command: str) -> None:
    assert "channel nix" in desk.run("channels", command, "nix", exit_code=2).stderr


def test_an_alert_that_is_not_there(desk: Desk) -> None:
    desk.run("poll")
    assert "msg_x" in desk.run("alerts", "show", "msg_x", exit_code=2).stderr


def test_what_waits_says_why_and_until_when(desk: Desk, site: WordPressSite) -> None:
    desk.run("poll")
    site.publish("Brand am Hafen")
    site.publish("Streit am Hafen")
    desk.run("poll", "--no-deliver")
    first, second = desk.json("alerts", "list")  # type: ignore[misc]
    archive = desk.archive()
    try:
        with archive.database.write() as connection:
            held = "UPDATE deliveries SET state = 'held', held_for = 'quiet', retry_at = '2031-03-04 05:30:00.000000'"
            connection.exec_driver_sql(held)
            connection.exec_driver_sql("UPDATE deliveries SET carrier_id = ? WHERE id = ?", (second["id"], first["id"]))
    finally:
        archive.close()
    rows = {row["id"]: row for row in desk.json("alerts", "list", "--state", "held")}  # type: ignore[union-attr]
    assert rows[first["id"]]["carried_by"] == second["id"]
    assert rows[second["id"]]["held_for"] == "quiet"
    told = " ".join(desk.run("alerts", "show", second["id"]).stdout.split())
    assert "quiet hours until" in told
    assert "2031" in told
    assert f"goes with {second['id']}" in " ".join(desk.run("alerts", "show", first["id"]).stdout.split())
