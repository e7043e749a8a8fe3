"""The addresses of Apprise channels: on the allow-list, of one target, and a server of one's own only where it may stand.

Works on the tree, as `cross.py` does. No fault shows an address: each piece of it may be a token.
"""

import ipaddress

from worker.serviceaddress import ServiceAddress, read_address
from worker.settings.document import Tree

UNREAD = "discord://unread/unread"  # stands in for an address whose file could not be read; passes every check


def check(tree: Tree) -> None:
    """Note every fault in the tree."""
    channels = tree.values.get("channel")
    for index, table in enumerate(channels if isinstance(channels, list) else []):
        if isinstance(table, dict) and table.get("type") == "apprise" and isinstance(url := table.get("url"), str):
            rule = _rule(url, table)
            if rule:
                tree.fault(("channel", index, "url"), f"[[channel]] url = (not shown): {rule}")


def _rule(url: str, table: dict[str, object]) -> str:
    """What the address breaks; "" = nothing."""
    try:
        address = read_address(url)
    except ValueError as error:
        return str(error)
    if not address.host or _may_stand(address, table):
        return ""
    return (
        f"{address.service.name} is a server of somebody's own; "
        "its host has to stand in allow_hosts, or its network in allow_networks"
    )


def _may_stand(address: ServiceAddress, table: dict[str, object]) -> bool:
    """A name that is not listed may still turn out to be in an allowed network; the guard looks at that."""
    if address.host in (name.lower() for name in _texts(table.get("allow_hosts"))):
        return True
    networks = _texts(table.get("allow_networks"))
    try:
        number = ipaddress.ip_address(address.host.strip("[]"))
        return any(number in ipaddress.ip_network(network) for network in networks)
    except ValueError:
        return bool(networks)


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
