"""How results look: tables and text for people, JSON for machines.

Foreign text never reaches a terminal's control: what is invisible or commands is left out. Must not know what is shown.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from worker.wording import Wording

# Control characters but line feed and tab, direction marks, lone surrogates: what could drive or deceive a terminal.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_WIDE = 100_000  # into a file or a pipe nothing is cut or folded


def safe(text: str) -> str:
    """The text without what drives a terminal."""
    return _UNSAFE.sub("", text)


def lines(*texts: str) -> None:
    """Text for people on standard output."""
    for text in texts:
        click.echo(safe(text))


def as_json(value: object) -> None:
    """One JSON document on standard output."""
    _write(json.dumps(value, ensure_ascii=not _speaks_unicode(), indent=2))


def as_json_line(value: object) -> None:
    """One JSON object on one line."""
    _write(json.dumps(value, ensure_ascii=not _speaks_unicode()))


def _write(text: str) -> None:
    click.echo(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def _speaks_unicode() -> bool:
    return (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "") == "utf8"


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table; at a terminal as wide as that, elsewhere as wide as its contents."""
    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console = Console(file=sys.stdout, highlight=False, width=_WIDE, color_system=None)
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for header in headers:
        grid.add_column(Text(header), overflow="fold")
    for row in rows:
        grid.add_row(*(Text(safe(" ".join(str(cell).split()))) for cell in row))
    with console.capture() as captured:
        console.print(grid)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


_BAR = 40  # columns of the longest bar


def bars(rows: Sequence[tuple[str, int]]) -> None:
    """A bar chart: a label, a bar and a number on each line; the longest bar is as wide as there is room."""
    most, width = max((number for _, number in rows), default=0), max((len(label) for label, _ in rows), default=0)
    sign = "█" if _speaks_unicode() else "#"
    for label, number in rows:
        length = -(-number * _BAR // most) if most else 0  # rounded up: one hit is to be seen
        click.echo(f"{label:>{width}}  {sign * length}{' ' if length else ''}{number}")


def chart(wording: Wording, rows: Sequence[tuple[str, int]]) -> None:
    """Numbers by label: as bars at a terminal, elsewhere as a number and its label on each line."""
    if sys.stdout.isatty():
        bars([(safe(label), number) for label, number in rows])
    else:
        lines(*(f"{wording.number(number):>9}  {label}" for label, number in rows))


_STYLES = {"gone": "strike yellow", "added": "bold blue", "aside": "dim"}  # told apart without red and green
_SIGNS = {"gone": ("[-", "-]"), "added": ("{+", "+}")}


def changes(pieces: Iterable[tuple[str, str]]) -> None:
    """Text whose pieces are marked "gone", "added", "aside" or "": in colours at a terminal, else [-gone-] {+added+}."""
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    coloured = console.is_terminal and not console.no_color
    shown = Text()
    for mark, text in pieces:
        clean = safe(text)
        inner = clean.strip()
        before, _, behind = clean.partition(inner) if inner else (clean, "", "")
        begin, end = ("", "") if coloured else _SIGNS.get(mark, ("", ""))
        shown.append(before)
        shown.append(f"{begin}{inner}{end}" if inner else "", style=_STYLES.get(mark, "") if coloured else "")
        shown.append(behind)
    if coloured:
        console.print(shown)
    else:
        click.echo(shown.plain)


@contextmanager
def redrawn() -> Iterator[Callable[[Sequence[str]], None]]:
    """A way to show lines in the place of those before, the last ones for good; elsewhere than at a terminal below them."""
    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        yield lambda texts: lines(*texts, "")
        return
    last: Sequence[str] = ()
    with Live(console=console, auto_refresh=False) as live:

        def draw(texts: Sequence[str]) -> None:
            nonlocal last
            last = texts
            live.update(fitting(console, texts), refresh=True)

        yield draw
        live.vertical_overflow = "visible"
        live.update(Text(safe("\n".join(last))), refresh=True)


def fitting(console: Console, texts: Sequence[str]) -> Text:
    """What fits on the terminal: of too many lines the first ones, and the last one, which is the verdict."""
    rows = [row for text in texts[:-1] for row in Text(safe(text)).wrap(console, console.width)]
    end = [row for text in texts[-1:] for row in Text(safe(text)).wrap(console, console.width)]
    room = console.height - len(end)
    if len(rows) > room:
        rows = [*rows[: max(room - 1, 0)], Text("…")]
    return Text("\n").join([*rows, *end])


def stamp(at: datetime | None) -> str | None:
    """A time for machines: UTC, in seconds, with Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def size(wording: Wording, size_bytes: int) -> str:
    """A size as people read it, in whole numbers: 812 kB, 24 MB."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size_bytes >= factor:
            return f"{wording.number(round(size_bytes / factor))} {unit}"
    return f"{size_bytes} B"


def progress(*, counted: bool) -> Progress:
    """A bar on standard error, at a terminal only. counted: what it is filled to is known."""
    console = Console(stderr=True)
    text = TextColumn("{task.description}", markup=False)
    columns = (text, BarColumn(), MofNCompleteColumn()) if counted else (SpinnerColumn(), text, TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
