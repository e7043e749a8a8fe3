"""parse: odd feeds from the corpus, what is parsed at all, evidence, limits, and that nothing but ParseError comes out."""

import json
import random
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.timing import check_cpu_s
from worker.errors import CommentFeed, NotAFeed, ParseError, TooMuch
from worker.limits import MOST_ENTRIES
from worker.model import Entry, Evidence, ParsedFeed, Shown, SourceRules
from worker.parse import parse_evidence, parse_feed

CORPUS = Path(__file__).parents[1] / "corpus"
RULES = SourceRules(timezone="Europe/Berlin")
URL = "https://www.stadtblatt.example/feed/"
TYPE = "application/rss+xml; charset=UTF-8"

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel><title>Stadtblatt &#8211; Osnabrück</title>\n'
)
TAIL = "</channel></rss>\n"


def read(
    body: bytes | str,
    *,
    url: str = URL,
    content_type: str = TYPE,
    known: tuple[Shown, ...] = (),
    rules: SourceRules = RULES,
) -> ParsedFeed:
    data = body.encode() if isinstance(body, str) else body
    headers = {"content-type": content_type} if content_type else {}
    return parse_feed(data, url=url, headers=headers, rules=rules, known={one.digest: one for one in known})


def item(number: int, text: str = "Text", extra: str = "") -> str:
    return (
        f"<item><title>Nr. {number}</title><link>https://www.stadtblatt.example/nr-{number}/</link>"
        f'<guid isPermaLink="false">https://www.stadtblatt.example/?p={number}</guid>'
        f"<pubDate>Mon, 07 Apr 2025 {number % 24:02}:00:00 +0000</pubDate>{extra}"
        f"<description><![CDATA[<p>{text} {number}</p>]]></description></item>\n"
    )


def feed(*numbers: int, text: str = "Text") -> str:
    return HEAD + "".join(item(number, text) for number in numbers) + TAIL


# -- the corpus -------------------------------------------------------------------------------------------------------


def corpus() -> list[str]:
    return sorted(path.name for path in CORPUS.iterdir() if not path.name.endswith(".expect.json"))


def expectation(name: str) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads((CORPUS / f"{name}.expect.json").read_text(encoding="utf-8"))
    return expected


def read_corpus(name: str) -> ParsedFeed:
    expected = expectation(name)
    body = (CORPUS / name).read_bytes()
    return read(body, url=expected.get("url", URL), content_type=expected.get("content_type", TYPE))


@pytest.mark.parametrize("name", [name for name in corpus() if "error" not in expectation(name)])
def test_corpus_is_read(name: str) -> None:
    expected, found = expectation(name), read_corpus(name)
    assert len(found.entries) == len(expected["entries"])
    for entry, wanted in zip(found.entries, expected["entries"], strict=True):
        compare(entry, wanted)
    assert len(found.shown) == len(found.entries)
    assert len(found.skipped) == expected.get("skipped", 0)
    assert found.held_back == expected.get("held_back", 0)
    assert found.format == expected.get("format", found.format)
    assert found.title == expected.get("feed_title", found.title)


def compare(entry: Entry, wanted: dict[str, Any]) -> None:
    for name, value in wanted.items():
        if name.endswith("_starts"):
            assert getattr(entry, name.removesuffix("_starts")).startswith(value)
            continue
        got = getattr(entry, name)
        got = (
            got.strftime("%Y-%m-%dT%H:%M:%S")
            if isinstance(got, datetime)
            else list(got)
            if isinstance(got, tuple)
            else got
        )
        assert got == value, name


@pytest.mark.parametrize("name", [name for name in corpus() if "error" in expectation(name)])
def test_corpus_is_refused_in_words(name: str) -> None:
    expected = expectation(name)
    with pytest.raises(ParseError, match=r"^[^\n]{10,300}$") as caught:
        read_corpus(name)
    assert type(caught.value).__name__ == expected["error"]
    assert expected["says"] in str(caught.value)


@pytest.mark.parametrize("name", [name for name in corpus() if "error" not in expectation(name)])
def test_corpus_comes_out_the_same_twice_and_again_from_its_evidence(name: str) -> None:
    found = read_corpus(name)
    assert read_corpus(name) == found
    for entry in found.entries:
        # Alone, an entry shares its link with nobody.
        alone = replace(entry, apart="", shown=replace(entry.shown, key=entry.shown.link or entry.shown.key))
        assert parse_evidence(entry.evidence, RULES) == alone


