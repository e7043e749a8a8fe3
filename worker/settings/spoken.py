"""`[ui] language` of a configuration that cannot be used otherwise: what is wrong with it must be said in some language.

Owns that one key only; whatever else is wrong is found by `load`.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, get_args

from worker.errors import SettingsError
from worker.settings import environment
from worker.settings.document import Tree, read
from worker.settings.tables import UiSettings

_DEFAULT: Final = UiSettings().language
_KNOWN: Final = get_args(UiSettings.model_fields["language"].annotation)
_WRITTEN: Final = re.compile(rf"^[ \t]*+language[ \t]*+=[ \t]*+[\"']({'|'.join(_KNOWN)})[\"']", re.MULTILINE)


def spoken(path: Path | None, environ: Mapping[str, str]) -> str:
    """The language that the file or the environment names, as far as it can be made out; else the default."""
    try:
        tree = read(path) if path else Tree()
    except SettingsError:
        tree = _scanned(path)
    environment.overlay(tree, environ)
    ui = tree.values.get("ui")
    named = ui.get("language") if isinstance(ui, dict) else None
    return str(named) if named in _KNOWN else _DEFAULT


def _scanned(path: Path | None) -> Tree:
    """The key alone, found in what is no TOML."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace") if path else ""
    except OSError:
        text = ""
    found = _WRITTEN.search(text)
    return Tree(values={"ui": {"language": found[1]}} if found else {})
