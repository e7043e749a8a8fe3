"""The sentence around a place of a text: where it begins and ends, as people would say.

Looks at a stretch of limited length and never beyond a line break: a body's paragraphs, headings and items are lines.
Must not know what stands there, nor how it is shown.
"""

import re

REACH = 320  # characters looked at on either side: a longer sentence is cut around the place anyway

_END = re.compile(r"[.!?…]+[\"'“”‘’»«)\]]{0,3}\s+(?=[\"'“”‘„‚»«(\[]{0,3}[^\Wa-zß-öø-ÿ_])")
_MARK = re.compile(r"(?:#{1,6}|[-*>•])[^\S\n]+")  # of a heading, an item, a quotation; a number may belong to the text
# Behind these a full stop ends no sentence. Single letters (z. B.) and the numbers of days (3. Dezember) count, too.
_SHORT = re.compile(
    r"(?:\b[^\W\d_]|\b[0-9]{1,2}|\b(?:Dr|Prof|St|Str|Nr|Mio|Mrd|Tel|Hr|Fr|Frl|bzw|ca|vgl|evtl|geb|gest|inkl|zzgl|Abs|Art|Jh"
    r"|Jan|Feb|Mrz|Apr|Jun|Jul|Aug|Sep|Sept|Okt|Nov|Dez|Bd|Ing|Dipl|Jr|Sr|Mr|Mrs|Ms|sog|Abb|Kap|Verf|Red|Chr|Sankt))\.\Z"
)


def sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Offsets of the sentence in which text[start:end] stands, at most `REACH` beyond it on either side."""
    return _beginning(text, start), _ending(text, end)


def _beginning(text: str, at: int) -> int:
    floor = max(0, at - REACH)
    line = text.rfind("\n", floor, at) + 1
    if line:
        floor = line
    before = text[floor : at + 1]
    ends = [found.end() for found in _END.finditer(before) if _is_end(before, found)]
    if ends:
        return floor + ends[-1]
    if line or floor == 0:
        mark = _MARK.match(text, floor, at)
        return mark.end() if mark else floor
    return floor


def _ending(text: str, at: int) -> int:
    ceiling = min(len(text), at + REACH)
    line = text.find("\n", at, ceiling)
    if line >= 0:
        ceiling = line
    first = max(0, at - 1)  # a hit may end with the full stop
    behind = text[first : ceiling + 1]
    for found in _END.finditer(behind):
        if _is_end(text[max(0, first - 12) : first] + behind, found, shift=first - max(0, first - 12)):
            return max(at, first + len(behind[: found.end()].rstrip()))
    return ceiling


def _is_end(text: str, found: "re.Match[str]", shift: int = 0) -> bool:
    """Whether these marks end a sentence, and no abbreviation or number."""
    stop = shift + found.start() + 1
    return found[0][0] != "." or _SHORT.search(text[max(0, stop - 12) : stop]) is None
