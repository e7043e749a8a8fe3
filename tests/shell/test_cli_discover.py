"""`feedwacht feeds discover`, and the look that `feeds add` takes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.shell.desk import Desk, publish
from tests.wordpress import WordPressSite

FRESH = timedelta(minutes=50)


@pytest.fixture
def town(desk: Desk, site: WordPressSite) -> Desk:
    """Two rubrics beside the one that all articles of the site are in, one of them with `&`."""
    now = datetime.now(UTC).replace(microsecond=0)
    for number, name in enumerate(("Kultur & Kino", "Sport", "Sport")):
        at = now - FRESH + timedelta(minutes=number)
        site.publish(f"{name} {number}", "<p>Ein Absatz.</p>", categories=[name], at=at)
    return desk


def feeds_of(data: Any) -> dict[str, dict[str, Any]]:
    return {one["url"].partition("//")[2].partition("/")[2]: one for one in data["feeds"]}


def test_a_sites_feeds_are_listed_once_each(town: Desk, site: WordPressSite) -> None:
    data: Any = town.json("feeds", "discover", site.url)
    found = feeds_of(data)
    assert (data["home"], data["source"]) == (f"{site.url}/", "hasepost")
    main = found["feed/"]
    assert (main["kind"], main["entries"], main["text"], main["watched"]) == ("feed", 10, "full", 1)
    assert {f"{site.url}/feed/atom/", f"{site.url}/?feed=rss2"} <= set(main["also"])
    assert found["comments/feed/"]["kind"] == "comments"
    assert found["category/sport/feed/"]["entries"] == 2
    assert found["category/kultur-kino/feed/"]["category"] == "Kultur & Kino"
    assert len(data["feeds"]) == len({one["url"] for one in data["feeds"]})


def test_without_the_rest_interface_the_pages_links_tell_the_categories(town: Desk, site: WordPressSite) -> None:
    site.rest = False
    found = feeds_of(town.json("feeds", "discover", site.url))
    assert found["category/sport/feed/"]["category"] == "Sport"


def test_a_bare_name_a_page_and_a_feed_lead_to_the_same_feeds(town: Desk, site: WordPressSite) -> None:
    bare = site.url.removeprefix("http://")
    article = site.link(site.visible()[0])
    found = [
        set(feeds_of(town.json("feeds", "discover", address)))
        for address in (bare, f"{site.url}/", f"{site.url}/category/sport/feed/")
    ]
    assert found[0] == found[1] == found[2]
    assert found[0] <= set(feeds_of(town.json("feeds", "discover", article)))


def test_feeds_are_added_by_their_numbers(town: Desk, site: WordPressSite) -> None:
    found = feeds_of(town.json("feeds", "discover", site.url))
    numbers = [str(found[name]["number"]) for name in ("category/sport/feed/", "category/kultur-kino/feed/")]
    said = town.run("feeds", "discover", site.url, "--add", ",".join(numbers)).stderr
    assert "is polled from now on" in said
    listed: Any = town.json("feeds", "list")
    assert [(one["url"].removeprefix(site.url), one["category"]) for one in listed[1:]] == [
        ("/category/sport/feed/", "Sport"),
        ("/category/kultur-kino/feed/", "Kultur & Kino"),
    ]
    again = town.run("feeds", "discover", site.url, "--add", numbers[0], exit_code=2)
    assert "polled already (feed 2)" in again.stderr


def test_all_are_those_that_carry_articles_and_are_new(town: Desk, site: WordPressSite) -> None:
    town.run("feeds", "discover", site.url, "--all")
    listed: Any = town.json("feeds", "list")
    assert {one["url"].removeprefix(site.url) for one in listed} == {
        *("/feed/", "/category/sport/feed/", "/category/kultur-kino/feed/", "/category/allgemein/feed/")
    }


@pytest.mark.parametrize("number", ["0", "99", "x", "-1"])
def test_numbers_that_are_not_in_the_list(town: Desk, site: WordPressSite, number: str) -> None:
    assert "there is no number" in town.run("feeds", "discover", site.url, f"--add={number}", exit_code=2).stderr


def test_a_feed_of_comments_is_told_and_never_added(town: Desk, site: WordPressSite) -> None:
    number = feeds_of(town.json("feeds", "discover", site.url))["comments/feed/"]["number"]
    assert "comments" in town.run("feeds", "discover", site.url, "--add", str(number), exit_code=2).stderr


def test_nothing_is_asked_or_added_without_a_terminal(town: Desk, site: WordPressSite) -> None:
    town.run("feeds", "discover", site.url, stdin="1 2 3\n")
    assert len(town.json("feeds", "list")) == 1  # type: ignore[arg-type]


def test_a_site_of_no_source_gets_a_table_for_the_configuration(town: Desk) -> None:
    with WordPressSite() as other:
        publish(other, 3, datetime.now(UTC) - timedelta(hours=1))
        shown = town.run("feeds", "discover", other.url)
        assert f'[[source.feed]]\nurl = "{other.url}/feed/"' in shown.stdout
        refused = town.run("feeds", "discover", other.url, "--all", exit_code=2).stderr
        assert "[[source]]" in refused
        town.configure(more=shown.stdout.partition("\n[[source]]")[1] + shown.stdout.partition("\n[[source]]")[2])
        assert len(town.json("feeds", "list")) == 2  # type: ignore[arg-type]
        town.run("feeds", "discover", other.url, "--source", "nix", exit_code=2)


def test_what_is_no_site(town: Desk, site: WordPressSite) -> None:
    assert "404" in town.run("feeds", "discover", f"{site.url}/nix/", exit_code=1).stderr
    assert "public internet" in town.run("feeds", "discover", "http://10.0.0.1/", exit_code=1).stderr
    town.run("feeds", "discover", "ftp://x.example/", exit_code=1)
    town.run("feeds", "discover", "http://[", exit_code=1)
    town.run("feeds", "discover", "", exit_code=1)


def test_the_number_of_requests_is_bounded(town: Desk, site: WordPressSite) -> None:
    for number in range(60):
        site.publish(f"A {number}", categories=[f"Rubrik {number}"])
    site.requests.clear()
    data: Any = town.json("feeds", "discover", site.url)
    assert len(site.requests) <= 40
    assert len(data["untried"]) > 10


def test_a_server_that_wants_to_be_left_alone_is_left_alone(town: Desk, site: WordPressSite) -> None:
    site.maintenance(retry_after="3600")
    town.run("feeds", "discover", site.url, exit_code=1)
    site.maintenance(on=False)
    site.requests.clear()
    said = town.run("feeds", "discover", site.url, exit_code=1).stderr
    assert "left alone" in said
    assert site.requests == []
    assert "left alone" in town.run("feeds", "add", f"{site.url}/feed/atom/", "--source", "hasepost").stderr


# -- the look before a feed is added ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/", "no feed"),
        ("/comments/feed/", "comments"),
        ("/nix.xml", "nothing is there (is the address right?); to add"),
        ("/wp-sitemap.xml", "a sitemap"),
    ],
)
def test_what_could_never_be_polled_is_refused(town: Desk, site: WordPressSite, path: str, words: str) -> None:
    refused = town.run("feeds", "add", site.url + path, "--source", "hasepost", exit_code=2).stderr
    assert words in refused
    assert "--no-check" in refused
    town.run("feeds", "add", site.url + path, "--source", "hasepost", "--no-check")


def test_what_may_be_temporary_is_added_with_a_warning(town: Desk, site: WordPressSite) -> None:
    mistyped = town.run("feeds", "add", f"{site.url}/category/gibt-es-nicht/feed/", "--source", "hasepost").stderr
    assert "without entries" in mistyped
    site.down = True
    assert "cannot be read just now" in town.run("feeds", "add", f"{site.url}/x/feed/", "--source", "hasepost").stderr


def test_a_good_feed_is_told(town: Desk, site: WordPressSite) -> None:
    said = town.run("feeds", "add", f"{site.url}/category/sport/feed/", "--source", "hasepost").stderr
    assert "2 entries, full text" in said
    town.configure(language="de")
    site.look.use_excerpt = True
    assert "Auszüge" in town.run("feeds", "add", f"{site.url}/category/allgemein/feed/", "--source", "hasepost").stderr
