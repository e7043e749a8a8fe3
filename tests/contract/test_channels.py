"""Every channel keeps the protocol, and the webhook keeps Standard Webhooks 1.0, against a real receiver on loopback."""

import base64
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Protocol, TextIO, cast

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.mailserver import MailServer
from tests.receiver import SECRET, Receiver, Reply, Request
from tests.timing import check_passed_s
from worker.channels import AppriseChannel, CommandChannel, ConsoleChannel, WebhookChannel
from worker.channels.email import EmailChannel
from worker.channels.smtp import MailServer as MailHost
from worker.fetch import Answer, Fetcher
from worker.letter import Addresses
from worker.mailbox import mailbox
from worker.model import (
    Alert,
    Channel,
    Delivery,
    FailureKind,
    FetchFailed,
    FiledRecord,
    Message,
    Record,
    SendOutcome,
    SendResult,
)
from worker.render import render
from worker.serviceaddress import read_address
from worker.signing import secret_keys

NOW = datetime.now(UTC).replace(microsecond=0)  # the package checks signatures' age against the real clock
OTHER = "whsec_" + base64.b64encode(bytes(range(100, 140))).decode()
TITLE = "Möwe „Emma“ 🐦 gerettet"


def a_delivery(attempt: int = 1) -> Delivery:
    record = Record(
        url="https://z.example/moewe/", url_key="z.example/moewe", title=TITLE, published_at=NOW, body="Sie lebt."
    )
    filed = FiledRecord(id=1, key="0" * 16, record=record, first_seen_at=NOW)
    alert = Alert(
        id="msg_alert", kind="new", subscription="Vögel", query="Möwe", record=filed, spans=(), created_at=NOW
    )
    return Delivery(id="msg_delivery_7", channel="c", attempt=attempt, alert=alert, lease_token="t")


def a_message() -> Message:
    return render(a_delivery().alert, now=NOW, language="de")


# -- the protocol, over each channel ----------------------------------------------------------------------------------


class Bench(Protocol):
    """A channel with the outside in our hands."""

    channel: Channel

    def arrived(self) -> list[str]: ...

    def break_down(self) -> None: ...


class ConsoleBench:
    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.channel: Channel = ConsoleChannel("c", self.stream, "de")
        self._seen = ""

    def arrived(self) -> list[str]:
        text = self._seen if self.stream.closed else self.stream.getvalue()
        return [part for part in text.split("\n\n") if part]

    def break_down(self) -> None:
        self._seen = self.stream.getvalue()
        self.stream.close()


class WebhookBench:
    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.channel: Channel = a_webhook(receiver.url)

    def arrived(self) -> list[str]:
        return [request.body.decode() for request in self.receiver.requests if request.status == 200]

    def break_down(self) -> None:
        self.receiver.script(Reply(status=500))


class EmailBench:
    def __init__(self, server: MailServer) -> None:
        self.server = server
        self.channel: Channel = EmailChannel(
            name="c",
            server=MailHost(host="127.0.0.1", port=server.port, tls="none", context=None),
            addresses=Addresses(sender=mailbox("alarm@z.example"), to=(mailbox("desk@z.example"),)),
        )

    def arrived(self) -> list[str]:
        return [letter.part("plain") for letter in self.server.letters]

    def break_down(self) -> None:
        self.server.script(data="451 4.3.0 disk full")


