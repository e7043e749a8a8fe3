"""`feedwacht archive`: searching, showing, counting, removing, and what goes out and in."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.shell.desk import Desk
from tests.wordpress import WordPressSite

BERLIN = ZoneInfo("Europe/Berlin")
LINE = (
    "# Titel {n} Datum: {date} Kategorie: Osnabrück URL: https://www.hasepost.de/artikel-{n}-66{n:04}/ --- "
    "Text {n}{more} --- Quelle: Hasepost.de - Die Zeitung für Osnabrück"
)


def line(n: int, date: str = "03.12.2025 16:35", more: str = "") -> str:
    return LINE.format(n=n, date=date, more=more)


def take(desk: Desk, *lines: str) -> None:
    path = desk.folder / "in.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    desk.run("archive", "import", str(path))


def titles(desk: Desk, *arguments: str) -> list[str]:
    return [one["title"] for one in desk.json("archive", "search", *arguments)]  # type: ignore[union-attr]


# -- search -----------------------------------------------------------------------------------------------------------


def test_articles_are_found_the_newest_first_with_what_surrounds_the_word(quiet_desk: Desk) -> None:
    take(
        quiet_desk,
        line(1, "01.12.2025 10:00", " Der Ukraine-Krieg und der Hafen."),
        line(2, "02.12.2025 10:00", " " + "Wort " * 100 + "im Hafen " + "Wort " * 100),
        line(3, "03.12.2025 10:00", " nichts davon"),
    )
    assert titles(quiet_desk, "Hafen") == ["Titel 2", "Titel 1"]
    assert titles(quiet_desk, "Ukrainekrieg") == ["Titel 1"]
    assert titles(quiet_desk, "Hafen", "--limit", "1") == ["Titel 2"]
    assert titles(quiet_desk, "(Ukrainekrieg OR davon) -Rat") == ["Titel 3", "Titel 1"]
    assert titles(quiet_desk, "Hafen OR Titel OR davon") == ["Titel 3", "Titel 2", "Titel 1"]
    shown = quiet_desk.run("archive", "search", "Hafen").stdout
    assert "… Wort Wort" in shown.replace("…ort", "… Wort").replace("…rt", "… Wort") or "…" in shown
    assert "[Hafen]" in shown
    assert "2 articles found" in shown
    assert "more than 1" in quiet_desk.run("archive", "search", "Hafen", "--limit", "1").stdout


def test_days_are_days_on_the_sources_clock(quiet_desk: Desk) -> None:
    take(quiet_desk, line(1, "01.12.2025 00:10"), line(2, "01.12.2025 23:50"), line(3, "02.12.2025 00:10"))
    assert titles(quiet_desk, "Titel", "--since", "2025-12-02") == ["Titel 3"]
    assert titles(quiet_desk, "Titel", "--until", "2025-12-01") == ["Titel 2", "Titel 1"]
    assert titles(quiet_desk, "Titel", "--since", "01.12.2025", "--until", "01.12.2025") == ["Titel 2", "Titel 1"]
    assert titles(quiet_desk, "Titel", "--since", "2025-12-01T23:50", "--until", "2025-12-02T00:10") == ["Titel 2"]
    assert titles(quiet_desk, "Titel", "--since", "2025-12-01T23:10Z") == ["Titel 3"]


def test_spans_count_back_from_now(quiet_desk: Desk) -> None:
    old, new = ((datetime.now(BERLIN) - timedelta(days=days)).strftime("%d.%m.%Y %H:%M") for days in (3, 1))
    take(quiet_desk, line(1, old), line(2, new))
    assert titles(quiet_desk, "Titel", "--since", "2d") == ["Titel 2"]
    assert titles(quiet_desk, "Titel", "--until", "2d") == ["Titel 1"]


@pytest.mark.parametrize(
    "when", ["gestern", "30", "2025-13-01", "31.02.2025", "0001-01-01", "99999d", "2025", "-1d", ""]
)
def test_times_that_cannot_be_read(quiet_desk: Desk, when: str) -> None:
    assert "30d" in quiet_desk.run("archive", "search", "x", f"--since={when}", exit_code=2).stderr


def test_a_fault_in_the_query(quiet_desk: Desk) -> None:
    assert "^" in quiet_desk.run("archive", "search", "Nato OR", exit_code=2).stderr


def test_nothing_found(quiet_desk: Desk) -> None:
    assert quiet_desk.run("archive", "search", "Nato").stdout == "0 articles found\n"
    assert quiet_desk.json("archive", "search", "Nato") == []


# -- show, stats, remove ----------------------------------------------------------------------------------------------


def test_an_article_is_shown_by_any_url_or_key_with_its_history(desk: Desk, site: WordPressSite) -> None:
    desk.run("poll")
    post = site.publish("Brand", "<p>Es <b>brennt</b>.</p>", categories=["Osnabrück"])
    desk.run("poll")
    site.rename(site.edit(post, title="Brand gelöscht"), "neuer-name")
    desk.run("poll")
    former, url = f"{site.url}{post.path}", site.link(post)
    data = json.loads(desk.run("archive", "show", url, "--json").stdout)
    assert (data["title"], data["revision"], data["former_urls"]) == ("Brand gelöscht", 2, [former])
    for reference in (url, former, data["key"], f"{url}?utm_source=x"):
        shown = desk.run("archive", "show", reference).stdout
        assert shown.startswith("# Brand gelöscht\nDatum: ")
        assert f"Key: {data['key']}" in shown
        assert f"Former URL: {former}" in shown
        assert "Revision 1" in shown


@pytest.mark.parametrize("reference", ["https://www.hasepost.de/nix-1/", "0123456789abcdef", "x", "", "http://["])
def test_an_unknown_article(quiet_desk: Desk, reference: str) -> None:
    assert "there is no article" in quiet_desk.run("archive", "show", reference, exit_code=2).stderr
    quiet_desk.run("archive", "remove", reference, "--reason", "x", exit_code=2)


def test_the_archive_is_counted(desk: Desk) -> None:
    desk.run("poll")
    data = desk.json("archive", "stats")
    assert isinstance(data, dict)
    assert (data["records"], data["removed"], data["alerts"], data["revisions"]) == (10, 0, 0, 0)
    assert data["by_source"] == {"hasepost": 10}
    assert data["size_bytes"] > 0
    assert data["first"] < data["last"]
    assert "10 articles" in desk.run("archive", "stats").stdout
    desk.configure(language="de")
    assert "10 Artikel" in desk.run("archive", "stats").stdout


def test_an_empty_archive_is_counted(quiet_desk: Desk) -> None:
    assert quiet_desk.run("archive", "stats").stdout.startswith("0 articles\n")


def test_a_removed_article_is_gone_and_stays_away(desk: Desk, site: WordPressSite) -> None:
    desk.run("poll")
    [hit] = desk.json("archive", "search", '"Artikel 12"')  # type: ignore[misc]
    files = set(desk.records.rglob("*.txt"))
    assert "is deleted" in desk.run("archive", "remove", hit["url"], "--reason", "asked for").stdout
    assert len(files - set(desk.records.rglob("*.txt"))) == 1
    site.publish("Neues")
    desk.run("poll")
    assert titles(desk, '"Artikel 12"') == []
    assert desk.json("archive", "stats")["removed"] == 1  # type: ignore[index, call-overload]


def test_a_removal_needs_a_reason(quiet_desk: Desk) -> None:
    take(quiet_desk, line(1))
    quiet_desk.run("archive", "remove", "https://www.hasepost.de/artikel-1-660001/", exit_code=2)
    quiet_desk.run("archive", "remove", "https://www.hasepost.de/artikel-1-660001/", "--reason", " ", exit_code=2)
    assert titles(quiet_desk, "Titel") == ["Titel 1"]


# -- export and import ------------------------------------------------------------------------------------------------


def test_exports_to_standard_output_files_and_folders(quiet_desk: Desk) -> None:
    lines = [line(1, "01.12.2025 10:00"), line(2, "02.12.2025 10:00", " Hafen")]
    take(quiet_desk, *lines)
    out = quiet_desk.folder / "out"
    result = quiet_desk.run("archive", "export", "--to", "-", "--format", "txt")
    assert result.stdout == "".join(f"{one}\n" for one in lines)
    assert "written: 2 articles" in result.stderr
    quiet_desk.run("archive", "export", "--to", str(out / "all.txt"), "--format", "txt")
    assert (out / "all.txt").read_text(encoding="utf-8") == result.stdout
    quiet_desk.run("archive", "export", "--to", str(out / "txt"), "--format", "txt")
    assert sorted(one.read_text(encoding="utf-8") for one in (out / "txt").rglob("*.txt")) == lines
    assert len(list((out / "txt/2025/12/01").glob("*.txt"))) == 1
    quiet_desk.run("archive", "export", "--to", str(out / "md"), "--format", "md")
    assert len(list((out / "md/2025/12/02").glob("*.md"))) == 1
    quiet_desk.run("archive", "export", "--to", str(out / "all.csv"), "--format", "csv", "--query", "Hafen")
    rows = list(csv.DictReader(io.StringIO((out / "all.csv").read_text(encoding="utf-8"))))
    assert [row["title"] for row in rows] == ["Titel 2"]
    chosen = quiet_desk.run("archive", "export", "--to", "-", "--format", "jsonl", "--until", "2025-12-01").stdout
    assert [json.loads(one)["title"] for one in chosen.splitlines()] == ["Titel 1"]


def test_a_round_trip_through_the_commands(quiet_desk: Desk, tmp_path: Path) -> None:
    take(quiet_desk, *(line(number, f"{number:02}.11.2025 10:00") for number in range(1, 20)))
    first = quiet_desk.run("archive", "export", "--to", "-", "--format", "jsonl").stdout
    (tmp_path / "all.jsonl").write_text(first, encoding="utf-8")
    (tmp_path / "other").mkdir()
    other = Desk(folder=tmp_path / "other")
    other.run("archive", "import", str(tmp_path / "all.jsonl"))
    assert other.run("archive", "export", "--to", "-", "--format", "jsonl").stdout == first


def test_bad_lines_are_named_and_the_others_taken(quiet_desk: Desk) -> None:
    path = quiet_desk.folder / "in.txt"
    path.write_text(f"{line(1)}\nnonsense \x1b[31m\n{line(2)}\n", encoding="utf-8")
    result = quiet_desk.run("archive", "import", str(path), exit_code=1)
    assert "imported: 2 articles; 0 known already" in result.stdout
    assert f"{path}:2: cannot be read: " in result.stderr
    assert "1 line was skipped" in result.stderr
    assert "\x1b" not in result.stderr
    assert "eingelesen: 0 Artikel; 2 schon bekannt" in _german(quiet_desk).run(
        "archive", "import", str(path), exit_code=1
    ).stdout  # fmt: skip


def _german(desk: Desk) -> Desk:
    desk.configure(language="de")
    return desk


def test_imports_alert_nobody(quiet_desk: Desk) -> None:
    take(quiet_desk, line(1, more=" Hafen"))
    assert quiet_desk.json("alerts", "list") == []


def test_what_cannot_be_imported(quiet_desk: Desk) -> None:
    path = quiet_desk.folder / "in.csv"
    path.write_text("x")
    assert ".jsonl" in quiet_desk.run("archive", "import", str(path), exit_code=2).stderr
    quiet_desk.run("archive", "import", str(quiet_desk.folder / "missing.txt"), exit_code=2)
    quiet_desk.run("archive", "import", exit_code=2)


def test_a_file_where_a_folder_is_wanted_and_the_other_way_round(quiet_desk: Desk) -> None:
    (quiet_desk.folder / "file").write_text("x")
    quiet_desk.run("archive", "export", "--to", str(quiet_desk.folder / "file"), "--format", "txt", exit_code=2)
    quiet_desk.run("archive", "export", "--to", str(quiet_desk.folder), "--format", "csv", exit_code=2)
    blocked = str(quiet_desk.folder / "file/x.csv")
    assert "file" in quiet_desk.run("archive", "export", "--to", blocked, "--format", "csv", exit_code=1).stderr


def test_what_drives_a_terminal_is_not_shown(quiet_desk: Desk) -> None:
    take(quiet_desk, line(1, more=" \x1b]0;evil\x07 \u202e Hafen \x9b31m"))
    url = "https://www.hasepost.de/artikel-1-660001/"
    shown = quiet_desk.run("archive", "show", url).stdout + quiet_desk.run("archive", "search", "Hafen").stdout
    assert "Hafen" in shown
    assert not set(shown) & set("\x1b\x07\x9b\u202e")


def test_exports_say_the_time_in_utc(quiet_desk: Desk) -> None:
    take(quiet_desk, line(1, "03.12.2025 16:35"))
    [row] = map(json.loads, quiet_desk.run("archive", "export", "--to", "-", "--format", "jsonl").stdout.splitlines())
    assert row["published_at"] == "2025-12-03T15:35:00Z"
    assert datetime.fromisoformat(row["first_seen_at"]).astimezone(UTC) <= datetime.now(UTC)


def test_what_is_not_indexed_is_found_and_can_be_indexed(desk: Desk) -> None:
    desk.run("poll")
    archive = desk.archive()
    with archive.database.write() as connection:
        connection.exec_driver_sql("UPDATE records SET indexed_by = 0")
        connection.exec_driver_sql("DELETE FROM record_keys")
    archive.close()
    found = desk.run("archive", "search", "Absatz").stdout
    assert "10 articles found" in found
    assert "indexed: 10 articles" in desk.run("archive", "reindex").stdout
    assert desk.run("archive", "search", "Absatz").stdout == found
    assert "indexed: 0 articles" in desk.run("archive", "reindex").stdout
