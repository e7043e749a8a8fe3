"""Why a database server cannot be reached: the usual clauses of PostgreSQL's library, its driver and the server itself."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

GERMAN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "connection to server at $host, port $port failed": "Verbindung zu $host, Port $port, gescheitert",
        "connection to server on socket $path failed": "Verbindung über den Socket $path gescheitert",
        "connection timeout expired": "der Server antwortet nicht",
        "Connection refused": "der Server nimmt keine Verbindung an",
        "Connection timed out": "der Server antwortet nicht",
        "No route to host": "kein Weg zum Server",
        "Network is unreachable": "das Netz ist nicht zu erreichen",
        "Is the server running on that host and accepting TCP/IP connections?": (
            "läuft der Server dort, und nimmt er Verbindungen über TCP/IP an?"
        ),
        "Is the server running locally and accepting connections on that socket?": (
            "läuft der Server hier, mit diesem Socket?"
        ),
        "failed to resolve host $host": "der Name $host ist nicht aufzulösen",
        "could not translate host name $host to address": "der Name $host ist nicht aufzulösen",
        "[Errno -2] Name or service not known": "es gibt ihn nicht",
        "[Errno -3] Temporary failure in name resolution": "der Namensdienst antwortet nicht",
        "[Errno -5] No address associated with hostname": "er hat keine Adresse",
        "Name or service not known": "es gibt ihn nicht",
        "Temporary failure in name resolution": "der Namensdienst antwortet nicht",
        "FATAL: password authentication failed for user $user": "das Passwort von $user stimmt nicht",
        "fe_sendauth: no password supplied": "der Server verlangt ein Passwort",
        "FATAL: no pg_hba.conf entry for $who": "der Server lässt uns nicht ein (pg_hba.conf): $who",
        "FATAL: role $name does not exist": "den Benutzer $name gibt es dort nicht",
        "FATAL: database $name does not exist": "die Datenbank $name gibt es dort nicht",
        "FATAL: permission denied for database $name": "an die Datenbank $name dürfen wir nicht",
        "FATAL: the database system is starting up": "der Server startet gerade",
        "FATAL: the database system is shutting down": "der Server wird gerade beendet",
        "FATAL: sorry, too many clients already": "der Server hat schon zu viele Verbindungen (max_connections)",
        "server closed the connection unexpectedly": "der Server hat die Verbindung beendet",
        "This probably means the server terminated abnormally before or while processing the request.": (
            "wahrscheinlich wurde er beendet oder ist abgestürzt."
        ),
        "server does not support SSL, but SSL was required": "der Server kann kein TLS, es wird aber verlangt",
    }
)
