"""A fault of files that lasts is told when it begins, when it becomes another one, and when it is over."""

import errno
import io
import os

import pytest

from worker.lasting import Lasting


def tried(lasting: Lasting, number: int) -> None:
    with lasting.told():
        if number:
            raise OSError(number, os.strerror(number), "var/records/.lock")


def test_it_is_told_once_with_what_to_do(log: io.StringIO) -> None:
    lasting = Lasting("files", "they can be written again")
    for number in (0, errno.EACCES, errno.EACCES, errno.ENOSPC, errno.EACCES, 0, 0):
        tried(lasting, number)
    denied, full, again, over = log.getvalue().splitlines()
    assert "var/records/.lock: Permission denied; give user" in denied
    assert "No space left on device; make room there" in full
    assert denied.partition("files")[2] == again.partition("files")[2]
    assert "they can be written again" in over


def test_what_is_no_fault_of_files_goes_on(log: io.StringIO) -> None:
    with pytest.raises(ValueError, match="other"), Lasting("files", "over").told():
        raise ValueError("other")
    assert not log.getvalue()
