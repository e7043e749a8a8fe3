"""What is said of coverage: gaps, means, servers that hide news. `wording.py` says it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from worker.sentences import Sentence

SENTENCES: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        "status_gap": Sentence(
            "Lücke bei $feed: von $since bis $until können Artikel fehlen ($gap);"
            " nachlesen: `feedwacht backfill $id --from $day`",
            "gap at $feed: articles from $since to $until may be missing ($gap);"
            " read them with `feedwacht backfill $id --from $day`",
        ),
        "status_gap_map": Sentence(
            "Lücke bei $feed: von $since bis $until können Artikel fehlen ($gap);"
            " noch nicht versucht: `feedwacht backfill $id --from $day --via sitemap`",
            "gap at $feed: articles from $since to $until may be missing ($gap);"
            " not tried yet: `feedwacht backfill $id --from $day --via sitemap`",
        ),
        "status_gap_unreadable": Sentence(
            "Lücke bei $feed: von $since bis $until können Artikel fehlen ($gap);"
            " auf keinem Weg nachzulesen, sie bleibt vermerkt (`feedwacht coverage $id`)",
            "gap at $feed: articles from $since to $until may be missing ($gap);"
            " in no way to be read, it stays noted (`feedwacht coverage $id`)",
        ),
        "feed_lied": Sentence(
            "$feed: der Server meldete „unverändert“, obwohl es Neues gab (zuletzt bemerkt $at);"
            " er wird ohne Bedingungen gefragt, bis er sieben Tage lang ehrlich war",
            "$feed: the server said “not modified” although there was news (last noticed $at);"
            " it is asked without conditions until it has been honest for seven days",
        ),
        "lied_short": Sentence("verschweigt Neues: ohne Bedingungen gefragt", "hides news: asked without conditions"),
        "weak_etags": Sentence(
            "nimmt seine schwachen ETags nicht an: ohne W/ gefragt", "refuses its own weak ETags: asked without W/"
        ),
        "rereads": Sentence(
            "liest die letzten Tage noch einmal (Seite $page)", "reads the last days again (page $page)"
        ),
        # coverage
        "coverage_of": Sentence("$id  $feed", "$id  $feed"),
        "covered": Sentence("vollständig von $since bis $until ($means)", "complete from $since to $until ($means)"),
        "covered_nothing": Sentence("noch nichts belegt", "nothing is proved yet"),
        "gap_open": Sentence(
            "! Lücke von $since bis $until: $reason; gelesene Seiten: $pages, gefundene Artikel: $found",
            "! gap from $since to $until: $reason; pages read: $pages, articles found: $found",
        ),
        "gap_closing": Sentence("wird gerade geschlossen, Seite $page", "is being closed, page $page"),
        "gap_closed": Sentence(
            "geschlossen: $since bis $until, durch $means, Seiten: $pages, neue Artikel: $found",
            "closed: $since to $until, by $means, pages: $pages, new articles: $found",
        ),
        "gaps_closed_more": Sentence("… und $number ältere", "… and $number older ones"),
        "missing_there": Sentence(
            "$means nannte $total Artikel, davon fehlen $missing",
            "$means named $total articles, $missing are missing",
        ),
        "reread_next": Sentence("nächstes Nachlesen der letzten Tage: $at", "the last days are read again: $at"),
        "coverage_meaning": Sentence(
            "Belegt heißt: Jeder Artikel aus dieser Zeit, den die Seite beim Lesen zeigte, steht im Archiv."
            " Was später zurückdatiert wird, findet sieben Tage lang das tägliche Nachlesen.",
            "Complete means: every article of that time that the site showed when it was read is in the archive."
            " What is dated back later is found by the daily reading again, for seven days.",
        ),
        "means_polls": Sentence("laufende Abfragen", "polls"),
        "means_window": Sentence("eine spätere Abfrage", "a later poll"),
        "means_links": Sentence("Links des Feeds", "the feed's links"),
        "means_paged": Sentence("Seiten des Feeds", "the feed's pages"),
        "means_date": Sentence("Feeds der Tage", "feeds of days"),
        "means_rest": Sentence("REST-Schnittstelle", "the REST interface"),
        "means_sitemap": Sentence("Sitemap", "the sitemap"),
    }
)
