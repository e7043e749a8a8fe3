"""The box: what is read in it is what is read outside, and what goes wrong in it costs its job only."""

import os
import pickle
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.office import wait_until
from tests.fakes import FakeFeed
from tests.house import FEED, RULES, House, publish_many
from worker import sandbox as module
from worker.errors import CommentFeed, NoParser, NotAFeed, ParseError, ParserDied, TooMuch
from worker.model import Evidence, ParsedFeed
from worker.page import read_page
from worker.parse import parse_evidence, parse_feed
from worker.plain import packed, unpacked
from worker.poll import QUARANTINE_DEATHS
from worker.rest import parse_posts
from worker.sandbox import Sandbox

ROOT = Path(__file__).parent.parent.parent
CORPUS = sorted((ROOT / "tests/corpus").rglob("*"))
URL = "https://x.example/feed/"


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    one = Sandbox(size=1)
    yield one
    one.close()


def make_hostile(before: str = "") -> Sandbox:
    """A box whose child knows jobs that misbehave. before: what it does first."""
    return Sandbox(
        size=1, program=("-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {before}\nimport tests.hostile_box")
    )


@pytest.fixture
def hostile() -> Iterator[Sandbox]:
    """On a machine that is busy elsewhere five seconds of CPU last long: the alarm has to wait for them."""
    one = make_hostile("from worker import box; box.ALARM_S = 60")
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
    for entry in results[0].entries if isinstance(results[0], ParsedFeed) else ():
        assert box.parse_evidence(entry.evidence, RULES) == parse_evidence(entry.evidence, RULES)


def test_evidence_that_holds_no_entry_is_refused_inside_as_outside(box: Sandbox) -> None:
    for kind in ("feed", "json", "fields"):
        with pytest.raises(ParseError):
            box.parse_evidence(Evidence(kind=kind, body=b"\xff<rss>"), RULES)  # type: ignore[arg-type]


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


def test_letters_that_are_not_ascii_make_no_flood_of_escapes(box: Sandbox) -> None:
    """A large feed in Greek would else be refused for what its answer weighs."""
    feed = FakeFeed(url=URL)
    for _ in range(10):
        feed.publish("Ελληνικά", f"<p>{'ε' * 10_000}</p>")
    body = feed.body()
    answer = box._answer(pickle.dumps(("feed", (body, URL, {}, RULES, {}))))
    assert len(answer) < 3.2 * len(body)
    assert read(box, body) == parse_feed(body, url=URL, headers={"content-type": "text/xml"}, rules=RULES, known={})


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
    monkeypatch.setattr(module, "WALL_S", 2.0 if job == "hang" else 60.0)
    with pytest.raises(ParserDied, match=why):
        hostile._run(job)
    assert isinstance(hostile._run("pid"), int)


@pytest.mark.parametrize("path", ["/etc/passwd", "/dev/zero", str(Path(__file__))])
def test_no_file_can_be_opened(hostile: Sandbox, path: str) -> None:
    assert hostile._run("open_file", path) == "OSError"


# -- what a child knows of us, and we of it ---------------------------------------------------------------------------


def test_no_secret_of_the_environment_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FEEDWACHT_ARCHIVE__DATABASE", "FEEDWACHT_CHANNEL__SCREEN__SECRET", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "geheim")
    box = make_hostile()
    assert "geheim" not in str(box._run("environment"))
    box.close()


def test_no_file_of_ours_is_passed_on(box: Sandbox, tmp_path: Path) -> None:
    with (tmp_path / "archive").open("w") as ours, socket.socket() as connection:
        os.set_inheritable(ours.fileno(), True)
        connection.set_inheritable(True)
        one = Sandbox(size=1)
        read(one, body_of())
        open_files = {int(path.name) for path in Path(f"/proc/{pid_of(one)}/fd").iterdir()}
        one.close()
    assert open_files == {0, 1, 2, 3}, "jobs, nothing, nothing, answers"


def test_what_lies_in_the_working_directory_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "feedparser.py").write_text("raise SystemExit('this is not ours')")
    (tmp_path / "worker").mkdir()
    (tmp_path / "worker" / "box.py").write_text("raise SystemExit('this is not ours')")
    monkeypatch.chdir(tmp_path)
    one = Sandbox(size=1)
    assert read(one, body_of())
    one.close()


