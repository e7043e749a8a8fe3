"""Options that say when a subscription tells: given by command, refused in words, shown in lists and history."""

import pytest

from tests.shell.desk import Desk

GIVEN = (
    ("--digest", "täglich um 7:30", "digest", "daily at 07:30"),
    ("--quiet", "22 bis 6.30 Uhr", "quiet", "22:00-06:30"),
    ("--urgent", "Evakuierung", "urgent", ["Evakuierung"]),
    ("--timezone", "Europe/Vienna", "timezone", "Europe/Vienna"),
    ("--max-per-hour", "20", "max_alerts_per_hour", 20),
    ("--heartbeat", "weekly mon 08:00", "heartbeat", "weekly mon 08:00"),
    ("--on-edit", "always", "on_edit", "always"),
)


def shown(desk: Desk, name: str) -> dict[str, object]:
    [one] = [one for one in desk.json("subscriptions", "list") if one["name"] == name]  # type: ignore[union-attr]
    return one  # type: ignore[no-any-return]


def test_options_are_kept_as_they_are_meant(quiet_desk: Desk) -> None:
    options = [word for option, said, _, _ in GIVEN for word in (option, said)]
    quiet_desk.run("subscriptions", "add", "Nato", "Nato", "--channel", "screen", *options, "--one-per-story")
    one = shown(quiet_desk, "Nato")
    assert {name: one[name] for _, _, name, _ in GIVEN} == {name: kept for _, _, name, kept in GIVEN}
    assert one["one_per_story"] is True


@pytest.mark.parametrize(("option", "said", "name", "kept"), GIVEN, ids=lambda value: str(value)[:20])
def test_each_option_is_changed_and_remembered(
    quiet_desk: Desk, option: str, said: str, name: str, kept: object
) -> None:
    quiet_desk.run("subscriptions", "add", "Nato", "Nato", "--channel", "screen")
    quiet_desk.run("subscriptions", "edit", "Nato", option, said)
    assert shown(quiet_desk, "Nato")[name] == kept
    [_, change] = quiet_desk.json("subscriptions", "history", "Nato")  # type: ignore[misc]
    assert [(field["field"], field["after"]) for field in change["fields"]] == [(name, kept)]


@pytest.mark.parametrize(
    ("option", "name"), [("--digest", "digest"), ("--quiet", "quiet"), ("--heartbeat", "heartbeat")]
)
def test_an_empty_value_takes_it_back(quiet_desk: Desk, option: str, name: str) -> None:
    said = "22:00-06:30" if option == "--quiet" else "hourly"
    quiet_desk.run("subscriptions", "add", "Nato", "Nato", "--channel", "screen", option, said)
    quiet_desk.run("subscriptions", "edit", "Nato", option, "")
    assert shown(quiet_desk, "Nato")[name] == ""


@pytest.mark.parametrize(
    ("option", "said", "english", "german"),
    [
        ("--digest", "sometimes", "this is no time to come again", "das ist keine Zeit, die wiederkehrt"),
        ("--digest", "daily at 25:00", "there is no time 25:00", "eine Uhrzeit 25:00 gibt es nicht"),
        ("--quiet", "at night", "these are no quiet hours", "das sind keine Ruhezeiten"),
        ("--quiet", "7:00-7:00", "quiet hours that end when they begin", "wären keine"),
        ("--timezone", "Mars/Olympus", "IANA name", "IANA-Namen"),
        ("--urgent", "(Nato", "(Nato", "(Nato"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(
    quiet_desk: Desk, option: str, said: str, english: str, german: str
) -> None:
    command = ("subscriptions", "add", "X", "Nato", "--channel", "screen", option, said)
    assert english in " ".join(quiet_desk.run(*command, exit_code=2).stderr.split())
    quiet_desk.configure(language="de")
    told = " ".join(quiet_desk.run(*command, exit_code=2).stderr.split())
    assert german in told
    assert "this is no" not in told
    assert "these are no" not in told


def test_lists_and_history_show_what_people_would_say(quiet_desk: Desk) -> None:
    quiet_desk.run("subscriptions", "add", "Nato", "Nato", "--channel", "screen", "--on-edit", "always")
    quiet_desk.run(
        "subscriptions", "edit", "Nato", "--one-per-story", "--digest", "weekly mon 08:00", "--on-edit", "never"
    )
    quiet_desk.configure(language="de")
    listed = quiet_desk.run("subscriptions", "list").stdout
    history = quiet_desk.run("subscriptions", "history", "Nato").stdout
    assert "gesammelt: wöchentlich mo 08:00" in listed
    assert "bei Änderungen: nichts" in listed
    assert "Eine je Geschichte: nein → ja" in history
    for internal in ("weekly", "never", "always", "True", "False"):
        assert internal not in listed + history
    quiet_desk.run("subscriptions", "edit", "Nato", "--digest", "wöchentlich mo 08:00")
    assert shown(quiet_desk, "Nato")["digest"] == "weekly mon 08:00", "what is shown can be given again"
