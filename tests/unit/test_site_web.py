"""The web without sockets says the same as the web with them."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest

from tests.fakes import FakeClock
from tests.site_web import USER_AGENT, SiteTransport, site_fetcher
from tests.wordpress import WordPressSite
from worker.fetch import Fetcher
from worker.model import FailureKind, Fetched, FetchFailed, FetchResult, NotModified, Validators

HASEPOST = "https://www.hasepost.de"
PATHS = (
    *("/feed/", "/feed/?paged=2", "/feed/?paged=99", "/feed/atom/", "/category/osnabrueck/feed/", "/comments/feed/"),
    *("/date/2025/12/03/feed/", "/artikel-5-664205/", "/artikel-5-664205", "/alter-name-664206/", "/?p=664207", "/nix"),
    *("/wp-json/wp/v2/posts?per_page=20&_embed=1", "/wp-json/wp/v2/posts?per_page=101", "/wp-sitemap.xml", "/page/2"),
)


def published(site: WordPressSite, clock: FakeClock) -> WordPressSite:
    for number in range(1, 26):
        site.publish(f"Artikel {number}", categories=["Osnabrück"])
        clock.advance(minutes=10)
    return site


@pytest.fixture
def loopback(clock: FakeClock) -> Iterator[WordPressSite]:
    with WordPressSite(now=clock.now) as site:
        yield published(site, clock)


def change(site: WordPressSite, chance: random.Random, clock: FakeClock) -> None:
    """Anything that makes answers differ from those before."""
    clock.advance(60)
    match chance.choice(["new", "edit", "maintenance", "down", "gzip", "freeze", "thaw"]):
        case "new":
            site.publish("Neu")
        case "edit":
            site.edit(site.post(664205), html=f"<p>{clock.now()} ✨</p>")
        case "maintenance":
            site.maintenance(chance.random() < 0.5, chance.choice(["600", None]))
        case "down":
            site.down = not site.down
        case "gzip":
            site.gzip = not site.gzip
        case "freeze":
            site.freeze()
        case _:
            site.thaw()


def told(result: FetchResult) -> FetchResult:
    """Without what two servers may say differently: when it was, and who they are."""
    result = replace(result, took_s=0.0)
    if isinstance(result, Fetched | NotModified):
        kept = {name: value for name, value in result.headers.items() if name not in ("date", "server")}
        return replace(result, headers=kept)
    return result


def validators_like(result: FetchResult | None, chance: random.Random) -> Validators | None:
    if result is None or isinstance(result, FetchFailed) or chance.random() < 0.3:
        return None
    given = result.validators
    etag = given.etag.removeprefix("W/") if given.etag and chance.random() < 0.5 else given.etag
    return replace(given, etag=etag if chance.random() < 0.8 else None)


def test_the_same_requests_get_the_same_results(loopback: WordPressSite, clock: FakeClock) -> None:
    chance, last = random.Random(5), dict[str, FetchResult]()
    kinds = set[Any]()
    inside = Fetcher(user_agent=USER_AGENT, clock=clock.now, transport=SiteTransport({"127.0.0.1": loopback}))
    outside = Fetcher(user_agent=USER_AGENT, clock=clock.now, allow_networks=[ip_network("127.0.0.0/8")])
    with inside, outside:
        for _ in range(200):
            if chance.random() < 0.2:
                change(loopback, chance, clock)
            url = loopback.url + chance.choice(PATHS)
            sent = validators_like(last.get(url), chance)
            loopback.run_cron()
            over_http, in_process = outside.fetch(url, sent), inside.fetch(url, sent)
            assert told(in_process) == told(over_http), url
            last[url] = over_http
            kinds.add((type(over_http), getattr(over_http, "status", 304), bool(over_http.hops)))
    assert {kind for kind, _, _ in kinds} == {Fetched, NotModified, FetchFailed}
    assert {status for _, status, _ in kinds} >= {200, 304, 400, 404, 500, 503}
    assert any(hops for _, _, hops in kinds)
    asked = [
        {name: value for name, value in seen.headers.items() if name != "x-forwarded-proto"}
        for seen in loopback.requests
        if seen.path == "/feed/"
    ]
    assert asked[0::2] == asked[1::2]


def test_real_names_with_and_without_www_and_tls(clock: FakeClock) -> None:
    site = published(WordPressSite(HASEPOST, clock.now), clock)
    with site_fetcher(clock.now, site) as fetcher:
        bare = fetcher.fetch("http://hasepost.de/artikel-5-664205")
        assert isinstance(bare, Fetched)
        assert bare.url == f"{HASEPOST}/artikel-5-664205/"
        assert [hop.status for hop in bare.hops] == [301, 301]
        elsewhere = fetcher.fetch("https://www.example.org/feed/")
        assert isinstance(elsewhere, FetchFailed)
        assert elsewhere.kind is FailureKind.TEMPORARY


def test_a_retry_after_counts_by_the_workers_clock(clock: FakeClock) -> None:
    site = published(WordPressSite(HASEPOST, clock.now), clock)
    until: datetime = clock.now() + timedelta(seconds=90)
    site.maintenance(retry_after=until.strftime("%a, %d %b %Y %H:%M:%S GMT"))
    with site_fetcher(clock.now, site) as fetcher:
        throttled = fetcher.fetch(f"{HASEPOST}/feed/")
        assert isinstance(throttled, FetchFailed)
        assert (throttled.kind, throttled.retry_after_s) == (FailureKind.THROTTLED, 90.0)
