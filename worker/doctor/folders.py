"""Folders that are written to: may this user do it, and is there room?"""

import os
import tempfile
from pathlib import Path

from worker.doctor.finding import Finding, Verdict
from worker.room import nearest, room_at

NAME = "folder"


def examine(folder: Path) -> list[Finding]:
    """Try to write a file there; it is gone afterwards. A folder that is missing is made when it is needed."""
    folder = folder.absolute()
    place = nearest(folder)
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
    found = room_at(folder)
    verdict = Verdict.FAILED if found.is_too_little else Verdict.WARNING if found.is_little else Verdict.OK
    name = "doctor_room" if verdict is Verdict.OK else "doctor_little_room"
    values = {"folder": str(found.folder), "free": found.free}
    return Finding(check=check, verdict=verdict, sentence=name, values=values)


def _user() -> str:
    return str(os.getuid())


def _said(verdict: Verdict, sentence: str, folder: Path, **values: str) -> Finding:
    return Finding(check=NAME, verdict=verdict, sentence=sentence, values={"folder": str(folder), **values})
