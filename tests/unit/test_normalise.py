"""From entries to records: the sample byte for byte, and each choice that feeds leave open."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

import pytest

from worker.model import AiNotice, Entry, Evidence, Record, Shown, SourceRules
from worker.normalise import content_hash, normalise
from worker.record import read_line, write_line, write_page
from worker.text import plain, to_markdown

SAMPLE = (Path(__file__).parents[1] / "cases" / "sample.txt").read_text(encoding="utf-8")
NOW = datetime(2025, 12, 4, 12, 0, 30, 250, tzinfo=UTC)
RULES = SourceRules(
    name="hasepost",
    line="Hasepost.de - Die Zeitung für Osnabrück",
    home="https://www.hasepost.de/",
    categories=("VfL Osnabrück", "Sport", "Osnabrück", "Deutschland & die Welt"),
    catch_all=("Aktuell", "Allgemein"),
    post_id_pattern=r"-(\d+)/?$",
)
ENTRY = Entry(
    shown=Shown(digest="0" * 16, key="0" * 16),
    guid="https://www.hasepost.de/?p=4711",
    url="https://www.hasepost.de/stadtrat-tagt-4711/",
    title="Stadtrat tagt",
    body="Der Rat tagt.",
    published_at=datetime(2025, 12, 3, 15, 35, 12, tzinfo=UTC),
    evidence=Evidence(kind="fields", body=b"{}"),
)


def record_of(rules: SourceRules = RULES, feed_category: str = "", **changes: object) -> Record:
    return normalise(replace(ENTRY, **changes), rules, now=NOW, feed_category=feed_category)


# -- the sample -------------------------------------------------------------------------------------------------------

PARAGRAPHS = re.split(
    r" (?=Mark Rutte erklärte|Der Nato-Gen|Rutte forderte|Kanada, |Die Äußerungen des|Er wollte|Gleichzeitig|Rutte begrüßte"
    r"|Quelle: Mit|#{2,3} )",
    read_line(SAMPLE).body,
)


def elements() -> list[tuple[str, str]]:
    """The sample's blocks as (tag, text)."""
    return [
        (f"h{len(mark[0].strip())}", text[mark.end() :]) if (mark := re.match("#+ ", text)) else ("p", text)
        for text in PARAGRAPHS
    ]


def as_plain_html() -> str:
    return "\n\n".join(f"<{tag}>{escape(text, quote=False)}</{tag}>" for tag, text in elements())


def as_wordpress_html() -> str:
    """What a theme and WordPress's filters make of it."""
    figure = (
        '<figure class="wp-block-image"><img src="x.jpg" alt="A"/><figcaption>Archiv / Foto: x</figcaption></figure>'
    )
    html = figure + "\n<!-- more -->\n".join(
        f'<{tag} class="wp-block-x">{_decorated(text)}</{tag}>' for tag, text in elements()
    )
    emoji = '<img src="https://s.w.org/images/core/emoji/2728.png" alt="✨" class="wp-smiley" style="height: 1em;" />'
    return html.replace("✨", emoji)


def _decorated(text: str) -> str:
    html = text.replace("Nato-", "<strong>Na</strong>to-").replace("Rutte", '<a href="/r/?a=1&amp;b">Rut\u00adte</a>')
    return html.replace(" die ", "&nbsp;<em>die</em>\n").replace("„", "&#8222;").replace("ü", "u\u0308")


@pytest.mark.parametrize("html", [as_plain_html(), as_wordpress_html()], ids=["plain", "wordpress"])
def test_the_sample_comes_out_byte_for_byte(html):
    line = read_line(SAMPLE)
    record = record_of(
        guid="https://www.hasepost.de/?p=664206",
        url=line.url + "?utm_source=rss",
        title=plain(line.title.replace("ä", "&auml;")),
        body=to_markdown(html),
        published_at=datetime(2025, 12, 3, 15, 35, 59, tzinfo=UTC),
        categories=("Aktuell", plain("Deutschland &amp; die Welt"), "Nato"),
        author="dts Nachrichtenagentur",
    )
    assert write_line(record) == SAMPLE
    assert " ".join(write_page(record).split()) == SAMPLE
    assert record.body.count("\n\n") == len(PARAGRAPHS) - 1
    assert record.agency == "dts"
    assert record.ai_notice == AiNotice(date_local="2025-12-03T16:35")
    assert record.post_id == "664206"
    assert record.tags == ("Nato",)


