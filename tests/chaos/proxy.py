"""A proxy between the processes and Redis whose connections can be made half-open: both ends believe in them, and nothing
gets through any more. Owns the connections; must not know who talks.
"""

import asyncio
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self


class Proxy:
    """Listens on a loopback port, leads to a unix socket. Use as a context manager."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._pairs: set[_Pair] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/0"
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def black_hole(self) -> int:
        """Let nothing through any more on the connections of now; new ones work. Returns: how many."""
        return self._run(self._swallow())

    async def _swallow(self) -> int:
        for pair in self._pairs:
            pair.is_dead = True
        return len(self._pairs)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await asyncio.open_unix_connection(str(self._target))
        except OSError:
            writer.close()
            return
        pair = _Pair((reader, writer), there)
        self._pairs.add(pair)
        try:
            await pair.talk()
        finally:
            self._pairs.discard(pair)

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for pair in self._pairs:
            pair.abort()
        await asyncio.gather(*others, return_exceptions=True)

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


class _Pair:
    """A connection and its other half."""

    def __init__(self, *ends: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        self.is_dead = False
        self._here, self._there = ends

    async def talk(self) -> None:
        try:
            await asyncio.gather(self._pump(self._here[0], self._there[1]), self._pump(self._there[0], self._here[1]))
        finally:
            for _, writer in (self._here, self._there):
                writer.close()

    def abort(self) -> None:
        for _, writer in (self._here, self._there):
            writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if not self.is_dead:
                    writer.write(data)
                    await writer.drain()
        if not self.is_dead:
            writer.close()  # a dead connection does not even tell of its end
