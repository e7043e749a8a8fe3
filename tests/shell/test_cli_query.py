"""`feedwacht query`: what is tried before it is saved."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.shell.desk import Desk
from tests.wordpress import WordPressSite


@pytest.fixture
def filled(desk: Desk, site: WordPressSite) -> Desk:
    """Twelve articles of before, and three about ships, two of them within an hour."""
    now = datetime.now(UTC).replace(microsecond=0)
    site.posts_per_rss = 50
    site.publish("Ein Schiff", "<p>Am Hafen liegt ein Schiff.</p>", at=now - timedelta(days=2))
    site.publish("Noch ein Schiff", "<p>Auch dieses liegt am Kanal.</p>", at=now - timedelta(days=2, minutes=5))
    site.publish("Kanal", "<p>Ein Schiff fährt durch die Stadt.</p>", at=now - timedelta(days=40))
    desk.run("poll")
    return desk


def test_a_backtest_counts_charts_and_shows(filled: Desk) -> None:
    out = filled.run("query", "test", "Schiff").stdout
    assert "2 hits; looked through: 14 articles" in out
    assert "it would have sent 2 alerts, at most 2 in one hour" in out
    assert "Noch ein [Schiff]" in out
    assert "liegt ein [Schiff]." in out
    assert "»Schiff«" in out
    assert any("█" * 40 in line and line.endswith(" 2") for line in out.splitlines())
    assert sum(line.endswith("  0") for line in out.splitlines()) >= 1


def test_a_backtest_for_machines(filled: Desk) -> None:
    data = filled.json("query", "test", "Schiff", "--since", "90d", "--show", "1")
    assert isinstance(data, dict)
    assert (data["articles"], data["hits"], data["most_in_an_hour"]) == (15, 3, 2)
    assert sum(one["hits"] for one in data["chart"]) == 3
    [newest] = data["newest"]
    assert newest["title"] == "Ein Schiff"
    assert {match["text"] for match in newest["matches"]} == {"Schiff"}


def test_the_backtest_says_what_live_matching_said(desk: Desk, site: WordPressSite) -> None:
    desk.run("poll")
    for number in range(4):
        site.publish(f"Meldung {number}", f"<p>{'Hafen' if number % 2 else 'Bahnhof'} {number}</p>")
    desk.run("poll")
    told = {one["url"] for one in desk.json("alerts", "list")}  # type: ignore[union-attr]
    data = desk.json("query", "test", 'Hafen OR "Neuer Markt"')
    assert {one["url"] for one in data["newest"]} == told  # type: ignore[index, call-overload]
    assert len(told) == 2


def test_an_empty_archive(quiet_desk: Desk) -> None:
    said = quiet_desk.run("query", "test", "Nato").stdout
    assert "the archive is empty" in said
    assert "--since" not in said


def test_a_time_without_articles(filled: Desk) -> None:
    assert "--since further back" in filled.run("query", "test", "Nato", "--since", "2100-01-01").stdout


def test_german(filled: Desk) -> None:
    filled.configure(language="de")
    out = filled.run("query", "test", "Schiff").stdout
    assert "2 Treffer; durchsucht: 14 Artikel" in out
    assert "das hätte 2 Alarme geschickt, höchstens 2 in einer Stunde" in out


@pytest.mark.parametrize("command", [("test", "(x"), ("explain", "(x"), ("diff", "x", "(x")])
def test_a_query_that_cannot_be_read(quiet_desk: Desk, command: tuple[str, ...]) -> None:
    assert "(x\n" in quiet_desk.run("query", *command, exit_code=2).stderr, "with a mark below the place"


def test_a_difference_is_between_two(quiet_desk: Desk) -> None:
    assert "give OLD and NEW" in quiet_desk.run("query", "diff", "x", exit_code=2).stderr


def test_near_misses(desk: Desk, site: WordPressSite) -> None:
    desk.run("poll")
    for text in ("Der Hafen.", "Das Hafenfest beginnt.", "Ein Binnenhafen am Kanal.", "Der Binnenhafen wächst."):
        site.publish(text, f"<p>{text}</p>")
    desk.run("poll")
    out = desk.run("query", "test", "Hafen").stdout
    assert "with `Hafen+` it would also find: 2 more articles, e.g. »Binnenhafen«" in out
    assert "with `Hafen*` it would also find: 1 more article, e.g. »Hafenfest«" in out
    near = desk.json("query", "test", "Hafen AND Kanal")["near"]  # type: ignore[index, call-overload]
    assert [(one["change"], one["articles"], one["examples"]) for one in near] == [("Hafen+", 1, ["Binnenhafen"])]
    assert desk.json("query", "test", "Hafen+ OR Hafen*")["near"] == []  # type: ignore[index, call-overload]


# -- explained ----------------------------------------------------------------------------------------------------------


def test_how_a_query_is_understood(quiet_desk: Desk) -> None:
    out = quiet_desk.run("query", "explain", 'Häuser "Mark Rutte" =AfD title:hafen* trumps').stdout
    assert "base form Haus: Haus, Hause" in out
    assert "in the title: any word of the pattern hafen*" in out
    assert "exactly “AfD”" in out
    assert "only the form “rutte”" in out
    assert "in no dictionary" in out
    words = quiet_desk.json("query", "explain", "Häuser")["words"]  # type: ignore[index, call-overload]
    assert "Häusern" in words[0]["lemmas"]["Haus"]


def test_a_query_may_begin_with_a_minus(filled: Desk) -> None:
    assert "Read as: Schiff AND NOT Hafen" in filled.run("query", "explain", "-Hafen Schiff").stdout
    assert "1 hit;" in filled.run("query", "test", "-Hafen Schiff").stdout
    assert "Noch ein" in filled.run("archive", "search", "-Hafen Schiff").stdout
    filled.run("subscriptions", "add", "Schiffe", "-Hafen Schiff", "--channel", "screen")
    assert "^" in filled.run("query", "explain", "-Hafen", exit_code=2).stderr


def test_hints_stand_beside_the_data(quiet_desk: Desk) -> None:
    result = quiet_desk.run("query", "test", "a1 OR b2 c3", "--explain", "--json")
    assert "Hint:" in result.stderr
    assert json.loads(result.stdout)["hints"]
    assert "Hint:" in quiet_desk.run("subscriptions", "add", "X", "a1 OR b2 c3", "--channel", "screen").stderr


# -- against a file -----------------------------------------------------------------------------------------------------


def test_against_a_plain_text(quiet_desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text("Die Nato tagt.\n\nSie berät.", encoding="utf-8")
    assert "Die [Nato] tagt." in quiet_desk.run("query", "test", "Nato", "--against", str(file)).stdout
    assert "no match" in quiet_desk.run("query", "test", "Hafen", "--against", str(file)).stdout
    assert "no match" in quiet_desk.run("query", "test", '"tagt Sie"', "--against", str(file)).stdout


def test_against_record_files(filled: Desk, tmp_path: Path) -> None:
    lines, page, data = tmp_path / "all.txt", tmp_path / "pages", tmp_path / "all.jsonl"
    filled.run("archive", "export", "--to", str(lines), "--format", "txt", "--query", "Schiff")
    filled.run("archive", "export", "--to", str(page), "--format", "md", "--query", "Kanal AND Stadt")
    filled.run("archive", "export", "--to", str(data), "--format", "jsonl", "--query", "Schiff")
    for file in (lines, data):
        found = filled.json("query", "test", "Kanal", "--against", str(file))["results"]  # type: ignore[index, call-overload]
        assert [(one["title"], one["matches"]) for one in found] == [
            ("Kanal", True),
            ("Noch ein Schiff", True),
            ("Ein Schiff", False),
        ]
    [one] = page.rglob("*.md")
    assert "a match: Kanal" in filled.run("query", "test", "Kanal", "--against", str(one)).stdout


def test_against_what_is_no_text(quiet_desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "x.bin"
    file.write_bytes(b"\xff\xfe\x00")
    assert "no text in UTF-8" in quiet_desk.run("query", "test", "Nato", "--against", str(file), exit_code=2).stderr
    file.write_bytes(b" \n")
    assert "is empty" in quiet_desk.run("query", "test", "Nato", "--against", str(file), exit_code=2).stderr
    nowhere = quiet_desk.run("query", "test", "Nato", "--against", str(tmp_path / "nowhere"), exit_code=2)
    assert "does not exist" in nowhere.stderr


# -- diff ---------------------------------------------------------------------------------------------------------------


def test_a_difference_of_two_queries(filled: Desk) -> None:
    out = filled.run("query", "diff", "Schiff", "Kanal", "--since", "90d").stdout
    assert "gained: 0, lost: 1, kept: 2" in out
    assert "Lost, the newest first:" in out
    assert "Ein [Schiff]" in out
    assert "Gained" not in out


def test_a_difference_to_a_subscription(filled: Desk) -> None:
    data = filled.json("query", "diff", "--subscription", "Hafen", "Hafen OR Kanal", "--since", "90d")
    assert isinstance(data, dict)
    assert (data["old"], data["gained"], data["lost"], data["kept"]) == ('Hafen OR "Neuer Markt"', 2, 0, 1)
    assert [one["title"] for one in data["newest_gained"]] == ["Noch ein Schiff", "Kanal"]
    filled.run("query", "diff", "--subscription", "Nix", "Hafen", exit_code=2)


# -- cases --------------------------------------------------------------------------------------------------------------

HEAD = "query\ttext\texpected\tnote\n"


def test_cases_that_hold(quiet_desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "cases.tsv"
    file.write_text(f"{HEAD}Nato\tDie Nato\t1\tx\nNato\tDie EU\t0\ty\n", encoding="utf-8")
    assert quiet_desk.run("query", "cases", str(file)).stdout == "2 passed, 0 failed\n"


@pytest.mark.parametrize("language", ["de", "en"])
def test_cases_that_fail_are_listed(quiet_desk: Desk, tmp_path: Path, language: str) -> None:
    quiet_desk.configure(language=language)
    file = tmp_path / "cases.tsv"
    file.write_text(f"{HEAD}Nato\tDie Nato\t1\tx\nNato\tDie EU\t1\twarum\n(Nato\tDie Nato\t1\n", encoding="utf-8")
    out = quiet_desk.run("query", "cases", str(file), exit_code=1).stdout.splitlines()
    assert out[-1] == "1 passed, 2 failed"
    assert any(" 3: Nato" in line and "warum" in line for line in out)
    assert any(" 4: (Nato" in line for line in out)
    data = quiet_desk.json("query", "cases", str(file), exit_code=1)
    assert (data["passed"], data["failed"]) == (1, 2)  # type: ignore[index, call-overload]
    assert [one["line"] for one in data["failures"]] == [3, 4]  # type: ignore[index, call-overload]


@pytest.mark.parametrize("content", [b"", b"nonsense", HEAD.encode() + b"a\tb\tc\td\n", b"\xff\xfe"])
def test_what_is_no_table_of_cases(quiet_desk: Desk, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "cases.tsv"
    file.write_bytes(content)
    result = quiet_desk.run("query", "cases", str(file), exit_code=2)
    assert "cases.tsv" in result.stderr
    assert not result.stdout
