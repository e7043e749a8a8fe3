"""The loopback WordPress as a `model.FeedFetcher`, without sockets: same answers, redirects followed, one clock."""

from urllib.parse import urljoin, urlsplit

from tests.fakes import FakeClock, failed
from tests.wordpress import WordPressSite
from worker.model import Fetched, FetchResult, Hop, NotModified, Validators


class SiteWeb:
    """Asks the site directly. `asked` keeps the addresses, in order; `overrides` answer instead of it, by address."""

    def __init__(self, site: WordPressSite, clock: FakeClock) -> None:
        self.site = site
        self.clock = clock
        self.asked: list[str] = []
        self.overrides: dict[str, FetchResult] = {}

    def fetch(self, url: str, validators: Validators | None = None) -> FetchResult:
        hops: list[Hop] = []
        while True:
            self.asked.append(url)
            if url in self.overrides:
                return self.overrides[url]
            parts = urlsplit(url)
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            answer = self.site.answer("GET", target, {"host": parts.netloc, **_conditions(validators, url)})
            sent = {name.lower(): value for name, value in answer.headers.items()}
            if answer.status in (301, 302) and len(hops) < 5:
                url = urljoin(url, sent["location"])
                hops.append(Hop(status=answer.status, url=url))
                continue
            given = Validators(url=url, etag=sent.get("etag"), last_modified=sent.get("last-modified"))
            if answer.status == 304:
                return NotModified(url=url, validators=given, hops=tuple(hops))
            if answer.status != 200:
                return failed(answer.status)
            body = answer.body.encode() if isinstance(answer.body, str) else answer.body
            return Fetched(url=url, body=body, headers=sent, validators=given, hops=tuple(hops))


def _conditions(validators: Validators | None, url: str) -> dict[str, str]:
    if validators is None or validators.url != url:
        return {}
    given = {"if-none-match": validators.etag, "if-modified-since": validators.last_modified}
    return {name: value for name, value in given.items() if value is not None}
