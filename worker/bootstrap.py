"""The only wiring: Settings -> Worker, with archive, fetcher, channels, matcher and clock."""

import gc
import random
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import TextIO

from worker import configure, logs
from worker.archive import Archive, open_archive
from worker.channels import AppriseChannel, CanaryChannel, CommandChannel, ConsoleChannel, FeedChannel, WebhookChannel
from worker.channels.feed import Histories
from worker.clockcare import TimeKeeper
from worker.deadman import DeadMan
from worker.deliver import Counter
from worker.fetch import Fetcher, trusting
from worker.intake import Equipment, Manners
from worker.matching import Matching
from worker.model import CANARY, AlertHistory, Channel, Clock
from worker.sandbox import Sandbox
from worker.sending import ChannelManners
from worker.settings import (
    CHANNEL_NETWORKS,
    DEAD_MAN_NETWORKS,
    HTTP_NETWORKS,
    AppriseSettings,
    ChannelSettings,
    CommandSettings,
    EmailSettings,
    FeedChannelSettings,
    Settings,
    WebhookSettings,
)
from worker.steadyclock import SystemClock
from worker.tally import Tally

_CANARY_S, _CANARY_BYTES = 5.0, 64 * 1024  # of its feed: it has half a kilobyte, and is next door


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Everything that the flow works with. files: folder of the record files, None = none are kept; keeper: of the time, for
    a process that stays.
    """

    settings: Settings
    archive: Archive
    equipment: Equipment
    counter: Counter
    clock: Clock
    files: Path | None
    fetchers: tuple[Fetcher, ...]
    sandbox: Sandbox
    tally: Tally
    keeper: TimeKeeper | None = None
    dead_man: DeadMan | None = None

    def configure(self) -> None:
        """Bring the configuration's feeds and subscriptions into the archive. Raises: Conflict, ArchiveError."""
        for remark in configure.apply(self.settings, self.archive, self.clock.now()):
            logs.line("configuration", remark, level="warning")

    def close(self) -> None:
        for fetcher in self.fetchers:
            fetcher.close()
        self.sandbox.close()
        self.archive.close()


def build(
    settings: Settings, *, clock: Clock | None = None, console: TextIO | None = None, tally: Tally | None = None
) -> Worker:
    """Wire a worker. tally: the process's, if it counts already. Raises: ArchiveError when the archive cannot be opened."""
    clock, tally = clock or SystemClock(), tally or Tally()
    archive = open_archive(settings.archive.database)
    keeper = _keeper(archive, clock) if isinstance(clock, SystemClock) else None
    fetcher = _fetcher(settings, clock, settings.http.allow_networks)
    sandbox = Sandbox(tally=tally)
    channels, webhook_fetchers = _channels(settings, clock, console or sys.stdout, ToldHistories(archive))
    canary = canary_fetcher(settings, clock) if settings.canary.every_s is not None else None
    operator = settings.operator
    asker = _dead_man_fetcher(settings, clock) if operator.dead_man_url else None
    return Worker(
        settings=settings,
        archive=archive,
        equipment=replace(_equipment(settings, archive, fetcher, sandbox, clock, tally), canary=canary),
        counter=Counter(
            archive=archive,
            channels=channels if canary is None else {**channels, CANARY: CanaryChannel()},
            clock=clock,
            jitter=random.random,
            language=settings.ui.language,
            lease_s=settings.worker.delivery_lease_s,
            manners={one.name: _manners(one) for one in settings.channels} | {CANARY: ChannelManners(type="canary")},
            operator_channels=settings.operator.channels,
            tally=tally,
        ),
        clock=clock,
        files=Path(settings.archive.files) if settings.archive.files else None,
        fetchers=(fetcher, *webhook_fetchers, *(one for one in (canary, asker) if one is not None)),
        sandbox=sandbox,
        keeper=keeper,
        tally=tally,
        dead_man=_dead_man(settings, archive, asker, clock) if asker is not None else None,
    )


