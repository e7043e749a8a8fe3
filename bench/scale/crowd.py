"""A crowd of feeds for measuring: as many as one likes, on as many addresses, and almost nothing to do for each.

Whoever sends a validator gets a 304; whoever sends none gets a feed of ten articles. A process of its own, so that its
work is not counted as ours, and cheap enough that it does not stand in the way on a machine with two cores.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench import farm

HOSTS = 500
_ON_ONE_NET = 200  # addresses 127.88.N.1 to 127.88.N.200
_TAG = b'"crowd-1"'
_UNCHANGED = b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\n\r\n" % _TAG


@dataclass(frozen=True, slots=True)
class Crowd:
    """The crowd's process. Each feed has a number; feed N is at address N modulo `hosts`."""

    pid: int
    port: int

    def url(self, number: int, hosts: int = HOSTS) -> str:
        host = number % hosts
        return f"http://127.88.{host // _ON_ONE_NET}.{host % _ON_ONE_NET + 1}:{self.port}/{number}/feed/"


def sql_host(number: str, hosts: int, port: int) -> str:
    """The same in SQL, for filling tables: the host (name:port) of the feed that the expression `number` gives."""
    at = f"({number}) % {hosts}"
    return f"'127.88.' || (({at}) / {_ON_ONE_NET}) || '.' || (({at}) % {_ON_ONE_NET} + 1) || '\\:{port}'"


@contextmanager
def open_crowd(silent_every: int = 0) -> Iterator[Crowd]:
    """silent_every: of so many feeds one accepts connections and never answers, 0 = none."""
    command = [sys.executable, "-m", "bench.scale.crowd", str(silent_every)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Crowd(process.pid, int(process.stdout.readline()))
        finally:
            process.terminate()


class _Connection(asyncio.Protocol):
    def __init__(self, feed: bytes, silent_every: int) -> None:
        self._feed = feed
        self._silent_every = silent_every
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while b"\r\n\r\n" in self._read:
            head, _, self._read = self._read.partition(b"\r\n\r\n")
            if self._silent_every and int(head.split(b"/", 2)[1]) % self._silent_every == 0:
                return
            self._transport.write(_UNCHANGED if b"\r\nif-none-match:" in head.lower() else self._feed)


async def _serve(silent_every: int) -> None:
    body = farm.feed_body(0, farm.SHOWN)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: %s\r\nContent-Length: %d\r\n\r\n"
    feed = head % (_TAG, len(body)) + body
    server = await asyncio.get_running_loop().create_server(
        lambda: _Connection(feed, silent_every), "0.0.0.0", 0, backlog=1024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
