"""The kinds of values that keys have: durations, sizes, addresses, secrets; each with its check."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Secret,
    SecretStr,
    StrictInt,
)

from worker.masking import mask
from worker.settings import rules, units

IPNetwork = IPv4Network | IPv6Network


class SecretUrl(Secret[str]):
    """An address that shows itself without its credentials; `get_secret_value()` has them."""

    def _display(self) -> str:
        return mask(self.get_secret_value())


class PingUrl(SecretUrl):
    """An address whose path is what opens it: nothing but the host is shown."""

    def _display(self) -> str:
        scheme, _, rest = super()._display().partition("://")
        host = rest.rpartition("@")[2].partition("/")[0].partition("?")[0]
        return f"{scheme}://{host}/***" if host else ""


def _secret_url(check: object) -> AfterValidator:
    """A check of the text in a SecretUrl."""
    assert callable(check)
    return AfterValidator(lambda secret: type(secret)(check(secret.get_secret_value())))


Duration = Annotated[
    float,
    BeforeValidator(units.seconds),
    PlainSerializer(units.duration_text, return_type=str, when_used="json"),
]
Age = Annotated[
    Annotated[float, Field(ge=86400, le=100 * 366 * 86400)] | None,
    BeforeValidator(lambda value: None if value in ("", None) else units.seconds(value)),
    PlainSerializer(
        lambda value: "" if value is None else units.duration_text(value), return_type=str, when_used="json"
    ),
]
OptionalDuration = Annotated[
    Annotated[float, Field(ge=1, le=86400)] | None,
    BeforeValidator(lambda value: None if value in ("", None) else units.seconds(value)),
    PlainSerializer(
        lambda value: "" if value is None else units.duration_text(value), return_type=str, when_used="json"
    ),
]
Size = Annotated[
    int,
    BeforeValidator(units.size),
    PlainSerializer(units.size_text, return_type=str, when_used="json"),
]
Line = Annotated[str, AfterValidator(rules.line)]
Name = Annotated[str, AfterValidator(rules.name)]
Port = Annotated[StrictInt, Field(ge=1, le=65535)]
Host = Annotated[str, AfterValidator(rules.host)]
Address = Annotated[str, AfterValidator(rules.address)]
OptionalAddress = Annotated[str, AfterValidator(rules.optional_address)]
Network = Annotated[str, AfterValidator(rules.network)]
Regex = Annotated[str, AfterValidator(rules.regex)]
Certificates = Annotated[str, AfterValidator(rules.certificates)]
Timezone = Annotated[str, AfterValidator(rules.timezone)]
HttpUrl = Annotated[SecretUrl, _secret_url(rules.http_url)]
OptionalHttpUrl = Annotated[SecretUrl, _secret_url(rules.optional_http_url)]
OptionalPingUrl = Annotated[PingUrl, _secret_url(rules.optional_http_url)]
DatabaseUrl = Annotated[SecretUrl, _secret_url(rules.database_url)]
BrokerUrl = Annotated[SecretUrl, _secret_url(rules.broker_url)]
WebhookSecret = Annotated[
    SecretStr,
    AfterValidator(lambda secret: SecretStr(rules.webhook_secret(secret.get_secret_value()))),
]


class Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True)
