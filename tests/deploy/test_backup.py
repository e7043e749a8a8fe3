"""deploy/backup and deploy/restore: copies that are whole or not there, and an archive that goes on from one."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.e2e.office import Office, count_records, open_office, wait_until
from tests.servers import PostgresServer, conninfo, fresh_database, launched, postgres_install
from worker.archive import open_archive

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BACKUP, RESTORE = ROOT / "deploy/backup", ROOT / "deploy/restore"
FEEDWACHT = Path(sys.executable).with_name("feedwacht")


def run(script: Path, *arguments: str | Path, path: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """The script as a person or a timer runs it. path: where programs are looked for first."""
    own = {"PATH": f"{path}:{os.environ['PATH']}", "FEEDWACHT": str(FEEDWACHT), **environment}
    return subprocess.run(
        ["/bin/sh", script, *arguments], check=False, capture_output=True, text=True, env=own, stdin=subprocess.DEVNULL
    )


def programs() -> str:
    return str(postgres_install() / "bin")


class Copies:
    """The two scripts for one database, and where copies go."""

    def __init__(self, folder: Path, database: str, config: Path) -> None:
        self.folder = folder / "copies"
        self.database = database
        self.config = config

    def backup(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run(BACKUP, "--to", self.folder, *arguments)

    def restore(self, file: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run(RESTORE, file, *arguments)

    def _run(self, script: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        environment = {"FEEDWACHT_ARCHIVE__DATABASE": self.database}
        path = "" if self.database.startswith("sqlite") else programs()
        return run(script, *arguments, "--config", self.config, path=path, **environment)

    def taken(self) -> list[Path]:
        return sorted(self.folder.glob("feedwacht-*"))


@contextmanager
def another_database(url: str, folder: Path) -> Iterator[str]:
    """An empty one of the same kind."""
    if url.startswith("sqlite"):
        yield f"sqlite:///{folder}/restored.db"
        return
    with fresh_database(url) as fresh:
        yield fresh


def publish(office: Office, *names: str) -> set[str]:
    return {office.site.publish(f"Radweg {name} eröffnet", "<p>Freie Fahrt.</p>").title for name in names}


def alert_ids(office: Office, titles: set[str]) -> set[str]:
    return {number for number, said in office.alerts().items() if set(said) <= titles}


# -- the whole story --------------------------------------------------------------------------------------------------


def test_an_archive_is_copied_under_a_worker_restored_elsewhere_and_goes_on(tmp_path: Path, database_url: str) -> None:
    with open_office(tmp_path, database_url) as office, another_database(database_url, tmp_path) as elsewhere:
        publish(office, "0")
        worker = office.start("run")
        worker.await_line("poll updated")
        told = publish(office, "1", "2")
        office.await_alerts(told)

        copies = Copies(tmp_path, database_url, office.config)
        done, meanwhile = copy_while_articles_come(copies, office)
        assert done.returncode == 0, done.stderr
        [copy] = copies.taken()
        assert done.stdout.strip() == str(copy)
        office.await_alerts(told | meanwhile)
        later = publish(office, "spät")
        office.await_alerts(told | meanwhile | later)
        assert worker.terminate() == 0
        before = office.alerts()

        second = moved(office, tmp_path / "second", elsewhere)
        restored = Copies(tmp_path, elsewhere, second.config).restore(copy, "--replace")
        assert restored.returncode == 0, restored.stderr
        assert 3 <= count_records(elsewhere) < count_records(database_url)
        assert second.start("archive", "verify", "--repair").wait(30) == 0
        assert second.start("archive", "verify").wait(30) == 0

        second.start("run").await_line("poll updated")
        new = publish(second, "neu")
        second.await_alerts(new)
        wait_until(
            lambda: count_records(elsewhere) == count_records(database_url) + 1, 20, lambda: second.processes[-1].text
        )
        wait_until(lambda: sent_again(office, before) >= alert_ids(office, later), 20, lambda: str(office.alerts()))
        second.close()
        assert sent_again(office, before) <= alert_ids(office, meanwhile | later), "what was sent before stays sent"
        assert set(office.alerts()) - set(before) == alert_ids(office, new), "what is sent again has its old id"


def copy_while_articles_come(copies: Copies, office: Office) -> tuple[subprocess.CompletedProcess[str], set[str]]:
    """One article after the other until the copy is made."""
    made, titles = threading.Event(), set[str]()

    def keep_publishing() -> None:
        while True:
            titles.update(publish(office, f"zwischen {len(titles)}"))
            if made.wait(0.1):
                return

    site = threading.Thread(target=keep_publishing)
    site.start()
    try:
        return copies.backup(), titles
    finally:
        made.set()
        site.join()


def moved(office: Office, folder: Path, database: str) -> Office:
    """The same site, receiver and configuration, with another database and another folder."""
    folder.mkdir()
    second = Office(folder, database, "", office.site, office.receiver)
    office.processes.extend(second.processes)
    second.processes = office.processes  # so that they end with it
    return second


def sent_again(office: Office, before: dict[str, list[str]]) -> set[str]:
    return {number for number, titles in office.alerts().items() if len(titles) > len(before.get(number, titles))}


# -- copies -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def copies(tmp_path: Path, database_url: str) -> Copies:
    """Of an archive without articles."""
    open_archive(database_url).close()
    config = tmp_path / "feedwacht.toml"
    config.write_text("")
    return Copies(tmp_path, database_url, config)


def test_the_newest_are_kept_and_nobody_else_can_read_them(copies: Copies) -> None:
    copies.folder.mkdir()
    kind = "db" if copies.database.startswith("sqlite") else "dump"
    for day in range(1, 6):
        (copies.folder / f"feedwacht-2025-12-0{day}T023000Z.{kind}").touch()
    (copies.folder / f"feedwacht-2025-12-01T023000Z.{'dump' if kind == 'db' else 'db'}").touch()
    (copies.folder / "notes.txt").touch()
    done = copies.backup("--keep", "3")
    assert done.returncode == 0, done.stderr
    left = [path.name for path in copies.taken()]
    assert len(left) == 4, "three of this kind, and what is of another kind"
    assert left[-1] == Path(done.stdout.strip()).name
    assert (copies.folder / "notes.txt").exists()
    assert copies.taken()[-1].stat().st_mode & 0o777 == 0o600


def test_a_backup_that_fails_leaves_nothing_and_takes_nothing_away(copies: Copies, tmp_path: Path) -> None:
    assert copies.backup().returncode == 0
    kept = copies.taken()
    copies.database = f"{copies.database}/not/there" if copies.database.startswith("sqlite") else _gone(copies.database)
    done = copies.backup("--keep", "1")
    assert done.returncode != 0
    assert copies.taken() == kept
    assert done.stdout == ""


def _gone(url: str) -> str:
    return url.replace("feedwacht_test_", "feedwacht_gone_")


def test_what_a_killed_backup_left_goes_with_the_next_one(copies: Copies) -> None:
    copies.folder.mkdir()
    (copies.folder / "feedwacht-2025-12-01T023000Z.db.partial").write_text("half")
    (copies.folder / "feedwacht-2025-12-01T023000Z.dump.partial").write_text("half")
    assert copies.backup().returncode == 0
    assert [path.suffix for path in copies.taken()] in (["." + kind] for kind in ("db", "dump"))


def test_what_cannot_be_read_back_is_no_backup(copies: Copies, tmp_path: Path) -> None:
    """Half of the disk's bytes are gone between writing and reading."""
    if copies.database.startswith("sqlite"):
        pytest.skip("SQLite's copy is read back by feedwacht itself: tests/contract/test_archive.py")
    wrong = stub(
        tmp_path,
        "pg_dump",
        f'"{programs()}/pg_dump" "$@"; for last; do case $last in --file=*) f=${{last#--file=}};; esac; '
        'done; head -c 900 "$f" > "$f.cut"; mv "$f.cut" "$f"',
    )
    done = run(BACKUP, "--to", copies.folder, path=f"{wrong}:{programs()}", FEEDWACHT_ARCHIVE__DATABASE=copies.database)
    assert done.returncode == 1
    assert "cannot be read back" in done.stderr
    assert copies.taken() == []


