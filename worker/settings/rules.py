"""What single values must be: one check per kind of value, each a function from the value to the value to keep.

Raises ValueError with the rule in words. Rules between values stand in `cross.py`.
"""

import ipaddress
import re
import unicodedata
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import soupsieve

from worker import __version__, mailbox, timetable
from worker.model import RESERVED
from worker.signing import secret_keys

_SCHEMES_DATABASE = ("sqlite", "postgresql+psycopg")
_SCHEMES_BROKER = ("redis", "rediss", "redis+socket")
_LABEL = re.compile(r"[a-z0-9-]{1,63}", re.IGNORECASE)
_PORT_MOST = 65_535
_RECIPIENTS_MOST = 100  # what mail servers take at least: RFC 5321 §4.5.3.1.8
_HOST = re.compile(r"[^\s/@\[\]:]{1,253}|[0-9a-f:.%]{2,60}", re.IGNORECASE)
_REDIRECTOR = re.compile(r"[^\s/?#]+(?:/[^\s?#]*)?\?[^\s=&#?]+")


def line(text: str) -> str:
    """A name: something to see, on one line, short enough for a table."""
    if not text.strip() or text != text.strip():
        raise ValueError("a text without blanks at its ends is needed, and not an empty one")
    if len(text) > 200 or any(unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs") for char in text):
        raise ValueError("one line of at most 200 characters is needed")
    return text


def name(text: str) -> str:
    """A name that a person gives."""
    if text.startswith(RESERVED):
        raise ValueError("names that begin with feedwacht: are its own; choose another name")
    return line(text)


def optional_line(text: str) -> str:
    return line(text) if text else text


def note(text: str) -> str:
    """A remark in people's words, on as many lines as they like."""
    if len(text) > 2_000 or any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in text):
        raise ValueError("a text of at most 2000 characters, without control characters, is needed")
    return text


def words(text: str) -> str:
    """A query: anything with something in it; whether it can be read is found out when it is put to work."""
    if not text.strip():
        raise ValueError("some words are needed, e.g. 'Nato OR \"Mark Rutte\"'")
    return text


def ascending(values: tuple[float, ...]) -> tuple[float, ...]:
    """Each is more than the one before, and more than nothing."""
    if any(after <= before for before, after in zip((0.0, *values), values, strict=False)):
        raise ValueError("times that grow are wanted, such as 1h, 6h, 1d")
    return values


def timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError('a time zone\'s IANA name such as "Europe/Berlin" is needed') from error
    return name


def rhythm(text: str) -> str:
    """In its canonical form, "" = never."""
    return str(timetable.rhythm(text) or "")


def quiet(text: str) -> str:
    """In its canonical form, "" = none."""
    return str(timetable.quiet_hours(text) or "")


def regex(pattern: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"this is no regular expression: {error}") from error
    return pattern


def post_id_pattern(pattern: str) -> str:
    """Nothing, or a regular expression whose one group is the id."""
    if pattern and re.compile(regex(pattern)).groups != 1:
        raise ValueError("a regular expression with one group, the id, is needed, e.g. '-(\\d+)/?$'")
    return pattern


def selector(text: str) -> str:
    try:
        soupsieve.compile(text)
    except (soupsieve.SelectorSyntaxError, ValueError) as error:
        raise ValueError('a CSS selector such as "article .entry-content" is needed') from error
    return line(text)


def tracking_key(text: str) -> str:
    key, _, value = text.partition("=")
    if not key or re.search(r"[\s&#?]", text) or "=" in value:
        raise ValueError('a query key is needed, e.g. "ref", "m=pc" or "a=page_*"')
    return text


def host_label(text: str) -> str:
    if not _LABEL.fullmatch(text):
        raise ValueError('one label of a host name is needed, e.g. "m" for m.example.org')
    return text


def path_segment(text: str) -> str:
    if not text or re.search(r"[\s/?#]", text):
        raise ValueError('one segment of a path is needed, without slashes, e.g. "amp"')
    return text


