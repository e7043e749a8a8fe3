"""Files that appear whole or not at all, whatever happens to the writer.

Owns the order of write, sync and rename. Must not know what stands in the file, nor who else writes it.
"""

import os
from pathlib import Path


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
