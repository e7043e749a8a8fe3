"""Inflection: which forms meet under one key, and which words that look alike do not."""

import pytest

from tests.labelled import article
from worker.match import spans_of
from worker.query import parse
from worker.query.inflection import keys_of_query, keys_of_text


def meet(query: str, text: str) -> bool:
    """As the matcher has it: by their form, or by what they are forms of."""
    return spans_of(parse(query), article(f"Gestern {text} hier.")) is not None


NOUNS = """
Haus: Häusern; Mann: Männer Männern; Kind: Kinder; Buch: Bücher; Wald: Wälder; Rad: Räder; Stadt: Städte Städten;
Nacht: Nächte; Mutter: Mütter; Vater: Väter; Bruder: Brüder; Tochter: Töchter; Arzt: Ärzte Ärzten Arztes; Rat: Räte;
Vorstand: Vorstände; Vertrag: Verträge; Unfall: Unfälle; Brand: Brände; Zug: Züge Zügen; Zaun: Zäune; Bahnhof:
Bahnhöfe; Thema: Themen; Firma: Firmen; Konto: Konten; Museum: Museums; Zentrum: Zentren; Gymnasium: Gymnasien;
Stadion: Stadien; Lexikon: Lexika; Praktikum: Praktika; Villa: Villen; Album: Alben; Drama: Dramen; Risiko: Risiken;
Virus: Viren; Kaktus: Kakteen Kakteen; Atlas: Atlanten; Radius: Radien; Globus: Globen; Bus: Bussen; Kurs: Kurse;
Streik: Streiks; Job: Jobs Jobs; Auto: Autos; Foto: Fotos; Café: Cafés; Team: Teams; Baby: Babys; Party: Partys;
Hotel: Hotels; Chef: Chefs; Klub: Klubs; Demo: Demos; Kita: Kitas; Kino: Kinos; Büro: Büros; Zoo: Zoos; Oma: Omas;
E-Mail: E-Mails; E-Bike: E-Bikes; Handy: Handys; Soldat: Soldaten; Student: Studenten; Präsident: Präsidenten;
Mensch: Menschen; Bär: Bären; Herr: Herrn Herren; Name: Namen Namens; Bauer: Bauern; Nachbar: Nachbarn; Polizist:
Polizisten; Beamter: Beamten Beamte; Abgeordnete: Abgeordneten; Abgeordneter: Abgeordnete; Angestellte:
Angestellten; Deutsche: Deutschen; Verletzte: Verletzten; Verletzter: Verletzte; Tote: Toten; Jugendliche:
Jugendlichen; Jugendlicher: Jugendliche; Vorsitzende: Vorsitzenden; Vorsitzender: Vorsitzende; Grüne: Grünen; Linke:
Linken; Freiwillige: Freiwilligen; Kranke: Kranken; Obdachlose: Obdachlosen; Index: Indizes; Kasten: Kästen; Fach:
Fächer; Professor: Professoren; Investor: Investoren; Gremium: Gremien; Algorithmus: Algorithmen; Mythos: Mythen;
Visum: Visa; Komma: Kommata; Pizza: Pizzen; Saldo: Salden; Prinzip: Prinzipien; Volk: Völker; Hafen: Häfen; Boden:
Böden; Schaden: Schäden; Laden: Läden; Ausschuss: Ausschüsse; Beschluss: Beschlüsse; Influencerin: Influencerinnen;
Podcast: Podcasts; Adverb: Adverbien; Bakterium: Bakterien; Dosis: Dosen; Dose: Dosen; Fachmann: Fachleute; Feuerwehrmann:
Feuerwehrleute; Fossil: Fossilien; Frieden: Friede; Friede: Friedens; Glaube: Glaubens; Glied: Glieder; Quantum:
Quanten; Quant: Quanten; Skala: Skalen; Stadium: Stadien; Symposium: Symposien; Wagen: Wägen; Fink: Finken
"""