class AppriseBench(WebhookBench):
    """A Mattermost server of somebody's own."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        address = read_address(f"mmost://{receiver.host}/{'t' * 26}")
        self.channel = AppriseChannel("c", address, a_fetcher("127.0.0.0/8"))

    def arrived(self) -> list[str]:
        return [json.loads(text)["text"].replace("\\", "") for text in super().arrived()]


class CommandBench:
    """A program that appends to a file, as long as it may."""

    def __init__(self, folder: Path) -> None:
        self._kept = folder / "kept"
        self._broken = folder / "broken"
        lines = f"test ! -e {self._broken} && cat >> {self._kept} && echo >> {self._kept}"
        self.channel: Channel = CommandChannel("c", ["/bin/sh", "-c", lines])

    def arrived(self) -> list[str]:
        return self._kept.read_text(encoding="utf-8").splitlines()

    def break_down(self) -> None:
        self._broken.touch()


@pytest.fixture(params=["console", "webhook", "email", "apprise", "command"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    if request.param == "console":
        yield ConsoleBench()
    elif request.param == "command":
        yield CommandBench(tmp_path)
    elif request.param == "email":
        with MailServer() as server:
            yield EmailBench(server)
    elif request.param == "apprise":
        with Receiver() as receiver:
            yield AppriseBench(receiver)
    else:
        with Receiver() as receiver:
            yield WebhookBench(receiver)


def test_a_channel_has_its_name(bench: Bench) -> None:
    assert bench.channel.name == "c"


def test_what_is_accepted_is_sent(bench: Bench) -> None:
    outcome = bench.channel.send(a_delivery(), a_message(), NOW)
    assert outcome.result is SendResult.SENT
    assert outcome.detail
    assert len(bench.arrived()) == 1
    assert TITLE in bench.arrived()[0]


def test_each_delivery_arrives_by_itself(bench: Bench) -> None:
    for _ in range(3):
        assert bench.channel.send(a_delivery(), a_message(), NOW).result is SendResult.SENT
    first, *others = bench.arrived()
    assert others == [first, first]


def test_trouble_outside_is_an_outcome_not_an_error(bench: Bench) -> None:
    bench.channel.send(a_delivery(), a_message(), NOW)
    bench.break_down()
    outcome = bench.channel.send(a_delivery(2), a_message(), NOW)
    assert outcome.result is SendResult.RETRY
    assert outcome.detail
    assert outcome.detail.isprintable()
    assert len(outcome.detail) < 300
    assert len(bench.arrived()) == 1


# -- the console ------------------------------------------------------------------------------------------------------


class Pipe(io.StringIO):
    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def flush(self) -> None:
        raise self.error


class Counting(io.StringIO):
    """Notes each call, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def write(self, text: str) -> int:
        self.calls.append("write")
        return super().write(text)

    def flush(self) -> None:
        self.calls.append("flush")


def printed(stream: TextIO, language: str = "de", message: Message | None = None) -> SendOutcome:
    return ConsoleChannel("screen", stream, language).send(a_delivery(), message or a_message(), NOW)


def test_one_write_then_one_flush() -> None:
    stream = Counting()
    printed(stream)
    assert stream.calls == ["write", "flush"]
    assert stream.getvalue() == a_message().text + "\n\n"


@pytest.mark.parametrize(
    ("language", "closed", "full"),
    [
        ("de", "die Ausgabe ist geschlossen", "die Ausgabe nimmt nichts an: No space left on device"),
        ("en", "the output is closed", "the output does not take anything: No space left on device"),
    ],
)
def test_a_broken_or_full_output_is_told_in_words(language: str, closed: str, full: str) -> None:
    broken = printed(Pipe(BrokenPipeError(32, "Broken pipe")), language)
    no_space = printed(Pipe(OSError(28, "No space left on device")), language)
    assert (broken.result, broken.detail) == (SendResult.RETRY, closed)
    assert (no_space.result, no_space.detail) == (SendResult.RETRY, full)


def test_a_real_pipe_whose_reader_left() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    raw = os.fdopen(writing, "wb", buffering=0)
    with io.TextIOWrapper(raw, encoding="utf-8", write_through=True) as stream:
        assert printed(stream).detail == "die Ausgabe ist geschlossen"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8", "utf-16"])
