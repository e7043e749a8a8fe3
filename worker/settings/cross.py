"""Rules between values: names and addresses that stand once, channels that exist, intervals that are polite.

Works on the tree before the models have accepted it, so that all faults are reported in one go; what has the wrong
shape is passed over here, because the models complain about it.
"""

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from worker.settings import service_addresses
from worker.settings.document import LISTS, Tree
from worker.settings.faults import shown
from worker.settings.lines import Loc
from worker.settings.outline import nearest
from worker.settings.units import duration_text, seconds

Table = dict[str, object]


def check(tree: Tree) -> None:
    """Note every fault in the tree."""
    for kind in LISTS:
        _unique_names(tree, kind)
    _unique_feeds(tree)
    _known_channels(tree)
    service_addresses.check(tree)
    _polite_intervals(tree)


def _unique_names(tree: Tree, kind: str) -> None:
    seen: dict[str, Loc] = {}
    for index, table in _tables(tree.values.get(kind)):
        name, loc = table.get("name"), (kind, index, "name")
        if isinstance(name, str):
            first = seen.setdefault(name, loc)
            if first != loc:
                tree.fault(
                    loc,
                    f"[[{kind}]] name = {shown(name)} is taken already by {tree.origin(first)}",
                )


def _unique_feeds(tree: Tree) -> None:
    seen: dict[str, Loc] = {}
    for loc, feed in _feeds(tree):
        url = feed.get("url")
        if isinstance(url, str):
            first = seen.setdefault(_same(url), (*loc, "url"))
            if first != (*loc, "url"):
                tree.fault(
                    (*loc, "url"),
                    f"[[source.feed]] url = {shown(url)} stands already in {tree.origin(first)}",
                )


def _same(url: str) -> str:
    """Two spellings of one address look the same: case of the host, the scheme's own port, the fragment."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url
    own = {"http": 80, "https": 443}.get(parts.scheme)
    host = f"{parts.hostname}:{port}" if port not in (None, own) else f"{parts.hostname}"
    return f"{parts.scheme}://{host}{parts.path or '/'}?{parts.query}"


def _known_channels(tree: Tree) -> None:
    names = [name for _, table in _tables(tree.values.get("channel")) if isinstance(name := table.get("name"), str)]
    for index, table in _tables(tree.values.get("subscription")):
        _know(tree, ("subscription", index, "channels"), "[[subscription]]", table.get("channels"), names)
    operator = tree.values.get("operator")
    if isinstance(operator, dict):
        _know(tree, ("operator", "channels"), "[operator]", operator.get("channels"), names)


def _know(tree: Tree, loc: Loc, table: str, wanted: object, names: list[str]) -> None:
    for name in wanted if isinstance(wanted, list) else []:
        if isinstance(name, str) and name not in names:
            hint = nearest(name, names)
            rest = f"; did you mean {shown(hint)}?" if hint else ""
            tree.fault(loc, f"{table} channels = {shown(wanted)}: there is no channel {shown(name)}{rest}")


def _polite_intervals(tree: Tree) -> None:
    poll = tree.values.get("poll")
    least_s = _seconds(poll.get("min_interval") if isinstance(poll, dict) else None, 60.0)
    for loc, feed in _feeds(tree):
        interval_s = _seconds(feed.get("interval"), 600.0)
        if interval_s < least_s and not _in_allowed_network(tree, feed.get("url")):
            rule = f"at least {duration_text(least_s)} is needed ([poll] min_interval)"
            tree.fault(
                (*loc, "interval"),
                f"[[source.feed]] interval = {shown(feed.get('interval'))}: {rule}",
            )


def _in_allowed_network(tree: Tree, url: object) -> bool:
    """The operator's own machines decide for themselves how often they are asked."""
    http = tree.values.get("http")
    networks = http.get("allow_networks") if isinstance(http, dict) else None
    try:
        host = urlsplit(str(url)).hostname or ""
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
        return any(address in ipaddress.ip_network(str(net)) for net in networks or [] if isinstance(networks, list))
    except ValueError:
        return False


def _feeds(tree: Tree) -> Iterator[tuple[Loc, Table]]:
    for index, source in _tables(tree.values.get("source")):
        for number, feed in _tables(source.get("feed")):
            yield ("source", index, "feed", number), feed


def _tables(value: object) -> Iterator[tuple[int, Table]]:
    if isinstance(value, list):
        yield from ((index, item) for index, item in enumerate(value) if isinstance(item, dict))


def _seconds(value: object, default_s: float) -> float:
    """The default stands in for what cannot be read: the models complain about that."""
    try:
        return default_s if value is None else seconds(value)
    except ValueError:
        return default_s
