"""The box: what is read in it is what is read outside, and what goes wrong in it costs its job only."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.office import wait_until
from tests.fakes import FakeFeed
from tests.house import FEED, RULES, House, publish_many
from worker import sandbox as module
from worker.errors import CommentFeed, NotAFeed, ParseError, ParserDied, TooMuch
from worker.parse import parse_feed
from worker.plain import packed, unpacked
from worker.poll import QUARANTINE_DEATHS
from worker.sandbox import Sandbox

ROOT = Path(__file__).parent.parent.parent
CORPUS = sorted((ROOT / "tests/corpus").rglob("*"))
URL = "https://x.example/feed/"


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    one = Sandbox(size=1)
    yield one
    one.close()


@pytest.fixture
def hostile() -> Iterator[Sandbox]:
    one = Sandbox(size=1, program=("-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); import tests.hostile_box"))
    yield one
    one.close()


def body_of(number: int = 3) -> bytes:
    feed = FakeFeed(url=URL)
    for n in range(number):
        feed.publish(f"Titel {n} ü ✨", "<p>Text &amp; mehr</p>")
    return feed.body()


def read(box: Sandbox, body: bytes) -> object:
    return box.parse_feed(body, url=URL, headers={"content-type": "text/xml"}, rules=RULES, known={})


def test_inside_is_as_outside(box: Sandbox) -> None:
    assert read(box, body_of()) == parse_feed(
        body_of(), url=URL, headers={"content-type": "text/xml"}, rules=RULES, known={}
    )


@pytest.mark.parametrize("path", [path for path in CORPUS if path.is_file()], ids=lambda path: path.name)
def test_every_oddity_of_the_corpus_is_read_inside_as_outside(box: Sandbox, path: Path) -> None:
    """Codecs, time zones and parsers are all there although no file can be opened any more."""
    body = path.read_bytes()
    results = []
    for reader in (parse_feed, box.parse_feed):
        try:
            results.append(reader(body, url=URL, headers={}, rules=RULES, known={}))
        except ParseError as error:
            results.append((type(error), str(error)))
    assert results[0] == results[1]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Nowhere/Never"])
def test_any_time_zone_can_be_read(box: Sandbox, zone: str) -> None:
    rules = replace(RULES, timezone=zone)
    body = body_of().replace(b"+0000", b"").replace(b"-0000", b"")
    inside = box.parse_feed(body, url=URL, headers={}, rules=rules, known={})
    assert inside == parse_feed(body, url=URL, headers={}, rules=rules, known={})


@pytest.mark.parametrize("codec", ["iso-8859-15", "windows-1252", "utf-16", "koi8-r", "shift_jis", "cp437"])
def test_any_encoding_can_be_read(box: Sandbox, codec: str) -> None:
    text = (
        f'<?xml version="1.0" encoding="{codec}"?><rss version="2.0"><channel><title>t</title><item><title>abc</title>'
    )
    body = (text + f"<link>{URL}1</link></item></channel></rss>").encode(codec)
    assert [entry.title for entry in read(box, body).entries] == ["abc"]  # type: ignore[attr-defined]


def test_names_with_umlauts_can_be_read_by_a_fresh_child() -> None:
    one = Sandbox(size=1)
    feed = FakeFeed(url=URL)
    feed.publish("Titel", url="https://osnabrück-ş.example/a/")
    assert [entry.title for entry in read(one, feed.body()).entries] == ["Titel"]  # type: ignore[attr-defined]
    one.close()


def test_refusals_cross_the_wall(box: Sandbox) -> None:
    with pytest.raises(NotAFeed, match="HTML"):
        read(box, b"<!DOCTYPE html><title>x</title>")
    with pytest.raises(TooMuch):
        read(box, b"<rss><channel><item " + b" ".join(b'a%d="1"' % n for n in range(50_000)) + b"/></channel></rss>")
    comments = FakeFeed(url=URL)
    for n in range(3):
        comments.publish("K", url=f"{URL}#comment-{n}", guid=f"{URL}?p=1#comment-{n}")
    with pytest.raises(CommentFeed):
        read(box, comments.body())


def test_packing_and_unpacking_is_lossless() -> None:
    feed = parse_feed(body_of(), url=URL, headers={}, rules=RULES, known={})
    assert unpacked(packed(feed)) == feed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("job", "why"),
    [
        ("spin", "too much CPU"),
        ("eat", "too much memory"),
        ("die", "code 7"),
        ("hang", "longer than"),
        ("flood", "too large|too much memory"),
    ],
)
def test_a_job_that_misbehaves_costs_itself_only(
    hostile: Sandbox, monkeypatch: pytest.MonkeyPatch, job: str, why: str
) -> None:
    monkeypatch.setattr(module, "WALL_S", 2.0 if job == "hang" else 15.0)
    with pytest.raises(ParserDied, match=why):
        hostile._run(job)
    assert isinstance(hostile._run("pid"), int)


@pytest.mark.parametrize("path", ["/etc/passwd", "/dev/zero", str(Path(__file__))])
def test_no_file_can_be_opened(hostile: Sandbox, path: str) -> None:
    assert hostile._run("open_file", path) == "OSError"


def test_children_end_with_their_parent() -> None:
    program = (
        "import sys, os; from worker.sandbox import Sandbox; from worker.model import SourceRules\n"
        "box = Sandbox(size=1)\n"
        f"box.parse_feed({body_of()!r}, url={URL!r}, headers={{}}, rules=SourceRules(), known={{}})\n"
        "print(box._children.queue[0]._process.pid, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    assert parent.stdin is not None
    child = int(parent.stdout.readline())
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    wait_until(lambda: not _lives(child), 8, lambda: f"{child} lives on")
    parent.stdout.close()
    parent.stdin.close()


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] not in "ZX"
    except OSError:
        return False


def test_many_threads_share_a_few_children() -> None:
    box = Sandbox(size=2)
    expected = parse_feed(body_of(), url=URL, headers={}, rules=RULES, known={})
    with ThreadPoolExecutor(12) as pool:
        feeds = list(
            pool.map(lambda _: box.parse_feed(body_of(), url=URL, headers={}, rules=RULES, known={}), range(60))
        )
    assert feeds == [expected] * 60
    box.close()


def test_a_killed_child_is_replaced(box: Sandbox) -> None:
    read(box, body_of())
    child = box._children.queue[0]
    assert child is not None
    child._process.kill()
    child._process.wait()
    assert read(box, body_of())


def test_a_feed_that_kills_three_parsers_in_a_row_is_in_quarantine_until_it_can_be_read(house: House) -> None:
    good = house.equipment

    def deadly(*_: object, **__: object) -> object:
        raise ParserDied("the body cannot be read: it takes too much CPU time")

    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 3)
    house.add_feed()
    other = house.web.feed("https://anders.example/feed/")
    publish_many(other, house.clock, 3)
    house.poll()
    house.equipment = replace(good, read=deadly)
    for _ in range(QUARANTINE_DEATHS):
        publish_many(feed, house.clock, 1)
        house.poll_later(3600)
    assert "in quarantine" in house.feed().last_reason
    assert house.feed().deaths == 3
    house.equipment = good
    house.poll_later(86400 * 2)
    assert (house.feed().deaths, house.feed().last_outcome) == (0, "updated")
    assert len(house.records()) == 6
