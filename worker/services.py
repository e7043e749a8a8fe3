"""The services that alerts may go to through Apprise, and what the address of a channel may be.

Pure: an allow-list, and the check of an address against it before anything of Apprise is loaded. Of each service stands
here what was read in its plugin and in its own documents: whom it asks, how targets are named, how much text it takes.
What is not listed is refused: `json://`, `syslog://`, `mailto://` and all others. docs/adr/0025 says why.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote

from worker import dialects
from worker.fitting import Room

ADDRESS_MOST: Final = 1_000  # characters; plugins read addresses by regular expressions that were not made for more

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([\x21-\x7e]*)")
_BETWEEN_TARGETS = re.compile(r"[\s,;|\\&%]")
_OPTION = re.compile(r"([a-z]+)=([\w.,~:@-]*)", re.ASCII)
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::([0-9]{1,5}))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What is known of one service.

    name: for people; form: how its address is written; module, plugin: where Apprise has it, under `apprise.plugins`.
    hosts: whom it asks, fixed; () = a server of somebody's own, named in the address.
    segments: how many parts stand behind the host, at least and at most; that makes one target and no second one.
    targets: the plugin's attributes that list targets, to be counted when it is made.
    options: what may stand behind "?"; forced: what the plugin is made with, whatever the address says.
    added: what the plugin leaves out of the JSON that carries the message.
    """

    name: str
    form: str
    module: str
    plugin: str
    room: Room
    segments: tuple[int, int]
    hosts: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    options: frozenset[str] = frozenset()
    forced: Mapping[str, object] = field(default_factory=dict)
    added: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAddress:
    """A channel's address, read. url: with its tokens, never to be shown; host, port: "" and None where they are fixed."""

    scheme: str
    service: Service
    url: str = field(repr=False)
    host: str = ""
    port: int | None = None

    @property
    def origins(self) -> tuple[tuple[str, str, int], ...]:
        """All that may be asked: scheme, host and port."""
        if not self.host:
            return tuple(("https", host, 443) for host in self.service.hosts)
        scheme, port = ("https", 443) if self.scheme.endswith("s") else ("http", 80)
        return ((scheme, self.host, self.port or port),)

    @property
    def shown(self) -> str:
        """Scheme and nothing else: everything behind it may be a token."""
        return f"{self.scheme}://***"


# -- the list -----------------------------------------------------------------------------------------------------------

