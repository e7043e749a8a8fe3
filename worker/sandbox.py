"""Foreign bytes to plain data, in children with limits. A child that dies costs its job, and nobody else.

Children are programs of their own (a process with threads is never forked), one per core, started when first needed,
leased per job, replaced after a death or after JOBS jobs. They end with us: their standard input closes, and none is
longer at a job than its own alarm allows. They know none of our secrets: neither our environment nor our files.
Source of the limits: the cases that burn minutes under any size cap (attributes, open tags) need a CPU limit; a child
needs about 40 MB and 5 ms a job beside the parsing itself.
"""

import json
import os
import pickle
import queue
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from worker import counts, opml, sitefeeds, sitemap
from worker.errors import CommentFeed, NoParser, NotAFeed, ParseError, ParserDied, TooMuch
from worker.model import ArticlePage, Entry, Evidence, ParsedFeed, Shown, SourceRules
from worker.opml import BadOutline, Outline
from worker.plain import unpacked, unpacked_page
from worker.sitefeeds import SiteHints
from worker.sitemap import Sitemap
from worker.tally import Tally

WALL_S = 10.0
START_S = 30.0
JOBS = 1_000  # then a fresh child: whatever leaked is gone
ANSWER_BYTES = 64 * 2**20  # 16 MiB of text become 48: as evidence with two bytes for one, and as text
_HEADER = struct.Struct(">I")
T = TypeVar("T")
_REFUSALS = {kind.__name__: kind for kind in (ParseError, NotAFeed, CommentFeed, TooMuch)}


class Sandbox:
    """A small pool of children. Threads may share it; in a forked process it makes children of its own."""

    def __init__(
        self, size: int = 0, program: Sequence[str] = ("-m", "worker.box"), tally: Tally | None = None
    ) -> None:
        self._program = program
        self._tally = tally or Tally()
        self._size = size or os.cpu_count() or 1
        self._closed = threading.Event()
        self._begin()

    def parse_feed(
        self, body: bytes, *, url: str, headers: Mapping[str, str], rules: SourceRules, known: Mapping[str, Shown]
    ) -> ParsedFeed:
        """`parse.parse_feed`, in a child. Raises: ParseError; ParserDied when the body cost the child its life."""
        return self._entries("feed", body, url, dict(headers), rules, dict(known))

    def parse_evidence(self, evidence: Evidence, rules: SourceRules) -> Entry:
        """`parse.parse_evidence`, in a child. Raises: ParseError; ParserDied when the evidence cost the child its life."""
        entries = self._entries("again", evidence, rules).entries
        if len(entries) != 1:
            raise ParserDied("the body cannot be read: the parser's answer makes no sense")
        return entries[0]

    def parse_rest(
        self, body: bytes, *, url: str, headers: Mapping[str, str], rules: SourceRules, known: Mapping[str, Shown]
    ) -> ParsedFeed:
        """`rest.parse_posts`, in a child. Raises: as `parse_feed`."""
        return self._entries("rest", body, url, dict(headers), rules, dict(known))

    def parse_page(self, body: bytes, *, url: str, headers: Mapping[str, str], rules: SourceRules) -> ArticlePage:
        """`page.read_page`, in a child. Raises: as `parse_feed`."""
        return self._read(unpacked_page, "page", body, url, dict(headers), rules)

    def read_site(self, body: bytes, *, url: str, content_type: str) -> SiteHints:
        """`sitefeeds.read_site`, in a child. Raises: as `parse_feed`."""
        return self._read(sitefeeds.unpacked, "site", body, url, content_type)

    def read_map(self, body: bytes, *, url: str, timezone: str) -> Sitemap:
        """`sitemap.read_sitemap`, in a child. Raises: as `parse_feed`."""
        return self._read(sitemap.unpacked, "map", body, url, SourceRules(timezone=timezone))

    def read_opml(self, body: bytes) -> list[Outline | BadOutline]:
        """`opml.read_opml`, in a child. Raises: as `parse_feed`."""
        return self._read(opml.unpacked, "opml", body)

    def _entries(self, kind: str, *arguments: object) -> ParsedFeed:
        return self._read(unpacked, kind, *arguments)

    def _read(self, unpack: Callable[[Mapping[str, Any]], T], kind: str, *arguments: object) -> T:
        answer = self._run(kind, *arguments)
        try:
            return unpack(answer)
        except (KeyError, TypeError, ValueError) as error:
            raise ParserDied("the body cannot be read: the parser's answer makes no sense") from error

    def close(self) -> None:
        """End all children; those at work end after their job."""
        self._closed.set()
        children = self._own_children()
        while True:
            try:
                child = children.get_nowait()
            except queue.Empty:
                return
            if child is not None:
                child.end()

    def _begin(self) -> None:
        self._owner = os.getpid()
        self._children: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(self._size):
            self._children.put(None)

    def _own_children(self) -> "queue.LifoQueue[_Child | None]":
        """Those that a forked process finds are its parent's, who still talks to them."""
        if self._owner != os.getpid():
            self._begin()
        return self._children

    def _run(self, kind: str, *arguments: object) -> dict[str, Any]:
        job = pickle.dumps((kind, arguments))
        try:
            with suppress(_NotTaken):
                return _opened(self._answer(job))
            return _opened(self._answer(job))
        except ParserDied:
            self._tally.add(counts.PARSERS_LOST.of())
            raise

    def _answer(self, job: bytes) -> bytearray:
        """Raises: ParserDied, NoParser."""
        children = self._own_children()
        child = children.get()
        try:
            if child is None or not child.is_fit():
                child = self._fresh(child)
            return child.answer(job)
        except BaseException:
            if child is not None:
                child.end()
            child = None
            raise
        finally:
            self._give_back(children, child)

    def _fresh(self, worn: "_Child | None") -> "_Child":
        if worn is not None:
            worn.end()
        return _Child(self._program)

    def _give_back(self, children: "queue.LifoQueue[_Child | None]", child: "_Child | None") -> None:
        if self._closed.is_set() and child is not None:
            child.end()
            child = None
        children.put(child)