def _manners(one: ChannelSettings) -> ChannelManners:
    is_webhook = isinstance(one, WebhookSettings)
    return ChannelManners(target=one.target, on_unknown=one.on_unknown, type=one.type, for_people=not is_webhook)


def _keeper(archive: Archive, clock: SystemClock) -> TimeKeeper:
    keeper = TimeKeeper(archive, clock)
    keeper.agree()
    return keeper


def settle() -> None:
    """For a process that stays: what is loaded by now is not looked through again whenever memory is tidied up.

    Its work makes many short-lived objects and few cycles; by default 700 of them set a round off. Measured: 8 % of the
    CPU time of a poll that brings something new.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _equipment(
    settings: Settings, archive: Archive, fetcher: Fetcher, sandbox: Sandbox, clock: Clock, tally: Tally
) -> Equipment:
    return Equipment(
        archive=archive,
        fetcher=fetcher,
        read=sandbox.parse_feed,
        read_rest=sandbox.parse_rest,
        read_page=sandbox.parse_page,
        read_map=sandbox.read_map,
        matching=Matching(archive),
        clock=clock,
        sources={source.name: source.rules for source in settings.sources},
        manners=Manners(
            host_gap_s=settings.http.host_gap_s,
            back_off_max_s=settings.poll.back_off_max_s,
            give_up_max_s=settings.poll.give_up_max_s,
            unconditional_every_s=settings.poll.unconditional_every_s,
            lease_s=max(settings.worker.lease_s, 2 * settings.http.timeout_s),  # it outlasts an exchange
            catch_up_pages=settings.poll.catch_up_pages,
            reread_every_s=settings.poll.reread_every_s,
            reread_days=settings.poll.reread_days,
            alert_on_first_poll=settings.poll.alert_on_first_poll,
            full_text=settings.poll.full_text,
            recheck_s=settings.poll.recheck_s,
            min_interval_s=settings.poll.min_interval_s,
            max_interval_s=settings.poll.max_interval_s,
            operator_channels=settings.operator.channels,
            language=settings.ui.language,
        ),
        tally=tally,
        threads=settings.worker.poll_threads,
        jitter=random.random,
    )


def _fetcher(
    settings: Settings,
    clock: Clock,
    allow_networks: tuple[str, ...],
    timeout_s: float | None = None,
    *,
    networks_key: str = HTTP_NETWORKS,
    allow_ports: tuple[int, ...] | None = None,
) -> Fetcher:
    http = settings.http
    return Fetcher(
        user_agent=http.user_agent,
        timeout_s=timeout_s or http.timeout_s,
        max_bytes=http.max_bytes,
        allow_networks=[ip_network(network, strict=False) for network in allow_networks],
        networks_key=networks_key,
        allow_ports=http.allow_ports if allow_ports is None else allow_ports,
        proxy=http.proxy,
        use_environment_proxy=http.use_environment_proxy,
        ca_bundle=http.ca_bundle,
        clock=clock.now,
    )


def _dead_man_fetcher(settings: Settings, clock: Clock) -> Fetcher:
    return _fetcher(settings, clock, settings.operator.dead_man_allow_networks, networks_key=DEAD_MAN_NETWORKS)


def _dead_man(settings: Settings, archive: Archive, asker: Fetcher, clock: Clock) -> DeadMan:
    every = timedelta(seconds=settings.operator.dead_man_every_s)
    return DeadMan(archive=archive, asker=asker, clock=clock, url=settings.operator.dead_man_url, every=every)


def canary_fetcher(settings: Settings, clock: Clock) -> Fetcher:
    """For the canary's own feed: this machine alone, past any proxy, and no redirect leads on from there."""
    return Fetcher(
        user_agent=settings.http.user_agent,
        timeout_s=_CANARY_S,
        max_bytes=_CANARY_BYTES,
        allow_networks=[ip_network("127.0.0.1/32")],
        allow_ports=(),
        most_hops=0,
        clock=clock.now,
    )


