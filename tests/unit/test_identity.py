"""Links: labelled pairs as data, and what must hold for any text."""

import csv
import hashlib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.timing import check_cpu_s
from worker.identity import CORE, MAX_SHOWN_CHARS, post_id, record_key, same_article, shown_url, url_key
from worker.model import SourceRules

CASES = Path(__file__).parents[1] / "cases"

# The values that the shipped configuration has for hasepost.de.
HASEPOST = SourceRules(
    name="hasepost",
    home="https://www.hasepost.de/",
    post_id_pattern=r"-(\d+)/?$",
    tracking_keys=(
        *("preview", "preview_id", "preview_nonce", "_thumbnail_id", "cpage", "print", "share", "nb", "like_comment"),
        *("m=pc", "a=page_*"),
    ),
    mobile_hosts=("m", "mobil", "mobile", "amp"),
    view_segments=("embed", "print", "drucken", "druckversion", "druckansicht", "trackback", "comment-page-*"),
    redirectors=(
        *("www.google.com/url?url", "www.google.com/url?q", "www.google.de/url?url", "www.google.de/url?q"),
        *("l.facebook.com/l.php?u", "lm.facebook.com/l.php?u", "www.facebook.com/l.php?u", "l.instagram.com/?u"),
    ),
)


def decoded(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\u0308", "\u0308")


def labelled_pairs() -> list[tuple[str, str, bool, SourceRules]]:
    found = []
    for name in ("urls.tsv", "urls-more.tsv"):
        with (CASES / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                pair = decoded(row["url_a"]), decoded(row["url_b"]), row["expect"] == "same"
                if row["tier"] in ("core", "only-core"):
                    found.append((*pair, CORE))
                if row["tier"] in ("core", "site"):
                    found.append((*pair, HASEPOST))
    return found


@pytest.mark.parametrize(("url_a", "url_b", "same", "rules"), labelled_pairs())
def test_labelled_pair(url_a: str, url_b: str, same: bool, rules: SourceRules) -> None:
    assert same_article(url_a, url_b, rules) is same
    assert same_article(url_b, url_a, rules) is same


PIECES = st.sampled_from(
    [
        *(
            "http:",
            "https:",
            "//",
            "/",
            "\\",
            "www.",
            "m.",
            "x.de",
            "münchen.de",
            "mu\u0308",
            "ß",
            "[::1]",
            ":443",
            ":80",
            ":",
        ),
        *(
            "?",
            "&",
            "&amp;",
            "&#038;",
            "=",
            ";",
            "#",
            "#!",
            "#/",
            "@",
            "+",
            " ",
            "\n",
            ".",
            "..",
            "%",
            "%2",
            "%2F",
            "%2e",
        ),
        *(
            "%FC",
            "%C3%BC",
            "u%CC%88",
            "%25",
            "%26amp;",
            "%61mp;",
            "amp",
            "/amp/",
            "embed",
            "utm_source",
            "id",
            "sid",
            "ref",
        ),
        *("www.google.com/url?url=", ";jsessionid=1", "\ud800", "\u3002", "\u2026", "😀", "a", "1", "_", "-", "p=7"),
    ]
)
LINKS = (
    st.lists(PIECES, max_size=14).map("".join)
    | st.text(max_size=60)
    | st.text(max_size=40).map("https://x.de/".__add__)
)


@given(LINKS)
@example("https://x.de/?a&%61mp;b")
@example("https://www.google.com/url?url=" * 12)
@example("https://x.de:443:443/")
@example("https://x.de/\u0308?\u0308=\u0308#!\u0308")
def test_url_key_is_idempotent_and_never_raises(url: str) -> None:
    for rules in (CORE, HASEPOST):
        key = url_key(url, rules)
        assert url_key(key, rules) == key
        assert len(record_key(key)) == 16


@given(LINKS)
def test_shown_url_is_a_link_to_the_same_article(url: str) -> None:
    for rules in (CORE, HASEPOST):
        shown = shown_url(url, rules)
        assert len(shown) <= MAX_SHOWN_CHARS
        assert shown == "" or shown.startswith(("http://", "https://"))
        assert shown.split() == ([shown] if shown else [])
        post_id(url, shown, rules)
        if shown and "\\" not in url:
            assert url_key(shown, rules) == url_key(url, rules)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://www.hasepost.de/a-1/", "https://www.hasepost.de/a-1/"),
        ("http://hasepost.de/a-1", "http://hasepost.de/a-1"),
        ("//www.hasepost.de/a-1/", "https://www.hasepost.de/a-1/"),
        ("https://x.de/A?utm_source=rss&b=2&a=1&fbclid=x#c", "https://x.de/A?b=2&a=1"),
        ("https://x.de/?utm_source=rss", "https://x.de/"),
        ("https://user:pw@x.de/a", "https://x.de/a"),
        ("https://x.de/#!/a?b", "https://x.de/#!/a?b"),
        (" https://x.de/über uns ", "https://x.de/über%20uns"),
        ("https://x.de/a?b=1&amp;c=2", "https://x.de/a?b=1&c=2"),
        ("https://x.de/\u202egpj.a", "https://x.de/%E2%80%AEgpj.a"),
        ("https://x.de/a/amp/", "https://x.de/a/amp/"),
        ("https://x.de/" + "a" * 3000, "https://x.de/" + "a" * (MAX_SHOWN_CHARS - 13)),
        ("https://x.de/a?b=" + "1" * 3000, "https://x.de/a"),
        ("javascript:alert(1)", ""),
        ("mailto:a@x.de", ""),
        ("", ""),
    ],
)
def test_shown_url(url: str, shown: str) -> None:
    assert shown_url(url) == shown


