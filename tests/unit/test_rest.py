"""rest: posts of WordPress's REST interface as entries, and that nothing but ParseError comes out of any JSON."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wordpress import WordPressSite
from worker.errors import NotAFeed, ParseError, TooMuch
from worker.model import Entry, ParsedFeed, Shown, SourceRules
from worker.normalise import normalise
from worker.parse import parse_evidence
from worker.rest import parse_posts

URL = "https://www.stadtblatt.example/wp-json/wp/v2/posts?_embed=1"
RULES = SourceRules(name="stadtblatt", home="https://www.stadtblatt.example/", categories=("Osnabrück",))
POST: dict[str, Any] = {
    "id": 664206,
    "date": "2025-10-26T02:30:00",
    "date_gmt": "2025-10-26T01:30:00",
    "modified": "2025-10-26T09:00:05",
    "modified_gmt": "2025-10-26T08:00:05",
    "guid": {"rendered": "https://www.stadtblatt.example/?p=664206"},
    "link": "https://www.stadtblatt.example/umsatz-664206/",
    "status": "publish",
    "title": {"rendered": "M&uuml;ller &#038; Söhne: Umsatz < 5 % > Vorjahr"},
    "content": {"rendered": "<p>Ein Satz ✨.</p>\n<h2>Mehr</h2><p>Noch einer.</p>", "protected": False},
    "excerpt": {"rendered": "<p>Ein Satz [&hellip;]</p>"},
    "_embedded": {
        "author": [{"name": "Eva Beispiel", "avatar_urls": {"24": "x"}}],
        "wp:term": [
            [{"name": "Wirtschaft &amp; Geld", "taxonomy": "category"}],
            [{"name": "Schuhe", "taxonomy": "post_tag"}, {"name": "Serie", "taxonomy": "serien"}],
        ],
    },
}


def read(data: object, known: tuple[Shown, ...] = ()) -> ParsedFeed:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return parse_posts(body, url=URL, headers={}, rules=RULES, known={one.digest: one for one in known})


def one(**changes: object) -> Entry:
    [entry] = read([POST | changes]).entries
    return entry


def test_a_post_says_more_than_a_feed_does() -> None:
    entry = one()
    assert entry.title == "Müller & Söhne: Umsatz < 5 % > Vorjahr"
    assert entry.body == "Ein Satz ✨.\n\n## Mehr\n\nNoch einer."
    assert entry.categories == ("Wirtschaft & Geld",)
    assert entry.tags == ("Schuhe",)
    assert entry.author == "Eva Beispiel"
    assert entry.published_at == datetime(2025, 10, 26, 1, 30, tzinfo=UTC), "the second half past two of that night"
    assert entry.updated_at == datetime(2025, 10, 26, 8, 0, 5, tzinfo=UTC)
    assert entry.guid == "https://www.stadtblatt.example/?p=664206"
    assert not entry.excerpt
    assert entry.evidence.kind == "rest"


def test_tags_stay_apart_in_the_record() -> None:
    record = normalise(one(), RULES, now=datetime(2025, 10, 27, tzinfo=UTC))
    assert (record.category, record.categories, record.tags) == (
        "Wirtschaft & Geld",
        ("Wirtschaft & Geld",),
        ("Schuhe",),
    )
    assert record.post_id == "664206"


def test_without_embed_nothing_is_known_of_terms() -> None:
    assert one(_embedded=None).tags is None
    assert one(_embedded={"wp:term": [[], []]}).tags == ()


def test_fields_left_out_leave_the_address_and_the_times() -> None:
    short = {name: POST[name] for name in ("id", "link", "modified_gmt")}
    [entry] = read([short]).entries
    assert (entry.url, entry.title, entry.body) == (POST["link"], "", "")
    assert entry.updated_at == datetime(2025, 10, 26, 8, 0, 5, tzinfo=UTC)
    assert entry.guid == "https://www.stadtblatt.example/?p=664206"


def test_a_local_time_is_on_the_sites_clock() -> None:
    assert one(date_gmt=None, date="2025-07-01T12:00:00").published_at == datetime(2025, 7, 1, 10, tzinfo=UTC)


def test_a_single_post_is_a_list_of_one() -> None:
    assert read(POST).entries == read([POST]).entries


def test_known_posts_are_not_read_again() -> None:
    first = read([POST])
    again = read([POST, POST | {"id": 2, "link": "https://www.stadtblatt.example/b-2/"}], known=first.shown)
    assert again.shown[0] == first.shown[0]
    assert [entry.url for entry in again.entries] == ["https://www.stadtblatt.example/b-2/"]


def test_what_changes_with_the_request_is_no_change() -> None:
    noisy = POST | {"_links": {"self": [{"href": "x?nonce=1"}]}, "views": 7}
    assert read([noisy]).shown == read([POST]).shown


def test_evidence_reads_alike() -> None:
    entry = one()
    assert parse_evidence(entry.evidence, RULES) == entry


def test_a_protected_post_has_its_excerpt() -> None:
    entry = one(content={"rendered": "", "protected": True})
    assert (entry.body, entry.excerpt) == ("Ein Satz […]", True)


def test_what_is_no_post_is_listed_and_costs_nobody_else() -> None:
    parsed = read([7, {"id": True}, POST | {"status": "draft"}, {"id": 3, "title": [[]]}, POST])
    assert len(parsed.entries) == 2, "a post that has its id only still has its short address"
    assert [fault.partition(":")[0] for fault in parsed.skipped] == ["post 1", "post 2", "post 3"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", NotAFeed),
        (b"<html>", NotAFeed),
        (b"{}", NotAFeed),
        (b'{"code": "rest_forbidden", "message": "no"}', NotAFeed),
        (b'{"version": "https://jsonfeed.org/version/1", "items": []}', NotAFeed),
        (b"[" * 100_000, TooMuch),
        (b'[{"id": ' + b"9" * 10_000 + b"}]", NotAFeed),
    ],
)
def test_other_json_is_refused_in_words(body: bytes, error: type[ParseError]) -> None:
    with pytest.raises(error):
        read(body)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(POST)), inner, max_size=4),
    max_leaves=12,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(POST, ANYTHING)))
def test_wrong_types_are_never_more_than_faults(changes: dict[str, object]) -> None:
    parsed = read([POST | changes])
    assert len(parsed.entries) + len(parsed.skipped) == 1


def test_the_site_is_read() -> None:
    with WordPressSite(public_url="https://www.stadtblatt.example") as site:
        site.publish("Titel & mehr", "<p>Text</p>", categories=["Sport"], tags=["Fußball"])
        answer = site.answer("GET", "/wp-json/wp/v2/posts?_embed=1", {})
    body = answer.body.encode() if isinstance(answer.body, str) else answer.body
    [entry] = read(body).entries
    assert (entry.title, entry.categories, entry.tags) == ("Titel & mehr", ("Sport",), ("Fußball",))
