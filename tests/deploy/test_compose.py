"""docker-compose.yml as it is written: valid, in the words of the command line, and with no more rights than needed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commandline import follow
from tests.deploy.compose import COMPOSE, FILE, OURS, ROOT, SERVICES, command_lines, environment, volumes
from worker.errors import SettingsError
from worker.settings import load, shipped

STAYS = sorted(name for name, service in SERVICES.items() if service["restart"] != "no")


def test_the_compose_file_follows_its_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*command, str(FILE)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


# -- who does what ----------------------------------------------------------------------------------------------------


def test_the_fleet_is_whole() -> None:
    assert STAYS == ["beat", "metrics", "postgres", "redis", "worker-deliver", "worker-poll"]
    assert sorted(set(SERVICES) - set(STAYS)) == ["backup", "migrate", "restore", "secrets"]


@pytest.mark.parametrize("name", OURS)
def test_our_services_speak_the_language_of_the_command_and_the_settings(name: str, tmp_path: Path) -> None:
    service = SERVICES[name]
    for line in command_lines(service).values():
        assert line[0] == "feedwacht"
        follow(" ".join(line[1:]))
    database, broker = tmp_path / "database", tmp_path / "broker"
    database.write_text("postgresql+psycopg://feedwacht:secret@postgres/feedwacht\n", encoding="utf-8")
    broker.write_text("redis://feedwacht:secret@redis:6379/0\n", encoding="utf-8")
    files = {"FEEDWACHT_ARCHIVE__DATABASE_FILE": str(database), "FEEDWACHT_BROKER__URL_FILE": str(broker)}
    assert environment(service).keys() >= files.keys()
    settings = load(shipped(), environment(service) | files)
    assert settings.broker.url.endswith("@redis:6379/0")
    assert settings.archive.database.endswith("@postgres/feedwacht")
    assert settings.canary.every_s == 600
    with pytest.raises(SettingsError, match="FEEDWACHT_BROKER__UR is unknown"):
        load(shipped(), {"FEEDWACHT_BROKER__UR": ""})  # the check above has teeth


@pytest.mark.parametrize("name", STAYS)
def test_what_stays_is_started_again_and_says_whether_it_does_its_work(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert "stop_grace_period" in service
    assert service["healthcheck"]["timeout"]
    needed = service["depends_on"]
    if name in OURS:
        assert needed["migrate"]["condition"] == "service_completed_successfully"
        assert needed["redis"]["condition"] == "service_healthy"
    else:
        assert needed["secrets"]["condition"] == "service_completed_successfully"


def test_redis_is_one_whose_scripts_cannot_break_out() -> None:
    version = re.fullmatch(r"redis:(\d+)\.(\d+)\.(\d+)-alpine", SERVICES["redis"]["image"])
    assert version is not None, "the patch is named: it is what matters"
    assert tuple(map(int, version.groups())) >= (8, 0, 4)


def test_all_of_postgresql_is_one_version_and_its_volume_is_where_that_version_wants_it() -> None:
    images = {service["image"] for service in SERVICES.values() if service["image"].startswith("postgres")}
    assert images == {"postgres:18-alpine"}
    assert "archive" in {one.source for one in volumes(SERVICES["postgres"]) if one.target == "/var/lib/postgresql"}


# -- rights -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_has_more_rights_than_needed(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"] > 0
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert "privileged" not in service
    assert "container_name" not in service
    root = service["user"].startswith("0")
    assert root == (name == "secrets"), "one service gives files to the others' users, and ends"
    assert service.get("cap_add", []) == (["CHOWN"] if root else [])


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_can_be_reached_from_outside_and_the_stores_reach_nothing(name: str) -> None:
    service = SERVICES[name]
    assert "ports" not in service
    if name == "secrets":
        assert service["network_mode"] == "none"
        return
    reaches_out = set(service["networks"]) != {"inner"}
    assert reaches_out == (name in ("worker-poll", "worker-deliver"))
    assert "inner" in service["networks"]
    assert COMPOSE["networks"]["inner"]["internal"] is True


@pytest.mark.parametrize("name", SERVICES)
def test_secrets_are_files_that_only_one_service_may_write(name: str) -> None:
    service = SERVICES[name]
    mounts = {one.source: one for one in volumes(service)}
    if name != "secrets":
        assert mounts["secrets"].read_only
    assert all(mounts[folder].read_only for folder in ("./deploy", "./config") if folder in mounts)
    loose = [
        key for key in environment(service) if re.search("PASSWORD|SECRET|URL|DATABASE", key) and "_FILE" not in key
    ]
    assert loose == []


def test_what_is_mounted_is_there() -> None:
    sources = {one.source for service in SERVICES.values() for one in volumes(service)}
    kept = {one for one in sources if one.startswith("./") and not one.startswith("./var/")}
    assert [one for one in kept if not (ROOT / one).exists()] == []
    assert {one for one in sources if not one.startswith("./")} == set(COMPOSE["volumes"])
