"""The broker: can it be reached, does it let us in, and will it keep what it is given?"""

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from worker.doctor.finding import Finding, Verdict
from worker.masking import mask

NAME = "broker"
OLDEST = (6, 2)
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
    version = str(about.get("valkey_version") or about.get("redis_version", "0"))
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    good = _said(Verdict.OK, "doctor_broker_good", url=mask(url), version=version)
    findings = [good if numbers >= OLDEST else _said(Verdict.WARNING, "doctor_broker_old", version=version)]
    policy = str(about.get("maxmemory_policy", ""))
    if policy not in ("", "noeviction"):
        findings.append(_said(Verdict.WARNING, "doctor_broker_evicts", policy=policy))
    if about.get("role") not in (None, "master"):
        findings.append(_said(Verdict.FAILED, "doctor_broker_replica", url=mask(url)))
    return findings


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
