"""What `feedwacht doctor` found, and what to do about it: a line per sentence. `wording.py` says it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from worker.sentences import Sentence

SENTENCES: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        "doctor_is_ok": Sentence("gut", "ok"),
        "doctor_is_warning": Sentence("Warnung", "warning"),
        "doctor_is_failed": Sentence("FEHLER", "FAILED"),
        "doctor_is_skipped": Sentence("–", "–"),
        "doctor_summary": Sentence(
            "gut: $ok, Warnungen: $warning, Fehler: $failed, nicht geprüft: $skipped",
            "ok: $ok, warnings: $warning, failed: $failed, not checked: $skipped",
        ),
        "doctor_too_long": Sentence(
            "$about: nach $seconds s noch keine Antwort: Netz und Gegenstelle prüfen",
            "$about: no answer after $seconds s: check the network and the other side",
        ),
        "doctor_broke": Sentence("$about: $fault", "$about: $fault"),
        # configuration
        "doctor_configuration_good": Sentence(
            "Konfiguration: zu gebrauchen ($files)", "configuration: can be used ($files)"
        ),
        "doctor_configuration_failed": Sentence("Konfiguration: $fault", "configuration: $fault"),
        "doctor_nothing_else": Sentence(
            "alles andere: erst die Konfiguration richten, dann `feedwacht doctor` noch einmal",
            "everything else: mend the configuration first, then run `feedwacht doctor` again",
        ),
        "doctor_no_operator": Sentence(
            "Konfiguration: niemand erfährt von Störungen: `[operator] channels` nennt die Kanäle dafür",
            "configuration: nobody is told of troubles: `[operator] channels` names the channels for that",
        ),
        "doctor_offline": Sentence("das Netz: nicht gefragt (--offline)", "the network: not asked (--offline)"),
        # database
        "doctor_database_good": Sentence(
            "Datenbank: erreichbar, Schema passt, lässt sich schreiben",
            "database: reachable, right schema, can be written",
        ),
        "doctor_database_missing": Sentence(
            "Datenbank: $path gibt es noch nicht; der erste Start legt sie an",
            "database: $path is not there yet; the first start makes it",
        ),
        "doctor_sources_later": Sentence(
            "Quellen: gefragt wird, sobald es die Datenbank gibt", "sources: they are asked once the database is there"
        ),
        "doctor_database_new": Sentence(
            "Datenbank: Schema $schema; wer sie als Nächster öffnet, bringt sie auf $needed",
            "database: schema $schema; whoever opens it next brings it to $needed",
        ),
        "doctor_database_older": Sentence(
            "Datenbank: Schema $schema, gebraucht wird $needed: `feedwacht db upgrade` ausführen",
            "database: schema $schema, needed is $needed: run `feedwacht db upgrade`",
        ),
        "doctor_database_newer": Sentence(
            "Datenbank: ihr Schema $schema ist neuer als dieses feedwacht ($needed): feedwacht aktualisieren",
            "database: its schema $schema is newer than this feedwacht ($needed): upgrade feedwacht",
        ),
        "doctor_database_failed": Sentence(
            "Datenbank: $reason ([archive] database)",
            "database: $reason ([archive] database)",
        ),
        "doctor_database_away": Sentence(
            "Datenbank: $reason; Adresse, Rechte und Server prüfen ([archive] database)",
            "database: $reason; check address, rights and server ([archive] database)",
        ),
        "doctor_no_wal": Sentence(
            "Datenbank: $path ist nicht im WAL-Modus; auf eine lokale Platte legen, die ihn zulässt",
            "database: $path is not in WAL mode; put it on a local disk that allows it",
        ),
        "doctor_shared_disk": Sentence(
            "Datenbank: $path liegt auf einer Netzplatte ($kind), dort hält SQLite nicht: lokale Platte oder PostgreSQL nehmen",
            "database: $path is on a network disk ($kind), where SQLite does not last: use a local disk or PostgreSQL",
        ),
        "doctor_postgres": Sentence("Datenbank: PostgreSQL $version", "database: PostgreSQL $version"),
        "doctor_postgres_old": Sentence(
            "Datenbank: PostgreSQL $version bekommt keine Korrekturen mehr: auf $oldest oder neuer wechseln",
            "database: PostgreSQL $version gets no corrections any more: change to $oldest or newer",
        ),
        # clock
        "doctor_clock_good": Sentence("Uhr: $seconds s neben der von $whose", "clock: $seconds s from that of $whose"),
        "doctor_clock_off": Sentence(
            "Uhr: $seconds s neben der von $whose: die Zeit dieses Rechners abgleichen (NTP)",
            "clock: $seconds s from that of $whose: have this machine's time synchronised (NTP)",
        ),
        # broker
        "doctor_no_broker": Sentence(
            "Broker: keiner, alles läuft in einem Prozess", "broker: none, everything runs in one process"
        ),
        "doctor_broker_good": Sentence(
            "Broker: $url erreichbar, Version $version", "broker: $url reachable, version $version"
        ),
        "doctor_broker_old": Sentence(
            "Broker: $version ist zu alt, ein Skript kann ausbrechen (CVE-2025-49844): auf $mended oder neuer aktualisieren",
            "broker: $version is too old, a script can break out of it (CVE-2025-49844): upgrade it to $mended or newer",
        ),
        "doctor_broker_evicts": Sentence(
            "Broker: maxmemory-policy ist $policy, er könnte Nachrichten wegwerfen: `noeviction` setzen",
            "broker: maxmemory-policy is $policy, it might throw messages away: set `noeviction`",
        ),
        "doctor_broker_replica": Sentence(
            "Broker: $url ist eine Kopie und nimmt nichts an: den Hauptserver eintragen",
            "broker: $url is a replica and takes nothing: give the main server's address",
        ),
        "doctor_broker_open": Sentence(
            "Broker: $url verlangt kein Passwort: in redis.conf `requirepass` setzen",
            "broker: $url asks for no password: set `requirepass` in redis.conf",
        ),
        "doctor_broker_denied": Sentence(
            "Broker: $url lässt uns nicht ein: das Passwort in [broker] url oder url_file prüfen",
            "broker: $url does not let us in: check the password in [broker] url or url_file",
        ),
        "doctor_broker_failed": Sentence(
            "Broker: $url ist nicht zu erreichen ($reason): läuft der Server, stimmt die Adresse?",
            "broker: $url cannot be reached ($reason): does the server run, is the address right?",
        ),
        # folders
        "doctor_room": Sentence("Ordner $folder: $free frei", "folder $folder: $free free"),
        "doctor_little_room": Sentence(
            "Ordner $folder: nur noch $free frei: Platz schaffen oder [retention] setzen",
            "folder $folder: only $free free: make room or set [retention]",
        ),
        "doctor_no_folder": Sentence(
            "Ordner $folder: an seiner Stelle steht etwas anderes: einen anderen Ort eintragen",
            "folder $folder: something else stands in its place: give another place",
        ),
        "doctor_folder_denied": Sentence(
            "Ordner $folder: fehlt, und Benutzer $user darf ihn nicht anlegen: anlegen und ihm geben",
            "folder $folder: is missing, and user $user may not make it: make it and give it to that user",
        ),
        "doctor_folder_failed": Sentence(
            "Ordner $folder: Benutzer $user kann dort nicht schreiben ($reason): Rechte oder Platte richten",
            "folder $folder: user $user cannot write there ($reason): mend the rights or the disk",
        ),
        # ports and plugins
        "doctor_canary_free": Sentence("Kanarienvogel: $address ist frei", "canary: $address is free"),
        "doctor_canary_served": Sentence(
            "Kanarienvogel: unter $address antwortet sein Feed", "canary: its feed answers at $address"
        ),
        "doctor_canary_taken": Sentence(
            "Kanarienvogel: $address hat ein anderes Programm: einen anderen Port nennen ([canary] port)",
            "canary: another program has $address: name another port ([canary] port)",
        ),
        "doctor_canary_denied": Sentence(
            "Kanarienvogel: $address ist nicht zu haben ($reason): einen anderen Port nennen ([canary] port)",
            "canary: $address cannot be had ($reason): name another port ([canary] port)",
        ),
        "doctor_metrics_free": Sentence("Metriken: $address ist frei", "metrics: $address is free"),
        "doctor_metrics_served": Sentence(
            "Metriken: unter $address antworten unsere", "metrics: ours answer at $address"
        ),
        "doctor_metrics_taken": Sentence(
            "Metriken: $address hat ein anderes Programm: eine andere Adresse nennen ([metrics] listen)",
            "metrics: another program has $address: name another address ([metrics] listen)",
        ),
        "doctor_metrics_denied": Sentence(
            "Metriken: $address ist nicht zu haben ($reason): eine Adresse dieses Rechners nennen ([metrics] listen)",
            "metrics: $address cannot be had ($reason): name an address of this machine ([metrics] listen)",
        ),
        "doctor_service_good": Sentence(
            "Kanal $channel: das Modul für $service lässt sich laden", "channel $channel: the plugin for $service loads"
        ),
        "doctor_service_failed": Sentence("Kanal $channel: $reason", "channel $channel: $reason"),
        # outside
        "doctor_name_good": Sentence("Name $host: $address", "name $host: $address"),
        "doctor_name_failed": Sentence(
            "Name $host: $reason; Namensdienst und Adresse prüfen",
            "name $host: $reason; check the name service and the address",
        ),
        "doctor_receiver_good": Sentence("Name $host ($whose): $address", "name $host ($whose): $address"),
        "doctor_receiver_failed": Sentence(
            "Name $host ($whose): $reason; Namensdienst, Adresse und erlaubte Netze prüfen",
            "name $host ($whose): $reason; check the name service, the address and the networks that are allowed",
        ),
        "doctor_source_good": Sentence(
            "Quelle $feed: antwortet nach $seconds s", "source $feed: answers after $seconds s"
        ),
        "doctor_source_failed": Sentence(
            "Quelle $feed: $reason; Adresse, Firewall und Proxy prüfen",
            "source $feed: $reason; check address, firewall and proxy",
        ),
        "doctor_source_away": Sentence("Quelle $feed: nicht gefragt: $reason", "source $feed: not asked: $reason"),
        "doctor_sources_skipped": Sentence(
            "Quellen: erst die Datenbank richten; ohne sie weiß niemand, ob schon jemand mit ihnen spricht",
            "sources: mend the database first; without it nobody knows whether somebody talks to them already",
        ),
        "doctor_mail_good": Sentence(
            "Mailserver $host (Kanal $channel): lässt uns ein", "mail server $host (channel $channel): lets us in"
        ),
        "doctor_mail_failed": Sentence(
            "Mailserver $host (Kanal $channel): $reason; Adresse, tls, Name und Passwort prüfen",
            "mail server $host (channel $channel): $reason; check address, tls, name and password",
        ),
    }
)
