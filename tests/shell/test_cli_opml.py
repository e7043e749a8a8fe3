"""`feedwacht feeds export` and `feedwacht feeds import`."""

from pathlib import Path
from typing import Any

import pytest

from tests.shell.desk import Desk

FEED, KULTUR = "https://www.hasepost.de/feed/", "https://www.hasepost.de/category/os-kultur/feed/"


def feeds_of(desk: Desk) -> list[tuple[str, str, str, float]]:
    listed: Any = desk.json("feeds", "list")
    return [(one["url"], one["source"], one["category"], one["interval_s"]) for one in listed]


def listing(desk: Desk, text: str) -> str:
    path = desk.folder / "in.opml"
    path.write_text(f"<opml version='2.0'><body>\n{text}\n</body></opml>", encoding="utf-8")
    return str(path)


def test_a_round_trip_gives_the_same_feeds(quiet_desk: Desk, tmp_path: Path) -> None:
    quiet_desk.run("feeds", "add", FEED, "--source", "hasepost", "--no-check")
    options = ("--source", "hasepost", "--interval", "30m", "--category", "Kultur, Kino & Co", "--no-check")
    quiet_desk.run("feeds", "add", KULTUR, *options)
    file = str(tmp_path / "out.opml")
    assert "2 feeds" in quiet_desk.run("feeds", "export", file).stderr
    assert quiet_desk.run("feeds", "export").stdout.count("xmlUrl=") == 2
    (tmp_path / "other").mkdir()
    other = Desk(folder=tmp_path / "other")
    assert "added: 2 feeds; 0 known" in other.run("feeds", "import", file, "--source-from-outline").stdout
    assert feeds_of(other) == feeds_of(quiet_desk)
    again = other.run("feeds", "import", file, "--source", "hasepost")
    assert "added: 0 feeds; 2 known" in again.stdout
    assert again.stderr.count("skipped, it is polled already") == 2


def test_spellings_duplicates_and_bad_lines_are_named_one_by_one(quiet_desk: Desk) -> None:
    file = listing(
        quiet_desk,
        f'<outline xmlUrl="{FEED}"/>\n<outline xmlUrl="{FEED.replace("www", "WWW")}#top"/>\n'
        '<outline type="rss" text="leer"/>\n<outline xmlUrl="ftp://x.example/"/>\n'
        '<outline xmlUrl="http://10.0.0.1/feed/"/>\n<outline xmlUrl="https://***@x.example/feed/"/>\n'
        f'<outline xmlUrl="{KULTUR}" xmlns:feedwacht="urn:feedwacht:opml" feedwacht:interval="oft"/>',
    )
    result = quiet_desk.run("feeds", "import", file, "--source", "hasepost", exit_code=1)
    assert "added: 1 feed; 1 known already" in result.stdout
    for line, words in ((3, "polled already"), (4, "no address"), (5, "ftp"), (6, "public internet"), (7, "password")):
        assert any(one.startswith(f"{file}:{line}: ") and words in one for one in result.stderr.splitlines()), words
    assert "5 lines were skipped" in result.stderr
    assert [url for url, *_ in feeds_of(quiet_desk)] == [FEED]


def test_folders_name_sources(quiet_desk: Desk) -> None:
    line = "Hasepost.de - Die Zeitung für Osnabrück"
    file = listing(
        quiet_desk,
        f'<outline text="{line}"><outline text="Sonstiges"><outline xmlUrl="{FEED}"/></outline></outline>'
        f'<outline text="nix"><outline xmlUrl="{KULTUR}"/></outline>',
    )
    result = quiet_desk.run("feeds", "import", file, "--source-from-outline", exit_code=1)
    assert [one[:2] for one in feeds_of(quiet_desk)] == [(FEED, "hasepost")]
    assert "no folder around it is called as a source" in result.stderr


def test_credentials_stay_at_home(quiet_desk: Desk) -> None:
    quiet_desk.run("feeds", "add", "https://anna:geheim@www.hasepost.de/feed/", "--source", "hasepost", "--no-check")
    result = quiet_desk.run("feeds", "export", "-")
    assert "geheim" not in result.output
    assert "password or key is not in the file" in result.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "--source-from-outline"),
        (("--source", "hasepost", "--source-from-outline"), "--source-from-outline"),
        (("--source", "nix"), "nix"),
    ],
)
def test_the_source_must_be_said_once(quiet_desk: Desk, options: tuple[str, ...], said: str) -> None:
    assert said in quiet_desk.run("feeds", "import", listing(quiet_desk, ""), *options, exit_code=2).stderr


def test_files_that_are_no_list(quiet_desk: Desk) -> None:
    path = quiet_desk.folder / "in.opml"
    for text, words in (("", "no XML"), ("<rss/>", "no OPML"), ('<!DOCTYPE a [<!ENTITY b "c">]><opml/>', "entities")):
        path.write_text(text)
        assert words in quiet_desk.run("feeds", "import", str(path), "--source", "hasepost", exit_code=2).stderr
    quiet_desk.run("feeds", "import", str(quiet_desk.folder / "missing"), "--source", "hasepost", exit_code=2)
