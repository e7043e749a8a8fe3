"""What is said when queries are tried, compared and explained: a line per sentence. `wording.py` says it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from worker.sentences import Counted, Sentence

SENTENCES: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        # query test
        "tested_over": Sentence(
            "$hits; durchsucht: $articles, veröffentlicht von $since bis $until",
            "$hits; looked through: $articles, published from $since to $until",
        ),
        "tested_nothing": Sentence(
            "in dieser Zeit gibt es keine Artikel im Archiv: --since weiter zurück setzen",
            "the archive has no articles of that time: set --since further back",
        ),
        "tested_empty": Sentence(
            "das Archiv ist leer, es gibt nichts zu durchsuchen: der Worker füllt es (`feedwacht run`), einmal sofort "
            "`feedwacht poll`, mit Älterem `feedwacht backfill URL --from TAG`",
            "the archive is empty, there is nothing to look through: the worker fills it (`feedwacht run`), once and at once "
            "`feedwacht poll`, with what is older `feedwacht backfill URL --from DAY`",
        ),
        "would_have_sent": Sentence(
            "das hätte $alerts geschickt, höchstens $most in einer Stunde",
            "it would have sent $alerts, at most $most in one hour",
        ),
        "newest_hits": Sentence("Die neuesten Treffer:", "The newest hits:"),
        "hit_forms": Sentence("Treffer: $forms", "Matched: $forms"),
        "near_misses": Sentence(
            "Knapp daneben (durchsucht: $articles, die neuesten):",
            "Near misses (looked through: $articles, the newest):",
        ),
        "near_miss": Sentence(
            "mit `$change` auch: $articles, z. B. $examples",
            "with `$change` it would also find: $articles, e.g. $examples",
        ),
        "query_hint": Sentence("Hinweis: $hint", "Hint: $hint"),
        # query explain
        "understood_query": Sentence("Gelesen als: $query", "Read as: $query"),
        "understood_inflected": Sentence("in jeder Form, auch „$shown“", "in any form, “$shown” too"),
        "understood_form": Sentence("nur die Form „$shown“", "only the form “$shown”"),
        "understood_exact": Sentence("genau „$shown“, Buchstabe für Buchstabe", "exactly “$shown”, letter by letter"),
        "understood_pattern": Sentence("jedes Wort nach dem Muster $shown", "any word of the pattern $shown"),
        "understood_lemma": Sentence("Grundform $lemma: $forms", "base form $lemma: $forms"),
        "understood_stem": Sentence("in keinem Wörterbuch; Wortstamm: $stems", "in no dictionary; stem: $stems"),
        "field_tag": Sentence("in den Schlagwörtern", "in the tags"),
        "field_source": Sentence("bei der Quelle", "in the source's name"),
        "field_agency": Sentence("bei der Agentur", "in the agency"),
        "field_ai": Sentence("bei der KI-Angabe", "in the AI notice"),
        "against_yes": Sentence("Treffer: $name", "a match: $name"),
        "against_no": Sentence("kein Treffer: $name", "no match: $name"),
        "against_nothing": Sentence("$file ist leer", "$file is empty"),
        "not_utf8": Sentence("$file ist kein Text in UTF-8", "$file is no text in UTF-8"),
        "file_too_large": Sentence("$file ist größer als $size", "$file is larger than $size"),
        # query diff
        "diff_counts": Sentence(
            "gewonnen: $gained, verloren: $lost, unverändert: $kept", "gained: $gained, lost: $lost, kept: $kept"
        ),
        "diff_gained": Sentence("Gewonnen, die neuesten zuerst:", "Gained, the newest first:"),
        "diff_lost": Sentence("Verloren, die neuesten zuerst:", "Lost, the newest first:"),
        # query cases; the last line is read by programs, too, and is the same in each language
        "case_failed": Sentence("Zeile $line: $query: $expected$note", "line $line: $query: $expected$note"),
        "case_should_match": Sentence("sollte treffen und tut es nicht", "should match and does not"),
        "case_should_not_match": Sentence("sollte nicht treffen und tut es", "should not match and does"),
        "case_unreadable": Sentence("die Suche ist nicht lesbar: $fault", "the query cannot be read: $fault"),
        # explain
        "explain_removed": Sentence(
            "$reference wurde am $at aus dem Archiv gelöscht: $reason",
            "$reference was removed from the archive on $at: $reason",
        ),
        "explain_stored": Sentence(
            "Zuerst gesehen: $at, abgelegt als $key (Fassung $revision)",
            "First seen: $at, filed as $key (revision $revision)",
        ),
        "explain_shown": Sentence("gezeigt von $feed seit $at", "shown by $feed since $at"),
        "explain_shown_by_nobody": Sentence(
            "kein Feed hat ihn gezeigt: er wurde eingelesen", "no feed showed it: it was imported"
        ),
        "explain_identity": Sentence("erkannt an $url_key", "known by $url_key"),
        "explain_identity_post": Sentence(
            "erkannt an $url_key und der Beitragsnummer $post_id", "known by $url_key and the post id $post_id"
        ),
        "explain_published": Sentence("Zeit: $at, aus dem Feed", "Time: $at, from the feed"),
        "explain_published_guess": Sentence(
            "Zeit: $at, als er zuerst gesehen wurde: der Feed nennt keine brauchbare",
            "Time: $at, when it was first seen: the feed gives none that can be used",
        ),
        "explain_category": Sentence("Rubrik: $category$more", "Category: $category$more"),
        "explain_tags": Sentence("Schlagwörter: $tags", "Tags: $tags"),
        "explain_agency": Sentence("Agentur: $agency", "Agency: $agency"),
        "explain_ai": Sentence("mit KI bearbeitet, sagt der Artikel", "worked on by AI, says the article"),
        "explain_excerpt": Sentence(
            "nur ein Anriss: mehr liefert der Feed nicht", "a teaser only: the feed carries no more"
        ),
        "explain_silent": Sentence(
            "still abgelegt: bisher hat ihn nur die erste Abfrage eines Feeds gezeigt",
            "filed silently: only the first poll of a feed showed it so far",
        ),
        "explain_linked": Sentence("verwandt mit $other: $reason", "related to $other: $reason"),
        "explain_matched": Sentence("„$name“ trifft: $forms", "“$name” matches: $forms"),
        "explain_no_match": Sentence("kein Abonnement trifft", "no subscription matches"),
        "explain_alerted": Sentence("Alarm vom $at", "alerted on $at"),
        "explain_query_then": Sentence("mit der Suche von damals: $query", "with its query of then: $query"),
        "explain_earlier": Sentence(
            "„$name“ traf, und tut es nicht mehr (die Suche oder der Artikel hat sich geändert)",
            "“$name” matched, and does no longer (its query or the article changed)",
        ),
        "explain_delivery": Sentence("$channel: $state$at$detail", "$channel: $state$at$detail"),
        "explain_no_alert": Sentence("kein Alarm: $reason", "no alert: $reason"),
        "no_alert_paused": Sentence("es pausiert", "it is paused"),
        "no_alert_later": Sentence("es wurde erst danach angelegt, am $at", "it was made only afterwards, on $at"),
        "no_alert_silent": Sentence("der Artikel wurde still abgelegt", "the article was filed silently"),
        "no_alert_other": Sentence(
            "damals pausierte es, hatte eine andere Suche, oder der Artikel war älter als die Abfrage",
            "it was paused then, had another query, or the article was older than the polling",
        ),
        "explain_near": Sentence("„$name“ trifft beinahe: $why", "“$name” nearly matches: $why"),
        "near_widened": Sentence("mit `$change` träfe es: $forms", "with `$change` it would match: $forms"),
        "near_missing": Sentence("es fehlt nur: $term", "all that is missing is: $term"),
        "near_excluded": Sentence("ausgeschlossen durch: $term", "excluded by: $term"),
    }
)

COUNTED: Final[Mapping[str, Counted]] = MappingProxyType(
    {
        "hits": Counted("$n Treffer", "$n Treffer", "$n hit", "$n hits"),
        "more_articles": Counted("$n weiterer Artikel", "$n weitere Artikel", "$n more article", "$n more articles"),
    }
)