def stub(folder: Path, name: str, body: str) -> str:
    """A program of this name in a folder of its own. Returns: the folder."""
    path = folder / "stubs" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path.parent)


def test_a_backup_that_is_ended_leaves_nothing(tmp_path: Path) -> None:
    """In the middle of writing, by SIGTERM as systemd sends it."""
    fifo = tmp_path / "begun"
    os.mkfifo(fifo)
    hangs = stub(tmp_path, "pg_dump", f'for f; do case $f in --file=*) echo half > "${{f#--file=}}";; esac; done; '
                                      f'echo > {fifo}; exec sleep 60')  # fmt: skip
    process = subprocess.Popen(
        launched(["/bin/sh", str(BACKUP), "--to", str(tmp_path / "copies")]),
        env={"PATH": f"{hangs}:{os.environ['PATH']}", "FEEDWACHT_ARCHIVE__DATABASE": "postgresql://a@127.0.0.1/b"},
        start_new_session=True,
    )
    fifo.read_text()
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(10) == 143
    assert list((tmp_path / "copies").glob("feedwacht-*")) == []


def test_two_backups_at_once_do_not_meet(tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    with subprocess.Popen(["flock", folder / ".lock", "cat"], stdin=subprocess.PIPE) as holder:
        wait_until(lambda: _is_locked(folder / ".lock"), 10, lambda: "no lock")
        done = run(BACKUP, "--to", folder, FEEDWACHT_ARCHIVE__DATABASE=f"sqlite:///{tmp_path}/a.db")
        holder.communicate()
    assert done.returncode == 1
    assert "another backup into" in done.stderr


def _is_locked(path: Path) -> bool:
    return path.exists() and subprocess.run(["flock", "-n", path, "true"], check=False).returncode == 1


@pytest.mark.parametrize(
    ("script", "arguments", "said"),
    [
        (BACKUP, [], "say where to"),
        (BACKUP, ["--to"], "--to needs a value"),
        (BACKUP, ["--to", "x", "--keep", "0"], "--keep takes a number"),
        (BACKUP, ["--to", "x", "--keep", "many"], "--keep takes a number"),
        (BACKUP, ["--bogus", "x"], "unknown option --bogus"),
        (RESTORE, [], "say which backup"),
        (RESTORE, ["--bogus"], "unknown option --bogus"),
        (RESTORE, ["/nowhere/a.db"], "cannot be read"),
        (RESTORE, ["/dev/null"], "neither .db nor .dump"),
    ],
)
def test_what_is_asked_wrongly_is_refused_in_one_line(
    script: Path, arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(script, *arguments)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


# -- restoring --------------------------------------------------------------------------------------------------------


def test_an_archive_that_is_there_is_not_taken_away_unasked(copies: Copies) -> None:
    assert copies.backup().returncode == 0
    mark(copies.database)
    done = copies.restore(copies.taken()[0])
    assert done.returncode != 0
    assert is_marked(copies.database)
    done = copies.restore(copies.taken()[0], "--replace")
    assert done.returncode == 0, done.stderr
    assert not is_marked(copies.database), "also what the backup did not know is gone"


def mark(database: str) -> None:
    archive = open_archive(database)
    with archive.database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE made_later (id INTEGER)")
    archive.close()


def is_marked(database: str) -> bool:
    archive = open_archive(database)
    with archive.database.read() as connection:
        found = archive.database.engine.dialect.has_table(connection, "made_later")
    archive.close()
    return found


def test_a_backup_that_is_not_whole_changes_nothing(copies: Copies) -> None:
    assert copies.backup().returncode == 0
    [copy] = copies.taken()
    mark(copies.database)
    with copy.open("r+b") as file:
        file.truncate(copy.stat().st_size // 2)
    done = copies.restore(copy, "--replace")
    assert done.returncode != 0
    assert is_marked(copies.database)


def test_a_restore_that_breaks_off_changes_nothing(copies: Copies, tmp_path: Path) -> None:
    """The backup is whole when it is looked at, and cannot be read to its end a moment later."""
    if copies.database.startswith("sqlite"):
        pytest.skip("SQLite's own backup interface does it")
    assert copies.backup().returncode == 0
    [copy] = copies.taken()
    mark(copies.database)
    breaks = stub(
        tmp_path, "pg_restore",
        f'case "$*" in *--file=-*) "{programs()}/pg_restore" "$@" | head -n 200; exit 1;; esac; exec "{programs()}/pg_restore" "$@"',
    )  # fmt: skip
    done = run(RESTORE, copy, "--replace", path=f"{breaks}:{programs()}", FEEDWACHT_ARCHIVE__DATABASE=copies.database)
    assert done.returncode == 1
    assert "is as it was" in done.stderr
    assert is_marked(copies.database)


def test_postgresql_is_not_restored_under_a_worker(copies: Copies) -> None:
    if copies.database.startswith("sqlite"):
        pytest.skip("the embedded archive may be restored under a worker")
    assert copies.backup().returncode == 0
    with psycopg.connect(conninfo(copies.database), application_name="feedwacht"):
        done = copies.restore(copies.taken()[0], "--replace")
    assert done.returncode == 1
    assert "1 connections of feedwacht are open" in done.stderr


# -- addresses and passwords --------------------------------------------------------------------------------------------

SEEN = 'for a; do echo "arg $a"; done >> "$SEEN"; echo "password $PGPASSWORD" >> "$SEEN"; exit 1'


@pytest.mark.parametrize(
    ("url", "address", "password"),
    [
        ("postgresql+psycopg://me:geheim@db/archive", "postgresql://me@db/archive", "geheim"),
        ("postgresql://me:a%40b%3Ac%2Fd%25@db:5433/archive", "postgresql://me@db:5433/archive", "a@b:c/d%"),
        ("postgresql://me:pass:wort@db/archive", "postgresql://me@db/archive", "pass:wort"),
        (
            "postgresql://me:sch%C3%B6n@db/archive?sslmode=require",
            "postgresql://me@db/archive?sslmode=require",
            "schön",
        ),
        ("postgresql+psycopg://me@/archive?host=/run/pg", "postgresql://me@/archive?host=/run/pg", ""),
        ("postgresql://db/archive?options=-c%20a=b@c", "postgresql://db/archive?options=-c%20a=b@c", ""),
        ("postgresql://me:with/slash@db/archive", "postgresql://me@db/archive", "with/slash"),
        (r"postgresql://me:back\slash$HOME`id`@db/a", "postgresql://me@db/a", r"back\slash$HOME`id`"),
    ],
)
def test_the_password_is_on_no_command_line(tmp_path: Path, url: str, address: str, password: str) -> None:
    secret = tmp_path / "database"
    secret.write_text(url + "\n", encoding="utf-8")
    seen = tmp_path / "seen"
    path = stub(tmp_path, "pg_dump", SEEN)
    done = run(
        BACKUP, "--to", tmp_path / "copies", path=path, SEEN=str(seen), FEEDWACHT_ARCHIVE__DATABASE_FILE=str(secret)
    )
    said = seen.read_text(encoding="utf-8").splitlines()
    assert f"arg --dbname={address}" in said
    assert f"password {password}" in said
    assert password == "" or password not in done.stdout + done.stderr + "".join(said[:-1])


def test_postgresql_as_it_speaks_here_is_new_enough(own_postgres: PostgresServer, tmp_path: Path) -> None:
    """A pg_dump that is older than the server says so, and leaves nothing."""
    old = Path(shutil.which("pg_dump") or "")
    if (
        not old.is_file()
        or "PostgreSQL) 18" in subprocess.run([old, "--version"], check=False, capture_output=True, text=True).stdout
    ):
        pytest.skip("no older pg_dump on this machine")
    done = run(BACKUP, "--to", tmp_path / "copies", FEEDWACHT_ARCHIVE__DATABASE=own_postgres.url)
    assert done.returncode != 0
    assert "version" in done.stderr
    assert list((tmp_path / "copies").glob("feedwacht-*")) == []
