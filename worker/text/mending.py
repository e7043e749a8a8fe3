"""HTML made fit to be parsed: what would swallow the rest of an article, or make its tree too large, is mended.

Works on the source text by linear searches; the tree comes later.
"""

import html as entities
import re
from collections import Counter
from collections.abc import Iterator

from worker.text.characters import decode, sound
from worker.text.clutter import DROPPED

MAX_TAGS = 40_000  # about 12 µs and 1 kB each in a tree; no article comes near this


def mend(html: str) -> tuple[str, str]:
    """Part HTML into what a parser may read, and a rest of plain text for `paragraphs` that is beyond MAX_TAGS."""
    html = _without_captions(_as_html(sound(html)))
    if "<![CDATA[" in html:
        html = html.replace("<![CDATA[", "").replace("]]>", "")
    end = html.rfind("-->") + 1
    html = html[:end] + _OPEN_COMMENT.sub("", html[end:])
    html = _PARAGRAPH_IN_HEADING.sub(r"\1", _without_unclosed(_SELF_CLOSED.sub("", html)))
    cut = _nth(html, "<", MAX_TAGS)
    return html[:cut], html[cut:]


def paragraphs(html: str) -> Iterator[str]:
    """Read the text between tags, without a tree."""
    for piece in _BLOCK_TAG.split(html):
        yield decode(_ANY_TAG.sub("", piece))


def _as_html(text: str) -> str:
    """Take text without any tag for what it is: HTML that was escaped twice, or plain text."""
    if "<" in text:
        return text
    if _ESCAPED_HTML.search(text):
        return sound(entities.unescape(text))
    return _BLANK_LINES.sub("<br><br>", text.replace("\r\n", "\n"))


_ESCAPED_HTML = re.compile(r"&lt;/(?:p|div|a|b|em|strong|ul|h[1-6])&gt;", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")
_OPEN_COMMENT = re.compile(r"<!--[^>]*>?")
_PARAGRAPH_IN_HEADING = re.compile(r"(<h[1-6]\b[^<>]*>)\s*+<p\b[^<>]*>", re.IGNORECASE)  # a parser ends the heading
_BLOCK_TAG = re.compile(r"</?(?:p|div|br|h[1-6]|li|tr|td|table|ul|ol|blockquote)\b[^<>]*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"</?[A-Za-z!?][^<>]*>?")

# XHTML writers close empty elements with a slash, which HTML ignores: the element would go on to the end.
_CONTAINERS = "|".join(sorted(DROPPED | {"figure"}))
_SELF_CLOSED = re.compile(rf"<(?:{_CONTAINERS}|blockquote|h[1-6]|pre)(?=[\s/])[^<>]*/>", re.IGNORECASE)
_CONTAINER_TAG = re.compile(rf"<(/?)({_CONTAINERS}|plaintext)\b[^<>]*>", re.IGNORECASE)


def _without_unclosed(html: str) -> str:
    """Ignore the tags of dropped elements that are opened more often than closed: the article would go with them."""
    balance = Counter[str]()
    for tag in _CONTAINER_TAG.finditer(html):
        balance[tag[2].lower()] += -1 if tag[1] else 1
    unclosed = {name for name, excess in balance.items() if excess > 0} - {
        "script",
        "style",
    }
    if not unclosed:
        return html
    return _CONTAINER_TAG.sub(lambda tag: "" if tag[2].lower() in unclosed else tag[0], html)


_CAPTION = re.compile(r"\[(/?)(?:wp_)?caption\b")


def _without_captions(html: str) -> str:
    """Cut `[caption …]…[/caption]`, from each opening to the next closing one."""
    kept: list[str] = []
    done = 0
    opened = -1
    for mark in _CAPTION.finditer(html):
        if not mark[1]:
            opened = mark.start()
        elif opened >= 0:
            kept.append(html[done:opened])
            done = html.find("]", mark.end(), mark.end() + 10) + 1 or mark.end()
            opened = -1
    return "".join(kept) + html[done:]


def _nth(text: str, char: str, count: int) -> int:
    """The position of the count-th `char`, or the end."""
    position = -1
    if text.count(char) < count:
        return len(text)
    for _ in range(count):
        position = text.find(char, position + 1)
    return position