# -- choices ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "feed_category", "category", "categories", "tags"),
    [
        ((), "", "Allgemein", (), ()),
        ((), "Kultur", "Kultur", (), ()),
        (("Aktuell",), "", "Aktuell", ("Aktuell",), ()),
        (("Aktuell",), "Kultur", "Kultur", ("Aktuell",), ()),
        (("Allgemein", "Aktuell"), "", "Aktuell", ("Aktuell", "Allgemein"), ()),
        (("Aktuell", "Handball", "Rat"), "", "Handball", ("Handball", "Rat", "Aktuell"), ()),
        (("Aktuell", "Handball"), "Kultur", "Kultur", ("Handball", "Aktuell"), ()),
        (
            ("Aktuell", "Osnabrück", "Sport", "Polizei"),
            "Kultur",
            "Sport",
            ("Sport", "Osnabrück", "Aktuell"),
            ("Polizei",),
        ),
        (("sport", "SPORT", "", "a", "A"), "", "Sport", ("Sport",), ("a",)),
    ],
)
def test_category(given, feed_category, category, categories, tags):
    record = record_of(categories=given, feed_category=feed_category)
    assert (record.category, record.categories, record.tags) == (category, categories, tags)


def test_category_of_an_unknown_site():
    record = record_of(SourceRules(name="x"), categories=("Politik", "Stadt"))
    assert (record.category, record.categories, record.tags) == ("Politik", ("Politik", "Stadt"), ())


LATER = datetime(2025, 12, 3, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("published_at", "updated_at", "used"),
    [
        (ENTRY.published_at, LATER, ENTRY.published_at),
        (None, LATER, LATER),
        (datetime(1970, 1, 1, tzinfo=UTC), LATER, LATER),
        (NOW + timedelta(hours=23), None, (NOW + timedelta(hours=23)).replace(microsecond=0)),
        (None, None, None),
        (datetime(1, 1, 1, tzinfo=UTC), None, None),
        (NOW + timedelta(hours=25), datetime(9999, 12, 31, tzinfo=UTC), None),
    ],
)
def test_time(published_at, updated_at, used):
    record = record_of(published_at=published_at, updated_at=updated_at)
    assert record.published_at == (used or NOW.replace(microsecond=0))
    assert record.published_at_from == ("feed" if used else "first_seen")


def test_address_is_shown_without_what_selects_nothing():
    record = record_of(url="https://x:y@www.hasepost.de/stadtrat-tagt-4711/?utm_source=rss&amp=1&id=5#more")
    assert record.url.startswith("https://www.hasepost.de/stadtrat-tagt-4711/?")
    assert "utm" not in record.url
    assert "#" not in record.url
    assert "id=5" in record.url
    assert record.post_id == "4711"


def test_an_entry_without_address_has_a_name_of_its_own():
    record = record_of(url="", guid="")
    assert re.fullmatch("urn:sha256:[0-9a-f]{64}", record.url)
    assert record.url_key == record.url == record_of(url="", guid="").url
    assert record.url != record_of(url="", guid="", title="x").url
    line = write_line(record)
    assert read_line(line).url == record.url


