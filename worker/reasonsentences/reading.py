"""Why a feed could not be read, and what a poll remarks: the clauses of parse and its like, sandbox, poll and catchup."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

GERMAN: Final[Mapping[str, str]] = MappingProxyType(
    {
        # what came instead
        "$what instead of a feed": "$what statt eines Feeds",
        "a sitemap": "eine Sitemap",
        "a list of feeds (OPML)": "eine Liste von Feeds (OPML)",
        "a picture (SVG)": "ein Bild (SVG)",
        "a picture (PNG)": "ein Bild (PNG)",
        "a picture (JPEG)": "ein Bild (JPEG)",
        "compressed data (gzip)": "gepackte Daten (gzip)",
        "a ZIP archive": "ein ZIP-Archiv",
        "a PDF document": "ein PDF",
        "an empty body": "ein leerer Inhalt",
        "a WordPress error page": "eine Fehlerseite von WordPress",
        "a PHP error message": "eine Fehlermeldung von PHP",
        "an HTML page": "eine HTML-Seite",
        "title “$title”": "Titel „$title“",
        "XML with the root <$root>": "XML mit der Wurzel <$root>",
        "something that is neither RSS, Atom nor JSON Feed": "etwas, das weder RSS noch Atom noch JSON Feed ist",
        "JSON that cannot be read": "unlesbares JSON",
        "JSON that is no JSON Feed; is this the address of an API?": (
            "JSON, das kein JSON Feed ist; ist das die Adresse einer API?"
        ),
        "JSON that is no JSON Feed: its `version` does not name jsonfeed.org": (
            "JSON, das kein JSON Feed ist: sein `version` nennt nicht jsonfeed.org"
        ),
        "a feed that is cut off before its first entry": "ein Feed, der vor seinem ersten Eintrag abgeschnitten ist",
        "$some of $all entries": "$some von $all Einträgen",
        "$some are comments on articles; take the address of the feed of articles": (
            "$some sind Kommentare zu Artikeln; die Adresse des Feeds der Artikel nehmen"
        ),
        # what is too much
        "the feed is not read": "der Feed wird nicht gelesen",
        "an element with $most attributes or more": "ein Element mit $most Attributen oder mehr",
        "a tag longer than $most kB": "ein Tag, länger als $most kB",
        "elements nested more than $most deep": "Elemente, mehr als $most-fach verschachtelt",
        "JSON that is nested too deep": "JSON, zu tief verschachtelt",
        "an item that is nested too deep": "ein Eintrag, zu tief verschachtelt",
        "more than $most tags": "mehr als $most Tags",
        "an author's name longer than $most bytes, or more authors than anybody names": (
            "ein Autorenname, länger als $most Bytes, oder mehr Autoren, als irgendwer nennt"
        ),
        "it is larger than $most MB ($size MB)": "er ist größer als $most MB ($size MB)",
        "the feed has $all entries; only $most of them, the newest, were read": (
            "der Feed hat $all Einträge; nur die neuesten $most sind gelesen"
        ),
        # single entries
        "entry $number": "Eintrag $number",
        "it is no object": "er ist kein Objekt",
        "it has neither guid, address, title nor text": "er hat weder guid noch Adresse, Titel oder Text",
        "what was kept of an entry does not hold one entry": (
            "was von einem Eintrag aufgehoben wurde, enthält nicht genau einen"
        ),
        "what was kept of an entry is damaged": "was von einem Eintrag aufgehoben wurde, ist beschädigt",
        "it cannot be read again": "er ist nicht noch einmal zu lesen",
        "the parser cannot read it": "der Leser kann damit nichts anfangen",
        # the box
        "the body cannot be read": "der Inhalt ist nicht zu lesen",
        "the parser's answer makes no sense": "die Antwort des Lesers ergibt keinen Sinn",
        "what it unfolds to is too large": "was sich daraus entfaltet, ist zu groß",
        "it takes longer than $time s": "es dauert länger als $time s",
        "it takes too much CPU time": "es braucht zu viel Rechenzeit",
        "it takes too much": "es braucht zu viel",
        "it takes too long": "es dauert zu lange",
        "it needs too much memory": "es braucht zu viel Speicher",
        "it breaks the parser": "es bringt den Leser um",
        "the parser ended with code $code": "der Leser endete mit Code $code",
        "no process could be started to read the body in": "für das Lesen ließ sich kein Prozess starten",
        "the process that was to read the body did not start": "der Prozess, der lesen sollte, ist nicht gestartet",
        "the process that was to read the body did not take it": (
            "der Prozess, der lesen sollte, hat den Inhalt nicht angenommen"
        ),
        "it is tried again": "es wird noch einmal versucht",
        # polls
        "poll failed": "Abfrage fehlgeschlagen",
        "not polled any more": "wird nicht mehr abgefragt",
        "next try at $at UTC, in $time s": "nächster Versuch $at UTC, in $time s",
        "another process is polling $host": "ein anderer Prozess fragt $host gerade ab",
        "in quarantine, $deaths parsers lost in a row": "in Quarantäne, $deaths Leser hintereinander verloren",
        "$status Gone since $day: the server says that this feed is gone for good": (
            "$status Gone seit $day: der Server sagt, dass es diesen Feed nicht mehr gibt"
        ),
        "it is no longer in the configuration": "er steht nicht mehr in der Konfiguration",
        "the feed was cut off; its last entry is read again at the next poll": (
            "der Feed war abgeschnitten; sein letzter Eintrag wird bei der nächsten Abfrage noch einmal gelesen"
        ),
        "the feed is valid, but has no entries: is its address right?": (
            "der Feed ist gültig, hat aber keine Einträge: stimmt die Adresse?"
        ),
        "$some entries could not be read": "$some Einträge waren nicht lesbar",
        # older pages
        "304 to a question without validators": "304 auf eine Frage ohne Bedingung",
        "page $number cannot be read": "Seite $number ist nicht lesbar",
        "page $number is refused": "Seite $number wird verweigert",
        "page $number shows nothing older: the server does not turn pages": (
            "Seite $number zeigt nichts Älteres: der Server blättert nicht"
        ),
        "page $number, the limit, was reached before known ground": (
            "Seite $number, die Grenze, war vor bekanntem Grund erreicht"
        ),
        "page $number is not to be had": "Seite $number ist nicht zu haben",
        "page $number was cut off": "Seite $number war abgeschnitten",
        "there is no page $number": "es gibt keine Seite $number",
        "pages can always be asked for": "nach Seiten ist immer zu fragen",
        "it shows nothing of what the feed shows": "sie zeigt nichts von dem, was der Feed zeigt",
        "no entries": "keine Einträge",
        "the feed of $day does not turn pages": "der Feed vom $day blättert nicht",
        "the feed of $day shows other days": "der Feed vom $day zeigt andere Tage",
        "there are no feeds of days": "es gibt keine Feeds einzelner Tage",
        "the link to older entries leads in a circle, or to another host": (
            "der Verweis auf ältere Einträge führt im Kreis oder zu einem anderen Host"
        ),
        "the linked page answers $what": "die verwiesene Seite antwortet mit $what",
        "the feed ends before known ground": "der Feed endet vor bekanntem Grund",
        "the feed's window did not reach what was known before": (
            "das Fenster des Feeds reichte nicht bis zu dem, was schon bekannt war"
        ),
        "its host could not be asked in time": "sein Host war nicht rechtzeitig zu fragen",
        "a redirect to a page that does not name itself as the article's": (
            "eine Weiterleitung zu einer Seite, die sich nicht als die des Artikels ausgibt"
        ),
        "its page $number cannot be had": "seine Seite $number ist nicht zu haben",
        # the REST interface
        "the REST interface does not answer": "die REST-Schnittstelle antwortet nicht",
        "the REST interface answers $what instead of posts": (
            "die REST-Schnittstelle antwortet mit $what statt mit Beiträgen"
        ),
        "the REST interface names no total: it cannot be proved complete": (
            "die REST-Schnittstelle nennt keine Gesamtzahl: Vollständigkeit ist nicht zu beweisen"
        ),
        "the REST interface says $all entries and does not show as many": (
            "die REST-Schnittstelle nennt $all Einträge und zeigt nicht so viele"
        ),
        "$what instead of posts": "$what statt Beiträgen",
        "JSON that holds no posts of WordPress": "JSON ohne Beiträge von WordPress",
        "it is not read": "das wird nicht gelesen",
        "it is no post: it has no id": "das ist kein Beitrag: er hat keine Nummer",
        "it is not published, but $state": "er ist nicht veröffentlicht, sondern $state",
        "post $number": "Beitrag $number",
        "articles of $feed since $when may be missing": "seit $when können Artikel von $feed fehlen",
        # faults of our own
        "a fault in feedwacht": "ein Fehler in feedwacht",
        "a fault in feedwacht $version": "ein Fehler in feedwacht $version",
        "please report it": "bitte melden",
        "please report it with the command": "bitte mit dem Befehl melden",
    }
)
