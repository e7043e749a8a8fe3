"""What is said of when and of what subscriptions tell. `wording.py` says it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from worker.sentences import Sentence

SENTENCES: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        "col_options": Sentence("Wann und wovon", "When and of what"),
        # subscriptions list: what is not as it is by default
        "option_digest": Sentence("gesammelt: $value", "together: $value"),
        "option_quiet": Sentence("Ruhe $value", "quiet $value"),
        "option_urgent": Sentence("dringend: $value", "urgent: $value"),
        "option_timezone": Sentence("Uhr von $value", "clock of $value"),
        "option_max_alerts_per_hour": Sentence("höchstens $value je Stunde", "at most $value an hour"),
        "option_heartbeat": Sentence("Lebenszeichen $value", "heartbeat $value"),
        "option_on_edit": Sentence("bei Änderungen: $value", "on edits: $value"),
        "option_one_per_story": Sentence("eine Meldung je Geschichte", "one alert a story"),
        "option_yes": Sentence("ja", "yes"),
        "option_no": Sentence("nein", "no"),
        "on_edit_never": Sentence("nichts", "nothing"),
        "on_edit_new-match": Sentence("was erst jetzt passt", "what matches only now"),
        "on_edit_always": Sentence("was sich an Gemeldetem ändert, auch", "also what changes in what was told"),
        "every_hour": Sentence("stündlich", "hourly"),
        "every_day": Sentence("täglich um $at", "daily at $at"),
        "every_week": Sentence("wöchentlich $weekday $at", "weekly $weekday $at"),
        "weekdays": Sentence("mo di mi do fr sa so", "mon tue wed thu fri sat sun"),
        # subscriptions history: names of fields
        "field_digest": Sentence("Sammeln", "Digest"),
        "field_quiet": Sentence("Ruhezeit", "Quiet hours"),
        "field_urgent": Sentence("Dringendes", "Urgent"),
        "field_timezone": Sentence("Zeitzone", "Time zone"),
        "field_max_alerts_per_hour": Sentence("Höchstens je Stunde", "At most an hour"),
        "field_heartbeat": Sentence("Lebenszeichen", "Heartbeat"),
        "field_on_edit": Sentence("Bei Änderungen", "On edits"),
        "field_one_per_story": Sentence("Eine je Geschichte", "One a story"),
    }
)
