"""`feedwacht subscriptions` and `feedwacht channels`."""

import pytest

from tests.shell.desk import Desk

WEBHOOK = """
[[channel]]
name = "editors"
type = "webhook"
url_file = "{folder}/url"
secret_file = "{folder}/secret"
"""


def states(desk: Desk) -> dict[str, tuple[str, str]]:
    return {one["name"]: (one["query"], one["state"]) for one in desk.json("subscriptions", "list")}  # type: ignore[union-attr]


def test_a_subscription_lives(quiet_desk: Desk) -> None:
    quiet_desk.run("subscriptions", "add", "Nato", 'Nato OR "Mark Rutte"', "--channel", "screen")
    assert states(quiet_desk)["Nato"] == ('Nato OR "Mark Rutte"', "active")
    quiet_desk.run("subscriptions", "pause", "Nato")
    assert states(quiet_desk)["Nato"][1] == "paused"
    quiet_desk.run("subscriptions", "resume", "Nato")
    quiet_desk.run("subscriptions", "edit", "Nato", "--query", "Rutte")
    assert states(quiet_desk)["Nato"] == ("Rutte", "active")
    quiet_desk.run("subscriptions", "remove", "Nato")
    assert "Nato" not in states(quiet_desk)


def test_changes_work_on_the_next_article(desk: Desk, site: object) -> None:
    desk.run("poll")
    desk.run("subscriptions", "add", "Wetter", "Sturm", "--channel", "screen")
    site.publish("Sturm zieht auf")  # type: ignore[attr-defined]
    assert "“Wetter”" in desk.run("poll").stdout
    desk.run("subscriptions", "edit", "Wetter", "--query", "Regen")
    site.publish("Regen zieht auf")  # type: ignore[attr-defined]
    site.publish("Sturm zieht ab")  # type: ignore[attr-defined]
    out = desk.run("poll").stdout
    assert "Regen" in out
    assert "zieht ab" not in out


@pytest.mark.parametrize(
    "command", [("add", "X", "(Nato", "--channel", "screen"), ("edit", "Hafen", "--query", "(Nato")]
)
def test_a_fault_in_a_query_is_pointed_at(quiet_desk: Desk, command: tuple[str, ...]) -> None:
    result = quiet_desk.run("subscriptions", *command, exit_code=2)
    shown, caret, said = result.stderr.splitlines()
    assert shown == "(Nato"
    assert caret == "^"
    assert "(" in said


def test_the_fault_is_told_in_german(quiet_desk: Desk) -> None:
    quiet_desk.configure(language="de")
    result = quiet_desk.run("subscriptions", "add", "X", "Nato OR (Rutte", "--channel", "screen", exit_code=2)
    assert result.stderr.splitlines()[:2] == ["Nato OR (Rutte", "        ^"]
    assert "Klammer" in result.stderr


def test_a_fault_far_inside_a_long_query(quiet_desk: Desk) -> None:
    query = "Wort OR " * 40 + "(x" + " OR Wort" * 40
    result = quiet_desk.run("subscriptions", "add", "X", query, "--channel", "screen", exit_code=2)
    shown, caret, _ = result.stderr.splitlines()
    assert len(shown) < 130
    assert shown[caret.index("^")] == "("


def test_channels_must_exist(quiet_desk: Desk) -> None:
    result = quiet_desk.run("subscriptions", "add", "X", "Nato", "--channel", "pager", exit_code=2)
    assert "known: screen" in result.stderr
    quiet_desk.run("subscriptions", "add", "X", "Nato", exit_code=2)
    assert "X" not in states(quiet_desk)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 300])
def test_names_are_one_short_line(quiet_desk: Desk, name: str) -> None:
    refused = quiet_desk.run("subscriptions", "add", name, "Nato", "--channel", "screen", exit_code=2)
    assert "Invalid value for 'NAME'" in refused.stderr
    assert list(states(quiet_desk)) == ["Hafen"]


def test_names_stand_once(quiet_desk: Desk) -> None:
    quiet_desk.run("subscriptions", "add", "X", "Nato", "--channel", "screen")
    assert "already" in quiet_desk.run("subscriptions", "add", "X", "EU", "--channel", "screen", exit_code=2).stderr
    quiet_desk.run("subscriptions", "add", "Hafen", "EU", "--channel", "screen", exit_code=2)


@pytest.mark.parametrize("command", [("edit", "Hafen", "--query", "x"), ("remove", "Hafen")])
def test_those_of_the_configuration_are_changed_there(quiet_desk: Desk, command: tuple[str, ...]) -> None:
    assert "feedwacht.toml" in quiet_desk.run("subscriptions", *command, exit_code=2).stderr
    assert states(quiet_desk)["Hafen"][0] == 'Hafen OR "Neuer Markt"'


def test_those_of_the_configuration_can_be_paused_and_stay_so(quiet_desk: Desk) -> None:
    quiet_desk.run("subscriptions", "pause", "Hafen")
    assert states(quiet_desk)["Hafen"][1] == "paused"


@pytest.mark.parametrize("command", ["pause", "resume", "remove"])
def test_an_unknown_name(quiet_desk: Desk, command: str) -> None:
    assert "“Nix”" in quiet_desk.run("subscriptions", command, "Nix", exit_code=2).stderr


def test_an_edit_of_nothing(quiet_desk: Desk) -> None:
    assert "Nothing to change" in quiet_desk.run("subscriptions", "edit", "Hafen", exit_code=2).stderr


