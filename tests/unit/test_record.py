"""The record format, written and read: every byte counts."""

import json
import pickle
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker import record as records
from worker.errors import RecordFormatError
from worker.model import AiNotice, FiledRecord, Record

SAMPLE = (Path(__file__).parents[1] / "cases" / "sample.txt").read_text(encoding="utf-8")

ARTICLE = Record(
    url="https://www.example.org/stadtrat-tagt-4711/",
    url_key="https://example.org/stadtrat-tagt-4711",
    post_id="4711",
    title="Stadtrat tagt: „Es geht voran“",
    published_at=datetime(2025, 7, 3, 22, 5, 59, 999, tzinfo=UTC),
    category="Osnabrück",
    categories=("Osnabrück", "Aktuell"),
    tags=("Rat",),
    author="Erika Muster",
    body="Erster Absatz.\nNeue Zeile.\n\n## Kopf\n\n- eins\n  - zwei\n\n> Zitat",
    agency="dts",
    ai_notice=AiNotice(date_local=None),
    source="example",
    source_line="Beispiel - Die Zeitung",
)
FILED = FiledRecord(
    id=7,
    key="0123456789abcdef",
    record=ARTICLE,
    former_urls=("https://www.example.org/alt-4711/",),
    feeds=("https://www.example.org/feed/",),
    first_seen_at=datetime(2025, 7, 3, 22, 7, 1, 5, tzinfo=UTC),
    revision=3,
    day_local="2025/07/04",
)
LINE = (
    "# Stadtrat tagt: „Es geht voran“ Datum: 04.07.2025 00:05 Kategorie: Osnabrück"
    " URL: https://www.example.org/stadtrat-tagt-4711/ --- Erster Absatz. Neue Zeile. ## Kopf - eins - zwei > Zitat"
    " --- Quelle: Beispiel - Die Zeitung"
)
PAGE = """\
# Stadtrat tagt: „Es geht voran“
Datum: 04.07.2025 00:05
Kategorie: Osnabrück
URL: https://www.example.org/stadtrat-tagt-4711/
---
Erster Absatz.
Neue Zeile.

## Kopf

- eins
  - zwei

> Zitat
---
Quelle: Beispiel - Die Zeitung"""


def test_line_and_page():
    assert records.write_line(ARTICLE) == LINE
    assert records.write_page(ARTICLE) == PAGE
    assert " ".join(PAGE.split()) == LINE


def test_without_text():
    empty = replace(ARTICLE, body="")
    assert "/ --- --- Quelle: Beispiel" in records.write_line(empty)
    assert "/\n---\n---\nQuelle: Beispiel" in records.write_page(empty)
    assert records.read_line(records.write_line(empty)).body == ""


def test_sample_is_read_and_written():
    line = records.read_line(SAMPLE)
    assert line.title == "Rutte: Nato hält Druck auf Russland für Ukraine hoch"
    assert line.published_local == datetime(2025, 12, 3, 16, 35)
    assert line.category == "Deutschland & die Welt"
    assert line.url.endswith("-664206/")
    assert line.body.startswith("Nach Gesprächen")
    assert line.body.endswith("3. Dezember 2025 16:35.")
    assert line.source_line == "Hasepost.de - Die Zeitung für Osnabrück"
    assert records.write(line) == SAMPLE


def test_a_collapsed_body_gives_the_same_line():
    assert records.read_line(LINE) == records.line_of(ARTICLE)
    assert records.write_line(replace(ARTICLE, body=records.read_line(LINE).body)) == LINE


HEAD = " Datum: 01.02.2024 03:04 Kategorie: K URL: https://x.de/a --- "
ODD_LINES = {
    "mark in the title": ("# A --- B" + HEAD + "T --- Quelle: Q", "A --- B", "T"),
    "mark in the body": ("# A" + HEAD + "T --- U --- Quelle: Q", "A", "T --- U"),
    "source in the body": ("# A" + HEAD + "T --- Quelle: X --- Quelle: Q", "A", "T --- Quelle: X"),
    "source of its own": ("# A" + HEAD + "T. Quelle: dpa. --- Quelle: Q", "A", "T. Quelle: dpa."),
    "body of marks": ("# A" + HEAD + "--- --- --- Quelle: Q", "A", "--- ---"),
    "no body": ("# A" + HEAD + "--- Quelle: Q", "A", ""),
    "no title": ("#" + HEAD + "T --- Quelle: Q", "", "T"),
    "no source": ("# A" + HEAD + "T --- Quelle:", "A", "T"),
    "hash in the title": ("# # A" + HEAD + "T --- Quelle: Q", "# A", "T"),
    "address in the body": ("# A" + HEAD + "T URL: https://y.de --- U --- Quelle: Q", "A", "T URL: https://y.de --- U"),
    "no date in the title": ("# A Datum: 99.99.2024 03:04 Kategorie: X" + HEAD + "T --- Quelle: Q", None, "T"),
    "decomposed and invisible": ("# u\u0308 \u00ad" + HEAD + "T\u200b --- Quelle: Q", "u\u0308 \u00ad", "T\u200b"),
}


@pytest.mark.parametrize(("line", "title", "body"), ODD_LINES.values(), ids=ODD_LINES.keys())
def test_odd_lines_keep_their_bytes(line, title, body):
    read = records.read_line(line)
    assert records.write(read) == line
    assert read.body == body
    if title is not None:
        assert read.title == title


