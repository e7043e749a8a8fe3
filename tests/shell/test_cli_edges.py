"""Where errors end: one line, the right exit code, and never a traceback."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tests.shell.desk import Desk
from worker.cli import cli

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("FEEDWACHT_")} | {
    "PYTHONPATH": str(ROOT)
}
COMMAND = [sys.executable, "-m", "worker"]


def test_the_configuration_is_named_before_or_after_the_command(quiet_desk: Desk, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(quiet_desk.config.read_text().replace("Hafen", "Rathaus"), encoding="utf-8")
    runner = CliRunner()
    before = runner.invoke(cli, ["--config", str(other), "subscriptions", "list"])
    between = runner.invoke(cli, ["subscriptions", "--config", str(other), "list"])
    after = runner.invoke(cli, ["--config", str(quiet_desk.config), "subscriptions", "list", "--config", str(other)])
    for result in (before, between, after):
        assert result.exit_code == 0
        assert "Rathaus" in result.stdout


@pytest.mark.parametrize("command", ["run", "poll", "status", "check-config", "feeds list", "archive stats", "demo"])
def test_a_configuration_that_is_not_there(command: str) -> None:
    result = CliRunner().invoke(cli, [*command.split(), "--config", "/nowhere/x.toml"])
    assert result.exit_code == 2
    assert result.stderr.startswith("/nowhere/x.toml")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["run", "poll", "status", "feeds list", "archive stats"])
def test_an_archive_that_cannot_be_opened(quiet_desk: Desk, command: str) -> None:
    (quiet_desk.folder / "var").write_text("a file where a folder should be")
    result = quiet_desk.run(*command.split(), exit_code=1)
    assert result.stderr.count("\n") == 1
    assert "var" in result.stderr


def test_a_damaged_archive(quiet_desk: Desk) -> None:
    (quiet_desk.folder / "var").mkdir()
    (quiet_desk.folder / "var/feedwacht.db").write_bytes(b"x" * 5000)
    assert "restore a backup" in quiet_desk.run("archive", "stats", exit_code=1).stderr


@pytest.mark.parametrize("command", ["worker", "beat"])
def test_without_a_broker_there_is_no_worker(quiet_desk: Desk, command: str) -> None:
    result = quiet_desk.run(command, exit_code=2)
    assert "feedwacht run" in result.stderr
    assert result.stderr.count("\n") == 1


class Boom(click.Command):
    def __init__(self, error: BaseException) -> None:
        super().__init__("boom")
        self._error = error

    def invoke(self, ctx: click.Context) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("error", "exit_code", "said"),
    [
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(), 0, ""),
        (ZeroDivisionError("a\nb https://u:geheim@x.example/"), 1, "bitte mit dem Befehl melden"),
        (PermissionError(13, "Permission denied", "/x/y"), 1, "/x/y: der Zugriff ist nicht erlaubt"),
        (RecursionError("deep"), 1, "bitte mit dem Befehl melden"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_whatever_goes_wrong(monkeypatch: pytest.MonkeyPatch, error: BaseException, exit_code: int, said: str) -> None:
    monkeypatch.setitem(cli.commands, "boom", Boom(error))  # type: ignore[attr-defined]
    result = CliRunner().invoke(cli, ["boom"])
    assert result.exit_code == exit_code
    assert said in result.stderr
    assert result.stderr.count("\n") == (1 if said else 0)
    assert "geheim" not in result.stderr


def test_a_reader_that_goes_away(quiet_desk: Desk, tmp_path: Path) -> None:
    line = "# T Datum: 03.12.2025 16:35 Kategorie: X URL: https://x.test/{}/ --- {} --- Quelle: x\n"
    path = tmp_path / "in.txt"
    path.write_text("".join(line.format(number, "Text " * 200) for number in range(300)), encoding="utf-8")
    quiet_desk.run("archive", "import", str(path))
    command = f"{' '.join(COMMAND)} archive export --to - --format txt --config {quiet_desk.config} | head -n 1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, env=ENVIRONMENT, check=False, timeout=60
    )
    assert done.returncode == 0
    assert done.stderr == b""
    assert done.stdout.count(b"\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_run_starts_says_so_and_ends_in_time(desk: Desk, how: signal.Signals) -> None:
    process = subprocess.Popen(
        [*COMMAND, "run", "--config", str(desk.config)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        text=True,
    )
    try:
        assert process.stderr is not None
        first = process.stderr.readline()
        assert first.startswith("feedwacht watches 1 feed (127.0.0.1) for 1 subscription")
        assert "Ctrl-C" in first
        second = process.stderr.readline()
        assert "poll updated" in second
        started = time.monotonic()
        process.send_signal(how)
        _, rest = process.communicate(timeout=10)
        assert time.monotonic() - started < 5.5
        assert "Traceback" not in rest
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_python_m_worker_is_the_command(arguments: list[str]) -> None:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, env=ENVIRONMENT, check=True, timeout=60)
    assert b"feedwacht" in done.stdout
    assert done.stderr == b""


def test_a_terminal_short_of_letters(quiet_desk: Desk) -> None:
    quiet_desk.configure(more='[[subscription]]\nname = "Σ 👩"\nquery = "Nato"\nchannels = ["screen"]\n')
    environment = ENVIRONMENT | {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    command = [*COMMAND, "subscriptions", "list", "--config", str(quiet_desk.config)]
    done = subprocess.run(command, capture_output=True, env=environment, check=True, timeout=60)
    assert "? ?" in done.stdout.decode("latin-1")
    data = subprocess.run([*command, "--json"], capture_output=True, env=environment, check=True, timeout=60)
    assert b"\\u03a3" in data.stdout
