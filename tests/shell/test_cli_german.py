"""German all the way: why a poll failed, what is wrong with the configuration, how a command was misspelt."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.badserver import BadServer, reply
from tests.shell.desk import Desk

PAGE = b"<!doctype html><html><head><title>Der Tag: access is forbidden</title></head><body><p>Hallo</p></body></html>"


@pytest.fixture
def german(quiet_desk: Desk) -> Desk:
    quiet_desk.configure(language="de")
    return quiet_desk


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port where nobody listens: bound, so that nobody else takes it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_a_refused_connection(german: Desk, closed_port: int) -> None:
    german.configure(feeds=[f"http://127.0.0.1:{closed_port}/feed/"])
    words = f"127.0.0.1:{closed_port}: der Server nimmt keine Verbindung an"
    assert f"fehlgeschlagen: {words}; nächster Versuch" in german.run("poll", exit_code=1).stdout
    assert words in " ".join(german.run("feeds", "list").stdout.split())
    assert f"schlägt fehl: {words}" in german.run("status").stdout


def test_programs_and_the_archive_keep_the_english_reason(german: Desk, closed_port: int) -> None:
    german.configure(feeds=[f"http://127.0.0.1:{closed_port}/feed/"])
    reason = f"127.0.0.1:{closed_port}: the server refused the connection"
    [polled] = german.json("poll", exit_code=1)  # type: ignore[misc]
    [listed] = german.json("feeds", "list")  # type: ignore[misc]
    assert polled["reason"] == listed["last_reason"] == reason
    assert reason in " ".join(json.loads(german.run("status", "--json").stdout)["warnings"])
    archive = german.archive()
    with archive.read() as tx:
        assert [feed.last_reason for feed in tx.feeds.all()] == [reason]
    archive.close()


def test_the_reason_of_a_gap(german: Desk, closed_port: int) -> None:
    german.configure(feeds=[f"http://127.0.0.1:{closed_port}/feed/"])
    german.run("poll", exit_code=1)
    archive, now = german.archive(), datetime.now(UTC)
    with archive.write() as tx:
        [feed] = tx.feeds.all()
        reason = "there is no page 2 (HTTP 404); there are no feeds of days (HTTP 404)"
        tx.coverage.open(feed.id, from_at=now - timedelta(hours=2), to_at=now, reason=reason, now=now)
    archive.close()
    for command in ("status", "coverage"):
        assert "es gibt keine Seite 2 (HTTP 404)" in german.run(command).stdout
    [covered] = german.json("coverage")  # type: ignore[misc]
    assert covered["gaps"][0]["reason"] == reason


def test_a_page_where_a_feed_should_be(german: Desk) -> None:
    with BadServer() as server:
        server.on("/feed", reply(200, PAGE))
        german.configure(feeds=[server.url("/feed")])
        url, said = server.url("/feed"), german.run("poll", exit_code=1).stdout
    words = "eine HTML-Seite (Titel „Der Tag: access is forbidden“) statt eines Feeds"
    assert f"{url}: {words}; nächster Versuch" in said
    assert words in " ".join(german.run("feeds", "list").stdout.split())


def test_a_mistyped_key(german: Desk) -> None:
    german.config.write_text(german.config.read_text().replace("host_gap", "host_gpa"), encoding="utf-8")
    said = german.run("status", exit_code=2).stderr
    assert said == f"{german.config}, Zeile 8: [http] host_gpa ist unbekannt; gemeint ist vielleicht host_gap\n"


@pytest.mark.parametrize(("language", "words"), [("de", "das ist kein TOML"), ("en", "this is not TOML")])
def test_what_is_no_toml_is_said_in_the_language_that_it_names(quiet_desk: Desk, language: str, words: str) -> None:
    quiet_desk.configure(language=language)
    quiet_desk.config.write_text(quiet_desk.config.read_text() + "[http\n", encoding="utf-8")
    assert words in quiet_desk.run("status", exit_code=2).stderr


def test_the_environment_names_the_language_too(german: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDWACHT_UI__LANGUAGE", "en")
    assert "No such option" in german.run("poll", "--nope", exit_code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["poll", "--nope"], "Fehler: Die Option '--nope' gibt es nicht."),
        (["--nope"], "Fehler: Die Option '--nope' gibt es nicht."),
        (["feeds", "ad"], "Fehler: Den Befehl 'ad' gibt es nicht. Gemeint ist vielleicht 'add'."),
        (["feeds", "add"], "Fehler: Es fehlt das Argument 'URL'."),
        (
            ["feeds", "add", "ftp://x.example/", "--source", "hasepost"],
            "Fehler: Ungültiger Wert für URL: ftp://x.example/: ",
        ),
        (
            ["archive", "search", "--limit", "x", "a"],
            "Fehler: Ungültiger Wert für '--limit': 'x' ist keine ganze Zahl.",
        ),
        (["query", "test", "a", "--since", "gestern"], "gebraucht wird eine Zeitspanne wie 30d"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_misspelt_command(german: Desk, arguments: list[str], words: str) -> None:
    said = german.run(*arguments, exit_code=2).stderr
    assert words in said
    assert said.startswith("Aufruf: ")
    assert "--help' hilft weiter." in said


def test_english_stays_english(quiet_desk: Desk) -> None:
    said = quiet_desk.run("poll", "--nope", exit_code=2).stderr
    assert said.startswith("Usage: ")
    assert "Error: No such option '--nope'." in said


def test_a_conflict(german: Desk) -> None:
    url = "https://www.hasepost.de/feed/"
    german.run("feeds", "add", url, "--source", "hasepost")
    german.configure(feeds=[url])
    said = german.run("feeds", "list", exit_code=2).stderr
    assert said.startswith(f"der Feed {url} steht in der Konfiguration und wurde auch per Befehl angelegt: ")