def pid_of(box: Sandbox) -> int:
    child = box._children.queue[0]
    assert child is not None
    return child._process.pid


# -- beginnings and ends ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", ["raise SystemExit(3)", "import threading; threading.Event().wait(60)"])
def test_a_child_that_does_not_start_is_ended_and_is_not_the_bodys_fault(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "START_S", 0.5)
    before = children_of(os.getpid())
    one = Sandbox(size=1, program=("-c", program))
    with pytest.raises(NoParser, match="did not start"):
        read(one, body_of())
    assert children_of(os.getpid()) == before
    one.close()


def test_a_machine_without_processes_is_not_the_bodys_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    one = Sandbox(size=1)
    with pytest.raises(NoParser, match="No such file"):
        read(one, body_of())
    one.close()


FIRST_ONE = "import os, struct; first = not os.path.exists({mark!r}); open({mark!r}, 'w').close()"
GONE = "if first: os.write(1, struct.pack('>I', 5) + b'ready'); os._exit(0)"
DEAF = "if first: os.write(1, struct.pack('>I', 5) + b'ready'); import threading; threading.Event().wait(60)"


@pytest.mark.parametrize("how", [GONE, DEAF], ids=["gone", "deaf"])
def test_a_child_that_does_not_take_its_job_is_replaced_and_the_job_is_done(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WALL_S", 1.0)
    monkeypatch.setattr(module._Child, "is_fit", lambda self: True)  # it goes between the look and the job
    first = FIRST_ONE.format(mark=str(tmp_path / "mark"))
    box = make_hostile(f"{first}\n{how}")
    box._children.put(box._fresh(box._children.get()))
    if how is GONE:
        box._children.queue[0]._process.wait()  # type: ignore[union-attr]
    assert isinstance(box._run("pid", b"x" * 1_000_000), int)
    box.close()


def test_deaths_leave_neither_files_nor_zombies(hostile: Sandbox) -> None:
    def left() -> tuple[int, int]:
        return len(list(Path("/proc/self/fd").iterdir())), len(children_of(os.getpid()))

    hostile._run("pid")
    before = left()
    for _ in range(3):
        with pytest.raises(ParserDied):
            hostile._run("die")
    hostile._run("pid")
    assert left() == before


def children_of(pid: int) -> list[int]:
    """Zombies too."""
    return [
        int(number)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for number in (task / "children").read_text().split()
    ]


def test_children_end_with_their_parent() -> None:
    child, parent = orphaned(
        "import sys; from worker.sandbox import Sandbox; from worker.model import SourceRules\n"
        "box = Sandbox(size=1)\n"
        f"box.parse_feed({body_of()!r}, url={URL!r}, headers={{}}, rules=SourceRules(), known={{}})\n"
        "print(box._children.queue[0]._process.pid, flush=True); sys.stdin.read()"
    )
    assert _lives(child)
    parent.kill()
    parent.wait()
    wait_until(lambda: not _lives(child), 8, lambda: f"{child} lives on")


def test_a_child_that_hangs_in_a_job_ends_although_its_parent_is_gone() -> None:
    child, parent = orphaned(
        "import pickle, struct, threading, time; from tests.flow.test_sandbox import make_hostile\n"
        "box = make_hostile('from worker import box; box.ALARM_S = 2')\n"
        "pid, job = box._run('pid'), pickle.dumps(('hang', ()))\n"
        "box._children.queue[0]._write(struct.pack('>I', len(job)) + job, time.monotonic() + 5)\n"
        "print(pid, flush=True); threading.Event().wait(60)"
    )
    assert _lives(child)
    parent.kill()
    parent.wait()
    wait_until(lambda: not _lives(child), 8, lambda: f"{child} lives on")


def orphaned(program: str) -> tuple[int, "subprocess.Popen[bytes]"]:
    """A parent, and the number of its child, which it prints."""
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    assert parent.stdin is not None
    child = int(parent.stdout.readline())
    parent.stdout.close()
    parent.stdin.close()
    return child, parent


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


def test_a_feed_is_not_blamed_for_parsers_that_cannot_be_started(house: House) -> None:
    def missing(*_: object, **__: object) -> object:
        raise NoParser("no process could be started to read the body in: Resource temporarily unavailable")

    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 1)
    house.add_feed()
    house.equipment = replace(house.equipment, read=missing)
    for _ in range(QUARANTINE_DEATHS + 1):
        house.poll_later(3600)
    assert (house.feed().deaths, house.feed().failures) == (0, QUARANTINE_DEATHS + 1)
    assert "quarantine" not in house.feed().last_reason


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


