"""HTML as a tree of plain nodes. The only place that knows the HTML parser.

lxml reports what it reads, and only what a text needs is kept: no comments, no processing instructions. The nodes are
made from its events, because the tree that it could build itself ends at 2,048 levels, and loses what stands below.
"""

from collections.abc import Mapping

from lxml import etree


class Node:
    """An element. contents: nodes and texts in their order; attributes: as given, names in lower case."""

    __slots__ = ("attributes", "contents", "name")

    def __init__(self, name: str, attributes: Mapping[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.contents: list[Node | str] = []

    def get(self, name: str) -> str:
        """An attribute, "" if it is missing."""
        return self.attributes.get(name, "")


def read_tree(html: str) -> Node:
    """The document, whatever it is: what is not closed or closed too often is mended as browsers do.

    html: without NUL and lone surrogates.
    """
    builder = _Builder()
    parser = etree.HTMLParser(target=builder)
    parser.feed(f"<div>{html}</div>")  # the frame: a document is never empty
    parser.close()
    return builder.root


class _Builder:
    """Takes the parser's events; it closes what it opened, in turn, and hands a text out in pieces."""

    def __init__(self) -> None:
        self.root = Node("", {})
        self._open = [self.root]
        self._text: list[str] = []
        self.data = self._text.append

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._end_text()
        node = Node(name, attributes)
        self._open[-1].contents.append(node)
        self._open.append(node)

    def end(self, _name: str) -> None:
        self._end_text()
        self._open.pop()

    def close(self) -> None:
        self._end_text()

    def _end_text(self) -> None:
        if self._text:
            self._open[-1].contents.append("".join(self._text))
            self._text.clear()
