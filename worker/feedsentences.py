"""What is said when feeds are looked for, tried, taken in and out, and read back: a line per sentence. `wording.py` says it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from worker.sentences import Counted, Sentence

SENTENCES: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        # what `status` says of feeds
        "status_not_taken_over": Sentence(
            "$feeds der Konfiguration noch nicht übernommen: $start starten, oder einem laufenden Worker SIGHUP schicken",
            "$feeds of the configuration not taken over yet: start $start, or send a running worker SIGHUP",
        ),
        "status_never_entries": Sentence(
            "$feed ist gültig, zeigte aber noch nie einen Artikel: stimmt die Adresse? `feedwacht feeds discover` nennt die"
            " Feeds der Site",
            "$feed is valid, but has never shown an article: is its address right? `feedwacht feeds discover` lists the"
            " site's feeds",
        ),
        # one look at a feed
        "trial_feed": Sentence("$what, $carried, neuester $newest", "$what, $carried, newest $newest"),
        "trial_empty": Sentence(
            "ein gültiger Feed ohne Einträge; WordPress antwortet so auch auf Tippfehler in der Adresse",
            "a valid feed without entries; WordPress answers a mistyped address so, too",
        ),
        "trial_comments": Sentence(
            "ein Feed von Kommentaren, nicht von Artikeln", "a feed of comments, not of articles"
        ),
        "trial_no_feed": Sentence("kein Feed: $reason", "no feed: $reason"),
        "trial_gone": Sentence("$reason", "$reason"),
        "trial_blocked": Sentence("nicht erreichbar: $reason", "out of reach: $reason"),
        "trial_refused": Sentence("abgewiesen: $reason", "refused: $reason"),
        "trial_unreachable": Sentence("gerade nicht lesbar: $reason", "cannot be read just now: $reason"),
        "trial_moved": Sentence("ist umgezogen nach $url", "has moved to $url"),
        "carried_full": Sentence("Volltext", "full text"),
        "carried_excerpt": Sentence("nur Auszüge", "excerpts only"),
        "carried_mixed": Sentence("teils Auszüge", "partly excerpts"),
        "carried_": Sentence("ohne Text", "no text"),
        "add_hopeless": Sentence(
            "$feed wird nicht aufgenommen: $found; trotzdem: --no-check",
            "$feed is not added: $found; to add it all the same: --no-check",
        ),
        "add_doubtful": Sentence("Achtung: $feed: $found", "careful: $feed: $found"),
        "add_tried": Sentence("geprüft: $found", "checked: $found"),
        # feeds discover
        "discovering": Sentence("sehe nach: $url", "looking at $url"),
        "discover_failed": Sentence("$url: nicht zu lesen: $reason", "$url: cannot be read: $reason"),
        "discovered": Sentence("$site: $feeds", "$site: $feeds"),
        "discovered_nothing": Sentence(
            "$site: kein Feed gefunden; nennt die Seite selbst einen: `feedwacht feeds add URL --source NAME`",
            "$site: no feed was found; if the site names one itself: `feedwacht feeds add URL --source NAME`",
        ),
        "discover_untried": Sentence(
            "nicht angesehen, weil es zu viele sind: $addresses, zum Beispiel $url",
            "not looked at, because there are too many: $addresses, $url for example",
        ),
        "discover_ended": Sentence("die Suche endete früher: $reason", "the search ended early: $reason"),
        "discover_also": Sentence("auch $url", "also $url"),
        "discover_watched": Sentence("wird schon abgefragt (Feed $id)", "is polled already (feed $id)"),
        "discover_how": Sentence(
            "aufnehmen: `feedwacht feeds discover $address --add NR`, oder --all",
            "to add: `feedwacht feeds discover $address --add NUMBER`, or --all",
        ),
        "discover_ask": Sentence(
            "Welche aufnehmen? (Nummern, leer = keine)", "Which ones are to be added? (numbers, empty = none)"
        ),
        "discover_no_number": Sentence(
            "eine Nummer $number steht nicht in der Liste", "there is no number $number in the list"
        ),
        "discover_not_added": Sentence("$number wird nicht aufgenommen: $reason", "$number is not added: $reason"),
        "discover_no_source": Sentence(
            "die Seite gehört zu keiner Quelle der Konfiguration. Das hier eintragen (der Worker liest es bei SIGHUP), "
            "oder --source NAME angeben:",
            "the site belongs to no source of the configuration. Put this into it (the worker reads it on SIGHUP), or give "
            "--source NAME:",
        ),
        # feeds export, feeds import
        "opml_exported": Sentence("geschrieben: $feeds nach $path", "written: $feeds to $path"),
        "opml_masked": Sentence(
            "$feed: Passwort oder Schlüssel steht nicht in der Datei", "$feed: its password or key is not in the file"
        ),
        "opml_imported": Sentence("aufgenommen: $feeds; $known", "added: $feeds; $known"),
        "opml_line": Sentence("$place: $said", "$place: $said"),
        "opml_known": Sentence("übersprungen, wird schon abgefragt: $feed", "skipped, it is polled already: $feed"),
        "opml_is_masked": Sentence(
            "$feed: Passwort oder Schlüssel fehlt; in der Datei eintragen oder `feedwacht feeds add`",
            "$feed: its password or key is missing; write it into the file, or `feedwacht feeds add`",
        ),
        "opml_no_source": Sentence(
            "$feed: kein Ordner darum heißt wie eine Quelle der Konfiguration ($known)",
            "$feed: no folder around it is called as a source of the configuration ($known)",
        ),
        "opml_which_source": Sentence(
            "entweder --source NAME oder --source-from-outline wird gebraucht",
            "either --source NAME or --source-from-outline is needed",
        ),
        "opml_too_large": Sentence("$path ist größer als $most", "$path is larger than $most"),
        # backfill
        "backfill_usage": Sentence(
            "gebraucht werden ein Feed und --from, zum Beispiel: feedwacht backfill 1 --from 2025-01-01",
            "a feed and --from are needed, for example: feedwacht backfill 1 --from 2025-01-01",
        ),
        "backfill_no_feed": Sentence(
            "$feed wird nicht abgefragt: erst `feedwacht feeds add URL --source NAME`",
            "$feed is not watched: `feedwacht feeds add URL --source NAME` first",
        ),
        "backfill_no_time": Sentence(
            "zwischen --from und --to liegt keine Zeit, oder nur künftige",
            "there is no time between --from and --to, or only future time",
        ),
        "backfill_goes_on": Sentence(
            "$feed: weiter, wo es stehen blieb ($done)", "$feed: going on where it stood ($done)"
        ),
        "backfill_ended": Sentence(
            "$feed: unterbrochen; derselbe Befehl macht hier weiter", "$feed: ended; the same command goes on from here"
        ),
        "backfilling": Sentence("$via, $pages, bis $at", "$via, $pages, down to $at"),
        "backfill_is_done": Sentence(
            "$feed: ganz gelesen ($via, $pages); $found, davon $new",
            "$feed: read as a whole ($via, $pages); $found, $new",
        ),
        "backfill_is_running": Sentence(
            "$feed: noch nicht fertig ($via, $pages); $found, davon $new. Derselbe Befehl macht später weiter",
            "$feed: not done yet ($via, $pages); $found, $new. The same command goes on later",
        ),
        "backfill_is_failed": Sentence(
            "$feed: so lässt sich nichts Älteres lesen; einen anderen Weg versuchen: --via $others",
            "$feed: nothing older can be read so; try another way: --via $others",
        ),
        "backfill_is_exhausted": Sentence(
            "$feed: Älteres lässt sich auf keinem Weg lesen; was fehlt, bleibt in `feedwacht coverage` vermerkt. Später "
            "versucht es derselbe Befehl noch einmal; Texte aus anderer Hand nimmt `feedwacht archive import` auf",
            "$feed: nothing older can be read in any way; what is missing stays noted in `feedwacht coverage`. Later the same "
            "command tries again; texts from elsewhere are taken in by `feedwacht archive import`",
        ),
        "backfill_total": Sentence("die Seite selbst zählt $total", "the site itself counts $total"),
        "backfill_missing": Sentence("nicht im Archiv: $articles", "not in the archive: $articles"),
        "backfill_more_missing": Sentence(
            "… und $articles; alle mit --json", "… and $articles; all of them with --json"
        ),
        "no_backfills": Sentence(
            "es wurde noch nichts nachgelesen: `feedwacht backfill FEED --from TAG`",
            "nothing was read back yet: `feedwacht backfill FEED --from DAY`",
        ),
        "backfill_running": Sentence("unvollendet", "unfinished"),
        "backfill_done": Sentence("fertig", "done"),
        "backfill_failed": Sentence("gescheitert", "failed"),
        "status_backfill": Sentence(
            "$feed: ein Nachlesen ab $at ist nicht fertig; derselbe Befehl `feedwacht backfill` macht weiter",
            "$feed: a backfill from $at is not done; the same `feedwacht backfill` command goes on",
        ),
        "col_filed": Sentence("Abgelegt", "Filed"),
        "col_from": Sentence("Von", "From"),
        "col_to": Sentence("Bis", "To"),
        "col_via": Sentence("Weg", "Via"),
        "host_resting": Sentence(
            "$host will bis $until in Ruhe gelassen werden; ich warte",
            "$host wants to be left alone until $until; waiting",
        ),
        "host_held": Sentence(
            "ein anderer Prozess fragt $host gerade ab; ich warte", "another process is polling $host; waiting"
        ),
        "col_found": Sentence("Was dort steht", "What stands there"),
        "col_category": Sentence("Rubrik", "Category"),
    }
)

COUNTED: Final[Mapping[str, Counted]] = MappingProxyType(
    {
        "entries": Counted("$n Eintrag", "$n Einträge", "$n entry", "$n entries"),
        "pages_read": Counted("$n Seite", "$n Seiten", "$n page", "$n pages"),
        "articles_shown": Counted("$n Artikel gesehen", "$n Artikel gesehen", "$n article seen", "$n articles seen"),
        "addresses": Counted("$n Adresse", "$n Adressen", "$n address", "$n addresses"),
    }
)
