"""Every command line of docker-compose.yml, run outside of a container: real processes, real stores, real passwords."""

import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
import redis

from tests.deploy.compose import OURS, SERVICES, command_lines
from tests.deploy.stack import STAND_INS, Stack, give_up, open_stack
from tests.e2e.office import Office, count_records, wait_until
from tests.servers import ServerMissing

pytestmark = pytest.mark.slow

RUNS = ("beat", "worker-poll", "worker-deliver", "metrics")


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    print("\nnot of the images, stand-ins: " + ", ".join(STAND_INS), file=sys.stderr)
    try:
        with open_stack(tmp_path) as stack:
            yield stack
    except ServerMissing as missing:
        give_up(missing)


def publish(office: Office, *names: str) -> set[str]:
    return {office.site.publish(f"Radweg {name} eröffnet", "<p>Freie Fahrt.</p>").title for name in names}


def is_healthy(stack: Stack, name: str) -> bool:
    return stack.run(name, kind="health").returncode == 0


def test_no_command_line_is_left_out() -> None:
    """Whoever adds a service, a command or a health check finds the test below."""
    tried = {"secrets", "postgres", "redis", "migrate", *RUNS, "backup", "restore"}
    assert set(SERVICES) == tried
    assert {name for name in SERVICES if "health" in command_lines(SERVICES[name])} == {"postgres", "redis", *RUNS}
    assert set(OURS) == {"migrate", *RUNS}


def test_from_nothing_to_an_alert_to_a_backup_and_back(stack: Stack) -> None:
    office = stack.office
    assert is_healthy(stack, "postgres"), stack.run("postgres", kind="health").stderr
    assert is_healthy(stack, "redis"), stack.run("redis", kind="health").stderr
    for _ in range(2):  # at each `up`
        done = stack.run("migrate")
        assert done.returncode == 0, done.stderr
    publish(office, "0")
    started = {name: stack.start(name) for name in RUNS}
    started["worker-poll"].await_line("poll updated")
    told = publish(office, "1")
    office.await_alerts(told)
    assert "poll updated" not in started["worker-deliver"].text, "one polls, the other one sends"
    for name in RUNS:
        wait_until(lambda name=name: is_healthy(stack, name), 60, lambda name=name: _said(stack, name))

    with urlopen(f"http://127.0.0.1:{stack.metrics_port}/metrics", timeout=10) as answer:
        assert b"feedwacht_" in answer.read()

    copy = stack.run("backup")
    assert copy.returncode == 0, copy.stderr
    assert "stop its processes first" in restore(stack, copy.stdout).stderr
    for name, process in started.items():
        assert process.terminate(timeout_s=10) == 0, (name, process.text)
    stack.postgres.stop()
    stack.postgres.start()
    done = restore(stack, copy.stdout)
    assert done.returncode == 0, done.stderr
    assert stack.run("migrate").returncode == 0
    assert records_of(stack) >= 2

    assert_nothing_was_refused(stack)
    written = "\n".join([*(process.text for process in office.processes), done.stdout, done.stderr, copy.stderr])
    assert [password for password in stack.passwords if password in written] == []
    assert "Traceback" not in written


def _said(stack: Stack, name: str) -> str:
    done = stack.run(name, kind="health")
    return done.stdout + done.stderr


def restore(stack: Stack, copy: str):  # type: ignore[no-untyped-def]
    return stack.run("restore", f"/backups/{Path(copy.strip()).name}", "--replace")


def records_of(stack: Stack) -> int:
    return count_records((stack.outside.volume("secrets") / "feedwacht/database").read_text().strip())


def assert_nothing_was_refused(stack: Stack) -> None:
    """Redis keeps a list of what it refused; ours may not even ask for it."""
    with stack.redis.client() as ours, pytest.raises(redis.exceptions.NoPermissionError):
        ours.acl_log()
    refused = [entry["object"] for entry in stack.redis.refused() if entry["username"] == "feedwacht"]
    assert refused == ["acl|log"]


def test_health_says_when_stores_are_away(stack: Stack) -> None:
    assert stack.run("migrate").returncode == 0
    stack.redis.stop()
    assert not is_healthy(stack, "redis")
    stack.postgres.stop()
    for name in ("postgres", *RUNS):
        assert not is_healthy(stack, name), name
