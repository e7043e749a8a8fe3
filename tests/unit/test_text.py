"""HTML to Markdown, titles, characters, folding; and that hostile text costs little."""

import json
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timing import check_cpu_s
from worker.text import clean, fold, plain, to_markdown

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "cases" / "markdown.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_labelled_cases(case):
    body = to_markdown(case["html"])
    assert [wanted for wanted in case["must"] if wanted not in body] == []
    assert [unwanted for unwanted in case["must_not"] if unwanted in body] == []


BODIES = {
    "inline marks join": ("<p><b>Na</b>to-<i>Rat</i> <u>tagt</u> .</p>", "Nato-Rat tagt ."),
    "paragraphs part": ("<p>a</p><p>b</p>", "a\n\nb"),
    "text around a block": ("a<div>b</div>c", "a\n\nb\n\nc"),
    "line break": ("<p>a<br>b<br/>c</p>", "a\nb\nc"),
    "two line breaks": ("a<br><br>b", "a\n\nb"),
    "white space": ("<p>\n a\n\n  b\t c&nbsp;&#8239;d\u2028e\u0085f</p>", "a b c d e f"),
    "headings": ("<h1>A</h1><h2>B</h2><h3>C</h3><h6>D</h6>", "## A\n\n## B\n\n### C\n\n### D"),
    "empty headings": ("<h2> </h2><h3><img src=x></h3><p>T</p><h2>&nbsp;</h2>", "T"),
    "heading of two lines": ("<h2>a<br>b</h2>", "## a b"),
    "heading around a paragraph": ("<h2><p>a</p></h2><p>b</p>", "## a\n\nb"),
    "nested lists": (
        "<ul><li>a<ol><li>b</li><li>c<ul><li>d</ul></ol></li><li>e</ul>f",
        "- a\n  1. b\n  2. c\n    - d\n- e\n\nf",
    ),
    "numbers": ('<ol start="3"><li>a<li>b<li value="9">c<li>d</ol>', "3. a\n4. b\n9. c\n10. d"),
    "no numbers": ('<ol start="x"><li value="99999999999">a</ol>', "1. a"),
    "paragraphs in an item": ("<ul><li><p>a</p><p>b</p></li><li></li><li>c</li></ul>", "- a\n  b\n- c"),
    "two lists": ("<ul><li>a</ul><ul><li>b</ul>", "- a\n\n- b"),
    "quote": ("<blockquote>a<br>b<p>c</blockquote>d", "> a\n> b\n\n> c\n\nd"),
    "list in a quote": ("<blockquote><ul><li>a<li>b</ul></blockquote>", "> - a\n> - b"),
    "table": ("<table><thead><tr><th>A<th>B</thead><tr><td>1<td><p>2</p><p>3</p></table>x", "A | B\n1 | 2 3\n\nx"),
    "table of one column": ("<table><tr><td>a<tr><td>b</table>", "a\nb"),
    "table for layout": ("<table><tr><td><h2>a</h2><p>b</p></td></tr></table>", "## a\n\nb"),
    "empty row": ("<table><tr><td> <td></tr><tr><td>a<td>b</table>", "a | b"),
    "table in a figure": (
        '<figure class="wp-block-table"><table><tr><td>1<td>2</table><figcaption>Foto: x</figcaption></figure>y',
        "1 | 2\n\ny",
    ),
    "picture with caption": ("<p>a</p><figure><img alt=x><figcaption>Foto</figcaption></figure><p>b</p>", "a\n\nb"),
    "rule": ("a<hr>b<hr/>", "a\n\nb"),
    "no escapes": ("<p>1. a_b *c* [d](e) # f `g` &gt; h</p>", "1. a_b *c* [d](e) # f `g` > h"),
    "scripts and forms": (
        "<p>a</p><script>b</script><style>c</style><form>d</form><svg><text>e</text></svg>f",
        "a\n\nf",
    ),
    "comment": ("<p>a<!-- b -->c<!--more--></p>", "ac"),
    "share and related boxes": (
        '<p>a</p><div class="sharedaddy sd-sharing-enabled"><h3>Teilen</h3></div><div class="yarpp-related">x</div>',
        "a",
    ),
    "more of them": (
        '<p>a</p><div class="addtoany_share_save_container">x</div><aside id="related-posts">x</aside>',
        "a",
    ),
    "ad slots": ('<p>a</p><div class="code-block code-block-2">x</div><ins class="adsbygoogle">x</ins>', "a"),
    "classes that only look like ads": ('<p class="address header-read adventure shared">a</p>', "a"),
    "embeds": ('<blockquote class="twitter-tweet"><p>x</p></blockquote><div class="wp-block-embed">x</div>a', "a"),
    "emoji": (
        '<p><img src="x" alt="✨" class="wp-smiley" style="height: 1em"/> durch <img class=emoji alt=☎></p>',
        "✨ durch ☎",
    ),
    "joined emoji": ("<p>👩\u200d🚒 ❤\ufe0f</p>", "👩\u200d🚒 ❤\ufe0f"),
    "caption": ('a [caption id="x" width="3"]<img src="i"/> Foto: y[/caption] b', "a b"),
    "shortcodes": (
        '<p>a [gallery ids="1,2"] [hase_werbung id="7"]b [xy z=&#8222;1&#8220;]</p><p>[ggpkg id=14112]</p><p>[/vc_row]</p>',
        "a b",
    ),
    "brackets that stay": (
        "<p>[er] […] [1] [Anm. d. Red.: x = 5] [sic!] [a b]</p>",
        "[er] […] [1] [Anm. d. Red.: x = 5] [sic!] [a b]",
    ),
    "embedded address": ("[embed]https://x.de/v[/embed]a", "a"),
    "footer": ("<p>a</p><p>The post <a href=x>T</a> appeared first on <a href=y>B</a>.</p>", "a"),
    "no footer": ("<p>Das Video erschien zuerst auf Tiktok.</p>", "Das Video erschien zuerst auf Tiktok."),
    "plain text": ("a\nb\n\nc &amp; d", "a b\n\nc & d"),
    "escaped twice": ("&lt;p&gt;a &lt;b&gt;b&lt;/b&gt;&lt;/p&gt;", "a b"),
    "escaped tags are text": ("<p>Das Tag &lt;b&gt; hebt hervor</p>", "Das Tag <b> hebt hervor"),
    "windows quotes": ("<p>&#132;a&#147; &#150; b</p>", "„a“ – b"),
    "cdata": ("<![CDATA[<p>a</p>]]>", "a"),
    "preformatted": ("<pre>a\n  b\nc</pre>", "a\nb\nc"),
    "file name": ("bild.html", "bild.html"),
    "address": ("https://x.de/a", "https://x.de/a"),
    "xml": ('<?xml version="1.0"?><p>a</p>', "a"),
    "document": ("<html><head><title>t</title></head><body><p>a</p></body></html>", "a"),
    "empty": ("", ""),
    "blank": (" \n&nbsp;<p>\u200b</p>", ""),
    # what would swallow the rest
    "frame closed with a slash": ("<p>a</p><iframe src=x/><p>b</p><script src=y /><p>c</p>", "a\n\nb\n\nc"),
    "open figure": ("<figure><img><p>a</p><p>b</p>", "a\n\nb"),
    "open frame": ("<p>a</p><iframe src=x><p>b</p>", "a\n\nb"),
    "open comment": ("<p>a</p><!-- b <p>c</p>", "a\n\nc"),
    "less than": ("<p>5 < 7 und 7 > 5</p>", "5 < 7 und 7 > 5"),
}


