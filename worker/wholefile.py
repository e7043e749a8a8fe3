"""Files that appear whole or not at all, whatever happens to the writer, and one writer at a time.

Owns the order of write, sync and rename, and what locks are. Must not know what stands in the file.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(lock: Path) -> Iterator[None]:
    """Alone with what this file stands for: over all threads and processes of this machine.

    A lock of the operating system: it goes with whoever held it. Waits as long as another has it. Raises: OSError.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield  # closing the file gives the lock back


def write_file(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Write a file so that readers see the old one or the new one, never half of it.

    mode: of the new file, before the umask; it never had another. Raises: OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
