"""`manifest.jsonl` of a day's folder: one line for each state of a record file that was written.

    {"key": "…", "url": "…", "sha256": "… of the file's bytes", "revision": 2, "bytes": 1234}

Lines are only added; of several lines with one key the last one holds. A removed article's lines are overwritten by
`{"key": "…", "removed": true}` and blanks of the same length, so that no reader loses its place. Whoever writes holds the
folder's lock (`locked`): a half line at the end is a writer that died, and the next one cuts it off.
"""

import errno
import io
import json
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from worker import wholefile

NAME = "manifest.jsonl"
_LOCK = ".lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file as it was written. sha256: 64 hex digits over its bytes."""

    key: str
    url: str
    sha256: str
    revision: int
    size_bytes: int

    def line(self) -> bytes:
        return _line({"key": self.key, "url": self.url, "sha256": self.sha256, **self._numbers()})

    def _numbers(self) -> dict[str, int]:
        return {"revision": self.revision, "bytes": self.size_bytes}


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """The article was removed."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Torn:
    """What is no line of a manifest. number: from 1."""

    number: int


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Alone with the record files in `folder`, as `wholefile.locked` is. Raises: OSError."""
    with wholefile.locked(folder / _LOCK):
        yield


def read(day: Path) -> Iterator[Written | Struck | Torn]:
    """The lines of a day's manifest, oldest first; none if there is no manifest. Raises: OSError."""
    for number, line in enumerate(_lines(_bytes(day / NAME)), 1):
        yield _read_line(line) or Torn(number=number)


def latest(day: Path) -> dict[str, Written | Struck]:
    """The line that holds, by key."""
    return {line.key: line for line in read(day) if not isinstance(line, Torn)}


def add(day: Path, written: Sequence[Written]) -> None:
    """Add lines, on the disk when this returns; what the manifest says already is not said again.

    Call it with the folder's lock held. Raises: OSError.
    """
    known = latest(day)
    fresh = b"".join(one.line() for one in written if known.get(one.key) != one)
    if not fresh:
        return
    path = day / NAME
    _cut_torn_end(path)
    number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        if os.write(number, fresh) != len(fresh):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        os.fsync(number)
    finally:
        os.close(number)


def without(day: Path, keys: Collection[str]) -> bytes | None:
    """The manifest with the lines of these articles struck out, and without torn ones; None = it is like that already."""
    before = _bytes(day / NAME)
    kept = []
    for line in _lines(before):
        known = _read_line(line)
        if isinstance(known, Written) and known.key in keys:
            kept.append(_line({"key": known.key, "removed": True}).rstrip(b"\n").ljust(len(line) - 1) + b"\n")
        elif known is not None:
            kept.append(line)
    after = b"".join(kept)
    return None if after == before else after


def _line(data: dict[str, object]) -> bytes:
    return (json.dumps(data, ensure_ascii=False) + "\n").encode()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _lines(content: bytes) -> list[bytes]:
    """With their newlines; bytes are split at no other mark."""
    return io.BytesIO(content).readlines()


def _read_line(line: bytes) -> Written | Struck | None:
    try:
        data = json.loads(line) if line.endswith(b"\n") else None
        if not isinstance(data, dict) or not isinstance(data["key"], str):
            return None
        if data.get("removed") is True:
            return Struck(key=data["key"])
        texts = {name: str(data[name]) for name in ("key", "url", "sha256")}
        return Written(**texts, revision=int(data["revision"]), size_bytes=int(data["bytes"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _cut_torn_end(path: Path) -> None:
    content = _bytes(path)
    if content and not content.endswith(b"\n"):
        os.truncate(path, content.rfind(b"\n") + 1)
