"""Run by `test_addresses.py` in a network namespace that has only `lo`, with every address that must not be reached put
on it: a request that gets through finds a server there, and nothing can leave the machine.

Prints JSON: what was tried, what came of it, and how many connections the forbidden server saw.
"""

import json
import subprocess
import sys
from ipaddress import ip_network

from tests.badserver import BadServer, reply
from worker.fetch import Answer, Fetcher
from worker.model import Fetched, FetchFailed

FRONT = "127.0.0.2"
ON_LO = [
    *("169.254.169.254/32", "10.0.0.1/32", "192.168.1.1/32", "172.16.0.1/32", "100.64.0.1/32", "198.18.0.1/32"),
    *("192.0.0.8/32", "192.88.99.1/32", "168.63.129.16/32", "64:ff9b::7f00:1/128", "64:ff9b::a9fe:a9fe/128"),
    *("fd00:ec2::254/128", "fe80::1/128", "2002:7f00:1::1/128", "2001:db8::1/128", "fec0::1/128", "3fff::1/128"),
]
HOSTS = [
    *("127.0.0.1", "localhost", "LOCALHOST.", "0.0.0.0", "0", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1"),
    *("0177.0.0.1", "017700000001", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"),
    *("[0:0:0:0:0:0:0:1]", "169.254.169.254", "[::ffff:169.254.169.254]", "2852039166", "0xa9fea9fe", "10.0.0.1"),
    *("192.168.1.1", "172.16.0.1", "100.64.0.1", "198.18.0.1", "192.0.0.8", "192.88.99.1", "168.63.129.16"),
    *("[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[fd00:ec2::254]", "[fe80::1%25lo]", "[2002:7f00:1::1]"),
    *("[2001:db8::1]", "[fec0::1]", "[3fff::1]", "①②⑦.⓪.⓪.①", "anna:pw@127.0.0.1"),
    *("127.0.0.1.", "127.0.0.1..", "loc%61lhost", "１２７.0.0.1", "[fe80::1%25nowhere]", "[::1%25lo]", "[::1%251]"),
    *("[::ffff:0:127.0.0.1]", "[::ffff:10.0.0.1%25lo]", "a@b@127.0.0.1", "0xa9.0xfe.0xa9.0xfe", "0251.0376.0251.0376"),
]


def main() -> int:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in ON_LO:
        subprocess.run(["ip", "address", "add", address, "dev", "lo"], check=False, stderr=subprocess.DEVNULL)
    told = []
    with BadServer("0.0.0.0") as four, BadServer("::") as six, BadServer(FRONT) as front:
        for server in (four, six):
            server.on("/secret", reply(200, b"secret"))
        with Fetcher(
            user_agent="feedwacht/test", timeout_s=5, allow_networks=[ip_network(f"{FRONT}/32")], allow_ports=(80, 443)
        ) as fetcher:
            for host in HOSTS:
                server = six if host.startswith("[") else four
                told += [_tried(fetcher, front, f"http://{host}:{server.port}/secret", way) for way in WAYS]
        reachable = _reachable(four, six)
        print(
            json.dumps(
                {"tried": told, "connections": four.connections + six.connections - reachable, "reachable": reachable}
            )
        )
    return 0


WAYS = ("feed", "redirect", "relative redirect", "webhook")


def _tried(fetcher: Fetcher, front: BadServer, url: str, way: str) -> dict[str, object]:
    if way == "webhook":
        answer: object = fetcher.post(url, b"{}", {})
    elif way == "feed":
        answer = fetcher.fetch(url)
    else:
        place = url if way == "redirect" else url.removeprefix("http:")
        front.on("/r", reply(302, Location=place.encode().decode("latin-1")))
        answer = fetcher.fetch(front.url("/r"))
    got = isinstance(answer, Fetched | Answer)
    reason = answer.reason if isinstance(answer, FetchFailed) else ""
    return {"url": url, "way": way, "got": got, "reason": reason, "kind": getattr(answer, "kind", "")}


def _reachable(four: BadServer, six: BadServer) -> int:
    """The namespace is as it should be: without the guard these addresses lead to the server."""
    with Fetcher(
        user_agent="feedwacht/test", timeout_s=5, allow_networks=[ip_network("0.0.0.0/0"), ip_network("::/0")]
    ) as open_fetcher:
        hosts = [
            (four, "169.254.169.254"),
            (four, "10.0.0.1"),
            (four, "100.64.0.1"),
            (six, "[64:ff9b::7f00:1]"),
            (six, "[::1]"),
        ]
        return sum(
            isinstance(open_fetcher.fetch(f"http://{host}:{server.port}/secret"), Fetched) for server, host in hosts
        )


if __name__ == "__main__":
    sys.exit(main())
