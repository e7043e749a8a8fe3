"""How chat services want a text written: what is escaped, how a hit is marked, and by what they count its length.

Pure. A title or an article is foreign: whatever it holds is shown literally and calls nobody ("@everyone"). Where a
service has no way to escape, a word joiner (U+2060), which nobody sees, comes between what would work together.
Must not know which service uses what, nor what a message says.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from types import MappingProxyType
from typing import Final, Literal

from worker.model import Paragraph, Run

Weigh = Callable[[str], int]

_JOINER: Final = "\u2060"
ADDRESS: Final = re.compile(r"(https?://[^\s<>\"]+)", re.IGNORECASE)
_NOT_SHOWN: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def _table(escapes: Mapping[str, str]) -> Mapping[int, str]:
    return MappingProxyType({ord(letter): written for letter, written in escapes.items()})


# In an address these letters may as well be written in percent, and then mean nothing to a chat.
_IN_ADDRESSES: Final = _table({letter: f"%{ord(letter):02X}" for letter in "@*`|\\"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """escapes: letter by letter; in_addresses: the same for what stands in a web address; marks: around a hit.

    form: what the text is handed over as; between: what parts two lines.
    """

    escapes: Mapping[int, str] = field(default_factory=dict)
    in_addresses: Mapping[int, str] = field(default_factory=dict)
    marks: tuple[str, str] = ("»", "«")
    form: Literal["text", "html"] = "text"
    between: str = "\n"

    def line(self, paragraph: Paragraph) -> str:
        """One paragraph, written."""
        return "".join(map(self.run, paragraph.runs))

    def run(self, run: Run) -> str:
        """One piece of a paragraph, written; a link becomes one where the service has links with texts."""
        text = self.text(run.text)
        if run.marked:
            text = text.join(self.marks)
        if self.form == "html" and ADDRESS.fullmatch(run.link):
            return f'<a href="{escape(run.link)}">{text}</a>'
        return text

    def text(self, text: str) -> str:
        """Foreign text, on one line, with its web addresses still to be followed."""
        pieces = ADDRESS.split(_NOT_SHOWN.sub(" ", text))
        return "".join(
            piece.translate(self.in_addresses if number % 2 else self.escapes) for number, piece in enumerate(pieces)
        )


# -- the dialects -------------------------------------------------------------------------------------------------------

PLAIN: Final = Dialect()
# Nothing but mentions works in these texts: Matrix' "@room", Threema's "@[ABCD1234]".
CALLING: Final = Dialect(escapes=_table({"@": f"@{_JOINER}"}), in_addresses=_IN_ADDRESSES)
# https://core.telegram.org/bots/api#html-style
HTML: Final = Dialect(
    escapes=_table({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}),
    in_addresses=_table({"&": "&amp;"}),
    marks=("<b>", "</b>"),
    form="html",
)
# https://docs.slack.dev/messaging/formatting-message-text#escaping: these three and no others.
SLACK: Final = Dialect(escapes=_table({"&": "&amp;", "<": "&lt;", ">": "&gt;"}), in_addresses=_table({"&": "&amp;"}))
# https://spec.commonmark.org/0.31.2/#backslash-escapes; Discord and Mattermost take any punctuation.
MARKDOWN: Final = Dialect(
    escapes=_table(
        {**{letter: f"\\{letter}" for letter in "\\`*_{}[]()#+-|>~:"}, "@": f"@{_JOINER}", "<": f"\\<{_JOINER}"}
    ),
    in_addresses=_IN_ADDRESSES,
    marks=("**", "**"),
)
# https://github.com/RocketChat/fuselage, message-parser: it knows an escape for few letters only.
ROCKET: Final = Dialect(
    escapes=_table({**{letter: f"\\{letter}" for letter in "*_~`#"}, "]": f"]{_JOINER}", "@": f"@{_JOINER}"}),
    in_addresses=_IN_ADDRESSES,
)
# https://developers.google.com/workspace/chat/format-messages: <users/all> and <url|text>; there is no escape.
GOOGLE: Final = Dialect(escapes=_table({"<": f"<{_JOINER}"}), in_addresses=_IN_ADDRESSES)
# A text block of an Adaptive Card: a part of Markdown, in which one line break alone is none.
CARD: Final = Dialect(
    escapes=_table({**{letter: f"\\{letter}" for letter in "\\*_[]()#-"}, "<": f"<{_JOINER}"}),
    in_addresses=_IN_ADDRESSES,
    marks=("**", "**"),
    between="\n\n",
)


# -- how length is counted ----------------------------------------------------------------------------------------------


def code_points(text: str) -> int:
    return len(text)


def utf16(text: str) -> int:
    """UTF-16 code units: an emoji counts twice."""
    return len(text) + sum(letter > "\uffff" for letter in text)


def utf8(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def as_json(text: str) -> int:
    """Bytes within JSON that has ASCII only: an umlaut is 6, an emoji 12."""
    return len(json.dumps(text)) - 2


def utf8_or_half_json(text: str) -> int:
    """Bytes, or half of those of ASCII JSON where that is more: ntfy bounds the one, the plugin the other at twice as much."""
    return max(utf8(text), (as_json(text) + 1) // 2)