def test_a_stream_that_lacks_letters_gets_what_it_can_show(encoding: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    assert printed(stream).result is SendResult.SENT
    text = raw.getvalue().decode(encoding)
    assert "gerettet" in text
    assert ("🐦" in text) is encoding.startswith("utf")


def test_half_a_surrogate_costs_no_alert() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    assert printed(stream, message=replace(a_message(), text="a\ud800b")).result is SendResult.SENT


def test_a_console_in_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="known are de, en"):
        ConsoleChannel("screen", io.StringIO(), "fr")


# -- the webhook ------------------------------------------------------------------------------------------------------


@dataclass
class Canned:
    """A fetcher's answer without a network."""

    answer: Answer | FetchFailed

    def post(self, url: str, body: bytes, headers: object, *, timeout_s: float = 20) -> Answer | FetchFailed:
        return self.answer


OPEN: list[Fetcher] = []


def a_fetcher(*allowed: str) -> Fetcher:
    OPEN.append(Fetcher(user_agent="feedwacht-test/1", allow_networks=[ip_network(network) for network in allowed]))
    return OPEN[-1]


@pytest.fixture(autouse=True)
def _closed_connections() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def canned(status: int, headers: dict[str, str]) -> Fetcher:
    return cast(Fetcher, Canned(Answer(status=status, headers=headers, body=b"", took_s=0.1)))


def a_webhook(url: str, secret: str = SECRET, timeout_s: float = 20) -> WebhookChannel:
    return WebhookChannel("c", url, secret, a_fetcher("127.0.0.0/8"), timeout_s)


def sent(receiver: Receiver, secret: str = SECRET, now: datetime = NOW, timeout_s: float = 20) -> SendOutcome:
    return a_webhook(receiver.url, secret, timeout_s).send(a_delivery(), a_message(), now)


def told(status: int, headers: dict[str, str] | None = None, body: bytes = b"", trick: str = "") -> SendOutcome:
    with Receiver(Reply(status=status, headers=headers or {}, body=body, trick=trick)) as receiver:  # type: ignore[arg-type]
        outcome = sent(receiver)
        assert len(receiver.requests) == 1
        return outcome


def verified(request: Request, secret: str = SECRET) -> object:
    return Webhook(secret).verify(request.body, request.headers)


def test_the_reference_library_accepts_what_arrives() -> None:
    with Receiver() as receiver:
        assert sent(receiver) == SendOutcome(result=SendResult.SENT, detail="200 OK", status=200)
        (request,) = receiver.requests
    assert request.method == "POST"
    assert request.path == "/hook"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-id"] == "msg_delivery_7"
    assert request.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert request.body == a_message().payload
    assert verified(request) == json.loads(a_message().payload)


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "body", "secret"])
def test_the_reference_library_refuses_anything_else(changed: str) -> None:
    with Receiver() as receiver:
        sent(receiver)
        (request,) = receiver.requests
    headers = {**request.headers}
    if changed in headers:
        headers[changed] = headers[changed][:-1] + ("1" if headers[changed][-1] != "1" else "2")
    request = replace(request, headers=headers, body=request.body + b" " * (changed == "body"))
    with pytest.raises(WebhookVerificationError):
        verified(request, OTHER if changed == "secret" else SECRET)


def test_a_retry_has_the_same_id_and_body_and_a_fresh_signature() -> None:
    with Receiver(Reply(status=500), Reply(trick="reset"), Reply(status=200)) as receiver:
        results = [sent(receiver, now=NOW + timedelta(seconds=n)).result for n in range(3)]
        requests = receiver.requests
    assert results == [SendResult.RETRY, SendResult.UNKNOWN, SendResult.SENT]
    assert len({request.headers["webhook-id"] for request in requests}) == 1
    assert len({request.body for request in requests}) == 1
    assert len({request.headers["webhook-timestamp"] for request in requests}) == 3
    assert len({request.headers["webhook-signature"] for request in requests}) == 3
    assert all(verified(request) for request in requests)


