"""Where a text may be cut so that a reader sees whole letters: between words where possible, never within an emoji.

Looks at a few characters beside the place and at no others, so that a megabyte costs what a line costs. Must not know
who has how much room, nor how that is counted.
"""

import unicodedata


def shortened(text: str, most: int) -> str:
    """At most so many code points, ending in "…" if it was cut, between words where one ends in the last quarter."""
    if len(text) <= most:
        return text
    end = letter_edge(text, most - 1)
    word = text.rfind(" ", end * 3 // 4, end + 1)
    return text[: word if word > 0 else end].rstrip() + "…"


def letter_edge(text: str, at: int) -> int:
    """The last place up to `at` where what a reader sees as one letter ends; looks back 32 characters at most."""
    for place in range(at, max(at - 32, 0), -1):
        if place >= len(text) or not (_joins(text[place]) or text[place - 1] == "\u200d"):
            return place
    return at


def _joins(letter: str) -> bool:
    """Whether the letter belongs to the one before: accents, joiners, variation selectors, skin tones, flags."""
    return (
        letter == "\u200d"
        or "\U0001f3fb" <= letter <= "\U0001f3ff"
        or "\U0001f1e6" <= letter <= "\U0001f1ff"
        or unicodedata.category(letter) in ("Mn", "Mc", "Me")
    )
