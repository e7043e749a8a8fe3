"""`feedwacht doctor`: each thing that the service depends on is tried once, and every finding says what to do.

Owns which checks there are, and that one that fails or hangs leaves the others alone. The checks stand beside this file.
It knows no words; `doctorsentences.py` has them.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from worker import bootstrap
from worker.bootstrap import Worker
from worker.channels.email import EmailChannel
from worker.channels.plugins import Plugin
from worker.configure import FILE, new_feed
from worker.doctor import broker, database, folders, outside, ports
from worker.doctor.finding import Check, Finding, Verdict, findings_of
from worker.errand import Errand
from worker.errors import QuerySyntaxError, SettingsError
from worker.guard import Guard
from worker.model import Feed, Host
from worker.query import parse
from worker.settings import (
    CHANNEL_NETWORKS,
    DEAD_MAN_NETWORKS,
    HTTP_NETWORKS,
    AppriseSettings,
    EmailSettings,
    FeedChannelSettings,
    FeedSettings,
    Settings,
    SourceSettings,
    WebhookSettings,
)
from worker.settings.rules import host_and_port
from worker.steadyclock import SystemClock

__all__ = ["Finding", "Verdict", "examine"]

_DEAD_MAN = "[operator] dead_man_url"
_PATIENCE_S = 4.0  # for a host that a worker talks to
_ANSWER_S = 5.0


def examine(load: Callable[[], Settings], *, offline: bool = False) -> Iterator[Finding]:
    """Check everything, in the order in which it is to be mended. load: the configuration; offline: nothing leaves the
    machine but to the database and the broker.
    """
    try:
        settings = load()
    except SettingsError as error:
        for fault in str(error).splitlines():
            yield _configuration(Verdict.FAILED, "doctor_configuration_failed", fault=fault)
        yield _configuration(Verdict.SKIPPED, "doctor_nothing_else")
        return
    yield from _of_configuration(settings)
    here = list(findings_of(list(_here(settings))))
    yield from here
    if offline:
        yield _configuration(Verdict.SKIPPED, "doctor_offline", check="network")
        return
    yield from _of_outside(settings)
    yield from _of_sources(settings) if (why := _unasked(here)) is None else (why,)


def _unasked(here: Sequence[Finding]) -> Finding | None:
    """Why sources are not asked: without the archive nobody knows whether somebody talks to them already."""
    if any(one.check == database.NAME and one.verdict is Verdict.FAILED for one in here):
        return _configuration(Verdict.SKIPPED, "doctor_sources_skipped", check="source")
    if any(one.sentence == database.MISSING for one in here):
        return _configuration(Verdict.SKIPPED, "doctor_sources_later", check="source")
    return None


# -- configuration ----------------------------------------------------------------------------------------------------


def _of_configuration(settings: Settings) -> Iterator[Finding]:
    files = ", ".join(settings.files) or "–"
    yield _configuration(Verdict.OK, "doctor_configuration_good", files=files)
    for one in settings.subscriptions:
        try:
            parse(one.query, settings.ui.language)
        except QuerySyntaxError as error:
            yield _configuration(Verdict.WARNING, "config_bad_query", name=one.name, fault=str(error))
    if not settings.operator.channels:
        yield _configuration(Verdict.WARNING, "doctor_no_operator")


def _configuration(verdict: Verdict, sentence: str, *, check: str = "configuration", **values: str) -> Finding:
    return Finding(check=check, verdict=verdict, sentence=sentence, values=values)


# -- this machine, database and broker --------------------------------------------------------------------------------


def _here(settings: Settings) -> Iterator[Check]:
    yield Check(database.NAME, partial(database.examine, settings.archive.database, SystemClock()))
    yield Check(broker.NAME, partial(broker.examine, settings.broker.url))
    for folder in _folders(settings):
        yield Check(folders.NAME, partial(folders.examine, folder), about=str(folder))
    if settings.canary.every_s is not None:
        yield Check(ports.CANARY, partial(_canary_port, settings))
    if settings.metrics.listen:
        yield Check(ports.METRICS, partial(_metrics_port, settings))
    for one in settings.channels:
        if isinstance(one, AppriseSettings):
            yield Check("service", partial(_load_service, one), about=one.name)


def _folders(settings: Settings) -> list[Path]:
    records = [settings.archive.files] if settings.archive.files else []
    feeds = [one.folder for one in settings.channels if isinstance(one, FeedChannelSettings)]
    return [Path(name) for name in dict.fromkeys([*records, *feeds])]


def _canary_port(settings: Settings) -> list[Finding]:
    with bootstrap.canary_fetcher(settings, SystemClock()) as asker:
        return ports.canary(settings.canary.port, asker)


def _metrics_port(settings: Settings) -> list[Finding]:
    host, port = host_and_port(settings.metrics.listen)
    with bootstrap.own_fetcher(settings, SystemClock()) as asker:
        return ports.metrics(host, port, asker)


def _load_service(one: AppriseSettings) -> list[Finding]:
    """What a worker does with it at its start; nobody is asked."""
    try:
        Plugin(one.name, one.address)
    except (ImportError, SettingsError) as error:
        return [
            _configuration(
                Verdict.FAILED, "doctor_service_failed", check="service", channel=one.name, reason=str(error)
            )
        ]
    name = one.address.service.name
    return [_configuration(Verdict.OK, "doctor_service_good", check="service", channel=one.name, service=name)]


# -- the outside ------------------------------------------------------------------------------------------------------


def _of_outside(settings: Settings) -> Iterator[Finding]:
    """Names first: where they do not resolve, nothing else can work."""
    if not settings.http.proxy and not settings.http.use_environment_proxy:  # else the proxy resolves them
        yield from findings_of(list(_names(settings)))
    yield from findings_of(list(_receivers(settings)))


def _names(settings: Settings) -> Iterator[Check]:
    guard = _guard(settings, settings.http.allow_networks, HTTP_NETWORKS)
    places = dict.fromkeys(_place(feed.url) for source in settings.sources for feed in source.feeds)
    for host, port in places:
        yield Check("name", partial(outside.resolve, "name", host, port, guard), about=host)
    if settings.operator.dead_man_url:
        host, port = _place(settings.operator.dead_man_url)
        guard = _guard(settings, settings.operator.dead_man_allow_networks, DEAD_MAN_NETWORKS)
        yield Check("dead_man", partial(outside.resolve, "dead_man", host, port, guard, whose=_DEAD_MAN), about=host)


def _receivers(settings: Settings) -> Iterator[Check]:
    """A webhook's name is looked up; a mail server is talked to, and that says the same of its name."""
    for one in settings.channels:
        if isinstance(one, WebhookSettings) and not settings.http.proxy:
            host, port = _place(one.url)
            guard = _guard(settings, one.allow_networks, CHANNEL_NETWORKS)
            yield Check(
                "webhook", partial(outside.resolve, "webhook", host, port, guard, whose=one.name), about=one.name
            )
        if isinstance(one, EmailSettings):
            yield Check("mail", partial(_knock, one, settings), about=one.name)


