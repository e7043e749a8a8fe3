"""`feedwacht archive verify` and `archive renormalise`, as a person meets them."""

import json

import pytest

from tests.shell.desk import Desk
from tests.wordpress import WordPressSite
from worker import manifest


@pytest.fixture
def filled(desk: Desk) -> Desk:
    desk.run("poll")
    return desk


def test_a_whole_archive(filled: Desk) -> None:
    assert filled.run("archive", "verify").stdout == "verified: 10 articles, 10 files\nEverything agrees.\n"
    assert filled.json("archive", "verify") == {"records": 10, "files": 10, "files_due": 0, "differences": []}


def test_an_empty_archive(quiet_desk: Desk) -> None:
    assert "Everything agrees." in quiet_desk.run("archive", "verify").stdout


def test_each_difference_is_a_line_and_can_be_mended(filled: Desk) -> None:
    first, second, *_ = sorted(filled.records.rglob("*.txt"))
    first.unlink()
    second.write_text("anders")
    second.with_name("0123456789abcdef.txt").write_text("fremd")
    shown = filled.run("archive", "verify", exit_code=1).stdout
    assert f"{first.relative_to(filled.records)}: the file is missing\n" in shown
    assert f"{second.relative_to(filled.records)}: the file does not say what the archive says\n" in shown
    assert "0123456789abcdef.txt: there is no article to this file\n" in shown
    assert shown.endswith("3 differences\n")
    data = filled.json("archive", "verify", exit_code=1)
    assert isinstance(data, dict)
    assert sorted(one["kind"] for one in data["differences"]) == ["file_changed", "file_missing", "file_superfluous"]
    mended = filled.run("archive", "verify", "--repair", exit_code=1).stdout
    assert mended.count("(mended)") == 2
    assert mended.endswith("3 differences; 1 difference is left\n")
    assert second.read_text() != "anders"
    assert filled.run("archive", "verify", exit_code=1).stdout.endswith("1 difference\n")
    filled.configure(language="de")
    assert "zu dieser Datei gibt es keinen Artikel" in filled.run("archive", "verify", exit_code=1).stdout


def test_folders_of_records_are_imported_without_their_manifests(filled: Desk) -> None:
    assert list(filled.records.rglob(manifest.NAME))
    assert "0 articles; 10 known" in filled.run("archive", "import", str(filled.records)).stdout


def test_articles_are_read_again_by_new_rules(desk: Desk, site: WordPressSite) -> None:
    post = site.publish("Brand", "<p>Es brennt.</p><p>Folgt uns!</p>", categories=["Osnabrück", "Kultur"])
    desk.run("poll")
    assert "0 changed, 10 unchanged" in desk.run("archive", "renormalise").stdout
    text = desk.config.read_text(encoding="utf-8")
    desk.config.write_text(
        text.replace('["Osnabrück", "Kultur"]', '["Kultur"]\nboilerplate = ["Folgt uns!"]'), encoding="utf-8"
    )
    trial = desk.run("archive", "renormalise", "--dry-run", "--since", "1d").stdout
    assert f"{site.link(post)}: category, " in trial
    assert json.loads(desk.run("archive", "show", site.link(post), "--json").stdout)["revision"] == 1
    shown = desk.run("archive", "renormalise").stdout
    assert f"{site.link(post)}: category, categories, tags, text\n" in shown
    data = json.loads(desk.run("archive", "show", site.link(post), "--json").stdout)
    assert (data["revision"], data["category"], data["body"]) == (2, "Kultur", "Es brennt.")
    assert "read by new rules" in desk.run("archive", "show", site.link(post), "--revisions").stdout
    assert "0 changed, 10 unchanged" in desk.run("archive", "renormalise").stdout
    desk.run("archive", "verify")


def test_files_of_articles_that_a_restored_copy_does_not_know_are_not_for_repair(
    filled: Desk, site: WordPressSite
) -> None:
    copy = str(filled.folder / "copy.db")
    filled.run("backup", copy)
    site.publish("Brand")
    filled.run("poll")
    filled.run("restore", copy, "--yes")
    repaired = filled.run("archive", "verify", "--repair", exit_code=1)
    assert repaired.stdout.endswith("1 difference is left\n")
    again = filled.run("archive", "verify", exit_code=1)
    assert "there is no article to this file" in again.stdout
    for said in (repaired.stderr, again.stderr):
        assert "archive verify --repair`" not in said
        assert f"`feedwacht archive import {filled.records}`" in said
    assert "1 article; 10 known" in filled.run("archive", "import", str(filled.records)).stdout
    assert filled.run("archive", "verify").stdout.endswith("Everything agrees.\n")


def test_what_repair_can_mend_is_its_business(filled: Desk) -> None:
    next(filled.records.rglob("*.txt")).unlink()
    said = filled.run("archive", "verify", exit_code=1).stderr
    assert "`feedwacht archive verify --repair`" in said
    assert "archive import" not in said
