"""Chance against the reader: mutated feeds through the box for `--fuzz-seconds`. Whatever comes, it is entries or one
line of words; the same bytes give the same answer; the box and this process keep their size."""

import os
import random
import time
from pathlib import Path

import pytest

from tests.hostile.inn import assert_is_said
from tests.house import RULES
from worker.errors import ParseError, ParserDied
from worker.model import ParsedFeed
from worker.normalise import content_hash, normalise
from worker.record import read_line, write_line
from worker.sandbox import Sandbox

CORPUS = Path(__file__).parent.parent / "corpus"
SEEDS = [path.read_bytes() for path in sorted(CORPUS.rglob("*")) if path.is_file() and ".expect." not in path.name]
PIECES = [
    *(b"<item>", b"</item>", b"<entry>", b"</entry>", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?xml", b"?>", b"&#xD800;"),
    *(b"&#x110000;", b"&foo;", b"\0", b"\xc3", b"\xff\xfe", b"</channel>", b"<link>", b"<guid>", b"<title>", b"<b>" * 50),
    *(b'type="xhtml"', b"<source>", b"<image>", b"<x:y>", b"&", b"<", b"\x1b$B", b'<link href="http://[::1"/>', b"{", b"["),
    *(b'<content mode="base64" type="x">', b"<pubDate>", b'xml:base="//"', b"<!DOCTYPE r [", b"<!ENTITY a 'b'>", b"a " * 99),
    *(b"<div>" * 99, b"&lt;", b"&amp;lt;", b"<georss:point>", b"<media:content", b"<itunes:author>", b"\xe2\x80\xae", b"%"),
]  # fmt: skip
URL = "https://x.example/feed/"
TYPES = ["", "text/xml", "text/html; charset=iso-8859-1", "application/json", "text/xml; charset=utf-16"]


def mutated(chance: random.Random) -> bytes:
    body = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(body) + 1)
        match chance.randrange(5):
            case 0:
                body[place : place + chance.choice((0, 1, 30))] = chance.choice(PIECES)
            case 1:
                body[place:place] = chance.choice(PIECES) * chance.choice((1, 3, 200))
            case 2:
                del body[place : place + chance.randint(1, 200)]
            case 3:
                body[place : place + 2] = chance.randbytes(chance.randint(1, 6))
            case _:
                other = chance.choice(SEEDS)
                start = chance.randrange(len(other) + 1)
                body[place:place] = other[start : start + chance.randint(1, 2000)]
    return bytes(body)


def read(box: Sandbox, body: bytes, content_type: str) -> ParsedFeed | str:
    try:
        return box.parse_feed(body, url=URL, headers={"content-type": content_type}, rules=RULES, known={})
    except ParserDied as error:
        raise AssertionError(f"the parser died of it: {error}") from error
    except ParseError as error:
        assert_is_said(str(error)[:300])
        return str(error)


def check(box: Sandbox, body: bytes, content_type: str) -> None:
    from datetime import UTC, datetime

    found = read(box, body, content_type)
    assert read(box, body, content_type) == found
    if not isinstance(found, ParsedFeed):
        return
    for entry in found.entries:
        record = normalise(entry, RULES, now=datetime(2025, 12, 3, tzinfo=UTC))
        assert len(content_hash(record)) == 64
        assert "\0" not in record.title + record.body + record.url
        record.body.encode()  # no half surrogates
        line = write_line(record)
        assert "\n" not in line
        read_line(line)


@pytest.mark.slow
def test_60_mutated_feeds(box: Sandbox, fuzz_seconds: float) -> None:
    seed = int(os.environ.get("FUZZ_SEED", random.SystemRandom().randrange(2**32)))
    chance = random.Random(seed)
    until_s, count = time.monotonic() + fuzz_seconds, 0
    before = _resident_bytes()
    while time.monotonic() < until_s:
        body, content_type = mutated(chance), chance.choice(TYPES)
        try:
            check(box, body, content_type)
        except BaseException:
            failed = Path(os.environ.get("TMPDIR", "/tmp")) / f"feedwacht-fuzz-{seed}-{count}.body"
            failed.write_bytes(body)
            print(f"FUZZ_SEED={seed}, body {count} in {failed}, content type {content_type!r}")
            raise
        count += 1
    assert count > 20
    assert _resident_bytes() - before < 40 * 2**20, "it leaks"
    child = box._children.queue[-1]
    assert child is not None


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
