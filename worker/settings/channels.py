"""The configuration's channels: one class per type. The shipped `config/feedwacht.toml` says what each key is for."""

from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from worker.serviceaddress import ServiceAddress, read_address
from worker.settings import rules
from worker.settings.kinds import Duration, HttpUrl, IPNetwork, Line, Network, Port, Table, WebhookSecret


class _Channel(Table):
    """on_unknown: what becomes of a message that may have arrived, because the answer was lost."""

    name: Line
    on_unknown: Literal["repeat", "drop"] = "repeat"


class ConsoleSettings(_Channel):
    type: Literal["console"]


class WebhookSettings(_Channel):
    type: Literal["webhook"]
    url_secret: HttpUrl = Field(alias="url")
    url_file: str = ""
    secret: WebhookSecret
    secret_file: str = ""
    allow_networks: tuple[Network, ...] = ()

    @property
    def networks(self) -> tuple[IPNetwork, ...]:
        """allow_networks, ready for comparing."""
        return tuple(ip_network(text) for text in self.allow_networks)

    @property
    def url(self) -> str:
        """With its credentials: for the sender only."""
        return self.url_secret.get_secret_value()


class EmailSettings(_Channel):
    """tls: "starttls" and "tls" refuse a server without; "none" sends in the clear.

    unsubscribe: address for `List-Unsubscribe`, "" = no such header.
    """

    type: Literal["email"]
    host: Line
    port: Port = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: SecretStr = SecretStr("")
    password_file: str = ""
    sender: Line = Field(alias="from")
    to: tuple[Line, ...] = Field(min_length=1)
    unsubscribe: str = ""


class AppriseSettings(_Channel):
    """url: an Apprise address of one target; allow_networks, allow_hosts: where self-hosted services may stand.

    A host in allow_hosts may be reached at public addresses, on the port of the url; what is not public has to stand in
    allow_networks, whatever its name.
    """

    type: Literal["apprise"]
    url_secret: SecretStr = Field(alias="url")
    url_file: str = ""
    allow_networks: tuple[Network, ...] = ()
    allow_hosts: tuple[Line, ...] = ()

    @property
    def networks(self) -> tuple[IPNetwork, ...]:
        """allow_networks, ready for comparing."""
        return tuple(ip_network(text) for text in self.allow_networks)

    @property
    def url(self) -> str:
        """With its credentials: for the sender only."""
        return self.url_secret.get_secret_value()

    @property
    def address(self) -> ServiceAddress:
        """The url, read. Raises: ValueError (the configuration's loader has checked it)."""
        return read_address(self.url)

    @property
    def ports(self) -> tuple[int, ...]:
        """Which may be used at public addresses: none for a server that is not named."""
        address = self.address
        named = not address.host or address.host in (host.lower() for host in self.allow_hosts)
        return tuple({port for _, _, port in address.origins}) if named else ()


class FeedChannelSettings(_Channel):
    """folder: of the files, an Atom and a JSON Feed for each subscription; address: where the folder is served, "" = nowhere."""

    type: Literal["feed"]
    folder: Line = "var/feeds"
    entries: int = Field(default=100, ge=1, le=10_000)
    address: Annotated[str, AfterValidator(rules.optional_http_url)] = ""


class CommandSettings(_Channel):
    """command: the program and its arguments; no shell reads them."""

    type: Literal["command"]
    command: tuple[Line, ...] = Field(min_length=1)
    timeout_s: Duration = Field(default=20.0, alias="timeout", ge=0.1, le=20)


CHANNEL_TYPES: dict[str, type[_Channel]] = {
    "console": ConsoleSettings,
    "webhook": WebhookSettings,
    "email": EmailSettings,
    "apprise": AppriseSettings,
    "feed": FeedChannelSettings,
    "command": CommandSettings,
}
ChannelSettings = Annotated[
    ConsoleSettings | WebhookSettings | EmailSettings | AppriseSettings | FeedChannelSettings | CommandSettings,
    Field(discriminator="type"),
]
