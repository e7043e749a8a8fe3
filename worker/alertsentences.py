"""What is said in alerts, follow-ups, digests and heartbeats: a line per sentence. `wording.py` says it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from worker.sentences import Counted, Sentence

SENTENCES: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        # every alert
        "alert_why": Sentence(
            "Abo „$subscription“: Abfrage $query",
            "Subscription “$subscription”: query $query",
        ),
        "alert_id": Sentence("Alarm-ID: $id", "Alert ID: $id"),
        "alert_also": Sentence("auch: $title", "also: $title"),
        "alert_form_of": Sentence("Form von $typed", "form of $typed"),
        "alert_fits": Sentence("passt zu $typed", "fits $typed"),
        # where an article comes from
        "from_agency": Sentence("Herkunft: Nachrichtenagentur $name", "Provenance: news agency $name"),
        "from_press": Sentence("Herkunft: Pressemitteilung", "Provenance: press release"),
        "ai_worked": Sentence(
            "KI-Hinweis: laut Artikel durch KI bearbeitet", "AI notice: edited with AI, says the article"
        ),
        "ai_worked_at": Sentence(
            "KI-Hinweis: laut Artikel durch KI bearbeitet, $at", "AI notice: edited with AI, says the article, $at"
        ),
        # follow-ups
        "follow_up": Sentence(
            "Nachtrag zum Alarm „$subscription“: $title", "Follow-up to the alert “$subscription”: $title"
        ),
        "changed_title": Sentence("Der Titel ist geändert.", "The title has changed."),
        "changed_number": Sentence("Eine Zahl ist geändert.", "A number has changed."),
        "changed_update": Sentence("Der Artikel hat eine Aktualisierung.", "The article has an update."),
        "changed_withdrawn": Sentence(
            "Der Artikel ist von der Website verschwunden.", "The article is gone from the site."
        ),
        "changed_returned": Sentence("Der Artikel ist wieder auf der Website.", "The article is on the site again."),
        "changed_before": Sentence("vorher:", "before:"),
        "changed_after": Sentence("jetzt:", "now:"),
        # digests and summaries
        "digest_subject": Sentence(
            "Sammelalarm „$subscription“: $hits, $since bis $until", "Digest “$subscription”: $hits, $since to $until"
        ),
        "digest_subject_once": Sentence(
            "Sammelalarm „$subscription“: $hits, $since", "Digest “$subscription”: $hits, $since"
        ),
        "summary_subject": Sentence(
            "Zusammenfassung „$subscription“: $hits, $since bis $until",
            "Summary “$subscription”: $hits, $since to $until",
        ),
        "summary_subject_once": Sentence(
            "Zusammenfassung „$subscription“: $hits, $since", "Summary “$subscription”: $hits, $since"
        ),
        "summary_because": Sentence(
            "Es waren mehr als $hits in einer Stunde; was darüber war, steht hier in einer Nachricht.",
            "There were more than $hits within an hour; what was beyond that is in this one message.",
        ),
        "summary_because_many": Sentence(
            "Es waren zu viele Treffer in einer Stunde; was über der Grenze war, steht hier in einer Nachricht.",
            "There were too many hits within an hour; what was beyond the limit is in this one message.",
        ),
        "digest_follow_up": Sentence("Nachtrag: $title", "Follow-up: $title"),
        # heartbeats
        "heartbeat_subject": Sentence("Lebenszeichen „$subscription“: $found", "Heartbeat “$subscription”: $found"),
        "heartbeat_none": Sentence("nichts gefunden", "nothing found"),
        "heartbeat_line": Sentence("$found, $checked, $feeds", "$found, $checked, $feeds"),
        "heartbeat_troubled": Sentence("nicht alle Feeds sind gesund:", "not all feeds are healthy:"),
        "heartbeat_no_feeds": Sentence("es gibt keinen Feed, der abgefragt wird", "there is no feed to poll"),
        "heartbeat_span": Sentence("$since bis $until", "$since to $until"),
    }
)

COUNTED: Final[Mapping[str, Counted]] = MappingProxyType(
    {
        "alert_hits": Counted("$n Treffer", "$n Treffer", "$n hit", "$n hits"),
        "alert_more_changes": Counted(
            "… und $n weitere Änderung", "… und $n weitere Änderungen", "… and $n more change", "… and $n more changes"
        ),
        "alert_more_copies": Counted(
            "… und $n weiterer Artikel", "… und $n weitere Artikel", "… and $n more article", "… and $n more articles"
        ),
        "alert_more_troubles": Counted("… und $n weiteres", "… und $n weitere", "… and $n more", "… and $n more"),
        "heartbeat_checked": Counted(
            "$n Artikel geprüft", "$n Artikel geprüft", "$n article checked", "$n articles checked"
        ),
        "heartbeat_well": Counted("$n Feed gesund", "$n Feeds gesund", "$n feed healthy", "$n feeds healthy"),
    }
)
