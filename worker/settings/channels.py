"""The configuration's channels: one class per type. The shipped `config/feedwacht.toml` says what each key is for."""

import hashlib
from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from worker.serviceaddress import ServiceAddress, read_address
from worker.settings import rules
from worker.settings.kinds import (
    Address,
    Duration,
    Host,
    HttpUrl,
    IPNetwork,
    Line,
    Name,
    Network,
    OptionalAddress,
    Port,
    Table,
    WebhookSecret,
)

_KEYS = ("password", "secret")


class _Channel(Table):
    """on_unknown: what becomes of a message that may have arrived, because the answer was lost."""

    name: Name
    on_unknown: Literal["repeat", "drop"] = "repeat"

    @property
    def target(self) -> str:
        """Where it leads, as a hash of 16 digits: another one is another target. What only opens the door is left out."""
        told = {name: value for name, value in self if name not in _KEYS}
        plain = {name: getattr(value, "get_secret_value", lambda value=value: value)() for name, value in told.items()}
        return hashlib.sha256(repr(sorted(plain.items())).encode("utf-8", "replace")).hexdigest()[:16]


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
    """tls: "starttls" and "tls" refuse a server without; "none" sends in the clear, and knows no password.

    sender, to: one address each, as `mailbox.mailbox` reads it. unsubscribe: for `List-Unsubscribe`, "" = no such header.
    """

    type: Literal["email"]
    host: Host
    port: Port = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    username: Annotated[str, AfterValidator(rules.optional_line)] = ""
    password: SecretStr = SecretStr("")
    password_file: str = ""
    sender: Address = Field(alias="from")
    to: Annotated[tuple[Address, ...], AfterValidator(rules.recipients)]
    unsubscribe: OptionalAddress = ""


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
