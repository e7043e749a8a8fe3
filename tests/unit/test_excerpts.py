"""fields: which texts are taken for excerpts, so that the article's page is asked for the whole one."""

import pytest

from worker.fields import Fields, to_entry
from worker.model import Entry, Evidence, SourceRules

LONG = "Ein langer Satz, der den ganzen Artikel enthält. " * 20


def read(**given: object) -> Entry:
    fields = Fields(link="https://x.example/a", title="T", **given)  # type: ignore[arg-type]
    entry = to_entry(fields, digest="d", evidence=Evidence(kind="fields", body=b""), rules=SourceRules())
    assert entry is not None
    return entry


@pytest.mark.parametrize(
    "given",
    [
        {"summary": f"<p>{LONG} [&#8230;]</p>"},
        {"summary": f"<p>{LONG} [...]</p>\n<p>Der Beitrag <a>T</a> erschien zuerst auf <a>X</a>.</p>"},
        {"summary": f"{LONG} <a href='/a'>Weiterlesen &raquo;</a>"},
        {"summary": "Kurz und knapp."},
        {"content": f"<p>{LONG} [&hellip;]</p>", "full": True},
        {"content": f"<p>{LONG}</p><p><a href='/a'>Weiterlesen</a></p>", "full": True},
    ],
)
def test_a_text_that_was_cut_is_an_excerpt(given: dict[str, object]) -> None:
    assert read(**given).excerpt


@pytest.mark.parametrize(
    "given",
    [
        {"summary": LONG},
        {"summary": f"{LONG}<p>Der Beitrag <a>T</a> erschien zuerst auf <a>X</a>.</p>"},
        {"content": "<p>Kurz und knapp.</p>", "full": True},
        {"content": f"<p>{LONG} Und dann …</p>", "full": True},
        {"content": f"<p>{LONG} Man kann hier weiterlesen.</p>", "full": True},
    ],
)
def test_a_whole_text_is_none(given: dict[str, object]) -> None:
    assert not read(**given).excerpt
