"""genuine: which page is the article's, and whose text may stand in the archive."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from worker.genuine import doubt
from worker.model import ArticlePage as Page
from worker.model import Record, SourceRules

RULES = SourceRules(name="stadtblatt", home="https://www.stadtblatt.example/", post_id_pattern=r"-(\d+)/$")
URL = "https://www.stadtblatt.example/rat-berät-haushalt-7/"
SENTENCES = [
    "Der Rat der Stadt hat am Dienstagabend über den Haushalt des kommenden Jahres beraten.",
    "Die Verwaltung rechnet mit einem Fehlbetrag von zwölf Millionen Euro.",
    "Vor allem die Sanierung der Schulen kostet mehr als geplant, sagte die Kämmerin.",
    "Die Fraktionen wollen ihre Anträge bis zur nächsten Sitzung vorlegen.",
    "Entschieden wird im Februar, nach einer Anhörung der Ortsräte.",
]
FULL = "\n\n".join(SENTENCES)
RECORD = Record(
    url=URL,
    url_key="https://stadtblatt.example/rat-berät-haushalt-7",
    post_id="7",
    title="Rat berät über den Haushalt",
    published_at=datetime(2025, 12, 3, tzinfo=UTC),
    body=f"{SENTENCES[0]} {SENTENCES[1][:30]} […]",
    excerpt=True,
)
PAGE = Page(
    url=URL,
    canonical=URL,
    short_url="https://www.stadtblatt.example/?p=7",
    titles=("Rat berät über den Haushalt",),
    body=FULL,
)
NAMELESS = replace(PAGE, canonical="", short_url="", url="https://www.stadtblatt.example/x/")
COOKIES = (
    "Wir und unsere Partner verwenden Cookies und Tracking, um Werbung zu personalisieren. Mit Ihrer Einwilligung"
    " verarbeiten wir personenbezogene Daten. Sie können zustimmen oder ablehnen; Einzelheiten stehen in der"
    " Datenschutzerklärung und in den Einstellungen. Akzeptieren. Widerruf jederzeit möglich."
)


@pytest.mark.parametrize(
    "page",
    [
        PAGE,
        replace(PAGE, canonical="", short_url=""),
        replace(PAGE, titles=("Stadtblatt",)),
        replace(PAGE, signs=("noindex", "login")),
        replace(NAMELESS, titles=("Anderer Titel",)),
        replace(PAGE, body=f"{FULL}\n\nJetzt unseren Newsletter abonnieren!"),
    ],
    ids=["plain", "nameless", "by post id", "with a login box", "by its text alone", "with a newsletter"],
)
def test_the_article_is_taken(page: Page) -> None:
    assert doubt(page, RECORD, RULES) == ""


def test_a_manual_excerpt_need_not_be_part_of_the_text() -> None:
    record = replace(RECORD, body="Worum es heute Abend ging.")
    assert doubt(PAGE, record, RULES) == ""


def test_a_short_article_is_complete_when_the_page_says_no_more() -> None:
    record = replace(RECORD, body=SENTENCES[0])
    assert doubt(replace(PAGE, body=SENTENCES[0]), record, RULES) == ""


def test_an_article_about_cookies_is_no_cookie_wall() -> None:
    record = replace(RECORD, body=f"{COOKIES[:200]} […]")
    assert doubt(replace(PAGE, body=f"{COOKIES} {COOKIES[::-1]}"), record, RULES) == ""


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (replace(PAGE, body=COOKIES), "cookie"),
        (replace(NAMELESS, titles=("Datenschutz",), body=COOKIES), "cookie"),
        (replace(PAGE, signs=("challenge",)), "challenge"),
        (replace(PAGE, signs=("paid",)), "paywall"),
        (
            replace(
                PAGE, body=f"{SENTENCES[0]} {SENTENCES[1]}\n\nWeiterlesen mit dem Digital-Abo\n\nBereits Abonnent?"
            ),
            "paywall",
        ),
        (replace(PAGE, body=f"{SENTENCES[0]} Der Rest.\n\nJetzt anmelden und sofort weiterlesen"), "paywall"),
        (replace(PAGE, body=RECORD.body), "no longer"),
        (replace(PAGE, body=SENTENCES[0][:60]), "no longer"),
        (replace(PAGE, body=""), "without text"),
        (replace(PAGE, canonical="https://www.stadtblatt.example/", short_url=""), "canonical"),
        (
            replace(NAMELESS, titles=("Seite nicht gefunden",), body="Leider gibt es hier nichts zu sehen. " * 9),
            "error",
        ),
        (replace(NAMELESS, titles=("Wartungsarbeiten",), body="Wir sind gleich zurück. " * 20), "error"),
        (replace(NAMELESS, titles=("Anmeldung",), body="Bitte anmelden.", signs=("login",)), "log in"),
        (replace(NAMELESS, titles=("Impressum",), body="Verantwortlich ist die Redaktion. " * 20), "another page"),
        (replace(NAMELESS, body="x " * 300, signs=("noindex",)), "not to be indexed"),
    ],
)
def test_anything_else_is_not(page: Page, why: str) -> None:
    assert why in doubt(page, RECORD, RULES)
