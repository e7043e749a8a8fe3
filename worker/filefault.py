"""What the system refused of a file, in one line for a person.

Owns which advice belongs to which refusal. Must not know what was to be done with the file.
"""

import errno
import os


def file_fault(error: OSError) -> str:
    """The file, the system's words, and what to do where that is known; in English."""
    said = f"{error.filename or 'a file'}: {error.strerror or error}"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{said}; give user {os.geteuid()} the rights to it, or run this as another user"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{said}; make room there"
    return f"{said}; make the file system writable again" if error.errno == errno.EROFS else said
