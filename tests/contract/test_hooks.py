"""What receivers do to us, and what newspapers do to receivers: cases 72-77, 80 and 81, over a real server and programs."""

import io
import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from tests.badserver import BadServer, Script, drip, endless, hang, reply, reset
from tests.contract.test_channels import NOW, a_delivery, a_webhook
from tests.contract.test_channels import _closed_connections as _closed_connections  # noqa: PLC0414 - a fixture
from tests.owed import HOSTILE, a_record, an_alert, every
from tests.receiver import SECRET, Receiver
from tests.timing import check_passed_s
from worker.channels import CommandChannel, ConsoleChannel
from worker.model import Alert, Digest, EditChange, Heartbeat, Message, SendOutcome, SendResult
from worker.render import render

HEAD = b"HTTP/1.1 %d X\r\n"
ACTIVE = [
    "<script>alert(1)</script>",
    "{{7*7}} ${7*7} <%= 7*7 %>",
    "*fett* [x](http://x.example)",
    "`id`; $(id)",
    "%s{0}",
]


def sent_to(script: Script, timeout_s: float = 5) -> SendOutcome:
    with BadServer() as server:
        channel = a_webhook(server.on("/hook", script), timeout_s=timeout_s)
        return channel.send(a_delivery(), render(an_alert(), now=NOW, language="de"), NOW)


# -- receivers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize(
    "script",
    [
        lambda head: drip(b"x" * 900, after=head + b"Content-Length: 900\r\n\r\n"),
        lambda head: drip(b"x" * 900, after=head + b"\r\n"),
        lambda head: endless(head + b"\r\n", b"x" * 4096),
        lambda head: drip(b"", after=head + b"Content-Length: 10\r\n\r\nhalf"),
    ],
    ids=["drips", "drips without an end", "is endless", "breaks off"],
)
def test_75_an_answer_is_judged_by_its_status_and_read_for_a_second(script: object, status: int) -> None:
    outcome = check_passed_s(4, lambda: sent_to(script(HEAD % status)))  # type: ignore[operator]
    assert outcome.result is (SendResult.SENT if status == 200 else SendResult.RETRY)
    assert len(outcome.answer) <= 202


@pytest.mark.parametrize("script", [hang, reset], ids=["hangs", "resets"])
def test_72_what_was_accepted_without_an_answer_may_have_arrived(script: Script) -> None:
    assert sent_to(script, timeout_s=0.5).result is SendResult.UNKNOWN


def test_75_a_redirect_inside_is_a_failure_that_shows_nothing() -> None:
    with BadServer() as inside:
        inside.on("/secret", reply(200, b"TOP-SECRET"))
        outcome = sent_to(reply(307, b"", Location=inside.url("/secret")))
        assert inside.paths == []
        assert str(inside.port) not in outcome.detail
    assert outcome.result is SendResult.RETRY


@pytest.mark.parametrize(
    "body", [b"<script>alert(1)</script>", b"\x1b]0;owned\x07\x1b[2J", "a\u2028b\u202egnp".encode(), b"\xff\xfe\0" * 99]
)
@pytest.mark.parametrize("status", [200, 400])
def test_76_an_answer_is_kept_as_one_harmless_line(body: bytes, status: int) -> None:
    outcome = sent_to(reply(status, body))
    assert outcome.answer
    for said in (outcome.answer, outcome.detail):
        assert said.isprintable()
        assert len(said) < 300


def test_74_a_bad_request_is_said_aloud() -> None:
    outcome = sent_to(reply(400, b'{"error": "field data.record.foo is missing"}'))
    assert outcome.result is SendResult.RETRY
    assert outcome.detail == 'the receiver said 400 Bad Request: {"error": "field data.record.foo is missing"}'


# -- newspapers ---------------------------------------------------------------------------------------------------------


def hostile_alert(text: str) -> Alert:
    record = a_record(title=text, body=f"Die Werft. {text}", author=text, category=text, tags=(text,))
    return an_alert(record, every("Werft", record), query=text, subscription=text)


@pytest.mark.parametrize("text", [*HOSTILE, *ACTIVE], ids=range(len(HOSTILE) + len(ACTIVE)))
def test_80_81_a_webhook_gets_it_literally(text: str) -> None:
    given = render(hostile_alert(text), now=NOW, language="de")
    with Receiver() as receiver:
        assert a_webhook(receiver.url).send(a_delivery(), given, NOW).result is SendResult.SENT
        (request,) = receiver.requests
    body = Webhook(SECRET).verify(request.body, request.headers)
    title = body["data"]["record"]["title"]
    assert title == text.encode("utf-8", "replace").decode()[: len(title)]


@pytest.mark.parametrize("text", [*HOSTILE, *ACTIVE], ids=range(len(HOSTILE) + len(ACTIVE)))
def test_80_81_a_program_gets_it_literally(text: str, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    program = tmp_path / "program.py"
    program.write_text(
        f"import json, os, sys\njson.dump([dict(os.environ), json.load(sys.stdin)], open({str(kept)!r}, 'w'))\n",
        encoding="utf-8",
    )
    given = render(hostile_alert(text), now=NOW, language="de")
    channel = CommandChannel("c", [sys.executable, "-I", "-S", str(program)])
    assert channel.send(a_delivery(), given, NOW).result is SendResult.SENT
    variables, body = json.loads(kept.read_text())
    assert body == json.loads(given.payload)
    assert variables["FEEDWACHT_SUBJECT"] == given.subject
    assert len(variables["FEEDWACHT_SUBJECT"].splitlines()) == 1
    assert variables["FEEDWACHT_TEXT"] == given.text


# -- every kind, on the console ---------------------------------------------------------------------------------------

CHANGE = EditChange(kind="title", before="Werft zu", after="Werft offen")
KINDS: dict[str, Alert | Digest | Heartbeat] = {
    "alert": an_alert(),
    "follow-up": an_alert(kind="edit", changes=(CHANGE,)),
    "withdrawn": an_alert(kind="edit", changes=(EditChange(kind="withdrawn"),)),
    "digest": Digest(
        id="d", kind="digest", subscription="Werften", query="Werft*", alerts=(an_alert(), an_alert(id="b")), created_at=NOW
    ),
    "summary": Digest(
        id="d", kind="summary", subscription="Werften", query="Werft*", alerts=(an_alert(),) * 3, created_at=NOW
    ),
    "heartbeat": Heartbeat(
        id="h", subscription="Werften", query="Werft*", since=NOW, until=NOW, found=0, checked=1, feeds=1, created_at=NOW
    ),
}  # fmt: skip
STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def printed(given: Message, language: str = "de") -> str:
    stream = io.StringIO()
    assert ConsoleChannel("c", stream, language).send(a_delivery(), given, NOW).result is SendResult.SENT
    return stream.getvalue()


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_printed_whole(kind: str, language: str) -> None:
    given = render(KINDS[kind], now=NOW, language=language)
    assert printed(given, language) == given.text + "\n\n"
    assert "Werften" in given.text


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_81_no_kind_steers_a_terminal(text: str) -> None:
    alert = hostile_alert(text)
    change = EditChange(kind="title", before=text, after=text)
    digest = replace(KINDS["digest"], alerts=(alert, alert), subscription=text, query=text)  # type: ignore[call-arg]
    beat = replace(KINDS["heartbeat"], subscription=text, query=text, troubles=(text,))  # type: ignore[call-arg]
    for owed in (alert, replace(alert, kind="edit", changes=(change,)), digest, beat):
        assert not STEERING.search(printed(render(owed, now=NOW, language="de")))  # type: ignore[arg-type]
