"""Secrets come from files of their own or from the environment: `url_file` is read into `url`, and so on.

A password in the TOML file is refused in words: configuration is copied, mailed and committed.
"""

import shlex
from collections.abc import Iterator
from pathlib import Path

from worker.masking import has_password
from worker.settings import service_addresses
from worker.settings.document import LISTS, Origin, Tree
from worker.settings.environment import PREFIX, variable_of
from worker.settings.lines import Loc

# A file of more is no secret but a mistake (a device, a log).
_MAX_BYTES = 64 * 1024
_SECTION_KEYS: tuple[tuple[str, str], ...] = (
    ("archive", "database"),
    ("broker", "url"),
    ("http", "proxy"),
    ("operator", "dead_man_url"),
)


def resolve(tree: Tree) -> None:
    """Read every `*_file` and refuse secrets that stand in the TOML file."""
    for table, loc, variable in list(_places(tree)):
        if table.get(f"{loc[-1]}_file"):
            _read_into(tree, table, loc)
        else:
            _refuse_written(tree, table, loc, variable)


def _places(tree: Tree) -> Iterator[tuple[dict[str, object], Loc, str]]:
    """Each table that may hold a secret, the place of the secret in the tree, and the variable that may bring it."""
    for section, key in _SECTION_KEYS:
        table = tree.values.get(section)
        if isinstance(table, dict):
            yield table, (section, key), f"{PREFIX}{section.upper()}__{key.upper()}"
    for index, channel in enumerate(_tables(tree.values.get("channel"))):
        for key in ("url", "secret", "password"):
            yield (
                channel,
                ("channel", index, key),
                variable_of(str(channel.get("name", "NAME")), key),
            )
    for index, source in enumerate(_tables(tree.values.get("source"))):
        for number, feed in enumerate(_tables(source.get("feed"))):
            yield feed, ("source", index, "feed", number, "url"), ""


def _tables(value: object) -> list[dict[str, object]]:
    """The tables of a list, at their places; anything else becomes an empty one (the models complain about it)."""
    return [item if isinstance(item, dict) else {} for item in value] if isinstance(value, list) else []


def _read_into(tree: Tree, table: dict[str, object], loc: Loc) -> None:
    key = str(loc[-1])
    name = table[f"{key}_file"]
    if not isinstance(name, str):
        return
    file_loc = (*loc[:-1], f"{key}_file")
    origin = tree.origin(file_loc)
    if key in table:
        tree.fault(file_loc, f"{place(loc)}{key}_file and {key} are both set; keep one of them")
        return
    try:
        table[key] = _content(Path(name))
    except FileNotFoundError as error:
        tree.fault(file_loc, f'{place(loc)}{key}_file = "{name}": {_missing(key, table) or _why(error)}')
        table[key] = _stand_in(loc, table)
    except (OSError, ValueError) as error:
        tree.fault(file_loc, f'{place(loc)}{key}_file = "{name}": {_why(error)}')
        table[key] = _stand_in(loc, table)
    tree.origins[loc] = Origin(file=origin.file, line=origin.line, variable=origin.variable, hidden=True)


def _missing(key: str, table: dict[str, object]) -> str:
    """A webhook's first secret is ours to make; others come from elsewhere."""
    name = table.get("name")
    if key != "secret" or not isinstance(name, str):
        return ""
    return f"the file is not there yet; `feedwacht channels new-secret {shlex.quote(name)}` makes it"


def _content(path: Path) -> str:
    with path.open("rb") as file:
        text = file.read(_MAX_BYTES + 1).decode("utf-8-sig").strip()
    if not text or len(text) > _MAX_BYTES:
        raise ValueError("the file is empty" if not text else "the file is too big for a secret")
    return text


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return f"the file cannot be read: {error.strerror}"
    return "the file is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)


def _stand_in(loc: Loc, table: dict[str, object]) -> str:
    """A value that the models accept, so that one fault is not reported twice."""
    if loc[-1] == "url" and table.get("type") == "apprise":
        return service_addresses.UNREAD
    stand_ins = {
        "database": "sqlite://",
        "secret": "whsec_" + "A" * 32,
        "proxy": "",
        "dead_man_url": "",
        "password": "unread",
    }
    return stand_ins.get(str(loc[-1]), "" if loc[0] == "broker" else "http://unread.invalid/")


def _refuse_written(tree: Tree, table: dict[str, object], loc: Loc, variable: str) -> None:
    """Feeds are let through: their addresses are also given by command, and are kept in the archive anyway."""
    key, value = str(loc[-1]), table.get(str(loc[-1]))
    if tree.origin(loc).variable or loc[0] == "source" or not isinstance(value, str):
        return
    is_secret = key in ("secret", "password") or (loc[0] == "channel" and table.get("type") == "apprise")
    if is_secret or has_password(value):
        what = _named(key) if is_secret else f"a password in {key}"
        tree.fault(
            loc,
            f"{place(loc)}{key}: {what} does not belong in this file; use {key}_file or {variable}",
        )
        table[key] = _stand_in(loc, table)


def _named(key: str) -> str:
    if key == "password":
        return "the password"
    return "the address with its token" if key == "url" else "the secret"


def place(loc: Loc) -> str:
    """How the table of a key is written, with a blank behind: "[http] ", "[[source.feed]] "."""
    names = [str(part) for part in loc[:-1] if isinstance(part, str)]
    if not names:
        return ""
    return f"[[{'.'.join(names)}]] " if names[0] in LISTS else f"[{'.'.join(names)}] "
