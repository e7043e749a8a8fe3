"""E-mail over real connections: to a real server, and to servers that misbehave at every step."""

import logging
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mailserver import (
    AUTHORITY,
    BadMailServer,
    MailServer,
    Trick,
    cut,
    drip,
    encoded,
    endless,
    long_line,
    rubbish,
    silence,
)
from worker.channels import smtp as dialogue
from worker.channels.email import EmailChannel
from worker.fetch import trusting
from worker.guard import Guard, system_lookup
from worker.letter import Addresses
from worker.mailbox import mailbox
from worker.model import Message, Notice, Paragraph, Run, SendOutcome, SendResult

NOW = datetime(2026, 11, 28, 7, 30, tzinfo=UTC)
TITLE = "Möwe „Emma“ 🐦 gerettet"
A, B, C = "a@z.example", "b@z.example", "c@z.example"
PASSWORD = "Schlüssel-s3cr3t!"
NEVER, RETRY, SENT, UNKNOWN = SendResult.NEVER, SendResult.RETRY, SendResult.SENT, SendResult.UNKNOWN
STEPS = ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "END"]


def a_message() -> Message:
    runs = (Run(TITLE, link="https://z.example/moewe/"), Run("Emma", marked=True))
    return Message(
        subject=f"Alarm „Vögel“: {TITLE}", text=TITLE, payload=b"{}", paragraphs=(Paragraph(kind="head", runs=runs),)
    )


def a_delivery(**more: Any) -> Notice:
    usual = {"id": "msg_7", "channel": "mail", "attempt": 1, "phase": "", "lease_token": "t"}
    return Notice(message=a_message(), **(usual | more))


def a_channel(
    port: int, *to: str, tls: Any = "none", host: str = "127.0.0.1", username: str = "", timeout_s: float = 10
) -> EmailChannel:
    server = dialogue.MailServer(
        host=host,
        port=port,
        tls=tls,
        context=trusting(str(AUTHORITY)),
        username=username,
        password=PASSWORD if username else "",
    )
    addresses = Addresses(sender=mailbox("feedwacht <alarm@z.example>"), to=tuple(map(mailbox, to or (A,))))
    guard = Guard(resolve=lambda name, port: system_lookup("127.0.0.1" if name == "good.test" else name, port))
    return EmailChannel(name="mail", server=server, addresses=addresses, timeout_s=timeout_s, guard=guard)


def sent(server: MailServer | BadMailServer, *to: str, delivery: Notice | None = None, **more: Any) -> SendOutcome:
    outcome = a_channel(server.port, *to, **more).send(delivery or a_delivery(), a_message(), NOW)
    for text in (outcome.detail, outcome.answer):
        assert text.isprintable()
        assert len(text) < 300
        assert PASSWORD not in text
        assert encoded(PASSWORD) not in text
    return outcome


# -- a real server ------------------------------------------------------------------------------------------------------


def test_what_arrives_can_be_read() -> None:
    with MailServer() as server:
        outcome = sent(server, A, B)
        (letter,) = server.letters
    assert (outcome.result, outcome.status, outcome.answer) == (SENT, 250, "250 2.0.0 Ok: queued as 4TEST")
    assert (letter.sender, letter.to) == ("alarm@z.example", (A, B))
    assert str(letter.read["Subject"]) == f"Alarm „Vögel“: {TITLE}"
    assert letter.read["Message-ID"] == "<msg_7@z.example>"
    assert letter.part("plain").strip() == TITLE
    assert "<mark" in letter.part("html")
    assert "https://z.example/moewe/" in letter.part("html")


def test_a_line_that_begins_with_a_dot_arrives() -> None:
    with MailServer() as server:
        message = replace(a_message(), text=".\n..\n.Punkt\n\n.")
        assert a_channel(server.port).send(a_delivery(), message, NOW).result is SENT
        (letter,) = server.letters
    assert letter.part("plain").split("\r\n")[:5] == [".", "..", ".Punkt", "", "."]