_TELEGRAM = Service(
    name="Telegram",
    form="tgram://BOT_TOKEN/CHAT_ID",
    module="telegram",
    plugin="NotifyTelegram",
    hosts=("api.telegram.org",),
    segments=(1, 1),
    targets=("targets",),
    options=frozenset({"silent", "topic", "thread", "preview"}),
    forced=MappingProxyType({"detect_owner": False}),
    # "1-4096 characters"; Telegram counts text in UTF-16 units. https://core.telegram.org/bots/api#sendmessage
    room=Room(body=4096, weigh=dialects.utf16, dialect=dialects.HTML),
)
_DISCORD = Service(
    name="Discord",
    form="discord://WEBHOOK_ID/WEBHOOK_TOKEN",
    module="discord",
    plugin="NotifyDiscord",
    hosts=("discord.com",),
    segments=(1, 1),
    options=frozenset({"thread"}),
    # https://docs.discord.com/developers/resources/message#allowed-mentions-object: nobody is called, whatever is written.
    added=MappingProxyType({"allowed_mentions": {"parse": []}}),
    room=Room(body=2000, weigh=dialects.utf16, dialect=dialects.MARKDOWN),
)
_SLACK = Service(
    name="Slack",
    form="slack://TOKEN_A/TOKEN_B/TOKEN_C or slack://xoxb-BOT-TOKEN/CHANNEL",
    module="slack",
    plugin="NotifySlack",
    hosts=("hooks.slack.com", "slack.com"),
    segments=(1, 3),
    targets=("channels",),
    forced=MappingProxyType({"include_image": False, "include_footer": False}),
    room=Room(body=35_000, dialect=dialects.SLACK),
)
_PUSHOVER = Service(
    name="Pushover",
    form="pover://USER_KEY@APP_TOKEN or pover://USER_KEY@APP_TOKEN/DEVICE",
    module="pushover",
    plugin="NotifyPushover",
    hosts=("api.pushover.net",),
    segments=(0, 1),
    targets=("devices", "groups"),
    options=frozenset({"priority", "sound"}),
    # "1024 4-byte UTF-8 characters", title 250: https://pushover.net/api#limits
    room=Room(body=1024, title=250),
)
_GOOGLE_CHAT = Service(
    name="Google Chat",
    form="gchat://SPACE/KEY/TOKEN",
    module="google_chat",
    plugin="NotifyGoogleChat",
    hosts=("chat.googleapis.com",),
    segments=(2, 2),
    room=Room(body=4000, weigh=dialects.utf8, dialect=dialects.GOOGLE),
)
_PUSHBULLET = Service(
    name="Pushbullet",
    form="pbul://ACCESS_TOKEN or pbul://ACCESS_TOKEN/DEVICE",
    module="pushbullet",
    plugin="NotifyPushBullet",
    hosts=("api.pushbullet.com",),
    segments=(0, 1),
    targets=("targets",),
    room=Room(body=8000, title=250, weigh=dialects.utf8),
)
_THREEMA = Service(
    name="Threema",
    form="threema://GATEWAY_ID@SECRET/THREEMA_ID",
    module="threema",
    plugin="NotifyThreema",
    hosts=("msgapi.threema.ch",),
    segments=(1, 1),
    targets=("targets",),
    # "max. 3500 bytes, UTF-8 encoded": https://gateway.threema.ch/en/developer/api
    room=Room(body=3500, weigh=dialects.utf8, dialect=dialects.CALLING),
)
_TEAMS = Service(
    name="Microsoft Teams",
    form="workflows://HOST/WORKFLOW/SIGNATURE",
    module="workflows",
    plugin="NotifyWorkflows",
    segments=(2, 2),
    options=frozenset({"pa", "route"}),
    forced=MappingProxyType({"include_image": False}),
    room=Room(body=1000, weigh=dialects.utf16, dialect=dialects.CARD),
)
_NTFY = Service(
    name="ntfy",
    form="ntfys://TOPIC (at ntfy.sh) or ntfys://HOST/TOPIC",
    module="ntfy",
    plugin="NotifyNtfy",
    segments=(1, 1),
    targets=("topics",),
    options=frozenset({"priority", "tags", "auth"}),
    forced=MappingProxyType({"include_image": False, "mode": "private"}),
    # The server makes an attachment of more than 4096 bytes, the plugin of 7800 bytes of JSON with title and topic.
    room=Room(body=3500, title=200, weigh=dialects.utf8_or_half_json),
)
_NTFY_SH = Service(
    name="ntfy",
    form=_NTFY.form,
    module="ntfy",
    plugin="NotifyNtfy",
    hosts=("ntfy.sh",),
    segments=(0, 0),
    targets=("topics",),
    options=_NTFY.options - {"auth"},
    forced=MappingProxyType({"include_image": False, "mode": "cloud"}),
    room=_NTFY.room,
)
_GOTIFY = Service(
    name="Gotify",
    form="gotifys://HOST/APP_TOKEN",
    module="gotify",
    plugin="NotifyGotify",
    segments=(1, 5),
    options=frozenset({"priority"}),
    room=Room(body=16_000, title=250),
)
_MATTERMOST = Service(
    name="Mattermost",
    form="mmosts://HOST/WEBHOOK_TOKEN",
    module="mattermost",
    plugin="NotifyMattermost",
    segments=(1, 5),
    forced=MappingProxyType({"include_image": False}),
    # The server counts code points, 16383 by default, 4000 before version 5.
    room=Room(body=4000, dialect=dialects.MARKDOWN),
)
_ROCKET_CHAT = Service(
    name="Rocket.Chat",
    form="rockets://USER:PASSWORD@HOST/#CHANNEL",
    module="rocketchat",
    plugin="NotifyRocketChat",
    segments=(1, 1),
    targets=("channels", "rooms", "users"),
    room=Room(body=1000, dialect=dialects.ROCKET),
)
_MATRIX = Service(
    name="Matrix",
    form="matrixs://TOKEN@HOST/!ROOM_ID:SERVER or matrixs://USER:PASSWORD@HOST/#ROOM",
    module="matrix.base",
    plugin="NotifyMatrix",
    segments=(1, 1),
    targets=("rooms", "users"),
    forced=MappingProxyType(
        {"discovery": False, "e2ee": False, "autoverify": False, "include_image": False, "mode": "off"}
    ),
    # An event has at most 65,536 bytes: https://spec.matrix.org/latest/client-server-api/#size-limits
    room=Room(body=16_000, weigh=dialects.as_json, dialect=dialects.CALLING),
)
_SIGNAL = Service(
    name="Signal",
    form="signals://HOST:PORT/FROM_NUMBER/TO_NUMBER",
    module="signal_api",
    plugin="NotifySignalAPI",
    segments=(2, 2),
    targets=("targets",),
    # Longer texts become attachments in Signal.
    room=Room(body=2000, weigh=dialects.utf8),
)

