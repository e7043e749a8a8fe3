"""A message as an e-mail: whatever a title holds, one Subject, these recipients, two parts that can be read."""

import email
import email.policy
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.letter import Addresses, write_letter
from worker.mailbox import Mailbox, mailbox
from worker.model import Message, Paragraph, Run
from worker.text import clean

NOW = datetime(2026, 11, 28, 7, 30, tzinfo=UTC)
ADDRESSES = Addresses(sender=mailbox("feedwacht <alarm@z.example>"), to=(mailbox("desk@z.example"),))
NAMES = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"}


@dataclass(frozen=True)
class Errand:
    id: str = "msg_7"
    channel: str = "mail"
    attempt: int = 1
    thread: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()


def a_message(subject: str = "Alarm „Nato“: Rutte kommt", text: str = "Zeile", html: str = "Zeile") -> Message:
    return Message(
        subject=subject, text=text, payload=b"{}", paragraphs=(Paragraph(kind="head", runs=(Run(html, marked=True),)),)
    )


def written(message: Message, addresses: Addresses = ADDRESSES, errand: Errand = Errand()) -> bytes:
    return write_letter(errand, message, addresses, NOW)


def read(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert [part.defects for part in message.walk()] == [[] for _ in message.walk()]
    return message


def content(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert part is not None
    return str(part.get_content())


def check(data: bytes) -> EmailMessage:
    """What holds for every letter: plain ASCII, CR LF, short lines, these headers and no others."""
    assert data.isascii()
    assert b"\0" not in data
    assert data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n")
    assert data.endswith(b"\r\n")
    assert max(map(len, data.split(b"\r\n"))) <= 78
    message = read(data)
    assert sorted(message.keys()) == sorted({*message.keys()} & (NAMES | {"Content-Transfer-Encoding"}))
    assert set(message.keys()) >= NAMES
    return message


# -- subject ------------------------------------------------------------------------------------------------------------

ODD = "\r\n\0\x0b\x85\u2028\u2029\x1b\u202e\ud800\udfff=?_,;:<>\"'\\@ \t🐦👩‍👩‍👧🇩🇪éßÄ\u0301\u200d"
LINE_ENDS = re.compile(r"\r\n|\r|\n")
titles = st.text() | st.text(st.sampled_from(ODD + "ab"), max_size=300) | st.text(min_size=100, max_size=2000)


@given(titles)
def test_the_subject_survives_any_title(title: str) -> None:
    message = check(written(a_message(subject=title)))
    expected = clean(title)[:400].rstrip() or "feedwacht"
    assert str(message["Subject"]) == expected
    assert str(message["To"]) == "desk@z.example"


@pytest.mark.parametrize(
    "title",
    [
        "x\r\nBcc: all@z.example",
        "x\nTo: all@z.example\n\nbody",
        "x\x85Bcc: all@z.example",
        "x\u2028Bcc: all@z.example\u2029y",
        "x\x0b\x0c\x1c\x1d\x1eBcc: all@z.example",
        "=?utf-8?q?x=0D=0ABcc=3A_all=40z=2Eexample?=",
        "=?us-ascii?b?eA0KQmNjOiBhbGxAei5leGFtcGxl?= y",
        "a\0b",
        "half \ud83d a pair",
        "🐦" * 300,
        "ä" * 5000,
        "x" * 5000,
        " ",
        "",
    ],
)
def test_no_title_makes_another_header_or_recipient(title: str) -> None:
    message = check(written(a_message(subject=title)))
    assert message["Bcc"] is None
    assert str(message["Subject"]).isprintable() or "🐦" in title


def test_what_looks_encoded_is_shown_as_it_stands() -> None:
    title = "=?utf-8?q?Gewinn?= wartet"
    assert str(read(written(a_message(subject=title)))["Subject"]) == title


def test_a_plain_subject_stays_readable_in_the_raw() -> None:
    assert b"\r\nSubject: Alert: Nato summit\r\n" in written(a_message(subject="Alert: Nato summit"))


# -- people -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["", "Desk", "Müller, Jörg", 'Jörg "Jo" Müller', "Desk, Night", "Ä" * 150, "=?utf-8?q?x?=", "a\\b", "🐦"]
)
def test_names_arrive_as_they_are(name: str) -> None:
    people = (Mailbox(address="a@z.example", name=name), Mailbox(address="b@z.example", name=name))
    data = written(a_message(), replace(ADDRESSES, to=people, sender=people[0]))
    assert [one.addr_spec for one in check(data)["To"].addresses] == ["a@z.example", "b@z.example"]
    as_they_came = email.message_from_bytes(data)  # Python's newer parser parts one word that stands in several
    assert people_in(as_they_came["To"]) == [(name, "a@z.example"), (name, "b@z.example")]
    assert people_in(as_they_came["From"]) == [(name, "a@z.example")]


def people_in(header: str) -> list[tuple[str, str]]:
    return [(str(make_header(decode_header(name))), address) for name, address in getaddresses([header])]


def test_a_hundred_recipients_fit() -> None:
    people = tuple(Mailbox(address=f"person-{n}@z.example", name=f"Person Nr. {n}ä") for n in range(100))
    message = check(written(a_message(), replace(ADDRESSES, to=people)))
    assert len(message["To"].addresses) == 100


# -- what programs go by ------------------------------------------------------------------------------------------------


def test_the_headers() -> None:
    message = read(written(a_message()))
    assert message["Message-ID"] == "<msg_7@z.example>"
    assert message["Date"].datetime == NOW
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == "feedwacht <alarm@z.example>"
    assert message["List-Unsubscribe"] is message["In-Reply-To"] is message["References"] is None


def test_unsubscribing_by_mail() -> None:
    message = read(written(a_message(), replace(ADDRESSES, unsubscribe=mailbox("Weg <ab+melden@z.example>"))))
    assert message["List-Unsubscribe"] == "<mailto:ab%2Bmelden@z.example?subject=unsubscribe>"
    assert message["List-Unsubscribe-Post"] is None  # that is for https


def test_a_follow_up_stands_in_the_thread() -> None:
    message = read(written(a_message(), errand=Errand(id="msg_3", thread=("msg_1", "msg_2"))))
    assert message["In-Reply-To"] == "<msg_2@z.example>"
    assert message["References"] == "<msg_1@z.example> <msg_2@z.example>"
    assert message["Message-ID"] == "<msg_3@z.example>"


def test_a_long_thread_keeps_its_beginning_and_its_end() -> None:
    thread = tuple(f"msg_{'x' * 26}{n}" for n in range(100))
    data = written(a_message(), errand=Errand(thread=thread))
    ids = str(read(data)["References"]).split()
    assert ids[0] == f"<{thread[0]}@z.example>"
    assert ids[1:] == [f"<{one}@z.example>" for one in thread[-19:]]
    assert max(map(len, data.split(b"\r\n"))) <= 78


def test_another_attempt_differs_in_its_date_only() -> None:
    first, later = written(a_message()), write_letter(Errand(attempt=2), a_message(), ADDRESSES, NOW.replace(hour=9))
    pattern = re.compile(rb"^Date: .*$", re.MULTILINE)
    assert pattern.sub(b"", first) == pattern.sub(b"", later)
    assert first != later


def test_ids_are_plain_where_the_senders_domain_is_not() -> None:
    letter = written(a_message(), replace(ADDRESSES, sender=mailbox("Wächter <alarm@bücher.example>")))
    assert b"Message-ID: <msg_7@xn--bcher-kva.example>\r\n" in letter
    check(letter)


# -- both parts ---------------------------------------------------------------------------------------------------------


@given(titles)
def test_both_parts_bring_the_text_literally(text: str) -> None:
    message = check(written(a_message(text=f"x{text}", html=f"x{text}")))
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    sound = f"x{text}\n".encode("utf-8", "replace").decode()
    assert LINE_ENDS.split(content(message, "plain")) == LINE_ENDS.split(sound)


@pytest.mark.parametrize(
    "text", ["." * 3, ".\r\n.", "From here", "x" * 5000, "ä" * 5000, " \n\t\n ", "a" * 997 + "\nb"]
)
def test_lines_of_any_kind_arrive(text: str) -> None:
    assert content(check(written(a_message(text=text))), "plain").split() == text.split()


@pytest.mark.parametrize(
    "title",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{7*7}} ${7*7} <%= 7 %>",
        "*fett* [x](http://y)",
        "&lt;b&gt;",
    ],
)
def test_markup_in_a_title_is_shown_and_not_obeyed(title: str) -> None:
    message = read(written(a_message(subject=title, text=title, html=title)))
    assert str(message["Subject"]) == title
    assert title in content(message, "plain")
    page = content(message, "html")
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script" in page or "<script" not in title


def test_what_is_only_text_goes_as_text() -> None:
    message = read(written(replace(a_message(), paragraphs=())))
    assert message.get_content_type() == "text/plain"
    assert message.get_content().strip() == "Zeile"
