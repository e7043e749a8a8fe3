"""Where the dictionary of lemmas is wrong or silent: German words with the lemmas that they have as well.

Strong verbs whose participle or preterite it takes for a word of its own, plurals that it gives to another word, and
plural or genitive forms with -s that are none. Found by holding 170 verbs and 600 nouns against it.
"""

LEMMAS = {
    form: lemma
    for lemma, forms in {
        "backen": "gebacken",
        "befehlen": "befohlen",
        "beißen": "gebissen",
        "bergen": "geborgen",
        "biegen": "biegen biegt bog bogen gebogen",
        "bieten": "geboten",
        "blasen": "geblasen",
        "braten": "gebraten",
        "brechen": "brach",
        "denken": "gedacht",
        "dringen": "gedrungen",
        "essen": "gegessen",
        "fahren": "gefahren",
        "fallen": "gefallen",
        "fangen": "gefangen",
        "fechten": "gefochten",
        "frieren": "gefroren",
        "gleichen": "gleichen gleicht",
        "heißen": "heißen heißt",
        "kriechen": "gekrochen",
        "messen": "maß",
        "rennen": "gerannt",
        "schwören": "schwor schworen geschworen",
        "stehen": "stand gestanden",
        "verderben": "verdorben",
        "verlieren": "verloren",
        "verzeihen": "verzieh verziehen",
        "waschen": "waschen",
        "weisen": "weisen weist",
        "wiegen": "wog wogen gewogen",
        "Adverb": "Adverbien",
        "Atlas": "Atlanten",
        "Bakterium": "Bakterien",
        "Bär": "Bären",
        "Basis": "Basen",
        "Bazillus": "Bazillen",
        "Bergmann": "Bergleute Bergleuten",
        "Dosis": "Dosen",
        "Fach": "Fächer Fächern",
        "Fachmann": "Fachleute Fachleuten",
        "Fink": "Finken",
        "Fossil": "Fossilien",
        "Fresko": "Fresken",
        "Friede": "Frieden Friedens",
        "Glaube": "Glauben Glaubens",
        "Glied": "Glieder Gliedern",
        "Hirt": "Hirten",
        "Index": "Indizes",
        "Job": "Jobs",
        "Kaktus": "Kakteen",
        "Kasten": "Kästen",
        "Matrix": "Matrizen",
        "Quantum": "Quanten",
        "Seemann": "Seeleute Seeleuten",
        "Skala": "Skalen",
        "Stadium": "Stadien",
        "Studium": "Studien",
        "Symposium": "Symposien",
        "Typ": "Typen",
        "Wagen": "Wägen",
    }.items()
    for form in forms.split()
}

# They look like a participle of a verb, or like a name or plural with -s, and mean something else.
NO_PARTICIPLES = frozenset(("bekannt", "verschieden", "verwandt", "bereit"))
NO_FORMS_WITH_S = frozenset(
    ("Basis", "Burns", "Engels", "Epos", "Fonds", "Jeans", "Jens", "Lars", "Lukas", "News", "Philips", "Pils", "Thomas")
)
