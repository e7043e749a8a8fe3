"""The TOML files as one tree, where each value remembers the line that it stands on.

Owns reading, includes and their merging; what a key means is not known here.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from worker.errors import SettingsError
from worker.settings.lines import Loc, key_lines

LISTS = ("source", "channel", "subscription")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a value comes from. variable: the environment variable, if it is one; hidden: it must not be shown."""

    file: str = ""
    line: int = 0
    variable: str = ""
    hidden: bool = False

    def __str__(self) -> str:
        return "environment" if self.variable else f"{self.file}, line {self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong: where, and what in one line."""

    origin: Origin
    text: str


@dataclass(slots=True, kw_only=True)
class Tree:
    """The merged values, as the models will read them, with the origin of each key and what went wrong so far."""

    values: dict[str, object] = field(default_factory=dict)
    origins: dict[Loc, Origin] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def origin(self, loc: Loc) -> Origin:
        """That of the nearest key around `loc` that has one."""
        while loc and loc not in self.origins:
            loc = loc[:-1]
        return self.origins.get(loc, Origin(file=self.files[0] if self.files else "", line=1))

    def fault(self, loc: Loc, text: str) -> None:
        self.faults.append(Fault(origin=self.origin(loc), text=text))


def read(path: Path) -> Tree:
    """The file and what it includes, merged.

    Raises: SettingsError for a file that cannot be read at all; lesser faults are noted in the tree.
    """
    tree = Tree()
    values = _add(tree, path)
    for included in _included(tree, path, values.get("include", [])):
        if "include" in _add(tree, included):
            origin = Origin(file=str(included), line=1)
            tree.faults.append(
                Fault(
                    origin=origin,
                    text="include works in the first file only, not in an included one",
                )
            )
    tree.values.pop("include", None)
    return tree


def _add(tree: Tree, path: Path) -> Mapping[str, object]:
    text = _text(path)
    values = _parsed(text, path)
    tree.files.append(str(path))
    origins = {loc: Origin(file=str(path), line=number) for loc, number in key_lines(text).items()}
    for key, value in values.items():
        if key in LISTS:
            _extend(tree, key, value, origins)
        elif key != "include":
            _merge(tree, key, value, origins)
        else:
            tree.origins.setdefault((key,), origins[(key,)])
    return values


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SettingsError(f"{path}, line {line}: this is not UTF-8 text; save the file as UTF-8") from error


def _parsed(text: str, path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).partition(" (at ")
        found = re.match(r"line (\d+)", where)
        line = int(found[1]) if found else text.rstrip("\n").count("\n") + 1
        raise SettingsError(f"{path}, line {line}: this is not TOML: {' '.join(what.split())}") from error


def _extend(tree: Tree, key: str, value: object, origins: Mapping[Loc, Origin]) -> None:
    """Lists of tables are joined over the files; the origins move to the joined numbers."""
    if not isinstance(value, list):
        tree.faults.append(
            Fault(
                origin=origins[(key,)],
                text=f"[{key}] must be written [[{key}]], once for each",
            )
        )
        return
    joined = tree.values.setdefault(key, [])
    assert isinstance(joined, list)
    shift = len(joined)
    joined.extend(value)
    for loc, origin in origins.items():
        if loc[0] == key and len(loc) > 1 and isinstance(loc[1], int):
            tree.origins[(key, loc[1] + shift, *loc[2:])] = origin
        elif loc == (key,):
            tree.origins.setdefault(loc, origin)


def _merge(tree: Tree, key: str, value: object, origins: Mapping[Loc, Origin]) -> None:
    before = tree.values.get(key)
    if isinstance(before, dict) and isinstance(value, dict):
        for name in value.keys() & before.keys():
            _twice(tree, (key, name), origins)
        before.update({name: inner for name, inner in value.items() if name not in before})
    elif key in tree.values:
        _twice(tree, (key,), origins)
    else:
        tree.values[key] = value
    for loc, origin in origins.items():
        if loc[0] == key:
            tree.origins.setdefault(loc, origin)


def _twice(tree: Tree, loc: Loc, origins: Mapping[Loc, Origin]) -> None:
    name = f"[{loc[0]}] {loc[1]}" if len(loc) > 1 else str(loc[0])
    fault = Fault(
        origin=origins[loc],
        text=f"{name} is set here and in {tree.origin(loc)}; set it once",
    )
    tree.faults.append(fault)


def _included(tree: Tree, path: Path, patterns: object) -> list[Path]:
    """The files that the patterns name, sorted, each once, without the file itself."""
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
        tree.fault(("include",), 'include must be a list of file names, e.g. ["*.toml"]')
        return []
    found: set[Path] = set()
    for pattern in patterns:
        matches = _beside(path, pattern)
        if Path(pattern).is_absolute():
            tree.fault(("include",), f'include = "{pattern}": only files beside this one can be included')
        elif not matches and not set("*?[") & set(pattern):
            tree.fault(
                ("include",),
                f'include = "{pattern}": there is no such file beside this one',
            )
        found.update(matches)
    return sorted(found)


def _beside(path: Path, pattern: str) -> list[Path]:
    if not pattern or Path(pattern).is_absolute():
        return []
    return [file for file in path.parent.glob(pattern) if file.is_file() and not file.samefile(path)]