def test_while_secrets_are_changed_each_signs() -> None:
    with Receiver() as receiver:
        sent(receiver, f"{OTHER}\n{SECRET}\n")
        (request,) = receiver.requests
    assert request.headers["webhook-signature"].count("v1,") == 2
    assert verified(request, SECRET) == verified(request, OTHER)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_sent(status: int) -> None:
    outcome = told(status)
    assert (outcome.result, outcome.status) == (SendResult.SENT, status)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    with Receiver() as elsewhere:
        outcome = told(status, {"Location": elsewhere.url})
        assert elsewhere.requests == []
    assert outcome.result is SendResult.RETRY
    assert "redirects are not followed" in outcome.detail
    assert elsewhere.host not in outcome.detail


def test_gone_is_never() -> None:
    outcome = told(410, body=b"no more, thank you")
    assert (outcome.result, outcome.status) == (SendResult.NEVER, 410)
    assert outcome.detail == "the receiver said 410 Gone: no more, thank you"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 418, 422, 499, 500, 501, 502, 503, 504, 599])
def test_other_failures_are_retried_by_the_schedule_and_told(status: int) -> None:
    outcome = told(status, body=b"field \xe2\x80\x9ex\xe2\x80\x9c is wrong")
    assert (outcome.result, outcome.status, outcome.retry_after_s) == (SendResult.RETRY, status, None)
    assert str(status) in outcome.detail
    assert outcome.detail.endswith(": field „x“ is wrong")


def test_a_bad_request_is_told_with_the_beginning_of_the_answer() -> None:
    body = ("<p>Fehler:\r\n\x1b[31m\x00" + "ä" * 5000).encode()
    outcome = told(400, body=body)
    assert outcome.detail.startswith("the receiver said 400 Bad Request: <p>Fehler: [31mää")
    assert outcome.detail.isprintable()
    assert outcome.detail.count("ä") <= 200


def test_what_opens_the_address_is_not_kept_from_an_answer() -> None:
    echo = b"POST /hooks/T0KEN9?key=s3cr3t9 by editor9 is unknown here"
    with Receiver(Reply(status=404, body=echo)) as receiver:
        url = receiver.url.replace("http://", "http://editor9:passw0rd@") + "hooks/T0KEN9?key=s3cr3t9"
        outcome = a_webhook(url).send(a_delivery(), a_message(), NOW)
    assert outcome.answer == "POST /hooks/***?key=*** by *** is unknown here"
    assert outcome.detail.endswith(outcome.answer)


@pytest.mark.parametrize("body", [b"\xff\xfe\x00\x01" * 300, b"\xe2\x80", b"\xe2\x80\xa8", b" \n\n\t" * 500, b""])
def test_an_answer_of_rubbish_is_told_in_one_line(body: bytes) -> None:
    detail = told(400, body=body).detail
    assert detail.isprintable()
    assert detail.startswith("the receiver said 400 Bad Request")
    assert len(detail) < 300


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("30", 30.0),
        ("0", None),
        ("120", 120.0),
        ("0000000000000000060", 60.0),
        ("86400", 86_400.0),
        ("315360000", 86_400.0),
        ("9" * 5000, None),
        pytest.param(format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0, id="in-90-s"),
        pytest.param(format_datetime(NOW + timedelta(days=3650), usegmt=True), 86_400.0, id="in-ten-years"),
        pytest.param(format_datetime(NOW - timedelta(days=1), usegmt=True), None, id="yesterday"),
        ("-5", None),
        ("soon", None),
        ("1e3", None),
        ("٣٠", None),
        ("Wed, 99 Foo 2026 77:00:00 GMT", None),
        ("", None),
    ],
)
def test_retry_after(status: int, value: str, expected: float | None) -> None:
    headers = {"retry-after": value} if value else {}
    channel = WebhookChannel("c", "http://x.example/", SECRET, canned(status, headers))
    outcome = channel.send(a_delivery(), a_message(), NOW)
    assert (outcome.result, outcome.retry_after_s) == (SendResult.RETRY, expected)