@pytest.mark.parametrize("name", [name for name in corpus() if "error" not in expectation(name)])
def test_corpus_is_known_the_second_time(name: str) -> None:
    expected, first = expectation(name), read_corpus(name)
    body, kind = (CORPUS / name).read_bytes(), expected.get("content_type", TYPE)
    again = read(body, url=expected.get("url", URL), content_type=kind, known=first.shown)
    assert again.entries == ()
    assert (again.shown, again.format, again.title) == (first.shown, first.format, first.title)


@pytest.mark.parametrize("name", [name for name in corpus() if "error" not in expectation(name)])
def test_corpus_strings_can_be_stored(name: str) -> None:
    for entry in read_corpus(name).entries:
        for text in (entry.guid, entry.url, entry.title, entry.body, entry.author or "", *entry.categories):
            assert "\0" not in text
            text.encode()


# -- what is parsed at all --------------------------------------------------------------------------------------------


def test_only_new_entries_are_read() -> None:
    first = read(feed(3, 2, 1))
    second = read(feed(4, 3, 2), known=first.shown)
    assert [entry.title for entry in second.entries] == ["Nr. 4"]
    assert second.shown[1:] == first.shown[:2]
    assert [one.key for one in second.shown] == [one.key for one in read(feed(4, 3, 2)).shown]


def test_nothing_is_parsed_when_all_entries_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    first = read(feed(3, 2, 1))
    monkeypatch.setattr(feedparser, "parse", None)
    second = read(feed(2, 1), known=first.shown)
    assert second.entries == ()
    assert second.shown == first.shown[1:]
    assert (second.format, second.title) == ("rss20", "Stadtblatt – Osnabrück")


def test_an_edited_entry_is_read_again_under_its_key() -> None:
    first = read(feed(2, 1))
    second = read(feed(2, 1).replace("Text 1", "Neuer Text 1"), known=first.shown)
    assert [entry.body for entry in second.entries] == ["Neuer Text 1"]
    assert second.shown[0] == first.shown[0]
    assert second.shown[1].key == first.shown[1].key
    assert second.shown[1].digest != first.shown[1].digest


def test_a_faulty_entry_spoils_neither_the_others_nor_their_digests() -> None:
    good = read(feed(3, 2, 1))
    faulty = read(HEAD + item(3) + item(2, extra="<category>A & <b>") + item(1) + TAIL)
    assert [entry.title for entry in faulty.entries] == ["Nr. 3", "Nr. 2", "Nr. 1"]
    assert faulty.entries[0].shown == good.entries[0].shown
    assert (faulty.entries[2].body, faulty.entries[2].shown) == (good.entries[2].body, good.entries[2].shown)


def test_an_entry_that_breaks_the_parser_is_listed() -> None:
    broken = "<item><title>x</title><textInput>" + "<name>x</name><link>/x</link></textInput><tags/><name>x & y</name>"
    georss = (
        '<g:LinearRing xmlns:g="http://www.opengis.net/gml"><g:posList srsDimension="x">1 2</g:posList></g:LinearRing>'
    )
    found = read(HEAD + item(2) + broken + georss + "</item>" + item(1) + TAIL)
    assert {"Nr. 2", "Nr. 1"} <= {entry.title for entry in found.entries}
    assert len(found.entries) + len(found.skipped) == 3


def test_entries_that_cannot_be_cut_are_known_by_their_fields() -> None:
    nested = HEAD + item(2).replace("</item>", "") + item(1) + TAIL
    first = read(nested)
    assert [entry.title for entry in first.entries] == ["Nr. 2", "Nr. 1"]
    assert {entry.evidence.kind for entry in first.entries} == {"fields"}
    second = read(nested.replace("Text 1", "Neuer Text 1"), known=first.shown)
    assert [entry.title for entry in second.entries] == ["Nr. 1"]
    assert second.shown[0] == first.shown[0]


def test_json_items_are_known_whatever_the_order_of_their_keys() -> None:
    frame = '{"version": "https://jsonfeed.org/version/1.1", "title": "S", "items": [%s]}'
    first = read(frame % '{"id": "1", "title": "a"}')
    second = read(frame % '{"title": "a", "id": "1"}, {"id": "2", "title": "b"}', known=first.shown)
    assert [entry.title for entry in second.entries] == ["b"]


def test_key_is_made_of_guid_and_address_and_survives_tracking_keys() -> None:
    plain = read(feed(1)).shown[0]
    tracked = read(feed(1).replace("/nr-1/", "/nr-1/?utm_source=feed")).shown[0]
    nameless = read(HEAD + "<item><title>a</title></item><item><title>b</title></item>" + TAIL).shown
    assert plain.key == tracked.key
    assert plain.digest != tracked.digest
    assert nameless[0].key != nameless[1].key


# -- content ----------------------------------------------------------------------------------------------------------


