"""A network that fails at a chosen call of this thread to it: where Python's sockets are called, beneath everything of ours."""

import itertools
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

CALLS = ("connect", "getpeername", "sendall", "recv_into", "setsockopt", "settimeout")


def fail_calls(
    patch: pytest.MonkeyPatch, error: BaseException, fails: Callable[[int], bool], *, names: tuple[str, ...] = CALLS
) -> list[int]:
    """Until the patch ends these calls raise the error. fails: of which numbers, from 1. Gives how many calls came."""
    count, numbers, me = [0], itertools.count(1), threading.current_thread()

    def wrapped(method: Any) -> Any:
        def call(self: socket.socket, *arguments: Any) -> Any:
            if threading.current_thread() is me:
                count[0] = next(numbers)
                if fails(count[0]):
                    raise error
            return method(self, *arguments)

        return call

    for name in names:
        patch.setattr(socket.socket, name, wrapped(getattr(socket.socket, name)), raising=False)
    return count
