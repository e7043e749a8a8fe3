"""What is said when a person asks: looks at feeds, lists of feeds, sitemaps and backfills."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

GERMAN: Final[Mapping[str, str]] = MappingProxyType(
    {
        # taking turns at a host
        "another process has been talking to this server for too long; try again later": (
            "ein anderer Prozess spricht schon zu lange mit diesem Server; später noch einmal versuchen"
        ),
        "it asked to be left alone until $until UTC; try again then": "er will bis $until UTC in Ruhe gelassen werden; dann noch einmal versuchen",
        "it has no date": "er hat kein Datum",
        "its list could not be compared": "die Liste der Seite war nicht zu vergleichen",
        "links are not among the means of a backfill": "Verweise gehören nicht zu den Wegen des Nachlesens",
        "the site lists it, and it was not shown": "die Seite führt ihn auf, gezeigt wurde er nicht",
        "a sitemap that cannot be read": "eine Sitemap, die nicht lesbar ist",
        "its page names no date": "seine Seite nennt kein Datum",
        "its page names no plausible date": "seine Seite nennt kein glaubhaftes Datum",
        "its page shows no article": "seine Seite zeigt keinen Artikel",
        "no sitemap was found": "keine Sitemap gefunden",
        "no title or no text": "kein Titel oder kein Text",
        "it declares entities of its own; no list of feeds needs any": "die Datei definiert eigene Entities; keine Liste von Feeds braucht welche",
        "it is no XML": "das ist kein XML",
        "it is no OPML: there is no <opml> around it": "das ist kein OPML: es steht kein <opml> darum",
        "it is nested more than $most deep": "das ist mehr als $most Ebenen tief",
        "it lists more than $most feeds": "das sind mehr als $most Feeds",
        "it has no address (xmlUrl)": "sie hat keine Adresse (xmlUrl)",
        "no sitemap: it is XML or HTML of another kind": "keine Sitemap: XML oder HTML anderer Art",
        "no sitemap: its gzip is damaged": "keine Sitemap: das gzip ist beschädigt",
        "no sitemap: a text that names no address": "keine Sitemap: ein Text, der keine Adresse nennt",
        "no sitemap: it declares entities of its own": "keine Sitemap: sie definiert eigene Entities",
        "a sitemap of more than $most MiB; it is not read": "eine Sitemap von mehr als $most MiB; sie wird nicht gelesen",
        "a sitemap of more than $most addresses; it is not read": "eine Sitemap mit mehr als $most Adressen; sie wird nicht gelesen",
        "JSON that is no list of categories": "JSON, das keine Liste von Rubriken ist",
        "something that only looks like JSON instead of a list of categories": "etwas, das nur wie JSON aussieht, statt einer Liste von Rubriken",
    }
)