def test_a_follow_up_is_threaded() -> None:
    with MailServer() as server:
        sent(server)
        sent(server, delivery=a_delivery(id="msg_9", thread=("msg_7",)))
        first, second = server.letters
    assert second.read["In-Reply-To"] == second.read["References"] == first.read["Message-ID"]


def test_a_title_names_no_further_recipient() -> None:
    with MailServer() as server:
        message = replace(a_message(), subject=f"x\r\nBcc: {B}\r\n\r\n.\r\nRCPT TO:<{B}>\0\u2028\ud800")
        assert a_channel(server.port).send(a_delivery(), message, NOW).result is SENT
        (letter,) = server.letters
    assert letter.to == (A,)
    assert letter.read["Bcc"] is None


# -- encryption and passwords -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_encrypted_and_logged_in(tls: str) -> None:
    with MailServer(tls=tls, users={"alarm": PASSWORD}) as server:
        assert sent(server, tls=tls, username="alarm").result is SENT
        (letter,) = server.letters
    assert letter.encrypted
    assert letter.user == "alarm"


def test_who_only_knows_login() -> None:
    replies = iter([b"334 VXNlcm5hbWU6\r\n"])
    with BadMailServer(
        offers=(b"STARTTLS", b"AUTH LOGIN"), pem="good", AUTH=lambda talk: talk.say(next(replies))
    ) as server:
        server._tricks[encoded(PASSWORD).upper()] = b"235 welcome\r\n"
        assert sent(server, tls="starttls", username="alarm").result is SENT
        assert b"AUTH LOGIN " + encoded("alarm").encode() in server.heard
        assert encoded(PASSWORD).encode() in server.heard


def test_a_wrong_password_is_said_and_tried_again() -> None:
    with MailServer(tls="starttls", users={"alarm": "another"}) as server:
        outcome = sent(server, tls="starttls", username="alarm")
        assert len(server.logins) == 1
    assert (outcome.result, outcome.status) == (RETRY, 535)
    assert outcome.detail.startswith("127.0.0.1: the server does not accept the name or the password: 535 ")


@pytest.mark.parametrize(
    ("pem", "said"),
    [
        ("expired", "the server's certificate has expired"),
        ("early", "the server's certificate is not valid yet"),
        ("self", "the server's certificate is signed by itself"),
        ("other", "the server's certificate is made out to another name"),
    ],
)
def test_a_certificate_that_proves_nothing(pem: str, said: str) -> None:
    with BadMailServer(offers=(b"STARTTLS", b"AUTH PLAIN"), pem=pem) as server:
        encrypted_later = sent(server, tls="starttls", host="good.test", username="alarm")
        assert not any(line.startswith((b"AUTH", b"MAIL")) for line in server.heard)
    with BadMailServer(offers=(b"AUTH PLAIN",), pem=pem, implicit=True) as server:
        encrypted_at_once = sent(server, tls="tls", host="good.test", username="alarm")
        assert server.heard == []
    assert encrypted_later == encrypted_at_once
    assert (encrypted_later.result, encrypted_later.detail) == (RETRY, f"good.test: {said}")


@pytest.mark.parametrize("host", ["good.test", "127.0.0.1"])
def test_a_certificate_is_compared_with_the_configured_name(host: str) -> None:
    with MailServer(tls="starttls") as server:
        assert sent(server, tls="starttls", host=host).result is SENT


def test_encryption_that_somebody_took_out_is_refused() -> None:
    """A man in the middle leaves STARTTLS out of the offers: nothing is said to him."""
    with BadMailServer(offers=(b"AUTH PLAIN LOGIN",)) as server:
        outcome = sent(server, tls="starttls", username="alarm")
        assert [line.split()[0] for line in server.heard] == [b"ehlo", b"QUIT"]
    assert outcome.result is RETRY
    assert "offers no encryption (STARTTLS)" in outcome.detail


