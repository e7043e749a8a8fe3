"""What is said of processes and of whether the promises hold: a line per sentence. `wording.py` says it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from worker.sentences import Counted, Sentence

SENTENCES: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        # status: promises that do not hold
        "start_alone": Sentence("`feedwacht run`", "`feedwacht run`"),
        "start_shared": Sentence("`feedwacht worker` und `feedwacht beat`", "`feedwacht worker` and `feedwacht beat`"),
        "status_no_room": Sentence(
            "kein Platz für Archiv oder Dateien: $folder ($left); was kommt, lässt sich nicht ablegen, und wer nicht schreiben "
            "kann, meldet sich auch nicht: Platz schaffen, dann geht alles von selbst weiter",
            "no room for archive or files: $folder ($left); what comes cannot be filed, and who cannot write does not report "
            "either: make room, and everything goes on by itself",
        ),
        "status_shut": Sentence(
            "$folder darf auch der Eigentümer nicht beschreiben: was kommt, lässt sich nicht ablegen, und wer nicht schreiben "
            "kann, meldet sich auch nicht: Schreibrecht geben (chmod u+w), dann geht alles von selbst weiter",
            "$folder may not be written, even by its owner: what comes cannot be filed, and who cannot write does not report "
            "either: give the right to write (chmod u+w), and everything goes on by itself",
        ),
        "room_left": Sentence("noch $free frei", "$free left"),
        "room_read_only": Sentence("das Dateisystem ist schreibgeschützt", "the file system is read-only"),
        "status_nothing_ran": Sentence(
            "noch nie wurde etwas abgerufen, und kein Prozess ist da, der es täte ($feeds): $start starten",
            "nothing was ever polled, and no process is there to do it ($feeds): start $start",
        ),
        "status_unattended": Sentence(
            "Feeds sind seit $span fällig, und kein Prozess ist da, der sie abruft: $start starten; läuft das schon, sagt "
            "sein Protokoll, was es hindert",
            "feeds have been due for $span and no process is there to poll them: start $start; if that runs already, its "
            "log says what keeps it",
        ),
        "status_ends_workers": Sentence(
            "$deaths Worker hintereinander gaben $host nicht zurück: er wird nur noch getrennt von den anderen abgefragt; "
            "wurden sie beendet (`journalctl -k` nennt, wen der Kern beendet hat, wenn der Speicher nicht reicht), oder "
            "konnten sie nicht ins Archiv schreiben (das sagt ihr Protokoll)? Wenn beides nicht, bitte melden",
            "$deaths workers in a row did not give $host back: it is asked apart from the others now; were they ended "
            "(`journalctl -k` names what the kernel ended for want of memory), or could they not write the archive (their "
            "log says so)? If neither, please report it",
        ),
        "status_no_sweep": Sentence(
            "seit $span hat niemand nachgesehen, was fällig ist: läuft `feedwacht run`, oder `feedwacht beat` mit einem Broker, der zu erreichen ist?",
            "for $span nobody has looked for what is due: does `feedwacht run` run, or `feedwacht beat` with a broker that can be reached?",
        ),
        "status_canary_late": Sentence(
            "seit $span ist kein Kanarienvogel angekommen: zwischen Abruf und Zustellung hängt etwas; das Protokoll sagt, was",
            "no canary has arrived for $span: something is stuck between polling and delivering; the log says what",
        ),
        "status_canary_late_because": Sentence(
            "seit $span ist kein Kanarienvogel angekommen: $reason", "no canary has arrived for $span: $reason"
        ),
        "status_silent": Sentence(
            "$feed antwortet seit $span nicht: stimmen Adresse und Netz?",
            "$feed has not answered for $span: are address and network right?",
        ),
        "status_never_heard": Sentence(
            "$feed hat noch nie geantwortet ($tries): stimmen Adresse und Netz?",
            "$feed has never answered yet ($tries): are address and network right?",
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
            "Neues, vom Erscheinen bis ins Archiv: $span (24 Stunden); Lücken: $gaps",
            "news, from publishing to the archive: $span (24 hours); gaps: $gaps",
        ),
        "status_nobody": Sentence("Prozesse: keiner meldet sich", "Processes: none reports"),
        "status_processes": Sentence("Prozesse: $roles", "Processes: $roles"),
        "status_process": Sentence(
            "Prozess $name ($role, $version): gesehen $seen", "Process $name ($role, $version): seen $seen"
        ),
        "status_gone": Sentence(
            "Ohne Abschied weg: $processes, zuletzt gesehen $seen ($names)",
            "Gone without goodbye: $processes, last seen $seen ($names)",
        ),
        "status_versions": Sentence(
            "Prozesse verschiedener Versionen sind am Werk ($versions): nach einem Upgrade alle neu starten",
            "processes of different versions are at work ($versions): restart all of them after an upgrade",
        ),
        "status_idle": Sentence("$name übernimmt keine Arbeit: $reason", "$name takes no work: $reason"),
        # the first line of a process
        "beat_starts": Sentence(
            "feedwacht weckt die Worker alle $tick über $broker; Strg-C beendet es",
            "feedwacht wakes the workers every $tick by $broker; Ctrl-C ends it",
        ),
        "delivery_starts": Sentence(
            "feedwacht verschickt die Alarme von $subscriptions ($channels) und schreibt Artikeldateien; Archiv: $archive; "
            "Strg-C beendet es",
            "feedwacht sends the alerts of $subscriptions ($channels) and writes record files; archive: $archive; Ctrl-C ends "
            "it",
        ),
        # health
        "check_good": Sentence("in Ordnung, zuletzt gemeldet $seen", "good, last reported $seen"),
        "check_nobody": Sentence(
            "kein Prozess von $host hat sich in der letzten Minute gemeldet: läuft `feedwacht run` oder `worker`? Wenn ja, "
            "sagt das Protokoll, warum",
            "no process of $host has reported within the last minute: does `feedwacht run` or `worker` run? If so, the log "
            "says why",
        ),
        "check_nobody_polls": Sentence(
            "kein Prozess von $host, der Feeds abruft, hat sich in der letzten Minute gemeldet: läuft `feedwacht run`, oder "
            "`worker` mit dieser Aufgabe? Wenn ja, sagt das Protokoll, warum",
            "no process of $host that polls feeds has reported within the last minute: does `feedwacht run` run, or a "
            "`worker` for that? If so, the log says why",
        ),
        "check_nobody_delivers": Sentence(
            "kein Prozess von $host, der Alarme verschickt, hat sich in der letzten Minute gemeldet: läuft `feedwacht run`, "
            "oder `worker` mit dieser Aufgabe? Wenn ja, sagt das Protokoll, warum",
            "no process of $host that sends alerts has reported within the last minute: does `feedwacht run` run, or a "
            "`worker` for that? If so, the log says why",
        ),
        "check_nobody_beats": Sentence(
            "kein Prozess von $host, der nachsieht, was fällig ist, hat sich in der letzten Minute gemeldet: läuft "
            "`feedwacht run` oder `beat`? Wenn ja, sagt das Protokoll, warum",
            "no process of $host that looks for what is due has reported within the last minute: does `feedwacht run` or "
            "`beat` run? If so, the log says why",
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
            "seit $span hat niemand nachgesehen, was fällig ist: läuft `feedwacht run`, oder `feedwacht beat` mit einem Broker, der zu erreichen ist?",
            "for $span nobody has looked for what is due: does `feedwacht run` run, or `feedwacht beat` with a broker that can be reached?",
        ),
    }
)

COUNTED: Final[Mapping[str, Counted]] = MappingProxyType(
    {
        "tries_in_vain": Counted(
            "$n Versuch vergeblich", "$n Versuche vergeblich", "$n try in vain", "$n tries in vain"
        ),
        "processes": Counted("$n Prozess", "$n Prozesse", "$n process", "$n processes"),
        "deliveries_wait": Counted("$n wartet", "$n warten", "$n pending", "$n pending"),
        "more_sentences": Counted(
            "und $n weiterer Hinweis: `feedwacht status --json` nennt alle",
            "und $n weitere Hinweise: `feedwacht status --json` nennt alle",
            "and $n more: `feedwacht status --json` names all",
            "and $n more: `feedwacht status --json` names all",
        ),
    }
)
