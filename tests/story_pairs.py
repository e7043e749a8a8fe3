"""Made-up pairs of German articles: copies, and different articles that look alike. What `samestory` is measured by.

Copies are made of a text as houses make them: another title, a cut, a paragraph of their own, newer numbers. The pairs
that look alike are one template with the facts of two days or places. tests/unit/test_samestory.py tells them apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final


@dataclass(frozen=True, slots=True)
class Text:
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Pair:
    """kind: what was done to the copy, or which template it is."""

    kind: str
    one: Text
    other: Text
    same: bool


AGENCY: Final = (
    Text(
        "Inflationsrate sinkt auf 2,1 Prozent",
        "Wiesbaden (dts Nachrichtenagentur) - Die Inflationsrate in Deutschland ist im Oktober auf 2,1 Prozent gesunken. "
        "Das teilte das Statistische Bundesamt am Dienstag auf Basis vorläufiger Zahlen mit.\n\nIm September hatte die "
        "Teuerung noch bei 2,4 Prozent gelegen. Gegenüber dem Vormonat stiegen die Verbraucherpreise um 0,3 Prozent.\n\n"
        "Energie kostete 0,9 Prozent weniger als vor einem Jahr, Nahrungsmittel verteuerten sich dagegen um 1,3 Prozent. "
        "Die Preise für Dienstleistungen lagen um 3,5 Prozent über dem Vorjahr. Volkswirte hatten im Schnitt mit einer "
        "Rate von 2,2 Prozent gerechnet. Die endgültigen Ergebnisse will das Amt am 12. November vorlegen.",
    ),
    Text(
        "Bundestag beschließt neues Mietrecht",
        "Berlin (dts) – Der Bundestag hat am Freitag das neue Mietrecht verabschiedet. Für das Gesetz stimmten 378 "
        "Abgeordnete, 254 votierten dagegen, 11 enthielten sich.\n\nKünftig dürfen Mieten in angespannten Wohnlagen "
        "innerhalb von drei Jahren nur noch um 11 Prozent steigen, bisher waren es 20 Prozent. Auch möblierte Wohnungen "
        "fallen nun unter die Mietpreisbremse.\n\nDer Mieterbund sprach von einem längst überfälligen Schritt. Der "
        "Eigentümerverband Haus und Grund kündigte an, eine Klage vor dem Bundesverfassungsgericht zu prüfen. Der "
        "Bundesrat muss dem Gesetz noch zustimmen, die Abstimmung ist für den 19. Dezember geplant.",
    ),
    Text(
        "Großbrand zerstört Lagerhalle im Hafen",
        "Osnabrück (ots) - In der Nacht zu Donnerstag ist eine Lagerhalle am Hafen vollständig ausgebrannt. Das Feuer "
        "brach nach Angaben der Polizei gegen 2:40 Uhr in einem Regal mit Kunststoffteilen aus und griff binnen Minuten "
        "auf das Dach über.\n\nRund 140 Einsatzkräfte waren bis in die Mittagsstunden vor Ort. Ein Feuerwehrmann erlitt "
        "eine Rauchvergiftung und kam ins Klinikum. Anwohner wurden aufgefordert, Fenster und Türen geschlossen zu "
        "halten.\n\nDen Schaden schätzt die Polizei auf 1,8 Millionen Euro. Die Ursache ist unklar, Brandermittler wollen "
        "die Halle betreten, sobald sie von Statikern freigegeben wurde.",
    ),
    Text(
        "Bahn sperrt Strecke für sechs Wochen",
        "Die Deutsche Bahn sperrt die Strecke zwischen Osnabrück und Münster vom 6. Juli bis zum 17. August komplett. In "
        "dieser Zeit werden 23 Kilometer Gleis und neun Weichen erneuert, wie der Konzern am Montag mitteilte.\n\n"
        "Fernzüge werden über Rheine umgeleitet und brauchen 35 Minuten länger. Im Regionalverkehr fahren Busse, für die "
        "Fahrgäste deutlich mehr Zeit einplanen sollten. Fahrräder können darin nicht mitgenommen werden.\n\nDie Bahn "
        "investiert nach eigenen Angaben 64 Millionen Euro. Der Fahrgastverband kritisierte, die Sperrung falle erneut "
        "in die Hauptreisezeit und sei zu spät angekündigt worden.",
    ),
    Text(
        "Klinikum bekommt neue Kinderstation",
        "Das Klinikum erweitert seine Kinderklinik. Im kommenden Frühjahr beginnt der Bau einer Station mit 32 Betten, "
        "die vor allem Frühgeborenen und chronisch kranken Kindern helfen soll. Das Land übernimmt 14 der geplanten 19 "
        "Millionen Euro.\n\nDie Geschäftsführung begründete das Vorhaben mit steigenden Fallzahlen: Im vergangenen Jahr "
        "wurden mehr als 8.400 Kinder behandelt, viele mussten in andere Häuser verlegt werden.\n\nEltern sollen auf der "
        "neuen Station mit im Zimmer übernachten können. Die ersten Patienten werden nach heutigem Plan in drei Jahren "
        "aufgenommen, bis dahin bleibt die alte Station geöffnet.",
    ),
    Text(
        "Umfrage: Mehrheit für Tempolimit",
        "Berlin (dts Nachrichtenagentur) - Eine Mehrheit der Deutschen spricht sich für ein Tempolimit auf Autobahnen "
        "aus. In einer Umfrage des Instituts Forsa im Auftrag eines Verkehrsverbands befürworteten 58 Prozent der "
        "Befragten eine Grenze von 130 Kilometern pro Stunde, 39 Prozent lehnten sie ab.\n\nVor zwei Jahren hatte die "
        "Zustimmung noch bei 52 Prozent gelegen. Besonders groß ist sie unter Frauen mit 66 Prozent und bei Menschen "
        "über 60 Jahren.\n\nDas Bundesverkehrsministerium sieht keinen Handlungsbedarf und verweist auf sinkende "
        "Unfallzahlen. Für die Erhebung wurden 1.508 Personen befragt, die Fehlertoleranz liegt bei drei Prozentpunkten.",
    ),
    Text(
        "Zoll findet 400 Kilogramm Kokain",
        "Hamburg (dts) - Der Zoll hat im Hamburger Hafen rund 400 Kilogramm Kokain sichergestellt. Die Drogen waren in "
        "einem Container mit Bananen aus Ecuador versteckt, sagte ein Sprecher des Hauptzollamts am Mittwoch.\n\nEntdeckt "
        "wurden die Pakete bei einer Röntgenkontrolle hinter einer doppelten Rückwand. Der Straßenverkaufswert liege bei "
        "28 Millionen Euro. Festnahmen gab es bisher nicht.\n\nDie Ermittler gehen davon aus, dass eine Gruppe aus den "
        "Niederlanden den Container am Terminal öffnen wollte. In diesem Jahr hat der Zoll in Hamburg bereits mehr als "
        "11 Tonnen Kokain beschlagnahmt, im Vorjahr waren es 34 Tonnen.",
    ),
    Text(
        "Stadt schließt Hallenbad wegen Schadens",
        "Das Nettebad bleibt bis auf Weiteres geschlossen. Bei einer Prüfung der Decke fanden Gutachter Risse in vier "
        "Trägern, wie die Stadtwerke am Donnerstagabend mitteilten. Eine Gefahr für Badegäste habe nicht bestanden, die "
        "Sperrung sei eine Vorsichtsmaßnahme.\n\nBetroffen sind auch 19 Schulen und sieben Vereine, die das Becken "
        "nutzen. Sie sollen in das Moskaubad ausweichen, das dafür seine Öffnungszeiten verlängert.\n\nWie lange die "
        "Reparatur dauert, ist offen. Ein Statiker soll in der kommenden Woche ein Konzept vorlegen. Dauerkarten werden "
        "um die Zeit der Schließung verlängert, Kurse auf Wunsch erstattet.",
    ),
    Text(
        "Autobauer streicht 3.500 Stellen",
        "Der Autobauer will bis Ende 2027 in Deutschland 3.500 Stellen abbauen. Das sagte der Vorstandschef am Montag auf "
        "einer Betriebsversammlung, an der 6.000 Beschäftigte teilnahmen. Betriebsbedingte Kündigungen seien bis 2029 "
        "ausgeschlossen.\n\nGestrichen werde vor allem in der Verwaltung und der Entwicklung von Verbrennungsmotoren. "
        "Das Werk in Osnabrück ist nach Angaben des Betriebsrats mit 410 Stellen betroffen.\n\nDie Gewerkschaft IG Metall "
        "reagierte mit scharfer Kritik und rief für Donnerstag zu einem Aktionstag auf. Im dritten Quartal war der Gewinn "
        "um 42 Prozent auf 1,1 Milliarden Euro zurückgegangen.",
    ),
    Text(
        "Forscher entdecken Urzeit-Siedlung",
        "Archäologen haben bei Kalkriese die Reste einer Siedlung aus der Jungsteinzeit entdeckt. Nach Angaben der "
        "Universität standen dort vor etwa 6.500 Jahren mindestens sieben Langhäuser, umgeben von einem Graben.\n\n"
        "Gefunden wurden Scherben, Mahlsteine und eine Klinge aus Feuerstein, deren Material aus dem Raum Aachen stammt. "
        "Das belege, dass schon damals über 250 Kilometer gehandelt wurde, sagte die Grabungsleiterin.\n\nAuf das Gelände "
        "waren die Forscher durch Luftbilder aus dem trockenen Sommer aufmerksam geworden. Die Grabung wird vom Land bis "
        "2028 gefördert, eine Auswahl der Funde ist ab April im Museum zu sehen.",
    ),
)

_TITLES: Final = (
    *("Teuerung geht weiter zurück", "Mietpreisbremse wird verschärft", "140 Retter kämpfen gegen Flammen am Hafen"),
    *("Kein Zug nach Münster im Sommer", "19 Millionen für kranke Kinder", "58 Prozent wollen langsamer fahren"),
    *("Kokain zwischen Bananen", "Nettebad zu: Risse in der Decke", "Stellenabbau trifft auch Osnabrück"),
    "6.500 Jahre alte Häuser bei Kalkriese",
)
_LOCAL: Final = (
    "In Osnabrück zog die Verbraucherzentrale ein gemischtes Fazit: In den Beratungen gehe es weiter oft um Strom.",
    "In der Region hatten sich zuletzt vor allem Studierende über möblierte Zimmer zu hohen Preisen beklagt.",
    "Der Hafen war bereits im vergangenen Jahr Schauplatz eines Feuers gewesen, damals brannte ein Bagger aus.",
    "Der Landkreis prüft, ob zusätzliche Buslinien bis zum Bahnhof von Lengerich eingerichtet werden können.",
    "Die Ratsfraktionen begrüßten den Plan, die Opposition fragte nach dem Personal für die neuen Betten.",
    "Auf der A 30 und der A 33 gelten in der Region auf langen Abschnitten schon heute Beschränkungen.",
    "Auch in Osnabrück waren nach einem Fund im Frühjahr mehrere Männer vor dem Landgericht angeklagt worden.",
    "Leserinnen berichteten unserer Redaktion, sie hätten am Abend vor verschlossenen Türen gestanden.",
    "Die Oberbürgermeisterin forderte ein Gespräch mit dem Vorstand und eine Zusage für das Werk an der Hase.",
    "Der Heimatbund bietet im Mai Führungen über das Gelände an, Anmeldungen nimmt das Museum entgegen.",
)
_NEWER: Final = (
    (("2,1 Prozent", "2,0 Prozent"), ("0,3 Prozent", "0,2 Prozent")),
    (("254", "255"), ("11 enthielten", "10 enthielten")),
    (("140 Einsatzkräfte", "160 Einsatzkräfte"), ("1,8 Millionen", "2,3 Millionen")),
    (("35 Minuten", "40 Minuten"), ("64 Millionen", "66 Millionen")),
    (("32 Betten", "36 Betten"),),
    (("58 Prozent", "59 Prozent"), ("39 Prozent", "38 Prozent")),
    (("400 Kilogramm", "430 Kilogramm"), ("28 Millionen", "30 Millionen")),
    (("vier Trägern", "fünf Trägern"), ("19 Schulen", "21 Schulen")),
    (("3.500 Stellen", "3.600 Stellen"), ("410 Stellen", "430 Stellen")),
    (("6.500 Jahren", "6.400 Jahren"),),
)


_WORDS: Final = (
    *(
        ("rund ", "etwa "),
        ("mehr als", "über"),
        ("bisher", "bislang"),
        ("vor allem", "insbesondere"),
        ("deutlich", "viel"),
    ),
    *(
        ("kündigte an", "will"),
        ("im Schnitt", "durchschnittlich"),
        ("sprach von", "sieht darin"),
        ("zuletzt", "jüngst"),
    ),
)


def _reworded(body: str) -> str:
    for before, after in _WORDS:
        body = body.replace(before, after)
    return body


def _copies() -> Iterator[Pair]:
    for text, title, local, newer in zip(AGENCY, _TITLES, _LOCAL, _NEWER, strict=True):
        yield Pair("another title", text, Text(title, text.body), True)
        head, _, rest = text.body.partition("\n\n")
        yield Pair("cut", text, Text(title, text.body.rpartition("\n\n")[0]), True)
        notice = f"{text.body}\n\n✨ durch KI bearbeitet, 03.11.2025 um 14:02 Uhr"
        yield Pair("a notice", text, Text(text.title, notice.replace("dts", "dpa")), True)
        yield Pair("a paragraph of its own", text, Text(title, f"{head}\n\n{local}\n\n{rest}\n\n{local[:60]} …"), True)
        updated = text.body
        for before, after in newer:
            updated = updated.replace(before, after)
        yield Pair("newer numbers", text, Text(title, f"{updated}\n\nUpdate: Die Angaben wurden ergänzt."), True)
        yield Pair("other words here and there", text, Text(title, _reworded(text.body)), True)
    for text in AGENCY[:4]:
        short = text.body.partition("\n\n")[0]
        yield Pair("an excerpt, the same", Text(text.title, short), Text(text.title, short), True)


# One template each, with what changes from day to day or place to place.
_ALIKE: Final = {
    "police report": (
        "Polizeibericht vom {0}",
        (
            "Osnabrück (ots) - Am {0} kam es gegen {1} Uhr in der {2} zu einem Verkehrsunfall. Ein {3} Jahre alter Fahrer eines "
            "{4} übersah beim Abbiegen eine {5}-jährige Radfahrerin. Die Frau stürzte und wurde leicht verletzt. Sie wurde mit "
            "einem Rettungswagen in ein Krankenhaus gebracht. Am Fahrzeug entstand ein Schaden von {6} Euro. Zeugen, die "
            "Angaben zum Unfallhergang machen können, werden gebeten, sich bei der Polizei Osnabrück unter der Telefonnummer "
            "0541 327-2215 zu melden."
        ),
        (
            ("Montag", "7:45", "Iburger Straße", "44", "VW Golf", "31", "800"),
            ("Dienstag", "16:20", "Bramscher Straße", "67", "Opel Corsa", "19", "1.500"),
            ("Mittwoch", "13:05", "Lotter Straße", "25", "Ford Transit", "52", "600"),
            ("Freitag", "17:30", "Pagenstecherstraße", "38", "Audi A4", "27", "2.000"),
        ),
    ),
    "weather": (
        "Das Wetter für Osnabrück und das Umland",
        (
            "Am {0} ist es in Osnabrück und im Umland {1}. Die Temperaturen erreichen {2} Grad, in der Nacht sinken sie auf {3} "
            "Grad. Der Wind weht {4} aus {5}. Die Wahrscheinlichkeit für Niederschlag liegt bei {6} Prozent. Auch in den "
            "folgenden Tagen bleibt es {7}. Für Allergiker ist die Belastung durch {8} zu beachten. Alle Angaben des Deutschen "
            "Wetterdienstes ohne Gewähr."
        ),
        (
            ("Montag", "meist sonnig", "23", "12", "schwach", "Südost", "10", "freundlich", "Gräser"),
            ("Dienstag", "wechselnd bewölkt", "21", "13", "mäßig", "West", "40", "wechselhaft", "Gräser"),
            ("Mittwoch", "regnerisch", "18", "11", "frisch", "Nordwest", "90", "unbeständig", "Roggen"),
            ("Donnerstag", "meist sonnig", "24", "14", "schwach", "Süd", "5", "warm", "Beifuß"),
        ),
    ),
    "match": (
        "VfL Osnabrück: Der Spielbericht",
        (
            "Der VfL Osnabrück hat am {0} gegen {1} {2} gespielt. Vor {3} Zuschauern an der Bremer Brücke brachte {4} die "
            "Lila-Weißen in der {5}. Minute in Führung. Nach der Pause traf {6} in der {7}. Minute. In der Tabelle steht der VfL "
            "nun mit {8} Punkten auf Platz {9}. Der Trainer sagte nach dem Spiel, seine Mannschaft habe über weite Strecken "
            "gezeigt, was in ihr stecke. Am kommenden Spieltag geht es für die Osnabrücker auswärts weiter."
        ),
        (
            ("Samstag", "Rot-Weiss Essen", "2:1", "14.800", "Niklas Kolbe", "23", "Lars Hagen", "71", "31", "7"),
            ("Sonntag", "den MSV Duisburg", "1:1", "15.300", "Jonas Tiedemann", "8", "Emil Rauch", "88", "32", "8"),
            ("Mittwoch", "Alemannia Aachen", "3:0", "12.950", "Lars Hagen", "40", "Tim Borg", "55", "35", "5"),
            ("Freitag", "Viktoria Köln", "1:2", "11.200", "Niklas Kolbe", "12", "Ali Demir", "64", "35", "6"),
        ),
    ),
    "events": (
        "Veranstaltungen in der Region",
        (
            "Das ist los in der Region: Am {0}, {1}. {2}, beginnt um {3} Uhr im {4} {5}. Der Eintritt kostet {6} Euro, Karten "
            "gibt es an der Abendkasse und im Vorverkauf. Um {7} Uhr lädt {8} zu {9} ein. Die Teilnahme ist kostenlos, um "
            "Anmeldung wird gebeten. Weitere Termine stehen im Kalender auf unserer Seite. Veranstalter können ihre Termine "
            "dort kostenlos eintragen."
        ),
        (
            ("Samstag", "4", "April", "20", "Haus der Jugend", "ein Konzert", "12", "15", "der Zoo", "einer Führung"),
            (
                "Sonntag",
                "5",
                "April",
                "18",
                "Theater am Domhof",
                "die Premiere",
                "24",
                "11",
                "das Museum",
                "einem Vortrag",
            ),
            ("Freitag", "10", "April", "20", "Rosenhof", "eine Lesung", "18", "16", "der Verein", "einem Spaziergang"),
            (
                "Samstag",
                "11",
                "April",
                "19",
                "Haus der Jugend",
                "ein Poetry-Slam",
                "9",
                "14",
                "der Zoo",
                "einem Basteln",
            ),
        ),
    ),
    "traffic": (
        "Vollsperrung: Hier gibt es Umleitungen",
        (
            "Autofahrer müssen sich auf Behinderungen einstellen: Die {0} wird ab {1}, {2}. {3}, zwischen {4} und {5} voll "
            "gesperrt. Grund sind Arbeiten an {6}. Die Sperrung dauert voraussichtlich bis zum {7}. {8}. Eine Umleitung ist "
            "ausgeschildert. Anlieger können ihre Grundstücke erreichen, soweit der Bauablauf es zulässt. Die Linienbusse "
            "fahren in dieser Zeit andere Wege, Haltestellen entfallen. Die Stadt bittet um Verständnis."
        ),
        (
            ("Hansastraße", "Montag", "3", "März", "Wachsbleiche", "Nonnenpfad", "der Kanalisation", "21", "März"),
            ("Meller Straße", "Montag", "10", "März", "Johannisstraße", "Südbahnhof", "Gasleitungen", "4", "April"),
            ("Natruper Straße", "Mittwoch", "12", "März", "Am Kirchenkamp", "Wallring", "der Fahrbahn", "28", "März"),
            ("Knollstraße", "Montag", "17", "März", "Ellerstraße", "Haster Weg", "Fernwärme", "11", "April"),
        ),
    ),
    "horoscope": (
        "Ihr Tageshoroskop",
        (
            "So stehen die Sterne am {0}: Widder sollten heute {1}. Stier: In der Liebe {2}. Zwillinge haben im Beruf {3}. "
            "Krebs: Ihre Gesundheit {4}. Löwe: Finanziell {5}. Jungfrau: Nehmen Sie sich Zeit für {6}. Das Horoskop für alle "
            "übrigen Sternzeichen finden Sie wie immer am Abend auf dieser Seite. Die Sterne lügen nicht, aber sie zwingen auch "
            "niemanden."
        ),
        (
            (
                "Montag",
                "Ruhe bewahren",
                "kündigt sich Neues an",
                "Rückenwind",
                "braucht Bewegung",
                "ist Vorsicht geboten",
                "die Familie",
            ),
            (
                "Dienstag",
                "mutig sein",
                "herrscht Funkstille",
                "viel zu tun",
                "ist stabil",
                "läuft es rund",
                "ein gutes Buch",
            ),
            (
                "Mittwoch",
                "zuhören",
                "knistert es",
                "Gegenwind",
                "dankt Ihnen Schlaf",
                "lohnt ein Vergleich",
                "alte Freunde",
            ),
            (
                "Donnerstag",
                "Pläne prüfen",
                "zählt Geduld",
                "gute Karten",
                "verlangt nach Obst",
                "ist Sparen angesagt",
                "sich selbst",
            ),
        ),
    ),
    "blood donation": (
        "DRK ruft zur Blutspende auf",
        (
            "Das Deutsche Rote Kreuz ruft zur Blutspende auf. Gespendet werden kann am {0}, {1}. {2}, von {3} bis {4} Uhr in der "
            "{5} in {6}. Spenden darf jeder, der mindestens 18 Jahre alt und gesund ist. Mitzubringen ist ein Ausweis. Wer zum "
            "ersten Mal spendet, sollte vorher viel trinken und etwas essen. Um Anmeldung wird gebeten, Termine gibt es im "
            "Internet oder unter der Nummer 0800 1194911. Nach der Spende wartet ein Imbiss."
        ),
        (
            ("Dienstag", "7", "Januar", "16", "20", "Grundschule", "Hasbergen"),
            ("Donnerstag", "9", "Januar", "15:30", "19:30", "Realschule", "Bramsche"),
            ("Mittwoch", "15", "Januar", "16", "20", "Mehrzweckhalle", "Wallenhorst"),
            ("Dienstag", "21", "Januar", "15", "19", "Oberschule", "Belm"),
        ),
    ),
    "speed cameras": (
        "Hier wird geblitzt",
        (
            "Die Stadt Osnabrück kontrolliert auch in dieser Woche die Geschwindigkeit. Gemessen wird am {0} in der {1}, am {2} "
            "in der {3} und am {4} in der {5}. Darüber hinaus ist an allen Tagen mit weiteren Kontrollen zu rechnen. Die Stadt "
            "weist darauf hin, dass überhöhte Geschwindigkeit zu den häufigsten Ursachen schwerer Unfälle gehört. Gemessen wird "
            "vor allem vor Schulen, Kitas und Altenheimen."
        ),
        (
            ("Montag", "Rheiner Landstraße", "Dienstag", "Mindener Straße", "Mittwoch", "Sutthauser Straße"),
            ("Montag", "Bohmter Straße", "Dienstag", "An der Blankenburg", "Donnerstag", "Bremer Straße"),
            ("Montag", "Hannoversche Straße", "Mittwoch", "Lengericher Landstraße", "Freitag", "Wersener Straße"),
        ),
    ),
}


def _lookalikes() -> Iterator[Pair]:
    for kind, (title, body, days) in _ALIKE.items():
        texts = [Text(title.format(*day), body.format(*day)) for day in days]
        for one, other in combinations(texts, 2):
            yield Pair(kind, one, other, False)
    for one, other in combinations(AGENCY, 2):
        yield Pair("another story", one, other, False)
    excerpt = (
        "Die Polizei bittet um Hinweise zu einem Unfall in der {0}. Mehr dazu lesen Sie im Artikel auf unserer Seite."
    )
    for one_street, other_street in combinations(("Iburger Straße", "Lotter Straße", "Knollstraße"), 2):
        one, other = (Text("Zeugen gesucht", excerpt.format(street)) for street in (one_street, other_street))
        yield Pair("an excerpt, another", one, other, False)


PAIRS: Final = (*_copies(), *_lookalikes())
