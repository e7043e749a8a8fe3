"""What is said of processes and of whether the promises hold: a line per sentence. `wording.py` says it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from worker.sentences import Counted, Sentence

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
        "status_canary_late": Sentence(
            "seit $span ist kein Kanarienvogel angekommen: zwischen Abruf und Zustellung hängt etwas; das Protokoll sagt, was",
            "no canary has arrived for $span: something is stuck between polling and delivering; the log says what",
        ),
        "status_canary": Sentence("Kanarienvogel: zuletzt angekommen $at", "Canary: last arrived $at"),
        "status_no_canary": Sentence(
            "der Kanarienvogel steht in der Konfiguration, aber kein Prozess lässt ihn fliegen: die Prozesse neu starten, "
            "alle mit demselben [canary]",
            "the canary is in the configuration, but no process lets it fly: start the processes again, all with the same "
            "[canary]",
        ),
        "status_canary_failed": Sentence(
            "der Kanarienvogel konnte zuletzt nicht fliegen: $reason", "the canary could not fly the last time: $reason"
        ),
        # status: the screen
        "status_head": Sentence("feedwacht $version, Schema $schema, $now", "feedwacht $version, schema $schema, $now"),
        "status_withdrawn": Sentence("$n zurückgezogen", "$n withdrawn"),
        "status_sources": Sentence("Quellen: $sources", "Sources: $sources"),
        "status_waits": Sentence(
            "am längsten fällig: Feed $feed, Zustellung $delivery", "due for longest: feed $feed, delivery $delivery"
        ),
        "status_lag": Sentence(
            "vom Erscheinen bis ins Archiv: $span (24 Stunden); Lücken: $gaps",
            "from publishing to the archive: $span (24 hours); gaps: $gaps",
        ),
        "status_nobody": Sentence("Prozesse: keiner meldet sich", "Processes: none reports"),
        "status_processes": Sentence("Prozesse: $roles", "Processes: $roles"),
        "status_process": Sentence(
            "Prozess $name ($role, $version): gesehen $seen", "Process $name ($role, $version): seen $seen"
        ),
        "status_versions": Sentence(
            "Prozesse verschiedener Versionen sind am Werk ($versions): nach einem Upgrade alle neu starten",
            "processes of different versions are at work ($versions): restart all of them after an upgrade",
        ),
        "status_idle": Sentence("$name übernimmt keine Arbeit: $reason", "$name takes no work: $reason"),
        # health
        "check_good": Sentence("in Ordnung, zuletzt gemeldet $seen", "good, last reported $seen"),
        "check_idle": Sentence(
            "was auf $host diese Arbeit tut, nimmt keine an: `feedwacht status` sagt, warum",
            "what does this work on $host takes none: `feedwacht status` says why",
        ),
        "check_nobody": Sentence(
            "kein Prozess von $host, der das tut, hat sich in der letzten Minute gemeldet: das Protokoll sagt, warum",
            "no process of $host that does this has reported within the last minute: the log says why",
        ),
        "check_feed_waits": Sentence(
            "ein Feed wartet seit $span auf seinen Abruf: `feedwacht status` sagt mehr",
            "a feed has been waiting for its poll for $span: `feedwacht status` says more",
        ),
        "check_delivery_waits": Sentence(
            "eine Zustellung wartet seit $span: `feedwacht status` sagt mehr",
            "a delivery has been waiting for $span: `feedwacht status` says more",
        ),
        "check_no_sweep": Sentence(
            "seit $span hat niemand nachgesehen, was fällig ist: läuft `feedwacht beat`, und ist der Broker zu erreichen?",
            "for $span nobody has looked for what is due: does `feedwacht beat` run, and can the broker be reached?",
        ),
    }
)

COUNTED: Final[Mapping[str, Counted]] = MappingProxyType(
    {
        "more_sentences": Counted(
            "und $n weiterer Hinweis: `feedwacht status --json` nennt alle",
            "und $n weitere Hinweise: `feedwacht status --json` nennt alle",
            "and $n more: `feedwacht status --json` names all",
            "and $n more: `feedwacht status --json` names all",
        ),
    }
)