SERVICES: Final[Mapping[str, Service]] = MappingProxyType(
    {
        "tgram": _TELEGRAM,
        "discord": _DISCORD,
        "slack": _SLACK,
        "pover": _PUSHOVER,
        "gchat": _GOOGLE_CHAT,
        "pbul": _PUSHBULLET,
        "threema": _THREEMA,
        "workflows": _TEAMS,
        "ntfy": _NTFY,
        "ntfys": _NTFY,
        "gotify": _GOTIFY,
        "gotifys": _GOTIFY,
        "mmost": _MATTERMOST,
        "mmosts": _MATTERMOST,
        "rocket": _ROCKET_CHAT,
        "rockets": _ROCKET_CHAT,
        "matrix": _MATRIX,
        "matrixs": _MATRIX,
        "signal": _SIGNAL,
        "signals": _SIGNAL,
    }
)


# -- an address ---------------------------------------------------------------------------------------------------------


def read_address(url: str) -> ServiceAddress:
    """A channel's address, checked letter by letter. Raises: ValueError with the rule in words, without the address."""
    scheme, rest = _parted(url)
    service = _known(scheme)
    place, _, options = rest.partition("?")
    head, *segments = place.rstrip("/").split("/")
    host, port = _host_of(head.rpartition("@")[2])
    if service is _NTFY and (host == "ntfy.sh" or not segments):
        return _ntfy_sh(host, segments, options)
    _check_segments(service, segments)
    _check_options(service, options)
    # "#room" is a target's name, and no fragment that a parser may drop with what follows it
    url = f"{scheme}://{place.replace('#', '%23')}" + (f"?{options}" if options else "")
    if service.hosts:
        return ServiceAddress(scheme=scheme, service=service, url=url)
    if not host:
        raise ValueError(f"{service.name} is addressed as {service.form}")
    return ServiceAddress(scheme=scheme, service=service, url=url, host=host, port=port)


def _parted(url: str) -> tuple[str, str]:
    if len(url) > ADDRESS_MOST:
        raise ValueError(f"an address has at most {ADDRESS_MOST} characters")
    found = _ADDRESS.fullmatch(url)
    if found is None:
        raise ValueError("an address such as tgram://BOT_TOKEN/CHAT_ID is needed, without blanks and in ASCII")
    return found[1].lower(), found[2]


def _known(scheme: str) -> Service:
    service = SERVICES.get(scheme)
    if service is not None:
        return service
    near = difflib.get_close_matches(scheme[:40], SERVICES, n=1, cutoff=0.6)
    known = f"did you mean {near[0]}://?" if near else f"there are {', '.join(f'{one}://' for one in SERVICES)}"
    raise ValueError(f"{scheme[:40]}:// is no service that alerts may go to; {known}")


def _host_of(text: str) -> tuple[str, int | None]:
    """Name and port; ("", None) for what is none (a token may stand there)."""
    found = _HOST.fullmatch(text)
    if found is None:
        return "", None
    port = int(found[2]) if found[2] else None
    return ("", None) if port is not None and not 0 < port < 65_536 else (found[1].lower(), port)


def _ntfy_sh(host: str, segments: list[str], options: str) -> ServiceAddress:
    """The public server, by name or without one: the plugin is given the form without."""
    topic = segments if host == "ntfy.sh" else [host]
    if len(topic) != 1 or not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", topic[0]):
        raise ValueError(f"{_NTFY.name} is addressed as {_NTFY.form}")
    _check_options(_NTFY_SH, options)
    url = f"ntfys://{topic[0]}" + (f"?{options}" if options else "")
    return ServiceAddress(scheme="ntfys", service=_NTFY_SH, url=url)


def _check_segments(service: Service, segments: list[str]) -> None:
    """One target: nothing that a plugin could take for two."""
    least, most = service.segments
    named = [unquote(segment) for segment in segments]
    if not least <= len(segments) <= most or not all(named):
        raise ValueError(f"a channel has one target: {service.name} is addressed as {service.form}")
    if any(_BETWEEN_TARGETS.search(name) for name in named):
        raise ValueError("a channel has one target; make a channel for each")


def _check_options(service: Service, options: str) -> None:
    for option in options.split("&") if options else ():
        found = _OPTION.fullmatch(option)
        if found is None or found[1] not in service.options:
            known = ", ".join(sorted(service.options)) or "none"
            raise ValueError(f"this option is not for channels; {service.name} has: {known}")
