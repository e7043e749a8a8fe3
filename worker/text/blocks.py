"""From HTML to Markdown blocks: one walk over the tree with an explicit stack, one writer that knows where it stands."""

import re
from collections.abc import Callable, Sequence
from functools import partial

from worker.text.characters import clean
from worker.text.clutter import is_clutter, is_footer, names, without_shortcodes
from worker.text.mending import mend, paragraphs
from worker.text.tree import Node, read_tree

MAX_INDENT = 8  # levels of lists or quotes that are shown; without a bound the output would be quadratic
_BREAK = "\0"  # a line break within a block; mended input holds none

_HEADINGS = {"h1": "## ", "h2": "## "} | dict.fromkeys(("h3", "h4", "h5", "h6"), "### ")
_BLOCKS = names(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figure footer form"
    " header hgroup hr html iframe legend li main menu nav object ol p pre search section summary table tbody td tfoot"
    " th thead tr ul video"
)

_Step = Node | str | Callable[[], None]


def to_markdown(html: str, boilerplate: Sequence[re.Pattern[str]] = ()) -> str:
    """Turn an entry's HTML into Markdown blocks parted by blank lines.

    Headings `##`/`###`, lists, quotes and table rows keep their shape; inline marks, images, captions, embeds, scripts,
    forms, advertising, share and related boxes go. Nothing is escaped.

    Args:
        html: a fragment or a document; in text without any tag, blank lines part paragraphs.
        boilerplate: a block that one of them matches as a whole (without its marker) is left out.
    """
    readable, rest = mend(html)
    writer = _Writer(boilerplate)
    _walk(read_tree(readable), writer)
    for paragraph in paragraphs(rest):
        writer.text(paragraph)
        writer.end_block()
    return "".join(writer.out)


def _walk(root: Node, writer: "_Writer") -> None:
    steps: list[_Step] = [root]
    while steps:
        step = steps.pop()
        if isinstance(step, str):
            writer.text(step)
        elif not isinstance(step, Node):
            step()
        elif is_clutter(step):
            writer.skip(step)
        else:
            leave = writer.enter(step)
            if leave is not None:
                steps.append(leave)
            steps.extend(reversed(step.contents))