def test_boilerplate_of_the_source_is_left_out() -> None:
    rules = SourceRules(boilerplate=(r"Werbung",))
    found = read(HEAD + item(1, "Text</p><p>Werbung</p><p>mehr") + TAIL, rules=rules)
    assert found.entries[0].body == "Text\n\nmehr 1"


def test_a_short_summary_is_a_teaser_and_a_long_one_is_not() -> None:
    assert read(feed(1)).entries[0].excerpt
    assert not read(feed(1, text="Ein ganzer Satz. " * 60)).entries[0].excerpt
    assert read(feed(1, text="Ein ganzer Satz. " * 60 + "[…]").replace("[…] 1", "[…]")).entries[0].excerpt


def test_a_body_is_never_taken_for_a_file_or_an_address(tmp_path: Path) -> None:
    trap = tmp_path / "feed.xml"
    trap.write_text(feed(1), encoding="utf-8")
    for body in (str(trap), trap.as_uri(), "/dev/zero"):
        with pytest.raises(NotAFeed):
            read(body)


def test_no_other_library_guesses_encodings() -> None:
    """If one were installed, feedparser would ask it, and read windows-1252 as Greek."""
    from feedparser import encodings

    assert encodings.lazy_chardet_encoding is None


def test_a_large_frame_is_not_kept_once_for_each_of_many_entries() -> None:
    """Under a megabyte would else become a hundred; each entry can be read again all the same."""
    body = feed(*range(1000)).replace("<rss", f"<!--{'x' * 20_000}--><rss", 1)
    found = read(body)
    assert len(found.entries) == 1000
    assert sum(len(entry.evidence.body) for entry in found.entries) < 4_000_000
    for entry in (found.entries[0], found.entries[-1]):
        assert parse_evidence(entry.evidence, RULES).title == entry.title


def test_evidence_that_holds_no_entry_is_refused() -> None:
    for kind, body in (
        ("feed", b"<rss"),
        ("feed", feed(1, 2).encode()),
        ("json", b"{}"),
        ("fields", b"[]"),
        ("fields", b"{"),
    ):
        with pytest.raises(ParseError):
            parse_evidence(Evidence(kind=kind, body=body, base_url=URL), RULES)  # type: ignore[arg-type]


def test_evidence_of_a_comment_is_read_again() -> None:
    comment = item(1).replace("?p=1<", "?p=1#comment-7<")
    found = read(HEAD + comment + item(2) + item(3) + TAIL)
    assert parse_evidence(found.entries[0].evidence, RULES) == found.entries[0]


def test_comments_are_refused_when_most_entries_are_comments() -> None:
    def comment(number: int) -> str:
        return item(number).replace(f"?p={number}<", f"?p=1#comment-{number}<")

    with pytest.raises(CommentFeed):
        read(HEAD + comment(3) + comment(2) + item(1) + TAIL)
    assert len(read(HEAD + comment(3) + item(2) + item(1) + TAIL).entries) == 3


# -- limits -----------------------------------------------------------------------------------------------------------


def test_an_entry_above_1_mb_is_left_out_and_said() -> None:
    found = read(HEAD + item(1) + item(2, "x" * 1_000_001) + item(3) + TAIL)
    assert [entry.title for entry in found.entries] == ["Nr. 1", "Nr. 3"]
    assert found.skipped == ("entry 2: it is larger than 1 MB (1.0 MB)",)


@pytest.mark.parametrize("order", [1, -1], ids=["oldest first", "newest first"])
def test_of_too_many_entries_the_newest_are_read_and_it_is_said(order: int) -> None:
    begin = datetime.fromisoformat("2025-01-01T00:00:00+00:00").timestamp()
    entries = [f"<item><title>{n}</title><pubDate>{begin + n:.0f}</pubDate></item>" for n in range(MOST_ENTRIES + 3)]
    found = read(HEAD + "".join(entries[::order]) + TAIL)
    assert len(found.shown) == MOST_ENTRIES
    assert {"0", "1", "2"}.isdisjoint({entry.title for entry in found.entries})
    assert len(found.skipped) == 1
    assert str(MOST_ENTRIES + 3) in found.skipped[0]


def flood(inner: str) -> str:
    return HEAD + item(1, extra=inner) + item(2) + TAIL


