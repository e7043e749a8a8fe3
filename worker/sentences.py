"""What is said to people, in each language: a line per sentence. `wording.py` says it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple


class Sentence(NamedTuple):
    """One thing to say, in each language."""

    de: str
    en: str


class Counted(NamedTuple):
    """One thing that is counted: for one, and for every other number. `$n` is the number."""

    de_one: str
    de_many: str
    en_one: str
    en_many: str


SENTENCES: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        # time
        "ago": Sentence("vor $span", "$span ago"),
        "ahead": Sentence("in $span", "in $span"),
        "just_now": Sentence("gerade eben", "just now"),
        "never": Sentence("nie", "never"),
        # alerts
        "alert": Sentence("Alarm", "Alert"),
        "alert_subject": Sentence("Alarm „$subscription“: $title", "Alert “$subscription”: $title"),
        "no_title": Sentence("(ohne Titel)", "(no title)"),
        "published_ago": Sentence("veröffentlicht $ago", "published $ago"),
        "first_seen_label": Sentence("zuerst gesehen $at", "first seen $at"),
        "matched_label": Sentence("Treffer: $words", "Matched: $words"),
        "field_title": Sentence("im Titel", "in the title"),
        "field_body": Sentence("im Text", "in the text"),
        "field_category": Sentence("in der Rubrik", "in the category"),
        "field_tags": Sentence("in den Schlagwörtern", "in the tags"),
        "field_author": Sentence("beim Autor", "in the author's name"),
        "field_url": Sentence("in der Adresse", "in the address"),
        # demo
        "demo_starts": Sentence(
            "Eine kleine Zeitung steht auf $url und bringt alle paar Sekunden einen Artikel. feedwacht beobachtet sie.",
            "A small newspaper stands at $url and publishes every few seconds. feedwacht watches it.",
        ),
        "demo_subscriptions": Sentence(
            "Zwei Abonnements warten: $names. Was schon dasteht, wird still abgelegt; was neu kommt, kann Alarm geben.",
            "Two subscriptions wait: $names. What stands there already is filed silently; what is new may alert.",
        ),
        "demo_quoted": Sentence("„$name“", "“$name”"),
        "demo_first": Sentence(
            "$articles standen schon da und sind still abgelegt, zum Beispiel dieser:",
            "$articles stood there already and were filed silently, this one for example:",
        ),
        "demo_published": Sentence("Die Zeitung bringt: $title", "The paper publishes: $title"),
        "demo_filed": Sentence("abgelegt als $path", "filed as $path"),
        "demo_ends": Sentence(
            "Ende: $records abgelegt, $alerts gesendet. Als Nächstes: make run",
            "The end: $records filed, $alerts sent. Next: make run",
        ),
        # channels
        "console_closed": Sentence("die Ausgabe ist geschlossen", "the output is closed"),
        "console_failed": Sentence(
            "die Ausgabe nimmt nichts an: $reason", "the output does not take anything: $reason"
        ),
        "console_printed": Sentence("ausgegeben", "printed"),
        # commands: the worker
        "run_starts": Sentence(
            "feedwacht beobachtet $feeds ($hosts) für $subscriptions; Archiv: $archive; Strg-C beendet es",
            "feedwacht watches $feeds ($hosts) for $subscriptions; archive: $archive; Ctrl-C ends it",
        ),
        "needs_broker": Sentence(
            'dafür braucht es einen Broker: [broker] url = "redis://localhost:6379/0" eintragen oder ohne Broker '
            "`feedwacht run` benutzen",
            'this needs a broker: set [broker] url = "redis://localhost:6379/0", or use `feedwacht run` without one',
        ),
        # commands: feeds
        "no_feeds": Sentence(
            "es gibt keinen Feed, der abgefragt wird: `feedwacht feeds add URL --source NAME`",
            "there is no feed to poll: `feedwacht feeds add URL --source NAME`",
        ),
        "no_such_feed": Sentence(
            "einen Feed $feed gibt es nicht: siehe `feedwacht feeds list`",
            "there is no feed $feed: see `feedwacht feeds list`",
        ),
        "no_such_source": Sentence(
            "eine Quelle $source gibt es in der Konfiguration nicht; bekannt: $known",
            "there is no source $source in the configuration; known: $known",
        ),
        "interval_too_short": Sentence(
            "das Intervall ist kürzer als $least, der Mindestabstand ([poll] min_interval)",
            "the interval is shorter than $least, the least that is allowed ([poll] min_interval)",
        ),
        "feed_not_public": Sentence(
            "$feed: diese Adresse steht nicht im öffentlichen Internet; [http] allow_networks kann ihr Netz erlauben",
            "$feed: this address is not on the public internet; [http] allow_networks can allow its network",
        ),
        "feed_port": Sentence(
            "$feed: Port $port ist nicht freigegeben; [http] allow_ports nennt, welche es sind",
            "$feed: port $port is not one that may be used; [http] allow_ports names them",
        ),
        "feed_known": Sentence(
            "$feed wird schon abgefragt, als Feed $id: $known", "$feed is polled already, as feed $id: $known"
        ),
        "feed_left_file": Sentence(
            "$feed steht nicht mehr in der Konfiguration: wieder eintragen oder `feedwacht feeds add`",
            "$feed is no longer in the configuration: put it back, or `feedwacht feeds add`",
        ),
        "feed_of_file": Sentence(
            "$feed steht in der Konfiguration: dort löschen ($file)",
            "$feed is in the configuration: take it out there ($file)",
        ),
        "feed_added": Sentence("Feed $id: $feed wird ab jetzt abgefragt", "feed $id: $feed is polled from now on"),
        "feed_removed": Sentence(
            "$feed wird nicht mehr abgefragt; die Artikel bleiben im Archiv",
            "$feed is no longer polled; its articles stay in the archive",
        ),
        "poll_head": Sentence("$feed: $outcome", "$feed: $outcome"),
        "outcome_updated": Sentence("aktualisiert", "updated"),
        "outcome_unchanged": Sentence("unverändert", "unchanged"),
        "outcome_failed": Sentence("fehlgeschlagen", "failed"),
        "outcome_busy": Sentence("belegt", "busy"),
        "never_polled": Sentence("noch nie", "never"),
        "not_polled_any_more": Sentence("wird nicht mehr abgefragt", "not polled any more"),
        "next_try": Sentence("nächster Versuch $at", "next try $at"),
        "due_now": Sentence("jetzt fällig", "due now"),
        "stopped": Sentence("gestoppt", "stopped"),
        "catches_up": Sentence("holt nach (Seite $page)", "catching up (page $page)"),
        "catching_up": Sentence("$feed: holt nach, Seite $page", "$feed: catching up, page $page"),
        "catch_up_pauses": Sentence(
            "das Nachholen pausiert: $reason; weiter $at", "catching up pauses: $reason; it goes on $at"
        ),
        "catch_up_left": Sentence(
            "ältere Seiten sind noch zu lesen; der Worker holt sie nach",
            "older pages are still to be read; the worker catches up",
        ),
        "gap": Sentence("Lücke: $reason", "gap: $reason"),
        "alerts_sent": Sentence("verschickt: $alerts", "sent: $alerts"),
        "alert_not_sent": Sentence("nicht verschickt über $channel: $reason", "not sent by $channel: $reason"),
        # commands: subscriptions, channels, alerts
        "no_subscriptions_like_that": Sentence(
            "kein Abonnement passt: `feedwacht subscriptions list` zeigt alle",
            "no subscription fits: `feedwacht subscriptions list` shows all",
        ),
        "no_subscriptions": Sentence(
            "es gibt keine Abonnements: `feedwacht subscriptions add NAME SUCHE --channel KANAL`",
            "there are no subscriptions: `feedwacht subscriptions add NAME QUERY --channel CHANNEL`",
        ),
        "no_such_subscription": Sentence(
            "ein Abonnement „$name“ gibt es nicht: siehe `feedwacht subscriptions list`",
            "there is no subscription “$name”: see `feedwacht subscriptions list`",
        ),
        "subscription_of_file": Sentence(
            "„$name“ steht in der Konfiguration: dort ändern oder löschen ($file)",
            "“$name” is in the configuration: change it or take it out there ($file)",
        ),
        "subscription_added": Sentence(
            "„$name“ gilt ab dem nächsten Artikel und meldet über: $channels",
            "“$name” holds from the next article on and tells: $channels",
        ),
        "subscription_changed": Sentence(
            "„$name“ ist geändert; das gilt ab dem nächsten Artikel",
            "“$name” is changed; it holds from the next article on",
        ),
        "subscription_paused": Sentence("„$name“ pausiert", "“$name” is paused"),
        "subscription_resumed": Sentence("„$name“ läuft wieder", "“$name” goes on"),
        "subscription_removed": Sentence("„$name“ ist gelöscht", "“$name” is removed"),
        "subscription_is_active": Sentence("aktiv", "active"),
        "subscription_is_paused": Sentence("pausiert", "paused"),
        "subscription_is_unreadable": Sentence("die Suche ist nicht lesbar", "its query cannot be read"),
        "no_history": Sentence(
            "„$name“ ist so, wie es angelegt wurde; davor wurde nichts aufgezeichnet",
            "“$name” is as it was made; nothing was recorded before",
        ),
        "change_head": Sentence("$at: $what von $editor", "$at: $what by $editor"),
        "change_field": Sentence("$field: $before → $after", "$field: $before → $after"),
        "change_added": Sentence("angelegt", "made"),
        "change_edited": Sentence("geändert", "changed"),
        "change_paused": Sentence("angehalten", "paused"),
        "change_resumed": Sentence("fortgesetzt", "resumed"),
        "change_removed": Sentence("gelöscht", "removed"),
        "unknown_editor": Sentence("unbekannt", "unknown"),
        "origin_file": Sentence("Konfiguration", "configuration"),
        "origin_command": Sentence("Befehl", "command"),
        "origin_left": Sentence("nicht mehr in der Konfiguration", "no longer in the configuration"),
        "no_channels": Sentence(
            "es gibt keine Kanäle: [[channel]] in die Konfiguration eintragen",
            "there are no channels: set up a [[channel]] in the configuration",
        ),
        "no_such_channel": Sentence(
            "einen Kanal $channel gibt es in der Konfiguration nicht; bekannt: $known",
            "there is no channel $channel in the configuration; known: $known",
        ),
        "no_alerts": Sentence("keine Alarme", "no alerts"),
        "delivery_is_pending": Sentence("wartet", "pending"),
        "delivery_is_held": Sentence("zurückgehalten", "held"),
        "delivery_is_sent": Sentence("verschickt", "sent"),
        "delivery_is_dead": Sentence("aufgegeben", "dead"),
        "delivery_is_cancelled": Sentence("abgesagt", "cancelled"),
        # commands: the archive
        "no_such_record": Sentence(
            "einen Artikel $reference gibt es im Archiv nicht", "there is no article $reference in the archive"
        ),
        "more_found": Sentence(
            "es gibt mehr als $limit Treffer: --limit erhöhen oder genauer suchen",
            "there are more than $limit: raise --limit, or search for less",
        ),
        "known_key": Sentence("Schlüssel: $key", "Key: $key"),
        "known_since": Sentence("Zuerst gesehen: $at; Fassung $revision", "First seen: $at; revision $revision"),
        "known_feed": Sentence("Feed: $feed", "Feed: $feed"),
        "known_former_url": Sentence("Frühere URL: $url", "Former URL: $url"),
        "known_revision": Sentence(
            "Fassung $number, $seen bis $replaced: $title", "Revision $number, $seen to $replaced: $title"
        ),
        "stats_span": Sentence("veröffentlicht von $first bis $last", "published from $first to $last"),
        "stats_size": Sentence("Größe: $size", "Size: $size"),
        "stats_by_source": Sentence("Nach Quelle", "By source"),
        "stats_by_category": Sentence("Nach Rubrik", "By category"),
        "stats_by_agency": Sentence("Nach Agentur", "By agency"),
        "really_remove": Sentence(
            "„$title“ endgültig aus dem Archiv löschen?", "Delete “$title” from the archive for good?"
        ),
        "record_removed": Sentence(
            "„$title“ ist gelöscht und kommt nicht zurück", "“$title” is deleted and does not come back"
        ),
        "indexing": Sentence("nehme in den Index auf", "indexing"),
        "indexed": Sentence("in den Index aufgenommen: $articles", "indexed: $articles"),
        "exporting": Sentence("schreibe", "writing"),
        "exported": Sentence("geschrieben: $articles nach $path", "written: $articles to $path"),
        "export_wants_file": Sentence(
            "$path ist ein Ordner; für dieses Format wird eine Datei gebraucht",
            "$path is a folder; this format needs a file",
        ),
        "export_wants_folder": Sentence(
            "$path ist eine Datei; gebraucht wird ein Ordner oder ein Name auf .txt oder .md",
            "$path is a file; a folder is needed, or a name that ends in .txt or .md",
        ),
        "not_importable": Sentence(
            "$path: eingelesen werden .txt (Datensatzzeilen) und .jsonl",
            "$path: only .txt (record lines) and .jsonl are read",
        ),
        "imported": Sentence("eingelesen: $new; $known", "imported: $new; $known"),
        "import_removed": Sentence(
            "früher gelöscht und deshalb nicht aufgenommen: $articles",
            "removed earlier and therefore not taken over: $articles",
        ),
        "bad_line": Sentence("$place: nicht lesbar: $reason", "$place: cannot be read: $reason"),
        "backed_up": Sentence("gesichert in $file ($size)", "backed up to $file ($size)"),
        "really_restore": Sentence(
            "Den Inhalt von $archive durch $file ersetzen? Was seitdem dazukam, geht verloren.",
            "Replace the contents of $archive by $file? What came in since is lost.",
        ),
        "restored": Sentence("$archive: wiederhergestellt aus $file", "$archive: restored from $file"),
        "schema_current": Sentence("das Schema ist aktuell: $after", "the schema is up to date: $after"),
        "schema_upgraded": Sentence("Schema: von $before auf $after", "schema: from $before to $after"),
        # commands: status
        "status_archive": Sentence("Archiv: $archive, $articles$size", "Archive: $archive, $articles$size"),
        "status_feeds": Sentence(
            "$feeds: $due fällig, $failing mit Fehlern, $stopped gestoppt",
            "$feeds: $due due, $failing failing, $stopped stopped",
        ),
        "status_deliveries": Sentence("Zustellungen: $deliveries", "Deliveries: $deliveries"),
        "status_late": Sentence(
            "$feeds überfällig, seit $span: läuft der Worker? $start",
            "$feeds overdue, for $span: is the worker running? $start",
        ),
        "status_stopped": Sentence(
            "$feed ist gestoppt: $reason; neue Adresse eintragen oder `feedwacht poll` mit dieser",
            "$feed is stopped: $reason; give its new address, or `feedwacht poll` it",
        ),
        "status_dead": Sentence(
            "$deliveries aufgegeben: `feedwacht alerts list --state dead` sagt warum, `feedwacht alerts replay` "
            "versucht es noch einmal",
            "$deliveries given up: `feedwacht alerts list --state dead` says why, `feedwacht alerts replay` tries again",
        ),
        "status_alerts_late": Sentence(
            "Alarme warten seit $span: läuft `feedwacht run`, oder ein Worker für Zustellungen?",
            "alerts have been waiting for $span: does `feedwacht run` run, or a worker for deliveries?",
        ),
        "status_failing": Sentence(
            "$feed schlägt fehl: $reason; nächster Versuch $at", "$feed fails: $reason; next try $at"
        ),
        "status_quarantine": Sentence(
            "$feed ist in Quarantäne: er hat den Leser $deaths-mal hintereinander umgebracht; sein Inhalt wird nicht mehr "
            "abgelegt, bis er wieder lesbar ist",
            "$feed is in quarantine: it cost the reader its life $deaths times in a row; nothing of it is filed until it "
            "can be read again",
        ),
        "status_blind": Sentence(
            "kein einziger Feed ist zu lesen: Adressen, Netz, Namensdienst und Proxy prüfen",
            "not one feed can be read: check the addresses, the network, the name service and the proxy",
        ),
        "status_watch": Sentence(
            "nichts Dringendes; siehe oben, was stockt oder fehlt", "nothing urgent; see above what is stuck or missing"
        ),
        "status_good": Sentence("alles in Ordnung", "all is well"),
        "status_bad": Sentence("hier ist etwas zu tun", "there is something to be done"),
        "config_source": Sentence("Quelle $source: $line", "Source $source: $line"),
        "config_channel": Sentence("Kanal $channel: $type", "Channel $channel: $type"),
        "config_subscription": Sentence("Abonnement $name: $query", "Subscription $name: $query"),
        "config_bad_query": Sentence(
            "die Suche von „$name“ ist nicht lesbar: $fault", "the query of “$name” cannot be read: $fault"
        ),
        "config_blocked": Sentence("$what kann nie erreicht werden: $reason", "$what can never be reached: $reason"),
        "config_good": Sentence(
            "die Konfiguration ist in Ordnung: $files ($feeds, $subscriptions)",
            "the configuration is ok: $files ($feeds, $subscriptions)",
        ),
        # headings of tables
        "col_at": Sentence("Zeit", "Time"),
        "col_channel": Sentence("Kanal", "Channel"),
        "col_channels": Sentence("Kanäle", "Channels"),
        "col_feed": Sentence("Feed", "Feed"),
        "col_id": Sentence("Nr.", "Id"),
        "col_interval": Sentence("Intervall", "Interval"),
        "col_labels": Sentence("Stichwörter", "Labels"),
        "col_last": Sentence("Letzte Abfrage", "Last poll"),
        "col_name": Sentence("Name", "Name"),
        "col_next": Sentence("Nächste", "Next"),
        "col_note": Sentence("Notiz", "Note"),
        "col_origin": Sentence("Herkunft", "Origin"),
        "col_owner": Sentence("Besitzer", "Owner"),
        "col_query": Sentence("Suche", "Query"),
        "col_remark": Sentence("Anmerkung", "Remark"),
        "col_source": Sentence("Quelle", "Source"),
        "col_state": Sentence("Zustand", "State"),
        "col_subscription": Sentence("Abonnement", "Subscription"),
        "col_title": Sentence("Titel", "Title"),
        "col_type": Sentence("Art", "Type"),
        "col_url": Sentence("Adresse", "Address"),
    }
)

COUNTED: Final[Mapping[str, Counted]] = MappingProxyType(
    {
        # spans of time; German in the dative, as after "vor" and "in"
        "seconds": Counted("$n Sekunde", "$n Sekunden", "$n second", "$n seconds"),
        "minutes": Counted("$n Minute", "$n Minuten", "$n minute", "$n minutes"),
        "hours": Counted("$n Stunde", "$n Stunden", "$n hour", "$n hours"),
        "days": Counted("$n Tag", "$n Tagen", "$n day", "$n days"),
        "weeks": Counted("$n Woche", "$n Wochen", "$n week", "$n weeks"),
        "months": Counted("$n Monat", "$n Monaten", "$n month", "$n months"),
        "years": Counted("$n Jahr", "$n Jahren", "$n year", "$n years"),
        # things
        "articles": Counted("$n Artikel", "$n Artikel", "$n article", "$n articles"),
        "alerts": Counted("$n Alarm", "$n Alarme", "$n alert", "$n alerts"),
        "feeds": Counted("$n Feed", "$n Feeds", "$n feed", "$n feeds"),
        "subscriptions": Counted("$n Abonnement", "$n Abonnements", "$n subscription", "$n subscriptions"),
        "deliveries": Counted("$n Zustellung", "$n Zustellungen", "$n delivery", "$n deliveries"),
        "articles_new": Counted("$n neuer Artikel", "$n neue Artikel", "$n new article", "$n new articles"),
        "articles_changed": Counted("$n geändert", "$n geändert", "$n changed", "$n changed"),
        "articles_found": Counted(
            "$n Artikel gefunden", "$n Artikel gefunden", "$n article found", "$n articles found"
        ),
        "older_pages": Counted("$n ältere Seite", "$n ältere Seiten", "$n older page", "$n older pages"),
        "revisions": Counted(
            "$n frühere Fassung", "$n frühere Fassungen", "$n earlier revision", "$n earlier revisions"
        ),
        "removed": Counted("$n gelöscht", "$n gelöscht", "$n removed", "$n removed"),
        "known": Counted("$n schon bekannt", "$n schon bekannt", "$n known already", "$n known already"),
        "bad_lines": Counted(
            "$n Zeile wurde übersprungen",
            "$n Zeilen wurden übersprungen",
            "$n line was skipped",
            "$n lines were skipped",
        ),
        "files_due": Counted(
            "$n Datei ist noch zu schreiben",
            "$n Dateien sind noch zu schreiben",
            "$n record file is still to be written",
            "$n record files are still to be written",
        ),
        "deliveries_cancelled": Counted(
            "$n wartende Zustellung wurde abgesagt",
            "$n wartende Zustellungen wurden abgesagt",
            "$n waiting delivery was cancelled",
            "$n waiting deliveries were cancelled",
        ),
        "deliveries_replayed": Counted(
            "$n Zustellung wird noch einmal versucht",
            "$n Zustellungen werden noch einmal versucht",
            "$n delivery is tried again",
            "$n deliveries are tried again",
        ),
        "more_spots": Counted(
            "… und $n weitere Stelle", "… und $n weitere Stellen", "… and $n more place", "… and $n more places"
        ),
    }
)
