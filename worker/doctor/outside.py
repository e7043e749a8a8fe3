"""The outside: names that must resolve, sources that must answer, mail servers that must let us in.

A source is asked once, as politely as a poll: conditionally, in a turn of its own at its host. No message is sent.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from worker.channels.email import EmailChannel
from worker.conditional import validators_for
from worker.doctor.finding import Finding, Verdict
from worker.errand import Errand
from worker.errors import HostAway
from worker.fetch import host_of, masked
from worker.guard import ExchangeError, Guard
from worker.model import Clock, FailureKind, Feed, Fetched, FetchFailed, FetchResult, Host, NotModified

_FULL_EVERY_S = float("inf")  # what comes of it is not read, so nothing can be hidden by a 304
_APART = timedelta(minutes=1)  # by a clock that may be wrong itself


def resolve(check: str, host: str, port: int, guard: Guard, *, whose: str = "") -> list[Finding]:
    """Look a name up, and whether we may connect to where it leads. whose: what it is for, where it is no feed's."""
    kind, named = ("receiver", {"whose": whose}) if whose else ("name", {})
    try:
        found = guard.addresses(host, port, 8.0)
    except ExchangeError as error:
        return [_said(check, Verdict.FAILED, f"doctor_{kind}_failed", host=host, reason=str(error), **named)]
    return [_said(check, Verdict.OK, f"doctor_{kind}_good", host=host, address=str(found[0][4][0]), **named)]


def ask(errand: Errand, feed: Feed, state: Host, clock: Clock) -> list[Finding]:
    """Ask a feed once. state: of its host. A server that wants to be left alone, or that is being talked to, is left alone."""
    host = host_of(feed.url)
    try:
        with errand.turn(host) as lease:
            answer = errand.ask(feed.poll_url, lease, validators_for(feed, state, clock.now(), _FULL_EVERY_S))
    except HostAway as error:
        return [_said("source", Verdict.SKIPPED, "doctor_source_away", feed=masked(feed.url), reason=str(error))]
    return [_answered(feed, answer), *_clock(host, answer, clock.now())]


def _answered(feed: Feed, answer: FetchResult) -> Finding:
    url = masked(feed.url)
    if isinstance(answer, FetchFailed):
        throttled = answer.kind is FailureKind.THROTTLED
        verdict = Verdict.WARNING if throttled else Verdict.FAILED
        return _said("source", verdict, "doctor_source_failed", feed=url, reason=answer.reason)
    return _said("source", Verdict.OK, "doctor_source_good", feed=url, seconds=f"{answer.took_s:.1f}")


def _clock(host: str, answer: FetchResult, now: datetime) -> list[Finding]:
    """Whether a server's clock agrees with ours. A cache on the way makes an answer old: it says so in `Age`."""
    at = server_time(answer)
    if at is None:
        return []
    apart = abs(at - now)
    verdict = Verdict.WARNING if apart > _APART else Verdict.OK
    name = "doctor_clock_good" if verdict is Verdict.OK else "doctor_clock_off"
    return [_said("clock", verdict, name, seconds=f"{apart.total_seconds():.0f}", whose=host)]


def server_time(answer: FetchResult) -> datetime | None:
    """What the server's clock said, None = it does not say. Source: RFC 9110 §6.6.1, RFC 9111 §5.1."""
    if not isinstance(answer, Fetched | NotModified):
        return None
    try:
        at = parsedate_to_datetime(answer.headers.get("date", ""))
        age_s = int(answer.headers.get("age", "0")[:9])
    except ValueError:
        return None
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return aware + timedelta(seconds=max(age_s, 0))


def knock(channel: EmailChannel) -> list[Finding]:
    """Connect, encrypt, log in, and leave."""
    values = {"channel": channel.name, "host": channel.server.host}
    if reason := channel.knock():
        return [_said("mail", Verdict.FAILED, "doctor_mail_failed", **values, reason=reason)]
    return [_said("mail", Verdict.OK, "doctor_mail_good", **values)]


def _said(check: str, verdict: Verdict, sentence: str, **values: str) -> Finding:
    return Finding(check=check, verdict=verdict, sentence=sentence, values=values)
