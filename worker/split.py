"""Cuts a feed document into head, entries and tail, as bytes.

Owns where an entry begins and ends, so that entries which are known need not be parsed. Knows nothing of what stands in
an entry and does not check that the document is well-formed: whoever parses the pieces compares the counts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_TOKEN = re.compile(
    rb"<!\[CDATA\[|<!--|<(/?)(?:[A-Za-z_][\w.-]{0,40}:)?(item|entry|channel|rss|feed|RDF)(?=[\s>/])", re.ASCII
)
_OPENED = re.compile(rb"<!\[CDATA\[|<!--|<(/?)((?:[A-Za-z_][\w.-]{0,40}:)?(?:rss|channel|feed|RDF))(?=[\s>])", re.ASCII)
_BEGIN = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,40}:)?(?:item|entry)[\s>/]", re.ASCII)
_END = re.compile(rb"</(?:[A-Za-z_][\w.-]{0,40}:)?(?:rss|feed|channel|RDF)\s{0,20}>", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """head + entries + tail is a whole document again, also when the received one was cut off.

    held_back: 1 if the document ended early: its last entry, which may be incomplete, is not in `entries`.
    """

    head: bytes
    entries: tuple[bytes, ...]
    tail: bytes
    held_back: int = 0

    @property
    def size_bytes(self) -> int:
        """Of what stands around the entries."""
        return len(self.head) + len(self.tail)

    def document(self, entries: Sequence[bytes]) -> bytes:
        return b"".join((self.head, *entries, self.tail))

    def frame(self) -> "Cut":
        """The same without entries, reduced to the prolog and the elements around the entries."""
        tags = opened(self.head)
        if not tags:
            return Cut(head=self.head, entries=(), tail=self.tail)
        prolog = self.head[: self.head.index(tags[0])]
        return Cut(head=prolog + b"".join(tags), entries=(), tail=_closing(tags))


def split(body: bytes) -> Cut | None:
    """Cut an ASCII-compatible feed in one pass; None if it has no entries or if they are nested or unbalanced."""
    scan = _Scan(body=body)
    while scan.step():
        pass
    return scan.result()


def is_closed(markup: bytes) -> bool:
    """Whether an element around the entries is closed after the last of them; markup: without CDATA and comments."""
    last = 0
    for found in _BEGIN.finditer(markup):
        last = found.start()
    return _END.search(markup, last) is not None


def opened(head: bytes) -> tuple[bytes, ...]:
    """The start tags around the entries, outermost first: `<rss>` and `<channel>`, `<rdf:RDF>` or `<feed>`."""
    tags: dict[bytes, bytes] = {}
    position = 0
    while found := _OPENED.search(head, position):
        position = _after_tag(head, found)
        if not position:
            break
        name = found[2]
        if name and found[1]:
            tags.pop(name, None)
        elif name:
            tags.setdefault(name, head[found.start() : position])
    return tuple(tags.values())


def _closing(tags: Sequence[bytes]) -> bytes:
    return b"".join(b"</%s>" % found[2] for tag in reversed(tags) if (found := _OPENED.match(tag)))


_ENDS = {b"<![CDATA[": b"]]>", b"<!--": b"-->"}
_WHOLE_TAG = re.compile(rb"<[A-Za-z_][^<>\"']*+(?:\"[^\"<]*+\"[^<>\"']*+|'[^'<]*+'[^<>\"']*+)*+>")


def _after_tag(head: bytes, token: re.Match[bytes]) -> int:
    """The same for a tag whose attributes may hold a `>`, as far as its quotes are balanced."""
    whole = _WHOLE_TAG.match(head, token.start()) if token[0][:2] not in (b"</", b"<!") else None
    return whole.end() if whole else after(head, token)


def after(body: bytes, token: re.Match[bytes]) -> int:
    """Where the CDATA section, comment or tag that `token` opens ends; 0 if it does not."""
    closing = _ENDS.get(token[0], b">")
    found = body.find(closing, token.end())
    return found + len(closing) if found >= 0 else 0


@dataclass(slots=True, kw_only=True)
class _Scan:
    body: bytes
    position: int = 0
    first: int = -1  # where the first entry begins
    start: int = -1  # where the open entry begins
    end: int = 0  # where the last whole entry ends
    closed: bool = False  # the element around the entries was closed after the last of them
    sound: bool = True
    entries: list[bytes] = field(default_factory=list)

    def step(self) -> bool:
        token = _TOKEN.search(self.body, self.position)
        if token is None:
            return False
        self.position = after(self.body, token)
        if not self.position:
            return False
        name = token[2]
        if name is None:  # a CDATA section or a comment
            return True
        if name in (b"item", b"entry"):
            self.sound = self._leave() if token[1] else self._enter(token.start())
        elif token[1]:
            self.closed = True
        return self.sound

    def _enter(self, begin: int) -> bool:
        if self.start >= 0:
            return False
        self.first = begin if self.first < 0 else self.first
        self.start, self.closed = begin, False
        return self._leave() if self.body[self.position - 2 : self.position] == b"/>" else True

    def _leave(self) -> bool:
        if self.start < 0:
            return False
        self.entries.append(self.body[self.start : self.position])
        self.start, self.end = -1, self.position
        return True

    def result(self) -> Cut | None:
        if not self.sound or self.first < 0 or (self.closed and self.start >= 0):
            return None
        head = self.body[: self.first]
        if self.closed:
            return Cut(head=head, entries=tuple(self.entries), tail=self.body[self.end :])
        whole = self.entries if self.start >= 0 else self.entries[:-1]
        return Cut(head=head, entries=tuple(whole), tail=_closing(opened(head)), held_back=1)
