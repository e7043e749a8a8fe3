"""deploy/make-secrets: passwords that are invented once, and files that one reader each may read."""

import os
import re
from pathlib import Path

import pytest

from tests.deploy.compose import SERVICES, Outside
from tests.deploy.stack import make_secrets

READERS = {
    "postgres/password": "postgres",
    "redis/password": "redis",
    "redis/users.acl": "redis",
    "feedwacht/database": "worker-poll",
    "feedwacht/broker": "worker-poll",
}


@pytest.fixture
def outside(tmp_path: Path) -> Outside:
    return Outside(tmp_path, {})


def secrets(outside: Outside) -> Path:
    return outside.volume("secrets")


def contents(outside: Outside) -> dict[str, str]:
    folder = secrets(outside)
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_each_reader_gets_what_it_needs_and_nobody_else(outside: Outside) -> None:
    assert make_secrets(outside).returncode == 0
    made = contents(outside)
    assert made.keys() == READERS.keys() | {"postgres-password", "redis-password"}
    postgres, redis = made["postgres-password"], made["redis-password"]
    assert re.fullmatch("[0-9a-f]{48}", postgres)
    assert re.fullmatch("[0-9a-f]{48}", redis)
    assert postgres != redis
    assert made["postgres/password"] == postgres
    assert made["feedwacht/database"] == f"postgresql+psycopg://feedwacht:{postgres}@postgres/feedwacht\n"
    assert made["feedwacht/broker"] == f"redis://feedwacht:{redis}@redis:6379/0\n"
    assert redis not in made["redis/users.acl"], "Redis keeps a hash"
    for name, service in READERS.items():
        found = (secrets(outside) / name).stat()
        assert found.st_mode & 0o777 == 0o400
        if os.geteuid() == 0:
            assert found.st_uid == int(SERVICES[service]["user"].partition(":")[0])
    for name in ("postgres-password", "redis-password"):
        assert (secrets(outside) / name).stat().st_mode & 0o777 == 0o600


def test_a_second_run_changes_nothing(outside: Outside) -> None:
    make_secrets(outside)
    before = contents(outside)
    assert make_secrets(outside).returncode == 0
    assert contents(outside) == before


@pytest.mark.parametrize(
    "left", [("postgres-password",), ("postgres-password", "redis-password", "feedwacht/broker.new")]
)
def test_what_a_run_left_that_was_ended_is_finished_by_the_next_one(outside: Outside, left: tuple[str, ...]) -> None:
    make_secrets(outside)
    made = contents(outside)
    for name in made.keys() - set(left):
        (secrets(outside) / name).unlink()
    for name in set(left) - made.keys():
        (secrets(outside) / name).write_text("half")
        (secrets(outside) / name).chmod(0o400)
    assert make_secrets(outside).returncode == 0
    again = contents(outside)
    assert again.keys() == made.keys()
    assert again["postgres-password"] == made["postgres-password"]


def test_a_former_versions_password_stays_the_databases_password(outside: Outside) -> None:
    (secrets(outside) / "postgres-password").write_text("abc123")
    (secrets(outside) / "database").write_text("postgresql+psycopg://feedwacht:abc123@postgres/feedwacht\n")
    assert make_secrets(outside).returncode == 0
    made = contents(outside)
    assert made["postgres/password"] == "abc123"
    assert "abc123" in made["feedwacht/database"]
    assert "database" not in made


def test_backups_get_a_folder_that_their_service_may_write(outside: Outside) -> None:
    make_secrets(outside)
    folder = outside.volume("./var/backups")
    if os.geteuid() == 0:
        assert folder.stat().st_uid == int(SERVICES["backup"]["user"].partition(":")[0])
