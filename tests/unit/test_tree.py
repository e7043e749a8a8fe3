"""The tree of a text: any depth, any rubbish, in linear time."""

from worker.text import to_markdown
from worker.text.tree import Node, read_tree


def texts(root: Node) -> list[str]:
    found: list[str] = []
    waiting: list[Node | str] = [root]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found.append(one)
        else:
            waiting += reversed(one.contents)
    return found


def test_the_order_of_the_document() -> None:
    [html] = read_tree('a<b class="x y">c<i>d</i>e</b>f').contents
    assert isinstance(html, Node)
    [body] = html.contents
    [frame] = body.contents
    before, bold, after = frame.contents
    assert (before, after) == ("a", "f")
    assert (bold.name, bold.get("class"), bold.get("id")) == ("b", "x y", "")
    assert [one if isinstance(one, str) else one.contents for one in bold.contents] == ["c", ["d"], "e"]


def test_comments_and_instructions_leave_no_trace_and_part_no_text() -> None:
    assert texts(read_tree("<p>a<!-- x -->b<?php y ?>c&#8211;d&amp;</p>")) == ["abc–d&"]


def test_it_has_no_deepest_level() -> None:
    """libxml2's own tree ends at 2,048 levels, and loses what is below."""
    assert "Ende" in texts(read_tree("<div>" * 30_000 + "Ende"))
    assert to_markdown("<div>x" * 30_000 + "<p>Ende</p>").endswith("\n\nEnde")


def test_rubbish_is_a_document() -> None:
    for html in ("", "<", "</p>", "</div></div></html>x", "<!--", "<![CDATA[", "<a <b", "&#x;"):
        read_tree(html)
    assert texts(read_tree("</div></div></body></html>x")) == ["x"]
