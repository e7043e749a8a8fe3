"""Ports that we listen at: can they be had, or does a process of our own have them?"""

import errno
from collections.abc import Callable

from worker import canaryfeed, canaryserver, scraping
from worker.doctor.finding import Finding, Verdict
from worker.fetch import Fetcher
from worker.model import Fetched

CANARY, METRICS = "canary", "metrics"
_METRIC = b"feedwacht_up"  # which is told also while the archive cannot be read
_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - compared, not listened at


def canary(port: int, asker: Fetcher) -> list[Finding]:
    """The canary's feed on the loopback. asker: may reach it."""
    return _examined(
        CANARY,
        f"127.0.0.1:{port}",
        lambda: canaryserver.try_port(port),
        lambda: canaryfeed.is_ours(_body(asker, canaryfeed.feed_url(port))),
    )


def metrics(host: str, port: int, asker: Fetcher) -> list[Finding]:
    """Where `run` serves metrics, too. asker: may reach it."""
    at = "127.0.0.1" if host in _EVERYWHERE else host
    return _examined(
        METRICS,
        f"{host}:{port}",
        lambda: scraping.try_address(host, port),
        lambda: _METRIC in _body(asker, f"http://{at}:{port}{scraping.PAGE}"),
    )


def _examined(check: str, address: str, take: Callable[[], None], is_ours: Callable[[], bool]) -> list[Finding]:
    """take: raises OSError when the address cannot be had; is_ours: who answers there is one of us."""
    try:
        take()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            return [_said(check, Verdict.FAILED, "denied", address, reason=error.strerror or str(error))]
        ours = is_ours()
        return [_said(check, Verdict.OK if ours else Verdict.FAILED, "served" if ours else "taken", address)]
    return [_said(check, Verdict.OK, "free", address)]


def _body(asker: Fetcher, url: str) -> bytes:
    answer = asker.fetch(url)
    return answer.body if isinstance(answer, Fetched) else b""


def _said(check: str, verdict: Verdict, how: str, address: str, **values: str) -> Finding:
    return Finding(
        check=check, verdict=verdict, sentence=f"doctor_{check}_{how}", values={"address": address, **values}
    )
