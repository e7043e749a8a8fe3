"""The inside of a sandbox child: reads jobs, turns foreign bytes into plain data, writes answers. `sandbox.py` starts it.

Everything is imported before the limits fall; afterwards the process opens no file, starts nothing (as root it could)
and has a bounded memory. Jobs come from our own process (pickle); answers are JSON, so that whatever happens in here stays data.
"""

import encodings
import gc
import importlib
import json
import os
import pickle
import pkgutil
import resource
import signal
import struct
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import BinaryIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import idna

from worker import opml
from worker.errors import ParseError, fault
from worker.model import Evidence, ParsedFeed, SourceRules
from worker.parse import parse_evidence, parse_feed
from worker.plain import packed, packed_page
from worker.rest import parse_posts
from worker.sitefeeds import read_site
from worker.sitemap import read_sitemap

MEMORY_BYTES = 512 * 2**20
CPU_S = 5
ALARM_S = 12  # a little longer than our parent waits: for when it is gone, and cannot end us
_HEADER = struct.Struct(">I")
_WARM_UP = {
    "rss": b'<?xml version="1.0"?><rss version="2.0"><channel><title>a</title><item><title>b</title>'
    b"<link>https://x.example/1</link><pubDate>Wed, 03 Dec 2025 15:35:00 +0000</pubDate>"
    b"<description>&lt;p&gt;c &amp;uuml;&lt;/p&gt;</description></item></channel></rss>",
    "broken": b"<rss version='2.0'><channel><item><title>a & b<br></title><link>https://x.example/2</link></item>",
    "latin": '<?xml version="1.0" encoding="iso-8859-15"?><rss><channel><item><title>ä</title></item></channel></rss>'.encode(
        "iso-8859-15"
    ),
    "json": b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "content_html": "<p>x</p>"}]}',
    "html": b"<!DOCTYPE html><html><head><title>x</title></head><body>y</body></html>",
}


def main() -> int:
    """Serve jobs from standard input until it ends, i.e. until the parent closes it or dies."""
    jobs, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a stray print must not pass for an answer
    _import_all()
    gc.freeze()  # all that was imported stays: no collection looks at it again
    gc.set_threshold(20_000, 20, 20)  # a job makes many objects and few cycles
    _limit()
    _send(answers, b"ready")
    while True:
        _grant_cpu()
        job = _receive(jobs)
        if job is None:
            return 0
        signal.alarm(ALARM_S)
        kind, arguments = pickle.loads(job)  # noqa: S301 - from our own parent
        _close_the_door(kind, arguments)
        _send(answers, _done(kind, arguments))
        signal.alarm(0)


def read(body: bytes, url: str, headers: Mapping[str, str], rules: SourceRules, known: Mapping[str, object]) -> object:
    """A feed's body to entries."""
    return packed(parse_feed(body, url=url, headers=headers, rules=rules, known=known))  # type: ignore[arg-type]


def read_again(evidence: Evidence, rules: SourceRules) -> object:
    """What was kept of an entry, to the entry."""
    entry = parse_evidence(evidence, rules)
    return packed(ParsedFeed(format=evidence.kind, entries=(entry,), shown=(entry.shown,)))


def _read_site(body: bytes, url: str, content_type: str) -> object:
    """A page of a site to what it says of feeds."""
    return read_site(body, url=url, content_type=content_type).packed()


def _read_map(body: bytes, url: str, rules: SourceRules) -> object:
    """A sitemap; the rules come for their time zone, see `_close_the_door`."""
    return read_sitemap(body, url=url, timezone=rules.timezone).packed()


def _read_opml(body: bytes) -> object:
    """A list of feeds."""
    return opml.packed(opml.read_opml(body))


def read_rest(
    body: bytes, url: str, headers: Mapping[str, str], rules: SourceRules, known: Mapping[str, object]
) -> object:
    """Posts of the REST interface to entries."""
    return packed(parse_posts(body, url=url, headers=headers, rules=rules, known=known))  # type: ignore[arg-type]


def read_article(body: bytes, url: str, headers: Mapping[str, str], rules: SourceRules) -> object:
    """An article's page to its text. Its parsers take 6 MB and more, which only those pay who read pages."""
    from worker.page import read_page  # noqa: PLC0415

    return packed_page(read_page(body, url=url, headers=headers, rules=rules))


JOBS: dict[str, Callable[..., object]] = {
    "feed": read,
    "again": read_again,
    "rest": read_rest,
    "page": read_article,
    "site": _read_site,
    "opml": _read_opml,
    "map": _read_map,
}


def _done(kind: str, arguments: tuple[object, ...]) -> bytes:
    try:
        done = json.dumps({"done": JOBS[kind](*arguments)}, ensure_ascii=False)
        return done.encode("utf-8", "surrogatepass")  # escapes would be three times as long
    except ParseError as error:
        return json.dumps({"refused": [type(error).__name__, str(error)]}).encode()
    except MemoryError:
        return json.dumps({"died": "it needs too much memory"}).encode()
    except Exception as error:  # noqa: BLE001 - the outermost edge of a job: else nobody would learn what it was
        return json.dumps({"died": fault(error)}).encode()


# -- limits -----------------------------------------------------------------------------------------------------------


def _import_all() -> None:
    """What is imported lazily must be here before files cannot be opened any more: codecs, time zones, parsers."""
    for package in (encodings, idna):
        for module in pkgutil.iter_modules(package.__path__):
            if module.name not in ("mbcs", "oem", "__main__", "cli"):
                importlib.import_module(f"{package.__name__}.{module.name}")
    for body in _WARM_UP.values():
        with suppress(ParseError):
            parse_feed(body, url="https://x.example/feed/", headers={}, rules=SourceRules(), known={})


def _limit() -> None:
    """For good: no traces on disk, no other processes, so much memory. What a signal of the kernel's means is set anew:
    a parent may have told its children to ignore it.
    """
    for kind, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NPROC, 0)):
        resource.setrlimit(kind, (most, most))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    for number in (signal.SIGALRM, signal.SIGXCPU):
        signal.signal(number, signal.SIG_DFL)


def _grant_cpu() -> None:
    """CPU_S seconds for the next job, whatever earlier ones took; beyond them the kernel ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + CPU_S
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _close_the_door(kind: str, arguments: tuple[object, ...]) -> None:
    """No file can be opened any more; the modules and time zones that this job asks for are read before."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if kind == "page":
        _prepare_for_pages()
    for rules in arguments:
        if isinstance(rules, SourceRules):
            _zone(rules.timezone)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, most))


@lru_cache(maxsize=1)
def _prepare_for_pages() -> None:
    """What is imported when the first page is read, with a page read to bring the rest along."""
    importlib.import_module("worker.pagebody").prepare()
    with suppress(ParseError):
        read_article(_WARM_UP["html"], "https://x.example/", {}, SourceRules(selectors=("main > p",)))


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo | None:
    """Time zones are files: read before the door closes, and kept."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


# -- frames -----------------------------------------------------------------------------------------------------------


def _receive(stream: BinaryIO) -> bytes | None:
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    (size,) = _HEADER.unpack(header)
    return stream.read(size)


def _send(stream: BinaryIO, answer: bytes) -> None:
    stream.write(_HEADER.pack(len(answer)) + answer)
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())
