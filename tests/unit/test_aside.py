"""Texts put aside: what comes back is what feedparser itself would have made of them."""

import io

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.aside import put_aside, put_back

HEAD = b'<?xml version="1.0"?>\n<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
TAIL = b"</channel></rss>"
LONG = "Die Brücke über die Hase wird größer. " * 20


def feed(
    *texts: str, item: str = "<item><title>T</title><content:encoded><![CDATA[{}]]></content:encoded></item>"
) -> bytes:
    return HEAD + "".join(item.format(text) for text in texts).encode() + TAIL


def parsed(document: bytes) -> feedparser.FeedParserDict:
    headers = {"content-type": "application/xml; charset=utf-8"}
    return feedparser.parse(
        io.BytesIO(document), response_headers=headers, resolve_relative_uris=False, sanitize_html=False
    )


def both_ways(document: bytes) -> tuple[list[dict], list[dict]]:
    marked, texts = put_aside(document)
    result = parsed(marked)
    assert put_back(result.entries, texts)
    return [dict(entry) for entry in result.entries], [dict(entry) for entry in parsed(document).entries]


def test_a_long_text_is_not_in_what_the_parser_gets() -> None:
    marked, texts = put_aside(feed(LONG, "kurz", LONG + "!"))
    assert "Brücke".encode() not in marked
    assert b"kurz" in marked
    assert list(texts.values()) == [LONG.strip(), LONG + "!"]


TEXTS = {
    "as it is": LONG,
    "blanks around it": f"\n\t {LONG} \n",
    "line ends of Windows": LONG.replace(". ", ".\r\n").replace("die", "\r"),
    "encoded twice": LONG.encode().decode("latin-1"),
    "characters of Windows": LONG.replace("Die", "\x84Die\x93 \x81\x9d"),
    "markup and references": f"<p>{LONG} &amp; &#8211; &uuml; &lt;b&gt;</p><!-- x --><br/>",
    "a bracket before the end": f"{LONG}]",
    "marks of others": f"{LONG} feedwacht",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_it_comes_back_as_feedparser_makes_it(text: str) -> None:
    ours, theirs = both_ways(feed(text, "kurz", LONG))
    assert ours == theirs


@given(st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=60))
def test_whatever_it_holds(text: str) -> None:
    sound = "".join(char for char in text if char >= " " or char in "\t\n\r").replace("]]>", "").replace("\ufffe", "")
    ours, theirs = both_ways(feed(LONG + sound.replace("\uffff", "")))
    assert ours == theirs


def test_a_summary_of_its_own_stays() -> None:
    item = "<item><description>kurz</description><content:encoded><![CDATA[{}]]></content:encoded></item>"
    ours, theirs = both_ways(feed(LONG, item=item))
    assert ours == theirs
    assert ours[0]["summary"] == "kurz"


@pytest.mark.parametrize(
    "item",
    [
        "<item><content:encoded><![CDATA[{}]]>und mehr</content:encoded></item>",
        "<item><content:encoded>davor<![CDATA[{}]]></content:encoded></item>",
        '<item><content:encoded type="text"><![CDATA[{}]]></content:encoded></item>',
        "<item><content:encoded><![CDATA[{}]]",
    ],
    ids=["text behind it", "text before it", "attributes", "cut off"],
)
def test_what_is_no_lone_section_stays_where_it_is(item: str) -> None:
    document = feed(LONG, item=item)
    assert put_aside(document) == (document, {})


def test_a_document_that_knows_the_marks_is_left_alone() -> None:
    document = feed(LONG, "<b>feedwacht-put-aside-0</b>")
    assert put_aside(document) == (document, {})


def test_a_mark_that_is_found_elsewhere_is_said() -> None:
    """In a comment, or in an element that is not what it looks like."""
    marked, texts = put_aside(
        feed(LONG, item="<item><title>T</title><!-- <content:encoded><![CDATA[{}]]></content:encoded> --></item>")
    )
    assert texts
    assert not put_back(parsed(marked).entries, texts)
