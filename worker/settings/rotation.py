"""A webhook's secret file: which one it is, and how a fresh secret gets into it and an old one out of it.

The newest secret is the file's first line; while receivers still have an older one, that stands below, and each message is
signed with all of them. What a fresh secret is made of is the caller's business.
"""

import os
import stat
from pathlib import Path

from worker.errors import SettingsError
from worker.settings.document import Tree
from worker.settings.environment import variable_of
from worker.settings.faults import shown
from worker.signing import KEYS_MOST, secret_keys
from worker.wholefile import write_file

_FOR_THE_OWNER = 0o600
_FOR_READERS = 0o640  # what an existing file may allow beyond that: its group may be the service's


def find(tree: Tree, channel: str) -> Path:
    """The secret file of a webhook, which need not exist yet. Raises: SettingsError when the channel has none."""
    listed = tree.values.get("channel")
    tables = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    table = next((one for one in tables if one.get("name") == channel), None)
    if table is None:
        raise SettingsError(f"there is no channel {shown(channel)}")
    if table.get("type") != "webhook":
        raise SettingsError(f"{shown(channel)} is no webhook: it has no secret of ours")
    named = table.get("secret_file")
    if not isinstance(named, str) or not named:
        variable = variable_of(channel, "secret")
        raise SettingsError(
            f"{shown(channel)} has no secret_file: set one in its [[channel]], or renew {variable} by hand"
        )
    return Path(named)


def renew(path: Path, fresh: str, *, keep_old: bool) -> int:
    """Put a fresh secret on top of the file, or in place of what stands there. Returns: how many sign from now on.

    Raises: OSError; SettingsError when what is to be kept is no secret.
    """
    kept = _present(path)[: KEYS_MOST - 1] if keep_old else []
    _write(path, [fresh, *kept])
    return 1 + len(kept)


def drop_old(path: Path) -> int:
    """Leave the newest secret only. Returns: how many were dropped. Raises: OSError, SettingsError as `renew`."""
    secrets = _present(path)
    if len(secrets) > 1:
        _write(path, secrets[:1])
    return max(len(secrets) - 1, 0)


def _present(path: Path) -> list[str]:
    """The secrets of the file, the newest first; none if there is no file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        if text.strip():
            secret_keys(text)
    except FileNotFoundError:
        return []
    except ValueError as error:
        said = "the file is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
        raise SettingsError(f"{path}: {said}") from None  # the cause would show the secret in a traceback
    return text.split()


def _write(path: Path, secrets: list[str]) -> None:
    """Whoever could read the file before still can; a new one is for its owner alone."""
    path = path.resolve()  # a link stays a link
    before = path.stat() if path.exists() else None
    mode = _FOR_THE_OWNER | (stat.S_IMODE(before.st_mode) & _FOR_READERS if before else 0)
    write_file(path, "".join(f"{secret}\n" for secret in secrets).encode(), mode=_FOR_THE_OWNER)
    if before is not None:
        if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(path, before.st_uid, before.st_gid)
        path.chmod(mode)
