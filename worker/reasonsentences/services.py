"""What is wrong with a service's address, and how a plugin failed: the clauses of services, channels/apprise and plugins."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

GERMAN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "an address has at most $most characters": "eine Adresse hat höchstens $most Zeichen",
        "an address such as tgram://BOT_TOKEN/CHAT_ID is needed, without blanks and in ASCII": (
            "gebraucht wird eine Adresse wie tgram://BOT_TOKEN/CHAT_ID, ohne Leerzeichen und in ASCII"
        ),
        "$scheme is no service that alerts may go to": "$scheme ist kein Dienst, an den Alarme gehen dürfen",
        "there are $services": "es gibt $services",
        "$service is addressed as $form": "$service wird adressiert als $form",
        "a channel has one target": "ein Kanal hat ein Ziel",
        "with one target": "mit einem Ziel",
        "make a channel for each": "für jedes einen Kanal anlegen",
        "this option is not for channels": "diese Angabe ist nichts für Kanäle",
        "$service has: $options": "$service hat: $options",
        "$service is a server of somebody's own": "$service ist ein eigener Server",
        "its host has to stand in allow_hosts, or its network in allow_networks": (
            "sein Name muss in allow_hosts stehen oder sein Netz in allow_networks"
        ),
        "the address cannot be used": "die Adresse ist nicht brauchbar",
        "the plugin for $service failed ($error)": "das Plugin für $service ist gescheitert ($error)",
        "the plugin for $service sent nothing": "das Plugin für $service hat nichts gesendet",
        "another message of this channel takes its time": "eine andere Nachricht dieses Kanals braucht ihre Zeit",
        "allow_hosts and allow_networks of the channel say where its server may stand": (
            "allow_hosts und allow_networks des Kanals sagen, wo sein Server stehen darf"
        ),
    }
)
