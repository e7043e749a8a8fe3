"""E-mail addresses: what people write, and what nobody may smuggle in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.mailbox import Mailbox, mailbox


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("desk@example.org", "", "desk@example.org"),
        ("Nachtdienst <desk@example.org>", "Nachtdienst", "desk@example.org"),
        ("  Nachtdienst   Osnabrück <desk@example.org> ", "Nachtdienst Osnabrück", "desk@example.org"),
        ('"Müller, Jörg" <j.mueller+presse@example.org>', "Müller, Jörg", "j.mueller+presse@example.org"),
        ("Müller, Jörg <a@b.example>", "Müller, Jörg", "a@b.example"),
        ("<a@b.example>", "", "a@b.example"),
        ("o'neill_x@sub.example.org", "", "o'neill_x@sub.example.org"),
        ("alarm@localhost", "", "alarm@localhost"),
        ("post@bücher.example", "", "post@xn--bcher-kva.example"),
        ("post@BÜCHER.example", "", "post@xn--bcher-kva.example"),
    ],
)
def test_an_address_is_read(text: str, name: str, address: str) -> None:
    assert mailbox(text) == Mailbox(address=address, name=name)


@pytest.mark.parametrize(
    "text",
    [
        *("", "desk", "@example.org", "desk@", "desk@@example.org", "a b@example.org", "desk@exa mple.org"),
        *("a@b.example, c@d.example", "a@b.example; c@d.example", "a@b.example c@d.example"),
        *("a@b.example, c <d@e.example>", "Desk <a@b.example> <c@d.example>", "Desk <a@b.example", "a@b.example>"),
        *("Desk\r\nBcc: x@y.example <a@b.example>", "a@b.example\nRCPT TO:<x@y.example>", "a\0@b.example"),
        *("D\u2028esk <a@b.example>", "D\x85esk <a@b.example>", "D\ud800esk <a@b.example>"),
        *('"a b"@example.org', "a..b@example.org", ".a@example.org", "a.@example.org", "a(c)@example.org"),
        *("a@[127.0.0.1]", "a@-example.org", "a@example..org", "a@.example.org", "a@example.org."),
        *("jörg@example.org", "a@b\u200b.example\u3002x y", f"{'a' * 65}@example.org", f"a@{'b.' * 130}example"),
    ],
)
def test_what_is_not_one_address_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"one address is needed|before the @"):
        mailbox(text)


@given(st.text())
def test_whatever_is_let_through_is_one_plain_address(text: str) -> None:
    for spelled in (text, f"{text} <a@b.example>", f"{text}@b.example", f"a@{text}"):
        try:
            read = mailbox(spelled)
        except ValueError:
            continue
        assert read.address.isascii()
        assert read.address.isprintable()
        assert not set(read.address) & set(' <>,;:"()[]\\')
        assert read.address.count("@") == 1
        assert not set(read.name) & set("@<>\r\n\0\u2028\u2029\x85")