def test_title_that_looks_like_a_header():
    odd = replace(ARTICLE, title="Neu Datum: 01.01.2020 00:00 Kategorie: X")
    line = records.write_line(odd)
    assert records.write(records.read_line(line)) == line


def test_no_category():
    line = "# A Datum: 01.02.2024 03:04 Kategorie: URL: https://x.de/a --- T --- Quelle: Q"
    assert records.read_line(line).category == ""
    assert records.write(records.read_line(line)) == line


def test_a_page_and_a_mark_at_the_beginning_are_read():
    assert records.read_line("\ufeff" + PAGE + "\r\n") == records.line_of(ARTICLE)


WORDS = st.lists(
    st.sampled_from(
        ["a", "---", "Quelle:", "Datum:", "URL:", "https://x.de/", "Kategorie:", "01.02.2024", "03:04", "#"]
    )
    | st.text(min_size=1, max_size=5),
    max_size=12,
).map(" ".join)


@given(WORDS, WORDS, WORDS, WORDS)
def test_whatever_is_read_is_written_again(title, category, body, source_line):
    line = records.write_line(replace(ARTICLE, title=title, category=category, body=body, source_line=source_line))
    assert line == " ".join(line.split())
    try:
        read = records.read_line(line)
    except RecordFormatError as error:
        pytest.fail(str(error))
    assert records.write(read) == line


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "'# '"),
        ("Titel", "'# '"),
        ("# A Datum: 1.2.2024 Kategorie: K URL: u --- T --- Quelle: Q", "Datum"),
        ("# A Datum: 31.02.2024 10:00 Kategorie: K URL: u --- T --- Quelle: Q", "31.02.2024"),
        ("# A Datum: 01.02.2024 10:00 Kategorie: K --- T --- Quelle: Q", "URL"),
        ("# A Datum: 01.02.2024 10:00 Kategorie: K URL: u --- T", "Quelle"),
        ("# A\n" * 1000, "Datum"),
    ],
)
def test_what_is_no_record_line(line, reason):
    with pytest.raises(RecordFormatError, match=reason) as caught:
        records.read_line(line)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_json_has_its_keys_in_order():
    assert list(records.to_json(FILED).items()) == [
        ("key", "0123456789abcdef"),
        ("url", "https://www.example.org/stadtrat-tagt-4711/"),
        ("former_urls", ["https://www.example.org/alt-4711/"]),
        ("title", "Stadtrat tagt: „Es geht voran“"),
        ("published_at", "2025-07-03T22:05:59Z"),
        ("published_at_from", "feed"),
        ("category", "Osnabrück"),
        ("categories", ["Osnabrück", "Aktuell"]),
        ("tags", ["Rat"]),
        ("author", "Erika Muster"),
        ("body", ARTICLE.body),
        ("agency", "dts"),
        ("ai_notice", {"date": None}),
        ("source", "example"),
        ("feeds", ["https://www.example.org/feed/"]),
        ("first_seen_at", "2025-07-03T22:07:01Z"),
        ("revision", 3),
        ("record", LINE),
    ]


@pytest.mark.parametrize(
    "record",
    [
        ARTICLE,
        replace(ARTICLE, timezone="UTC"),
        replace(ARTICLE, timezone="America/New_York"),
        replace(ARTICLE, author=None, agency=None, ai_notice=None, tags=(), body="", published_at_from="first_seen"),
        replace(ARTICLE, ai_notice=AiNotice(date_local="2025-12-03T16:35"), source_line=""),
        replace(ARTICLE, published_at=datetime(2025, 10, 26, 0, 30, tzinfo=UTC)),
        replace(ARTICLE, published_at=datetime(2025, 10, 26, 1, 30, tzinfo=UTC)),
    ],
)
def test_json_and_back(record):
    data = records.to_json(replace(FILED, record=record))
    back = records.from_json(json.loads(json.dumps(data)))
    assert records.to_json(back) == data
    assert back.record.source_line == record.source_line
    assert back.id == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"title": 5}, "title: a string"),
        ({"title": "a\0"}, "title: it holds NUL"),
        ({"key": "x"}, "key: 16 hex"),
        ({"published_at": "gestern"}, "published_at: a time"),
        ({"published_at": "2025-07-03T22:05:59"}, "published_at: a time"),
        ({"published_at": "2025-07-03T22:15:59Z"}, "Datum"),
        ({"published_at_from": "x"}, "feed or first_seen"),
        ({"tags": "x"}, "tags: a list"),
        ({"tags": [None]}, "tags: a string"),
        ({"ai_notice": []}, "ai_notice"),
        ({"ai_notice": {"date": 5}}, "date: a string"),
        ({"revision": True}, "revision"),
        ({"revision": 0}, "revision"),
        ({"record": "x"}, "no record line"),
    ],
)
def test_json_that_is_not_ours(change, reason):
    with pytest.raises(RecordFormatError, match=reason) as caught:
        records.from_json(records.to_json(FILED) | change)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", list(records.to_json(FILED)))
def test_json_without_a_field(name):
    data = records.to_json(FILED)
    del data[name]
    with pytest.raises(RecordFormatError, match="missing"):
        records.from_json(data)
