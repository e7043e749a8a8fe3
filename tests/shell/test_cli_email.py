"""E-mail at the command line: where it goes is shown, what opens it is not."""

from tests.mailserver import MailServer
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
LOCAL = """
[[channel]]
name = "redaktion"
type = "email"
host = "127.0.0.1"
port = {port}
tls = "none"
from = "feedwacht <alarm@example.org>"
to = ["Müller, Eva <eva@example.org>"]
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


def test_a_sample_is_sent_and_the_answer_shown(quiet_desk: Desk) -> None:
    with MailServer() as server:
        quiet_desk.configure(more=LOCAL.format(port=server.port))
        said = quiet_desk.run("channels", "test", "redaktion").stdout
        (letter,) = server.letters
        server.script(data="554 5.7.1 no")
        refused = quiet_desk.json("channels", "test", "redaktion", exit_code=1)
    assert "250 2.0.0 Ok: queued as 4TEST" in said
    assert letter.to == ("eva@example.org",)
    assert letter.part("html")
    assert (refused["result"], refused["status"], refused["answer"]) == ("never", 554, "554 5.7.1 no")  # type: ignore[index]
