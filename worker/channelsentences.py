"""What is said of channels when a person tries one or renews its secret: a line per sentence. `wording.py` says it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from worker.sentences import Counted, Sentence

SENTENCES: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        # channels new-secret, drop-old-secret
        "secret_replace": Sentence(
            "„$channel“ hat schon ein Geheimnis. Ersetzen? Bis der Empfänger das neue hat, weist er alles ab "
            "(--keep-old unterschreibt so lange mit beiden)",
            "“$channel” has a secret already. Replace it? Until the receiver has the new one, it will refuse everything "
            "(--keep-old signs with both meanwhile)",
        ),
        "secret_shown_once": Sentence(
            "Das neue Geheimnis von „$channel“ steht in $path und wird kein zweites Mal gezeigt. Es gilt mit dem nächsten "
            "Start des Workers oder nach SIGHUP",
            "The new secret of “$channel” is in $path and will not be shown a second time. It holds from the worker's next "
            "start on, or after SIGHUP",
        ),
        "secret_kept_old": Sentence(
            "Unterschrieben wird mit $secrets. Wenn der Empfänger das neue hat: `feedwacht channels drop-old-secret $channel`",
            "Messages are signed with $secrets. When the receiver has the new one: `feedwacht channels drop-old-secret "
            "$channel`",
        ),
        "secrets_dropped": Sentence(
            "$secrets aus $path entfernt; es bleibt das neueste. Das gilt mit dem nächsten Start des Workers oder nach SIGHUP",
            "$secrets taken out of $path; the newest one stays. This holds from the worker's next start on, or after SIGHUP",
        ),
        "secret_none_old": Sentence("In $path steht kein altes Geheimnis", "There is no old secret in $path"),
        # channels test
        "tried_sent": Sentence("$channel: angenommen ($detail), $took s", "$channel: accepted ($detail), $took s"),
        "tried_retry": Sentence(
            "$channel: nicht angenommen: $detail ($took s)", "$channel: not accepted: $detail ($took s)"
        ),
        "tried_never": Sentence(
            "$channel: endgültig abgelehnt: $detail ($took s)", "$channel: refused for good: $detail ($took s)"
        ),
        "tried_unknown": Sentence(
            "$channel: ob es ankam, ist unbekannt: $detail ($took s)",
            "$channel: whether it arrived is unknown: $detail ($took s)",
        ),
        "tried_answer": Sentence("Antwort: $answer", "Answer: $answer"),
        "tried_id": Sentence("gesendet unter der Id $id", "sent under the id $id"),
        # the sample that a channel is tried with
        "sample_subscription": Sentence("Probe von feedwacht", "feedwacht test"),
        "sample_title": Sentence(
            "Probe: Hafenfest zieht Tausende an den Kanal (erfunden)",
            "Test: thousands at the harbour festival (made up)",
        ),
        "sample_body": Sentence(
            "Dies ist eine Probe von `feedwacht channels test`. Den Artikel gibt es nicht.\n\nDas Hafenfest lockte am "
            "Wochenende Tausende an den Kanal.",
            "This is a test by `feedwacht channels test`. There is no such article.\n\nThe harbour festival drew thousands "
            "to the canal at the weekend.",
        ),
        "sample_hit": Sentence("Hafenfest", "harbour festival"),
        # the feed channel
        "feeds_written": Sentence("$feeds in $folder geschrieben", "$feeds written into $folder"),
        "no_feed_channels": Sentence(
            "es gibt keinen Kanal vom Typ feed: [[channel]] in die Konfiguration eintragen",
            "there is no channel of the type feed: set up a [[channel]] in the configuration",
        ),
        "feed_title": Sentence("feedwacht: $subscription", "feedwacht: $subscription"),
        "feed_about": Sentence("Artikel zur Abfrage $query", "Articles for the query $query"),
    }
)

COUNTED: Final[Mapping[str, Counted]] = MappingProxyType(
    {
        "secrets": Counted("$n Geheimnis", "$n Geheimnissen", "$n secret", "$n secrets"),
        "old_secrets": Counted("$n altes Geheimnis", "$n alte Geheimnisse", "$n old secret", "$n old secrets"),
        "written_feeds": Counted("$n Feed", "$n Feeds", "$n feed", "$n feeds"),
    }
)
