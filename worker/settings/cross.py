"""Rules between values: names and addresses that stand once, channels that exist, intervals that are polite.

Works on the tree before the models have accepted it, so that all faults are reported in one go; what has the wrong
shape is passed over here, because the models complain about it.
"""

import ipaddress
import os.path
from collections.abc import Iterator
from urllib.parse import urlsplit

from worker.settings import service_addresses
from worker.settings.channels import FeedChannelSettings
from worker.settings.document import LISTS, Tree
from worker.settings.faults import shown
from worker.settings.lines import Loc
from worker.settings.outline import nearest
from worker.settings.units import duration_text, seconds

Table = dict[str, object]
_FEED_FOLDER = FeedChannelSettings.model_fields["folder"].default


def check(tree: Tree) -> None:
    """Note every fault in the tree."""
    for kind in LISTS:
        _unique_names(tree, kind)
    _unique_feeds(tree)
    _known_channels(tree)
    _passwords_of_mail(tree)
    _allowed_commands(tree)
    _feed_channels(tree)
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


def _passwords_of_mail(tree: Tree) -> None:
    """A name goes with a password, and neither of them over a connection that is not encrypted."""
    for index, channel in _tables(tree.values.get("channel")):
        if channel.get("type") != "email":
            continue
        has_name, has_password = bool(channel.get("username")), bool(channel.get("password"))
        if has_name != has_password:
            rule = "username and password go together; the password comes from password_file or the environment"
            tree.fault(("channel", index, "username" if has_name else "name"), f"[[channel]] {rule}")
        elif has_name and channel.get("tls") == "none":
            rule = "no password goes over a connection that is not encrypted; take starttls or tls, or no username"
            tree.fault(("channel", index, "tls"), f'[[channel]] tls = "none": {rule}')


def _allowed_commands(tree: Tree) -> None:
    """Programs are run only where the operator says so, apart from the channel: one may be pasted, two were meant."""
    operator = tree.values.get("operator")
    allowed = isinstance(operator, dict) and operator.get("allow_commands") is True
    for index, table in _tables(tree.values.get("channel")):
        if table.get("type") == "command" and not allowed:
            tree.fault(
                ("channel", index, "type"),
                f"[[channel]] type = {shown('command')}: programs are run only with allow_commands = true in [operator]",
            )


def _feed_channels(tree: Tree) -> None:
    """Two that write the same files would undo each other; and no feed has a place for what the operator is told."""
    folders: dict[str, Loc] = {}
    feeds = []
    for index, table in _tables(tree.values.get("channel")):
        if table.get("type") == "feed":
            feeds.append(table.get("name"))
            folder, loc = os.path.normpath(str(table.get("folder", _FEED_FOLDER))), ("channel", index, "folder")
            first = folders.setdefault(folder, loc)
            if first != loc:
                tree.fault(loc, f"[[channel]] folder = {shown(folder)} is taken already by {tree.origin(first)}")
    operator = tree.values.get("operator")
    named = operator.get("channels") if isinstance(operator, dict) else None
    for name in named if isinstance(named, list) else []:
        if name in feeds:
            fault = f"[operator] channels = {shown(named)}: {shown(name)} is a feed, and holds alerts only"
            tree.fault(("operator", "channels"), fault)


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
