"""The configuration's tables as frozen models: one class per table, one field per key.

Fields are called as in the file, with the unit behind (`timeout` -> `timeout_s`); what may hide a credential is kept as
a secret and read through a property. The shipped `config/feedwacht.toml` says what each key is for.
"""

from datetime import timedelta
from ipaddress import ip_network
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    StrictBool,
    StrictInt,
)

from worker.model import Aging, SourceRules
from worker.settings import rules
from worker.settings.channels import ChannelSettings
from worker.settings.kinds import (
    Age,
    BrokerUrl,
    Certificates,
    DatabaseUrl,
    Duration,
    HttpUrl,
    IPNetwork,
    Line,
    Name,
    Network,
    OptionalDuration,
    OptionalHttpUrl,
    OptionalPingUrl,
    PingUrl,
    Port,
    Regex,
    SecretUrl,
    Size,
    Table,
    Timezone,
)


class UiSettings(Table):
    language: Literal["de", "en"] = "de"


class LogSettings(Table):
    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "info"


class ArchiveSettings(Table):
    """files: folder of the record files, "" = none."""

    database_secret: DatabaseUrl = Field(default=SecretUrl("sqlite:///var/feedwacht.db"), alias="database")
    database_file: str = ""
    files: str = "var/records"

    @property
    def database(self) -> str:
        """With its password: for the driver only."""
        return self.database_secret.get_secret_value()


class BrokerSettings(Table):
    url_secret: BrokerUrl = Field(default=SecretUrl(""), alias="url")
    url_file: str = ""

    @property
    def url(self) -> str:
        """With its password: for the driver only. "" = embedded."""
        return self.url_secret.get_secret_value()


HTTP_NETWORKS: Final = "[http] allow_networks"  # where a person finds the key, as refusals name it
CHANNEL_NETWORKS: Final = "[[channel]] allow_networks"
DEAD_MAN_NETWORKS: Final = "[operator] dead_man_allow_networks"


class HttpSettings(Table):
    """allow_networks: in CIDR form."""

    user_agent: Annotated[str, AfterValidator(rules.user_agent)] = "feedwacht/{version}"
    timeout_s: Duration = Field(default=15.0, alias="timeout", ge=0.1, le=600)
    max_bytes: Size = Field(default=16 * 2**20, ge=2**10, le=2**30)
    host_gap_s: Duration = Field(default=1.0, alias="host_gap", ge=0, le=3600)
    allow_networks: tuple[Network, ...] = ()
    allow_ports: tuple[Port, ...] = (80, 443, 8080, 8443)
    proxy_secret: OptionalHttpUrl = Field(default=SecretUrl(""), alias="proxy")
    proxy_file: str = ""
    use_environment_proxy: StrictBool = False
    ca_bundle: Certificates = ""

    @property
    def networks(self) -> tuple[IPNetwork, ...]:
        """allow_networks, ready for comparing."""
        return tuple(ip_network(text) for text in self.allow_networks)

    @property
    def proxy(self) -> str:
        """With its password: for the transport only. "" = none."""
        return self.proxy_secret.get_secret_value()


class PollSettings(Table):
    alert_on_first_poll: StrictBool = False
    back_off_max_s: Duration = Field(default=3600.0, alias="back_off_max", ge=0.1, le=7 * 86400)
    give_up_max_s: Duration = Field(default=86400.0, alias="give_up_max", ge=0.1, le=30 * 86400)
    unconditional_every_s: Duration = Field(default=6 * 3600.0, alias="unconditional_every", ge=0, le=7 * 86400)
    catch_up_pages: StrictInt = Field(default=500, ge=0, le=100_000)
    reread_every_s: Duration = Field(default=86400.0, alias="reread_every", ge=0, le=30 * 86400)
    reread_days: StrictInt = Field(default=7, ge=1, le=366)
    min_interval_s: Duration = Field(default=60.0, alias="min_interval", ge=0.1, le=86400)
    full_text: StrictBool = True
    recheck_s: Annotated[tuple[Duration, ...], AfterValidator(rules.ascending)] = Field(
        default=(3600.0, 6 * 3600.0, 86400.0, 7 * 86400.0), alias="recheck", max_length=20
    )
    max_interval_s: Duration = Field(default=3600.0, alias="max_interval", ge=1, le=30 * 86400)


class WorkerSettings(Table):
    tick_s: Duration = Field(default=2.0, alias="tick", ge=0.05, le=30)
    poll_threads: StrictInt = Field(default=20, ge=1, le=200)
    lease_s: Duration = Field(default=45.0, alias="lease", ge=0.1, le=3600)
    delivery_lease_s: Duration = Field(default=45.0, alias="delivery_lease", ge=0.1, le=3600)


class RetentionSettings(Table):
    """After what time something goes; None = never."""

    raw_s: Age = Field(default=None, alias="raw")
    attempts_s: Age = Field(default=None, alias="attempts")
    revisions_s: Age = Field(default=None, alias="revisions")

    @property
    def ages(self) -> dict[Aging, timedelta]:
        """Of what is not kept for ever."""
        found = {Aging.RAW: self.raw_s, Aging.ATTEMPTS: self.attempts_s, Aging.REVISIONS: self.revisions_s}
        return {kind: timedelta(seconds=age_s) for kind, age_s in found.items() if age_s is not None}


class FeedSettings(Table):
    """category: the name of the category whose feed this is, "" = the feed of everything."""

    url_secret: HttpUrl = Field(alias="url")
    url_file: str = ""
    interval_s: Duration = Field(default=600.0, alias="interval", ge=0.1, le=30 * 86400)
    category: str = ""

    @property
    def interval_given(self) -> bool:
        """Somebody named the interval; else the feed's own hints may stretch it."""
        return "interval_s" in self.model_fields_set

    @property
    def url(self) -> str:
        """With its credentials: for the fetcher and the archive, to be masked for people."""
        return self.url_secret.get_secret_value()

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