def test_retry_after_over_the_wire() -> None:
    outcome = told(429, {"Retry-After": "30"}, b"slow down")
    assert (outcome.result, outcome.retry_after_s) == (SendResult.RETRY, 30.0)
    assert outcome.detail == "the receiver said 429 Too Many Requests: slow down"


def test_a_receiver_that_hangs_costs_its_time_only() -> None:
    with Receiver(Reply(trick="hang")) as receiver:
        outcome = check_passed_s(3, lambda: sent(receiver, timeout_s=0.5))
    assert outcome.result is SendResult.UNKNOWN
    assert outcome.detail


def test_a_big_answer_is_not_read_to_its_end() -> None:
    outcome = told(200, body=b"x" * 100_000, trick="big")
    assert outcome.result is SendResult.SENT


def test_nobody_there() -> None:
    with Receiver() as receiver:
        channel = a_webhook(receiver.url)
    outcome = channel.send(a_delivery(), a_message(), NOW)
    assert (outcome.result, outcome.status) == (SendResult.RETRY, None)
    assert outcome.detail


def test_a_blocked_address_is_never() -> None:
    with Receiver() as receiver:
        channel = WebhookChannel("c", receiver.url, SECRET, a_fetcher())
        outcome = channel.send(a_delivery(), a_message(), NOW)
        assert receiver.requests == []
    assert outcome.result is SendResult.NEVER
    assert outcome.detail


@pytest.mark.parametrize(
    ("kind", "result"),
    [
        (FailureKind.TEMPORARY, SendResult.RETRY),
        (FailureKind.THROTTLED, SendResult.RETRY),
        (FailureKind.REFUSED, SendResult.NEVER),
        (FailureKind.GONE, SendResult.NEVER),
    ],
)
def test_what_a_failed_fetch_means(kind: FailureKind, result: SendResult) -> None:
    failed = FetchFailed(kind=kind, reason="x.example: the reason", retry_after_s=7.0)
    outcome = WebhookChannel("c", "http://x.example/", SECRET, cast(Fetcher, Canned(failed))).send(
        a_delivery(), a_message(), NOW
    )
    assert (outcome.result, outcome.detail, outcome.retry_after_s) == (result, "x.example: the reason", 7.0)


# -- secrets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [24, 32, 63, 64])
def test_a_secret_of_24_to_64_bytes(size: int) -> None:
    key = os.urandom(size)
    assert secret_keys("whsec_" + base64.b64encode(key).decode() + "\n") == (key,)


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("geheim-geheim-geheim", 'does not begin with "whsec_"'),
        ("WHSEC_" + "QUFB" * 10, 'does not begin with "whsec_"'),
        ("whsec_geheim!!geheim", "is not base64"),
        ("whsec_QUFBQUE", "is not base64"),
        ("whsec_ügeheim", "is not base64"),
        ("whsec_" + base64.b64encode(b"x" * 23).decode(), "has 23 bytes; 24 to 64 are needed"),
        ("whsec_" + base64.b64encode(b"x" * 65).decode(), "has 65 bytes"),
        (" ".join([SECRET] * 5), "holds 5 secrets"),
    ],
)
def test_a_bad_secret_is_refused_in_plain_words_and_not_shown(secret: str, words: str) -> None:
    with pytest.raises(ValueError, match="the webhook secret") as caught:
        a_webhook("http://x.example/", secret)
    assert words in str(caught.value)
    assert caught.value.__cause__ is None
    for part in secret.split():
        assert part.removeprefix("whsec_") not in str(caught.value)


def test_a_channel_shows_neither_secret_nor_address() -> None:
    channel = a_webhook("http://x.example/hook?token=geheim")
    for shown in (repr(channel), str(channel), f"{channel}", repr([channel])):
        assert shown.count("name='c'") == 1
        assert SECRET not in shown
        assert "geheim" not in shown
        assert repr(bytes(range(32)))[2:-1] not in shown