class _Writer:
    """Takes elements in the order of the document and keeps what has been written in `out`."""

    def __init__(self, boilerplate: Sequence[re.Pattern[str]]) -> None:
        self.out: list[str] = []
        self._boilerplate = boilerplate
        self._parts: list[str] = []  # of the block at hand
        self._heading = ""  # the marker that the next block gets
        self._quotes = 0
        self._lists: list[int | None] = []  # the next number; None = bullets
        self._markers: list[str] = []  # one per open list item; "" = its first line is written
        self._row: frozenset[int] | None = None  # ids of a row's cells; inside a row everything is one line
        self._cells: list[str] = []
        self._tables = 0
        self._groups = 0  # blocks of one list or table stand on adjacent lines
        self._group = self._last_group = 0
        self._preformatted = 0
        self._muted = False  # in a figure, beside what is text in it

    def text(self, text: str) -> None:
        if self._muted:
            return
        if _BREAK in text:
            text = text.replace(_BREAK, "")
        if self._preformatted:
            text = text.strip("\n").replace("\n", _BREAK)
        self._parts.append(text)

    def skip(self, node: Node) -> None:
        """Pass over an element with all that it holds; of an emoji's image the text is taken."""
        if node.name == "img":
            alt = node.get("alt")
            if _is_emoji(node) and len(alt) <= 40:
                self.text(alt)
        elif node.name in _BLOCKS:
            self.end_block()

    def enter(self, node: Node) -> Callable[[], None] | None:
        """Begin an element. Returns: what ends it; None for an inline one, which leaves no trace."""
        name = node.name
        if name == "br":
            return self._break
        if name in _HEADINGS:
            return self._enter_heading(_HEADINGS[name])
        if name in _ENTER:
            self.end_block()
            return _ENTER[name](self, node)
        if name in _BLOCKS:
            self.end_block()
            return self.end_block
        return None

    def end_block(self) -> None:
        """Write what has come together, if there is any, as one block or several."""
        if self._row is not None:
            self._parts.append(" ")
            return
        if not self._parts:
            return
        text = without_shortcodes("".join(self._parts))
        self._parts.clear()
        lines = [clean(line) for line in text.split(_BREAK)]
        if self._heading:
            lines = [" ".join(filter(None, lines))]
        for block in _parted(lines):
            self._write(block)

    def _break(self) -> None:
        if not self._muted:
            self._parts.append(_BREAK if self._row is None else " ")

    def _write(self, lines: list[str]) -> None:
        whole = " ".join(lines)
        if is_footer(whole) or (self._is_paragraph() and any(one.fullmatch(whole) for one in self._boilerplate)):
            return
        first, others = self._indents()
        text = "\n".join((others if number else first) + line for number, line in enumerate(lines))
        if self.out:
            self.out.append("\n" if self._group and self._group == self._last_group else "\n\n")
        self.out.append(text)
        self._last_group = self._group

    def _is_paragraph(self) -> bool:
        """A lone line may be a leftover; an item of a list, a quote, a row or a heading is not alone."""
        return not (self._markers or self._quotes or self._heading or self._group)

    def _indents(self) -> tuple[str, str]:
        """What stands before the first line of a block, and before the others."""
        quote = "> " * min(self._quotes, MAX_INDENT)
        if not self._markers:
            heading, self._heading = self._heading, ""
            return quote + heading, quote
        indent = quote + "  " * min(len(self._markers) - 1, MAX_INDENT)
        marker, self._markers[-1] = self._markers[-1] or "  ", ""
        return indent + marker, indent + "  "

    # -- what begins, and how it ends ---------------------------------------------------------------------------------

    def _enter_heading(self, marker: str) -> Callable[[], None]:
        self.end_block()
        self._heading = marker
        return self._leave_heading

    def _leave_heading(self) -> None:
        self.end_block()
        self._heading = ""

    def enter_quote(self, _node: Node) -> Callable[[], None]:
        self._quotes += 1
        return self._unmuted(self._leave_quote)

    def _leave_quote(self) -> None:
        self.end_block()
        self._quotes -= 1

    def enter_list(self, node: Node) -> Callable[[], None]:
        if not self._lists:
            self._begin_group()
        self._lists.append(_number(node.get("start"), 1) if node.name == "ol" else None)
        return self._unmuted(self._leave_list)

    def _leave_list(self) -> None:
        self.end_block()
        self._lists.pop()
        if not self._lists:
            self._group = 0

    def enter_item(self, node: Node) -> Callable[[], None]:
        if self._markers:
            self._markers[-1] = ""
        number = self._lists[-1] if self._lists else None
        if number is None:
            self._markers.append("- ")
        else:
            number = _number(node.get("value"), number)
            self._lists[-1] = number + 1
            self._markers.append(f"{number}. ")
        return self._leave_item

    def _leave_item(self) -> None:
        self.end_block()
        self._markers.pop()

    def enter_table(self, _node: Node) -> Callable[[], None]:
        self._tables += 1
        return self._unmuted(self._leave_table)

    def _leave_table(self) -> None:
        self.end_block()
        self._tables -= 1

    def enter_row(self, node: Node) -> Callable[[], None]:
        """Begin a line of cells; a row whose only cell holds blocks is layout, and they stay blocks."""
        cells = [cell for cell in node.contents if isinstance(cell, Node) and cell.name in ("td", "th")]
        if self._row is not None or not cells or (len(cells) == 1 and _holds_blocks(cells[0])):
            return self.end_block
        self._row = frozenset(map(id, cells))
        return self._leave_row

    def _leave_row(self) -> None:
        self._leave_cell()  # text behind the last cell
        if not self._cells[-1]:
            self._cells.pop()
        self._row = None
        line = " | ".join(self._cells) if any(self._cells) else ""
        self._cells.clear()
        if line:
            self._parts.append(line.strip())
            self._write_row()

    def _write_row(self) -> None:
        outer = self._group
        if not outer:
            self._group = -self._tables
        self.end_block()
        self._group = outer

    def enter_cell(self, node: Node) -> Callable[[], None]:
        return self._leave_cell if self._row is not None and id(node) in self._row else self.end_block

    def _leave_cell(self) -> None:
        self._cells.append(clean("".join(self._parts)))
        self._parts.clear()

    def enter_pre(self, _node: Node) -> Callable[[], None]:
        self._preformatted += 1
        return self._unmuted(self._leave_pre)

    def _leave_pre(self) -> None:
        self.end_block()
        self._preformatted -= 1

    def enter_figure(self, _node: Node) -> Callable[[], None]:
        muted, self._muted = self._muted, True
        return partial(self._restore, muted)

    def _unmuted(self, leave: Callable[[], None]) -> Callable[[], None]:
        """In a figure, tables, quotes and lists are text; the rest is its picture's."""
        if not self._muted:
            return leave
        self._muted = False
        return partial(self._restore, True, leave)

    def _restore(self, muted: bool, leave: Callable[[], None] | None = None) -> None:
        if leave:
            leave()
        self.end_block()
        self._muted = muted

    def _begin_group(self) -> None:
        self._groups += 1
        self._group = self._groups


_ENTER: dict[str, Callable[[_Writer, Node], Callable[[], None]]] = {
    "blockquote": _Writer.enter_quote,
    "ul": _Writer.enter_list,
    "ol": _Writer.enter_list,
    "li": _Writer.enter_item,
    "table": _Writer.enter_table,
    "tr": _Writer.enter_row,
    "td": _Writer.enter_cell,
    "th": _Writer.enter_cell,
    "pre": _Writer.enter_pre,
    "figure": _Writer.enter_figure,
}


def _is_emoji(node: Node) -> bool:
    listed = node.get("class").split()[:20]
    return "wp-smiley" in listed or "emoji" in listed or "/core/emoji/" in node.get("src")[:200]


def _number(value: str, otherwise: int) -> int:
    return int(value) if re.fullmatch(r"-?[0-9]{1,9}", value.strip()) else otherwise


def _holds_blocks(cell: Node) -> bool:
    return any(
        isinstance(child, Node) and (child.name in _BLOCKS or child.name in _HEADINGS) for child in cell.contents
    )


def _parted(lines: list[str]) -> list[list[str]]:
    """Empty lines part blocks."""
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line:
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]
