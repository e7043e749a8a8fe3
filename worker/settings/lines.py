"""On which line of a TOML text each key stands, for error messages.

The parser of the standard library does not tell. This scan follows the text's outline only (headers, keys, where a
value ends) and relies on the parser having accepted the text before.
"""

import re
from collections.abc import Iterator

Loc = tuple[str | int, ...]

# Strings and comments first, so that brackets and line ends inside them do not count.
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
    r"|[\[{\]}\n]|[^\[\]{}\n\"'\#]+|.",
    re.DOTALL,
)
_KEY_PART = re.compile(r"""\s*("(?:\\.|[^"\\])*"|'[^']*'|[^\s.="']+)\s*(\.|$|(?==))""")


def key_lines(text: str) -> dict[Loc, int]:
    """Line numbers from 1 by path: ("http", "timeout"), ("source", 0, "feed", 1, "url"); tables have theirs, too."""
    lines: dict[Loc, int] = {}
    counts: dict[Loc, int] = {}
    table: Loc = ()
    for number, statement in _statements(text):
        if statement.startswith("["):
            table = _open(statement, counts)
            _note(lines, (), table, number)
        else:
            _note(lines, table, _key(statement), number)
    return lines


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each header or `key = value` without comments, with the number of its first line."""
    number, start, depth = 1, 1, 0
    parts: list[str] = []
    for token in _TOKEN.finditer(text):
        piece = token.group()
        depth += (piece in ("[", "{")) - (piece in ("]", "}"))
        if piece == "\n" and depth == 0:
            if statement := "".join(parts).strip():
                yield start, statement
            parts, start = [], number + 1
        elif not piece.startswith("#"):
            parts.append(piece)
        number += piece.count("\n")
    if statement := "".join(parts).strip():
        yield start, statement


def _open(header: str, counts: dict[Loc, int]) -> Loc:
    """The path of `[a.b]` or of the next `[[a.b]]`; a part that is a list means its last element."""
    if not header.startswith("[["):
        return _inside(_key(header[1:-1]), counts)
    *parents, last = _key(header[2:-2])
    path = (*_inside(tuple(parents), counts), last)
    counts[path] = counts.get(path, 0) + 1
    return (*path, counts[path] - 1)


def _key(text: str) -> Loc:
    parts: list[str] = []
    at = 0
    while found := _KEY_PART.match(text, at):
        parts.append(_bare(found[1]))
        at = found.end()
        if found[2] != ".":
            break
    return tuple(parts)


def _inside(path: Loc, counts: dict[Loc, int]) -> Loc:
    full: Loc = ()
    for part in path:
        full = (*full, part)
        if full in counts:
            full = (*full, counts[full] - 1)
    return full


def _bare(part: str) -> str:
    return part[1:-1] if part[:1] in "\"'" else part


def _note(lines: dict[Loc, int], table: Loc, key: Loc, number: int) -> None:
    """A dotted key opens the tables on its way; a list is where its first element is."""
    for length in range(1, len(key) + 1):
        lines.setdefault((*table, *key[:length]), number)