REFUSED = {
    "attributes": flood("<a " + " ".join(f'a{n}="1"' for n in range(40_000)) + ">"),
    "a long tag": flood("<a " + "a " * 100_000 + ">"),
    "open tags": flood("<b>" * 1_000_000),
    "nested tags": flood("<b>" * 100_000 + "</b>" * 100_000),
    "JSON arrays": "[" * 1_000_000,
    "tags around the entries": HEAD + "<x>y</x>" * 100_000 + "<b>" + item(1) + TAIL,
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_what_protects_the_worker_is_refused_quickly(body: str) -> None:
    def refused() -> None:
        with pytest.raises(TooMuch):
            read(body)

    check_cpu_s(2, refused)


HOSTILE = {
    "blanks before": " " * 5_000_000 + feed(1, 2),
    "blank lines before the root": HEAD.replace("\n", "\n" * 500_000, 1) + item(1) + item(2) + TAIL,
    "encodings": "<?" + 'encoding="a" ' * 40_000 + "?>" + feed(1, 2),
    "blanks": flood(" " * 900_000),
    "brackets": flood("<![CDATA[" + "<" * 400_000 + "]]>"),
    "comments": flood("<description><![CDATA[" + "<!--" * 50_000 + "]]></description>"),
    "comment openers": flood("<!--" * 100_000),
    "CDATA openers": flood("<![CDATA[" * 100_000),
    "references": flood("<title>" + "&#" * 200_000 + "</title>"),
    "digits": flood("&#" + "9" * 500_000 + ";"),
    "an author": flood("<author>" + "a" * 400_000 + "</author>"),
    "authors": flood(("<author>" + "a" * 900 + "</author>") * 900),
    "closing tags": flood("</a" * 200_000),
    "dates": flood("<pubDate>" + "9" * 500_000 + "</pubDate>"),
    "guids": flood("<guid>" + "a/" * 200_000 + "</guid>"),
    "laughs": feed(1, 2)
    .replace(
        "<rss",
        '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
        + "]><rss",
    )
    .replace("Nr. 1", "&i;"),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bodies_cost_little_and_spare_the_other_entries(body: str) -> None:
    found = check_cpu_s(4, lambda: read(body))
    assert found.shown or found.held_back or found.skipped


# -- anything ---------------------------------------------------------------------------------------------------------

TYPES = st.sampled_from(
    ["", TYPE, "text/xml", "text/html; charset=iso-8859-1", "application/json", "x; charset=\ud800"]
)
PIECES = st.sampled_from(
    [b"<item>", b"</item>", b"<entry>", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"&#xD800;", b"&#x110000;", b"&foo;", b"\0", b"\xc3",
     b"\xff\xfe", b"</channel>", b"<link>", b"<guid>", b"<title>", b'type="xhtml"', b"<source>", b"<image>", b"<x:y>", b"&", b"<", b"\x1b$B",
     b'<link href="http://[::1"/>', b"<textInput>", b'<content mode="base64" type="x">', b"<pubDate>", b"{", b"[", b'"items"']
)  # fmt: skip
SEEDS = [(CORPUS / name).read_bytes() for name in corpus()]


def outcome(body: bytes, content_type: str) -> ParsedFeed | str:
    try:
        return read(body, content_type=content_type)
    except ParseError as error:
        return f"{type(error).__name__}: {error}"


def check(body: bytes, content_type: str) -> None:
    """Nothing but ParseError, and the same again; what is known is shown and not read."""
    found = outcome(body, content_type)
    assert outcome(body, content_type) == found
    if isinstance(found, ParsedFeed):
        again = read(body, content_type=content_type, known=found.shown)
        assert again.entries == ()
        assert again.shown == found.shown


@given(body=st.binary(max_size=400), content_type=TYPES)
@settings(max_examples=150, deadline=None)
def test_any_bytes(body: bytes, content_type: str) -> None:
    check(body, content_type)


@given(text=st.text(max_size=200), content_type=TYPES)
@settings(max_examples=100, deadline=None)
def test_any_text_in_an_entry(text: str, content_type: str) -> None:
    check(flood(text).encode("utf-8", "surrogatepass"), content_type)


@given(seed=st.integers(0, 2**32), pieces=st.lists(PIECES, max_size=5), content_type=TYPES)
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_mutated_feeds(seed: int, pieces: list[bytes], content_type: str) -> None:
    chance = random.Random(seed)
    body = bytearray(chance.choice(SEEDS))
    for piece in pieces:
        place = chance.randrange(len(body) + 1)
        body[place : place + chance.choice((0, 0, 1, 30))] = piece
    check(bytes(body[: chance.randrange(len(body) + 1)] if chance.random() < 0.3 else body), content_type)


@given(cut=st.integers(0, 10_000))
@settings(max_examples=100, deadline=None)
def test_a_feed_cut_anywhere_gives_whole_entries_only(cut: int) -> None:
    body = feed(5, 4, 3, 2, 1, text="Ein längerer Text mit Ümläuten.").encode()
    whole = {entry.shown: entry.body for entry in read(body).entries}
    found = outcome(body[: cut % len(body)], TYPE)
    if isinstance(found, ParsedFeed):
        assert {entry.shown: entry.body for entry in found.entries}.items() <= whole.items()
