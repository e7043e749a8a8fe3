"""Alerts in words: readable, one line where one line is due, each hit in its sentence."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.owed import HOSTILE, NOW, PUBLISHED, URL, a_record, an_alert, every
from worker.markup import plain
from worker.model import AiNotice, Alert, Message, Span
from worker.render import SUBJECT_MAX, render


def said(alert: Alert, language: str = "de", now: datetime = NOW) -> Message:
    return render(alert, now=now, language=language)


def data(alert: Alert) -> dict[str, object]:
    body = json.loads(said(alert).payload)
    assert isinstance(body, dict)
    return dict(body["data"])


def test_a_text_in_german() -> None:
    record = a_record()
    spans = (*every("Fähren", record), *every("Werft", record, "title"))
    assert said(an_alert(record, spans)).text.splitlines() == [
        "Alarm „Werften“: Ministerin besucht Werft",
        "zeitung.example - Die Zeitung | Küste | 03.12.2025, 16:35 Uhr",
        URL,
        "Treffer: »Werft«, »Fähren« (Form von Fähre)",
        "  im Titel: Ministerin besucht »Werft«",
        "  im Text: Die Werft baut „»Fähren«“ für die Küste.",
        "Abo „Werften“: Abfrage Werft* OR Fähre",
        "Alarm-ID: msg_a",
    ]


def test_a_text_in_english() -> None:
    record = a_record()
    lines = said(an_alert(record, every("Werft", record, "title")), "en").text.splitlines()
    assert lines[0] == "Alert “Werften”: Ministerin besucht Werft"
    assert lines[1].endswith("| 3 Dec 2025, 16:35")
    assert lines[3:] == [
        "Matched: »Werft«",
        "  in the title: Ministerin besucht »Werft«",
        "Subscription “Werften”: query Werft* OR Fähre",
        "Alert ID: msg_a",
    ]


def test_the_time_is_the_sources() -> None:
    assert "04.12.2025, 00:35 Uhr" in said(an_alert(a_record(timezone="Asia/Tokyo"))).text
    assert "03.07.2025, 17:35 Uhr" in said(an_alert(a_record(published_at=PUBLISHED.replace(month=7)))).text


@pytest.mark.parametrize(
    ("age", "de", "en"),
    [
        (timedelta(days=3, hours=1), "veröffentlicht vor 3 Tagen", "published 3 days ago"),
        (timedelta(days=1, minutes=1), "veröffentlicht vor 1 Tag", "published 1 day ago"),
    ],
)
def test_an_old_article_says_so(age: timedelta, de: str, en: str) -> None:
    now = PUBLISHED + age
    assert de in said(an_alert(), now=now).text.splitlines()
    assert en in said(an_alert(), "en", now=now).text.splitlines()


@pytest.mark.parametrize("age", [timedelta(days=1), timedelta(0), timedelta(days=-2)])
def test_a_new_one_does_not(age: timedelta) -> None:
    assert "veröffentlicht" not in said(an_alert(), now=PUBLISHED + age).text


def test_a_time_that_the_feed_did_not_give_is_not_called_published() -> None:
    text = said(an_alert(a_record(published_at_from="first_seen")), now=PUBLISHED + timedelta(days=9)).text
    assert "zuerst gesehen 03.12.2025, 16:35 Uhr" in text
    assert "veröffentlicht" not in text


def test_without_title() -> None:
    assert said(an_alert(a_record(title=""))).subject == "Alarm „Werften“: (ohne Titel)"


def hit_lines(alert: Alert) -> list[str]:
    return [line.strip() for line in said(alert).text.splitlines() if line.startswith("  ")]


def test_hits_in_one_sentence_share_an_excerpt_and_others_do_not() -> None:
    record = a_record(body="Rat und Tat. Etwas anderes. Am Ende der Tat steht niemand.\n\nPunkt.")
    spans = (*every("Rat", record), *every("Tat", record))
    assert hit_lines(an_alert(record, spans)) == [
        "im Text: »Rat« und »Tat«.",
        "im Text: Am Ende der »Tat« steht niemand.",
    ]


def test_every_hit_of_a_sentence_that_is_shown_is_marked() -> None:
    record = a_record(
        body="Die Nato bleibt, die Nato geht, die Nato wartet. Die Nato. Nato! Nato? Die Nato… Es ist die Nato."
    )
    lines = hit_lines(an_alert(record, every("Nato", record)))
    assert lines[0] == "im Text: Die »Nato« bleibt, die »Nato« geht, die »Nato« wartet."
    assert lines[-1] == "… und 2 weitere Stellen"


@pytest.mark.parametrize(
    ("body", "word", "sentence"),
    [
        ("Am 3. Dezember traf Dr. Meier z. B. den Rat. Danach ging er.", "Rat", "Am 3. Dezember traf Dr. Meier z. B. den »Rat«."),
        ("Er rief: „Es brennt!“ Dann kam die Wehr (ca. 20 Leute). Ende.", "Wehr", "Dann kam die »Wehr« (ca. 20 Leute)."),
        ("Er rief: „Ein Brand!“ Dann kam die Wehr.", "Brand", "Er rief: „Ein »Brand«!“"),
        ("Im Jahr 2025. Die Nato tagt. So ist es.", "Nato", "Die »Nato« tagt."),
        ("## Das Haus\n\n- Ein Dach.\n- Eine Tür.", "Haus", "Das »Haus«"),
        ("## Das Haus\n\n- Ein Dach.\n- Eine Tür.", "Dach", "Ein »Dach«."),
        ("So etwas? ein Hase. „Igel“ sind da.", "Igel", "„»Igel«“ sind da."),
        ("Igel", "Igel", "»Igel«"),
    ],
)  # fmt: skip
def test_a_hit_is_shown_in_its_sentence(body: str, word: str, sentence: str) -> None:
    record = a_record(body=body)
    assert hit_lines(an_alert(record, every(word, record)))[0] == f"im Text: {sentence}"


def test_it_says_which_form_matched() -> None:
    record = a_record(title="Wohnungsbrände und Stadträte", body="Der Stadtrat sah Feuer.")
    query = 'Stadtrat OR *brand OR "Feuer"'
    words = (*every("Wohnungsbrände", record, "title"), *every("Stadträte", record, "title"))
    alert = an_alert(record, (*words, *every("Stadtrat", record), *every("Feuer", record)), query=query)
    assert said(alert).text.splitlines()[3] == (
        "Treffer: »Wohnungsbrände« (passt zu *brand), »Stadträte« (Form von Stadtrat), »Stadtrat«, »Feuer«"
    )
    assert "»Stadträte« (form of Stadtrat)" in said(alert, "en").text
    assert data(alert)["reason"] == [
        {"text": "Wohnungsbrände", "term": "*brand", "kind": "pattern"},
        {"text": "Stadträte", "term": "Stadtrat", "kind": "form"},
    ]


def test_a_query_that_cannot_be_read_any_more_is_quoted_and_not_explained() -> None:
    record = a_record()
    alert = an_alert(record, every("Werft", record), query="(Werft")
    assert "Treffer: »Werft«" in said(alert).text
    assert "Abo „Werften“: Abfrage (Werft" in said(alert).text


@pytest.mark.parametrize(
    ("agency", "notice", "de", "en"),
    [
        ("dts", None, ["Herkunft: Nachrichtenagentur dts"], ["Provenance: news agency dts"]),
        ("press", None, ["Herkunft: Pressemitteilung"], ["Provenance: press release"]),
        (
            None,
            AiNotice(),
            ["KI-Hinweis: laut Artikel durch KI bearbeitet"],
            ["AI notice: edited with AI, says the article"],
        ),
        (
            "kna",
            AiNotice(date_local="2025-12-03T16:40"),
            [
                "Herkunft: Nachrichtenagentur KNA",
                "KI-Hinweis: laut Artikel durch KI bearbeitet, 03.12.2025, 16:40 Uhr",
            ],
            ["Provenance: news agency KNA", "AI notice: edited with AI, says the article, 3 Dec 2025, 16:40"],
        ),
    ],
)
def test_it_says_whose_text_it_is(agency: str | None, notice: AiNotice | None, de: list[str], en: list[str]) -> None:
    alert = an_alert(a_record(agency=agency, ai_notice=notice))
    assert said(alert).text.splitlines()[3:-2] == de
    assert said(alert, "en").text.splitlines()[3:-2] == en
    assert data(alert)["provenance"] == {"agency": agency, "ai": notice is not None}


def test_other_articles_with_the_same_story_are_listed() -> None:
    copy = replace(an_alert().record, record=a_record(title="Werft besucht", url="https://zeitung.example/2/"))
    alert = an_alert(also=(copy,) * 22)
    lines = said(alert).text.splitlines()
    assert lines.count("auch: Werft besucht (https://zeitung.example/2/)") == 20
    assert "… und 2 weitere Artikel" in lines
    assert "also: Werft besucht (https://zeitung.example/2/)" in said(alert, "en").text
    also = data(alert)["also"]
    assert isinstance(also, list)
    assert also[0] == {"title": "Werft besucht", "url": "https://zeitung.example/2/"}


def test_what_goes_last_when_there_is_little_room() -> None:
    record = a_record()
    message = said(an_alert(record, every("Werft", record)))
    kept = [paragraph.kind for paragraph in message.paragraphs if paragraph.weight == 1]
    assert kept == ["head", "link", "id"]
    assert message.text == "\n".join(map(plain, message.paragraphs))


def test_a_long_sentence_is_cut_around_its_hits() -> None:
    record = a_record(body="Rat " + "und so weiter " * 60 + "bis zur Tat" + " und so weiter" * 60)
    first, second = hit_lines(an_alert(record, (*every("Rat", record), *every("Tat", record))))
    assert first.startswith("im Text: »Rat« und so weiter")
    assert second.startswith("im Text: … ")
    assert "weiter bis zur »Tat« und so" in second
    assert all(line.endswith(" …") and len(line) < 300 for line in (first, second))


def test_overlapping_matches_are_marked_once() -> None:
    record = a_record(title="Die Werftarbeiter")
    spans = (
        Span(field="title", start=4, end=9, text="Werft"),
        Span(field="title", start=4, end=17, text="Werftarbeiter"),
        Span(field="title", start=9, end=17, text="arbeiter"),
    )
    assert "  im Titel: Die »Werft«»arbeiter«" in said(an_alert(record, spans)).text


def test_many_matches_are_counted_and_every_word_is_shown() -> None:
    record = a_record(body="Ente " * 300 + "Gans")
    spans = (*every("Ente", record), *every("Gans", record))
    lines = said(an_alert(record, spans)).text.splitlines()
    assert "Treffer: »Ente«, »Gans«" in lines
    assert any("»Gans«" in line for line in lines if line.startswith("  im Text"))
    marked = sum(line.count("»") for line in lines if line.startswith("  im Text"))
    assert f"  … und {301 - marked} weitere Stellen" in lines
    assert len("\n".join(lines)) < 2000


def test_a_match_that_a_revision_moved_is_still_named() -> None:
    spans = (Span(field="body", start=900, end=905, text="Küste"), Span(field="title", start=0, end=3, text="Der"))
    lines = said(an_alert(spans=spans)).text.splitlines()
    assert "  im Titel: »Der«" in lines
    assert "  im Text: »Küste«" in lines


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("language", ["de", "en"])
def test_foreign_text_breaks_no_line(hostile: str, language: str) -> None:
    record = a_record(title=hostile, category=hostile, body=hostile, source_line=hostile, url=URL + hostile)
    spans = (Span(field="body", start=0, end=2, text=hostile[:2]), Span(field=hostile, start=0, end=1, text=hostile))
    message = said(an_alert(record, spans, subscription=hostile, query=hostile), language)
    assert message.subject.splitlines() == [message.subject]
    assert len(message.subject) <= SUBJECT_MAX
    assert len(message.text.splitlines()) == message.text.count("\n") + 1 <= 10
    for text in (message.subject, message.text.replace("\n", "")):
        assert text.isprintable() or all(letter in "\u200c\u200d" for letter in text if not letter.isprintable())
        text.encode()
    json.loads(message.payload.decode("utf-8"))


def test_a_subject_is_cut_between_words_and_never_within_an_emoji() -> None:
    family = "👨‍👩‍👧‍👦"
    assert said(an_alert(a_record(title="Wort " * 100))).subject.endswith("Wort…")
    for padding in range(30):
        subject = said(an_alert(a_record(title="x" * (140 + padding) + family * 40))).subject
        rest = subject.partition("x" * (140 + padding))[2].removesuffix("…")
        assert rest.replace(family, "") == ""
    accents = said(an_alert(a_record(title="q\u0323\u0307" * 300))).subject.removesuffix("…")
    assert accents.endswith("\u0307")


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="known are de, en"):
        said(an_alert(), "fr")