@pytest.mark.parametrize(("html", "body"), BODIES.values(), ids=BODIES.keys())
def test_bodies(html, body):
    assert to_markdown(html) == body


def test_boilerplate_takes_whole_blocks_only():
    html = "<p>AFP</p><p>Die Agentur AFP meldet</p><ul><li>AFP</li><li>a</li></ul><p><b>- Anzeige -</b></p>"
    patterns = [re.compile("AFP"), re.compile(r"\W*Anzeige\W*")]
    assert to_markdown(html, patterns) == "Die Agentur AFP meldet\n\n- AFP\n- a"


@pytest.mark.parametrize(
    "reference", ["&#0;", "&#xD83D;", "&#xDE00;", "&#55357;", "&#99999999;", "&#" + "9" * 5000 + ";"]
)
def test_references_to_nothing(reference):
    assert to_markdown(f"<p>a{reference}b</p>") == plain(f"a{reference}b") == "ab"


def test_surrogate_pairs_are_characters():
    assert to_markdown("<p>&#xD83D;&#xDE00; &#55357;&#56832; \ud83d\ude00 \ud83d</p>") == "😀 😀 😀"
    assert plain("&#xD83D;&#xDE00;") == "😀"


TITLES = {
    "Müller &#038; Söhne": "Müller & Söhne",
    "&#8222;Wir bleiben&#8220; – Umsatz &lt; 5 % &gt; Vorjahr": "„Wir bleiben“ – Umsatz < 5 % > Vorjahr",
    "5 &lt; 7": "5 < 7",
    "A &amp; B": "A & B",
    "A &amp;amp; B": "A & B",
    "&amp;#8222;Ja&amp;#8220;": "„Ja“",
    "Was heißt &amp;lt;b&amp;gt;?": "Was heißt &lt;b&gt;?",
    "Das Tag &lt;b&gt;": "Das Tag <b>",
    "a < b > c <3": "a < b > c <3",
    "a<b und c>d": "a<b und c>d",
    "<b>Na</b>to": "Nato",
    "Eins<br />zwei": "Eins zwei",
    '<span class="x">Eins</span> <a href="http://x.de/?a=1&amp;b=2">zwei</a>': "Eins zwei",
    '<img class="wp-smiley" alt="✨" src="x"/> neu': "✨ neu",
    "Soft\u00adhyphen\u200b und\u00a0Blank\n": "Softhyphen und Blank",
    "AT&T und R&D": "AT&T und R&D",
    "<Der Titel>": "<Der Titel>",
    "": "",
}


