"""Bodies that attack their reader, through the whole flow: the worker lives, good entries are kept where XML allows it,
nothing is opened or asked for, and the next good poll files everything."""

import gzip
from datetime import timedelta
from pathlib import Path

import pytest

from tests.badserver import BadServer, reply
from tests.fakes import FakeFeed, rss
from tests.hostile.inn import Inn, assert_is_said, bounded, good
from worker.sandbox import Sandbox

URL = "https://x.example/feed/"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel><title>Stadtblatt</title>'
TAIL = "</channel></rss>"
LAUGHS = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))


def item(number: int, inner: str = "", title: str = "") -> str:
    return (
        f"<item><title>{title or f'Nr. {number}'}</title><link>https://x.example/a-{number}/</link>"
        f'<guid isPermaLink="false">https://x.example/?p={number}</guid>{inner}</item>'
    )


def feed(*items: str, doctype: str = "") -> bytes:
    head = HEAD.replace("<rss", f"{doctype}<rss", 1)
    return (head + "".join(items) + TAIL).encode()


def assert_bounded(inn: Inn, body: bytes, **headers: str) -> None:
    """A poll of it is over in time, and what is said of it is fit to be shown."""
    inn.server.on(inn.path, reply(200, body, **{"Content_Type": "application/rss+xml", **headers}))
    with bounded(12):
        result = inn.poll()
    if result.outcome == "failed":
        assert_is_said(result.reason)
    for remark in (*result.skipped, result.feed.last_reason):
        assert not remark or remark.isprintable()


def assert_recovers(inn: Inn) -> None:
    """The feed as it was and one more."""
    article = inn.publish()
    inn.server.on(inn.path, good(inn.feed))
    assert inn.poll().outcome == "updated"
    assert article.title in inn.house.titles()


ATTACKS = {
    "55 a billion laughs": feed(
        item(1, title="&i;"), item(2), doctype=f'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">{LAUGHS}]>'
    ),
    "55 one long entity many times": feed(
        item(1, f"<description>{'&a;' * 5000}</description>"), doctype=f'<!DOCTYPE r [<!ENTITY a "{"x" * 50_000}">]>'
    ),
    "55 8 MB of tags in CDATA": feed(item(1, f"<description><![CDATA[{'<b>' * 2_600_000}]]></description>")),
    "55 an 8 MB comment": feed(f"<!--{'x ' * 4_000_000}-->", item(1)),
    "55 2.3 MB of attributes": feed("<item " + " ".join(f'a{n}="1"' for n in range(200_000)) + "/>"),
    "55 a million open tags": feed(item(1), "<b>" * 1_000_000),
    "55 a flood of <": feed(item(1, f"<description>{'&lt;' * 200_000}</description>"), "<" * 400_000),
    "55 a flood of &#": feed(item(1, "<description>" + "&#" * 400_000)),
    "55 a flood of <?": feed(item(1), "<?" * 200_000),
    "55 an author of 2 MB": feed(item(1, f"<author>{'a@' * 500_000}</author>"), item(2)),
    "55 a prolog of 4 MB": (HEAD.replace("?>", "?>" + "\n" * 4_000_000, 1) + item(1) + TAIL).encode(),
    "55 a DTD of 4 MB": feed(item(1), doctype=f"<!DOCTYPE r [{'<!ENTITY a (a)>' * 250_000}]>"),
    "55 namespaces by the thousand": feed("<x " + " ".join(f'xmlns:n{n}="u{n}"' for n in range(5_000)) + "/>", item(1)),
    "55 a link to a name with umlauts, whose tables nobody read yet": feed(
        item(1).replace("//x.", "//größe-ş.x."), item(2).replace("//x.", "//日本.x.")
    ),
    "55 JSON that is nested a million deep": b"[" * 1_000_000,
    "55 JSON with a number of a million digits": b'{"version":"https://jsonfeed.org/version/1","items":[{"id":'
    + b"9" * 1_000_000
    + b"}]}",
}  # fmt: skip


