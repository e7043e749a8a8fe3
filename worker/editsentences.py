"""What is said of an article's edits, and of the follow-ups to its alerts. `wording.py` says it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from worker.sentences import Sentence

SENTENCES: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        "explain_state_edit": Sentence("Fassung $number vom $at", "revision $number of $at"),
        "explain_state_material": Sentence(
            "Fassung $number vom $at: wesentlich geändert ($what)", "revision $number of $at: a material edit ($what)"
        ),
        "explain_state_immaterial": Sentence(
            "Fassung $number vom $at: nicht wesentlich geändert (Überschrift und Zahlen blieben, kein Update kam dazu)",
            "revision $number of $at: no material edit (title and numbers stayed, no update came)",
        ),
        "explain_state_text": Sentence(
            "Fassung $number vom $at: der ganze Text statt des Anrisses, keine Änderung der Redaktion",
            "revision $number of $at: the full text in place of a teaser, no edit by the newspaper",
        ),
        "explain_state_rename": Sentence(
            "Fassung $number vom $at: nur eine neue Adresse", "revision $number of $at: a new address only"
        ),
        "explain_state_rules": Sentence(
            "Fassung $number vom $at: nach neuen Regeln gelesen, keine Änderung der Redaktion",
            "revision $number of $at: read by new rules, no edit by the newspaper",
        ),
        "explain_followed_up": Sentence("Nachtrag vom $at: $what", "follow-up on $at: $what"),
        "material_title": Sentence("Überschrift", "title"),
        "material_number": Sentence("Zahl", "number"),
        "material_update": Sentence("Update", "update"),
        "material_withdrawn": Sentence("von der Website verschwunden", "gone from the site"),
        "material_returned": Sentence("wieder auf der Website", "on the site again"),
    }
)
