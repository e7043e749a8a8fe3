"""Reasons in German: every clause that our sources, click and Python's TOML parser can say is known, and nothing else.

The sources are walked as trees: whoever writes a new clause learns here that its German is missing, and where it goes.
"""

import ast
import errno
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Template

import click
import pytest

import worker
from tests.timing import least_cpu_s
from worker import errors, reasonsentences
from worker.reasonsentences import CLAUSES, in_language

WORKER = Path(worker.__file__).parent
FILLED = "7"  # stands where the sources fill something in


# -- what the sources say ---------------------------------------------------------------------------------------------

# Files whose texts are for people, all but those named in NOT_FOR_PEOPLE.
WHOLLY = [
    *("reasons", "response", "target", "guard", "fetch", "transport", "limits", "parse", "misfit", "jsonfeed"),
    *("sandbox", "poll", "catchup", "older", "proof", "rest", "reading", "visits", "sending", "configure", "signing"),
    *("trial", "errand", "mapreading", "checking", "backfill", "aftermath"),
    *("channels/smtp", "mailbox", "channels/command", "serviceaddress", "timetable"),
]
# Files that also have texts of other kinds: only what is raised, and what becomes a reason or a detail.
PARTLY = [
    *("box", "batch", "filefault", "deliver", "errors", "channels/webhook", "channels/email", "channels/feed"),
    *("channels/apprise", "channels/plugins", "timetable", "opml", "sitemap", "sitefeeds"),
    *(f"cli/{p.stem}" for p in WORKER.glob("cli/*.py")),
]
PARTLY += [f"archive/{path.stem}" for path in WORKER.glob("archive/*.py")]

NOT_FOR_PEOPLE = {
    "Basic ",  # a header
    *(f"daily at {FILLED}", f"weekly {FILLED} {FILLED}"),  # as they are written in the configuration
    f"lookup {FILLED}",  # a thread
    f"{FILLED} bytes",  # the same in German
    " (at ",  # a mark in a foreign message
    f"{FILLED} or ",  # between two quoted words: `"$first" or "$second"`
    f"value = {FILLED}",
    f'{FILLED}{FILLED}_file = "{FILLED}": {FILLED}',
    f"[[channel]] type = {FILLED}: {FILLED}",
    f"{FILLED}: {FILLED}",
    f'include = "{FILLED}": ',
    "[[source.feed]] interval = 7: 7",
    '[[channel]] tls = "none": 7',
    (
        "application/rss+xml, application/atom+xml, application/rdf+xml;q=0.9, application/feed+json;q=0.9, "
        "application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"
    ),
}
ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
CLICKS = {"UsageError", "BadParameter", "fail"}
SAID_AS = {"reason", "detail", "died", "stopped", "said", "LEFT_THE_FILE"}  # arguments, names, keys
SAYING = {"fault", "file_fault", "_words", "_unexpected"}  # functions


