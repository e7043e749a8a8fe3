"""The way from PostgreSQL 17 in docs/deployment.md, as far as it goes without 17: its commands, run outside of a container."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.deploy.compose import SERVICES, Outside, volumes
from tests.deploy.test_backup import programs, run
from tests.servers import PostgresServer, conninfo
from worker.archive import open_archive

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/deployment.md").read_text(encoding="utf-8")
CHAPTER = TEXT[TEXT.index("### From PostgreSQL 17") : TEXT.index("## Backup and restore")]
COMMANDS = re.findall(r"^    (.+)$", CHAPTER, re.MULTILINE)


def test_the_commands_name_what_is_there() -> None:
    """Of the former version: `beat`, `worker` and `postgres`."""
    named = set(
        re.findall(r"docker compose (?:run|exec)(?: --?[\w-]+(?: (?=sh ))?)* (?:sh )?([a-z-]+)", "\n".join(COMMANDS))
    )
    assert named == {"postgres", "secrets", "restore", "worker-deliver"}
    assert named <= SERVICES.keys()


def test_the_old_data_are_moved_aside_whole_and_their_place_is_free(tmp_path: Path) -> None:
    [order] = [line for line in COMMANDS if "mkdir -m 0700 17" in line]
    words = re.search(r"-c '(.+)'$", order)
    assert words is not None
    outside = Outside(tmp_path, {})
    [volume] = [one for one in volumes(SERVICES["postgres"]) if one.source == "archive"]
    data = outside.volume("archive")
    for name in ("PG_VERSION", "base/1/1", "postgresql.auto.conf", "pg_wal/0001", ".hidden", "18/docker/.keep"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(name)
    before = {path.relative_to(data) for path in data.rglob("*") if path.is_file()}
    subprocess.run(["/bin/sh", "-c", words[1].replace(volume.target, str(data))], check=True)
    assert sorted(path.name for path in data.iterdir()) == ["17", "18"]
    after = {path.relative_to(data / "17") for path in (data / "17").rglob("*") if path.is_file()}
    assert after | {Path("18/docker/.keep")} == before
    assert (data / "17").stat().st_mode & 0o777 == 0o700


def test_the_copy_is_read_back_and_goes_into_an_empty_database(own_postgres: PostgresServer, tmp_path: Path) -> None:
    open_archive(own_postgres.url).close()
    copy = tmp_path / "feedwacht-17.dump"
    for line in COMMANDS[1:3]:
        order = re.search(r"exec -T postgres (.+)$", line)
        assert order is not None
        shell = order[1].replace("--username=feedwacht feedwacht", f"'{conninfo(own_postgres.url)}'")
        done = subprocess.run(
            ["/bin/sh", "-c", f"{programs()}/{shell}"], cwd=tmp_path, check=True, capture_output=True, text=True
        )
    assert done.stdout == "whole\n"
    with PostgresServer() as fresh:
        done = run(ROOT / "deploy/restore", copy, path=programs(), FEEDWACHT_ARCHIVE__DATABASE=fresh.url)
        assert done.returncode == 0, done.stderr
        open_archive(fresh.url, migrate=False).close()


@pytest.mark.parametrize("line", [line for line in COMMANDS if "pg_restore" in line])
def test_a_copy_that_is_not_whole_is_not_called_whole(line: str, tmp_path: Path) -> None:
    (tmp_path / "feedwacht-17.dump").write_text("PGDMP, and no more")
    shell = line.partition("exec -T postgres ")[2]
    done = subprocess.run(
        ["/bin/sh", "-c", f"{programs()}/{shell}"], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert "whole" not in done.stdout
