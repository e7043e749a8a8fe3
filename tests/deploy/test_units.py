"""The units in deploy/systemd: they start what exists, come back whatever happens, and may do little."""

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commandline import follow

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/systemd"
SERVICES = sorted(FOLDER.glob("*.service"))
STAY = [path for path in SERVICES if path.name != "feedwacht-backup.service"]
MOST_EXPOSED = 15  # of 100: reaching the network, and files that a group may read
INSTALLED = "/opt/feedwacht"
PROGRAM = f"{INSTALLED}/.venv/bin/feedwacht "

has_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="NOT TESTED: systemd-analyze is not on this machine"
)


def name(path: Path) -> str:
    return path.name


def unit(path: Path) -> configparser.RawConfigParser:
    """Keys that stand several times keep the last value."""
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(path, encoding="utf-8")
    return parser


@pytest.mark.parametrize("path", STAY, ids=name)
def test_what_stays_starts_a_command_that_exists_and_always_comes_back(path: Path) -> None:
    service = unit(path)["Service"]
    assert service["ExecStart"].startswith(PROGRAM)
    for queue in ("poll", "deliver") if "@" in path.name else ("",):
        follow(service["ExecStart"].removeprefix(PROGRAM).replace("%i", queue))
    assert service["Restart"] == "always"
    assert 0 < int(service["RestartSec"]) < 30, "work goes on within a minute"
    assert unit(path)["Unit"]["StartLimitIntervalSec"] == "0", "however often it ends"
    assert 5 < int(service["TimeoutStopSec"]) < 60
    assert service["MemoryMax"]
    assert service["TasksMax"]


def test_the_fleet_is_whole() -> None:
    names = {path.stem for path in SERVICES}
    assert names == {f"feedwacht{what}" for what in ("", "-backup", "-beat", "-metrics", "-worker@")}


def test_the_nightly_backup_runs_the_script_by_its_own_words() -> None:
    service = unit(FOLDER / "feedwacht-backup.service")["Service"]
    program, *words = service["ExecStart"].split()
    script = ROOT / Path(program).relative_to(INSTALLED)
    assert script.stat().st_mode & 0o111
    options = [word for word in words if word.startswith("--")]
    assert [option for option in options if f"{option})" not in script.read_text(encoding="utf-8")] == []
    assert unit(FOLDER / "feedwacht-backup.timer")["Timer"]["Persistent"] == "yes"


def test_all_units_run_as_one_user_under_the_same_rules() -> None:
    rules = {_rules(path) for path in SERVICES}
    assert len(rules) == 1
    user = unit(SERVICES[0])["Service"]["User"]
    assert re.search(rf"^u {user} ", (FOLDER / "feedwacht.sysusers").read_text(encoding="utf-8"), re.MULTILINE)
    assert all(unit(path)["Service"]["User"] == user for path in SERVICES)


def _rules(path: Path) -> str:
    """What stands from NoNewPrivileges to UMask."""
    text = path.read_text(encoding="utf-8")
    return text[text.index("NoNewPrivileges=") : text.index("UMask=")]


def test_the_shell_looks_at_what_the_units_look_at() -> None:
    text = (FOLDER / "feedwacht-shell").read_text(encoding="utf-8")
    service = unit(FOLDER / "feedwacht.service")["Service"]
    for said in (f"--uid={service['User']}", f"--working-directory={service['WorkingDirectory']}"):
        assert said in text
    assert f"EnvironmentFile={service['EnvironmentFile']}" in text
    assert service["ExecStart"].rpartition(" ")[2] in text, "the same configuration"
    assert PROGRAM.strip() in text


@has_systemd
def test_the_shell_asks_systemd_for_what_it_has() -> None:
    known = subprocess.run(["systemd-run", "--help"], check=True, capture_output=True, text=True).stdout
    options = re.findall(r"(--[a-z-]+)", (FOLDER / "feedwacht-shell").read_text(encoding="utf-8"))
    assert options
    assert [option for option in options if not re.search(rf"{option}\b", known)] == []


@has_systemd
def test_systemd_understands_every_unit(tmp_path: Path) -> None:
    """With our programs where the units expect them, so that it can look for them."""
    root, units = tmp_path / "installed", tmp_path / "units"
    units.mkdir()
    for program in (".venv/bin/feedwacht", "deploy/backup"):
        (root / program).parent.mkdir(parents=True, exist_ok=True)
        (root / program).write_text("#!/bin/sh\n")
        (root / program).chmod(0o755)
    for path in [*SERVICES, *FOLDER.glob("*.timer")]:
        text = path.read_text(encoding="utf-8").replace(INSTALLED, str(root))
        (units / path.name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", *units.iterdir()],
        env={"SYSTEMD_UNIT_PATH": f"{units}:", "PATH": "/usr/bin:/bin"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


# Refuses the process memory that can be written and run, as MemoryDenyWriteExecute does, then becomes the program.
REFUSED = """
import ctypes, os, sys
if ctypes.CDLL(None, use_errno=True).prctl(65, 1, 0, 0, 0):  # PR_SET_MDWE, since Linux 6.3
    sys.exit(99)
os.execv(sys.executable, [sys.executable, "-m", "worker", *sys.argv[1:]])
"""


@pytest.mark.slow
def test_the_product_runs_without_memory_that_can_be_written_and_run() -> None:
    """Children, parsers and the matcher included; what `ctypes` and compiled packages do is not ours to promise."""
    command = [sys.executable, "-c", REFUSED, "demo", "--for", "8s"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode == 99:
        pytest.skip("NOT TESTED: this kernel cannot be asked for it")
    assert done.returncode == 0, done.stderr


@has_systemd
@pytest.mark.parametrize("path", SERVICES, ids=name)
def test_a_unit_is_hardly_exposed(path: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
