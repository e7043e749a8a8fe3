"""`feedwacht doctor`: what is wrong is said with what to do, and one thing that fails leaves the others alone."""

from typing import Any

from tests.mailserver import MailServer
from tests.shell.desk import Desk
from tests.wordpress import WordPressSite

MAIL = """
[[channel]]
name = "redaktion"
type = "email"
host = "127.0.0.1"
port = {port}
tls = "none"
from = "alarm@example.org"
to = ["eva@example.org"]
"""
OPERATOR = '[operator]\nchannels = ["screen"]\n'


def found(desk: Desk, *arguments: str, exit_code: int = 0) -> dict[str, list[str]]:
    """The verdicts of each check."""
    told: Any = desk.json("doctor", *arguments, exit_code=exit_code)
    verdicts: dict[str, list[str]] = {}
    for one in told:
        verdicts.setdefault(one["check"], []).append(one["verdict"])
    return verdicts


def test_all_is_well_and_the_source_was_asked_politely(desk: Desk, site: WordPressSite) -> None:
    desk.configure(more=OPERATOR)
    desk.run("poll")
    before = len(site.requests)
    verdicts = found(desk)
    assert {verdict for some in verdicts.values() for verdict in some} <= {"ok", "warning"}
    assert {"configuration", "database", "broker", "folder", "name", "source"} <= set(verdicts)
    [asked] = site.requests[before:]
    assert "if-none-match" in asked.headers, "conditionally, and once"


def test_a_source_that_is_down(desk: Desk, site: WordPressSite) -> None:
    desk.run("poll")
    site.down = True
    shown = desk.run("doctor", exit_code=1).stdout
    assert f"FAILED   source {site.url}/feed/: " in shown
    assert "check address, firewall and proxy" in shown
    assert found(desk, exit_code=1)["database"][0] == "ok"


def test_a_source_that_wants_rest_is_left_alone(desk: Desk, site: WordPressSite) -> None:
    desk.run("poll")
    site.maintenance(retry_after="600")
    desk.run("poll", exit_code=1)
    before = len(site.requests)
    assert found(desk)["source"] == ["skipped"]
    assert len(site.requests) == before


def test_offline_nobody_is_asked(desk: Desk, site: WordPressSite) -> None:
    desk.run("poll")
    before = len(site.requests)
    verdicts = found(desk, "--offline")
    assert verdicts["network"] == ["skipped"]
    assert "source" not in verdicts
    assert len(site.requests) == before


def test_a_configuration_that_cannot_be_used(quiet_desk: Desk) -> None:
    quiet_desk.configure(language="de", more='[htp]\nhost_gap = "1s"\n')
    shown = quiet_desk.run("doctor", exit_code=1).stdout
    assert "FEHLER   Konfiguration: " in shown
    assert "gemeint ist vielleicht [http]" in shown
    assert found(quiet_desk, exit_code=1) == {"configuration": ["failed", "skipped"]}


def test_an_archive_that_cannot_be_used(desk: Desk, site: WordPressSite) -> None:
    (desk.folder / "var").mkdir()
    (desk.folder / "var/feedwacht.db").write_text("no database " * 1_000)
    verdicts = found(desk, exit_code=1)
    assert (verdicts["database"], verdicts["source"]) == (["failed"], ["skipped"])
    assert verdicts["name"] == ["ok"]
    assert site.requests == []


def test_a_new_archive_is_no_fault(quiet_desk: Desk) -> None:
    verdicts = found(quiet_desk)
    assert (verdicts["database"], verdicts["source"]) == (["ok"], ["skipped"])
    assert not (quiet_desk.folder / "var").exists(), "nothing was made, least of all as another user than the service's"


def test_a_source_is_asked_before_any_worker_has_taken_it_over(desk: Desk, site: WordPressSite) -> None:
    desk.run("db", "upgrade")
    assert found(desk)["source"] == ["ok"]
    assert [one.path for one in site.requests] == ["/feed/"]


def test_a_folder_that_is_a_file(quiet_desk: Desk) -> None:
    (quiet_desk.folder / "var").mkdir()
    quiet_desk.records.write_text("")
    assert found(quiet_desk, exit_code=1)["folder"][-1] == "failed"


def test_a_query_that_cannot_be_read_is_a_warning(quiet_desk: Desk) -> None:
    quiet_desk.configure(more='[[subscription]]\nname = "Bad"\nquery = "(x"\nchannels = ["screen"]')
    assert "warning  the query of “Bad” cannot be read" in quiet_desk.run("doctor", "--offline").stdout


def test_a_mail_server_is_talked_to_up_to_the_letter(quiet_desk: Desk) -> None:
    with MailServer() as server:
        quiet_desk.configure(more=MAIL.format(port=server.port))
        assert found(quiet_desk)["mail"] == ["ok"]
        assert server.letters == []
    assert found(quiet_desk, exit_code=1)["mail"] == ["failed"]


def test_where_the_dead_mans_switch_may_stand_is_looked_at_and_it_is_not_asked(quiet_desk: Desk) -> None:
    switch = '[operator]\nchannels = ["screen"]\ndead_man_url = "http://127.0.0.1:1/geheim"\n'
    quiet_desk.configure(more=switch)
    shown = quiet_desk.run("doctor", exit_code=1).stdout
    assert "FAILED   name 127.0.0.1 ([operator] dead_man_url): " in shown
    assert "geheim" not in shown
    quiet_desk.configure(more=f'{switch}dead_man_allow_networks = ["127.0.0.0/8"]\n')
    assert found(quiet_desk)["dead_man"] == ["ok"]


def test_a_broker_that_is_not_there(quiet_desk: Desk) -> None:
    quiet_desk.configure(more='[broker]\nurl = "redis://127.0.0.1:1/0"\n', language="de")
    said = "Broker: redis://127.0.0.1:1/0 ist nicht zu erreichen (der Server nimmt keine Verbindung an): "
    assert said in quiet_desk.run("doctor", exit_code=1).stdout
