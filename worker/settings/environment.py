"""FEEDWACHT_* variables over the files' values: FEEDWACHT_HTTP__HOST_GAP="2s" is `[http] host_gap = "2s"`.

A channel's secret and address have names of their own: FEEDWACHT_CHANNEL__<NAME>__SECRET. Lists are written as TOML or
JSON arrays. One foreign name counts, where `[http] ca_bundle` is empty: REQUESTS_CA_BUNDLE. The caller hands the variables over; the process's own are not looked at here.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import get_origin

from worker.settings.document import Fault, Origin, Tree
from worker.settings.lines import Loc
from worker.settings.outline import fields, nearest, sections

PREFIX = "FEEDWACHT_"
CONFIG = "FEEDWACHT_CONFIG"
CA_BUNDLE = "REQUESTS_CA_BUNDLE"  # what a company's machines have set for Python programs
_CHANNEL_KEYS = ("secret", "secret_file", "url", "url_file", "password", "password_file")
_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A variable that may be set: where its value goes, and how it is written."""

    loc: Loc
    kind: type = str


def overlay(tree: Tree, environ: Mapping[str, str]) -> None:
    """Put the variables into the tree; unknown ones and values that cannot be read are noted as faults."""
    known = dict(_known(tree))
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX) or name == CONFIG:
            continue
        if name in known:
            _set(tree, known[name], name, value)
        else:
            tree.faults.append(Fault(origin=Origin(variable=name), text=_unknown(name, known)))
    http = tree.values.get("http", {})
    if environ.get(CA_BUNDLE) and isinstance(http, dict) and not http.get("ca_bundle"):
        _set(tree, _Known(loc=("http", "ca_bundle")), CA_BUNDLE, environ[CA_BUNDLE])


def variable_of(channel: str, key: str) -> str:
    """The variable for a channel's key: "screen 2", "secret" -> FEEDWACHT_CHANNEL__SCREEN_2__SECRET."""
    return f"{PREFIX}CHANNEL__{re.sub('[^A-Z0-9]', '_', channel.upper())}__{key.upper()}"


def _known(tree: Tree) -> Iterator[tuple[str, _Known]]:
    for section, model in sections().items():
        for key, (_, info) in fields(model).items():
            yield (
                f"{PREFIX}{section.upper()}__{key.upper()}",
                _Known(loc=(section, key), kind=_kind(info.annotation)),
            )
    channels = tree.values.get("channel", [])
    assert isinstance(channels, list)
    for index, channel in enumerate(channels):
        if isinstance(channel, dict) and isinstance(channel.get("name"), str):
            for key in _CHANNEL_KEYS:
                yield (
                    variable_of(channel["name"], key),
                    _Known(loc=("channel", index, key)),
                )


def _kind(annotation: object) -> type:
    """How a key's value is written in a variable; durations and sizes are text that the models read."""
    if get_origin(annotation) is tuple:
        return tuple
    return next((kind for kind in (bool, int) if annotation is kind), str)


def _set(tree: Tree, known: _Known, name: str, written: str) -> None:
    origin = Origin(variable=name, hidden=name.endswith("SECRET"))
    try:
        value = _value(known.kind, written)
    except ValueError as error:
        tree.faults.append(Fault(origin=origin, text=f"{name} = {json.dumps(written[:80])}: {error}"))
        return
    table = _table(tree, known.loc)
    if table is not None:
        key = str(known.loc[-1])
        _drop_other(tree, table, known.loc, key)
        table[key] = value
        tree.origins[known.loc] = origin


def _table(tree: Tree, loc: Loc) -> dict[str, object] | None:
    """The table the key belongs to; None if the file has something else in its place (a fault of its own)."""
    if loc[0] == "channel":
        channels = tree.values["channel"]
        assert isinstance(channels, list)
        table = channels[int(loc[1])]
    else:
        table = tree.values.setdefault(str(loc[0]), {})
    return table if isinstance(table, dict) else None


def _drop_other(tree: Tree, table: dict[str, object], loc: Loc, key: str) -> None:
    """`url` from the environment beats `url_file` from a file, and the other way round."""
    other = key.removesuffix("_file") if key.endswith("_file") else f"{key}_file"
    if other in table and not tree.origin((*loc[:-1], other)).variable:
        del table[other]


def _value(kind: type, written: str) -> object:
    if kind is bool:
        return _truth(written)
    if kind is int:
        return _number(written)
    return _list(written) if kind is tuple else written


def _truth(written: str) -> bool:
    if written.strip().lower() not in (*_YES, *_NO):
        raise ValueError("true or false is needed")
    return written.strip().lower() in _YES


def _number(written: str) -> object:
    """Durations and sizes keep their text; the models read it."""
    return int(written) if re.fullmatch(r"\s*-?\d{1,18}\s*", written) else written


def _list(written: str) -> list[object]:
    try:
        value = tomllib.loads(f"value = {written.strip()}")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        value = None
    if not isinstance(value, list):
        raise ValueError(  # noqa: TRY004, the text is wrong, not its type
            'a list is needed, written like ["127.0.0.0/8"] or [80, 443]'
        )
    return value


def _unknown(name: str, known: Mapping[str, _Known]) -> str:
    hint = nearest(name, known)
    return f"{name} is unknown" + (f"; did you mean {hint}?" if hint else "; config/feedwacht.toml names what there is")
