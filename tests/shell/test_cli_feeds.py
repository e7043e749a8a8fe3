"""`feedwacht feeds`."""

import pytest

from tests.shell.desk import Desk

KULTUR = "https://www.hasepost.de/category/os-kultur/feed/"


def urls(desk: Desk) -> list[str]:
    return [one["url"] for one in desk.json("feeds", "list")]  # type: ignore[union-attr]


def test_a_feed_is_added_listed_and_removed(quiet_desk: Desk) -> None:
    added = quiet_desk.run("feeds", "add", KULTUR, "--source", "hasepost", "--interval", "30m", "--category", "Kultur")
    assert "feed 1" in added.stdout
    [feed] = quiet_desk.json("feeds", "list")  # type: ignore[misc]
    assert (feed["url"], feed["source"], feed["interval_s"], feed["category"]) == (KULTUR, "hasepost", 1800.0, "Kultur")
    assert (feed["origin"], feed["stopped"], feed["last_outcome"]) == ("command", "", "")
    table = quiet_desk.run("feeds", "list").stdout
    assert KULTUR in table
    assert "due now" in table
    assert "30m" in table
    quiet_desk.run("feeds", "remove", "1")
    assert urls(quiet_desk) == []


def test_tables_speak_german(quiet_desk: Desk) -> None:
    assert "there is no feed" in quiet_desk.run("feeds", "list").stdout
    quiet_desk.configure(language="de", feeds=[KULTUR])
    assert quiet_desk.run("feeds", "list").stdout.startswith("Nr.  Feed")
    assert "jetzt fällig" in quiet_desk.run("feeds", "list").stdout


def test_a_feed_is_added_once(quiet_desk: Desk) -> None:
    quiet_desk.run("feeds", "add", KULTUR, "--source", "hasepost")
    assert "already" in quiet_desk.run("feeds", "add", KULTUR, "--source", "hasepost", exit_code=2).stderr
    assert urls(quiet_desk) == [KULTUR]


@pytest.mark.parametrize(
    "spelling",
    [
        "HTTPS://WWW.Hasepost.DE/category/os-kultur/feed/",
        "https://www.hasepost.de:443/category/os-kultur/feed/",
        "https://www.hasepost.de./category/os-kultur/feed/#top",
        "https://www.hasepost.de/category/../category/os-kultur/feed/",
        "https://www.hasepost.de/category/os%2Dkultur/feed/",
    ],
)
def test_a_feed_in_another_spelling_is_the_same_feed(quiet_desk: Desk, spelling: str) -> None:
    quiet_desk.run("feeds", "add", KULTUR, "--source", "hasepost")
    refused = quiet_desk.run("feeds", "add", spelling, "--source", "hasepost", exit_code=2).stderr
    assert f"as feed 1: {KULTUR}" in refused
    assert urls(quiet_desk) == [KULTUR]
    quiet_desk.run("feeds", "remove", "1")
    quiet_desk.configure(feeds=[KULTUR])
    quiet_desk.run("feeds", "add", spelling, "--source", "hasepost", exit_code=2)


def test_a_feed_by_command_conflicts_with_another_spelling_in_the_file(quiet_desk: Desk) -> None:
    quiet_desk.run("feeds", "add", KULTUR, "--source", "hasepost")
    quiet_desk.configure(feeds=[KULTUR.replace("www", "WWW")])
    refused = quiet_desk.run("feeds", "list", exit_code=2).stderr
    assert "take it out of the file" in refused
    advice = refused.partition("`feedwacht ")[2].rstrip("`\n").split()
    quiet_desk.run(*advice)
    assert urls(quiet_desk) == [KULTUR.replace("www", "WWW")]


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://10.0.0.1/feed/",
            "http://169.254.169.254/",
            "http://[::1]/",
            "http://2852039166/",
            "http://[fe80::1]/",
        ),
        *("http://192.168.1.1:8080/", "http://[::ffff:10.0.0.1]/", "http://anna:geheim@10.0.0.1/"),
    ],
)
@pytest.mark.parametrize(("language", "words"), [("en", "not on the public internet"), ("de", "nicht im öffentlichen")])
def test_an_address_that_would_never_be_reached_is_refused_at_once(
    quiet_desk: Desk, url: str, language: str, words: str
) -> None:
    quiet_desk.configure(language=language)
    refused = quiet_desk.run("feeds", "add", url, "--source", "hasepost", exit_code=2).stderr
    assert words in refused
    assert "allow_networks" in refused
    assert "geheim" not in refused
    assert urls(quiet_desk) == []


def test_a_port_that_may_not_be_used_is_refused_at_once(quiet_desk: Desk) -> None:
    refused = quiet_desk.run("feeds", "add", "https://x.example:6379/", "--source", "hasepost", exit_code=2).stderr
    assert "port 6379" in refused
    assert "allow_ports" in refused


@pytest.mark.parametrize("url", ["http://127.0.0.1:6379/feed/", "http://localhost:81/feed/"])
def test_an_allowed_network_takes_any_port_and_any_interval(quiet_desk: Desk, url: str) -> None:
    quiet_desk.run("feeds", "add", url, "--source", "hasepost", "--interval", "5s")
    assert urls(quiet_desk) == [url]


