"""The services that alerts may go to through Apprise: an allow-list.

Pure data. Of each service stands here what was read in its plugin and in its own documents: whom it asks, how targets are
named, how much text it takes. What is not listed is refused: `json://`, `syslog://`, `mailto://` and all others.
docs/adr/0025 says why. Must not know how an address is read or a message cut.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from worker import dialects
from worker.fitting import Room


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
    form="slack://TOKEN_A/TOKEN_B/TOKEN_C | slack://xoxb-BOT-TOKEN/CHANNEL",
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
    form="pover://USER_KEY@APP_TOKEN | pover://USER_KEY@APP_TOKEN/DEVICE",
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
    form="pbul://ACCESS_TOKEN | pbul://ACCESS_TOKEN/DEVICE",
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
NTFY = Service(
    name="ntfy",
    form="ntfys://TOPIC | ntfys://HOST/TOPIC",
    module="ntfy",
    plugin="NotifyNtfy",
    segments=(1, 1),
    targets=("topics",),
    options=frozenset({"priority", "tags", "auth"}),
    forced=MappingProxyType({"include_image": False, "mode": "private"}),
    # The server makes an attachment of more than 4096 bytes, the plugin of 7800 bytes of JSON with title and topic.
    room=Room(body=3500, title=200, weigh=dialects.utf8_or_half_json),
)
NTFY_SH = Service(
    name="ntfy",
    form=NTFY.form,
    module="ntfy",
    plugin="NotifyNtfy",
    hosts=("ntfy.sh",),
    segments=(0, 0),
    targets=("topics",),
    options=NTFY.options - {"auth"},
    forced=MappingProxyType({"include_image": False, "mode": "cloud"}),
    room=NTFY.room,
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
    form="matrixs://TOKEN@HOST/!ROOM_ID:SERVER | matrixs://USER:PASSWORD@HOST/#ROOM",
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
        "ntfy": NTFY,
        "ntfys": NTFY,
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