@pytest.mark.parametrize(("html", "title"), TITLES.items())
def test_titles(html, title):
    assert plain(html) == title


def test_order_of_work():
    assert clean(" a\u200b \u2060 b\x0bc\x1cd\x00e\x07 \ufeff") == "a b c de"
    assert clean("u\u00ad\u0308") == "ü"
    assert clean("a\ud83db\u202ec\u2066d") == "abcd"
    assert clean("\u200c\u200d\ufe0f") == "\u200c\u200d\ufe0f"


@given(st.text())
def test_clean_is_one_sound_line(text):
    done = clean(text)
    assert done == clean(done) == " ".join(done.split())
    assert unicodedata.is_normalized("NFC", done)
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in done)


@given(st.text(alphabet="ab <>/&;#[]=\"'!-ph2lidvtr\n\0", max_size=200))
def test_anything_is_read(html):
    body = to_markdown(html)
    assert "\0" not in body
    assert not body.startswith("\n")
    assert "\n\n\n" not in body
    plain(html)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Straße", "STRASSE"),
        ("ÄÖÜ äöü ß ẞ", "aeoeue aeoeue ss ss"),
        ("Müller", unicodedata.normalize("NFD", "MÜLLER")),
        ("Café", "cafe"),
        ("Łódź", "lodz"),
        ("Tromsø", "tromso"),
        ("Geld\u00adbeutel", "geldbeutel"),
        ("ﬁnden", "finden"),
        ("İstanbul", "istanbul"),
    ],
)
def test_fold(one, other):
    assert fold(one) == fold(other)


def test_fold_keeps_what_differs():
    assert fold("fördern") != fold("fordern")
    assert fold("schön") != fold("schon")


HOSTILE = {
    "tags without end": "<a " * 14_000,
    "attributes without end": '<a x="' * 8_000,
    "comments": "<!--" * 100_000,
    "open tags": "<b>" * 1_000_000,
    "nested divs": "<div>" * 100_000,
    "nested lists": "<ul><li>" * 30_000,
    "nested quotes": "<blockquote>" * 30_000,
    "nested tables": "<table><tr><td>a<td>" * 9_000,
    "wrong ends": "<div>" * 20_000 + "</span>" * 20_000,
    "less than": "<" * 1_000_000,
    "blanks": " " * 1_000_000,
    "blank lines": ("\n" + " " * 100) * 10_000,
    "line breaks": "<br>" * 200_000,
    "captions": "[caption" * 50_000,
    "shortcodes": "[a b=" * 50_000,
    "footers": "<p>Der Beitrag erschien " * 20_000,
    "marks": "a" + "\u0301\u0323" * 200_000,
    "ampersands": "&#" * 200_000,
    "class names": '<p class="' + "related-" * 100_000 + '">',
    "frames": "<iframe " * 50_000,
}


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("work", [to_markdown, plain, clean, fold])
def test_hostile_text_costs_little(html, work):
    check_cpu_s(4, lambda: work(html + "<p>Ende</p>"))


@pytest.mark.parametrize("name", ["open tags", "nested divs", "nested lists", "nested quotes", "comments", "frames"])
def test_text_behind_hostile_markup_is_kept(name):
    assert to_markdown(HOSTILE[name] + "<p>Ende</p>").endswith("Ende")


def test_deep_nesting_makes_no_long_lines():
    assert len(to_markdown("<blockquote><ul><li>" * 3_000 + "x")) < 100


@pytest.mark.parametrize(
    "kept",
    [
        "Der Beitrag „Wie es war“ erschien zuerst auf Spiegel Online. Das Ministerium wies die Vorwürfe zurück.",
        "Dieser Artikel erschien zuerst bei der NOZ und wurde danach vom Stadtrat diskutiert, so Müller.",
        "Sie fragte [more or less] nach dem [tweet] und dem [toc].",
        "Das Zitat [youtube] stand so im Text.",
    ],
)
def test_running_text_is_kept(kept: str) -> None:
    assert to_markdown(f"<p>{kept}</p>") == kept


@pytest.mark.parametrize(
    "dropped",
    [
        "Der Beitrag <a href='x'>Titel, der lang ist: sehr</a> erschien zuerst auf <a href='y'>X.de</a>.",
        "The post Title appeared first on Some Site.",
        '[gallery ids="1,2"]',
        "[youtube]",
        "[vc_row el_class=x]",
    ],
)
def test_leftovers_go(dropped: str) -> None:
    assert to_markdown(f"<p>Text</p><p>{dropped}</p>") == "Text"


def test_an_item_is_no_lone_line() -> None:
    html = "<p>Agenturen:</p><ul><li>dpa</li><li>AFP</li></ul><blockquote><p>AFP</p></blockquote><p>AFP</p>"
    assert to_markdown(html, (re.compile("AFP"),)) == "Agenturen:\n\n- dpa\n- AFP\n\n> AFP"


@pytest.mark.parametrize("name", ["social-media-post", "wp-block-group related-content"])
def test_boxes_with_text_are_kept(name: str) -> None:
    assert to_markdown(f'<div class="{name}"><p>Text</p></div>') == "Text"