VERBS = """
gehen: ging gegangen geht; kommen: kam gekommen; fahren: fuhr fährt gefahren; sterben: starb gestorben stirbt;
schließen: schloss geschlossen schließt; brechen: brach gebrochen; werfen: warf geworfen; helfen: half geholfen
hilft; nehmen: nahm genommen nimmt; geben: gab gibt; sprechen: sprach gesprochen; treffen: traf getroffen; trifft:
treffen; finden: fand gefunden; verlieren: verlor verloren; ziehen: zog gezogen; schreiben: schrieb geschrieben;
bleiben: blieb; steigen: stieg gestiegen; fallen: fiel; laufen: lief gelaufen; rufen: rief; stehen: stand gestanden;
liegen: lag; sitzen: saß; essen: aß; trinken: trank; singen: sang; springen: sprang; schwimmen: schwamm; beginnen:
begann; gewinnen: gewann gewonnen; fliegen: flog geflogen; schießen: schoss; lügen: log; betrügen: betrog; denken:
dachte gedacht; bringen: brachte; kennen: kannte; wissen: wusste; rennen: rannte; brennen: brannte gebrannt;
streiken: streikt streikten; demonstrieren: demonstrierten demonstriert; kündigen: gekündigt; kürzen: gekürzt;
bauen: gebaut; wählen: gewählt wählte; verletzen: verletzt verletzte; verhaften: verhaftet; festnehmen:
festgenommen; zurücktreten: zurückgetreten zurücktrat; ankündigen: angekündigt anzukündigen; aufnehmen: aufgenommen;
einbrechen: eingebrochen; ausfallen: ausgefallen; absagen: abgesagt; eröffnen: eröffnet; abschieben: abgeschoben;
umziehen: umgezogen; anklagen: angeklagt; freisprechen: freigesprochen; verbieten: verboten verbot; beschließen:
beschlossen; ablehnen: abgelehnt; anschlagen: angeschlagen; zustimmen: zugestimmt; einstellen: eingestellt;
aussteigen: ausgestiegen; abbrennen: abgebrannt; aufbrechen: aufgebrochen; umbringen: umgebracht; erscheinen:
erschienen; ertrinken: ertrunken; erziehen: erzogen; bestechen: bestochen; einfordern: eingefordert; bebauen:
bebaut; versterben: verstorben; biegen: gebogen; waschen: wäscht; posten: postet gepostet; streamen: streamte
"""

ADJECTIVES = """
grün: grünen; groß: größer größten; gut: besser besten; hoch: höher hohen; alt: älter; jung: jünger; teuer: teure;
dunkel: dunkle; neu: neuen; krank: kranken; schnell: schneller; elektrisch: elektrischen; kommunal: kommunalen;
digital: digitale
"""

NAMES = """
Trump: Trumps; Merz: Merz' Merz’; Scholz: Scholz'; Putin: Putins; Selenskyj: Selenskyjs; Baerbock: Baerbocks;
Habeck: Habecks; Lindner: Lindners; Söder: Söders; Merkel: Merkels; Rutte: Ruttes; Macron: Macrons; Biden: Bidens;
Netanjahu: Netanjahus; Erdogan: Erdogans; Musk: Musks; Pötter: Pötters; Osnabrück: Osnabrücks; Bramsche: Bramsches;
Melle: Melles; Deutschland: Deutschlands; Ukraine: Ukraines; Russland: Russlands; China: Chinas; Nato: Natos; Tesla:
Teslas; VW: VWs; Bayern: Bayerns; Hannover: Hannovers; VfL: VfLs; Niedersachsen: Niedersachsens; Amazon: Amazons;
Lufthansa: Lufthansas; Pistorius: Pistorius'; Weil: Weils; Karl: Karls; Lukas: Lukas'; Klöckner: Klöckners;
Wagenknecht: Wagenknechts
"""

COMPOUNDS = """
Radweg: Radwege Radwegen; Ratssitzung: Ratssitzungen; Bürgermeister: Bürgermeisters; Bürgermeisterin:
Bürgermeisterinnen; Oberbürgermeisterin: Oberbürgermeisterinnen; Bundestagswahl: Bundestagswahlen; Wohnungsbau:
Wohnungsbaus; Kitaplatz: Kitaplätze Kita-Plätzen; Kita-Platz: Kitaplätze Kita-Plätze; Ukrainekrieg: Ukrainekriegs;
Ukraine-Krieg: Ukraine-Krieges; Solarpark: Solarparks; Windrad: Windräder; Lärmschutzwand: Lärmschutzwände;
Stadtwerk: Stadtwerke; Stadtwerke: Stadtwerken; Neumarkt: Neumarkts; Fachwerkhaus: Fachwerkhäuser; Bushaltestelle:
Bushaltestellen; Tempolimit: Tempolimits; Fahrradstraße: Fahrradstraßen; E-Scooter: E-Scootern; Wärmepumpe:
Wärmepumpen; Klimaaktivist: Klimaaktivisten; Streit: Streits; Messe: Messen; Messer: Messern; Wähler: Wählern;
Schüler: Schülern; Fußball: Fußballs; FUSSBALL: Fußball; Straße: STRASSE Strassen; Maß: Maße; Gruß: Grüße; Fluss:
Flüsse; Fluß: Fluss; Schloss: Schlösser; Schloß: Schlosses; Prozess: Prozesse; Prozeß: Prozesse; Müller: MÜLLER;
Mueller: Müller; Universität: Universitäten; Küste: Küsten; häuser: Haus; kriege: Krieg; wahlen: Wahl; osnabrück:
OSNABRÜCK; polizei: Polizei; radwege: Radweg; demos: Demo; HÄUSER: Haus; KRIEG: Krieges
"""

