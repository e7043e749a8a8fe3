"""What is said of deliveries and of the channels by which they leave: a line per sentence. `wording.py` says it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from worker.sentences import Sentence

SENTENCES: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        "status_channel_failing": Sentence(
            "der Kanal $channel nimmt seit $at nichts an: $detail; er wird immer wieder gefragt, "
            "gleich nach `feedwacht channels enable $channel`",
            "the channel $channel has taken nothing since $at: $detail; it is asked again and again, at once after "
            "`feedwacht channels enable $channel`",
        ),
        "nothing_to_replay": Sentence(
            "keine aufgegebene Zustellung gehört zu $ids: siehe `feedwacht alerts list --state dead`; was noch wartet, geht "
            "mit `feedwacht channels enable KANAL` sofort hinaus",
            "no dead delivery belongs to $ids: see `feedwacht alerts list --state dead`; what still waits leaves at once "
            "by `feedwacht channels enable CHANNEL`",
        ),
        # alerts list: why something waits
        "held_for_digest": Sentence("für die Sammelmeldung $at", "for the digest $at"),
        "held_for_quiet": Sentence("Ruhezeit bis $at", "quiet hours until $at"),
        "held_for_flood": Sentence("zu viele in der Stunde, bis $at", "too many an hour, until $at"),
        "held_for_quarantine": Sentence(
            "bis über die Quarantäne des Feeds entschieden ist (`feedwacht feeds quarantine list`)",
            "until the feed's quarantine is decided (`feedwacht feeds quarantine list`)",
        ),
        "carried_by": Sentence("geht mit $id", "goes with $id"),
        "alert_is_new": Sentence("neuer Artikel", "new article"),
        "alert_is_edit": Sentence("Nachtrag", "follow-up"),
        "alert_is_digest": Sentence("Sammelmeldung", "digest"),
        "alert_is_summary": Sentence("Zusammenfassung", "summary"),
        "alert_is_heartbeat": Sentence("Lebenszeichen", "heartbeat"),
        # alerts show
        "no_such_delivery": Sentence(
            "Einen Alarm oder eine Zustellung $id gibt es nicht; `feedwacht alerts list` zeigt alle",
            "there is no alert or delivery $id; `feedwacht alerts list` shows all",
        ),
        "delivery_shown": Sentence("$id durch $channel: $state", "$id by $channel: $state"),
        "delivery_about": Sentence("$kind für „$subscription“: $title", "$kind for “$subscription”: $title"),
        "delivery_owed": Sentence("fällig seit $at, Alarm $alert", "owed since $at, alert $alert"),
        "no_attempts": Sentence("noch kein Versuch", "no attempt yet"),
        "col_number": Sentence("Versuch", "Attempt"),
        "col_result": Sentence("Ausgang", "Outcome"),
        "col_status": Sentence("Status", "Status"),
        "col_took": Sentence("Dauer", "Took"),
        "col_answer": Sentence("Antwort", "Answer"),
        "attempt_sent": Sentence("angekommen", "sent"),
        "attempt_retry": Sentence("noch nicht", "not now"),
        "attempt_never": Sentence("abgelehnt", "refused"),
        "attempt_unknown": Sentence("ungewiss", "unknown"),
        # alerts replay
        "replay_sent_of_what": Sentence(
            "Was schon ankam, wird nur gezielt wiederholt: eine Nr., --channel oder --since angeben",
            "what arrived is repeated by choice only: give an id, --channel or --since",
        ),
        # channels
        "channel_is_well": Sentence("in Ordnung", "well"),
        "channel_is_failing": Sentence("scheitert seit $since", "failing since $since"),
        "channel_is_resting": Sentence("scheitert seit $since, ruht bis $at", "failing since $since, rests until $at"),
        "channel_is_disabled": Sentence("abgeschaltet seit $at", "disabled since $at"),
        "col_failures": Sentence("Fehlversuche", "Failures"),
        "col_waiting": Sentence("Wartend", "Waiting"),
        "channel_enabled": Sentence(
            "$name ist eingeschaltet; was wartet, geht jetzt hinaus", "$name is enabled; what waits leaves now"
        ),
        "channel_was_enabled": Sentence(
            "$name war nicht abgeschaltet; sein nächster Versuch kommt gleich",
            "$name was not disabled; its next try comes at once",
        ),
        "status_channel_disabled": Sentence(
            "Der Kanal $name ist von Hand abgeschaltet: `feedwacht channels enable $name`, wenn er wieder senden soll",
            "the channel $name was disabled by hand: `feedwacht channels enable $name` if it is to send again",
        ),
        "channel_disabled": Sentence(
            "$name ist abgeschaltet; was wartet, bleibt, bis `feedwacht channels enable $name` kommt",
            "$name is disabled; what waits stays until `feedwacht channels enable $name`",
        ),
    }
)