def test_a_long_guid_names_an_entry_and_a_short_one_does_not_suffice():
    guid = "tag:example.org,2025:artikel/4711"
    assert record_of(url="", guid=guid).url == record_of(url="", guid=guid, title="x", body="y").url
    assert record_of(url="", guid="1").url != record_of(url="", guid="1", title="x").url
    assert record_of(url="", guid=guid).url != record_of(SourceRules(name="other"), url="", guid=guid).url


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("Kurz.\n\nLang.", "Kurz."),
        ("## Kopf\n\nText", "Kopf"),
        ("> - Zitat\n> geht weiter", "Zitat geht weiter"),
        ("Wort " * 40, "Wort " * 15 + "…"),
        ("x" * 200, "x" * 78 + " …"),
        ("", "https://www.hasepost.de/stadtrat-tagt-4711/"),
    ],
)
def test_a_title_is_made_of_the_first_words(body, title):
    made = record_of(title=" ", body=body).title
    assert made == title
    assert len(made) <= 80


def test_fields_that_are_taken_over():
    record = record_of(author=" Erika\u00a0Muster ", excerpt=True)
    assert record.author == "Erika Muster"
    assert record.excerpt
    assert (record.source, record.source_line, record.timezone) == ("hasepost", RULES.line, "Europe/Berlin")
    assert record_of(SourceRules(name="x")).source_line == "x"


# -- provenance -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "author", "agency"),
    [
        ("Text.\n\nQuelle: Mit Material der dts Nachrichtenagentur.", None, "dts"),
        ("Text. Quelle: Mit Material der dts Nachrichtenagentur. ✨ durch KI bearbeitet, .", None, "dts"),
        ("Text.\n\nQuelle: dpa\n\nMehr dazu morgen.", None, "dpa"),
        ("Text.\n\nQuelle: epd/KNA", "Redaktion", "epd"),
        ("Text.\n\nQuelle: Polizeiinspektion Osnabrück", None, "press"),
        ("Text.\n\nOriginal-Content von: Feuerwehr Musterstadt, übermittelt durch news aktuell", None, "press"),
        ("Berlin (dts Nachrichtenagentur) – Der Kanzler reist.", None, "dts"),
        ("## Kopf\n\nHannover/Osnabrück (dpa/lni) - Der Minister reist.", None, "dpa"),
        ("New York, 3. Dezember (Reuters) - Die Börse schließt.", None, "reuters"),
        ("Paris (AFP) Der Präsident reist.", None, "afp"),
        ("Osnabrück (ots) - Am Montag brannte es.", None, "press"),
        ("(KNA) Der Bischof reist.", None, "kna"),
        ("Er ging nach Hause. (red/dpa)", None, "dpa"),
        ("Text.", "dts Nachrichtenagentur", "dts"),
        ("Text.", "Erika Muster, dpa", "dpa"),
        ("Text.", "Polizei Osnabrück", "press"),
        ("Quelle: Mit Material der dts Nachrichtenagentur.", "AFP", "dts"),
        ("Die Agentur AFP meldet es. Laut dpa stimmt es.", None, None),
        ("Die Nachrichtenagentur (AFP) meldet es.", None, None),
        ("Wie die Deutsche Presse-Agentur (dpa) berichtet, stimmt es.", None, None),
        ("Text.\n\nAFP", None, None),
        ("Text.\n\nFoto: dpa\n\nBildquelle: AFP\n\n(Symbolbild: dpa)", None, None),
        ("Die Quelle: AFP sagt es.", None, None),
        ("Die Polizei sucht Zeugen.", "Polizeireporterin Muster", None),
        ("Adpa epdx.", "Apfel", None),
        ("", None, None),
    ],
)
def test_agency(body, author, agency):
    assert record_of(body=body, author=author).agency == agency


