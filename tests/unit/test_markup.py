"""A message as a page: what is said stands there literally, hits are marked, and nothing else is in it."""

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.owed import HOSTILE, NOW, a_record, an_alert, every
from worker.markup import html, is_web, plain
from worker.model import Message, Paragraph, Run
from worker.render import render

OURS = {"html", "head", "meta", "title", "body", "h1", "h2", "p", "mark", "a"}
TAGS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</p></body><iframe src=//boese.example>",
    '" onmouseover="alert(1)',
    "&lt;script&gt; &amp; <!-- ",
    "<mark>kein Treffer</mark>",
    "[Klick](https://boese.example) *fett* `code`",
    "@everyone <@123> <!channel>",
]


def page(message: Message) -> BeautifulSoup:
    return BeautifulSoup(html(message), "lxml")


def a_message(*runs: Run) -> Message:
    return Message(subject="Alarm", text="Alarm", payload=b"", paragraphs=(Paragraph(kind="note", runs=runs),))


def test_a_page_of_an_alert() -> None:
    record = a_record()
    spans = (*every("Werft", record, "title"), *every("Fähren", record))
    soup = page(render(an_alert(record, spans), now=NOW, language="de"))
    assert soup.title is not None
    assert soup.title.text == "Alarm „Werften“: Ministerin besucht Werft"
    assert soup.h1 is not None
    assert soup.h1.text == soup.title.text
    assert [mark.text for mark in soup.find_all("mark")] == ["Werft", "Fähren", "Werft", "Fähren"]
    assert [(a["href"], a["rel"], a.text) for a in soup.find_all("a")] == [
        (record.url, ["noopener", "noreferrer"], record.url)
    ]
    assert soup.find_all("p")[-1].text == "Alarm-ID: msg_a"


@pytest.mark.parametrize("hostile", [*TAGS, *HOSTILE])
def test_foreign_text_is_text(hostile: str) -> None:
    record = a_record(
        title=hostile, category=hostile, body=hostile, source_line=hostile, url=f"https://a.example/{hostile}"
    )
    alert = an_alert(record, every(hostile[:5], record), subscription=hostile, query=hostile)
    message = render(alert, now=NOW, language="de")
    soup = page(message)
    assert {tag.name for tag in soup.find_all()} <= OURS
    assert {name for tag in soup.find_all() for name in tag.attrs} <= {"href", "rel", "charset", "style"}
    assert all(is_web(str(a["href"])) for a in soup.find_all("a"))
    shown = "\n".join(element.text for element in soup.find_all(["h1", "h2", "p"]))
    assert shown.split() == message.text.replace("»", "").replace("«", "").split()


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,<script>",
        "//boese.example",
        "https:boese.example",
        "https:///kein-wirt",
        "https://a.example/\nx",
        "java\tscript:alert(1)",
        "ftp://a.example",
        "https://a.example\\@boese.example/",
        "https://[",
        " https://a.example",
        "https://a.example/\u202egnp.exe",
    ],
)
def test_a_link_leads_to_the_web_or_is_none(link: str) -> None:
    soup = page(a_message(Run("Klick", link=link)))
    assert soup.find_all("a") == []
    assert soup.find_all("p")[0].text == "Klick"


@pytest.mark.parametrize("link", ["https://a.example/?a=1&b=<2>", "HTTP://a.example:8080/ü", 'https://a.example/"onx='])
def test_a_web_address_arrives_as_it_is(link: str) -> None:
    assert [a["href"] for a in page(a_message(Run("Klick", link=link))).find_all("a")] == [link]


def test_a_message_without_paragraphs_shows_its_text() -> None:
    soup = page(Message(subject="<b>", text="eins <b>\nzwei\x00\ud800", payload=b""))
    assert [p.text for p in soup.find_all("p")] == ["eins <b>", "zwei"]


def test_the_text_of_a_paragraph() -> None:
    runs = (Run("im Titel: "), Run("Werft", marked=True), Run(" brennt", link="https://a.example"))
    assert plain(Paragraph(kind="hit", runs=runs)) == "  im Titel: »Werft« brennt"
    assert plain(Paragraph(kind="note", runs=runs)) == "im Titel: »Werft« brennt"


@settings(max_examples=100, deadline=None)
@given(st.text(), st.text(), st.booleans())
def test_whatever_the_text(text: str, link: str, marked: bool) -> None:
    made = html(a_message(Run(text, marked=marked, link=link)))
    made.encode()
    assert {tag.name for tag in BeautifulSoup(made, "lxml").find_all()} <= OURS
