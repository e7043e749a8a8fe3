"""What is said of e-mail: addresses, mail servers, and letters that were refused or lost."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

GERMAN: Final[Mapping[str, str]] = MappingProxyType(
    {
        # addresses and settings
        'one address is needed, such as "desk@example.org" or "News desk <desk@example.org>"': (
            'gebraucht wird eine Adresse wie "desk@example.org" oder "Redaktion <desk@example.org>"'
        ),
        "before the @ only letters without accents are possible: few servers take others": (
            "vor dem @ gehen nur Buchstaben ohne Umlaute und Akzente: andere nehmen nur wenige Server"
        ),
        'a server\'s name such as "mail.example.org" is needed, without port': (
            'gebraucht wird der Name eines Servers wie "mail.example.org", ohne Port'
        ),
        "username and password go together; the password comes from password_file or the environment": (
            "username und Passwort gehören zusammen; das Passwort kommt aus password_file oder der Umgebung"
        ),
        "no password goes over a connection that is not encrypted; take starttls or tls, or no username": (
            "kein Passwort geht über eine unverschlüsselte Verbindung; starttls oder tls nehmen, oder keinen username"
        ),
        # the dialogue
        "the server does not let us in": "der Server lässt uns nicht ein",
        "the server refuses encryption": "der Server lehnt die Verschlüsselung ab",
        'the server offers no encryption (STARTTLS); nothing was sent to it (tls = "none" does without)': (
            'der Server bietet keine Verschlüsselung an (STARTTLS); nichts wurde ihm gesendet (tls = "none" verzichtet darauf)'
        ),
        "no password goes over a connection that is not encrypted": (
            "kein Passwort geht über eine unverschlüsselte Verbindung"
        ),
        "the server offers no way to log in with a name and a password (AUTH PLAIN or LOGIN)": (
            "der Server bietet keine Anmeldung mit Name und Passwort an (AUTH PLAIN oder LOGIN)"
        ),
        "the server does not accept the name or the password": "der Server nimmt Name oder Passwort nicht an",
        "the server says more than any mail server has to say": (
            "der Server sagt mehr, als ein Mailserver zu sagen hat"
        ),
        "the server answered nothing that is SMTP": "der Server antwortete etwas, das kein SMTP ist",
        # the letter
        "everyone has it already": "alle haben sie schon",
        "the server took it": "der Server hat sie angenommen",
        "the server said $reply": "der Server sagte $reply",
        "not for $address": "nicht für $address",
        "it may have arrived, its answer is missing": "sie kann angekommen sein, die Antwort fehlt",
    }
)
