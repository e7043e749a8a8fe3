"""Messages within a service's room: what goes first, whole letters, and nothing foreign that works."""

import json
import unicodedata

import pytest

from tests.owed import HOSTILE, NOW, URL, a_record, an_alert, every
from tests.timing import check_cpu_s
from worker import dialects
from worker.dialects import Dialect
from worker.fitting import Room, fit
from worker.model import Message, Paragraph, Run
from worker.render import render
from worker.services import SERVICES

FAMILY = "👨‍👩‍👧‍👦"
ROOMS = {scheme: service.room for scheme, service in SERVICES.items()}
DIALECTS = {name: one for name, one in vars(dialects).items() if isinstance(one, Dialect)}


def a_message(*paragraphs: Paragraph, subject: str = "Betreff") -> Message:
    return Message(subject=subject, text="", payload=b"", paragraphs=paragraphs)


def a_line(text: str, weight: int = 2, kind: str = "note", **more: object) -> Paragraph:
    return Paragraph(kind=kind, runs=(Run(text, **more),), weight=weight)  # type: ignore[arg-type]


def an_article(title: str, body: str) -> Message:
    record = a_record(title=title, body=body)
    return render(an_alert(record, spans=every("e", record)), now=NOW, language="de")


# -- cutting ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ROOMS)
@pytest.mark.parametrize(
    "text", [*HOSTILE, "ß" * 40_000, "\U0001f600" * 20_000, "<&@*_[](~`|>" * 2_000, f"{URL} " * 900]
)
def test_whatever_an_article_holds_it_fits_with_its_link_and_id(scheme: str, text: str) -> None:
    room = ROOMS[scheme]
    fitted = fit(an_article(text, text), room)
    assert room.weigh(fitted.body) <= room.body
    assert room.weigh(fitted.title) <= room.title
    assert URL in fitted.body
    assert "msg" in fitted.body
    assert fitted.body.strip()


@pytest.mark.parametrize("scheme", ROOMS)
def test_a_long_digest_keeps_what_matters(scheme: str) -> None:
    lines = [
        a_line(f"{number}. Überschrift, " + "Wort " * 60, weight=2 + number % 2, kind="item") for number in range(3000)
    ]
    link = a_line(URL, weight=1, kind="link", link=URL)
    room = ROOMS[scheme]
    digest = a_message(a_line("Kopf", 1, "head"), *lines, link, a_line("id-7", 1, "id"))
    fitted = check_cpu_s(2, lambda: fit(digest, room))
    assert room.weigh(fitted.body) <= room.body
    assert URL in fitted.body
    assert fitted.body.endswith(("id-7", "id\\-7"))


def test_light_paragraphs_go_first_and_later_ones_before_earlier_ones() -> None:
    told = a_message(
        a_line("Kopf", 1, "head"), a_line("A" * 30, 2), a_line("B" * 30, 3), a_line("C" * 30, 3), a_line("D" * 30, 2)
    )
    assert fit(told, Room(body=1000)).body.split("\n") == ["Kopf", "A" * 30, "B" * 30, "C" * 30, "D" * 30]
    assert fit(told, Room(body=100)).body.split("\n") == ["Kopf", "A" * 30, "B" * 30, "D" * 30]
    assert fit(told, Room(body=70)).body.split("\n") == ["Kopf", "A" * 30, "D" * 30]
    assert fit(told, Room(body=63)).body.split("\n") == ["Kopf", "A" * 30, "D" * 26 + "…"]
    assert fit(told, Room(body=36)).body.split("\n") == ["Kopf", "A" * 30]