@pytest.mark.parametrize("reply", [b"454 not now\r\n", b"501 no\r\n", b"220 go on\r\n220 not encrypted\r\n"])
def test_encryption_that_fails_is_refused(reply: bytes) -> None:
    with BadMailServer(offers=(b"STARTTLS", b"AUTH PLAIN"), STARTTLS=reply) as server:
        outcome = sent(server, tls="starttls", username="alarm", timeout_s=1)
        assert not any(line.startswith((b"AUTH", b"MAIL")) for line in server.heard)
    assert outcome.result is RETRY


def test_what_comes_before_encryption_counts_for_nothing_after_it() -> None:
    """Offers that were slipped in before the handshake are not taken for the server's."""
    slipped_in = b"220 go on\r\n250-mail.test\r\n250 AUTH PLAIN\r\n"
    with BadMailServer(offers=(b"STARTTLS",), pem="good", STARTTLS=slipped_in) as server:
        outcome = sent(server, tls="starttls", username="alarm")
        assert not any(line.startswith((b"AUTH", b"MAIL")) for line in server.heard)
    assert "no way to log in" in outcome.detail


def test_no_password_in_the_clear() -> None:
    with BadMailServer(offers=(b"AUTH PLAIN LOGIN",)) as server:
        outcome = sent(server, tls="none", username="alarm")
        assert not any(line.startswith(b"AUTH") for line in server.heard)
    assert outcome.result is RETRY


@pytest.mark.parametrize("offers", [(), (b"AUTH XOAUTH2 CRAM-MD5",)])
def test_no_way_to_log_in(offers: tuple[bytes, ...]) -> None:
    with BadMailServer(offers=(b"STARTTLS", *offers), pem="good") as server:
        outcome = sent(server, tls="starttls", username="alarm")
    assert outcome.result is RETRY
    assert "no way to log in" in outcome.detail


def test_a_server_that_repeats_the_password_does_not_make_us_repeat_it() -> None:
    plain = encoded(f"\0alarm\0{PASSWORD}")
    said = f"535 bad command: AUTH PLAIN {plain} ({PASSWORD}, {encoded(PASSWORD)})\r\n".encode()
    with BadMailServer(offers=(b"STARTTLS", b"AUTH PLAIN"), pem="good", AUTH=said) as server:
        outcome = sent(server, tls="starttls", username="alarm")
    assert plain not in outcome.detail + outcome.answer
    assert "535 bad command: AUTH PLAIN *** (***, ***)" in outcome.detail


def test_a_channel_shows_no_secret() -> None:
    channel = a_channel(25, username="alarm")
    assert PASSWORD not in repr(channel)
    assert "alarm'" not in repr(channel)


