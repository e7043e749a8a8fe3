"""Copies are told from articles that look alike: made-up pairs, see tests/story_pairs.py."""

from collections import defaultdict

import pytest

from tests.story_pairs import AGENCY, PAIRS, Pair
from tests.timing import check_cpu_s
from worker.samestory import SHORT_WORDS, Shelf, Sketch, packed, same_story, sketch, unpacked

LOOK_ALIKE = [pair for pair in PAIRS if not pair.same]
COPIES = [pair for pair in PAIRS if pair.same]


def sketches(pair: Pair) -> tuple[Sketch, Sketch]:
    return sketch(pair.one.title, pair.one.body), sketch(pair.other.title, pair.other.body)


@pytest.mark.parametrize("pair", LOOK_ALIKE, ids=lambda pair: pair.kind)
def test_what_only_looks_alike_is_never_folded(pair: Pair) -> None:
    one, other = sketches(pair)

    assert not same_story(one, other)
    assert not same_story(other, one)


def test_most_copies_are_recognised() -> None:
    found = defaultdict(list)
    for pair in COPIES:
        found[pair.kind].append(same_story(*sketches(pair)))

    recall = {kind: sum(said) / len(said) for kind, said in found.items()}
    assert len(COPIES) >= 60
    assert recall.pop("other words here and there") >= 0.8
    assert set(recall.values()) == {1.0}


def test_short_texts_are_the_same_only_word_for_word() -> None:
    text = "Die Feuerwehr rückte am Abend zu einem Brand in der Altstadt aus. Verletzt wurde niemand."
    assert len(text.split()) < SHORT_WORDS

    assert same_story(sketch("Brand", text), sketch("Brand", f"Osnabrück (dpa) - {text}\n\n✨ durch KI bearbeitet"))
    assert not same_story(sketch("Brand", text), sketch("Brand", text.replace("Abend", "Morgen")))
    assert not same_story(sketch("Brand", text), sketch("Feuer", text))


def test_a_round_up_that_holds_a_story_is_another_article() -> None:
    story = AGENCY[0]
    round_up = "\n\n".join(text.body for text in AGENCY)

    assert not same_story(sketch(story.title, story.body), sketch("Der Tag", round_up))


def test_the_same_words_on_another_weekday_are_news() -> None:
    title, body = AGENCY[1].title, AGENCY[1].body

    assert not same_story(sketch(title, body), sketch(title, body.replace("am Freitag", "am Mittwoch")))
    assert same_story(sketch(title, body), sketch(title, body.replace("am Freitag ", "")))


def test_long_texts_are_compared_by_samples() -> None:
    body = " ".join(f"wort{number}" for number in range(3000))
    whole, longer = sketch("", body), sketch("", body + " und noch ein Satz am Ende")
    half = sketch("", " ".join(f"wort{number}" for number in range(1500, 4500)))

    assert same_story(whole, longer)
    assert not same_story(whole, half)
    assert len(packed(whole)) < 2100


@pytest.mark.parametrize("pair", COPIES[::7], ids=lambda pair: pair.kind)
def test_a_sketch_is_kept_in_bytes(pair: Pair) -> None:
    for one in sketches(pair):
        assert unpacked(packed(one)) == one


def test_a_sketch_of_another_version_is_compared_with_none() -> None:
    assert unpacked(b"") is None
    assert unpacked(b"\xff" + packed(sketch("Titel", "Text"))[1:]) is None


def test_a_shelf_finds_copies_and_the_most_alike_first() -> None:
    shelf = Shelf()
    for number, text in enumerate(AGENCY):
        shelf.add(number, sketch(text.title, text.body))
    shelf.add(99, sketch("Kurz", AGENCY[3].body.rpartition("\n\n")[0]))

    assert shelf.copies_of(sketch("Anders", AGENCY[3].body)) == [3, 99]
    assert shelf.copies_of(sketch("Anders", "Etwas ganz anderes steht hier. " * 20)) == []


@pytest.mark.parametrize("text", ["", " ", "\n\n", "(", "—", "wort", "(dts) -"])
def test_odd_texts_have_sketches(text: str) -> None:
    assert same_story(sketch(text, text), sketch(text, text))


def test_hostile_text_costs_linear_time() -> None:
    for body in ("(" * 1_000_000, "a (" * 300_000, "1." * 500_000, "wort " * 200_000, "\n" * 1_000_000):
        check_cpu_s(1, lambda body=body: sketch("Titel", body))