@pytest.mark.parametrize(
    ("body", "notice"),
    [
        ("T.\n\nQuelle: x. ✨ durch KI bearbeitet, 3. Dezember 2025 16:35.", AiNotice(date_local="2025-12-03T16:35")),
        ("T. Quelle: x. durch KI bearbeitet, 03.12.2025, 9:05 Uhr", AiNotice(date_local="2025-12-03T09:05")),
        ("T.\n\n✨ durch KI bearbeitet, .", AiNotice()),
        ("T.\n\n✨ Durch KI bearbeitet", AiNotice()),
        ("T.\n\nMit KI-Unterstützung erstellt, 3. Dezember 2025.", AiNotice(date_local="2025-12-03")),
        ("T.\n\n✨ durch KI bearbeitet, 33. Dezember 2025 16:35.\n\nErika Muster", AiNotice()),
        ("Das Foto wurde durch KI bearbeitet.", None),
        ("Durch KI bearbeitet wurden gestern drei Fotos.", None),
        ("3. Dezember 2025 16:35", None),
        ("", None),
    ],
)
def test_ai_notice(body, notice):
    assert record_of(body=body).ai_notice == notice


@pytest.mark.parametrize(
    "sentence",
    [
        "Dieser Text wurde mit Hilfe von KI erstellt.",
        "Dieser Artikel wurde mit Unterstützung künstlicher Intelligenz verfasst und von Hand geprüft.",
        "Hinweis: Mit KI-Unterstützung erstellt.",
        "Diese Meldung ist KI-generiert.",
        "Diese Zusammenfassung wurde von ChatGPT generiert.",
        "Der vorliegende Beitrag wurde maschinell mit DeepL übersetzt.",
    ],
)
def test_a_free_sentence_at_the_end_says_that_ai_worked_on_the_text(sentence):
    assert record_of(body=f"Im Rathaus wurde getagt.\n\n{sentence}").ai_notice == AiNotice()


@pytest.mark.parametrize(
    "sentence",
    [
        "Die Stadt hat einen Text mit KI erstellt.",
        "Dieses Bild wurde mit KI erstellt.",
        "Dieser Text wurde ohne KI erstellt.",
        "Dieser Bericht der Kommission warnt vor KI.",
        "Mit KI erstellte Bilder kursieren im Netz.",
    ],
)
def test_what_is_told_of_ai_is_no_notice(sentence):
    assert record_of(body=f"Im Rathaus wurde getagt.\n\n{sentence}").ai_notice is None


# -- edits ------------------------------------------------------------------------------------------------------------

BASE = record_of(
    body="Der Rat tagt.\n\nQuelle: dts. ✨ durch KI bearbeitet, .", categories=("Sport", "Aktuell", "Rat"), author="A"
)


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Stadtrat tagte"},
        {"body": "Der Rat tagte.\n\nQuelle: dts. ✨ durch KI bearbeitet, ."},
        {"body": "Der Rat tagt.\n\nQuelle: dts."},
        {"categories": ("Osnabrück",)},
        {"tags": ()},
        {"author": "B"},
        {"url_key": "https://hasepost.de/neu-4711"},
    ],
)
def test_edits(change):
    assert content_hash(replace(BASE, **change)) != content_hash(BASE)


@pytest.mark.parametrize(
    "change",
    [
        {"body": "Der Rat tagt.\n\nQuelle: dts. ✨ durch KI bearbeitet, 3. Dezember 2025 16:35."},
        {"body": "Der Rat tagt. Quelle: dts. durch KI bearbeitet, 4. Dezember 2025 8:00."},
        {"ai_notice": AiNotice(date_local="2025-12-03T16:35")},
        {"url": "http://www.hasepost.de/stadtrat-tagt-4711"},
        {"published_at": NOW, "published_at_from": "first_seen"},
        {"category": "Kultur"},
        {"categories": ("Aktuell", "Sport")},
        {"source_line": "x", "timezone": "UTC", "agency": None},
    ],
)
def test_no_edits(change):
    assert content_hash(replace(BASE, **change)) == content_hash(BASE)


def test_which_feed_shows_an_article_makes_no_edit():
    here, there = record_of(categories=("Handball",)), record_of(categories=("Handball",), feed_category="Kultur")
    assert here.category != there.category
    assert content_hash(here) == content_hash(there)
