"""Folders that are written to: may this user do it, and is there room?"""

import os
import shutil
import tempfile
from pathlib import Path

from worker.doctor.finding import Finding, Verdict

NAME = "folder"
LITTLE_BYTES = 1024**3
TOO_LITTLE_BYTES = 100 * 1024**2  # a day of a busy archive, with the journal and a backup


def examine(folder: Path) -> list[Finding]:
    """Try to write a file there; it is gone afterwards. A folder that is missing is made when it is needed."""
    folder = folder.absolute()
    place = _nearest(folder)
    if not place.is_dir():
        return [_said(Verdict.FAILED, "doctor_no_folder", folder)]
    if place != folder and not os.access(place, os.W_OK | os.X_OK):
        return [_said(Verdict.FAILED, "doctor_folder_denied", folder, user=_user())]
    try:
        if place == folder:
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(b"feedwacht")
    except OSError as error:
        return [
            _said(Verdict.FAILED, "doctor_folder_failed", folder, reason=error.strerror or str(error), user=_user())
        ]
    return [room(NAME, folder)]


def room(check: str, folder: Path) -> Finding:
    """How much is free there."""
    free = shutil.disk_usage(_nearest(folder)).free
    verdict = Verdict.OK if free > LITTLE_BYTES else Verdict.WARNING if free > TOO_LITTLE_BYTES else Verdict.FAILED
    name = "doctor_room" if verdict is Verdict.OK else "doctor_little_room"
    values = {"folder": str(folder.absolute()), "free": _size(free)}
    return Finding(check=check, verdict=verdict, sentence=name, values=values)


def _size(free_bytes: int) -> str:
    return f"{free_bytes // 10**9} GB" if free_bytes >= 10 * 10**9 else f"{free_bytes // 10**6} MB"


def _nearest(folder: Path) -> Path:
    """The folder, or the one that it would be made in."""
    absolute = folder.absolute()
    return next(one for one in (absolute, *absolute.parents) if one.exists())


def _user() -> str:
    return str(os.getuid())


def _said(verdict: Verdict, sentence: str, folder: Path, **values: str) -> Finding:
    return Finding(check=NAME, verdict=verdict, sentence=sentence, values={"folder": str(folder), **values})
