"""E-mail at the command line: where it goes is shown, what opens it is not."""

from tests.shell.desk import Desk

MAIL = """
[[channel]]
name = "redaktion"
type = "email"
host = "mail.example.org"
username = "wacht"
password_file = "{folder}/password"
from = "feedwacht <alarm@example.org>"
to = ["Müller, Eva <eva@example.org>", "cvd@bücher.example"]
"""


def test_a_channel_is_listed_by_its_recipients(quiet_desk: Desk) -> None:
    (quiet_desk.folder / "password").write_text("s3cr3t!", encoding="utf-8")
    quiet_desk.configure(more=MAIL.format(folder=quiet_desk.folder))
    [_, mail] = quiet_desk.json("channels", "list")  # type: ignore[misc]
    assert (mail["type"], mail["url"]) == ("email", "mailto:eva@example.org,cvd@xn--bcher-kva.example")
    shown = quiet_desk.run("channels", "list").stdout + quiet_desk.run("check-config", "--json").stdout
    assert "eva@example.org" in shown
    assert "s3cr3t!" not in shown


def test_a_mistake_is_told_in_german(quiet_desk: Desk) -> None:
    quiet_desk.language = "de"
    quiet_desk.configure(more=MAIL.format(folder=quiet_desk.folder).replace('"cvd@bücher.example"', '"cvd"'))
    (quiet_desk.folder / "password").write_text("s3cr3t!", encoding="utf-8")
    said = quiet_desk.run("check-config", exit_code=2).stderr
    assert 'gebraucht wird eine Adresse wie "desk@example.org"' in said
