"""Titles, categories and authors: short texts that feeds carry as HTML and records show as one plain line.

No parser at work here: in a title `5 < 7` is likelier than a tag that nobody knows.
"""

import html as entities
import re

from worker.text.characters import clean, decode


def plain(html: str) -> str:
    """Turn a title, category or author into one line of plain text.

    Known tags go once, entities are decoded once; a `<` that begins no tag stays. What was escaped twice by mistake
    (`A &amp;amp; B`) is mended, except for `&lt;` and `&gt;`, which may be meant.
    """
    if "<" in html:
        html = _TAG.sub(_shown_by_tag, _MARK.sub("", html))
    text = decode(html)
    if "&" in text:
        text = _ESCAPED_TWICE.sub(lambda found: entities.unescape(found[0]), text)
    return clean(text)


_MARK = re.compile(r"<!--[^<>]*-->|<!\[CDATA\[|\]\]>")
_ATTRIBUTES = r"""(?:\s+[\w:.-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s<>"'=]+))*+"""
_INLINE = "a|abbr|b|bdi|big|cite|code|del|em|font|i|ins|kbd|mark|q|s|small|span|strike|strong|sub|sup|time|tt|u|wbr"
_TAG = re.compile(
    rf"</?(?:(?P<inline>{_INLINE})|br|center|div|h[1-6]|hr|img|li|ol|p|ul){_ATTRIBUTES}\s*+/?>",
    re.IGNORECASE,
)
_EMOJI_CLASS = re.compile(r"""\sclass\s*=\s*["'][^"'<>]*\b(?:wp-smiley|emoji)\b""", re.IGNORECASE)
_ALT = re.compile(r"""\salt\s*=\s*["']([^"'<>]{1,40})["']""", re.IGNORECASE)
_ESCAPED_TWICE = re.compile(
    r"&(?!(?:lt|gt|#0{0,5}6[02]|#[xX]0{0,5}3[cCeE]);)(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});"
)


def _shown_by_tag(tag: re.Match[str]) -> str:
    if tag["inline"]:
        return ""
    alt = _ALT.search(tag[0]) if _EMOJI_CLASS.search(tag[0]) else None
    return alt[1] if alt else " "