@pytest.mark.parametrize("body", ATTACKS.values(), ids=ATTACKS)
def test_attacks_on_the_parser(inn: Inn, body: bytes) -> None:
    assert_bounded(inn, gzip.compress(body, 1), Content_Encoding="gzip")
    assert_recovers(inn)


@pytest.mark.parametrize(
    "name",
    [
        "55 a billion laughs",
        "55 an author of 2 MB",
        "55 a prolog of 4 MB",
        "55 a link to a name with umlauts, whose tables nobody read yet",
    ],
    ids=lambda name: name[3:],
)
def test_55_good_entries_beside_the_attack_are_kept(inn: Inn, name: str) -> None:
    assert_bounded(inn, gzip.compress(ATTACKS[name], 1), Content_Encoding="gzip")
    assert {"Nr. 2", "Nr. 1"} & set(inn.house.titles())


# -- what must not be read --------------------------------------------------------------------------------------------


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A feed in a file: whoever opens it would file its entry."""
    file = tmp_path / "canary.xml"
    file.write_bytes(feed(item(99, title="TOP-SECRET-CANARY")))
    return file


@pytest.mark.parametrize(
    "form",
    ["{file}", "file://{file}", " {file}\n", "{url}", "  {url}", "/dev/zero", "/dev/stdin", "/etc/passwd", "data:text/xml,<rss/>",
     "{file}\0", "feed:{url}", "..", "."],
)  # fmt: skip
def test_56_a_body_that_is_a_path_a_device_or_an_address_reads_nothing(inn: Inn, canary: Path, form: str) -> None:
    with BadServer() as other:
        other.on("/canary", reply(200, canary.read_bytes()))
        assert_bounded(inn, form.format(file=canary, url=other.url("/canary")).encode())
        assert other.connections == 0
    assert "CANARY" not in "".join(inn.house.titles()) + inn.state().last_reason
    assert inn.state().last_outcome == "failed"
    assert_recovers(inn)


ENTITIES = {
    "56 an external entity, a file": '<!DOCTYPE r [<!ENTITY x SYSTEM "file://{file}">]>',
    "56 an external entity, an address": '<!DOCTYPE r [<!ENTITY x SYSTEM "{url}">]>',
    "56 a parameter entity": '<!DOCTYPE r [<!ENTITY % y SYSTEM "{url}"> %y;<!ENTITY x "y">]>',
    "56 an external DTD": '<!DOCTYPE rss SYSTEM "{url}">',
    "56 a stylesheet": '<?xml-stylesheet type="text/xsl" href="{url}"?>',
    "56 XInclude": "<!--{url}-->",
}


@pytest.mark.parametrize("doctype", ENTITIES.values(), ids=ENTITIES)
def test_references_in_xml_are_not_followed(inn: Inn, canary: Path, doctype: str) -> None:
    with BadServer() as other:
        other.on("/canary", reply(200, canary.read_bytes()))
        place = {"file": canary, "url": other.url("/canary")}
        include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" href="{url}"/>'.format(**place)
        text = "<description>vor &x; nach</description>" if "ENTITY" in doctype else include
        assert_bounded(inn, feed(item(1, text), doctype=doctype.format(**place)))
        assert other.connections == 0
    assert "CANARY" not in "".join(filed.record.title + filed.record.body for filed in inn.house.records())


# -- characters -------------------------------------------------------------------------------------------------------

UMLAUTS = "Größe über Maß – schön"


@pytest.mark.parametrize(
    "codec",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "iso-8859-1", "iso-8859-15", "windows-1252", "cp437"],
)
def test_57_titles_are_right_in_any_encoding(inn: Inn, codec: str) -> None:
    title = UMLAUTS.replace("–", "-")
    name = codec.removesuffix("-sig").removesuffix("-le")
    body = feed(item(1, title=title)).decode().replace("UTF-8", name).encode(codec)
    assert_bounded(inn, body)
    assert title in inn.house.titles()


SPOILT = {
    "57 a lie in the header": (feed(item(1, title=UMLAUTS), item(2)), "text/xml; charset=iso-8859-1"),
    "57 UTF-7": (feed(item(1, title="+ADw-script+AD4-"), item(2)), "text/xml; charset=utf-7"),
    "57 an unknown encoding": (feed(item(1, title=UMLAUTS), item(2)), "text/xml; charset=x-klingon"),
    "57 one broken byte": (feed(item(1, title=UMLAUTS), item(2)).replace(b"Nr. 2", b"Nr. 2\xff"), ""),
    "57 half a surrogate": (feed(item(1, title=f"{UMLAUTS}&#xD800;"), item(2)), ""),
    "57 beyond Unicode": (feed(item(1, title=f"{UMLAUTS}&#x110000;"), item(2)), ""),
    "57 NUL and control characters": (
        feed(item(1, title=UMLAUTS), item(2)).replace(b"Nr. 2", b"Nr. 2\0\1\x1b[31m"),
        "",
    ),
    "57 the codec of idle hands": (feed(item(1, title=UMLAUTS), item(2)), "text/xml; charset=unicode_escape"),
}


@pytest.mark.parametrize(("body", "content_type"), SPOILT.values(), ids=SPOILT)
def test_spoilt_characters_cost_no_entry(inn: Inn, body: bytes, content_type: str) -> None:
    assert_bounded(inn, body, Content_Type=content_type or "text/xml")
    titles = [title for title in inn.house.titles() if not title.startswith("Artikel")]
    assert len(titles) == 2
    assert all(title.isprintable() for title in titles)
    first = next(title for title in titles if "Nr. 2" not in title)
    assert first.startswith((UMLAUTS, "+ADw-"))
    assert_recovers(inn)


# -- cut and long -----------------------------------------------------------------------------------------------------


def test_58_an_entry_that_is_cut_is_not_filed_until_it_comes_whole(inn: Inn) -> None:
    for number in range(3):
        inn.publish(f"Abgeschnitten {number}", f"<p>{'Ein ganzer Satz. ' * 50} Ende {number}.</p>")
    whole = rss(inn.feed.url, inn.feed.title, inn.feed.articles[2:])
    cut = whole[: whole.index(b"Ende 2") - 100]
    result = inn.assert_takes(reply(200, cut, ETag='"cut"'))
    assert sorted(title for title in inn.house.titles() if "Abge" in title) == ["Abgeschnitten 0", "Abgeschnitten 1"]
    assert result.held_back == 1
    assert inn.state().validators.etag is None, "it is asked for again in full"
    inn.assert_recovers()
    bodies = {filed.record.title: filed.record.body for filed in inn.house.records()}
    assert bodies["Abgeschnitten 2"].endswith("Ende 2.")


def test_58_a_new_entry_that_is_cut_behind_known_ones_is_not_lost_behind_a_304(inn: Inn) -> None:
    """All that came whole is known: nothing is parsed, and still the page must not count as read."""
    inn.feed.publish("Ganz hinten", at=inn.feed.articles[0].published_at - timedelta(days=1))
    cut, covered_to = inn.feed.body(), inn.state().covered_to
    inn.assert_takes(reply(200, cut[: cut.index(b"Ganz hinten") + 20], ETag='"cut"'))
    assert inn.state().validators.etag is None
    assert inn.state().covered_to == covered_to, "what was cut off is not proved"
    inn.assert_recovers()
    assert "Ganz hinten" in inn.house.titles()


@pytest.mark.slow
def test_59_of_5000_entries_all_are_filed(inn: Inn) -> None:
    inn.server.on(inn.path, reply(200, feed(*(item(number) for number in range(5000)))))
    assert inn.poll().filed.new == 5000


def test_61_the_same_bytes_give_the_same_entries(box: Sandbox) -> None:
    source = FakeFeed(url=URL)
    for number in range(5):
        source.publish(f"Nr. {number} {UMLAUTS}", "<ul><li>a</li><li>b</li></ul><p>c</p>")
    from tests.house import RULES

    for body in (source.body(), *ATTACKS.values()):
        if len(body) < 500_000:
            found = []
            for _ in range(2):
                try:
                    found.append(box.parse_feed(body, url=URL, headers={}, rules=RULES, known={}))
                except Exception as error:
                    found.append((type(error), str(error)))
            assert found[0] == found[1]
