"""What the archive refuses, and what contradicts what stands in it: the clauses of archive/, configure and deliver."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

GERMAN: Final[Mapping[str, str]] = MappingProxyType(
    {
        # conflicts
        "$feed is in the archive already: see `feedwacht feeds list`": (
            "$feed steht schon im Archiv: siehe `feedwacht feeds list`"
        ),
        "the feed $feed is in the configuration and was added by command, too: take it out of the file, or "
        "`feedwacht feeds remove $known`": (
            "der Feed $feed steht in der Konfiguration und wurde auch per Befehl angelegt: aus der Datei nehmen oder "
            "`feedwacht feeds remove $known`"
        ),
        "a subscription named $name exists already: choose another name, or edit that one": (
            "ein Abonnement namens $name gibt es schon: einen anderen Namen wählen oder jenes ändern"
        ),
        "the subscription $name is in the configuration and was made by command, too: rename it in the file, or "
        "`feedwacht subscriptions remove $same`": (
            "das Abonnement $name steht in der Konfiguration und wurde auch per Befehl angelegt: in der Datei umbenennen "
            "oder `feedwacht subscriptions remove $same`"
        ),
        "alert $alert told the same story: $url": "Meldung $alert erzählte dieselbe Geschichte: $url",
        "the article was known under another address": "der Artikel war unter einer anderen Adresse bekannt",
        "folded by the operator": "vom Betreiber zusammengelegt",
        "the subscription was removed": "das Abonnement wurde gelöscht",
        "the articles were removed": "die Artikel wurden entfernt",
        "the subscription was paused": "das Abonnement pausiert",
        "the worker ended while it was sending this": "der Worker endete, während er dies versandte",
        'it may have arrived and is not repeated (on_unknown = "drop")': (
            'es kann angekommen sein und wird nicht wiederholt (on_unknown = "drop")'
        ),
        "subscription $name is skipped": "das Abonnement $name wird übergangen",
        "its last good query goes on": "seine letzte lesbare Suche gilt weiter",
        "$fault at position $place of": "$fault an Stelle $place von",
        "position $place": "Stelle $place",
        "there is no channel $name in the configuration": "einen Kanal $name gibt es in der Konfiguration nicht",
        "$url leads to $other": "$url führt zu $other",
        # the database
        "the database's address cannot be read; use sqlite:///FILE or postgresql+psycopg://…": (
            "die Adresse der Datenbank ist nicht lesbar; gebraucht wird sqlite:///DATEI oder postgresql+psycopg://…"
        ),
        "only sqlite:///FILE and postgresql+psycopg://… are supported": (
            "möglich sind nur sqlite:///DATEI und postgresql+psycopg://…"
        ),
        "the archive must be a file: sqlite:///var/feedwacht.db": (
            "das Archiv muss eine Datei sein: sqlite:///var/feedwacht.db"
        ),
        "the archive's connections are all in use; try again": (
            "alle Verbindungen zum Archiv sind in Gebrauch; noch einmal versuchen"
        ),
        "the archive failed": "das Archiv ist ausgefallen",
        "the archive $where is busy: another process held it too long; try again": (
            "das Archiv $where ist belegt: ein anderer Prozess hielt es zu lange; noch einmal versuchen"
        ),
        "the archive $where cannot be written": "in das Archiv $where ist nicht zu schreiben",
        "make room or mend the rights": "Platz schaffen oder Rechte richten",
        "the archive $where cannot be reached": "das Archiv $where ist nicht zu erreichen",
        "the archive $where refused": "das Archiv $where lehnt ab",
        "$where is no intact database": "$where ist keine heile Datenbank",
        "there is no archive yet": "es gibt noch kein Archiv",
        "`feedwacht run` or `feedwacht db upgrade` makes one": "`feedwacht run` oder `feedwacht db upgrade` legt eines an",
        "the archive is empty: run `feedwacht db upgrade`": "das Archiv ist leer: `feedwacht db upgrade` ausführen",
        "attempt to write a readonly database": "die Datei oder ihr Ordner ist schreibgeschützt",
        "database or disk is full": "kein Platz mehr auf dem Datenträger",
        "disk I/O error": "der Datenträger gibt einen Fehler",
        "unable to open database file": "die Datei ist nicht zu öffnen",
        "database disk image is malformed": "ihr Inhalt ist beschädigt",
        "file is not a database": "die Datei ist keine Datenbank",
        "no such table": "diese Tabelle fehlt",
        "cannot execute $statement in a read-only transaction": "der Server lässt gerade nur lesen ($statement)",
        "restore a backup": "eine Sicherung zurückspielen",
        "the archive has schema $found, this feedwacht needs $head: run `feedwacht db upgrade`": (
            "das Archiv hat Schema $found, dieses feedwacht braucht $head: `feedwacht db upgrade` ausführen"
        ),
        "the archive is at schema $found, made by a newer feedwacht": (
            "das Archiv hat Schema $found von einem neueren feedwacht"
        ),
        "the archive is at generation $found, made by a newer feedwacht": (
            "das Archiv hat Generation $found von einem neueren feedwacht"
        ),
        "this one knows $ours": "dieses kennt $ours",
        "it waits for the broker $url": "er wartet auf den Broker $url",
        "does that run, is the address right?": "läuft der, stimmt die Adresse?",
        "upgrade this machine, which takes no work until then": (
            "feedwacht auf dieser Maschine aktualisieren; bis dahin übernimmt sie keine Arbeit"
        ),
        "a record can be neither filed nor found: two articles share one key; please report this": (
            "ein Artikel ist weder abzulegen noch zu finden: zwei teilen sich einen Schlüssel; bitte melden"
        ),
        "the lease on $work was taken over; this result is dropped": (
            "$work hat inzwischen ein anderer Prozess übernommen; dieses Ergebnis entfällt"
        ),
        # backups
        "backup is for the embedded archive; for PostgreSQL use pg_dump": (
            "backup ist für das eingebaute Archiv; für PostgreSQL gibt es pg_dump"
        ),
        "restore is for the embedded archive; for PostgreSQL use pg_restore": (
            "restore ist für das eingebaute Archiv; für PostgreSQL gibt es pg_restore"
        ),
        "the backup cannot be written": "die Sicherung ist nicht zu schreiben",
        "the backup cannot be read back": "die Sicherung ist nicht zurückzulesen",
        "archive or disk are damaged": "Archiv oder Platte sind beschädigt",
        "there is no such backup": "eine solche Sicherung gibt es nicht",
        "this is no backup of feedwacht": "das ist keine Sicherung von feedwacht",
        "the backup is damaged; take another one": "die Sicherung ist beschädigt; eine andere nehmen",
        "the backup was made by a newer feedwacht; upgrade first": (
            "die Sicherung stammt von einem neueren feedwacht; zuerst aktualisieren"
        ),
        # what the system says of files
        "a file": "eine Datei",
        "give user $user the rights to it, or run this as another user": (
            "dem Benutzer $user die Rechte daran geben, oder als anderer Benutzer aufrufen"
        ),
        "make room there": "dort Platz schaffen",
        "make the file system writable again": "das Dateisystem wieder beschreibbar machen",
        "cannot be created": "lässt sich nicht anlegen",
        "No such file or directory": "die Datei oder den Ordner gibt es nicht",
        "Permission denied": "der Zugriff ist nicht erlaubt",
        "File exists": "die Datei gibt es schon",
        "Is a directory": "das ist ein Ordner",
        "Not a directory": "das ist kein Ordner",
        "No space left on device": "kein Platz mehr auf dem Datenträger",
        "Address already in use": "ein anderes Programm hat diese Adresse",
        "Cannot assign requested address": "diese Adresse hat der Rechner nicht",
        "Read-only file system": "das Dateisystem ist schreibgeschützt",
    }
)
