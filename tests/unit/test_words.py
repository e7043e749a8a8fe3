"""What a word is: runs, parts, keys, and what of a text a reader sees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timing import least_cpu_s
from worker.article import Text
from worker.query.visible import BREAK, bare, visible
from worker.query.words import Part, analysed, form_key, is_abbreviation, joined, parts_of, surfaces


def shown(text: str) -> list[str]:
    return surfaces(visible(text, markdown=True).text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Der Rat, die Stadt.", ["Der", "Rat", "die", "Stadt"]),
        ("Nato-Chef Ukraine\u2013Krieg EU \u2013 Rat", ["Nato-Chef", "Ukraine\u2013Krieg", "EU", "Rat"]),
        ("Rutte’s Merz’ 'Rat' Rock'n'Roll", ["Rutte’s", "Merz", "Rat", "Rock'n'Roll"]),
        (
            "Schüler:innen Schüler*innen Schüler_innen Schüler/-in",
            ["Schüler:innen", "Schüler*innen", "Schüler*innen", "Schüler/-in"],
        ),
        ("Rat:haus Rat_haus Rat/Haus", ["Rat", "haus", "Rat", "haus", "Rat", "Haus"]),
        ("z. B. z.B. U.S.A. i. d. R.", ["z. B.", "z.B.", "U.S.A.", "i. d. R."]),
        ("Plan B. Anna", ["Plan", "B", "Anna"]),
        (
            "20.000 20'000 20\u202f000 3,5 1.234,50 12.34",
            ["20.000", "20'000", "20\u202f000", "3,5", "1.234,50", "12", "34"],
        ),
        ("03.12.2025 16:35 192.168.0.1 1/2", ["03", "12", "2025", "16", "35", "192", "168", "0", "1", "1", "2"]),
        ("5G-Mast A10 20-jährig 20.000-Euro", ["5G-Mast", "A10", "20-jährig", "20.000-Euro"]),
        ("C++ C# .NET ASP.NET Ende.Neu ...Punkt", ["C++", "C#", ".NET", "ASP", "NET", "Ende", "Neu", "Punkt"]),
        ("😀❤\ufe0f 👍🏽", ["😀", "❤", "👍"]),
        ("**Nato** _EU_ ~~Rat~~ `Stadt`", ["Nato", "EU", "Rat", "Stadt"]),
        ("[Rat](https://x.invalid/a_(b)) ![Bild](https://x.invalid/c) Ende", ["Rat", "Ende"]),
        ("Osna\u00adbru\u0308ck &amp; M&uuml;ller", ["Osnabrück", "Müller"]),
        ("Eins\nzwei\n\ndrei", ["Eins", "zwei", BREAK * 2, "drei"]),
        ("## Kopf\nText\n- a\n1. b", ["Kopf", BREAK, "Text", BREAK, "a", BREAK, "1", "b"]),
        ("a\n \t\nb", ["a", BREAK * 4, "b"]),
        ("", []),
    ],
)
def test_surfaces(text: str, expected: list[str]) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("surface", "expected"),
    [
        ("Häuser", {"=haeuser": 1, "Haus": 1}),
        ("20.000", {"=20000": 1}),
        ("Nato-Chef", {"=nato": 1, "Nato": 1, "=chef": 1, "Chef": 1, "=natochef": 2, "Natochef": 2}),
        ("U.S.A.", {"=u": 1, "=s": 1, "=a": 1, "=usa": 3}),
        (".NET", {"=.net": 1, "=net": 1}),
        ("2020-2025", {"=2020": 1, "=2025": 1}),
    ],
)
def test_keys_and_how_many_positions_they_take(surface: str, expected: dict[str, int]) -> None:
    text = Text(surface)
    found = {key: place.last - place.first + 1 for key in text.keys for place in text.places(key)}
    assert expected.items() <= found.items()
    assert {key for key in found if key.startswith("=")} == {key for key in expected if key.startswith("=")}


def test_long_chains_are_joined_as_a_whole_only() -> None:
    keys = analysed(["a-b-c-d-e-f-g"])["a-b-c-d-e-f-g"].keys
    assert "=abcdefg" in keys
    assert "=ab" not in keys


def test_parts() -> None:
    assert [part.text for part in parts_of("SchülerInnen")] == ["Schüler", "Innen"]
    assert parts_of("Schüler/-innen")[-1] == Part(text="innen", start=9, end=14, gendered=True)
    assert joined(parts_of("Ukraine-KRIEG")) == "Ukrainekrieg"
    assert joined(parts_of("EU-AB")) == "EUAB"
    assert is_abbreviation("z. B.")
    assert not is_abbreviation("z. Bsp.")


@pytest.mark.parametrize(
    "pair", ["Straße STRASSE", "Müller mueller", "Erdoğan ERDOGAN", "Ｎａｔｏ nato", "ﬁnden finden", "Łódź lodz"]
)
def test_equal_forms(pair: str) -> None:
    one, other = pair.split()
    assert form_key(one) == form_key(other)


def test_bare_words_of_a_query() -> None:
    assert bare("Na\u200bto\nu\u0308") == "Nato ü"


PIECES = [
    "Rat",
    "z.",
    " ",
    "B.",
    "-",
    "'",
    "in",
    ":",
    "*",
    "_",
    "1",
    ".",
    ",",
    "000",
    "\n",
    "#",
    "- ",
    "😀",
    "\u0308",
    "\u00ad",
]
PIECES += ["&amp;", "&shy;", "](", "[", ")", "\u2029", "Innen", "+", "++", "\ud800", "ß", "\u0345"]
TEXTS = st.text(max_size=40) | st.lists(st.sampled_from(PIECES), max_size=20).map("".join)


@given(TEXTS)
def test_places_are_where_the_words_stand(text: str) -> None:
    """For any text: every key has places, in order, which hold something of the text."""
    analysed_text = Text(text, markdown=True)
    for key in analysed_text.keys:
        places = analysed_text.places(key)
        assert places == sorted(places) != []
        for place in places:
            start, end = analysed_text.source_span(place)
            assert 0 <= start < end <= len(text)
            assert place in analysed_text.beginning(key, place.first)
            assert place in analysed_text.ending(key, place.last)
    indexed = Text(text, markdown=True)
    indexed.index()
    assert {key: indexed.places(key) for key in indexed.keys} == {
        key: analysed_text.places(key) for key in analysed_text.keys
    }


@given(TEXTS)
def test_the_visible_text_maps_into_the_source(text: str) -> None:
    seen = visible(text, markdown=True)
    for at in range(len(seen.text)):
        start, end = seen.source(at, at + 1)
        assert 0 <= start < end <= len(text)


@pytest.mark.parametrize(
    "piece", ["a\u0308", "&amp;", "[a](", "](a", "a-", "a.", "1.000", "\n ", "# a\n", "a:in", "a+", ".A"]
)
def test_time_grows_with_the_length_only(piece: str) -> None:
    short, long = (piece * (count // len(piece)) for count in (20_000, 80_000))
    short_s, long_s = (least_cpu_s(lambda text=text: Text(text, markdown=True)) for text in (short, long))
    assert long_s < max(0.5, 12 * short_s)  # 4 times the text; quadratic work takes 16 times as long
