"""Foreign bytes to plain data, in children with limits. A child that dies costs its job, and nobody else.

Children are programs of their own (a process with threads is never forked), one per core, started when first needed,
leased per job, replaced after a death or after JOBS jobs. They end with us: their standard input closes.
Source of the limits: the cases that burn minutes under any size cap (attributes, open tags) need a CPU limit; a child
needs about 40 MB and 5 ms a job beside the parsing itself.
"""

import json
import os
import pickle
import queue
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from worker.errors import CommentFeed, NotAFeed, ParseError, ParserDied, TooMuch
from worker.model import ParsedFeed, Shown, SourceRules
from worker.plain import unpacked

WALL_S = 10.0
START_S = 30.0
JOBS = 1_000  # then a fresh child: whatever leaked is gone
ANSWER_BYTES = 128 * 2**20
_HEADER = struct.Struct(">I")
_REFUSALS = {kind.__name__: kind for kind in (ParseError, NotAFeed, CommentFeed, TooMuch)}


class Sandbox:
    """A small pool of children. Threads may share it; a forked process makes its own."""

    def __init__(self, size: int = 0, program: Sequence[str] = ("-m", "worker.box")) -> None:
        self._program = program
        self._children: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(size or os.cpu_count() or 1):
            self._children.put(None)
        self._closed = threading.Event()

    def parse_feed(
        self, body: bytes, *, url: str, headers: Mapping[str, str], rules: SourceRules, known: Mapping[str, Shown]
    ) -> ParsedFeed:
        """`parse.parse_feed`, in a child. Raises: ParseError; ParserDied when the body cost the child its life."""
        answer = self._run("feed", body, url, dict(headers), rules, dict(known))
        try:
            return unpacked(answer)
        except (KeyError, TypeError, ValueError) as error:
            raise ParserDied("the body cannot be read: the parser's answer makes no sense") from error

    def close(self) -> None:
        """End all children; those at work end after their job."""
        self._closed.set()
        while True:
            try:
                child = self._children.get_nowait()
            except queue.Empty:
                return
            if child is not None:
                child.end()

    def _run(self, kind: str, *arguments: object) -> dict[str, Any]:
        child = self._children.get()
        try:
            if child is None or not child.is_fit():
                child = self._fresh(child)
            answer = child.answer(pickle.dumps((kind, arguments)))
        except BaseException:
            if child is not None:
                child.end()
            child = None
            raise
        finally:
            self._give_back(child)
        return _opened(answer)

    def _fresh(self, worn: "_Child | None") -> "_Child":
        if worn is not None:
            worn.end()
        return _Child(self._program)

    def _give_back(self, child: "_Child | None") -> None:
        if self._closed.is_set() and child is not None:
            child.end()
            child = None
        self._children.put(child)


def _opened(answer: bytes) -> dict[str, Any]:
    """Raises: ParseError as the child met it."""
    try:
        data = json.loads(answer)
    except ValueError as error:
        raise ParserDied("the body cannot be read: the parser's answer makes no sense") from error
    if "refused" in data:
        name, message = data["refused"]
        raise _REFUSALS.get(name, ParseError)(message)
    if "died" in data:
        raise ParserDied(f"the body cannot be read: {data['died']}")
    done: dict[str, Any] = data["done"]
    return done


class _Child:
    """One process that takes jobs, one after the other."""

    def __init__(self, program: Sequence[str]) -> None:
        self._jobs = 0
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, *program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C is for us: the child ends with its input
        )
        self._receive(time.monotonic() + START_S)

    def is_fit(self) -> bool:
        return self._jobs < JOBS and self._process.poll() is None

    def answer(self, job: bytes) -> bytes:
        """Raises: ParserDied."""
        self._jobs += 1
        deadline = time.monotonic() + WALL_S
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(_HEADER.pack(len(job)) + job)
            self._process.stdin.flush()
        except OSError as error:
            raise self._death() from error
        return self._receive(deadline)

    def end(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # it died with our job half written
                    pipe.close()
        self._process.kill()
        self._process.wait()

    def _receive(self, deadline: float) -> bytes:
        (size,) = _HEADER.unpack(self._read(_HEADER.size, deadline))
        if size > ANSWER_BYTES:
            raise ParserDied("the body cannot be read: what it unfolds to is too large")
        return self._read(size, deadline)

    def _read(self, size: int, deadline: float) -> bytes:
        assert self._process.stdout is not None
        number = self._process.stdout.fileno()
        parts: list[bytes] = []
        left = size
        while left:
            ready, _, _ = select.select([number], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise ParserDied(f"the body cannot be read: it takes longer than {WALL_S:.0f} s")
            part = os.read(number, min(left, 1 << 20))
            if not part:
                raise self._death()
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def _death(self) -> ParserDied:
        code = self._process.wait()
        why = {-24: "it takes too much CPU time", -9: "it takes too much", -11: "it breaks the parser"}
        return ParserDied(f"the body cannot be read: {why.get(code, f'the parser ended with code {code}')}")