def redirector(text: str) -> str:
    if not _REDIRECTOR.fullmatch(text):
        raise ValueError('"host/path?key" is needed, e.g. "l.example.org/go?url"')
    return text


def http_url(url: str) -> str:
    """An absolute http(s) address with a host, a sane port and nothing invisible in it."""
    rule = 'an address such as "https://www.example.org/feed/" is needed'
    if re.search(r"[\x00-\x20\x7f-\xa0\u2028\u2029]", url):
        raise ValueError(f"{rule}, without blanks")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise ValueError(rule) from error
    if not usable:
        raise ValueError(rule)
    return url


def address(text: str) -> str:
    """One e-mail address, with or without a name before it."""
    mailbox.mailbox(text)
    return line(text)


def optional_address(text: str) -> str:
    return address(text) if text else text


def recipients(addresses: tuple[str, ...]) -> tuple[str, ...]:
    if not addresses:
        raise ValueError("at least one is needed")
    if len(addresses) > _RECIPIENTS_MOST:
        raise ValueError(f"at most {_RECIPIENTS_MOST} is possible")
    return addresses


def host(text: str) -> str:
    """A server's name or number, without a port."""
    if not _HOST.fullmatch(text):
        raise ValueError('a server\'s name such as "mail.example.org" is needed, without port')
    return text


def host_and_port(text: str) -> tuple[str, int]:
    """Where to listen: a number or name of this machine, and a port."""
    name, _, port = text.rpartition(":")
    is_number = port.isascii() and port.isdigit() and len(port) <= len(str(_PORT_MOST))
    if not _HOST.fullmatch(name) or not is_number or not 1 <= int(port) <= _PORT_MOST:
        raise ValueError('host and port such as "127.0.0.1:9108" are needed')
    return name, int(port)


def optional_listen(text: str) -> str:
    if text:
        host_and_port(text)
    return text


def optional_http_url(url: str) -> str:
    return http_url(url) if url else url


def database_url(url: str) -> str:
    """A SQLAlchemy address; PostgreSQL's everyday spellings become the one with our driver."""
    scheme, separator, rest = url.partition("://")
    if scheme in ("postgresql", "postgres"):
        scheme = "postgresql+psycopg"
    if not separator or scheme not in _SCHEMES_DATABASE or not _is_place(scheme, rest):
        raise ValueError('"sqlite:///var/feedwacht.db" or "postgresql+psycopg://USER@HOST/NAME" is needed')
    return f"{scheme}://{rest}"


def broker_url(url: str) -> str:
    scheme, _, rest = url.partition("://")
    if url and (scheme not in _SCHEMES_BROKER or not rest):
        raise ValueError('"redis://HOST:6379/0" is needed, or "" for none')
    return url


def network(text: str) -> str:
    """An IP network in CIDR form; one address stands for itself."""
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise ValueError(_network_rule(text)) from error


def user_agent(text: str) -> str:
    """Printable ASCII; `{version}` becomes ours."""
    if not text.isascii() or not text.isprintable() or text != text.strip() or not text:
        raise ValueError('one line of ASCII is needed, e.g. "feedwacht/{version} (+https://example.org/contact)"')
    return text.replace("{version}", __version__)


def certificates(name: str) -> str:
    """Nothing, a PEM file, or a folder of them under hashed names."""
    if name and not Path(name).exists():
        raise ValueError("no such file or folder")
    return name


def webhook_secret(text: str) -> str:
    """`whsec_` and base64; several, parted by blanks, while one is being replaced."""
    secret_keys(text)
    return text


def _is_place(scheme: str, rest: str) -> bool:
    """SQLite: nothing (memory) or a path behind a third slash; PostgreSQL: anything."""
    return scheme != "sqlite" or not rest or rest.startswith("/")


def _network_rule(text: str) -> str:
    try:
        return f'the network\'s own address, "{ipaddress.ip_network(text, strict=False)}", is needed'
    except ValueError:
        return 'a network such as "127.0.0.0/8" or "::1/128" is needed'