@pytest.mark.slow
def test_a_feed_whose_body_kills_its_readers_costs_itself_only(house: House, hostile: Sandbox) -> None:
    """With real children that die of it."""
    house.equipment = replace(house.equipment, read=hostile.parse_feed)
    deadly, good = house.web.feed(FEED), house.web.feed("https://anders.example/feed/")
    for feed in (deadly, good):
        house.add_feed(feed.url)
        feed.publish("Vorher", at=house.clock.now())
    house.poll()
    deadly.title = "DIE-OF-ME"
    for number in range(QUARANTINE_DEATHS):
        for feed in (deadly, good):
            feed.publish(f"Titel {number}", at=house.clock.now())
        house.poll_later(3600 * 4)
        assert house.feed(good.url).last_outcome == "updated"
    state = house.feed()
    assert (state.deaths, state.failures) == (QUARANTINE_DEATHS, QUARANTINE_DEATHS)
    assert "in quarantine" in state.last_reason
    assert "breaks the parser" in state.last_reason
    assert len(house.records()) == 2 + QUARANTINE_DEATHS
    deadly.title = "Stadtblatt"
    house.poll_later(86400 * 2)
    assert (house.feed().deaths, len(house.records())) == (0, 2 + 2 * QUARANTINE_DEATHS)


def test_posts_of_the_rest_interface_are_read_inside_as_outside(box: Sandbox) -> None:
    body = b'[{"id": 7, "link": "https://x.example/a-7/", "title": {"rendered": "A &#8211; B"}, "date_gmt": "2025-12-03T15:35:00"}]'
    asked = {"url": "https://x.example/wp-json/wp/v2/posts", "headers": {}, "rules": RULES, "known": {}}
    assert box.parse_rest(body, **asked) == parse_posts(body, **asked)
    with pytest.raises(NotAFeed):
        box.parse_rest(b'{"code": "rest_forbidden"}', **asked)


@pytest.mark.parametrize("selectors", [(), ("main > p",)])
def test_pages_are_read_inside_as_outside(box: Sandbox, selectors: tuple[str, ...]) -> None:
    """Also by what is imported when the first page comes."""
    text = "<p>Ein Satz, der lang genug ist, um als Text einer Seite zu gelten.</p>" * 30
    body = f"<html><head><title>T</title></head><body><main><h1>T</h1>{text}</main></body></html>".encode()
    asked = {"url": "https://x.example/a/", "headers": {}, "rules": replace(RULES, selectors=selectors)}
    assert box.parse_page(body, **asked) == read_page(body, **asked)
    with pytest.raises(NotAFeed):
        box.parse_page(b"%PDF", **asked)


def test_what_only_pages_need_is_imported_after_other_jobs_too() -> None:
    """The door is closed by then: for a moment it is opened again."""
    pytest.importorskip("trafilatura", reason="NOT TESTED: the extra `fulltext` is not installed")
    sentences = "".join(f"<p>Der Rat hat am {day}. Tag lange über den Radweg am Hafen beraten.</p>" for day in range(9))
    parts = "".join(f"<section><h2>Teil {name}</h2><div>{sentences}</div></section>" for name in "abcdef")
    body = f"<html><head><title>T</title></head><body><article><h1>T</h1>{parts}</article></body></html>".encode()
    with closing(Sandbox(size=1)) as box:
        box.parse_feed(FakeFeed(url=FEED).body(), url=FEED, headers={}, rules=RULES, known={})
        page = box.parse_page(body, url="https://x.example/a/", headers={}, rules=RULES)
    assert page.means == "trafilatura"
