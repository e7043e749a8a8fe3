"""A text as a reader sees it: no link targets, no invisible characters, entities decoded, paragraphs marked.

Keeps for every character where it stands in the text as it was, so that matches can be shown there. Knows no words.
"""

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

BREAK = "\u2029"  # stands for the white space between two paragraphs, heading and text, or list items


@dataclass(frozen=True, slots=True, kw_only=True)
class Visible:
    """starts and ends: for each character the offsets in the text as it was; None where they are the same."""

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch, not empty, stands in the text as it was."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def visible(text: str, *, markdown: bool = False) -> Visible:
    """What a reader sees of a text."""
    if markdown and "](" in text:
        text = _LINK_MARKUP.sub(_blanked, text)
    is_odd = _MAYBE_ODD.search(text) or ("**" in text and _INNER_EMPHASIS.search(text))
    found = _mapped(text) if is_odd else Visible(text=text)
    shown = _in_paragraphs(found.text)
    if "_" in shown:
        shown = _GENDER_UNDERSCORE.sub("*", shown).replace("_", " ")
    return Visible(text=shown, starts=found.starts, ends=found.ends)


def bare(text: str) -> str:
    """A few words without what nobody sees, composed: for queries."""
    return visible(text.replace("\n", " ")).text


MARKS = (  # accents of decomposed text and vowel signs: they belong to the letter before; `re` sees no letters in them
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"
    "\u0900-\u0903\u093a-\u093c\u093e-\u094f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
)
_INVISIBLE = (  # soft hyphen, joiners, direction marks, variation selectors, skin tones
    "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
    "\U0001f3fb-\U0001f3ff"
)
_ODD = re.compile(
    f"[{_INVISIBLE}]+|&(?:\\#[0-9]{{1,7}}|\\#[xX][0-9a-fA-F]{{1,6}}|[A-Za-z][A-Za-z0-9]{{1,30}});|[^\\W_]?[{MARKS}]+"
    r"|(?<=[^\W_])\*\*(?=[^\W_])"  # **Os**nabrück is one word
)
_INNER_EMPHASIS = re.compile(r"(?<=[^\W_])\*\*(?=[^\W_])")
_MAYBE_ODD = re.compile(rf"[{_INVISIBLE}{MARKS}]|&(?=[\#A-Za-z][A-Za-z0-9]*;)")  # searched much faster
_NOT_SEEN = re.compile(f"[{_INVISIBLE}]+")
_ADDRESS = r"\((?:[^()\s]|\([^()\s]*\))*(?:[ ]\"[^\"\n]*\")?\)"
_LINK_MARKUP = re.compile(rf"!\[[^\[\]\n]*\]{_ADDRESS}|(?<=\]){_ADDRESS}")
_GENDER_UNDERSCORE = re.compile(r"(?<=[^\W_])_(?=in(?:nen)?\b)", re.IGNORECASE)


def _blanked(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _mapped(text: str) -> Visible:
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for found in _ODD.finditer(text):
        seen = "" if found[0] == "**" else _NOT_SEEN.sub("", html.unescape(found[0]))
        seen = unicodedata.normalize("NFC", seen[:32])  # a letter with more accents than that is no letter
        pieces += text[done : found.start()], seen
        starts += *range(done, found.start()), *[found.start()] * len(seen)
        ends += *range(done + 1, found.start() + 1), *[found.end()] * len(seen)
        done = found.end()
    pieces.append(text[done:])
    starts += range(done, len(text))
    ends += range(done + 1, len(text) + 1)
    return Visible(text="".join(pieces), starts=starts, ends=ends)


# -- paragraphs: marked without changing a text's length ---------------------------------------------------------------

_HEADING = re.compile(r"^([ \t]*\#{1,6}[ ][^\n]*)\n", re.MULTILINE)
_PARAGRAPH = re.compile(r"\n[ \t\r]*\n|\n(?=[ \t]*(?:[-*+][ ]|\#{1,6}[ ]|[0-9]{1,3}[.)][ ]))")


def _in_paragraphs(text: str) -> str:
    text = text.replace("\n\n", BREAK + BREAK)  # nearly always that is all
    if "\n" not in text:
        return text
    if "#" in text:
        text = _HEADING.sub(rf"\1{BREAK}", text)
    return _PARAGRAPH.sub(_marked, text)


def _marked(found: re.Match[str]) -> str:
    return BREAK * len(found[0])