def own_fetcher(settings: Settings, clock: Clock) -> Fetcher:
    """For an address at which only this machine itself can be listening: whichever that is, past any proxy."""
    return Fetcher(
        user_agent=settings.http.user_agent,
        timeout_s=_CANARY_S,
        allow_networks=[ip_network("0.0.0.0/0"), ip_network("::/0")],
        allow_ports=(),
        most_hops=0,
        clock=clock.now,
    )


@dataclass(frozen=True, slots=True)
class ToldHistories:
    """What subscriptions were told, read from the archive: for channels, which do not know it."""

    archive: Archive

    def history(self, delivery_id: str, most: int) -> AlertHistory | None:
        with self.archive.read() as tx:
            return tx.histories.history(delivery_id, most)


@contextmanager
def opened_channels(
    settings: Settings, clock: Clock, console: TextIO, histories: Histories
) -> Iterator[Mapping[str, Channel]]:
    """The channels alone, without an archive: for trying them."""
    channels, fetchers = _channels(settings, clock, console, histories)
    try:
        yield channels
    finally:
        for fetcher in fetchers:
            fetcher.close()


def _channels(
    settings: Settings, clock: Clock, console: TextIO, histories: Histories
) -> tuple[Mapping[str, Channel], list[Fetcher]]:
    """The channels by name, and the fetchers of those that have one: each webhook may reach networks of its own."""
    channels: dict[str, Channel] = {}
    fetchers = []
    for one in settings.channels:
        if isinstance(one, WebhookSettings):
            fetchers.append(_fetcher(settings, clock, one.allow_networks, networks_key=CHANNEL_NETWORKS))
        if isinstance(one, AppriseSettings):
            networks = one.allow_networks if one.address.host else ()
            fetchers.append(_fetcher(settings, clock, networks, networks_key=CHANNEL_NETWORKS, allow_ports=one.ports))
        channels[one.name] = _channel(one, settings, console, fetchers, histories)
    return channels, fetchers


def _channel(
    one: ChannelSettings, settings: Settings, console: TextIO, fetchers: list[Fetcher], histories: Histories
) -> Channel:
    language = settings.ui.language
    if isinstance(one, WebhookSettings):
        return WebhookChannel(name=one.name, url=one.url, secret=one.secret.get_secret_value(), fetcher=fetchers[-1])
    if isinstance(one, AppriseSettings):
        return AppriseChannel(one.name, one.address, fetchers[-1])
    if isinstance(one, EmailSettings):
        return email_channel(one, settings.http.ca_bundle)
    if isinstance(one, FeedChannelSettings):
        folder = Path(one.folder)
        return FeedChannel(one.name, folder, histories, entries=one.entries, address=one.address, language=language)
    if isinstance(one, CommandSettings):
        return CommandChannel(one.name, one.command, timeout_s=one.timeout_s)
    return ConsoleChannel(name=one.name, stream=console, language=language)


def email_channel(one: EmailSettings, ca_bundle: str) -> Channel:
    """An `EmailChannel`."""
    from worker.channels.email import EmailChannel  # noqa: PLC0415 - 10 ms and 0.7 MB that only those pay who have one
    from worker.channels.smtp import MailServer  # noqa: PLC0415
    from worker.letter import Addresses  # noqa: PLC0415
    from worker.mailbox import mailbox  # noqa: PLC0415

    server = MailServer(
        host=one.host,
        port=one.port,
        tls=one.tls,
        context=None if one.tls == "none" else trusting(ca_bundle),
        username=one.username,
        password=one.password.get_secret_value(),
    )
    addresses = Addresses(
        sender=mailbox(one.sender),
        to=tuple({read.address: read for read in map(mailbox, one.to)}.values()),
        unsubscribe=mailbox(one.unsubscribe) if one.unsubscribe else None,
    )
    return EmailChannel(name=one.name, server=server, addresses=addresses)