class SourceSettings(Table):
    """A site: its rules (see `model.SourceRules`) and its feeds."""

    name: Name
    line: str = ""
    home: Annotated[str, AfterValidator(rules.optional_http_url)] = ""
    timezone: Timezone = "Europe/Berlin"
    categories: tuple[Line, ...] = ()
    catch_all: tuple[Line, ...] = ()
    post_id_pattern: Annotated[str, AfterValidator(rules.post_id_pattern)] = ""
    tracking_keys: tuple[Annotated[str, AfterValidator(rules.tracking_key)], ...] = ()
    mobile_hosts: tuple[Annotated[str, AfterValidator(rules.host_label)], ...] = ()
    view_segments: tuple[Annotated[str, AfterValidator(rules.path_segment)], ...] = ()
    redirectors: tuple[Annotated[str, AfterValidator(rules.redirector)], ...] = ()
    boilerplate: tuple[Regex, ...] = ()
    selectors: tuple[Annotated[str, AfterValidator(rules.selector)], ...] = ()
    feeds: tuple[FeedSettings, ...] = Field(default=(), alias="feed")

    @property
    def rules(self) -> SourceRules:
        return SourceRules(
            name=self.name,
            line=self.line or self.name,
            home=self.home,
            timezone=self.timezone,
            categories=self.categories,
            catch_all=self.catch_all,
            post_id_pattern=self.post_id_pattern,
            tracking_keys=self.tracking_keys,
            mobile_hosts=self.mobile_hosts,
            view_segments=self.view_segments,
            redirectors=self.redirectors,
            boilerplate=self.boilerplate,
            selectors=self.selectors,
        )


class SubscriptionSettings(Table):
    name: Name
    query: Annotated[str, AfterValidator(rules.words)]
    channels: tuple[Line, ...] = Field(min_length=1)
    labels: tuple[Line, ...] = ()
    note: Annotated[str, AfterValidator(rules.note)] = ""
    owner: Annotated[str, AfterValidator(rules.optional_line)] = ""
    paused: StrictBool | None = None
    digest: Annotated[str, AfterValidator(rules.rhythm)] = ""
    quiet: Annotated[str, AfterValidator(rules.quiet)] = ""
    urgent: tuple[Annotated[str, AfterValidator(rules.words)], ...] = ()
    timezone: Timezone = "Europe/Berlin"
    max_alerts_per_hour: StrictInt = Field(default=0, ge=0, le=100_000)
    heartbeat: Annotated[str, AfterValidator(rules.rhythm)] = ""
    on_edit: Literal["never", "new-match", "always"] = "new-match"
    one_per_story: StrictBool = False

    @property
    def options(self) -> dict[str, Any]:
        """When and of what it tells: the fields of `model.Subscription` by name."""
        return {name: getattr(self, name) for name in OPTIONS}


OPTIONS = (
    "digest",
    "quiet",
    "urgent",
    "timezone",
    "max_alerts_per_hour",
    "heartbeat",
    "on_edit",
    "one_per_story",
)


class OperatorSettings(Table):
    """channels: by which the operator is told of troubles, beside log and `status`; allow_commands: channels may be programs.

    dead_man_allow_networks: where that address may stand, beside the public internet.
    """

    channels: tuple[Line, ...] = ()
    allow_commands: StrictBool = False
    dead_man_url_secret: OptionalPingUrl = Field(default=PingUrl(""), alias="dead_man_url")
    dead_man_url_file: str = ""
    dead_man_every_s: Duration = Field(default=60.0, alias="dead_man_every", ge=1, le=86400)
    dead_man_allow_networks: tuple[Network, ...] = ()

    @property
    def dead_man_url(self) -> str:
        """With what opens it: for the asker only. "" = none."""
        return self.dead_man_url_secret.get_secret_value()


class MetricsSettings(Table):
    """listen: host and port where `run` serves metrics, too; "" = it does not."""

    listen: Annotated[str, AfterValidator(rules.optional_listen)] = ""


class CanarySettings(Table):
    """every_s: how often the canary flies, None = never; port: of its feed, on the loopback."""

    every_s: OptionalDuration = Field(default=None, alias="every")
    port: Port = 8765


class Settings(Table):
    """The whole configuration. Its `repr` and dumps carry no credentials."""

    ui: UiSettings = UiSettings()
    log: LogSettings = LogSettings()
    archive: ArchiveSettings = ArchiveSettings()
    broker: BrokerSettings = BrokerSettings()
    http: HttpSettings = HttpSettings()
    poll: PollSettings = PollSettings()
    worker: WorkerSettings = WorkerSettings()
    retention: RetentionSettings = RetentionSettings()
    operator: OperatorSettings = OperatorSettings()
    metrics: MetricsSettings = MetricsSettings()
    canary: CanarySettings = CanarySettings()
    sources: tuple[SourceSettings, ...] = Field(default=(), alias="source")
    channels: tuple[ChannelSettings, ...] = Field(default=(), alias="channel")
    subscriptions: tuple[SubscriptionSettings, ...] = Field(default=(), alias="subscription")
    _files: tuple[str, ...] = PrivateAttr(default=())

    @property
    def files(self) -> tuple[str, ...]:
        """The files that were read, the first one first."""
        return self._files

    def masked(self) -> dict[str, object]:
        """Everything under the file's own names, ready for JSON, without credentials: for people."""
        return self.model_dump(mode="json", by_alias=True)
