"""A channel's address, read and checked against the list of services before anything of Apprise is loaded.

Pure. Owns that an address is short and plain, names one target, and has no options that undo what the channel decided
(how texts are cut and written, whom it asks, how long it waits). Must not know what Apprise makes of it.
"""

import difflib
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from worker.services import NTFY, NTFY_SH, SERVICES, Service

ADDRESS_MOST: Final = 1_000  # characters; plugins read addresses by regular expressions that were not made for more

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([\x21-\x7e]*)")
_BETWEEN_TARGETS = re.compile(r"[\s,;|\\&%]")
_OPTION = re.compile(r"([a-z]+)=([\w.,~:@-]*)", re.ASCII)
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::([0-9]{1,5}))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAddress:
    """A channel's address, read. url: with its tokens, never to be shown; host, port: "" and None where they are fixed."""

    scheme: str
    service: Service
    url: str = field(repr=False)
    host: str = ""
    port: int | None = None

    @property
    def origins(self) -> tuple[tuple[str, str, int], ...]:
        """All that may be asked: scheme, host and port."""
        if not self.host:
            return tuple(("https", host, 443) for host in self.service.hosts)
        scheme, port = ("https", 443) if self.scheme.endswith("s") else ("http", 80)
        return ((scheme, self.host, self.port or port),)

    @property
    def shown(self) -> str:
        """Scheme and nothing else: everything behind it may be a token."""
        return f"{self.scheme}://***"


def read_address(url: str) -> ServiceAddress:
    """A channel's address, checked letter by letter. Raises: ValueError with the rule in words, without the address."""
    scheme, rest = _parted(url)
    service = _known(scheme)
    place, _, options = rest.partition("?")
    head, *segments = place.rstrip("/").split("/")
    host, port = _host_of(head.rpartition("@")[2])
    if service is NTFY and (host == "ntfy.sh" or not segments):
        return _ntfy_sh(host, segments, options)
    _check_segments(service, segments)
    _check_options(service, options)
    # "#room" is a target's name, and no fragment that a parser may drop with what follows it
    url = f"{scheme}://{place.replace('#', '%23')}" + (f"?{options}" if options else "")
    if service.hosts:
        return ServiceAddress(scheme=scheme, service=service, url=url)
    if not host:
        raise ValueError(f"{service.name} is addressed as {service.form}")
    return ServiceAddress(scheme=scheme, service=service, url=url, host=host, port=port)


def _parted(url: str) -> tuple[str, str]:
    if len(url) > ADDRESS_MOST:
        raise ValueError(f"an address has at most {ADDRESS_MOST} characters")
    found = _ADDRESS.fullmatch(url)
    if found is None:
        raise ValueError("an address such as tgram://BOT_TOKEN/CHAT_ID is needed, without blanks and in ASCII")
    return found[1].lower(), found[2]


def _known(scheme: str) -> Service:
    service = SERVICES.get(scheme)
    if service is not None:
        return service
    near = difflib.get_close_matches(scheme[:40], SERVICES, n=1, cutoff=0.6)
    known = f"did you mean {near[0]}://?" if near else f"there are {', '.join(f'{one}://' for one in SERVICES)}"
    raise ValueError(f"{scheme[:40]}:// is no service that alerts may go to; {known}")


def _host_of(text: str) -> tuple[str, int | None]:
    """Name and port; ("", None) for what is none (a token may stand there)."""
    found = _HOST.fullmatch(text)
    if found is None:
        return "", None
    port = int(found[2]) if found[2] else None
    return ("", None) if port is not None and not 0 < port < 65_536 else (found[1].lower(), port)


def _ntfy_sh(host: str, segments: list[str], options: str) -> ServiceAddress:
    """The public server, by name or without one: the plugin is given the form without."""
    topic = segments if host == "ntfy.sh" else [host]
    if len(topic) != 1 or not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", topic[0]):
        raise ValueError(f"{NTFY.name} is addressed as {NTFY.form}")
    _check_options(NTFY_SH, options)
    url = f"ntfys://{topic[0]}" + (f"?{options}" if options else "")
    return ServiceAddress(scheme="ntfys", service=NTFY_SH, url=url)


def _check_segments(service: Service, segments: list[str]) -> None:
    """One target: nothing that a plugin could take for two."""
    least, most = service.segments
    named = [unquote(segment) for segment in segments]
    if not least <= len(segments) <= most or not all(named):
        raise ValueError(f"a channel has one target: {service.name} is addressed as {service.form}")
    if any(_BETWEEN_TARGETS.search(name) for name in named):
        raise ValueError("a channel has one target; make a channel for each")


def _check_options(service: Service, options: str) -> None:
    for option in options.split("&") if options else ():
        found = _OPTION.fullmatch(option)
        if found is None or found[1] not in service.options:
            known = ", ".join(sorted(service.options)) or "none"
            raise ValueError(f"this option is not for channels; {service.name} has: {known}")