@pytest.mark.parametrize("weigh", [dialects.code_points, dialects.utf16, dialects.utf8, dialects.as_json])
@pytest.mark.parametrize("letter", [FAMILY, "e\u0301\u0300", "🇩🇪", "👍🏽", "ä", "x"])
def test_a_letter_is_never_cut(letter: str, weigh: dialects.Weigh) -> None:
    for most in range(40, 400, 7):
        body = fit(a_message(a_line(letter * 100, 1)), Room(body=most, weigh=weigh)).body
        assert weigh(body) <= most
        kept = body.removesuffix("…")
        assert kept == letter * (len(kept) // len(letter)) or letter == "🇩🇪"
        assert not kept or not unicodedata.combining(letter[0])


def test_words_stay_whole_where_one_ends_near_the_cut() -> None:
    body = fit(a_message(a_line("Werft " * 50, 1)), Room(body=64)).body
    assert body == ("Werft " * 10).strip() + "…"


def test_half_an_address_is_none() -> None:
    told = a_message(a_line(f"{'Wort ' * 8}({URL})", 1))
    for most in range(30, 105):
        body = fit(told, Room(body=most)).body
        assert URL in body or "https://" not in body


def test_an_address_beyond_all_measure_makes_way_for_the_id() -> None:
    long = "https://zeitung.example/" + "a" * 5000
    body = fit(
        a_message(a_line("Kopf", 1), a_line(long, 1, "link", link=long), a_line("id-7", 1, "id")), Room(body=100)
    ).body
    assert body == "id-7"


def test_without_paragraphs_the_first_line_and_addresses_stay() -> None:
    told = Message(subject="s", text=f"Kopf\n{'Wort ' * 100}\n{URL}\n{'Wort ' * 100}", payload=b"")
    body = fit(told, Room(body=120)).body
    assert body.startswith("Kopf\n")
    assert body.endswith(URL)


def test_a_service_with_titles_gets_the_subject_as_its_title() -> None:
    told = a_message(a_line("Kopf", 1, "head"), a_line("Text"), subject="B" * 50)
    fitted = fit(told, Room(body=100, title=20))
    assert (fitted.title, fitted.body) == ("B" * 19 + "…", "Text")


# -- writing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dialect", "text", "written"),
    [
        ("PLAIN", "<b>@all</b> *x*", "<b>@all</b> *x*"),
        ("HTML", '<b> & "x" @all', "&lt;b&gt; &amp; &quot;x&quot; @all"),
        ("HTML", "https://x.example/?a=1&b=2", "https://x.example/?a=1&amp;b=2"),
        ("SLACK", "<!channel> & <@U1>", "&lt;!channel&gt; &amp; &lt;@U1&gt;"),
        ("MARKDOWN", "**fett** [x](y)", "\\*\\*fett\\*\\* \\[x\\]\\(y\\)"),
        ("MARKDOWN", "@everyone <@&1>", "@\u2060everyone \\<\u2060@\u2060&1\\>"),
        ("MARKDOWN", "https://x.example/a_b_c/@all*", "https://x.example/a_b_c/%40all%2A"),
        ("ROCKET", "@all *x* [a](b)", "@\u2060all \\*x\\* [a]\u2060(b)"),
        ("GOOGLE", "<users/all> <https://x.example/|klick>", "<\u2060users/all> <\u2060https://x.example/%7Cklick>"),
        ("CARD", "<at>wer</at> [a](b)", "<\u2060at>wer<\u2060/at> \\[a\\]\\(b\\)"),
        ("CALLING", "@room", "@\u2060room"),
    ],
)
def test_foreign_text_is_literal_and_calls_nobody(dialect: str, text: str, written: str) -> None:
    assert DIALECTS[dialect].text(text) == written


@pytest.mark.parametrize("dialect", DIALECTS)
def test_control_characters_and_line_breaks_do_not_get_through(dialect: str) -> None:
    written = DIALECTS[dialect].text("a\nb\r\x00\x1b\u2028\u202e\ud800c")
    assert all(letter.isprintable() for letter in written)


@pytest.mark.parametrize(
    ("dialect", "written"),
    [("PLAIN", "»<so>«"), ("HTML", "<b>&lt;so&gt;</b>"), ("MARKDOWN", "**\\<\u2060so\\>**"), ("SLACK", "»&lt;so&gt;«")],
)
def test_a_hit_is_marked_as_the_service_allows(dialect: str, written: str) -> None:
    assert DIALECTS[dialect].run(Run("<so>", marked=True)) == written


def test_only_web_addresses_become_links() -> None:
    html = DIALECTS["HTML"]
    assert html.run(Run("t", link="https://x.example/?a&b")) == '<a href="https://x.example/?a&amp;b">t</a>'
    for link in ("javascript:alert(1)", 'https://x.example/"onclick=', "data:x", "https://x.example/ y"):
        assert html.run(Run("t", link=link)) == "t"


@pytest.mark.parametrize(
    ("weigh", "weight"), [("code_points", 3), ("utf16", 4), ("utf8", 7), ("as_json", 19), ("utf8_or_half_json", 10)]
)
def test_length_is_counted_as_the_service_does(weigh: str, weight: int) -> None:
    assert getattr(dialects, weigh)("aä😀") == weight


def test_ascii_json_is_what_the_plugin_makes() -> None:
    text = 'ä"\\\n😀'
    assert dialects.as_json(text) == len(json.dumps(text)) - 2


def test_of_a_list_whole_articles_go_and_their_number_is_said() -> None:
    """A title without its link, or half a title, helps nobody."""
    articles = [
        paragraph
        for number in range(40)
        for paragraph in (
            Paragraph(kind="item", runs=(Run(f"Artikel {number} über den Hafen"),)),
            Paragraph(kind="link", runs=(Run(f"https://zeitung.example/{number}/"),)),
        )
    ]
    head = Paragraph(kind="head", runs=(Run("40 Treffer"),), weight=1)
    number = Paragraph(kind="id", runs=(Run("alert_a"),), weight=1)
    message = Message(subject="40 Treffer", text="", payload=b"", paragraphs=(head, *articles, number))
    lines = fit(message, Room(body=600)).body.split("\n")
    shown = [line for line in lines if line.startswith("Artikel ")]
    links = [line for line in lines if line.startswith("https://")]
    assert 2 < len(shown) == len(links) < 40
    assert lines == [
        "40 Treffer",
        *(one for pair in zip(shown, links, strict=True) for one in pair),
        f"… +{40 - len(shown)}",
        "alert_a",
    ]
