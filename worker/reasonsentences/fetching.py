"""Why a server could not be asked, or what is wrong with its answer: the clauses of guard, transport, response, fetch
and canary.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

GERMAN: Final[Mapping[str, str]] = MappingProxyType(
    {
        # the canary
        "$host does not answer with the canary's feed": "$host antwortet nicht mit dem Feed des Kanarienvogels",
        "another program has the port": "ein anderes Programm hat den Port",
        "name another one ([canary] port)": "einen anderen nennen ([canary] port)",
        "the canary is off in this process's configuration": (
            "der Kanarienvogel ist in der Konfiguration dieses Prozesses aus"
        ),
        "its article owed no alert": "sein Artikel hat keinen Alarm ausgelöst",
        # names and addresses
        "the name cannot be resolved": "der Name ist nicht aufzulösen",
        "the name cannot be resolved at the moment (no answer from the name service)": (
            "der Name ist gerade nicht aufzulösen (der Namensdienst antwortet nicht)"
        ),
        "the name has no address": "der Name hat keine Adresse",
        "the name service does not answer": "der Namensdienst antwortet nicht",
        "the name service did not answer within $time s": "der Namensdienst hat nach $time s noch nicht geantwortet",
        "this is not a possible host name": "so kann kein Rechner heißen",
        "this address is not on the public internet ($key can allow its network)": (
            "diese Adresse steht nicht im öffentlichen Internet ($key kann ihr Netz erlauben)"
        ),
        "port $port is not one that may be used (allow_ports names them)": (
            "Port $port ist nicht freigegeben (allow_ports nennt, welche es sind)"
        ),
        "the address is longer than $most characters": "die Adresse ist länger als $most Zeichen",
        "the address names no host": "die Adresse nennt keinen Rechner",
        "this is no usable address": "das ist keine brauchbare Adresse",
        "this is no usable address (wanted: http:// or https://, a host name, a path)": (
            "das ist keine brauchbare Adresse (gebraucht wird: http:// oder https://, ein Rechnername, ein Pfad)"
        ),
        "only http and https addresses are fetched": "abgerufen werden nur Adressen mit http und https",
        # connections
        "no address": "keine Adresse",
        "the server refused the connection": "der Server nimmt keine Verbindung an",
        "the server did not take the connection in time": "der Server hat die Verbindung nicht rechtzeitig angenommen",
        "the server cannot be reached from here (no route)": "der Server ist von hier aus nicht zu erreichen (kein Weg)",
        "the connection failed": "die Verbindung kam nicht zustande",
        "the connection is to another address than the one that was checked": (
            "die Verbindung führt zu einer anderen Adresse als der geprüften"
        ),
        "the connection broke off": "die Verbindung ist abgebrochen",
        "the server broke the connection off": "der Server hat die Verbindung abgebrochen",
        "the server closed the connection without an answer": (
            "der Server hat die Verbindung ohne eine Antwort geschlossen"
        ),
        "the exchange failed": "der Austausch mit dem Server ist gescheitert",
        "no answer within $time s": "keine Antwort innerhalb von $time s",
        "the answer was not complete within $time s": "die Antwort war nach $time s noch nicht vollständig",
        # the proxy
        "the proxy cannot be reached": "der Proxy ist nicht zu erreichen",
        "the proxy refuses, or does not work": "der Proxy lehnt ab, oder er arbeitet nicht",
        "the proxy's address cannot be used": "die Adresse des Proxys ist nicht brauchbar",
        "the environment's proxy is of another kind than http:// and https://": (
            "der Proxy aus der Umgebung ist von anderer Art als http:// und https://"
        ),
        # TLS
        "the server's certificate is not valid yet": "das Zertifikat des Servers gilt noch nicht",
        "the server's certificate has expired": "das Zertifikat des Servers ist abgelaufen",
        "the server's certificate is signed by itself": "der Server hat sein Zertifikat selbst unterschrieben",
        "the server's certificate is signed by an authority that is not trusted here": (
            "das Zertifikat des Servers stammt von einer Stelle, der hier nicht vertraut wird"
        ),
        "the server's certificate is signed by an authority that is not known here": (
            "das Zertifikat des Servers stammt von einer Stelle, die hier nicht bekannt ist"
        ),
        "the server's certificate is made out to another name": (
            "das Zertifikat des Servers ist auf einen anderen Namen ausgestellt"
        ),
        "the server's certificate is made out to another address": (
            "das Zertifikat des Servers ist auf eine andere Adresse ausgestellt"
        ),
        "the server's certificate cannot be verified": "das Zertifikat des Servers ist nicht zu prüfen",
        "the encrypted connection (TLS) failed": "die verschlüsselte Verbindung (TLS) kam nicht zustande",
        "the server does not speak TLS on this port": "auf diesem Port spricht der Server kein TLS",
        "the server only offers outdated TLS": "der Server bietet nur veraltetes TLS an",
        # what answered
        "the server does not speak HTTP": "der Server spricht kein HTTP",
        "the answer is garbled": "die Antwort ist verstümmelt",
        "the answer is garbled (sizes of its chunks)": "die Antwort ist verstümmelt (Größen ihrer Teile)",
        "the answer is garbled, or broke off": "die Antwort ist verstümmelt oder abgebrochen",
        "the answer broke off before its end": "die Antwort ist vor ihrem Ende abgebrochen",
        "the answer has a header longer than 64 KiB": "ein Kopfeintrag der Antwort ist länger als 64 KiB",
        "the answer's headers are larger than $size": "die Kopfeinträge der Antwort sind größer als $size",
        "the answer's headers contradict each other": "die Kopfeinträge der Antwort widersprechen einander",
        "the answer's headers cannot be read, or are too many (100 at most)": (
            "die Kopfeinträge der Antwort sind nicht lesbar, oder es sind zu viele (höchstens 100)"
        ),
        "a header that was to be sent is not allowed in HTTP": (
            "ein Kopfeintrag, der zu senden war, ist in HTTP nicht erlaubt"
        ),
        "$host answered $status": "$host antwortet mit $status",
        "$host answered 304 Not Modified, although it was not asked whether something changed": (
            "$host antwortet mit 304 Not Modified, obwohl nicht gefragt war, ob sich etwas geändert hat"
        ),
        "a user name and a password are needed": "Benutzername und Passwort werden gebraucht",
        "access is forbidden": "der Zugang ist verboten",
        "nothing is there (is the address right?)": "dort ist nichts (stimmt die Adresse?)",
        "it is gone for good": "das gibt es nicht mehr",
        "we asked too often": "es wurde zu oft gefragt",
        "to be asked again in $time s": "erneut zu fragen in $time s",
        "blocked by bot protection": "gesperrt von einem Schutz gegen Bots",
        "$host asked to be left alone": "$host bittet um Ruhe",
        # redirects
        "redirected from $host": "weitergeleitet von $host",
        "it answered $status (a redirect) without saying where to": (
            "die Antwort ist $status (eine Weiterleitung), sagt aber nicht wohin"
        ),
        "it redirects in a circle": "die Weiterleitungen gehen im Kreis",
        "it redirects to what cannot be fetched": "die Weiterleitung führt zu etwas, das nicht abzurufen ist",
        "it redirects to something that is no address": "die Weiterleitung führt zu etwas, das keine Adresse ist",
        "more than $most redirects in a row": "mehr als $most Weiterleitungen hintereinander",
        "redirects are not followed, give the final address": (
            "Weiterleitungen werden nicht befolgt, bitte die endgültige Adresse eintragen"
        ),
        # bodies
        "the body is larger than $size": "der Inhalt ist größer als $size",
        "the body is larger than $size on the wire": "der Inhalt ist größer als $size, wie er übertragen wird",
        "$body unpacked": "$body (ausgepackt)",
        "the body is packed twice": "der Inhalt ist doppelt gepackt",
        "the body is a gzip file, not a document": "der Inhalt ist eine gzip-Datei, kein Dokument",
        "the packed body broke off before its end": "der gepackte Inhalt ist vor seinem Ende abgebrochen",
        "the body is packed in more than $most parts": "der Inhalt ist in mehr als $most Teilen gepackt",
        "the body is not the gzip that it is said to be": "der Inhalt ist nicht das gzip, als das er ausgegeben wird",
        'the body is packed as "$coding", which was not asked for (only gzip is read)': (
            'der Inhalt ist als "$coding" gepackt, was nicht verlangt war (gelesen wird nur gzip)'
        ),
        "the receiver said $status": "der Empfänger antwortet mit $status",
    }
)
