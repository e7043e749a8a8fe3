"""Addresses of older entries, and what a page proves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from worker.model import Cursor, Means, Shown
from worker.older import (
    Leaf,
    Verdict,
    Wanted,
    address,
    judge,
    judge_absent,
    learned,
    order,
    page_url,
    resumed,
    shows_whole_site,
    site_root,
    start,
    works,
)

NOW = datetime(2025, 12, 3, 12, 0, tzinfo=UTC)
ZONE = "Europe/Berlin"
FEED = "https://www.stadtblatt.example/feed/"


def shown(*numbers: int) -> tuple[Shown, ...]:
    """Entries by number, each a minute newer than the one before."""
    return tuple(
        Shown(digest=f"d{one}", key=f"k{one}", link=f"k{one}", published_at=NOW - timedelta(minutes=1000 - one))
        for one in numbers
    )


def leaf(*numbers: int, total: int | None = None, older_url: str = "") -> Leaf:
    return Leaf(shown=shown(*numbers), size=len(numbers), total=total, older_url=older_url)


def begin(means: Means, **given: object) -> Cursor:
    values = {"from_at": NOW - timedelta(days=1), "to_at": NOW, "feed_url": FEED, "timezone": ZONE} | given
    cursor = start(means, **values)  # type: ignore[arg-type]
    assert cursor is not None
    return cursor


@pytest.mark.parametrize(
    ("feed_url", "root", "whole"),
    [
        ("https://a.example/feed/", "https://a.example/", False),
        ("https://a.example/feed", "https://a.example/", False),
        ("https://a.example/feed/atom/", "https://a.example/", False),
        ("https://a.example/?feed=rss2", "https://a.example/", False),
        ("https://a.example/?feed=rss2&cat=3", "https://a.example/", True),
        ("https://a.example/blog/category/b/feed/", "https://a.example/blog/", True),
        ("https://a.example/tag/b/feed/", "https://a.example/", True),
        ("https://a.example/rss.xml", "https://a.example/", True),
    ],
)
def test_where_the_site_begins_and_whether_days_show_more_than_the_feed(feed_url: str, root: str, whole: bool) -> None:
    assert site_root(feed_url) == root
    assert shows_whole_site(Means.DATE, feed_url) is whole
    assert shows_whole_site(Means.PAGED, feed_url) is False


def test_addresses() -> None:
    assert page_url(FEED, 1) == FEED
    assert page_url(f"{FEED}?a=b&paged=7", 3) == f"{FEED}?a=b&paged=3"
    day = begin(Means.DATE, from_at=datetime(2025, 12, 2, 23, 30, tzinfo=UTC))
    assert address(day, FEED) == "https://www.stadtblatt.example/date/2025/12/03/feed/"
    assert address(replace(day, page=2), FEED).endswith("/date/2025/12/03/feed/?paged=2")
    rest = address(begin(Means.REST), FEED)
    assert rest.startswith("https://www.stadtblatt.example/wp-json/wp/v2/posts?after=2025-12-02T10%3A59%3A59Z&")
    assert "before=2025-12-03T12%3A00%3A01Z" in rest


def test_links_to_another_host_are_not_followed() -> None:
    wanted = {"feed_url": FEED, "timezone": ZONE, "from_at": NOW, "to_at": NOW}
    assert start(Means.LINKS, older_url="https://other.example/2", **wanted) is None  # type: ignore[arg-type]
    assert start(Means.LINKS, older_url=f"{FEED}2", **wanted) is not None  # type: ignore[arg-type]


def test_what_worked_comes_first_and_what_did_not_is_tried_again_after_a_week() -> None:
    ways = learned(learned(None, Means.REST, NOW), Means.PAGED, NOW, fault="404")
    assert order(ways, NOW) == (Means.REST, Means.DATE, Means.PAGED)
    assert works(ways, Means.PAGED, NOW) is False
    assert works(ways, Means.PAGED, NOW + timedelta(days=8)) is None
    assert order(None, NOW, older_url="x")[0] is Means.LINKS


# -- pages in the feed's order ----------------------------------------------------------------------------------------


def test_pages_are_turned_until_known_ground() -> None:
    wanted = Wanted(ground=shown(20, 19, 18), seen=shown(40, 39, 38), window=shown(40, 39, 38))
    cursor = begin(Means.PAGED, page=2)
    more = judge(cursor, leaf(37, 36, 35), wanted, timezone=ZONE, now=NOW)
    assert (more.verdict, more.cursor.page) == (Verdict.MORE, 3)
    wanted = replace(wanted, seen=shown(*range(40, 20, -1)))
    assert judge(more.cursor, leaf(20, 19, 18), wanted, timezone=ZONE, now=NOW).verdict is Verdict.GROUND


def test_a_server_that_shows_the_first_page_again_does_not_turn_pages() -> None:
    window = shown(40, 39, 38)
    wanted = Wanted(ground=shown(20, 19), seen=window, window=window)
    once = judge(begin(Means.PAGED, page=2), leaf(40, 39, 38), wanted, timezone=ZONE, now=NOW)
    assert (once.verdict, once.cursor.page) == (Verdict.MORE, 3), "so much news may have come meanwhile"
    judged = judge(once.cursor, leaf(40, 39, 38), wanted, timezone=ZONE, now=NOW)
    assert judged.verdict is Verdict.USELESS
    assert "turn pages" in judged.reason


def test_known_pages_are_leafed_over_without_leaving_the_known() -> None:
    wanted = Wanted(ground=shown(1, 0), seen=shown(*range(50, 20, -1)))
    judged = judge(replace(begin(Means.PAGED), page=4, reached=3), leaf(40, 39, 38), wanted, timezone=ZONE, now=NOW)
    assert (judged.verdict, judged.cursor.page) == (Verdict.MORE, 4 + 17 // 3)


def test_the_end_of_a_feed_is_no_ground_unless_it_reaches_back_far_enough() -> None:
    cursor = replace(begin(Means.PAGED, from_at=NOW - timedelta(minutes=500)), page=4, reached=3)
    short, long = Wanted(seen=shown(900, 800, 700)), Wanted(seen=shown(900, 800, 400))
    assert judge_absent(cursor, 404, short, timezone=ZONE).verdict is Verdict.END
    assert judge_absent(cursor, 404, long, timezone=ZONE).verdict is Verdict.GROUND
    first = replace(cursor, page=2, reached=0)
    assert judge_absent(first, 404, short, timezone=ZONE).verdict is Verdict.USELESS


def test_a_link_that_leads_in_a_circle_ends_it() -> None:
    cursor = begin(Means.LINKS, older_url=f"{FEED}2")
    wanted = Wanted(ground=shown(1, 0), seen=shown(40, 39))
    judged = judge(cursor, leaf(38, 37, older_url=f"{FEED}2"), wanted, timezone=ZONE, now=NOW)
    assert judged.verdict is Verdict.USELESS
    judged = judge(cursor, leaf(38, 37, older_url=f"{FEED}3"), wanted, timezone=ZONE, now=NOW)
    assert (judged.verdict, judged.cursor.url) == (Verdict.MORE, f"{FEED}3")


def test_after_a_pause_the_page_before_comes_once_more_and_only_once() -> None:
    cursor = replace(begin(Means.PAGED), page=4, reached=3, read_at=NOW)
    assert resumed(cursor, NOW + timedelta(seconds=5)).page == 4
    back = resumed(cursor, NOW + timedelta(minutes=5))
    assert back.page == 3
    assert resumed(back, NOW + timedelta(minutes=50)).page == 3


# -- days -------------------------------------------------------------------------------------------------------------


def test_a_day_is_read_until_its_feed_ends_and_then_the_next_one() -> None:
    cursor = begin(Means.DATE, from_at=NOW - timedelta(days=1))
    day_ago = tuple(replace(one, published_at=NOW - timedelta(days=1)) for one in shown(1, 2))
    more = judge(cursor, Leaf(shown=day_ago, size=2), Wanted(), timezone=ZONE, now=NOW)
    assert (more.cursor.day, more.cursor.page) == ("2025-12-02", 2)
    ended = judge_absent(more.cursor, 404, Wanted(), timezone=ZONE)
    assert (ended.verdict, ended.cursor.day, ended.cursor.page) == (Verdict.MORE, "2025-12-03", 1)
    assert judge_absent(replace(ended.cursor, page=2), 404, Wanted(), timezone=ZONE).verdict is Verdict.GROUND
    assert judge_absent(cursor, 404, Wanted(), timezone=ZONE).verdict is Verdict.USELESS


def test_a_feed_of_other_days_is_none_of_that_day() -> None:
    cursor = begin(Means.DATE, from_at=NOW - timedelta(days=5))
    assert judge(cursor, leaf(999, 998), Wanted(), timezone=ZONE, now=NOW).verdict is Verdict.USELESS


def test_days_that_show_nothing_of_what_the_feed_shows_are_about_something_else() -> None:
    cursor = replace(begin(Means.DATE), day="2025-12-03")
    judged = judge_absent(cursor, 200, Wanted(window=shown(990, 980)), timezone=ZONE)
    assert judged.verdict is Verdict.USELESS


# -- REST -------------------------------------------------------------------------------------------------------------


def rest_page(first: int, count: int, total: int) -> Leaf:
    return leaf(*range(first, first - count, -1), total=total)


def test_rest_is_proved_by_its_total() -> None:
    cursor, wanted = begin(Means.REST), Wanted(window=shown(900))
    more = judge(cursor, rest_page(900, 100, 150), wanted, timezone=ZONE, now=NOW)
    assert (more.verdict, more.cursor.page) == (Verdict.MORE, 2)
    assert judge(more.cursor, rest_page(800, 50, 150), wanted, timezone=ZONE, now=NOW).verdict is Verdict.GROUND


@pytest.mark.parametrize(
    "second", [rest_page(800, 50, 149), rest_page(801, 50, 150), rest_page(800, 49, 150)], ids=["total", "twice", "few"]
)
def test_rest_pages_that_shift_begin_anew_and_not_for_ever(second: Leaf) -> None:
    cursor, wanted = begin(Means.REST), Wanted(window=shown(900))
    for again in (1, 2):
        more = judge(cursor, rest_page(900, 100, 150), wanted, timezone=ZONE, now=NOW)
        judged = judge(more.cursor, second, wanted, timezone=ZONE, now=NOW)
        assert (judged.verdict, judged.cursor.page, judged.cursor.again) == (Verdict.MORE, 1, again)
        cursor = judged.cursor
    more = judge(cursor, rest_page(900, 100, 150), wanted, timezone=ZONE, now=NOW)
    assert judge(more.cursor, second, wanted, timezone=ZONE, now=NOW).verdict is Verdict.USELESS


def test_rest_without_a_total_proves_nothing() -> None:
    assert judge(begin(Means.REST), leaf(900), Wanted(), timezone=ZONE, now=NOW).verdict is Verdict.USELESS
    nothing = leaf(total=0)
    assert judge(begin(Means.REST), nothing, Wanted(), timezone=ZONE, now=NOW).verdict is Verdict.GROUND