def _opened(answer: bytearray) -> dict[str, Any]:
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


class _NotTaken(NoParser):
    """The child was gone, or deaf, before it had the whole job: another one may do it."""

    def __init__(self) -> None:
        super().__init__("the process that was to read the body did not take it; it is tried again")


class _Child:
    """One process that takes jobs, one after the other. Raises: NoParser when it cannot be started."""

    def __init__(self, program: Sequence[str]) -> None:
        self._jobs = 0
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-P", *program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env=_environment(),
                start_new_session=True,  # a Ctrl-C is for us: the child ends with its input
            )
        except OSError as error:
            raise NoParser(f"no process could be started to read the body in: {error.strerror}") from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._input, False)
        self._await_ready()

    def _await_ready(self) -> None:
        try:
            self._receive(time.monotonic() + START_S)
        except BaseException as error:
            self.end()
            if isinstance(error, ParserDied):
                raise NoParser("the process that was to read the body did not start; it is tried again") from error
            raise

    def is_fit(self) -> bool:
        return self._jobs < JOBS and self._process.poll() is None

    def answer(self, job: bytes) -> bytearray:
        """Raises: ParserDied, _NotTaken."""
        self._jobs += 1
        deadline = time.monotonic() + WALL_S
        self._write(_HEADER.pack(len(job)) + job, deadline)  # in one piece: else it wakes for the header alone
        return self._receive(deadline)

    def end(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # it died with our job half written
                    pipe.close()
        self._process.kill()
        self._process.wait()

    def _write(self, data: bytes, deadline: float) -> None:
        left = memoryview(data)
        while left:
            if not _ready(self._input, select.POLLOUT, deadline):
                raise _NotTaken
            try:
                left = left[os.write(self._input, left) :]
            except OSError as error:
                raise _NotTaken from error

    def _receive(self, deadline: float) -> bytearray:
        (size,) = _HEADER.unpack(self._read(_HEADER.size, deadline))
        if size > ANSWER_BYTES:
            raise ParserDied("the body cannot be read: what it unfolds to is too large")
        return self._read(size, deadline)

    def _read(self, size: int, deadline: float) -> bytearray:
        data = bytearray(size)
        left = memoryview(data)
        while left:
            if not _ready(self._output, select.POLLIN, deadline):
                raise ParserDied(f"the body cannot be read: it takes longer than {WALL_S:.0f} s")
            count = os.readv(self._output, [left])
            if not count:
                raise self._death()
            left = left[count:]
        return data

    def _death(self) -> ParserDied:
        code = self._process.wait()
        why = {
            -signal.SIGXCPU: "it takes too much CPU time",
            -signal.SIGKILL: "it takes too much",
            -signal.SIGSEGV: "it breaks the parser",
            -signal.SIGALRM: "it takes too long",
        }
        return ParserDied(f"the body cannot be read: {why.get(code, f'the parser ended with code {code}')}")


def _ready(number: int, event: int, deadline: float) -> bool:
    """Whether the pipe can be used before the deadline. `poll` takes any number of a file, `select` not."""
    poll = select.poll()
    poll.register(number, event)
    return bool(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))


_PASSED_ON = (
    *("PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "TZDIR"),
    *("PYTHONHOME", "PYTHONTZPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"),
)


def _environment() -> dict[str, str]:
    """What Python needs to find itself and the modules that we see; ours may hold passwords."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