@pytest.mark.parametrize("url", ["ftp://x.example/", "x", "https://", "https://x.example/a b", "javascript:alert(1)"])
def test_an_address_must_be_one(quiet_desk: Desk, url: str) -> None:
    result = quiet_desk.run("feeds", "add", url, "--source", "hasepost", exit_code=2)
    assert "https://www.example.org/feed/" in " ".join(result.stderr.split())


def test_source_and_interval_must_fit(quiet_desk: Desk) -> None:
    assert "known: hasepost" in quiet_desk.run("feeds", "add", KULTUR, "--source", "x", exit_code=2).stderr
    quick = quiet_desk.run("feeds", "add", KULTUR, "--source", "hasepost", "--interval", "5s", exit_code=2)
    assert "shorter than 1m" in quick.stderr
    quiet_desk.run("feeds", "add", KULTUR, "--source", "hasepost", "--interval", "often", exit_code=2)
    assert urls(quiet_desk) == []


def test_credentials_are_not_shown(quiet_desk: Desk) -> None:
    secret = "https://user:geheim@www.hasepost.de/feed/"
    shown = quiet_desk.run("feeds", "add", secret, "--source", "hasepost").output
    shown += quiet_desk.run("feeds", "add", secret, "--source", "hasepost", exit_code=2).output
    shown += quiet_desk.run("feeds", "list").output + quiet_desk.run("feeds", "list", "--json").output
    shown += quiet_desk.run("status", exit_code=None).output
    [masked] = urls(quiet_desk)
    shown += quiet_desk.run("feeds", "remove", masked).output
    assert "geheim" not in shown
    assert urls(quiet_desk) == []


def test_feeds_of_the_configuration_are_removed_there(quiet_desk: Desk) -> None:
    quiet_desk.configure(feeds=[KULTUR])
    result = quiet_desk.run("feeds", "remove", KULTUR, exit_code=2)
    assert "feedwacht.toml" in result.stderr
    assert urls(quiet_desk) == [KULTUR]


def test_what_left_the_configuration_can_go_on_by_command(quiet_desk: Desk) -> None:
    quiet_desk.configure(feeds=[KULTUR])
    quiet_desk.run("feeds", "list")
    quiet_desk.configure(feeds=[])
    assert "stopped" in quiet_desk.run("feeds", "list").stdout
    quiet_desk.run("feeds", "add", KULTUR, "--source", "hasepost")
    [feed] = quiet_desk.json("feeds", "list")  # type: ignore[misc]
    assert (feed["id"], feed["origin"], feed["stopped"]) == (1, "command", "")


def test_the_same_feed_in_the_file_and_by_command_is_a_conflict(quiet_desk: Desk) -> None:
    quiet_desk.run("feeds", "add", KULTUR, "--source", "hasepost")
    quiet_desk.configure(feeds=[KULTUR])
    assert "take it out of the file" in quiet_desk.run("feeds", "list", exit_code=2).stderr


def test_an_unknown_feed_cannot_be_removed(quiet_desk: Desk) -> None:
    assert "there is no feed 5" in quiet_desk.run("feeds", "remove", "5", exit_code=2).stderr


@pytest.mark.parametrize(
    ("kept", "english", "german", "why"),
    [
        ("rhythm 134 3.2", "rhythm: Saturday 14 h, 3.2 articles an hour", "Rhythmus: Samstag 14 Uhr, 3,2", "rhythm"),
        ("burst 9 12", "an article has just come; Monday 9 h, 12 articles", "eben kam ein Artikel; Montag", "burst"),
        ("unknown", "no rhythm known yet", "noch kein Rhythmus bekannt", "unknown"),
        ("hint 3600", "the feed asks for 1h", "der Feed wünscht 1h", "hint"),
        ("cache 1764772500", "the server's cache is fresh until", "der Cache des Servers gilt bis", "cache"),
    ],
)
def test_the_list_says_why_the_next_poll_is_when_it_is(
    desk: Desk, kept: str, english: str, german: str, why: str
) -> None:
    desk.run("poll")
    archive = desk.archive()
    with archive.write() as tx:
        tx.feeds.describe(1, pace_reason=kept)
    archive.close()
    [row] = desk.json("feeds", "list")
    assert row["pace"]["why"] == why
    assert " ".join(english.split()[:2]) in desk.run("feeds", "list").stdout.replace("\n", " ")
    desk.configure(language="de")
    assert german.split(maxsplit=1)[0] in desk.run("feeds", "list").stdout


def test_a_feed_added_without_an_interval_follows_its_own_hints(quiet_desk: Desk) -> None:
    quiet_desk.run("feeds", "add", KULTUR, "--source", "hasepost")
    feed = next(one for one in quiet_desk.json("feeds", "list") if one["url"] == KULTUR)
    assert (feed["interval_s"], feed["interval_given"]) == (600.0, False)


def test_a_feed_of_the_configuration_that_may_not_be_reached_is_named(quiet_desk: Desk) -> None:
    quiet_desk.configure(feeds=["http://10.0.0.1/feed/"])
    said = quiet_desk.run("check-config", exit_code=1).stderr
    assert said.startswith("[[source.feed]] http://10.0.0.1/feed/ can never be reached: ")
    assert "([http] allow_networks can allow its network)" in said