def test_shown_url_is_the_article_behind_a_redirector() -> None:
    assert shown_url("https://www.google.com/url?url=https://x.de/a/&ct=ga", HASEPOST) == "https://x.de/a/"


@pytest.mark.parametrize(
    ("guid", "url", "expected"),
    [
        ("https://www.hasepost.de/?p=664206", "https://www.hasepost.de/neu-1/", "664206"),
        ("http://hasepost.de/?p=664206", "", "664206"),
        ("https://www.hasepost.de/?post_type=podcast&#038;p=7", "", "7"),
        ("https://www.hasepost.de/?page_id=7", "", "7"),
        ("https://www.hasepost.de/index.php?p=7", "", "7"),
        ("https://www.hasepost.de/?p=664206#comment-1", "", None),
        ("https://www.hasepost.de/?p=abc", "", None),
        ("https://www.hasepost.de/?p=0", "", None),
        ("https://www.hasepost.de/?cat=3&p=7", "", None),
        ("https://www.hasepost.de/blog/?p=7", "", "hasepost.de/blog:7"),
        ("https://www.noz.de/?p=7", "", "noz.de:7"),
        ("https://forum.noz.de/viewtopic.php?p=7", "", None),
        ("https://test.hasepost.de/?p=664206", "https://www.hasepost.de/a-664206/", "664206"),
        ("664206", "", None),
        ("tag:hasepost.de,2025:664206", "", None),
        ("a-664206", "https://www.hasepost.de/a-664206/", "664206"),
        ("", "https://hasepost.de/a-664206", "664206"),
        ("", "https://m.hasepost.de/a-664206/?utm_source=x#y", "664206"),
        ("", "https://www.hasepost.de/a-16739-16739/", "16739"),
        ("", "https://www.hasepost.de/a-664206/embed/", "664206"),
        ("", "https://www.hasepost.de/?p=664206", "664206"),
        ("", "https://www.noz.de/a-664206/", None),
        ("", "https://www.noz.de/?p=664206", None),
        ("", "https://www.hasepost.de/impressum/", None),
        ("", "", None),
        ("", "https://www.hasepost.de/a-" + "9" * 40, None),
    ],
)
def test_post_id(guid: str, url: str, expected: str | None) -> None:
    assert post_id(guid, url, HASEPOST) == expected


def test_post_id_of_two_blogs_on_one_host_never_meets() -> None:
    news = SourceRules(home="https://x.de/news/", post_id_pattern=r"-(\d+)/?$")
    assert post_id("https://x.de/news/?p=5", "", news) == "5"
    assert post_id("https://x.de/sport/?p=5", "", news) == "x.de/sport:5"
    assert post_id("", "https://x.de/news/a-5/", news) == "5"
    assert post_id("", "https://x.de/sport/a-5/", news) is None


def test_post_id_without_a_home_names_the_host() -> None:
    anywhere = SourceRules(post_id_pattern=r"-(\d+)/?$")
    assert post_id("", "https://www.x.de/a-5/", anywhere) == "x.de:5"
    assert post_id("https://x.de/?p=5", "", anywhere) == "x.de:5"
    assert not same_article("https://x.de/a-5", "https://y.de/a-5", anywhere)


def test_two_posts_on_a_site_without_a_pattern_are_two() -> None:
    rules = SourceRules(home="https://x.de/")
    assert post_id("", "https://x.de/silvester-2025/", rules) is None
    assert not same_article("https://x.de/silvester-2025/", "https://x.de/rueckblick-2025/", rules)


def test_record_key_is_the_start_of_the_hash() -> None:
    assert record_key("https://x.de/a") == hashlib.sha256(b"https://x.de/a").hexdigest()[:16]
    assert record_key("https://x.de/a") != record_key("https://x.de/b")


@pytest.mark.parametrize(
    "piece",
    ["/", "&a=1", "%", "amp;", "../", "a.", "&amp;", "?", "#", ";jsessionid=", "ü", "@", " ", "\u0308\u0323", "%CC%88"],
)
def test_long_links_are_fast(piece: str) -> None:
    for length in (8_000, 1_000_000):
        url = "https://x.de/?" + piece * (length // len(piece))
        for link in (url, url.replace("/?", "/"), "https://" + url[14:]):
            check_cpu_s(2, lambda link=link: names(link))  # measured: under 1 s; quadratic work takes minutes


def names(link: str) -> tuple[object, ...]:
    return url_key(link, HASEPOST), shown_url(link, HASEPOST), post_id(link, link, HASEPOST)


@pytest.mark.parametrize("chars", [100, 3000, 9000])
def test_a_key_fits_into_an_index_and_tells_long_links_apart(chars: int) -> None:
    one, two = (f"https://x.de/l/?data={'a' * chars}{end}" for end in "xy")
    assert url_key(one) != url_key(two)
    assert url_key(one) == url_key(url_key(one)) == url_key(one)
    assert len(url_key(one).encode()) <= 2000
