"""What is said of metrics: a line per sentence. `wording.py` says it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from worker.sentences import Sentence

SENTENCES: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        "metrics_starts": Sentence(
            "Die Zahlen stehen unter $url, bis Strg-C oder SIGTERM.",
            "The numbers stand at $url until Ctrl-C or SIGTERM.",
        ),
        "metrics_refused": Sentence(
            "$address kann nicht belegt werden: $reason; mit --listen oder [metrics] listen eine andere Adresse nennen",
            "$address cannot be used: $reason; name another one by --listen or [metrics] listen",
        ),
    }
)