def test_the_log_has_no_secret(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    caplog.set_level(logging.DEBUG)
    with MailServer(tls="starttls", users={"alarm": PASSWORD}) as server:
        sent(server, tls="starttls", username="alarm")
    written = caplog.text + "".join(capfd.readouterr())
    assert PASSWORD not in written
    assert encoded(PASSWORD) not in written


# -- yes, later, never --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["mail", "data"])
@pytest.mark.parametrize(
    ("reply", "result"),
    [
        ("421 4.3.2 shutting down", RETRY),
        ("450 4.2.1 mailbox busy", RETRY),
        ("451 4.7.1 greylisted", RETRY),
        ("452 4.2.2 too full", RETRY),
        ("550 5.7.1 no", NEVER),
        ("552 5.3.4 too big", NEVER),
        ("554 5.7.1 spam", NEVER),
    ],
)
def test_a_refusal_of_the_letter(step: str, reply: str, result: SendResult) -> None:
    with MailServer(**{step: reply}) as server:  # type: ignore[arg-type]
        outcome = sent(server, A, B)
        assert server.letters == []
    assert (outcome.result, outcome.status, outcome.answer) == (result, int(reply[:3]), reply)
    assert outcome.detail == f"127.0.0.1: the server said {reply}"
    assert outcome.reached == ()


def test_a_server_that_lets_nobody_in_is_tried_again() -> None:
    for step in ("greeting", "EHLO"):
        with BadMailServer(**{step: b"554 5.7.1 go away\r\n", "HELO": b"554 5.7.1 go away\r\n"}) as server:
            outcome = sent(server)
        assert (outcome.result, outcome.status) == (RETRY, 554)
        assert outcome.detail == "127.0.0.1: the server does not let us in: 554 5.7.1 go away"


@pytest.mark.parametrize("reply", ["530 5.7.0 authentication required", "535 5.7.8 no", "538 5.7.11 encrypt first"])
def test_that_we_should_log_in_is_no_fault_of_the_letter(reply: str) -> None:
    with MailServer(mail=reply) as server:
        outcome = sent(server)
    assert (outcome.result, outcome.detail) == (RETRY, f"127.0.0.1: the server said {reply}")


def test_what_is_too_big_is_refused_before_it_is_sent() -> None:
    with BadMailServer(offers=(b"SIZE 100",), MAIL=b"552 5.3.4 too big\r\n") as server:
        outcome = sent(server)
        assert any(b"FROM:<alarm@z.example> SIZE=" in line for line in server.heard)
        assert server.letters == []
    assert outcome.result is NEVER


def test_an_old_server_without_extensions() -> None:
    with BadMailServer(EHLO=b"502 what?\r\n") as server:
        assert sent(server).result is SENT
        assert len(server.letters) == 1


# -- several recipients -------------------------------------------------------------------------------------------------


def test_a_recipient_who_is_refused_for_good_hides_nobody() -> None:
    with MailServer(rcpt={B: "550 5.1.1 no such user"}) as server:
        outcome = sent(server, A, B, C)
        assert [letter.to for letter in server.letters] == [(A, C)]
    assert outcome.result is SENT
    assert outcome.reached == (A, C)
    assert outcome.detail == f"127.0.0.1: the server took it; not for {B}: 550 5.1.1 no such user"


def test_only_who_was_put_off_is_tried_again() -> None:
    with MailServer(rcpt={B: "451 4.7.1 greylisted", C: "550 5.1.1 no such user"}) as server:
        first = sent(server, A, B, C)
        assert (first.result, first.reached) == (RETRY, (A,))
        server.script(rcpt={C: "550 5.1.1 no such user"})
        second = sent(server, A, B, C, delivery=a_delivery(attempt=2, reached=first.reached))
        assert [letter.to for letter in server.letters] == [(A,), (B,)]
        assert len({str(letter.read["Message-ID"]) for letter in server.letters}) == 1
        assert {str(letter.read["To"]) for letter in server.letters} == {f"{A}, {B}, {C}"}
    assert (second.result, second.reached) == (SENT, (A, B))
    assert C in second.detail


def test_who_has_it_does_not_get_it_again_when_the_rest_is_given_up() -> None:
    with MailServer(rcpt={B: "550 5.1.1 no such user"}) as server:
        outcome = sent(server, A, B, delivery=a_delivery(attempt=2, reached=(A,)))
        assert server.letters == []
    assert outcome.result is SENT


def test_everyone_refused_is_never_and_one_put_off_is_later() -> None:
    refused = {A: "550 5.1.1 no such user", B: "553 5.1.3 bad name"}
    with MailServer(rcpt=refused) as server:
        outcome = sent(server, A, B)
        assert outcome.result is NEVER
        assert "550" in outcome.detail
        assert "553" in outcome.detail
        server.script(rcpt={**refused, B: "450 4.2.1 busy"})
        assert sent(server, A, B).result is RETRY
        assert server.letters == []


def test_when_everyone_has_it_nothing_is_said() -> None:
    with BadMailServer() as server:
        assert sent(server, A, delivery=a_delivery(reached=(A,))).result is SENT
        assert server.heard == []


# -- connections that break, drip and flood -----------------------------------------------------------------------------


@contextmanager
def within(seconds: float) -> Iterator[None]:
    started_s = time.monotonic()
    yield
    assert time.monotonic() - started_s < seconds


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("trick", [cut, drip, endless, long_line, silence, rubbish], ids=lambda trick: trick.__name__)
def test_a_server_that_misbehaves(step: str, trick: Trick) -> None:
    """Before the letter's end it is tried again; after it nobody knows. Nothing takes longer than it may."""
    with BadMailServer(**{step: trick}, HELO=rubbish) as server, within(8):
        outcome = sent(server, timeout_s=0.7)
    assert outcome.result is (UNKNOWN if step == "END" else RETRY)
    assert outcome.detail.startswith("127.0.0.1: ")


def test_the_connection_lost_after_the_letter_is_repeated_under_the_same_id() -> None:
    with BadMailServer(END=cut) as server:
        first = sent(server, A, B)
        second = sent(server, A, B, delivery=a_delivery(attempt=2, reached=first.reached))
        one, other = server.letters
    assert (first.result, second.result) == (UNKNOWN, UNKNOWN)
    assert first.reached == ()
    assert "it may have arrived" in first.detail
    assert one == other
    assert b"Message-ID: <msg_7@z.example>" in one


def test_the_letter_cut_off_half_way_did_not_arrive() -> None:
    def stop_reading(talk: Any) -> None:
        talk.say(b"354 go on\r\n")
        talk.cut()

    with BadMailServer(DATA=stop_reading) as server:
        message = replace(a_message(), text="x" * 20_000_000)
        outcome = a_channel(server.port).send(a_delivery(), message, NOW)
    assert outcome.result in (RETRY, UNKNOWN)


@pytest.mark.parametrize("tls", ["none", "tls"])
def test_a_server_that_takes_the_letter_too_slowly(tls: str) -> None:
    def sip(talk: Any) -> None:
        talk.say(b"354 go on\r\n")
        while not talk.closing.wait(0.1):
            talk.sock.recv(20_000)

    with BadMailServer(DATA=sip, pem="good" if tls == "tls" else "", implicit=tls == "tls") as server, within(8):
        message = replace(a_message(), text="x" * 20_000_000)
        outcome = a_channel(server.port, tls=tls, timeout_s=1).send(a_delivery(), message, NOW)
    assert outcome.result is RETRY


@pytest.mark.parametrize("trick", [cut, drip, endless, silence], ids=lambda trick: trick.__name__)
def test_a_goodbye_that_goes_wrong_changes_nothing(trick: Trick) -> None:
    with BadMailServer(QUIT=trick) as server, within(8):
        assert sent(server).result is SENT


def test_a_handshake_that_hangs() -> None:
    def hang(talk: Any) -> None:
        talk.say(b"220 go on\r\n")
        silence(talk)

    with BadMailServer(offers=(b"STARTTLS",), STARTTLS=hang) as server, within(8):
        outcome = sent(server, tls="starttls", timeout_s=0.7)
    assert outcome.result is RETRY
    assert outcome.detail == "127.0.0.1: the answer was not complete within 0.7 s"


@given(st.binary(max_size=400), st.integers(-1, 999))
def test_whatever_a_server_says_is_one_safe_line(said: bytes, code: int) -> None:
    for text in (said, said * 40):
        shown = str(dialogue._reply(code, text))
        assert len(shown) < 210
        assert {unicodedata.category(letter) for letter in shown} & {"Cc", "Zl", "Zp", "Cs"} == set()


def test_nobody_there() -> None:
    with BadMailServer() as server:
        port = server.port
    outcome = a_channel(port).send(a_delivery(), a_message(), NOW)
    assert (outcome.result, outcome.detail) == (RETRY, "127.0.0.1: the server refused the connection")


def test_a_name_that_nobody_has() -> None:
    outcome = a_channel(25, host="mail.invalid", timeout_s=3).send(a_delivery(), a_message(), NOW)
    assert outcome.result is RETRY
    assert "name" in outcome.detail
