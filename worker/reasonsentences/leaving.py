"""What became of a message at its channel: the clauses of channels/ but the webhook's, which speak of answers."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

GERMAN: Final[Mapping[str, str]] = MappingProxyType(
    {
        # programs
        "the program took it": "das Programm hat sie angenommen",
        "the program cannot be started": "das Programm ist nicht zu starten",
        "the program cannot be started (exit code $code)": "das Programm ist nicht zu starten (Exit-Code $code)",
        "the program was not done within $time s and was ended": (
            "das Programm war nach $time s nicht fertig und wurde beendet"
        ),
        "the program was ended by signal $number": "das Programm wurde durch Signal $number beendet",
        "the program ended with exit code $code": "das Programm endete mit Exit-Code $code",
        # feeds
        "a feed takes only a subscription's alerts": "ein Feed nimmt nur Alarme eines Abonnements auf",
        "stands already in $file": "steht schon in $file",
        "written into $file": "geschrieben in $file",
    }
)
