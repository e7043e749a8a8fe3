"""The database: can it be reached, is it of our version, can it be written, and does it tell the same time?"""

from datetime import datetime, timedelta
from pathlib import Path

from worker.archive import open_archive
from worker.archive.inspection import Inspected, embedded_file, inspect_database
from worker.doctor import folders
from worker.doctor.finding import Finding, Verdict
from worker.errors import ArchiveError, ArchiveUnreachable
from worker.model import Clock

NAME = "database"
CLOCK = "clock"
MISSING = "doctor_database_missing"
WRITTEN = "doctor"  # the moment that proves that something can be written
OLDEST_POSTGRES = 14  # older ones get no corrections any more
_APART = timedelta(seconds=5)
_FAR_APART = timedelta(seconds=30)  # leases last 45 s by both clocks
_SHARED = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "glusterfs", "ceph", "afs", "ncpfs")


def examine(url: str, clock: Clock) -> list[Finding]:
    """All that is to be said of the database at `url`."""
    file = embedded_file(url)
    if file is not None and not file.exists():  # to make it here might give it to the wrong user
        return [_said(Verdict.OK, MISSING, path=str(file)), *folders.examine(file.parent)]
    try:
        found = inspect_database(url)
        seen_at = clock.now()
    except ArchiveError as error:
        return [_failed(error)]
    if found.schema != found.needed:
        return [_wrong_schema(found)]
    written = _written(url, seen_at)
    kind = _embedded(found, found.path) if found.path is not None else _server(found, seen_at)
    return [written, *kind]


def _wrong_schema(found: Inspected) -> Finding:
    """An embedded one is brought up to date by whoever opens it next."""
    if found.path is not None and found.schema < found.needed:
        return _said(Verdict.OK, "doctor_database_new", schema=found.schema or "–", needed=found.needed)
    newer = found.schema > found.needed
    name = "doctor_database_newer" if newer else "doctor_database_older"
    return _said(Verdict.FAILED, name, schema=found.schema or "–", needed=found.needed)


def _written(url: str, now: datetime) -> Finding:
    try:
        archive = open_archive(url, busy_timeout_s=5.0, migrate=False)
        try:
            with archive.write() as tx:
                tx.fleet.note(WRITTEN, now)
        finally:
            archive.close()
    except ArchiveError as error:
        return _failed(error)
    return _said(Verdict.OK, "doctor_database_good")


def _failed(error: ArchiveError) -> Finding:
    """Other errors than that nobody answers say themselves what to do."""
    name = "doctor_database_away" if isinstance(error, ArchiveUnreachable) else "doctor_database_failed"
    return _said(Verdict.FAILED, name, reason=str(error))


def _embedded(found: Inspected, path: Path) -> list[Finding]:
    findings = folders.examine(path.parent)  # SQLite makes files beside its own
    if not found.is_wal:
        findings.append(_said(Verdict.WARNING, "doctor_no_wal", path=str(path)))
    if kind := shared_kind(path.resolve()):
        findings.append(_said(Verdict.FAILED, "doctor_shared_disk", path=str(path), kind=kind))
    return findings


def _server(found: Inspected, seen_at: datetime) -> list[Finding]:
    major = int(found.version.partition(".")[0].partition(" ")[0])
    old = major < OLDEST_POSTGRES
    name = "doctor_postgres_old" if old else "doctor_postgres"
    version = _said(Verdict.WARNING if old else Verdict.OK, name, version=found.version, oldest=str(OLDEST_POSTGRES))
    return [version, _clock(found.now or seen_at, seen_at)]


def _clock(theirs: datetime, ours: datetime) -> Finding:
    apart = abs(theirs - ours)
    verdict = Verdict.FAILED if apart > _FAR_APART else Verdict.WARNING if apart > _APART else Verdict.OK
    name = "doctor_clock_good" if verdict is Verdict.OK else "doctor_clock_off"
    values = {"seconds": f"{apart.total_seconds():.0f}", "whose": "PostgreSQL"}
    return Finding(check=CLOCK, verdict=verdict, sentence=name, values=values)


def shared_kind(path: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The kind of file system if it is one of a network, else "". Where nobody says, it is taken for a local one."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    found = [line.split(" ") for line in lines if line.count(" ") >= 3]
    around = [(parts[1], parts[2]) for parts in found if path.is_relative_to(parts[1].replace("\\040", " "))]
    kind = max(around, key=lambda mount: len(mount[0]), default=("", ""))[1]
    return kind if kind in _SHARED else ""


def _said(verdict: Verdict, sentence: str, **values: str) -> Finding:
    return Finding(check=NAME, verdict=verdict, sentence=sentence, values=values)