APART = """
fordern:fördern fordert:fördert schon:schön zahlen:zählen Messe:Messer Bau:Bauer Wahl:Wähler Koch:Kochen Koch:Köchin
Ukraine:Ukrainer Osnabrück:Osnabrücker Wallenhorst:Wallenhorster Bramsche:Bramscher Melle:Meller Bayern:Bayer
Rat:Rate Rat:raten Linke:links Post:Posten Park:parkt Kur:Kurs Hans:Han Rat:Ratte Ratte:Rat drucken:drücken
Druck:drucken losen:lösen Bar:Bär Bruder:Brüter Tat:Tate Kanne:kann Lage:Lager Lager:Lage Leiter:leitet Masse:Messe
lauten:läuten Krieg:kriegt Krieg:kriegen Ware:war wahren:waren Wand:wenden Arm:Armee Bank:Bänker Bund:Bündel
Berg:Burg Held:Heldin Bad:baden Angel:Angela Ring:ringen Kohl:Kohle Ball:Ballett Grad:Grat Bote:Boot Rose:rosa
Tor:Torte Not:Note Ton:Tonne Wein:weinen Reise:Reis Reis:Reise Post:posten Kunst:künstlich Macher:machen Müll:Müller
Fischer:Fisch Eis:Ei Ei:Eis Mai:Mais Hau:Haus Mark:Marke Mark:Märkte Sport:Sportler Musik:Musiker Polizei:Polizist
Kirche:Kirchner Schule:Schüler Schule:Schulung Ampel:Amper Regen:regieren Buche:Bücher Buche:buchen Feuer:feiern
Berliner:Berlin Berlin:Berliner Lehre:Lehrer Leiter:leitet hören:gehören bekennen:bekannt raten:geraten Luka:Lukas
Engel:Engels Fond:Fonds Trump:Trumpf Glied:gliedert Glaube:glaubt Wagen:wagt Quant:Quantität
"""


def pairs(table: str) -> list[tuple[str, str]]:
    rows = [row.split(": ", 1) for row in " ".join(table.split()).split("; ")]
    return [(word, form) for word, forms in rows for form in forms.split()]


@pytest.mark.parametrize(
    "table", [NOUNS, VERBS, ADJECTIVES, NAMES, COMPOUNDS], ids=lambda table: table.split(":")[0].strip()
)
def test_forms_of_one_word(table: str) -> None:
    assert [f"{word}: {form}" for word, form in pairs(table) if not meet(word, form)] == []


def test_words_that_look_alike() -> None:
    assert [pair for pair in APART.split() if meet(*pair.split(":"))] == []


def test_nouns_and_verbs_of_one_spelling_are_told_by_their_capital() -> None:
    assert keys_of_query("Posten") == {"Posten"}
    assert keys_of_query("posten") == {"Posten", "posten"}
    assert keys_of_text("postet") == {"posten"}
    assert keys_of_text("Posten") == {"Posten", "posten"}  # it may begin a sentence


def test_lower_case_may_mean_the_noun() -> None:
    assert keys_of_query("häuser") == keys_of_query("Häuser") == {"Haus"}
    assert keys_of_query("bau") == {"Bau"}  # and not the imperative of bauen


def test_a_genitive_is_undone_in_texts_only() -> None:
    assert "Nato" in keys_of_text("Natos")
    assert "Nato" not in keys_of_query("Natos")


def test_stems_of_unknown_words_keep_their_umlauts() -> None:
    assert keys_of_text("verklormte") == {"^verklormt", "~verklormt"}
    assert keys_of_text("verklörmte") == {"^verkloermt", "~verkloermt"}


@pytest.mark.parametrize("text", ["a", "20.000", "C++", "x" * 41, "3,5", ""])
def test_what_does_not_inflect(text: str) -> None:
    assert keys_of_query(text) == keys_of_text(text) == frozenset()
