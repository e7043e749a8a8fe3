"""Faults in words: what the models found wrong, as lines that say file, line, key, value and rule."""

import json
import re
from collections.abc import Iterable

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from worker.errors import SettingsError
from worker.masking import mask
from worker.settings.channels import CHANNEL_TYPES
from worker.settings.document import LISTS, Fault, Tree
from worker.settings.environment import variable_of
from worker.settings.lines import Loc
from worker.settings.outline import fields, nearest, owner, sections
from worker.settings.secret_files import place
from worker.settings.tables import Settings
from worker.settings.units import duration_text, size_text

_RULES = {
    "string_type": "a text in quotes is needed",
    "int_type": "a whole number is needed",
    "bool_type": "true or false is needed (without quotes)",
    "tuple_type": "a list in square brackets is needed",
    "too_short": "at least one is needed",
    "string_sub_type": "a text in quotes is needed",
    "is_instance_of": "a text in quotes is needed",
}
_SHOWN_CHARS = 80


def error(faults: Iterable[Fault]) -> SettingsError:
    """All of them, one a line, in the order of the files."""
    ordered = sorted(
        faults,
        key=lambda fault: (
            bool(fault.origin.variable),
            fault.origin.file,
            fault.origin.line,
        ),
    )
    return SettingsError("\n".join(dict.fromkeys(f"{fault.origin}: {fault.text}" for fault in ordered)))


def note(tree: Tree, found: ValidationError) -> None:
    """The models' complaints, in words, into the tree's faults."""
    for details in found.errors(include_url=False):
        loc = _without_tag(details["loc"])
        at = (*loc, "type") if details["type"] == "union_tag_invalid" else loc
        tree.fault(at, _text(tree, loc, details))


def shown(value: object, *, hidden: bool = False) -> str:
    """A value as it may be shown: on one line, short, without credentials."""
    if hidden:
        return "(not shown)"
    text = mask(json.dumps(value, ensure_ascii=False, default=str))
    text = re.sub(r"[\x7f-\x9f\u2028-\u202e\u2066-\u2069]", "�", text)
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"


def _without_tag(loc: tuple[int | str, ...]) -> Loc:
    """The models put the channel's type into the path."""
    return (*loc[:2], *loc[3:]) if loc[0] == "channel" and len(loc) > 2 and loc[2] in CHANNEL_TYPES else loc


def _text(tree: Tree, loc: Loc, details: ErrorDetails) -> str:
    kind = details["type"]
    if kind == "extra_forbidden":
        return _unknown(tree, loc)
    if kind == "missing":
        return _missing(tree, loc)
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return f"{_table_name(loc)} must be a table"
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        return _channel_type(details)
    origin = tree.origin(loc)
    rule = _rule(loc, details)
    if origin.variable:
        return f"{origin.variable} = {shown(details['input'], hidden=origin.hidden)}: {rule}"
    return f"{_name(loc)} = {shown(_input(details), hidden=origin.hidden)}: {rule}"


def _input(details: ErrorDetails) -> object:
    """Secrets arrive as such; the text is masked where it is shown."""
    value = details["input"]
    reveal = getattr(value, "get_secret_value", None)
    return reveal() if callable(reveal) else value


def _name(loc: Loc) -> str:
    """`[http] timeout`; an element of a list is named by its list."""
    named = loc[: -1 if isinstance(loc[-1], int) else len(loc)]
    return f"{place(named)}{named[-1]}"


def _table_name(loc: Loc) -> str:
    names = ".".join(str(part) for part in loc if isinstance(part, str))
    return f"[[{names}]]" if isinstance(loc[-1], int) else f"[{names}]"


def _unknown(tree: Tree, loc: Loc) -> str:
    key = str(loc[-1])
    kind = _channel_kind(tree, loc)
    model = owner(loc, kind)
    if len(loc) == 1:
        return _unknown_top(tree, key)
    here = nearest(key, _offered(fields(model))) if model else ""
    elsewhere = "" if here or loc[0] in LISTS else _elsewhere(key)
    for_type = f' for type = "{kind}"' if kind and not here else ""
    return f"{place(loc)}{key} is unknown{for_type}{_hint(here or elsewhere)}"


def _unknown_top(tree: Tree, key: str) -> str:
    """A table's name, or a key that stands above the first table."""
    if not isinstance(tree.values.get(key), dict | list):
        return f"{key} is unknown{_hint(_elsewhere(key) or nearest(key, ['include']))}"
    known = {
        **{name: f"[{name}]" for name in sections()},
        **{name: f"[[{name}]]" for name in LISTS},
    }
    hint = known.get(nearest(key, known), "")
    return f"[{key}] is unknown{_hint(hint)}"


def _elsewhere(key: str) -> str:
    """The section that has this key."""
    return next(
        (f"[{name}] {key}" for name, model in sections().items() if key in fields(model)),
        "",
    )


def _offered(keys: Iterable[str]) -> list[str]:
    """Keys that a file may set: secrets stand in files of their own."""
    return [key for key in keys if key not in ("secret", "password")]


def _hint(known: str) -> str:
    return f"; did you mean {known}?" if known else ""


def _missing(tree: Tree, loc: Loc) -> str:
    key, kind = str(loc[-1]), _channel_kind(tree, loc)
    if key == "secret":
        channels = tree.values["channel"]
        assert isinstance(channels, list)
        variable = variable_of(str(channels[int(loc[1])].get("name", "NAME")), key)
        return f"{place(loc)}a webhook needs its secret: set secret_file or {variable}"
    return f"{place(loc)}{key} is missing" + (f"; a {kind} needs one" if kind == "webhook" else "")


def _channel_kind(tree: Tree, loc: Loc) -> str:
    channels = tree.values.get("channel")
    if len(loc) < 3 or loc[0] != "channel" or not isinstance(channels, list):
        return ""
    channel = channels[int(loc[1])]
    return str(channel.get("type", "")) if isinstance(channel, dict) else ""


def _channel_type(details: ErrorDetails) -> str:
    given = details["input"].get("type") if isinstance(details["input"], dict) else None
    known = ", ".join(f'"{name}"' for name in CHANNEL_TYPES)
    if given is None:
        return f"[[channel]] type is missing: one of these is needed: {known}"
    return f"[[channel]] type = {shown(given)}: one of these is needed: {known}"


def _rule(loc: Loc, details: ErrorDetails) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return f"{context['expected'].replace(chr(39), chr(34))} is needed"
    if kind == "greater_than_equal":
        return f"at least {_amount(loc, context['ge'])} is needed"
    if kind == "less_than_equal":
        return f"at most {_amount(loc, context['le'])} is possible"
    return _RULES.get(kind, details["msg"])


def _amount(loc: Loc, bound: float) -> str:
    """A bound in the unit that the key is written in."""
    model = owner(loc)
    name = fields(model).get(str(loc[-1]), ("", None))[0] if model and model is not Settings else ""
    if name.endswith("_s"):
        return duration_text(bound)
    return size_text(int(bound)) if name.endswith("_bytes") else f"{bound:g}"