def said_in(name: str) -> Iterator[str]:
    """Every text of a file that people may read, with `7` where something is filled in."""
    tree = ast.parse((WORKER / f"{name}.py").read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if name in WHOLLY or name.startswith("settings/") else _said_to_people(tree)
    silent = {id(node) for node in _silent(tree)}
    yield from (text for node in nodes if id(node) not in silent for text in [_text(node)] if _is_prose(text))


def _said_to_people(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            given = [
                *(node.args if called in ERRORS | CLICKS else ()),
                *(k.value for k in node.keywords if k.arg in SAID_AS),
            ]
            yield from (inner for one in given for inner in ast.walk(one))
        elif isinstance(node, ast.Assign) and any(getattr(one, "id", "") in SAID_AS for one in node.targets):
            yield from ast.walk(node.value)
        elif isinstance(node, ast.Dict):
            kept = (
                one for key, one in zip(node.keys, node.values, strict=True) if getattr(key, "value", "") in SAID_AS
            )
            yield from (inner for one in kept for inner in ast.walk(one))
        elif isinstance(node, ast.FunctionDef) and node.name in SAYING:
            yield from ast.walk(node)


def _silent(tree: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, annotations, patterns, and the parts of f-strings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield from (part for part in node.values if isinstance(part, ast.Constant))
            yield from (
                inner for part in node.values if isinstance(part, ast.FormattedValue) for inner in _format(part)
            )
        elif isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            yield from ast.walk(node.annotation)
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            yield from ast.walk(node.returns)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in (
            "compile",
            "match",
            "fullmatch",
            "search",
        ):
            yield from (inner for one in node.args for inner in ast.walk(one))


def _format(part: ast.FormattedValue) -> Iterator[ast.AST]:
    return ast.walk(part.format_spec) if part.format_spec else iter(())


def _text(node: ast.AST) -> str:
    """What stands right beside a letter is a clause of its own, or nothing."""
    if isinstance(node, ast.JoinedStr):
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)
        text = re.sub(r"\0+(?=[a-z])|(?<=[a-z])\0+", "", text).replace("\0", FILLED)
        return f"{FILLED}{text}" if re.match(r" [a-z]", text) else text
    text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    return f"{FILLED}{text}" if re.match(r" [a-z]", text) else text


def _is_prose(text: str) -> bool:
    return " " in text and re.search(r"[a-z]{2}", text) is not None and text not in NOT_FOR_PEOPLE


def click_says() -> Iterator[str]:
    """What click says of a fault: the texts that it would translate itself, without those of its help."""
    for module in (click.exceptions, click.types, click.parser, click.core):
        tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_", "ngettext"):
                yield from (re.sub(r"\{[^}]*\}", FILLED, text) for text in map(_text, node.args) if text)


CLICKS_HELP = {  # and faults in how commands are written
    *("Boolean option 7 cannot use the same flag for true/false.", "DeprecationWarning: The command 7 is deprecated.7"),
    *("Arguments take exactly one parameter declaration, got 7: 7.", "DeprecationWarning: The 7 7 is deprecated.7"),
    "Could not determine name for option with declarations 7",
    "No options defined but a name was passed (7). Did you mean to declare an argument instead? Did you mean to pass '--7'?",
    *("Options", "Positional arguments", "Commands", "deprecated", "(dynamic)", "env var: 7", "default: 7", "Aborted!"),
    *("file", "directory", "path", "Choice(7)", "Name '7' defined twice", f"{FILLED} {FILLED} does not exist."),
}


def toml_says() -> Iterator[str]:
    parser = Path(tomllib.__file__).with_name("_parser.py")
    for node in ast.walk(ast.parse(parser.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "suffixed_err":
            yield _text(node.args[-1])


SETTINGS = [f"settings/{path.stem}" for path in WORKER.glob("settings/*.py")]
SOURCES = sorted({(name, text) for name in [*WHOLLY, *PARTLY, *SETTINGS] for text in said_in(name)})
SOURCES += sorted({("click", text) for text in click_says() if text not in CLICKS_HELP})
SOURCES += sorted({("tomllib", text) for text in toml_says()})
FILE_ERRORS = (errno.ENOENT, errno.EACCES, errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENOSPC, errno.EROFS)
PORT_ERRORS = (errno.EADDRINUSE, errno.EADDRNOTAVAIL)
SOURCES += [("the system", os.strerror(number)) for number in (*FILE_ERRORS, *PORT_ERRORS)]


def left_alone(reason: str) -> list[str]:
    """The words of a reason that no clause knows, without what was filled in, tables and commands."""
    unknown = [piece.said for line in reason.split("\n") for piece in reasonsentences._pieces(line) if not piece.clause]
    without = (re.sub(r"\[+[\w.]+\]+ ?\w*( = 7)?|\b[\w.]+ = 7|include = \"7\"", "", said) for said in unknown)
    return [word for said in without for word in re.findall(r"(?<!\w)[A-Za-z]{2,}(?!\w)", said) if word != "UTC"]


@pytest.mark.parametrize(("name", "text"), SOURCES, ids=lambda value: value[:60])
def test_every_clause_of_the_sources_has_its_german(name: str, text: str) -> None:
    assert left_alone(text) == [], f"{name} says {text!r}: its German goes into worker/reasonsentences/"


# -- the tables -------------------------------------------------------------------------------------------------------


def holes(template: str) -> set[str]:
    return set(Template(template).get_identifiers())


@pytest.mark.parametrize("english", CLAUSES)
def test_both_languages_fill_in_the_same(english: str) -> None:
    german = CLAUSES[english]
    assert Template(german).is_valid()
    assert holes(german) == set(re.findall(r"\$([a-z]+)", english))
    assert english.strip() == english
    assert german.strip() == german
    if english.startswith("$"):
        assert german.startswith(f"{english.split(maxsplit=1)[0]} "), "what is filled in first stays where it is"


def test_no_clause_stands_in_two_tables() -> None:
    tables = [
        getattr(reasonsentences, name).GERMAN
        for name in (
            *("asking", "fetching", "leaving", "reading", "keeping", "mailing", "configuring", "services", "usage"),
            "connecting",
        )
    ]
    assert sum(map(len, tables)) == len(CLAUSES)


def test_no_clause_has_gone_from_the_sources() -> None:
    said = [text for _, text in SOURCES] + [english for english, _ in COMPOSED]
    lines = [line for text in said for line in text.split("\n")]
    used = {piece.clause.english for line in lines for piece in reasonsentences._pieces(line) if piece.clause}
    assert sorted(CLAUSES.keys() - used) == []


# -- reasons as they are made -----------------------------------------------------------------------------------------

COMPOSED = [
    (
        "it waits for the broker redis://r.example:6379/0: does that run, is the address right?",
        "er wartet auf den Broker redis://r.example:6379/0: läuft der, stimmt die Adresse?",
    ),
    (
        ('connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused; Is the server running on '
        "that host and accepting TCP/IP connections?"),
        ('Verbindung zu "localhost" (127.0.0.1), Port 5432, gescheitert: der Server nimmt keine Verbindung an; läuft der '
        "Server dort, und nimmt er Verbindungen über TCP/IP an?"),
    ),
    (
        ('connection to server on socket "/run/.s.PGSQL.5432" failed: No such file or directory; Is the server running '
        "locally and accepting connections on that socket?"),
        ('Verbindung über den Socket "/run/.s.PGSQL.5432" gescheitert: die Datei oder den Ordner gibt es nicht; läuft der '
        "Server hier, mit diesem Socket?"),
    ),
    (
        'connection to server at "10.0.0.1", port 5432 failed: FATAL: no pg_hba.conf entry for host "10.0.0.2", user "u"',
        ('Verbindung zu "10.0.0.1", Port 5432, gescheitert: der Server lässt uns nicht ein (pg_hba.conf): host "10.0.0.2", '
        'user "u"'),
    ),
    (
        'could not translate host name "db.example" to address: Name or service not known',
        'der Name "db.example" ist nicht aufzulösen: es gibt ihn nicht',
    ),
    (
        ("server closed the connection unexpectedly; This probably means the server terminated abnormally before or while "
        "processing the request."),
        "der Server hat die Verbindung beendet; wahrscheinlich wurde er beendet oder ist abgestürzt.",
    ),
    *(
        (f"the archive db.example cannot be reached: {english}", f"das Archiv db.example ist nicht zu erreichen: {german}")
        for english, german in [
            ("connection timeout expired", "der Server antwortet nicht"),
            ("Connection timed out", "der Server antwortet nicht"),
            ("No route to host", "kein Weg zum Server"),
            ("Network is unreachable", "das Netz ist nicht zu erreichen"),
            ("Temporary failure in name resolution", "der Namensdienst antwortet nicht"),
            (
                "failed to resolve host 'db': [Errno -3] Temporary failure in name resolution",
                "der Name 'db' ist nicht aufzulösen: der Namensdienst antwortet nicht",
            ),
            (
                "failed to resolve host 'db': [Errno -5] No address associated with hostname",
                "der Name 'db' ist nicht aufzulösen: er hat keine Adresse",
            ),
            (
                "failed to resolve host 'db': [Errno -2] Name or service not known",
                "der Name 'db' ist nicht aufzulösen: es gibt ihn nicht",
            ),
            ('FATAL: password authentication failed for user "u"', 'das Passwort von "u" stimmt nicht'),
            ("fe_sendauth: no password supplied", "der Server verlangt ein Passwort"),
            ('FATAL: role "u" does not exist', 'den Benutzer "u" gibt es dort nicht'),
            ('FATAL: database "x" does not exist', 'die Datenbank "x" gibt es dort nicht'),
            ('FATAL: permission denied for database "x"', 'an die Datenbank "x" dürfen wir nicht'),
            ("FATAL: the database system is starting up", "der Server startet gerade"),
            ("FATAL: the database system is shutting down", "der Server wird gerade beendet"),
            (
                "FATAL: sorry, too many clients already",
                "der Server hat schon zu viele Verbindungen (max_connections)",
            ),
            (
                "server does not support SSL, but SSL was required",
                "der Server kann kein TLS, es wird aber verlangt",
            ),
        ]
    ),
    *(
        (
            f"the archive var/x.db cannot be written: {english}; make room or mend the rights",
            f"in das Archiv var/x.db ist nicht zu schreiben: {german}; Platz schaffen oder Rechte richten",
        )
        for english, german in [
            ("attempt to write a readonly database", "die Datei oder ihr Ordner ist schreibgeschützt"),
            ("database or disk is full", "kein Platz mehr auf dem Datenträger"),
            ("disk I/O error", "der Datenträger gibt einen Fehler"),
            ("cannot execute INSERT in a read-only transaction", "der Server lässt gerade nur lesen (INSERT)"),
        ]
    ),
    (
        "the archive var/x.db cannot be reached: unable to open database file",
        "das Archiv var/x.db ist nicht zu erreichen: die Datei ist nicht zu öffnen",
    ),
    (
        "var/x.db is no intact database: database disk image is malformed; restore a backup",
        "var/x.db ist keine heile Datenbank: ihr Inhalt ist beschädigt; eine Sicherung zurückspielen",
    ),
    (
        "x.zip: this is no backup of feedwacht (file is not a database)",
        "x.zip: das ist keine Sicherung von feedwacht (die Datei ist keine Datenbank)",
    ),
    (
        "x.db: this is no backup of feedwacht (no such table: alembic_version)",
        "x.db: das ist keine Sicherung von feedwacht (diese Tabelle fehlt: alembic_version)",
    ),
    (
        "127.0.0.1:8765 does not answer with the canary's feed: another program has the port",
        "127.0.0.1:8765 antwortet nicht mit dem Feed des Kanarienvogels: ein anderes Programm hat den Port",
    ),
    ("name another one ([canary] port)", "einen anderen nennen ([canary] port)"),
    (
        "the canary is off in this process's configuration",
        "der Kanarienvogel ist in der Konfiguration dieses Prozesses aus",
    ),
    ("its article owed no alert", "sein Artikel hat keinen Alarm ausgelöst"),
    (
        "mail.example: the server took it; not for b@z.example: 550 5.1.1 no such user",
        "mail.example: der Server hat sie angenommen; nicht für b@z.example: 550 5.1.1 no such user",
    ),
    (
        "a.example: the server refused the connection (redirected from b.example:8080)",
        "a.example: der Server nimmt keine Verbindung an (weitergeleitet von b.example:8080)",
    ),
    (
        "a.example answered 404 Not Found: nothing is there (is the address right?)",
        "a.example antwortet mit 404 Not Found: dort ist nichts (stimmt die Adresse?)",
    ),
    (
        "a.example answered 503 Service Unavailable, to be asked again in 30 s",
        "a.example antwortet mit 503 Service Unavailable, erneut zu fragen in 30 s",
    ),
    (
        "a.example: the proxy cannot be reached (the name has no address)",
        "a.example: der Proxy ist nicht zu erreichen (der Name hat keine Adresse)",
    ),
    (
        "a.example: the body is larger than 16 MiB unpacked",
        "a.example: der Inhalt ist größer als 16 MiB (ausgepackt)",
    ),
    (
        "a.example: it redirects to what cannot be fetched (ftp: only http and https addresses are fetched)",
        ("a.example: die Weiterleitung führt zu etwas, das nicht abzurufen ist "
        "(ftp: abgerufen werden nur Adressen mit http und https)"),
    ),
    (
        "https://a.example/feed: an HTML page (title “Der Tag: access is forbidden”) instead of a feed",
        "https://a.example/feed: eine HTML-Seite (Titel „Der Tag: access is forbidden“) statt eines Feeds",
    ),
    ("https://a.example/: a list of feeds (OPML) instead of a feed", "https://a.example/: eine Liste von Feeds (OPML) statt eines Feeds"),
    (
        "in quarantine, 3 parsers lost in a row: https://a.example/: the body cannot be read: it takes too long",
        ("in Quarantäne, 3 Leser hintereinander verloren: https://a.example/: der Inhalt ist nicht zu lesen: "
        "es dauert zu lange"),
    ),
    (
        "2 entries could not be read: entry 3: it is larger than 1 MB (1.2 MB)",
        "2 Einträge waren nicht lesbar: Eintrag 3: er ist größer als 1 MB (1.2 MB)",
    ),
    (
        "9 of 10 entries are comments on articles; take the address of the feed of articles",
        "9 von 10 Einträgen sind Kommentare zu Artikeln; die Adresse des Feeds der Artikel nehmen",
    ),
    (
        ("2025-12-03 10:00 UTC: page 2 is refused: a.example answered 403 Forbidden: access is forbidden; "
        "articles of https://a.example/feed since 2025-12-01 may be missing"),
        ("2025-12-03 10:00 UTC: Seite 2 wird verweigert: a.example antwortet mit 403 Forbidden: der Zugang ist verboten; "
        "seit 2025-12-01 können Artikel von https://a.example/feed fehlen"),
    ),
    (
        "poll failed: a.example: no answer within 15 s; next try at 10:00:00 UTC, in 600 s",
        "Abfrage fehlgeschlagen: a.example: keine Antwort innerhalb von 15 s; nächster Versuch 10:00:00 UTC, in 600 s",
    ),
    (
        "a fault in feedwacht 1.0: KeyError: 'x' (poll.py:3); please report it with the command",
        "ein Fehler in feedwacht 1.0: KeyError: 'x' (poll.py:3); bitte mit dem Befehl melden",
    ),
    ("Missing argument 'URL'.", "Es fehlt das Argument 'URL'."),
    ("poll failed: x; not polled any more", "Abfrage fehlgeschlagen: x; wird nicht mehr abgefragt"),
    (
        "a fault in feedwacht: KeyError: 'x' (poll.py, line 3); please report it",
        "ein Fehler in feedwacht: KeyError: 'x' (poll.py, Zeile 3); bitte melden",
    ),
    (
        "a.toml, line 3: [http] timeot is unknown; did you mean timeout?\nenvironment: FEEDWACHT_X is unknown",
        "a.toml, Zeile 3: [http] timeot ist unbekannt; gemeint ist vielleicht timeout\nUmgebung: FEEDWACHT_X ist unbekannt",
    ),
    (
        'a.toml, line 3: [[channel]] secret is unknown for type = "console"; did you mean name?',
        'a.toml, Zeile 3: [[channel]] secret ist unbekannt bei type = "console"; gemeint ist vielleicht name',
    ),
    (
        'a.toml, line 3: [log] level = "loud": "debug", "info", "warning" or "error" is needed',
        'a.toml, Zeile 3: [log] level = "loud": "debug", "info", "warning" oder "error" ist nötig',
    ),
    (
        "a.toml, line 3: [broker] url: a password in url does not belong in this file; use url_file or X__URL",
        "a.toml, Zeile 3: [broker] url: ein Passwort in url gehört nicht in diese Datei; dafür gibt es url_file oder X__URL",
    ),
    (
        "a.toml, line 9: [http] timeout is set here and in b c.toml, line 3; set it once",
        "a.toml, Zeile 9: [http] timeout steht hier und in b c.toml, Zeile 3; nur einmal setzen",
    ),
    ("environment: FEEDWACHT_CHANNEL__X__SECRET = (not shown): the file is empty", "Umgebung: FEEDWACHT_CHANNEL__X__SECRET = (nicht gezeigt): die Datei ist leer"),
    ("/a b/c.toml: cannot be read: Permission denied", "/a b/c.toml: nicht lesbar: der Zugriff ist nicht erlaubt"),
    ("Error: No such option '--x'. Did you mean '--y'?", "Fehler: Die Option '--x' gibt es nicht. Gemeint ist vielleicht '--y'."),
    ("No such command 'x'. (Did you mean one of: 'y', 'z'?)", "Den Befehl 'x' gibt es nicht. (Gemeint ist vielleicht: 'y', 'z'.)"),
    ("Usage: feedwacht feeds add [OPTIONS] URL", "Aufruf: feedwacht feeds add [OPTIONS] URL"),
    ("Missing option '--format'. Choose from:\n\ttxt,\n\tmd", "Es fehlt die Option '--format'. Möglich sind:\n\ttxt,\n\tmd"),
    ("Invalid value for 'A': File 'a b.txt' does not exist.", "Ungültiger Wert für 'A': Die Datei 'a b.txt' existiert nicht."),
    ("Invalid value for 'A': Directory 'a' is a file.", "Ungültiger Wert für 'A': Der Ordner 'a' ist eine Datei."),
    ("Invalid value for 'A': Path 'a' does not exist.", "Ungültiger Wert für 'A': Der Pfad 'a' existiert nicht."),
    ("Invalid value for '-n': 'x' is not a valid integer.", "Ungültiger Wert für '-n': 'x' ist keine ganze Zahl."),
    ("Invalid value for '-n': 'x' is not a valid integer range.", "Ungültiger Wert für '-n': 'x' ist keine ganze Zahl."),
    ("Invalid value for '-n': 'x' is not a valid float.", "Ungültiger Wert für '-n': 'x' ist keine Zahl."),
    (
        "Invalid value for '-f': '1.5' is not one of 'a.b', 'c'.",
        "Ungültiger Wert für '-f': '1.5' ist keines von 'a.b', 'c'.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("english", "german"), COMPOSED, ids=lambda value: value[:60])
def test_what_a_reason_is_made_of_is_translated_and_the_rest_is_kept(english: str, german: str) -> None:
    assert in_language(english, "de") == german
    assert in_language(english, "en") == english
    assert in_language(german, "de") == german


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        " ",
        "Alles in Ordnung",
        "the server refused the connections of others",
        "so the server refused the connection",
        "https://a.example/the-name-has-no-address",
        '[http] proxy = "x: the name has no address"',
        "$name ${title} $$ {0} %s \\1",
    ],
)
def test_what_is_no_clause_is_left_alone(foreign: str) -> None:
    assert in_language(foreign, "de") == foreign


@pytest.mark.parametrize("foreign", ["$name", "${host}", "$$", "\\g<0>", "{0}", "%s", "'", "ä"])
def test_what_was_filled_in_is_not_read_as_a_pattern(foreign: str) -> None:
    said = in_language(f"{foreign} answered {foreign} x: redirected from {foreign}", "de")
    assert said == f"{foreign} antwortet mit {foreign} x: weitergeleitet von {foreign}"


HOSTILE = [
    *(
        "the body is larger than ",
        "articles of since ",
        '"',
        "“",
        '\\"',
        " answered",
        "x answered ",
        ": the ",
        " (",
        "a ",
    ),
    *("\n", "Expected ", '"a" or "b" is needed, ', "the feed has entries; only of them", "a fault in feedwacht "),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_time_grows_with_the_length(piece: str) -> None:
    def spent_s(length: int) -> float:
        text = piece * (length // len(piece))
        return least_cpu_s(lambda: in_language(text, "de"))

    assert spent_s(16_000) < 30 * spent_s(2_000) + 0.1  # 8 times the text; a quadratic search takes 64 times as long
