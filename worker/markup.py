"""A message's paragraphs as HTML for mail programs, and as lines of plain text.

Pure. Whatever a title, an article or a query holds is shown literally, and a link leads to the web or is none: nothing
active, nothing that is fetched. Must not know channels, nor what a message says.
"""

import re
from collections.abc import Iterable, Iterator
from html import escape
from urllib.parse import urlsplit

from worker.model import Message, Paragraph, Run

_OPENING = {
    "facts": '<p style="color:#555">',
    "hit": '<p style="margin-left:1em">',
    "id": '<p style="color:#777;font-size:small">',
}
# What no document may hold, and what turns the text around it.
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_WEB = re.compile(r"https?://[^\s\\]+\Z", re.IGNORECASE)


def html(message: Message) -> str:
    """The message as a small page of its own, in UTF-8; of a message without paragraphs, its text line by line."""
    shown = _elements(message.paragraphs) if message.paragraphs else map(_line, message.text.splitlines())
    head = f'<head><meta charset="utf-8"><title>{_escaped(message.subject)}</title></head>'
    return "\n".join(("<!DOCTYPE html>", "<html>", head, "<body>", *shown, "</body>", "</html>", ""))


def fragment(paragraphs: Iterable[Paragraph]) -> str:
    """Paragraphs alone, to stand in somebody else's page."""
    return "\n".join(_elements(paragraphs))


def plain(paragraph: Paragraph) -> str:
    """One line of text: hits marked »so«; sentences with hits stand two blanks further in."""
    text = "".join(f"»{run.text}«" if run.marked else run.text for run in paragraph.runs)
    return f"  {text}" if paragraph.kind == "hit" else text


def _elements(paragraphs: Iterable[Paragraph]) -> Iterator[str]:
    """The first head is the message's own, further ones are those of its parts."""
    level = "h1"
    for paragraph in paragraphs:
        inner = "".join(map(_run, paragraph.runs))
        if paragraph.kind == "head":
            yield f'<{level} style="font-size:1.1em">{inner}</{level}>'
            level = "h2"
        else:
            yield f"{_OPENING.get(paragraph.kind, '<p>')}{inner}</p>"


def _run(run: Run) -> str:
    text = f"<mark>{_escaped(run.text)}</mark>" if run.marked else _escaped(run.text)
    if not run.link or not is_web(run.link):
        return text
    return f'<a href="{_escaped(run.link)}" rel="noopener noreferrer">{text}</a>'


def is_web(link: str) -> bool:
    """Whether a link leads to a web address, and to nothing else in any mail program's eyes."""
    if not _WEB.match(link) or _FORBIDDEN.search(link):
        return False
    try:
        return bool(urlsplit(link).hostname)
    except ValueError:
        return False


def _line(text: str) -> str:
    return f"<p>{_escaped(text)}</p>"


def _escaped(text: str) -> str:
    return escape(_FORBIDDEN.sub("", text), quote=True)
