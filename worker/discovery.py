"""Which feeds a site has: hints of its pages, WordPress's categories and usual addresses, each one looked at.

Owns where is looked, in which order, how often at most, and when two addresses are one feed. Must not know how it is
shown, nor who may add what.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from worker.errand import Errand
from worker.errors import ParseError
from worker.fetch import spelled_alike
from worker.intake import Equipment
from worker.model import Feed, Fetched, FetchFailed, SourceRules
from worker.sitefeeds import Hint, SiteHints
from worker.trial import Trial, TrialVerdict, judge, try_feed

MOST_EXCHANGES = 40
_USUAL_PATHS = (
    *("feed/", "feed", "rss", "rss.xml", "atom.xml", "index.xml", "feed.xml", "feed.json"),
    *("feed/atom/", "?feed=rss2"),
)
_CATEGORIES = "wp/v2/categories?per_page=100&hide_empty=true&orderby=count&order=desc"


class SiteReader(Protocol):
    """A page's bytes to its hints. Raises: ParseError."""

    def __call__(self, body: bytes, *, url: str, content_type: str) -> SiteHints: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An address worth a look. category: the name of the category whose feed it would be; named: the site itself names
    it, so that what is wrong with it is worth a word.
    """

    url: str
    category: str = ""
    named: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One feed, or what stands where one should be. also: further addresses of the same; watched: as this feed."""

    trial: Trial
    category: str = ""
    also: tuple[str, ...] = ()
    watched: Feed | None = None

    @property
    def url(self) -> str:
        """What is to be polled: where the address moved for good, the new one."""
        return self.trial.moved_to or self.trial.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What a site offers. home: its address; failure: why nothing could be learned, or the search ended early, or "".

    untried: addresses that were not looked at, because there are too many.
    """

    home: str
    title: str = ""
    found: tuple[Found, ...] = ()
    untried: tuple[str, ...] = ()
    failure: str = ""


def discover(
    equipment: Equipment,
    errand: Errand,
    read_site: SiteReader,
    address: str,
    *,
    rules: SourceRules,
    watched: Sequence[Feed],
    tell: Callable[[str], None] = lambda _url: None,
) -> Discovery:
    """Look through a site, politely and with at most MOST_EXCHANGES requests.

    address: a host's name, a page, or a feed; tell: hears of each address before it is looked at.
    Raises: ArchiveError.
    """
    return _Search(equipment, errand, read_site, rules, watched, tell).run(address)


class _Search:
    """One search. `_found` is in the order of discovery, which is the same as long as the site is."""

    def __init__(
        self,
        equipment: Equipment,
        errand: Errand,
        read_site: SiteReader,
        rules: SourceRules,
        watched: Sequence[Feed],
        tell: Callable[[str], None],
    ) -> None:
        self._equipment = equipment
        self._errand = errand
        self._read_site = read_site
        self._rules = rules
        self._watched = {spelled_alike(url): feed for feed in watched for url in (feed.poll_url, feed.url)}
        self._tell = tell
        self._left = MOST_EXCHANGES
        self._seen: set[str] = set()
        self._found: list[Found] = []
        self._failure = ""

    def run(self, address: str) -> Discovery:
        answer, asked = self._enter(address)
        if not isinstance(answer, Fetched):
            return Discovery(home=asked, failure=answer.reason)
        hints = self._hints(answer)
        entered = judge(self._equipment, asked, answer, self._rules)
        self._seen |= {spelled_alike(asked), spelled_alike(answer.url)}
        if entered.verdict is not TrialVerdict.NO_FEED:
            self._take(entered, Candidate(url=asked, named=True))
            hints = self._hints_at(urljoin(answer.url, "/"))
        home = _home(hints, answer.url)
        untried: list[str] = []
        for candidate in self._candidates(hints, home):
            if self._failure or self._left <= 0:
                untried.append(candidate.url)
            else:
                self._look(candidate)
        return Discovery(
            home=home, title=hints.title, found=tuple(self._found), untried=tuple(untried), failure=self._failure
        )

    # -- where is looked ----------------------------------------------------------------------------------------------

    def _enter(self, address: str) -> tuple[Fetched | FetchFailed, str]:
        """The page that was named; a bare name is asked by https, then by http."""
        urls = (address,) if "://" in address else (f"https://{address}", f"http://{address}")
        answer, url = self._fetch(urls[0]), urls[0]
        if len(urls) > 1 and isinstance(answer, FetchFailed) and answer.status is None:
            second = self._fetch(urls[1])
            answer, url = (second, urls[1]) if isinstance(second, Fetched) else (answer, url)
        return answer, url

    def _fetch(self, url: str) -> Fetched | FetchFailed:
        self._left -= 1
        self._tell(url)
        answer = self._errand.fetch(url)
        assert isinstance(answer, Fetched | FetchFailed)  # without validators there is no 304
        return answer

    def _hints(self, answer: Fetched) -> SiteHints:
        try:
            return self._read_site(answer.body, url=answer.url, content_type=answer.headers.get("content-type", ""))
        except ParseError:
            return SiteHints()

    def _hints_at(self, url: str) -> SiteHints:
        answer = self._fetch(url)
        return self._hints(answer) if isinstance(answer, Fetched) else SiteHints()

    def _candidates(self, hints: SiteHints, home: str) -> Iterator[Candidate]:
        """Each address once: what the page names, usual addresses, then categories, those with most articles first."""
        for hint in hints.feeds:
            yield from self._once(Candidate(url=hint.url, named=True))
        for path in _USUAL_PATHS:
            yield from self._once(Candidate(url=urljoin(home, path)))
        for hint in (*self._listed_categories(hints, home), *hints.categories):
            place = hint.url if hint.url.endswith("/") else f"{hint.url}/"
            yield from self._once(Candidate(url=f"{place}feed/", category=hint.name))

    def _listed_categories(self, hints: SiteHints, home: str) -> Sequence[Hint]:
        """Those that WordPress's interface tells; none where it is closed."""
        if self._failure or self._left <= 0:
            return ()
        return self._hints_at(urljoin(hints.api or urljoin(home, "wp-json/"), _CATEGORIES)).categories

    def _once(self, candidate: Candidate) -> Iterator[Candidate]:
        spelled = spelled_alike(candidate.url)
        if spelled not in self._seen:
            self._seen.add(spelled)
            yield candidate

    # -- what is found ------------------------------------------------------------------------------------------------

    def _look(self, candidate: Candidate) -> None:
        self._left -= 1
        self._tell(candidate.url)
        trial = try_feed(self._equipment, self._errand, candidate.url, self._rules)
        if trial.final_url:
            self._seen.add(spelled_alike(trial.final_url))
        if trial.rests:
            self._failure = trial.reason
        elif candidate.named or trial.verdict in (TrialVerdict.FEED, TrialVerdict.EMPTY, TrialVerdict.COMMENTS):
            self._take(trial, candidate)

    def _take(self, trial: Trial, candidate: Candidate) -> None:
        watched = next((feed for url in _urls(trial) if (feed := self._watched.get(spelled_alike(url)))), None)
        for place, known in enumerate(self._found):
            if _is_same(known.trial, trial):
                self._found[place] = replace(known, also=(*known.also, trial.url), watched=known.watched or watched)
                return
        self._found.append(Found(trial=trial, category=candidate.category, watched=watched))


def _urls(trial: Trial) -> tuple[str, ...]:
    return tuple(filter(None, (trial.url, trial.moved_to, trial.final_url)))


def _is_same(one: Trial, other: Trial) -> bool:
    """At the same address in the end; or the same entries in the same order under the same title."""
    if one.final_url and spelled_alike(one.final_url) == spelled_alike(other.final_url):
        return True
    return bool(one.shown) and (one.shown, one.title) == (other.shown, other.title)


def _home(hints: SiteHints, url: str) -> str:
    """Where the site begins: WordPress says so by the address of its interface, which may lie in a folder."""
    before, mark, _ = hints.api.partition("/wp-json")
    if mark and urlsplit(before).netloc:
        return f"{before}/"
    return urljoin(url, "/")
