"""A sandbox child with jobs that misbehave, to see the walls hold. Its limits are the real ones."""

import os
import signal
import sys
import threading
from pathlib import Path

from worker import box


def spin() -> object:
    while True:
        pass


def eat() -> object:
    return len([bytearray(10_000_000) for _ in range(1000)])


def open_file(path: str) -> object:
    try:
        with Path(path).open("rb") as file:
            return file.read(10).decode("latin-1")
    except OSError as error:
        return type(error).__name__


def write_file(path: str) -> object:
    return open_file(path)


def die() -> object:
    os._exit(7)


def hang() -> object:
    threading.Event().wait(60)
    return None


def flood() -> object:
    return "x" * 200_000_000


def environment() -> object:
    return dict(os.environ)


def fork() -> object:
    try:
        child = os.fork()
    except OSError as error:
        return type(error).__name__
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    return "forked"


def read(body: bytes, *arguments: object) -> object:
    """As in earnest; a body may ask for its reader's life."""
    if b"DIE-OF-ME" in body:
        os.kill(os.getpid(), signal.SIGSEGV)
    return box.read(body, *arguments)  # type: ignore[arg-type]


def pid(*_: object) -> object:
    return os.getpid()


box.JOBS.update({job.__name__: job for job in (spin, eat, open_file, die, hang, flood, environment, fork, pid)})
box.JOBS["feed"] = read
sys.exit(box.main())
