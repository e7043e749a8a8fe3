"""The broker: can it be reached, does it let us in, and will it keep what it is given?"""

from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import urlsplit

from worker.doctor.finding import Finding, Verdict
from worker.masking import mask

NAME = "broker"
# From which patch on a script cannot break out of the server (CVE-2025-49844), by line; what is newer never could.
_MENDED: Final = {
    "Redis": {(7, 2): 11, (7, 4): 6, (8, 0): 4, (8, 2): 2},
    "Valkey": {(7, 2): 11, (8, 0): 6, (8, 1): 4},
}
_LOCAL = ("localhost", "127.0.0.1", "::1")
_SECONDS = 4.0


def examine(url: str) -> list[Finding]:
    """url: as in the configuration, "" = everything runs in one process."""
    if not url:
        return [_said(Verdict.OK, "doctor_no_broker")]
    import redis  # noqa: PLC0415 - 150 ms that only those pay who have one

    client = redis.Redis.from_url(_as_redis_spells_it(url), socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)
    try:
        about = cast("Mapping[str, Any]", client.info())
        return [*_reached(url, about), *_password(url, client)]
    except redis.AuthenticationError:
        return [_said(Verdict.FAILED, "doctor_broker_denied", url=mask(url))]
    except redis.RedisError as error:
        return [_said(Verdict.FAILED, "doctor_broker_failed", url=mask(url), reason=_one_line(error))]
    finally:
        client.close()


def _as_redis_spells_it(url: str) -> str:
    """Celery's way to name a socket, and its database, is not that of Redis's own client."""
    if not url.startswith("redis+socket://"):
        return url
    return url.replace("redis+socket://", "unix://", 1).replace("virtual_host=", "db=", 1)


def _reached(url: str, about: Mapping[str, Any]) -> list[Finding]:
    kind = "Valkey" if about.get("valkey_version") else "Redis"
    version = str(about.get(f"{kind.lower()}_version", "0"))
    good = _said(Verdict.OK, "doctor_broker_good", url=mask(url), version=version)
    old = _said(Verdict.WARNING, "doctor_broker_old", version=f"{kind} {version}", mended=_mended(kind))
    findings = [good if is_mended(kind, version) else old]
    policy = str(about.get("maxmemory_policy", ""))
    if policy not in ("", "noeviction"):
        findings.append(_said(Verdict.WARNING, "doctor_broker_evicts", policy=policy))
    if about.get("role") not in (None, "master"):
        findings.append(_said(Verdict.FAILED, "doctor_broker_replica", url=mask(url)))
    return findings


def is_mended(kind: str, version: str) -> bool:
    """Whether a server of that kind (Redis, Valkey) is of a patch that docs/deployment.md asks for."""
    numbers = [int(part) for part in version.split(".") if part.isdigit()]
    line, patch = tuple(numbers[:2]), numbers[2] if len(numbers) > 2 else 0
    lines = _MENDED[kind]
    return line > max(lines) or (line in lines and patch >= lines[line])


def _mended(kind: str) -> str:
    return ", ".join(f"{major}.{minor}.{patch}" for (major, minor), patch in _MENDED[kind].items())


def _password(url: str, client: Any) -> list[Finding]:
    """Whoever may reach a server without a password may read and empty it: on this machine that is nobody new."""
    host = urlsplit(url).hostname or ""
    if host in ("", *_LOCAL) or client.get_connection_kwargs().get("password"):
        return []
    return [_said(Verdict.WARNING, "doctor_broker_open", url=mask(url))]


def _one_line(error: Exception) -> str:
    """The client's own words, but for what happens most: that nobody listens there."""
    if isinstance(error.__context__, ConnectionRefusedError):
        return "the server refused the connection"
    return mask(" ".join(str(error).split())[:200])


def _said(verdict: Verdict, sentence: str, **values: str) -> Finding:
    return Finding(check=NAME, verdict=verdict, sentence=sentence, values=values)
