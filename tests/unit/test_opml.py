"""Lists of feeds: what is written is read again, and foreign files do no harm."""

from datetime import UTC, datetime

import pytest

from worker.errors import NotAFeed, ParseError, TooMuch
from worker.opml import BadOutline, Outline, packed, read_opml, unpacked, write_opml

NOW = datetime(2025, 12, 3, 12, 0, tzinfo=UTC)


def opml(body: str, before: str = "") -> bytes:
    return f'<?xml version="1.0"?>{before}<opml version="2.0"><head/><body>\n{body}\n</body></opml>'.encode()


def urls(body: bytes) -> list[str]:
    return [one.url for one in read_opml(body) if isinstance(one, Outline)]


def test_what_is_written_is_read_again() -> None:
    given = [
        Outline(url="https://a.example/feed/?a=1&b=2", title="Müller & „Söhne“", folders=("a",), interval="90s"),
        Outline(url="https://a.example/k/", title="<b>", folders=("a",), category="Polizei, Feuerwehr/Notruf"),
        Outline(url="https://b.example/", title="b", folders=("b",), category="Kultur"),
    ]
    document = write_opml(given, title="x\x00", now=NOW)
    read = read_opml(document)
    assert [(one.url, one.title, one.folders, one.category, one.interval) for one in read] == [  # type: ignore[union-attr]
        (one.url, one.title, one.folders, one.category, one.interval) for one in given
    ]
    assert unpacked(packed(read)) == read
    assert document.count(b"<outline text=") == 2


def test_a_foreign_list_with_folders_and_odd_spellings() -> None:
    body = opml(
        '<outline title="Zeitungen"><outline text="Lokal">\n'
        '<outline XMLURL=" https://x.example/feed?a=1&b=2&copy;&nbsp=3 " text="A &nbsp; B &mdash; C"/>\n'
        '<outline type="rss" text="ohne"/>\n'
        '<outline type="rss" xmlUrl="feed://y.example/rss" category="/Themen/Kultur"/>'
        "</outline></outline>\n"
        '<outline type="link" url="https://z.example/" text="kein Feed"/>'
        '<outline xmlUrl="feed:https://w.example/" category="/a,/b"/>'
    )
    first, bad, second, third = read_opml(body)
    assert isinstance(first, Outline)
    assert isinstance(second, Outline)
    assert isinstance(third, Outline)
    assert (first.url, first.folders, first.line) == (
        "https://x.example/feed?a=1&b=2©&nbsp=3",
        ("Zeitungen", "Lokal"),
        3,
    )
    assert first.title == "A B — C"
    assert bad == BadOutline(line=4, reason="it has no address (xmlUrl): “ohne”")
    assert (second.url, second.category) == ("http://y.example/rss", "Kultur")
    assert (third.url, third.category, third.folders) == ("https://w.example/", "", ())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_any_encoding(encoding: str) -> None:
    text = '<?xml version="1.0" encoding="ISO-8859-1"?><opml><body><outline text="Süd" xmlUrl="https://x/ä"/></body></opml>'
    assert urls(text.encode(encoding)) == ["https://x/ä"]


LAUGHS = "<!DOCTYPE opml [" + '<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9)
) + "]>"  # fmt: skip


@pytest.mark.parametrize(
    "before",
    [
        LAUGHS,
        '<!DOCTYPE opml [<!ENTITY j SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE opml [<!ENTITY % p SYSTEM "http://127.0.0.1/x.dtd"> %p;]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_never_expanded(before: str, encoding: str) -> None:
    body = opml('<outline text="&j;" xmlUrl="https://x/&j;"/>', before).decode().encode(encoding)
    with pytest.raises(NotAFeed, match="entities"):
        read_opml(body)


def test_a_doctype_alone_does_no_harm() -> None:
    assert urls(opml('<outline xmlUrl="https://x/"/>', '<!DOCTYPE opml SYSTEM "http://127.0.0.1/opml.dtd">')) == [
        "https://x/"
    ]


@pytest.mark.parametrize(
    "body", [b"", b"x", b"<html><body/></html>", b"<opml><body><outline", opml("</outline>"), b"\0" * 100]
)
def test_what_is_no_list(body: bytes) -> None:
    with pytest.raises(ParseError):
        read_opml(body)


def test_faults_are_named_by_their_line() -> None:
    with pytest.raises(NotAFeed, match="line 3"):
        read_opml(opml('<outline text="a">\n<outline text=b/>'))


def test_depth_and_number_are_bounded() -> None:
    with pytest.raises(TooMuch):
        read_opml(opml("<outline>" * 200_000))
    with pytest.raises(TooMuch):
        read_opml(opml('<outline xmlUrl="x"/>' * 20_001))
