"""Alerts into a program of the operator's own: the payload on its standard input, the rest in FEEDWACHT_* variables.

Owns how the program is started, bounded and judged. No shell reads anything of a message, and the program sees nothing
of our environment but PATH, HOME, LANG and TZ. Whatever it started is over when its attempt is, and dies with the worker.
Must not know what a message says.
"""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO

from worker.channels import keeper
from worker.channels.answers import excerpt
from worker.model import Message, Outgoing, SendOutcome, SendResult

OUTPUT_BYTES = 64 * 1024  # kept of what the program prints; the rest is read and dropped, so that it is not held up
TEXT_BYTES = 96 * 1024  # Linux takes 128 KiB of one variable; a long digest is whole in the payload

EX_DATAERR = 65  # source: sysexits(3)

_STARTS_PYTHON = ("LD_LIBRARY_PATH", "PYTHONHOME")  # for the keeper only, which does not pass it on
_SLICE_S = 0.05


@dataclass(slots=True)
class CommandChannel:
    """Starts the program once a message and waits for it.

    command: program and arguments; timeout_s: then its process group is killed, and the outcome is unknown.
    Exit code 0 = sent; 65 (EX_DATAERR) = this message will never be taken; any other = try again. Each attempt brings the
    same bytes, so only a code that says "these bytes" is final; the operator may mend anything else meanwhile.
    """

    name: str
    command: Sequence[str] = field(repr=False)  # may hold a token
    timeout_s: float = 20

    def send(self, delivery: Outgoing, message: Message, now: datetime) -> SendOutcome:  # noqa: ARG002 - the protocol's
        """Run once. Each attempt gets the same id and payload."""
        try:
            code, output = self._run(variables(delivery, message), message.payload)
        except OSError as error:
            detail = f"the program cannot be started: {error.strerror or type(error).__name__}"
            return SendOutcome(result=SendResult.RETRY, detail=detail)
        return self._judged(code, excerpt(output))

    def _run(self, environment: dict[str, str], payload: bytes) -> tuple[int | None, bytes]:
        """The exit code, None = it took too long and was killed; and the beginning of what it printed."""
        deadline_s = time.monotonic() + self.timeout_s
        with _payload_file(payload) as given, _started(self.command, environment, given) as process:
            output = _heard(process, deadline_s)
            try:
                return process.wait(max(deadline_s - time.monotonic(), 0)), output
            except subprocess.TimeoutExpired:
                return None, output

    def _judged(self, code: int | None, said: str) -> SendOutcome:
        if code == 0:
            return SendOutcome(result=SendResult.SENT, detail="the program took it", answer=said, status=code)
        result = SendResult.NEVER if code == EX_DATAERR else SendResult.RETRY
        if code is None or code < 0:
            result = SendResult.UNKNOWN  # it was cut off: it may have done its work
        detail = _why(code, self.timeout_s)
        return SendOutcome(result=result, detail=f"{detail}: {said}" if said else detail, answer=said, status=code)


def variables(delivery: Outgoing, message: Message) -> dict[str, str]:
    """What a program is told beside the payload; FEEDWACHT_TEXT ends at a line where it is long."""
    body = json.loads(message.payload)
    found = {
        "ID": delivery.id,
        "CHANNEL": delivery.channel,
        "ATTEMPT": str(delivery.attempt),
        "TYPE": body.get("type", ""),
        "SUBSCRIPTION": body.get("data", {}).get("subscription", ""),
        "SUBJECT": message.subject,
        "TEXT": _leading(message.text),
    }
    return {f"{keeper.OURS}{name}": _sound(value) for name, value in found.items()}


def _sound(text: str) -> str:
    """What a variable can hold: no NUL, no half of a surrogate pair."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _leading(text: str) -> str:
    data = text.encode("utf-8", "replace")
    if len(data) <= TEXT_BYTES:
        return text
    whole, _, _ = data[:TEXT_BYTES].rpartition(b"\n")
    return (whole or data[:TEXT_BYTES]).decode("utf-8", "ignore") + "\n…"


def _why(code: int | None, timeout_s: float) -> str:
    if code is None:
        return f"the program was not done within {timeout_s:g} s and was ended"
    if code < 0:
        return f"the program was ended by signal {-code}"
    if code in (keeper.CANNOT_BE_RUN, keeper.NOT_FOUND):
        return f"the program cannot be started (exit code {code})"
    return f"the program ended with exit code {code}"


# -- processes ----------------------------------------------------------------------------------------------------------


@contextmanager
def _payload_file(payload: bytes) -> Iterator[IO[bytes]]:
    """A file without a name: a program that reads nothing, or slowly, holds up nobody."""
    with tempfile.TemporaryFile() as file:
        file.write(payload)
        file.seek(0)
        yield file


@contextmanager
def _started(
    command: Sequence[str], environment: dict[str, str], given: IO[bytes]
) -> Iterator[subprocess.Popen[bytes]]:
    """The program in a process group of its own, which is over when the block is."""
    lifeline, ours = os.pipe()
    passed_on = {name: os.environ[name] for name in (*keeper.PASSED_ON, *_STARTS_PYTHON) if name in os.environ}
    try:
        process = subprocess.Popen(  # noqa: S603 - what the configuration names, if it may
            [sys.executable, "-I", "-S", str(Path(keeper.__file__)), str(lifeline), *command],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=passed_on | environment,
            start_new_session=True,
            pass_fds=(lifeline,),
        )
        os.close(lifeline)
        lifeline = -1
        with process:
            try:
                yield process
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
    finally:
        os.close(ours)
        if lifeline >= 0:
            os.close(lifeline)


def _heard(process: subprocess.Popen[bytes], deadline_s: float) -> bytes:
    """The beginning of what the program prints, until it ends or its time is over."""
    assert process.stdout is not None
    output, number = bytearray(), process.stdout.fileno()
    poll = select.poll()
    poll.register(number, select.POLLIN)
    while (left_s := deadline_s - time.monotonic()) > 0:
        if poll.poll(min(left_s, _SLICE_S) * 1000):
            piece = os.read(number, OUTPUT_BYTES)
            if not piece:
                break
            output += piece[: OUTPUT_BYTES - len(output)]
        elif process.poll() is not None:
            break  # it ended; somebody whom it started still holds its output
    return bytes(output)
