"""The pace that feeds and servers ask for, in the spellings in which they do."""

from datetime import UTC, datetime

import pytest

from worker.feedhead import hint_s
from worker.response import fresh_s

NOW = datetime(2025, 12, 3, 12, 0, tzinfo=UTC)
HOUR, DAY = 3600.0, 86_400.0


def head(inside: str) -> bytes:
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{inside}<item><ttl>7</ttl></item>'.encode()
    )


@pytest.mark.parametrize(
    ("inside", "seconds"),
    [
        ("", None),
        ("<ttl>30</ttl>", 1800.0),
        ("<ttl> 60 min </ttl>", HOUR),
        ("<TTL>15.0</TTL>", 900.0),
        ("<ttl>0</ttl>", None),
        ("<ttl>soon</ttl>", None),
        ("<ttl>9999999</ttl>", 30 * DAY),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>", None),
        ("<sy:updatePeriod>\n\thourly\t</sy:updatePeriod>\n<sy:updateFrequency>\n\t4\t</sy:updateFrequency>", 900.0),
        ("<sy:updatePeriod>Dayly</sy:updatePeriod>", DAY),
        ("<updateperiods>weekly</updateperiods>", 7 * DAY),
        ("<sy:update_period>monthly</sy:update_period><sy:updateFrequncy>2</sy:updateFrequncy>", 30 * DAY / 2),
        ("<sy:updatePeriod>houly</sy:updatePeriod><sy:updateFreqency>2</sy:updateFreqency>", 1800.0),
        ("<sy:updatePeriod>always</sy:updatePeriod>", None),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", 30 * DAY),
        ("<ttl>5</ttl><sy:updatePeriod>daily</sy:updatePeriod>", DAY),
    ],
)
def test_what_a_feed_asks_for(inside: str, seconds: float | None) -> None:
    assert hint_s(head(inside)) == seconds


def test_what_stands_in_an_entry_is_none_of_the_feed_s() -> None:
    assert hint_s(head("")) is None
    assert hint_s(b"<ttl>" * 20_000) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": "public, Max-Age = 600", "age": "100"}, 500),
        ({"cache-control": "max-age=600", "age": "700"}, 0),
        ({"cache-control": 'max-age="600"'}, 600),
        ({"cache-control": "no-cache, max-age=600"}, 0),
        ({"cache-control": "no-store"}, 0),
        ({"cache-control": "max-age=0"}, 0),
        ({"cache-control": "max-age=later"}, 0),
        ({"cache-control": "s-maxage=900, max-age=60", "age": "0"}, 900),
        ({"cache-control": "s-maxage=900, max-age=60"}, 60),
        ({"cache-control": "max-age=9999999999"}, DAY),
        ({"expires": "Wed, 03 Dec 2025 12:10:00 GMT"}, 600),
        ({"expires": "Wed, 03 Dec 2025 12:10:00 GMT", "cache-control": "max-age=0"}, 0),
        ({"expires": "Wed, 11 Jan 1984 05:00:00 GMT"}, 0),
        ({"expires": "0"}, 0),
        ({"cache-control": "max-age=600", "age": "-5"}, 600),
    ],
)
def test_how_long_a_cache_s_copy_is_fresh(headers: dict[str, str], seconds: float) -> None:
    assert fresh_s(headers, NOW) == seconds
