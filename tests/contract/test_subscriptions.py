"""Subscriptions over SQLite and PostgreSQL: their change log, their history, and schemas of before."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text

from tests.fakes import START
from worker import configure
from worker.archive import Archive, open_archive
from worker.archive.engine import Database
from worker.archive.versions import alembic_config
from worker.errors import Conflict
from worker.model import ChangeKind, FieldChange
from worker.settings import load


@pytest.fixture
def archive(database_url: str) -> Iterator[Archive]:
    one = open_archive(database_url)
    yield one
    one.close()


def add(archive: Archive, name: str, **more: Any) -> int:
    said = {"query": "x", "canonical": "{}", "channels": ["screen"], "origin": "command", "now": START} | more
    with archive.write() as tx:
        return tx.subscriptions.add(name=name, **said)


def change(archive: Archive, number: int, *, later_s: float = 0, editor: str = "", **values: object) -> bool:
    with archive.write() as tx:
        return tx.subscriptions.change(number, now=START + timedelta(seconds=later_s), editor=editor, **values)


def names(archive: Archive, since: int) -> tuple[list[str], frozenset[int], bool, int]:
    with archive.read() as tx:
        found = tx.subscriptions.changes(since)
    return [one.subscription.name for one in found.active], found.gone, found.everything, found.version


# -- the change log -----------------------------------------------------------------------------------------------------


def test_who_has_nothing_gets_everything_that_alerts(archive: Archive) -> None:
    add(archive, "a")
    change(archive, add(archive, "b"), paused=True)
    assert names(archive, -1) == (["a"], frozenset(), True, 3)


def test_of_later_changes_only_those_are_told(archive: Archive) -> None:
    a, b, c = (add(archive, name) for name in "abc")
    assert names(archive, 3) == ([], frozenset(), False, 3)
    change(archive, a, query="y")
    change(archive, b, paused=True)
    with archive.write() as tx:
        tx.subscriptions.remove(c, START)
    assert names(archive, 3) == (["a"], frozenset({b, c}), False, 6)
    change(archive, b, paused=False)
    assert names(archive, 6) == (["b"], frozenset(), False, 7)


def test_a_change_that_was_not_logged_brings_everything(archive: Archive) -> None:
    """As a feedwacht of before makes it, which may still run beside this one."""
    number = add(archive, "a")
    add(archive, "b")
    with archive.database.write() as connection:
        connection.execute(text("UPDATE subscriptions SET query = 'z' WHERE id = :id"), {"id": number})
        connection.execute(text("UPDATE versions SET value = value + 1"))
    assert names(archive, 2) == (["a", "b"], frozenset(), True, 3)


def test_very_many_changes_bring_everything(archive: Archive) -> None:
    number = add(archive, "a")
    with archive.write() as tx:
        for count in range(501):
            tx.subscriptions.change(number, now=START, query=str(count))
    assert names(archive, 1)[2]
    assert not names(archive, 2)[2]


def test_what_changes_nothing_moves_nothing(archive: Archive) -> None:
    number = add(archive, "a", labels=("x",))
    assert not change(archive, number, query="x", labels=("x",), channels=["screen"], canonical="{other}")
    assert names(archive, 1) == ([], frozenset(), False, 1)


def test_a_form_that_was_made_anew_moves_nothing_and_leaves_newer_queries_alone(archive: Archive) -> None:
    number = add(archive, "a")
    with archive.read() as tx:
        [one] = tx.subscriptions.all()
    with archive.write() as tx:
        tx.subscriptions.read_again([(one, "{new}")])
        assert [stored.canonical for stored in tx.subscriptions.stored()] == ["{new}"]
    change(archive, number, query="y", canonical="{y}")
    with archive.write() as tx:
        tx.subscriptions.read_again([(one, "{late}")])
        assert [stored.canonical for stored in tx.subscriptions.stored()] == ["{y}"]


def test_changes_made_at_once_get_numbers_of_their_own(archive: Archive) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: add(archive, f"n{number}"), range(20)))
    assert sorted(names(archive, 0)[0]) == sorted(f"n{number}" for number in range(20))
    assert names(archive, 0)[2:] == (False, 20)


def test_a_refused_name_leaves_no_trace(archive: Archive) -> None:
    add(archive, "a")
    with pytest.raises(Conflict):
        add(archive, "a")
    assert names(archive, 0)[3] == 1


def test_workers_that_start_together_bring_the_configuration_in_once(archive: Archive, tmp_path: Path) -> None:
    feeds = "".join(f'[[source.feed]]\nurl = "https://x.example/{number}/"\n' for number in range(20))
    wanted = "".join(
        f'[[subscription]]\nname = "n{number}"\nquery = "Hafen"\nchannels = ["screen"]\n' for number in range(20)
    )
    channel = '[[channel]]\nname = "screen"\ntype = "console"\n'
    file = tmp_path / "feedwacht.toml"
    file.write_text(f'[[source]]\nname = "x"\n{feeds}{channel}{wanted}', encoding="utf-8")
    settings = load(file, {})
    with ThreadPoolExecutor(4) as pool:
        remarks = list(pool.map(lambda _: configure.apply(settings, archive, START), range(4)))
    assert remarks == [[], [], [], []]
    with archive.read() as tx:
        assert len(tx.feeds.all()) == 20
        assert tx.subscriptions.version() == 20


# -- history ------------------------------------------------------------------------------------------------------------


def test_the_history_says_who_changed_what_and_when(archive: Archive) -> None:
    number = add(archive, "a", editor="anna", labels=("x",), note="n", owner="desk")
    change(archive, number, later_s=60, editor="ben", query="y", canonical="{y}", labels=("x", "z"))
    change(archive, number, later_s=90, editor="ben", query="z", canonical="{z}")
    change(archive, number, later_s=120, editor="cem", paused=True)
    change(archive, number, later_s=180, editor="cem", paused=False)
    with archive.write() as tx:
        tx.subscriptions.remove(number, START + timedelta(seconds=240), editor="dora")
    with archive.read() as tx:
        history = tx.subscriptions.history("a")
    told = [(one.kind, one.editor, (one.changed_at - START).total_seconds()) for one in history]
    assert told == [
        (ChangeKind.ADDED, "anna", 0),
        (ChangeKind.EDITED, "ben", 60),
        (ChangeKind.EDITED, "ben", 90),
        (ChangeKind.PAUSED, "cem", 120),
        (ChangeKind.RESUMED, "cem", 180),
        (ChangeKind.REMOVED, "dora", 240),
    ]
    assert sorted(history[1].fields, key=lambda one: one.field) == [
        FieldChange(field="labels", before=["x"], after=["x", "z"]),
        FieldChange(field="query", before="x", after="y"),
    ]
    assert [(one.before, one.after) for one in history[2].fields] == [("y", "z")]


def test_a_name_that_is_used_again_keeps_both_histories(archive: Archive) -> None:
    first = add(archive, "a")
    with archive.write() as tx:
        tx.subscriptions.remove(first, START)
    second = add(archive, "a", query="other")
    change(archive, second, query="third")
    with archive.read() as tx:
        history = tx.subscriptions.history("a")
        assert tx.subscriptions.history("nobody") == []
    assert [one.subscription_id for one in history] == [first, first, second, second]
    assert history[-1].fields == (FieldChange(field="query", before="other", after="third"),)


# -- the schema of before -----------------------------------------------------------------------------------------------


def test_subscriptions_of_the_first_schema_go_on(database_url: str) -> None:
    database = Database(database_url)
    with database.write() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        old = "name, query, canonical, channels, paused, origin, created_at"
        row = "'alt', 'x', '{}', '[\"screen\"]', false, 'command', '2025-12-03 12:00:00'"
        connection.execute(text(f"INSERT INTO subscriptions ({old}) VALUES ({row})"))
        connection.execute(text("INSERT INTO versions (name, value) VALUES ('subscriptions', 7)"))
    database.close()
    archive = open_archive(database_url, migrate=True)
    try:
        with archive.read() as tx:
            [one] = tx.subscriptions.all()
            assert (one.name, one.labels, one.note, one.owner) == ("alt", (), "", "")
            assert tx.subscriptions.history("alt") == []
        assert names(archive, 6)[2]
        assert change(archive, one.id, query="y")
        assert names(archive, 7) == (["alt"], frozenset(), False, 8)
        with archive.database.write() as connection:  # the version of before writes on
            connection.execute(text(f"INSERT INTO subscriptions ({old}) VALUES ({row.replace('alt', 'neu')})"))
        with archive.read() as tx:
            assert [one.name for one in tx.subscriptions.all()] == ["alt", "neu"]
    finally:
        archive.close()
