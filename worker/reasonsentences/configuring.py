"""What is wrong with the configuration: the clauses of settings/ and signing, and what the TOML parser says."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

GERMAN: Final[Mapping[str, str]] = MappingProxyType(
    {
        # where
        "environment": "Umgebung",
        "line $number": "Zeile $number",
        "name the configuration with --config FILE": "die Konfiguration mit --config DATEI nennen",
        "this is a folder": "das ist ein Ordner",
        "there is no such file": "die Datei gibt es nicht",
        "cannot be read": "nicht lesbar",
        "this is not UTF-8 text; save the file as UTF-8": "das ist kein Text in UTF-8; die Datei als UTF-8 speichern",
        # keys and tables
        "$key is unknown": "$key ist unbekannt",
        '$key for type = "$kind"': '$key bei type = "$kind"',
        "did you mean $known?": "gemeint ist vielleicht $known",
        "config/feedwacht.toml names what there is": "config/feedwacht.toml nennt, was es gibt",
        "$key is missing": "$key fehlt",
        "a $kind needs one": "ein $kind braucht das",
        "$key is set here and in $place, line $number; set it once": (
            "$key steht hier und in $place, Zeile $number; nur einmal setzen"
        ),
        "$key is set here and in $place; set it once": "$key steht hier und in $place; nur einmal setzen",
        "$name is taken already by $place": "$name ist schon vergeben, in $place",
        "$address stands already in $place": "$address steht schon in $place",
        "there is no channel $name": "einen Kanal $name gibt es nicht",
        "$table must be a table": "$table muss eine Tabelle sein",
        "$table must be written $lists, once for each": "$table muss $lists heißen, einmal für jedes",
        "include works in the first file only, not in an included one": (
            "include gilt nur in der ersten Datei, nicht in einer eingebundenen"
        ),
        'include must be a list of file names, e.g. ["*.toml"]': (
            'include muss eine Liste von Dateinamen sein, z. B. ["*.toml"]'
        ),
        "only files beside this one can be included": "eingebunden werden nur Dateien neben dieser",
        "there is no such file beside this one": "neben dieser gibt es keine solche Datei",
        "names that begin with feedwacht: are its own": "Namen, die mit feedwacht: beginnen, hat es selbst",
        "choose another name": "einen anderen Namen wählen",
        # when
        'this is no time to come again; it is "hourly", "daily at 07:30" or "weekly mon 08:00"': (
            'das ist keine Zeit, die wiederkehrt; so heißt sie: "hourly", "daily at 07:30" oder "weekly mon 08:00"'
        ),
        'these are no quiet hours; they are written "22:00-06:30"': (
            'das sind keine Ruhezeiten; geschrieben werden sie "22:00-06:30"'
        ),
        "quiet hours that end when they begin would be none, or all day long; give two times": (
            "Ruhezeiten, die enden, wenn sie beginnen, wären keine oder den ganzen Tag lang; zwei Zeiten angeben"
        ),
        "there is no time $time; the day goes from 00:00 to 23:59": (
            "eine Uhrzeit $time gibt es nicht; der Tag geht von 00:00 bis 23:59"
        ),
        # channels
        "programs are run only with allow_commands = true in [operator]": (
            "Programme werden nur mit allow_commands = true in [operator] gestartet"
        ),
        "$name is a feed, and holds alerts only": "$name ist ein Feed und nimmt nur Alarme auf",
        "$name is no webhook: it has no secret of ours": "$name ist kein Webhook: ein Geheimnis von uns hat er nicht",
        "$name has no secret_file: set one in its [[channel]], or renew $variable by hand": (
            "$name hat kein secret_file: in seinem [[channel]] eines setzen oder $variable von Hand erneuern"
        ),
        # secrets
        "$file and $key are both set; keep one of them": "$file und $key sind beide gesetzt; nur eines behalten",
        "$secret does not belong in this file; use $file or $variable": (
            "$secret gehört nicht in diese Datei; dafür gibt es $file oder $variable"
        ),
        "the secret": "das Geheimnis",
        "the password": "das Passwort",
        "the address with its token": "die Adresse mit ihrem Schlüssel",
        "a password in $key": "ein Passwort in $key",
        "a webhook needs its secret: set secret_file or $variable": (
            "ein webhook braucht sein Geheimnis: secret_file oder $variable setzen"
        ),
        "the file cannot be read": "die Datei ist nicht lesbar",
        "the file is not there yet": "die Datei fehlt noch",
        "`feedwacht channels new-secret $name` makes it": "`feedwacht channels new-secret $name` legt sie an",
        "the file is not UTF-8 text": "die Datei ist kein Text in UTF-8",
        "the file is empty": "die Datei ist leer",
        "the file is too big for a secret": "die Datei ist zu groß für ein Geheimnis",
        "not shown": "nicht gezeigt",
        'the webhook secret is empty; it is "$prefix" and 24 to 64 random bytes in base64': (
            'das Geheimnis des Webhooks ist leer; es besteht aus "$prefix" und 24 bis 64 zufälligen Bytes in base64'
        ),
        "the webhook secret holds $all secrets; at most $most can be in use at once": (
            "das Geheimnis des Webhooks enthält $all; höchstens $most können zugleich gelten"
        ),
        'the webhook secret does not begin with "$prefix"': 'das Geheimnis des Webhooks beginnt nicht mit "$prefix"',
        'the webhook secret is not base64 after "$prefix"': (
            'das Geheimnis des Webhooks ist nach "$prefix" kein base64'
        ),
        "the webhook secret has $size bytes; 24 to 64 are needed": (
            "das Geheimnis des Webhooks hat $size Bytes; 24 bis 64 sind nötig"
        ),
        # what is needed
        "$what is needed": "$what ist nötig",
        "one of these is needed": "eines davon ist nötig",
        '"$first" or "$second"': '"$first" oder "$second"',
        "at least $amount is needed": "mindestens $amount ist nötig",
        "at most $amount is possible": "höchstens $amount ist möglich",
        "at least one is needed": "mindestens eines ist nötig",
        "a text in quotes is needed": "gebraucht wird ein Text in Anführungszeichen",
        "a whole number is needed": "gebraucht wird eine ganze Zahl",
        "true or false is needed": "gebraucht wird true oder false",
        "true or false is needed (without quotes)": "gebraucht wird true oder false (ohne Anführungszeichen)",
        "a list in square brackets is needed": "gebraucht wird eine Liste in eckigen Klammern",
        'a list is needed, written like ["127.0.0.0/8"] or [80, 443]': (
            'gebraucht wird eine Liste wie ["127.0.0.0/8"] oder [80, 443]'
        ),
        'a duration such as "15s", "10m" or "1h" is needed': 'gebraucht wird eine Dauer wie "15s", "10m" oder "1h"',
        'a size such as "64KiB", "5MB" or "16MiB" is needed': (
            'gebraucht wird eine Größe wie "64KiB", "5MB" oder "16MiB"'
        ),
        "a text without blanks at its ends is needed, and not an empty one": (
            "gebraucht wird ein Text ohne Leerzeichen an den Enden, und kein leerer"
        ),
        "one line of at most 200 characters is needed": "gebraucht wird eine Zeile von höchstens 200 Zeichen",
        "a text of at most 2000 characters, without control characters, is needed": (
            "gebraucht wird ein Text von höchstens 2000 Zeichen, ohne Steuerzeichen"
        ),
        "some words are needed, e.g. 'Nato OR \"Mark Rutte\"'": (
            "gebraucht werden ein paar Wörter, z. B. 'Nato OR \"Mark Rutte\"'"
        ),
        'a time zone\'s IANA name such as "Europe/Berlin" is needed': (
            'gebraucht wird eine Zeitzone mit ihrem IANA-Namen, etwa "Europe/Berlin"'
        ),
        "times that grow are wanted, such as 1h, 6h, 1d": "gebraucht werden wachsende Zeiten wie 1h, 6h, 1d",
        "this is no regular expression": "das ist kein regulärer Ausdruck",
        "a regular expression with one group, the id, is needed, e.g. '-(\\d+)/?$'": (
            "gebraucht wird ein regulärer Ausdruck mit einer Gruppe, der Nummer, z. B. '-(\\d+)/?$$'"
        ),
        'a CSS selector such as "article .entry-content" is needed': (
            'gebraucht wird ein CSS-Selektor wie "article .entry-content"'
        ),
        'a query key is needed, e.g. "ref", "m=pc" or "a=page_*"': (
            'gebraucht wird ein Schlüssel der Adresse, z. B. "ref", "m=pc" oder "a=page_*"'
        ),
        'one label of a host name is needed, e.g. "m" for m.example.org': (
            'gebraucht wird ein Teil eines Rechnernamens, z. B. "m" für m.example.org'
        ),
        'one segment of a path is needed, without slashes, e.g. "amp"': (
            'gebraucht wird ein Abschnitt eines Pfads, ohne Schrägstriche, z. B. "amp"'
        ),
        '"host/path?key" is needed, e.g. "l.example.org/go?url"': (
            'gebraucht wird "host/path?key", z. B. "l.example.org/go?url"'
        ),
        'an address such as "https://www.example.org/feed/" is needed': (
            'gebraucht wird eine Adresse wie "https://www.example.org/feed/"'
        ),
        "without blanks": "ohne Leerzeichen",
        '"sqlite:///var/feedwacht.db" or "postgresql+psycopg://USER@HOST/NAME" is needed': (
            'gebraucht wird "sqlite:///var/feedwacht.db" oder "postgresql+psycopg://USER@HOST/NAME"'
        ),
        '"redis://HOST:6379/0" is needed, or "" for none': 'gebraucht wird "redis://HOST:6379/0", oder "" für keinen',
        'the network\'s own address, "$network", is needed': (
            'gebraucht wird die Adresse des Netzes selbst, "$network"'
        ),
        'host and port such as "127.0.0.1:9108" are needed': "gebraucht werden Rechner und Port wie 127.0.0.1:9108",
        'a network such as "127.0.0.0/8" or "::1/128" is needed': (
            'gebraucht wird ein Netz wie "127.0.0.0/8" oder "::1/128"'
        ),
        'one line of ASCII is needed, e.g. "feedwacht/{version} (+https://example.org/contact)"': (
            'gebraucht wird eine Zeile in ASCII, z. B. "feedwacht/{version} (+https://example.org/contact)"'
        ),
        "no such file or folder": "die Datei oder den Ordner gibt es nicht",
        "wanted is one line of plain ASCII": "gebraucht wird eine Zeile in reinem ASCII",
        "wanted is an address like http://proxy:3128": "gebraucht wird eine Adresse wie http://proxy:3128",
        "the certificates cannot be read": "die Zertifikate sind nicht lesbar",
        # TOML, in the words of Python's parser
        "this is not TOML": "das ist kein TOML",
        "Invalid initial character for a key part": "mit diesem Zeichen beginnt kein Schlüssel",
        "Invalid value": "kein gültiger Wert",
        "Invalid statement": "weder Tabelle noch Schlüssel",
        "Invalid hex value": "keine Hexadezimalzahl",
        "Invalid date or datetime": "kein gültiges Datum",
        "Found invalid character $character": "unerlaubtes Zeichen $character",
        "Illegal character $character": "unerlaubtes Zeichen $character",
        "Cannot declare $key twice": "$key steht zweimal da",
        "Cannot overwrite a value": "ein Wert ist zweimal gesetzt",
        "Cannot mutate immutable namespace $key": "$key ist schon abgeschlossen",
        "Cannot redefine namespace $key": "$key steht schon da",
        "Duplicate inline table key $key": "$key steht zweimal in der Tabelle",
        "Expected ']' at the end of a table declaration": "am Ende des Tabellennamens fehlt ']'",
        "Expected ']]' at the end of an array declaration": "am Ende des Tabellennamens fehlt ']]'",
        "Expected '=' after a key in a key/value pair": "nach dem Schlüssel fehlt '='",
        "Expected newline or end of document after a statement": "nach dem Wert muss die Zeile enden",
        "Expected $what": "es fehlt $what",
        "Unclosed array": "die Liste ist nicht geschlossen",
        "Unclosed inline table": "die Tabelle ist nicht geschlossen",
        "Unterminated string": "der Text ist nicht geschlossen",
        "Unescaped '\\' in a string": "ein einzelnes '\\' im Text",
        "Escaped character is not a Unicode scalar value": "ein Zeichen, das es in Unicode nicht gibt",
    }
)
