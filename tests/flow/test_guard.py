"""Where the fetcher may connect to: by the guard's own words, and by what reaches servers on loopback."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.badserver import Asked, BadServer, Script, Talk, reply
from tests.timing import check_passed_s
from worker.fetch import Answer, Fetcher
from worker.guard import AddressInfo, Blocked, ExchangeError, Guard, Refused, Unreachable, is_public
from worker.model import FailureKind, Fetched, FetchFailed
from worker.transport import _check_peer, exchanging

TLS = Path(__file__).parent.parent / "cases" / "tls"
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

NOT_PUBLIC = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255"),
    *("127.0.0.1", "127.1.2.3", "169.254.169.254", "168.63.129.16", "172.16.0.1", "172.31.255.255", "192.0.0.1"),
    *("192.0.0.9", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1"),
    *("203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:7f00:1"),
    *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378::1", "2001:10::1"),
    *("2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1"),
    *("3fff:fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1"),
    *("4000::1", "8000::1"),
]
PUBLIC = [
    *("1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.0.1.1", "192.89.0.1"),
    *(
        "198.17.0.1",
        "198.20.0.1",
        "223.255.255.255",
        "168.63.129.17",
        "2606:4700::1111",
        "2a00:1450::1",
        "2001:4860::1",
    ),
    *("2003::1", "::ffff:8.8.8.8"),
]

# Spellings of 127.0.0.1 and its like that a resolver takes, or that hide what is behind them.
LOCAL_HOSTS = [
    *("127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001"),
    *("127.0.0.1.", "localhost", "LOCALHOST", "localhost.", "0.0.0.0", "0", "[::1]", "[::]", "[::ffff:127.0.0.1]"),
    *("[::ffff:7f00:1]", "[::127.0.0.1]", "[0:0:0:0:0:0:0:1]", "①②⑦.⓪.⓪.①", "127。0。0。1", "%31%32%37.0.0.1"),
    *("anna:pw@127.0.0.1", "public.example@127.0.0.1"),
]


def info(address: str, port: int) -> AddressInfo:
    if ":" in address:
        return (socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port, 0, 0))
    return (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))


class Names:
    """A name service by script: each look-up of a name takes the next list of addresses, the last one stays."""

    def __init__(self, **names: Sequence[Sequence[str]]) -> None:
        self.asked: list[str] = []
        self._names = {name.replace("_", "."): list(answers) for name, answers in names.items()}

    def __call__(self, host: str, port: int) -> list[AddressInfo]:
        self.asked.append(host)
        if host not in self._names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        answers = self._names[host]
        return [info(address, port) for address in (answers.pop(0) if len(answers) > 1 else answers[0])]


def make(**options: object) -> Fetcher:
    return Fetcher(**{"user_agent": "feedwacht/test", "allow_networks": LOOPBACK, **options})  # type: ignore[arg-type]


def blocked(result: object) -> FetchFailed:
    assert isinstance(result, FetchFailed), result
    assert result.kind is FailureKind.REFUSED
    assert len(result.reason) <= 300
    return result


@pytest.fixture
def secret() -> Iterator[BadServer]:
    """What must not be reached."""
    with BadServer() as server:
        server.on("/secret", reply(200, b"secret"))
        yield server
        assert server.connections == 0


@pytest.fixture
def strict() -> Iterator[Fetcher]:
    """The fetcher as it is shipped: the public internet only."""
    with Fetcher(user_agent="feedwacht/test", timeout_s=5) as fetcher:
        yield fetcher


# -- addresses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", [address for address in NOT_PUBLIC if "%" not in address])
def test_names_that_lead_inside(address: str) -> None:
    guard = Guard(allow_ports=frozenset({80}), resolve=Names(x_example=[["1.1.1.1", address]]))
    with pytest.raises(Blocked, match="not on the public internet"):
        guard.addresses("x.example", 80, 5)


def test_an_allowed_network_and_no_more() -> None:
    names = Names(a=[["10.1.2.3"]], b=[["10.1.3.3"]], c=[["10.1.2.3", "10.1.3.3"]], d=[["127.0.0.1"]], e=[["fe80::1"]])
    guard = Guard(allow_networks=(ip_network("10.1.2.0/24"),), allow_ports=frozenset({80}), resolve=names)
    assert guard.addresses("a", 80, 5) == [info("10.1.2.3", 80)]
    assert guard.addresses("a", 6379, 5) == [info("10.1.2.3", 6379)]
    for host in "bcde":
        with pytest.raises(Blocked):
            guard.addresses(host, 80, 5)


def test_an_allowed_network_in_its_mapped_spelling() -> None:
    guard = Guard(allow_networks=(ip_network("10.1.2.0/24"),), resolve=Names(a=[["::ffff:10.1.2.3"]]))
    assert guard.addresses("a", 80, 5)


@pytest.mark.parametrize("port", [0, 1, 22, 25, 6379, 5432, 11211, 65535])
def test_ports(port: int) -> None:
    guard = Guard(allow_ports=frozenset({80, 443, 8080, 8443}), resolve=Names(x=[["1.1.1.1"]]))
    with pytest.raises(Blocked, match=f"port {port} "):
        guard.addresses("x", port, 5)
    assert guard.addresses("x", 443, 5)


def test_an_allowed_network_opens_no_port_elsewhere() -> None:
    guard = Guard(allow_networks=LOOPBACK, allow_ports=frozenset({80}), resolve=Names(x=[["127.0.0.1", "1.1.1.1"]]))
    with pytest.raises(Blocked, match="port 22"):
        guard.addresses("x", 22, 5)


def test_numbers_ask_no_name_service() -> None:
    names = Names()
    guard = Guard(allow_ports=frozenset({80}), resolve=names)
    assert guard.addresses("1.1.1.1", 80, 5) == [info("1.1.1.1", 80)]
    assert guard.addresses("16843009", 80, 5) == [info("1.1.1.1", 80)]
    assert names.asked == []


@pytest.mark.parametrize(
    "host", ["fe80::1%lo", "fe80::1%25lo", "fe80::1%25nowhere", "::1%25lo", "::ffff:127.0.0.1%25lo"]
)
def test_a_zone_hides_no_address(host: str) -> None:
    names = Names()
    guard = Guard(allow_ports=frozenset({80}), resolve=names)
    with pytest.raises(Blocked, match="not on the public internet"):
        guard.addresses(host, 80, 5)
    with pytest.raises(Blocked, match="not on the public internet"):
        guard.judge_spelling(host, 80)
    assert names.asked == []


def test_a_zone_is_kept_where_its_network_is_allowed() -> None:
    guard = Guard(allow_networks=(ip_network("fe80::/10"),), resolve=Names())
    [found] = guard.addresses("fe80::1%25lo", 8000, 5)
    assert found[4] == ("fe80::1", 8000, 0, socket.if_nametoindex("lo"))


# -- names --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (socket.gaierror(socket.EAI_NONAME, "x"), Unreachable, "the name cannot be resolved"),
        (socket.gaierror(socket.EAI_AGAIN, "x"), Unreachable, "no answer from the name service"),
        (socket.gaierror(socket.EAI_FAIL, "x"), Unreachable, "the name cannot be resolved"),
        (OSError(24, "Too many open files"), Unreachable, "cannot be resolved"),
        (UnicodeError("label too long"), Refused, "not a possible host name"),
    ],
)
def test_a_name_service_that_fails(error: Exception, kind: type[ExchangeError], words: str) -> None:
    def fail(host: str, port: int) -> list[AddressInfo]:
        raise error

    with pytest.raises(kind, match=words):
        Guard(resolve=fail).addresses("x.example", 80, 5)


def test_a_name_without_addresses() -> None:
    with pytest.raises(Unreachable):
        Guard(resolve=Names(x=[[]])).addresses("x", 80, 5)


def test_a_name_service_that_hangs() -> None:
    over = socket.socketpair()

    def hang(host: str, port: int) -> list[AddressInfo]:
        over[0].recv(1)
        return []

    with make(timeout_s=0.4, resolve=hang) as fetcher:
        result = check_passed_s(2, lambda: fetcher.fetch("http://x.example/"))
    for end in reversed(over):
        end.close()
    assert isinstance(result, FetchFailed)
    assert "name service did not answer" in result.reason
    assert result.kind is FailureKind.TEMPORARY


def test_a_thousand_addresses() -> None:
    many = [f"1.1.{n // 250}.{n % 250 + 1}" for n in range(1000)]
    guard = Guard(allow_ports=frozenset({80}), resolve=Names(x=[many], y=[[*many, "10.0.0.1"]]))
    assert 0 < len(guard.addresses("x", 80, 5)) < 10
    with pytest.raises(Blocked):
        guard.addresses("y", 80, 5)


def test_families_are_tried_by_turns() -> None:
    mixed = ["2606:4700::1", "2606:4700::2", "2606:4700::3", "1.1.1.1", "1.1.1.2"]
    guard = Guard(allow_ports=frozenset({80}), resolve=Names(x=[mixed]))
    tried = [found[4][0] for found in guard.addresses("x", 80, 5)]
    assert tried == ["2606:4700::1", "1.1.1.1", "2606:4700::2", "1.1.1.2", "2606:4700::3"]


# -- spellings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", LOCAL_HOSTS)
def test_local_hosts_are_not_reached(secret: BadServer, strict: Fetcher, host: str) -> None:
    for url in (f"http://{host}:{secret.port}/secret", f"https://{host}:{secret.port}/secret"):
        for result in (strict.fetch(url), strict.post(url, b"", {})):
            assert blocked(result).status is None
    assert secret.connections == 0


@pytest.mark.parametrize("host", LOCAL_HOSTS)
def test_redirects_do_not_lead_inside(secret: BadServer, host: str) -> None:
    """The redirecting server is allowed by its network, the target is not."""
    with BadServer("127.0.0.2") as front, make(allow_networks=[ip_network("127.0.0.2/32")]) as fetcher:
        for place in (f"http://{host}:{secret.port}/secret", f"//{host}:{secret.port}/secret"):
            front.on("/r", reply(302, Location=place.encode().decode("latin-1")))
            result = blocked(fetcher.fetch(front.url("/r")))
            assert "pw" not in result.reason


@pytest.mark.parametrize(
    "url",
    [
        "HTTP://127.0.0.1:{port}/secret",
        "hTtP://127.0.0.1:{port}/secret",
        " http://127.0.0.1:{port}/secret",
        "ht\ttp://127.0.0.1:{port}/secret",
        "http://127.0.\n0.1:{port}/secret",
        "http:\\\\127.0.0.1:{port}/secret",
        "http:/\\127.0.0.1:{port}/secret",
        "http:127.0.0.1:{port}/secret",
        "http:///127.0.0.1:{port}/secret",
        "http://public.example\\@127.0.0.1:{port}/secret",
        "http://127.0.0.1:{port}\\@public.example/secret",
        "http://public.example#@127.0.0.1:{port}/secret",
        "http://127.0.0.1:{port}#@public.example/secret",
        "http://127.0.0.1:{port}?@public.example/secret",
        "http://public.example:80@127.0.0.1:{port}/secret",
        "http://a@b@127.0.0.1:{port}/secret",
        "http://[::1%25lo]:{port}/secret",
        "http://[::1%25nowhere]:{port}/secret",
        "http://[::1%1]:{port}/secret",
        "http://[::ffff:127.0.0.1%251]:{port}/secret",
        "http://127.0.0.1%00.public.example:{port}/secret",
        "http://127.0.0.1%20:{port}/secret",
        "http://127.0.0.1%2f@public.example:{port}/secret",
        "http://127.0.0.1..:{port}/secret",
        "http://loc%61lhost:{port}/secret",
        "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/secret",
        "http://１２７.0.0.1:{port}/secret",
        "http://127.0.0.1:{port}\t/secret",
        "http://127.0.0.1\r\nHost: public.example:{port}/secret",
        "http://127.0.0.1:0{port}/secret",
        "gopher://127.0.0.1:{port}/secret",
    ],
)
def test_tricks_with_addresses(secret: BadServer, strict: Fetcher, url: str) -> None:
    place = url.format(port=secret.port)
    assert isinstance(strict.fetch(place), FetchFailed)
    assert isinstance(strict.post(place, b"", {}), FetchFailed)
    with BadServer("127.0.0.2") as front, make(allow_networks=[ip_network("127.0.0.2/32")]) as fetcher:
        front.on("/r", reply(302, Location=place.replace("\n", "\r\n ").encode().decode("latin-1")))
        assert isinstance(fetcher.fetch(front.url("/r")), FetchFailed)


def test_open_and_closed_ports_look_alike(secret: BadServer, strict: Fetcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    reasons = {
        blocked(strict.fetch(f"http://127.0.0.1:{port}/")).reason.replace(str(port), "N")
        for port in (secret.port, closed, 22, 80)
    }
    assert len({reason.replace(":N", "") for reason in reasons}) == 1


# -- connections --------------------------------------------------------------------------------------------------------


def test_rebinding(secret: BadServer) -> None:
    """The second look-up says something else: whoever looks up twice is led inside."""
    names = Names(x_example=[["127.0.0.2"], ["127.0.0.1"]])
    with BadServer("127.0.0.2") as front, make(allow_networks=[ip_network("127.0.0.2/32")], resolve=names) as fetcher:
        front.on("/", reply(200, b"x"))
        for _ in range(3):
            assert isinstance(fetcher.fetch(front.url("/", "x.example")), Fetched)
        assert names.asked == ["x.example"]
        fetcher.close()
        blocked(fetcher.fetch(front.url("/", "x.example")))
        assert (len(names.asked), front.connections) == (2, 1)


def test_a_kept_connection_that_leads_elsewhere_is_not_used() -> None:
    """Whatever may have happened to it: who it is connected to is looked at again at each request."""
    with BadServer("127.0.0.1") as server, BadServer("127.0.0.2") as inside, make() as fetcher:
        for one in (server, inside):
            one.on("/", reply(200, b"x"))
        assert isinstance(fetcher.fetch(server.url("/")), Fetched)
        pools = fetcher._transport.poolmanager.pools
        [pool] = [pools[key] for key in pools.keys()]  # noqa: SIM118 - urllib3's container is no mapping to walk over
        with exchanging(fetcher._guard, 5):
            kept = pool._get_conn()
        kept.sock.close()
        kept.sock = socket.create_connection(("127.0.0.2", inside.port))
        pool._put_conn(kept)
        assert "another address" in blocked(fetcher.fetch(server.url("/"))).reason
        assert inside.asked == []
        assert isinstance(fetcher.fetch(server.url("/")), Fetched)


def test_a_kept_connection_to_somewhere_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as sock:
        _check_peer(sock, listener.getsockname())
        with pytest.raises(Blocked):
            _check_peer(sock, ("127.0.0.2", listener.getsockname()[1]))


def test_a_dead_address_before_a_living_one() -> None:
    with BadServer("127.0.0.1") as server:
        server.on("/", reply(200, b"x"))
        with make(resolve=Names(x_example=[["127.0.0.3", "127.0.0.1"]])) as fetcher:
            assert isinstance(fetcher.fetch(server.url("/", "x.example")), Fetched)
        if socket.has_ipv6:
            with make(resolve=Names(x_example=[["::1", "127.0.0.1"]])) as fetcher:
                assert isinstance(fetcher.fetch(server.url("/", "x.example")), Fetched)


def test_a_silent_address_before_a_living_one() -> None:
    """An IPv6 route that swallows everything must leave time for IPv4."""
    with BadServer("127.0.0.1") as server, socket.socket() as silent:
        silent.bind(("127.0.0.3", server.port))
        silent.listen(0)
        fill = [socket.socket() for _ in range(4)]
        for sock in fill:
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.3", server.port))
        server.on("/", reply(200, b"x"))
        with make(timeout_s=2, resolve=Names(x_example=[["127.0.0.3", "127.0.0.1"]])) as fetcher:
            result = fetcher.fetch(server.url("/", "x.example"))
        for sock in fill:
            sock.close()
    assert isinstance(result, Fetched)
    assert result.took_s < 1.9


def test_all_addresses_refuse() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with make(resolve=Names(x_example=[["127.0.0.3", "127.0.0.1"]])) as fetcher:
        result = fetcher.fetch(f"http://x.example:{port}/")
    assert isinstance(result, FetchFailed)
    assert "refused the connection" in result.reason


# -- proxies ------------------------------------------------------------------------------------------------------------

PROXY_VARIABLES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    for name in ("NO_PROXY", "no_proxy", *PROXY_VARIABLES):
        monkeypatch.delenv(name, raising=False)

    def set_proxy(url: str) -> None:
        for name in PROXY_VARIABLES:
            monkeypatch.setenv(name, url)

    return set_proxy


def test_the_environments_proxy_is_ignored(environment: Callable[[str], None]) -> None:
    with BadServer() as proxy, BadServer() as server, make() as fetcher:
        environment(proxy.url())
        server.on("/", reply(200, b"x"))
        assert isinstance(fetcher.fetch(server.url("/")), Fetched)
        assert isinstance(fetcher.post(server.url("/"), b"", {}), Answer)
        assert proxy.connections == 0


def test_the_environments_proxy_if_wanted(environment: Callable[[str], None]) -> None:
    with BadServer() as proxy, make(use_environment_proxy=True, allow_networks=()) as fetcher:
        environment(proxy.url())
        proxy.on("http://x.example/feed", reply(200, b"x"))
        assert isinstance(fetcher.fetch("http://x.example/feed"), Fetched)


def test_a_proxy_of_another_kind_is_named_and_not_used(environment: Callable[[str], None]) -> None:
    with BadServer() as proxy, make(use_environment_proxy=True) as fetcher:
        environment(f"socks5://127.0.0.1:{proxy.port}")
        result = fetcher.fetch("http://x.example/")
        assert isinstance(result, FetchFailed)
        assert "proxy is of another kind" in result.reason
        assert proxy.connections == 0


def test_a_proxy_by_setting(environment: Callable[[str], None]) -> None:
    with BadServer() as proxy, make(proxy=proxy.url("", "anna:geheim@127.0.0.1"), allow_networks=()) as fetcher:
        environment("http://127.0.0.1:1")
        proxy.on("http://x.example/feed", reply(200, b"x"))
        for _ in range(2):
            assert isinstance(fetcher.fetch("http://x.example/feed"), Fetched)
        assert proxy.connections == 1
        assert proxy.asked[0].headers["proxy-authorization"] == "Basic YW5uYTpnZWhlaW0="
        for url in ("http://127.0.0.1/x", "http://localhost./x", "http://[::1]/x", "http://2130706433/x"):
            blocked(fetcher.fetch(url))
        for url in ("http://x.example:22/", "http://x.localhost/", "https://169.254.169.254/"):
            blocked(fetcher.fetch(url))
        assert len(proxy.asked) == 2


def test_tls_through_a_proxy(environment: Callable[[str], None]) -> None:
    with BadServer(tls=TLS / "good.pem") as server, BadServer() as proxy:
        server.on("/feed", reply(200, b"x" * 50_000))
        proxy.on("good.test:443", tunnel(server.port))
        with make(proxy=proxy.url(), ca_bundle=str(TLS / "authority.pem"), allow_networks=()) as fetcher:
            for _ in range(2):
                assert isinstance(fetcher.fetch("https://good.test/feed"), Fetched)
        assert [asked.path for asked in proxy.asked] == ["good.test:443"]


def tunnel(port: int) -> Script:
    def relay(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)

    def script(talk: Talk, asked: Asked) -> bool:
        talk.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", port)) as onward:
            back = threading.Thread(target=relay, args=(onward, talk.sock))
            back.start()
            relay(talk.sock, onward)
            back.join()
        return False

    return script


def test_a_proxy_that_fails(environment: Callable[[str], None]) -> None:
    with BadServer() as proxy, make(proxy=proxy.url("", "anna:geheim@127.0.0.1")) as fetcher:
        url = proxy.url()
        result = fetcher.fetch("https://x.example/feed")
        assert isinstance(result, FetchFailed)
        assert "the proxy" in result.reason
        assert proxy.asked[0].line.startswith("CONNECT x.example:443 ")
    with make(proxy=url) as fetcher:
        result = fetcher.fetch("http://x.example/feed")
        assert isinstance(result, FetchFailed)
        assert "the proxy cannot be reached" in result.reason