def _knock(one: EmailSettings, settings: Settings) -> list[Finding]:
    channel = bootstrap.email_channel(one, settings.http.ca_bundle)
    assert isinstance(channel, EmailChannel)
    return outside.knock(channel)


def _of_sources(settings: Settings) -> Iterator[Finding]:
    """One feed of each source, in the turns that the archive gives."""
    brief = settings.http.model_copy(update={"timeout_s": min(settings.http.timeout_s, _ANSWER_S)})
    worker = bootstrap.build(settings.model_copy(update={"http": brief}))
    try:
        errand = Errand(worker.equipment, patience_s=_PATIENCE_S, gives_way=False)
        checks = [
            Check("source", partial(outside.ask, errand, feed, host, worker.clock), about=feed.url)
            for feed, host in _first(worker)
        ]
        yield from findings_of(checks)
    finally:
        worker.close()


def _first(worker: Worker) -> list[tuple[Feed, Host]]:
    """The first feed of each source that is polled, or will be, with its host."""
    now, wanted = worker.clock.now(), [(one, source) for source in worker.settings.sources for one in source.feeds]
    with worker.archive.read() as tx:
        known = {feed.url: feed for feed in tx.feeds.all()}
        coming = [_coming(one, source, now) for one, source in wanted if one.url not in known]
        feeds = [feed for feed in [*known.values(), *coming] if not feed.stopped]
        firsts = list({feed.source: feed for feed in reversed(feeds)}.values())[::-1]
        return [(feed, tx.feeds.host(feed.host) if feed.id else Host(name=feed.host)) for feed in firsts]


def _coming(one: FeedSettings, source: SourceSettings, now: datetime) -> Feed:
    """A feed of the configuration that no worker has taken over yet."""
    return new_feed(url=one.url, source=source.name, interval_s=one.interval_s, origin=FILE, now=now)


def _guard(settings: Settings, networks: tuple[str, ...], key: str) -> Guard:
    allowed = tuple(ip_network(network, strict=False) for network in networks)
    return Guard(allow_networks=allowed, key=key, allow_ports=frozenset(settings.http.allow_ports))


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
