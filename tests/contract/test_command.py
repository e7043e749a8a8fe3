"""The command channel, with real programs: what they are told, how they are judged, bounded and ended."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.contract.test_channels import NOW, a_delivery, a_message
from worker.channels import CommandChannel
from worker.channels.command import TEXT_BYTES
from worker.model import SendOutcome, SendResult

ROOT = Path(__file__).parents[2]
Program = Callable[[str], list[str]]


@pytest.fixture
def python(tmp_path: Path) -> Program:
    """A program out of Python's lines."""

    def program(lines: str) -> list[str]:
        path = tmp_path / "program.py"
        path.write_text(f"import os, sys, time\n{lines}\n", encoding="utf-8")
        return [sys.executable, "-I", "-S", str(path)]

    return program


def run(command: Sequence[str], *, timeout_s: float = 20, text: str | None = None) -> SendOutcome:
    message = a_message() if text is None else replace(a_message(), text=text)
    return CommandChannel("c", command, timeout_s).send(a_delivery(3), message, NOW)


def written(path: Path) -> str:
    """What a program wrote, as soon as it has."""
    while not (path.exists() and path.read_text().endswith("\n")):
        os.sched_yield()
    return path.read_text().strip()


def assert_gone(pid: int) -> None:
    """It ends within ten seconds; a zombie that nobody collects has ended."""
    deadline_s = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline_s, "still running"


