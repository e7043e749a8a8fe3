"""What is said of the archive's history, of its files and of its upkeep: a line per sentence. `wording.py` says it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from worker.sentences import Counted, Sentence

SENTENCES: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        # archive show --revisions, --diff
        "revision_head": Sentence("Fassung $number, gesehen $seen$how", "Revision $number, seen $seen$how"),
        "revision_by_feed": Sentence("; im Feed $feed", "; in the feed $feed"),
        "revision_by_page": Sentence("; auf der Artikelseite", "; on the article's page"),
        "revision_by_rest": Sentence("; über die REST-Schnittstelle", "; by the REST interface"),
        "revision_by_rules": Sentence("; nach neuen Regeln gelesen", "; read by new rules"),
        "revision_modified": Sentence("; laut Quelle geändert $at", "; modified $at, says the source"),
        "revision_first": Sentence("zuerst gesehen: $title", "first seen: $title"),
        "revision_changed": Sentence("geändert: $fields", "changed: $fields"),
        "revision_nothing": Sentence("nichts Sichtbares geändert", "nothing visible changed"),
        "revision_text": Sentence("Text (+$added −$gone Wörter)", "text (+$added −$gone words)"),
        "no_such_revision": Sentence(
            "Fassung $number gibt es nicht; es gibt: $known", "there is no revision $number; there are: $known"
        ),
        "diff_head": Sentence("Fassung $old → $new", "Revision $old → $new"),
        "diff_field": Sentence("$field: $before → $after", "$field: $before → $after"),
        "diff_no_text": Sentence("Der Text ist derselbe.", "The text is the same."),
        "diff_folded": Sentence("[… $words Wörter unverändert …]", "[… $words words unchanged …]"),
        "change_title": Sentence("Titel", "title"),
        "change_category": Sentence("Rubrik", "category"),
        "change_categories": Sentence("Rubriken", "categories"),
        "change_tags": Sentence("Schlagwörter", "tags"),
        "change_url": Sentence("Adresse", "URL"),
        "change_author": Sentence("Autor", "author"),
        "change_published_at": Sentence("Datum", "date"),
        "change_agency": Sentence("Agentur", "agency"),
        "change_excerpt": Sentence("nur Anriss", "excerpt only"),
        "change_none": Sentence("–", "–"),
        # archive stats
        "stats_by_month": Sentence("Nach Monat", "By month"),
    }
)

COUNTED: Final[Mapping[str, Counted]] = MappingProxyType({})
