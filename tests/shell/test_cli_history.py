"""`feedwacht archive show --revisions` and `--diff`, and the chart of `archive stats`."""

import json

import pytest

from tests.shell.desk import Desk
from tests.wordpress import WordPressSite


@pytest.fixture
def edited(desk: Desk, site: WordPressSite) -> str:
    """The URL of an article with three states."""
    desk.run("poll")
    long = " ".join(f"Wort{number}" for number in range(80))
    post = site.publish("Brand im Hafen", f"<p>{long}</p><p>Zwei Menschen sind verletzt.</p>")
    desk.run("poll")
    site.edit(post, html=f"<p>{long}</p><p>Drei Menschen sind verletzt.</p>")
    desk.run("poll")
    site.edit(post, title="Brand im Hafen gelöscht", html=f"<p>{long}</p><p>Drei Menschen sind verletzt. \x1b[31m</p>")
    desk.run("poll")
    return site.link(post)


def test_revisions_say_when_how_and_what_changed(desk: Desk, edited: str) -> None:
    shown = desk.run("archive", "show", edited, "--revisions").stdout.splitlines()
    assert [one.split(",")[0] for one in shown[::2]] == ["Revision 1", "Revision 2", "Revision 3"]
    assert all("in the feed" in one for one in shown[::2])
    assert shown[1].strip() == "first seen: Brand im Hafen"
    assert shown[3].strip() == "changed: text (+1 −1 words)"
    assert "changed: title" in shown[5]
    data = json.loads(desk.run("archive", "show", edited, "--revisions", "--json").stdout)
    assert [(one["revision"], one["change"]) for one in data] == [(1, ""), (2, "edit"), (3, "edit")]
    assert data[2]["fields"]["title"] == ["Brand im Hafen", "Brand im Hafen gelöscht"]


@pytest.mark.parametrize("pair", ["1..2", "2"])
def test_a_difference_is_marked_word_by_word(desk: Desk, edited: str, pair: str) -> None:
    shown = desk.run("archive", "show", edited, "--diff", pair).stdout
    assert "[-Zwei-]{+Drei+} Menschen" in shown
    assert "words unchanged" in shown
    assert "Wort79" in shown
    assert "Wort1 " not in shown


def test_at_a_terminal_colours_tell_what_went_from_what_came(
    desk: Desk, edited: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    shown = desk.run("archive", "show", edited, "--diff", "2").stdout
    assert "\x1b[9;33mZwei\x1b[0m\x1b[1;34mDrei\x1b[0m" in shown
    assert "[-" not in shown


def test_the_title_stands_before_the_text(desk: Desk, edited: str) -> None:
    shown = desk.run("archive", "show", edited, "--diff", "1..3").stdout
    assert shown.index("title: Brand im Hafen → Brand im Hafen gelöscht") < shown.index("{+Drei+}")
    assert "\x1b" not in shown
    back = desk.run("archive", "show", edited, "--diff", "3..1", "--json").stdout
    assert ["gone", "Drei"] in json.loads(back)["body"]
    desk.configure(language="de")
    assert "Titel: Brand im Hafen" in desk.run("archive", "show", edited, "--diff", "1..3").stdout


@pytest.mark.parametrize("pair", ["4", "0..2", "1..9", "1"])
def test_a_revision_that_is_not_there(desk: Desk, edited: str, pair: str) -> None:
    assert "there are: 1, 2, 3" in desk.run("archive", "show", edited, "--diff", pair, exit_code=2).stderr


@pytest.mark.parametrize("pair", ["x", "1-2", "..", "1..", "-1"])
def test_what_names_no_revisions(desk: Desk, pair: str) -> None:
    assert "1..2" in desk.run("archive", "show", "x", f"--diff={pair}", exit_code=2).stderr


def test_the_archive_is_counted_by_month(desk: Desk) -> None:
    desk.run("poll")
    data = desk.json("archive", "stats")
    assert isinstance(data, dict)
    assert sum(data["by_month"].values()) == data["records"]
    assert all(len(month) == 7 and month[4] == "-" for month in data["by_month"])
    assert "By month" in desk.run("archive", "stats").stdout