def test_the_payload_is_on_standard_input(python: Program, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    outcome = run(python(f"open({str(kept)!r}, 'wb').write(sys.stdin.buffer.read()); print('abgelegt')"))
    assert (outcome.result, outcome.answer, outcome.status) == (SendResult.SENT, "abgelegt", 0)
    assert kept.read_bytes() == a_message().payload


def test_what_stands_in_variables(python: Program, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    run(python(f"import json; json.dump(dict(os.environ), open({str(kept)!r}, 'w'))"))
    seen = json.loads(kept.read_text())
    assert {name: value for name, value in seen.items() if name.startswith("FEEDWACHT_")} == {
        "FEEDWACHT_ID": "msg_delivery_7",
        "FEEDWACHT_CHANNEL": "c",
        "FEEDWACHT_ATTEMPT": "3",
        "FEEDWACHT_TYPE": "alert.created",
        "FEEDWACHT_SUBSCRIPTION": "Vögel",
        "FEEDWACHT_SUBJECT": a_message().subject,
        "FEEDWACHT_TEXT": a_message().text,
    }


def test_no_other_variable_is_passed_on(python: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FEEDWACHT_CHANNEL__EDITORS__SECRET", "PGPASSWORD", "LD_LIBRARY_PATH"):
        monkeypatch.setenv(name, "geheim")
    monkeypatch.setenv("TZ", "Europe/Berlin")
    kept = tmp_path / "kept"
    run(["/bin/sh", "-c", f"env > {kept}"])
    seen = dict(line.split("=", 1) for line in kept.read_text().splitlines() if "=" in line)
    foreign = {name for name in seen if not name.startswith("FEEDWACHT_")} - {
        "PWD",
        "SHLVL",
        "_",
        "OLDPWD",
    }  # the shell's
    assert foreign <= {"PATH", "HOME", "LANG", "TZ"}
    assert seen["TZ"] == "Europe/Berlin"
    assert "geheim" not in kept.read_text()


def test_no_shell_reads_the_message(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    message = replace(a_message(), subject=f"$(touch {trap}); `touch {trap}`; touch {trap}", text=f"'; touch {trap} #")
    outcome = CommandChannel("c", ["/bin/echo", f"$(touch {trap})"]).send(a_delivery(), message, NOW)
    assert outcome.answer == f"$(touch {trap})"
    assert not trap.exists()


def test_texts_that_no_variable_can_hold(python: Program) -> None:
    text = "\n".join(["a\0b\ud800"] + ["ä" * 500] * 1000)
    outcome = run(
        python("t = os.environ['FEEDWACHT_TEXT']; print(t[:3].encode(), len(t.encode()), t.endswith('…'))"), text=text
    )
    first, length, ends = outcome.answer.rsplit(" ", 2)
    assert (first, ends) == ("b'ab?'", "True")
    assert TEXT_BYTES - 1100 < int(length) < TEXT_BYTES + 10


@pytest.mark.parametrize(
    ("code", "result"),
    [(0, SendResult.SENT), (1, SendResult.RETRY), (64, SendResult.RETRY), (65, SendResult.NEVER)]
    + [(code, SendResult.RETRY) for code in (69, 75, 77, 78, 126, 127, 255)],
)
def test_what_an_exit_code_means(code: int, result: SendResult, python: Program) -> None:
    outcome = run(python(f"print('so ist es'); sys.exit({code})"))
    assert (outcome.result, outcome.status, outcome.answer) == (result, code, "so ist es")
    assert code == 0 or outcome.detail.endswith(": so ist es")


@pytest.mark.parametrize("name", ["/nowhere/at-all", "no-such-program-anywhere", "/etc/passwd"])
def test_a_program_that_cannot_be_started(name: str) -> None:
    outcome = run([name])
    assert outcome.result is SendResult.RETRY
    assert "cannot be started" in outcome.detail
    assert outcome.answer in ("No such file or directory", "Permission denied")


def test_what_is_ended_by_a_signal_may_have_done_its_work(python: Program) -> None:
    outcome = run(python("import signal; os.kill(os.getpid(), signal.SIGKILL)"))
    assert (outcome.result, outcome.detail) == (SendResult.UNKNOWN, "the program was ended by signal 9")


def test_at_the_deadline_the_whole_group_ends(python: Program, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    lines = f"pid = os.fork()\nif pid: open({str(kept)!r}, 'w').write(f'{{pid}}\\n')\nprint('halb', flush=True)\ntime.sleep(60)"
    started_s = time.monotonic()
    outcome = run(python(lines), timeout_s=0.7)
    assert time.monotonic() - started_s < 30, "it waited for what sleeps a minute"
    assert outcome.result is SendResult.UNKNOWN
    assert outcome.detail.startswith("the program was not done within 0.7 s and was ended: halb")
    assert_gone(int(written(kept)))


def test_what_a_program_leaves_behind_holds_up_nobody(python: Program, tmp_path: Path) -> None:
    """A grandchild that keeps the output open is neither waited for nor left."""
    kept = tmp_path / "kept"
    started_s = time.monotonic()
    outcome = run(
        python(
            f"pid = os.fork()\nif not pid:\n    time.sleep(60)\nopen({str(kept)!r}, 'w').write(f'{{pid}}\\n')\nprint('fertig')"
        )
    )
    assert (outcome.result, outcome.answer) == (SendResult.SENT, "fertig")
    assert time.monotonic() - started_s < 30, "it waited for what sleeps a minute"
    assert_gone(int(written(kept)))


def test_output_is_bounded_and_safe(python: Program) -> None:
    outcome = run(python("sys.stdout.write('\\x1b[31m\\u2028' + 'x' * 5_000_000); sys.stdout.flush()"))
    assert outcome.result is SendResult.SENT
    assert outcome.answer.isprintable()
    assert len(outcome.answer) < 210


def test_errors_are_heard_too(python: Program) -> None:
    assert run(python("print('schade', file=sys.stderr); sys.exit(75)")).answer == "schade"


def test_a_program_that_reads_nothing(python: Program) -> None:
    assert run(python("os.close(0)")).result is SendResult.SENT


def test_it_dies_with_the_worker(python: Program, tmp_path: Path) -> None:
    """The worker is killed while the program runs: nothing can tidy up any more."""
    kept = tmp_path / "kept"
    command = python(f"open({str(kept)!r}, 'w').write(f'{{os.getpid()}}\\n'); time.sleep(60)")
    worker = subprocess.Popen(
        [sys.executable, "-c", f"from tests.contract.test_command import run;  run({command!r})"], cwd=ROOT
    )
    pid = int(written(kept))
    worker.kill()
    worker.wait()
    assert_gone(pid)


def test_a_command_channel_does_not_show_its_command() -> None:
    assert "geheim" not in repr(CommandChannel("c", ["notify", "--token=geheim"]))