def test_tables_in_both_languages(quiet_desk: Desk) -> None:
    english = quiet_desk.run("subscriptions", "list").stdout
    assert "configuration" in english
    assert "active" in english
    quiet_desk.configure(language="de")
    assert "Abonnement" not in english
    assert "aktiv" in quiet_desk.run("subscriptions", "list").stdout


def test_an_unreadable_query_of_the_configuration_is_said(quiet_desk: Desk) -> None:
    quiet_desk.configure(more='[[subscription]]\nname = "Bad"\nquery = "(x"\nchannels = ["screen"]')
    result = quiet_desk.run("subscriptions", "list")
    assert "Bad" in result.stderr
    assert "Hafen" in result.stdout


def test_channels_are_listed_without_secrets(quiet_desk: Desk) -> None:
    (quiet_desk.folder / "secret").write_text("whsec_" + "QUJD" * 8)
    (quiet_desk.folder / "url").write_text("https://user:geheim@hooks.example.org/x?token=abcdef")
    quiet_desk.configure(more=WEBHOOK.format(folder=quiet_desk.folder))
    table, data = quiet_desk.run("channels", "list").stdout, quiet_desk.json("channels", "list")
    assert [(one["name"], one["type"]) for one in data] == [("screen", "console"), ("editors", "webhook")]  # type: ignore[union-attr]
    assert "hooks.example.org" in table
    assert "geheim" not in f"{table}{data}"
    assert "abcdef" not in f"{table}{data}"


def test_labels_note_and_owner_are_kept_shown_and_taken_away(quiet_desk: Desk) -> None:
    table = quiet_desk.run("subscriptions", "list").stdout
    assert "Labels" not in table
    more = ["--label", "politics", "--label", "defence", "--note", "for the summit", "--owner", "desk"]
    quiet_desk.run("subscriptions", "add", "Nato", "Nato", "--channel", "screen", *more)
    table = quiet_desk.run("subscriptions", "list").stdout
    assert all(word in table for word in ("Labels", "politics, defence", "Note", "for the summit", "Owner", "desk"))
    [one] = quiet_desk.json("subscriptions", "list", "--label", "defence")  # type: ignore[misc]
    assert (one["name"], one["labels"], one["owner"]) == ("Nato", ["politics", "defence"], "desk")
    assert quiet_desk.json("subscriptions", "list", "--owner", "somebody") == []
    quiet_desk.run("subscriptions", "edit", "Nato", "--label", "", "--note", "")
    [one] = quiet_desk.json("subscriptions", "list", "--owner", "desk")  # type: ignore[misc]
    assert (one["labels"], one["note"], one["query"]) == ([], "", "Nato")


@pytest.mark.parametrize("said", [("--label", "a\nb"), ("--owner", "x" * 300), ("--note", "a\x07b")])
def test_what_people_note_obeys_the_configurations_rules(quiet_desk: Desk, said: tuple[str, str]) -> None:
    refused = quiet_desk.run("subscriptions", "add", "X", "Nato", "--channel", "screen", *said, exit_code=2)
    assert said[0] in refused.stderr
    assert list(states(quiet_desk)) == ["Hafen"]


def test_the_configuration_says_labels_note_owner_and_rest(quiet_desk: Desk) -> None:
    entry = '[[subscription]]\nname = "Nato"\nquery = "Nato"\nchannels = ["screen"]\n'
    quiet_desk.configure(more=entry + 'labels = ["x"]\nnote = "n"\nowner = "o"\npaused = true\n')
    [one] = quiet_desk.json("subscriptions", "list", "--label", "x")  # type: ignore[misc]
    assert (one["note"], one["owner"], one["state"]) == ("n", "o", "paused")
    assert "feedwacht.toml" in quiet_desk.run("subscriptions", "resume", "Nato", exit_code=2).stderr
    quiet_desk.configure(more=entry)
    [one] = quiet_desk.json("subscriptions", "list")[1:]  # type: ignore[index]
    assert (one["labels"], one["note"], one["state"]) == ([], "", "paused")
    quiet_desk.run("subscriptions", "resume", "Nato")
    assert states(quiet_desk)["Nato"][1] == "active"


def test_the_history_tells_who_changed_what(quiet_desk: Desk) -> None:
    quiet_desk.run("subscriptions", "add", "Nato", "Nato", "--channel", "screen")
    quiet_desk.run("subscriptions", "edit", "Nato", "--query", "Nato OR Rutte", "--label", "x")
    quiet_desk.run("subscriptions", "pause", "Nato")
    told = quiet_desk.run("subscriptions", "history", "Nato").stdout
    assert "Query: Nato → Nato OR Rutte" in told
    assert "Labels: – → x" in told
    assert "paused by" in told
    history = quiet_desk.json("subscriptions", "history", "Nato")
    assert [one["what"] for one in history] == ["added", "edited", "paused"]  # type: ignore[union-attr]
    assert all(one["by"] and one["at"].endswith("Z") for one in history)  # type: ignore[union-attr]
    quiet_desk.run("subscriptions", "remove", "Nato")
    assert "removed by" in quiet_desk.run("subscriptions", "history", "Nato").stdout
    assert "“Nix”" in quiet_desk.run("subscriptions", "history", "Nix", exit_code=2).stderr
    quiet_desk.configure(language="de")
    assert "angelegt von" in quiet_desk.run("subscriptions", "history", "Nato").stdout
    assert "configuration" in quiet_desk.run("subscriptions", "history", "Hafen").stdout
