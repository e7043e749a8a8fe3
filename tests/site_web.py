"""Test sites as a worker's web, without a socket: the real `Fetcher`, whose requests are answered in this process.

All that the fetcher decides (headers, redirects, what an answer means) is its own; only the wire is missing, and with it
the guard, which judges connections. Thousands of requests a second.
"""

import io
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from tests.fakes import FakeClock
from tests.wordpress import WordPressSite
from tests.wordpress_http import as_nginx_sends
from worker.fetch import Fetcher
from worker.model import FetchResult, Validators

USER_AGENT = "feedwacht/test"


class SiteTransport(HTTPAdapter):
    """Carries requests to sites by host name, with and without www; to any other host nothing leads.

    unreachable: hosts whose server does not answer; may be changed at any time.
    """

    def __init__(self, sites: Mapping[str, WordPressSite]) -> None:
        self.sites = sites
        self.unreachable: set[str] = set()
        super().__init__()

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        url = urlsplit(request.url or "")
        host = url.hostname or ""
        site = self.sites.get(host) or self.sites.get(f"www.{host}")
        if site is None or host in self.unreachable:
            raise requests.ConnectionError(f"{host}: nothing listens")
        headers = {name.lower(): value for name, value in request.headers.items()}
        headers |= {"host": url.netloc, "x-forwarded-proto": url.scheme}
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        return self.build_response(request, _answered(site, target, headers))

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        response = requests.Response()
        response.status_code, response.raw = resp.status, resp
        response.url, response.request = req.url or "", req
        return response


def _answered(site: WordPressSite, target: str, headers: Mapping[str, str]) -> HTTPResponse:
    answer = site.answer("GET", target, headers)
    sent = as_nginx_sends(answer, headers.get("accept-encoding", ""), may_zip=site.gzip)
    body = b"" if sent.status == 304 else sent.body
    return HTTPResponse(
        body=io.BytesIO(body),
        headers=HTTPHeaderDict(sent.headers),
        status=sent.status,
        preload_content=False,
        decode_content=False,
    )


def site_fetcher(clock: Callable[[], datetime], *sites: WordPressSite) -> Fetcher:
    """A fetcher that reaches these sites, each under the name in its `look.url`, and no others."""
    hosts = {urlsplit(site.look.url).hostname or "": site for site in sites}
    return Fetcher(user_agent=USER_AGENT, clock=clock, transport=SiteTransport(hosts))


class SiteWeb:
    """One site as a worker's web, on the worker's clock. `asked` keeps what was asked for, in order; `overrides` answer
    instead of the site, by address.
    """

    def __init__(self, site: WordPressSite, clock: FakeClock) -> None:
        self.asked: list[str] = []
        self.overrides: dict[str, FetchResult] = {}
        self._fetcher = site_fetcher(clock.now, site)

    def fetch(self, url: str, validators: Validators | None = None) -> FetchResult:
        self.asked.append(url)
        return self.overrides.get(url) or self._fetcher.fetch(url, validators)
