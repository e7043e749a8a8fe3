"""What is said of processes and of whether the promises hold: a line per sentence. `wording.py` says it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from worker.sentences import Sentence

SENTENCES: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        # status: promises that do not hold
        "status_unattended": Sentence(
            "Feeds sind seit $span fällig, und kein Prozess ist da, der sie abruft: `feedwacht run` starten, oder worker und beat",
            "feeds have been due for $span and no process is there to poll them: start `feedwacht run`, or worker and beat",
        ),
        "status_no_sweep": Sentence(
            "seit $span hat niemand nachgesehen, was fällig ist: läuft `feedwacht beat`, und ist der Broker zu erreichen?",
            "for $span nobody has looked for what is due: does `feedwacht beat` run, and can the broker be reached?",
        ),
    }
)
