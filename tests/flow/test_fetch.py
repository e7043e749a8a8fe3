"""The fetcher against a server that does what servers should not."""

import contextlib
import gzip
import inspect
import os
import random
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.badserver import (
    Asked,
    BadServer,
    Script,
    Talk,
    chunked,
    drip,
    endless,
    hang,
    in_turn,
    message,
    raw,
    reply,
    reset,
    unless_matching,
)
from tests.timing import check_cpu_s, check_passed_s
from worker import box, sandbox
from worker.channels import WebhookChannel
from worker.errors import SettingsError
from worker.fetch import MAX_BYTES, MAX_WIRE_BYTES, MOST_HOPS, Answer, Fetcher, host_of, masked
from worker.model import FailureKind, Fetched, FetchFailed, Hop, NotModified, Validators
from worker.settings.tables import HttpSettings
from worker.transport import HEADER_BYTES

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
NOW = datetime(2025, 12, 3, 15, 35, tzinfo=UTC)
TLS = Path(__file__).parent.parent / "cases" / "tls"
AGENT = "feedwacht/test (+https://feedwacht.example/)"
MIB = 1 << 20


@pytest.fixture
def server() -> Iterator[BadServer]:
    with BadServer() as one:
        yield one


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with make() as one:
        yield one


def gz(data: bytes, level: int = 9) -> bytes:
    """The same bytes for the same data, whatever the time is."""
    return gzip.compress(data, level, mtime=0)


def make(**options: object) -> Fetcher:
    given = {"user_agent": AGENT, "allow_networks": LOOPBACK, "allow_ports": (80, 443), "clock": lambda: NOW}
    return Fetcher(**{**given, **options})  # type: ignore[arg-type]


def local(*names: str) -> Callable[[str, int], list[tuple[int, int, int, str, tuple[str, int]]]]:
    """A name service that knows these names, all at 127.0.0.1."""

    def resolve(host: str, port: int) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        if host.rstrip(".") not in names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", port))]

    return resolve


def fetched(result: object) -> Fetched:
    assert isinstance(result, Fetched), result
    return result


def failed(result: object) -> FetchFailed:
    assert isinstance(result, FetchFailed), result
    assert len(result.reason) <= 300
    assert result.reason.isprintable()
    assert "Traceback" not in result.reason and "Error(" not in result.reason
    return result


# -- what is asked ------------------------------------------------------------------------------------------------------


def test_a_plain_fetch(server: BadServer, fetcher: Fetcher) -> None:
    url = server.on("/feed", reply(200, b"<rss/>", Content_Type="application/rss+xml", ETag='"1"'))
    result = fetched(fetcher.fetch(url))
    assert (result.body, result.url, result.status, result.hops) == (b"<rss/>", url, 200, ())
    assert result.headers["content-type"] == "application/rss+xml"
    assert result.validators == Validators(url=url, etag='"1"')
    assert 0 < result.took_s < 5


def test_what_is_sent_and_what_is_not(server: BadServer, fetcher: Fetcher) -> None:
    url = server.on("/feed", reply(200, b"x", Set_Cookie="a=b; Path=/"))
    fetcher.fetch(url)
    fetcher.fetch(url)
    headers = server.asked[1].headers
    assert headers["user-agent"] == AGENT
    assert headers["accept-encoding"] == "gzip"
    assert "application/rss+xml" in headers["accept"]
    assert set(headers) == {"host", "user-agent", "accept", "accept-encoding"}


def test_repeated_headers_are_joined(server: BadServer, fetcher: Fetcher) -> None:
    server.on("/", raw(b"HTTP/1.1 200 OK\r\nLink: <a>\r\nLINK: <b>\r\nContent-Length: 0\r\n\r\n"))
    assert fetched(fetcher.fetch(server.url())).headers["link"] == "<a>, <b>"


def test_connections_are_kept(server: BadServer, fetcher: Fetcher) -> None:
    server.on("/a", reply(200, b"a" * 100_000))
    server.on("/b", reply(304))
    server.on("/c", chunked(b"c", b"c"))
    server.on("/d", reply(200, gz(b"d"), Content_Encoding="gzip"))
    for _ in range(2):
        for path in "abcd":
            url = server.url(f"/{path}")
            fetcher.fetch(url, Validators(url=url, etag='"1"'))
    assert server.connections == 1


def test_a_kept_connection_that_was_closed_is_no_failure(server: BadServer, fetcher: Fetcher) -> None:
    def close_at_the_next_request(talk: Talk, asked: Asked) -> bool:
        talk.send(message(200, b"x"))
        talk.sock.settimeout(5)
        talk.sock.recv(65_536)  # what comes next is read, and never answered
        return False

    url = server.on("/", in_turn(close_at_the_next_request, reply(200, b"y")))
    assert fetched(fetcher.fetch(url)).body == b"x"
    assert fetched(fetcher.fetch(url)).body == b"y"
    assert server.connections == 2


def test_several_kept_connections_that_were_closed_are_no_failure(server: BadServer, fetcher: Fetcher) -> None:
    both = threading.Barrier(2)

    def close_at_the_next_request(talk: Talk, asked: Asked) -> bool:
        both.wait(5)
        talk.send(message(200, b"x"))
        talk.sock.settimeout(5)
        talk.sock.recv(65_536)
        return False

    url = server.on("/", in_turn(close_at_the_next_request, close_at_the_next_request, reply(200, b"y")))
    threads = [threading.Thread(target=fetcher.fetch, args=(url,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.connections == 2
    assert fetched(fetcher.fetch(url)).body == b"y"


def test_many_threads(server: BadServer, fetcher: Fetcher) -> None:
    url = server.on("/", unless_matching('"1"', reply(200, b"x" * 9000, ETag='"1"'), reply(304)))
    results: list[object] = []

    def work() -> None:
        results.extend(fetcher.fetch(url, Validators(url=url, etag='"1"' if i % 2 else None)) for i in range(20))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(result, Fetched) for result in results) == 80
    assert sum(isinstance(result, NotModified) for result in results) == 80


# -- conditional requests -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("etag", ['"abc"', 'W/"abc"', "naked", '"a b, c"', '"ü\xff"', "''", '"' + "e" * 8000 + '"'])
def test_validators_go_back_byte_for_byte(server: BadServer, fetcher: Fetcher, etag: str) -> None:
    date = "Wed, 03 Dec 2025 15:35:00 GMT"
    url = server.on("/feed", reply(200, b"x", ETag=etag, Last_Modified=date))
    validators = fetched(fetcher.fetch(url)).validators
    assert (validators.etag, validators.last_modified) == (etag, date)
    fetcher.fetch(url, validators)
    assert server.asked[1].headers["if-none-match"] == etag
    assert server.asked[1].headers["if-modified-since"] == date


@pytest.mark.parametrize("etag", ['"' + "e" * 8192 + '"', '"a\x01b"', '"a\x7f"', '"a\tb"', "", " "])
def test_unusable_etags_are_not_kept_nor_sent(server: BadServer, fetcher: Fetcher, etag: str) -> None:
    url = server.on("/feed", reply(200, b"x", ETag=etag))
    assert fetched(fetcher.fetch(url)).validators == Validators(url=url)
    fetcher.fetch(url, Validators(url=url, etag=etag))
    assert "if-none-match" not in server.asked[1].headers


def test_a_date_without_an_etag(server: BadServer, fetcher: Fetcher) -> None:
    url = server.on("/feed", reply(304))
    result = fetcher.fetch(url, Validators(url=url, last_modified="gestern"))
    assert isinstance(result, NotModified)
    assert server.asked[0].headers["if-modified-since"] == "gestern"
    assert "if-none-match" not in server.asked[0].headers


def test_a_304_keeps_or_renews_validators(server: BadServer, fetcher: Fetcher) -> None:
    url = server.on("/feed", in_turn(reply(304), reply(304, ETag='"2"'), reply(304, ETag='"x\x02"')))
    ours = Validators(url=url, etag='"1"', last_modified="Wed, 03 Dec 2025 15:35:00 GMT")
    results = [fetcher.fetch(url, ours) for _ in range(3)]
    etags = [result.validators.etag for result in results if isinstance(result, NotModified)]
    assert etags == ['"1"', '"2"', '"1"']
    assert all(r.validators.last_modified == ours.last_modified for r in results if isinstance(r, NotModified))


@pytest.mark.parametrize("validators", [None, Validators(), Validators(url="https://elsewhere.example/", etag='"1"')])
def test_a_304_that_was_not_asked_for(server: BadServer, fetcher: Fetcher, validators: Validators | None) -> None:
    result = failed(fetcher.fetch(server.on("/feed", reply(304)), validators))
    assert (result.kind, result.status) == (FailureKind.TEMPORARY, 304)
    assert "304" in result.reason
    assert "if-none-match" not in server.asked[0].headers


def test_validators_go_only_to_the_address_that_gave_them(server: BadServer, fetcher: Fetcher) -> None:
    start = server.on("/start", reply(302, Location="/feed"))
    url = server.on("/feed", unless_matching('"1"', reply(200, b"x", ETag='"1"'), reply(304)))
    first = fetched(fetcher.fetch(start))
    assert first.validators.url == url
    second = fetcher.fetch(start, first.validators)
    assert isinstance(second, NotModified)
    assert (second.url, second.hops) == (url, (Hop(status=302, url=url),))
    assert ["if-none-match" in asked.headers for asked in server.asked] == [False, False, False, True]


def test_other_spellings_of_the_address_are_the_same_address(server: BadServer, fetcher: Fetcher) -> None:
    server.on("/feed%20a", reply(304))
    result = fetcher.fetch(server.url("/feed a#top"), Validators(url=server.url("/feed a"), etag='"1"'))
    assert isinstance(result, NotModified)


def test_a_304_with_a_body_length_or_chunks(server: BadServer, fetcher: Fetcher) -> None:
    url = server.url("/feed")
    for more in ("Content-Length: 5501", "Transfer-Encoding: chunked"):
        server.on("/feed", raw(f"HTTP/1.1 304 Not Modified\r\n{more}\r\n\r\n".encode(), keep=True))
        assert isinstance(fetcher.fetch(url, Validators(url=url, etag='"1"')), NotModified)


# -- redirects ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_and_listed(server: BadServer, fetcher: Fetcher, status: int) -> None:
    server.on("/a/start?x=1", reply(status, b"moved", Location="../b/feed?y=2#part"))
    server.on("/b/feed?y=2", reply(200, b"x"))
    result = fetched(fetcher.fetch(server.url("/a/start?x=1#top")))
    assert result.url == server.url("/b/feed?y=2")
    assert result.hops == (Hop(status=status, url=server.url("/b/feed?y=2")),)


def test_locations_of_all_kinds(server: BadServer, fetcher: Fetcher) -> None:
    server.on("/%C3%BC%20b", reply(200, b"x"))
    host = f"127.0.0.1:{server.port}"
    places = (f"//{host}/ü b", f"HTTP://{host}/%C3%BC%20b", "/%c3%bc b", "%C3%BC b")
    for place in places:
        server.on("/r", raw(f"HTTP/1.1 302 F\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode()))
        assert fetched(fetcher.fetch(server.url("/r"))).body == b"x", place


def test_five_redirects_and_no_more(server: BadServer, fetcher: Fetcher) -> None:
    for n in range(9):
        server.on(f"/{n}", reply(301, Location=f"/{n + 1}"))
    server.on("/5", reply(200, b"x"))
    assert len(fetched(fetcher.fetch(server.url("/0"))).hops) == 5
    server.on("/5", reply(301, Location="/6"))
    result = failed(fetcher.fetch(server.url("/0")))
    assert (result.kind, len(result.hops)) == (FailureKind.TEMPORARY, 5)
    assert "redirects" in result.reason
    assert "/6" not in server.paths


def test_a_circle(server: BadServer, fetcher: Fetcher) -> None:
    server.on("/a", reply(302, Location="/b"))
    server.on("/b", reply(302, Location="/a#again"))
    assert "circle" in failed(fetcher.fetch(server.url("/a"))).reason
    assert server.paths == ["/a", "/b"]


@pytest.mark.parametrize("packed", [False, True])
def test_a_redirects_body_is_not_read(server: BadServer, fetcher: Fetcher, packed: bool) -> None:
    sent: list[int] = []
    coding = "Content-Encoding: gzip\r\n" if packed else ""
    block = endless(f"HTTP/1.1 302 F\r\nLocation: /feed\r\n{coding}\r\n".encode(), b"<html>")

    def script(talk: Talk, asked: Asked) -> bool:
        block(talk, asked)
        sent.append(talk.sent_bytes)
        return False

    server.on("/r", script)
    server.on("/feed", reply(200, b"x"))
    assert fetched(fetcher.fetch(server.url("/r"))).body == b"x"
    server.close()
    assert sent[0] < 16 * MIB  # what fits into the two sockets' buffers


@pytest.mark.parametrize(
    "place", ["ftp://x.example/", "file:///etc/passwd", "javascript:alert(1)", "gopher://127.0.0.1:25/", "data:,x"]
)
def test_redirects_to_other_schemes(server: BadServer, fetcher: Fetcher, place: str) -> None:
    result = failed(fetcher.fetch(server.on("/r", reply(302, Location=place))))
    assert result.kind is FailureKind.REFUSED
    assert "http" in result.reason


@pytest.mark.parametrize("place", ["", "http://", "http://[::1", "http://x:99999/", "http://a..b:80:80/", "//:80"])
def test_redirects_to_nowhere(server: BadServer, fetcher: Fetcher, place: str) -> None:
    assert failed(fetcher.fetch(server.on("/r", reply(302, Location=place)))).kind is not FailureKind.THROTTLED
    assert server.paths == ["/r"]


def test_a_redirect_without_a_location(server: BadServer, fetcher: Fetcher) -> None:
    result = failed(fetcher.fetch(server.on("/r", reply(301, b"moved"))))
    assert result.kind is FailureKind.TEMPORARY
    assert "301" in result.reason


def test_a_failure_behind_a_redirect_names_both_hosts(server: BadServer, fetcher: Fetcher) -> None:
    server.on("/r", reply(302, Location="http://nowhere.example/"))
    result = failed(fetcher.fetch(server.url("/r")))
    assert result.reason.startswith("nowhere.example: the name cannot be resolved")
    assert f"127.0.0.1:{server.port}" in result.reason
    assert result.hops == (Hop(status=302, url="http://nowhere.example/"),)


# -- credentials --------------------------------------------------------------------------------------------------------


def test_credentials_go_to_their_origin_only(server: BadServer) -> None:
    with BadServer() as other, make() as fetcher:
        server.on("/start", reply(302, Location=other.url("/middle", "u:p@127.0.0.1")))
        other.on("/middle", reply(302, Location=server.url("/feed")))
        server.on("/feed", reply(200, b"x", ETag='"1"'))
        result = fetched(fetcher.fetch(server.url("/start", "an%40na:ge:h%C3%A4im@127.0.0.1")))
    basic = "Basic YW5AbmE6Z2U6aMOkaW0="  # an@na:ge:häim
    assert [asked.headers.get("authorization") for asked in server.asked] == [basic, basic]
    assert "authorization" not in other.asked[0].headers
    assert "an" not in result.url.partition("127")[0]
    assert "@" not in repr(result)


def test_credentials_stay_out_of_reasons(server: BadServer, fetcher: Fetcher) -> None:
    server.on("/", reply(401))
    secret = "g3heim"
    urls = [
        server.url("/", f"anna:{secret}@127.0.0.1"),
        f"http://anna:{secret}@nowhere.example/",
        f"http://anna:{secret}@10.0.0.1/",
        f"ftp://anna:{secret}@x.example/",
        f"http://anna:{secret}@x.example:99999/",
        f"http://anna:{secret}@{'a' * 64}.de/",
        f"http://anna:{secret}@/",
        f"http://anna:{secret}/x@a..b/",
    ]
    for url in urls:
        assert secret not in repr(fetcher.fetch(url)), url
        assert secret not in repr(fetcher.post(url, b"", {})), url


def test_no_netrc(server: BadServer, fetcher: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login anna password geheim\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    fetcher.fetch(server.url("/"))
    assert "authorization" not in server.asked[0].headers


def test_masked() -> None:
    assert masked("https://anna:geheim@x.example/feed") == "https://***@x.example/feed"
    assert masked("https://x.example/feed?a=b@c") == "https://x.example/feed?a=b@c"


# -- statuses -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, FailureKind.REFUSED),
        (401, FailureKind.REFUSED),
        (403, FailureKind.REFUSED),
        (404, FailureKind.REFUSED),
        (407, FailureKind.REFUSED),
        (410, FailureKind.GONE),
        (418, FailureKind.REFUSED),
        (429, FailureKind.TEMPORARY),
        (451, FailureKind.REFUSED),
        (500, FailureKind.TEMPORARY),
        (502, FailureKind.TEMPORARY),
        (503, FailureKind.TEMPORARY),
        (520, FailureKind.TEMPORARY),
        (599, FailureKind.TEMPORARY),
        (101, FailureKind.TEMPORARY),
        (103, FailureKind.TEMPORARY),
        (204, FailureKind.TEMPORARY),
        (206, FailureKind.TEMPORARY),
        (299, FailureKind.TEMPORARY),
        (300, FailureKind.TEMPORARY),
        (305, FailureKind.TEMPORARY),
        (999, FailureKind.TEMPORARY),
    ],
)
def test_statuses(server: BadServer, fetcher: Fetcher, status: int, kind: FailureKind) -> None:
    result = failed(fetcher.fetch(server.on("/", reply(status, b"<b>geheim</b>"))))
    assert (result.kind, result.status, result.retry_after_s) == (kind, status, None)
    assert str(status) in result.reason
    assert f"127.0.0.1:{server.port}" in result.reason
    assert "geheim" not in result.reason


def test_the_answer_after_early_hints_poisons_nothing(server: BadServer, fetcher: Fetcher) -> None:
    server.on("/hints", raw(b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" + message(200, b"hinted"), keep=True))
    server.on("/feed", reply(200, b"x"))
    failed(fetcher.fetch(server.url("/hints")))
    assert fetched(fetcher.fetch(server.url("/feed"))).body == b"x"


def test_226_is_a_success(server: BadServer, fetcher: Fetcher) -> None:
    assert fetched(fetcher.fetch(server.on("/", reply(226, b"x", IM="feed")))).status == 226


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("60", 60),
        (" 120 ", 120),
        ("86400", 86_400),
        ("315360000", 86_400),
        ("Wed, 03 Dec 2025 15:37:00 GMT", 120),
        ("Wednesday, 03-Dec-25 15:37:00 GMT", 120),
        ("Wed Dec  3 15:37:00 2025", 120),
        ("Wed, 03 Dec 2035 15:37:00 GMT", 86_400),
        ("Wed, 03 Dec 2025 15:34:00 GMT", None),
        ("0", None),
        ("-5", None),
        ("+5", None),
        ("1.5", None),
        ("bald", None),
        ("", None),
        ("9" * 5000, None),
        ("²", None),
        ("٣", None),
        ("60, 120", None),
        ("Wed, 99 Dec 2025 99:99:99 GMT", None),
        ("Wed, 03 Dec 99999999999 15:37:00 GMT", None),
    ],
)
def test_retry_after(server: BadServer, fetcher: Fetcher, status: int, value: str, wait_s: float | None) -> None:
    sent = value.encode().decode("latin-1")
    result = failed(fetcher.fetch(server.on("/", reply(status, Retry_After=sent))))
    assert result.retry_after_s == wait_s
    assert result.kind is (FailureKind.TEMPORARY if wait_s is None else FailureKind.THROTTLED)


def test_retry_after_of_other_statuses_is_not_heeded(server: BadServer, fetcher: Fetcher) -> None:
    assert failed(fetcher.fetch(server.on("/", reply(404, Retry_After="60")))).retry_after_s is None


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (403, {"cf-mitigated": "challenge"}),
        (503, {"CF-Mitigated": "Challenge", "Retry-After": "60"}),
        (202, {"x-amzn-waf-action": "challenge"}),
        (405, {"x-amzn-waf-action": "captcha"}),
        (429, {"x-vercel-mitigated": "challenge"}),
        (202, {"sg-captcha": "challenge"}),
        (200, {"cf-mitigated": "challenge"}),
        (302, {"sg-captcha": "challenge", "Location": "/.well-known/captcha/"}),
        (403, {"x-datadome": "protected"}),
    ],
)
def test_bot_protection(server: BadServer, fetcher: Fetcher, status: int, headers: dict[str, str]) -> None:
    result = failed(fetcher.fetch(server.on("/", reply(status, b"<html>", **headers))))
    assert result.kind is FailureKind.REFUSED
    assert "blocked by bot protection" in result.reason


def test_a_shield_that_lets_us_pass(server: BadServer, fetcher: Fetcher) -> None:
    assert fetched(fetcher.fetch(server.on("/", reply(200, b"x", x_datadome="protected")))).body == b"x"


# -- bodies -------------------------------------------------------------------------------------------------------------


def packed(data: bytes, **headers: str) -> Script:
    return reply(200, data, **{"Content_Encoding": "gzip", **headers})


@pytest.mark.parametrize("coding", ["gzip", "GZip", "x-gzip", " gzip "])
def test_gzip(server: BadServer, fetcher: Fetcher, coding: str) -> None:
    body = b"<rss>" * 50_000
    assert fetched(fetcher.fetch(server.on("/", packed(gz(body), Content_Encoding=coding)))).body == body


def test_members_of_gzip_are_read_whole(server: BadServer, fetcher: Fetcher) -> None:
    members = b"".join(gz(b"%06d" % n * 40) for n in range(400))
    assert len(fetched(fetcher.fetch(server.on("/", packed(members)))).body) == 400 * 240
    assert fetched(fetcher.fetch(server.on("/", packed(gz(b"a") + b"\0" * 64)))).body == b"a"
    assert fetched(fetcher.fetch(server.on("/", packed(gz(b"a") + b"\r\n")))).body == b"a"


def test_an_empty_body_is_a_body(server: BadServer, fetcher: Fetcher) -> None:
    assert fetched(fetcher.fetch(server.on("/", packed(b"")))).body == b""
    assert fetched(fetcher.fetch(server.on("/", reply(200)))).body == b""


@pytest.mark.parametrize(
    "body",
    [
        gz(b"<rss/>" * 1000)[:-1],
        gz(b"<rss/>" * 1000)[:30],
        gz(b"a") + gz(b"b" * 500)[:-4],
        gz(b"<rss/>")[:-8] + b"\0" * 8,  # wrong checksum
        b"<rss/>",
        zlib.compress(b"<rss/>"),
        b"\x1f\x8b",
        gz(gz(b"<rss/>")),
    ],
)
def test_broken_gzip(server: BadServer, fetcher: Fetcher, body: bytes) -> None:
    result = failed(fetcher.fetch(server.on("/", packed(body))))
    assert result.kind is FailureKind.TEMPORARY
    assert "packed" in result.reason or "gzip" in result.reason


@pytest.mark.parametrize(
    "coding", ["br", "zstd", "deflate", "compress", "gzip, gzip", "gzip, br", "aws-chunked", "x\x0by"]
)
def test_other_codings_are_refused_by_name(server: BadServer, fetcher: Fetcher, coding: str) -> None:
    result = failed(fetcher.fetch(server.on("/", packed(gz(b"x"), Content_Encoding=coding))))
    assert coding[:2].strip() in result.reason


def test_a_gzip_file_is_no_document(server: BadServer, fetcher: Fetcher) -> None:
    assert "gzip" in failed(fetcher.fetch(server.on("/", reply(200, gz(b"<rss/>"))))).reason


@pytest.fixture
def patient() -> Iterator[Fetcher]:
    """For what is bounded by its size: on a busy machine millions of small pieces take longer than a feed may."""
    with make(timeout_s=300) as fetcher:
        yield fetcher


def test_limits_on_the_wire(server: BadServer, patient: Fetcher) -> None:
    most = random.Random(1).randbytes(4 * MIB)
    for script in (reply(200, most), raw(message(200, most, length=False)), chunked(most[: 2 * MIB], most[2 * MIB :])):
        assert fetched(patient.fetch(server.on("/", script))).body == most
    for script in (
        reply(200, most + b"x"),
        raw(message(200, most + b"x", length=False)),
        chunked(most, b"x"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5368709120\r\n\r\n<rss>"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 4000 + b"\r\n\r\n<rss>"),
        endless(b"HTTP/1.1 200 OK\r\n\r\n", b"<item/>"),
        endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"7\r\n<item/>\r\n"),
        endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ):
        result = failed(patient.fetch(server.on("/", script)))
        assert result.kind is FailureKind.TEMPORARY
        assert "larger than 4 MiB on the wire" in result.reason


def test_a_big_feed_is_taken_whole(server: BadServer, fetcher: Fetcher) -> None:
    body = random.Random(2).randbytes(3 * MIB)
    assert fetched(fetcher.fetch(server.on("/", reply(200, body)))).body == body


def test_limits_after_unpacking(server: BadServer, fetcher: Fetcher) -> None:
    most = bytes(16 * MIB)
    assert len(fetched(fetcher.fetch(server.on("/", packed(gz(most, 1))))).body) == 16 * MIB
    result = failed(fetcher.fetch(server.on("/", packed(gz(most + b"x", 1)))))
    assert "larger than 16 MiB" in result.reason
    members = gz(bytes(MIB)) * 40
    assert "larger than 16 MiB" in failed(fetcher.fetch(server.on("/", packed(members)))).reason


def test_a_bomb_costs_little(server: BadServer, fetcher: Fetcher) -> None:
    bomb = gz(bytes(256 * MIB), 1)
    url = server.on("/", packed(bomb))
    before = resident_bytes()
    failed(fetcher.fetch(url))
    assert resident_bytes() - before < 40 * MIB


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_empty_members_cost_little(server: BadServer, fetcher: Fetcher) -> None:
    url = server.on("/", packed(gz(b"") * 180_000))
    assert "parts" in failed(check_cpu_s(3, lambda: fetcher.fetch(url))).reason


# -- frames -------------------------------------------------------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKS = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        raw(b""),
        reset,
        raw(b"<rss/>"),
        raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
        raw(b"220 mail.example ESMTP\r\n"),
        raw(b"\x15\x03\x01\x00\x02\x02\x16"),
        raw(random.Random(3).randbytes(4000)),
        raw(b"HTTP/1.1 abc OK\r\n\r\n"),
        raw(b"HTTP/1.1 -1 OK\r\n\r\n"),
        raw(b"HTTP/2 200 OK\r\n\r\nx"),
        raw(b"HTTP/9.9 200 OK\r\n\r\nx"),
        raw(HEAD + b"Content-Length: 100\r\n\r\nshort"),
        raw(HEAD + b"Content-Length: 5, 6\r\n\r\nshort"),
        raw(CHUNKS + b"5\r\nhello\r\n"),
        raw(CHUNKS + b"5\r\nhel"),
        raw(CHUNKS + b"-5\r\nhello\r\n0\r\n\r\n"),
        raw(CHUNKS + b"zz\r\nhello\r\n0\r\n\r\n"),
        raw(CHUNKS + b"ffffffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
        raw(CHUNKS + b"5" * 70_000 + b"\r\nhello"),
        raw(CHUNKS),
        raw(HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello"),
        raw(HEAD + b"A: b\r\n" * 120 + b"\r\n"),
        raw(HEAD + b"X: " + b"y" * 70_000 + b"\r\n\r\n"),
        raw(HEAD + (b"X: " + b"y" * 60_000 + b"\r\n") * 90 + b"\r\n"),
        endless(HEAD + b"X: ", b"y"),
        endless(HEAD, b"X: y\r\n"),
        endless(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
        endless(b"", b"\r\n"),
        endless(CHUNKS + b"1\r\nx\r\n0\r\n", b"Trailer: x\r\n"),
        endless(CHUNKS + b"1;", b"extension;"),
    ],
)
def test_frames_that_are_no_answer(server: BadServer, fetcher: Fetcher, answer: Script) -> None:
    url = server.on("/", answer)
    result = failed(check_passed_s(10, lambda: fetcher.fetch(url)))
    assert result.kind is FailureKind.TEMPORARY
    assert result.reason.startswith(f"127.0.0.1:{server.port}: ")
    assert "exchange failed" not in result.reason


def test_frames_that_are_odd_but_whole(server: BadServer, fetcher: Fetcher) -> None:
    for answer in (
        raw(b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello"),
        raw(b"HTTP/1.0 200 OK\r\n\r\nhello"),
        raw(b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"),
        raw(HEAD + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
        raw(HEAD + b"Content-Length: -5\r\n\r\nhello"),
        raw(HEAD + b"Content-Length: many\r\n\r\nhello"),
        raw(HEAD + b"Content-Length: 5\r\n\r\nhello and more"),
        raw(HEAD + b"No colon here\r\nContent-Length: 5\r\n\r\nhello"),
        raw(CHUNKS + b"5;ext=1\r\nhello\r\n0\r\nTrailer: x\r\n\r\n"),
        raw(b"HTTP/1.1 100 Continue\r\n\r\n" + message(200, b"hello")),
    ):
        assert b"hello" in fetched(fetcher.fetch(server.on("/", answer))).body


def test_foreign_words_do_not_reach_the_log(
    server: BadServer, fetcher: Fetcher, caplog: pytest.LogCaptureFixture
) -> None:
    fetcher.fetch(server.on("/", raw(HEAD + b"forged line\r\nContent-Length: 1\r\n\r\nx")))
    fetcher.fetch(server.on("/", raw(HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n")))
    assert not caplog.records


WHOLE = (
    message(200, gz(b"<rss/>" * 50), Content_Encoding="gzip", ETag='"1"'),
    CHUNKS + b"6\r\n<rss/>\r\n0\r\n\r\n",
    message(301, b"moved", Location="/feed?page=2"),
    message(503, b"later", Retry_After="Wed, 03 Dec 2025 15:37:00 GMT"),
)


@pytest.mark.parametrize("seed", range(150))
def test_mangled_answers_are_values(server: BadServer, seed: int) -> None:
    dice = random.Random(seed)
    data = bytearray(WHOLE[seed % len(WHOLE)])
    for _ in range(dice.randint(1, 6)):
        place = dice.randrange(len(data))
        data[place : place + dice.randint(0, 3)] = dice.randbytes(dice.randint(0, 3))
    with make(timeout_s=3) as fetcher:
        url = server.on("/", raw(bytes(data)))
        result = fetcher.fetch(url)
        assert isinstance(result, Fetched | NotModified) or failed(result)
        assert isinstance(answer := fetcher.post(url, b"{}", {}), Answer) or failed(answer)


# -- time ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        hang,
        drip(b"HTTP/1.1 200 OK\r\n\r\n"),
        drip(b"X: y\r\n" * 100, after=HEAD),
        drip(b"x" * 1000, after=HEAD + b"Content-Length: 1000\r\n\r\n"),
        drip(b"x" * 1000, after=HEAD + b"\r\n"),
        drip(b"1\r\nx\r\n" * 100, after=CHUNKS),
        drip(b"f" * 1000, after=CHUNKS),
        drip(gz(random.Random(4).randbytes(2000)), after=HEAD + b"Content-Encoding: gzip\r\n\r\n"),
        drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 40, step=25),
        drip(b"", after=HEAD + b"Content-Length: 10\r\n\r\nhalf"),
    ],
)
def test_one_deadline_holds_for_everything(server: BadServer, answer: Script) -> None:
    url = server.on("/", answer)
    began_s = time.monotonic()
    with make(timeout_s=0.6) as fetcher:
        result = failed(check_passed_s(2, lambda: fetcher.fetch(url)))
    assert time.monotonic() - began_s > 0.5
    assert result.kind is FailureKind.TEMPORARY
    assert "within 0.6 s" in result.reason


def test_the_deadline_is_for_all_redirects_together(server: BadServer) -> None:
    def late(talk: Talk, asked: Asked) -> bool:
        talk.pause(0.4)
        return talk.send(message(302, Location=f"{asked.path}x"))

    server.all_on((f"/{'x' * n}", late) for n in range(6))
    with make(timeout_s=1) as fetcher:
        result = failed(check_passed_s(2, lambda: fetcher.fetch(server.url("/"))))
    assert len(result.hops) == 2
    assert "1 s" in result.reason


def test_slow_but_in_time(server: BadServer) -> None:
    with make(timeout_s=10) as fetcher:
        whole = message(200, b"<rss/>")
        assert fetched(fetcher.fetch(server.on("/", drip(whole, every_s=0.005)))).body == b"<rss/>"


def test_a_server_that_takes_no_connection() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        fill = [socket.socket() for _ in range(4)]
        for sock in fill:
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
        with make(timeout_s=0.5) as fetcher:
            result = failed(fetcher.fetch(f"http://127.0.0.1:{port}/"))
        for sock in fill:
            sock.close()
    assert "within 0.5 s" in result.reason


def test_a_closed_port(fetcher: Fetcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    result = failed(fetcher.fetch(f"http://127.0.0.1:{port}/"))
    assert result.kind is FailureKind.TEMPORARY
    assert "refused the connection" in result.reason


# -- addresses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "/feed",
        "//x.example/",
        "www.x.example/feed",
        "http:",
        "http://",
        "http:///feed",
        "http://.../",
        "http://.x.example/",
        "http://*/",
        "http://x.example:99999/",
        "http://x.example:abc/",
        "http://[::1",
        "http://[zz]/",
        "http://x example/",
        "http://x\x00.example/",
        "http://\u2028/",
        "http://" + "ü" * 300 + "/",
        "http://☃️.☃️☃️/",
        "http://" + "a" * 64 + ".de/",
        "http://a..b/",
        "http://%6c%6f/",
        "http://x.example/" + "a" * 9000,
        "ftp://x.example/",
        "file:///etc/passwd",
        "feed:https://x.example/",
        "feed://x.example/",
        "httpx://x.example/",
        "javascript:alert(1)",
        "http://anna@/",
        "http://\ud800/",
        "http://x.example/\ud800",
        "a\nb: c",
    ],
)
def test_what_is_no_address(fetcher: Fetcher, url: str) -> None:
    for result in (fetcher.fetch(url), fetcher.post(url, b"", {})):
        assert failed(result).status is None, "nobody was asked"


def test_international_names(server: BadServer) -> None:
    with make(resolve=local("xn--osnabrck-c6a.test")) as fetcher:
        server.on("/feed", reply(200, b"x"))
        result = fetched(fetcher.fetch(server.url("/feed", "OSNABRÜCK.test")))
    assert result.url == server.url("/feed", "xn--osnabrck-c6a.test")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://WWW.x.de/feed/", "www.x.de:443"),
        ("http://www.x.de", "www.x.de:80"),
        ("http://www.x.de:80/", "www.x.de:80"),
        ("HTTPS://anna:geheim@www.x.de:8443/", "www.x.de:8443"),
        ("http://www.x.de./", "www.x.de:80"),
        ("http://[::1]:8080/", "[::1]:8080"),
        ("https://osnabrück.de/", "xn--osnabrck-c6a.de:443"),
        ("nonsense", ""),
    ],
)
def test_host_of(url: str, host: str) -> None:
    assert host_of(url) == host


# -- TLS ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def trusting() -> Iterator[Fetcher]:
    with make(ca_bundle=str(TLS / "authority.pem"), resolve=local("good.test")) as one:
        yield one


@pytest.mark.parametrize("host", ["good.test", "good.test.", "127.0.0.1"])
def test_tls(trusting: Fetcher, host: str) -> None:
    with BadServer(tls=TLS / "good.pem") as server:
        server.on("/feed", reply(200, b"x" * 100_000))
        for _ in range(2):
            assert len(fetched(trusting.fetch(server.url("/feed", host))).body) == 100_000
        assert server.connections == 1


@pytest.mark.parametrize(
    ("certificate", "host", "words"),
    [
        ("expired.pem", "good.test", "has expired"),
        ("early.pem", "good.test", "not valid yet"),
        ("self.pem", "good.test", "signed by itself"),
        ("other.pem", "good.test", "another name"),
        ("other.pem", "127.0.0.1", "another address"),
    ],
)
def test_certificates_that_are_not_accepted(trusting: Fetcher, certificate: str, host: str, words: str) -> None:
    with BadServer(tls=TLS / certificate) as server:
        result = failed(trusting.fetch(server.url("/", host)))
        assert result.kind is FailureKind.TEMPORARY
        assert words in result.reason
        assert not server.asked


def test_an_unknown_authority(fetcher: Fetcher) -> None:
    with BadServer(tls=TLS / "good.pem") as server:
        assert "authority" in failed(fetcher.fetch(server.url("/"))).reason
        assert not server.asked


def test_no_tls_where_it_should_be(fetcher: Fetcher) -> None:
    def answer(listener: socket.socket) -> None:
        with listener.accept()[0] as sock:
            sock.recv(65_536)
            sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        result = failed(fetcher.fetch(f"https://127.0.0.1:{listener.getsockname()[1]}/"))
        thread.join()
    assert "does not speak TLS" in result.reason


def test_the_deadline_holds_under_tls() -> None:
    with (
        BadServer(tls=TLS / "good.pem") as server,
        make(ca_bundle=str(TLS / "authority.pem"), timeout_s=0.6) as fetcher,
        socket.create_server(("127.0.0.1", 0)) as silent,
    ):
        server.on("/drip", drip(b"x" * 1000, after=HEAD + b"\r\n"))
        server.on("/endless", endless(HEAD + b"\r\n", b"<item/>"))
        assert "within 0.6 s" in failed(fetcher.fetch(server.url("/drip"))).reason
        assert "within 0.6 s" in failed(fetcher.fetch(f"https://127.0.0.1:{silent.getsockname()[1]}/")).reason
    with (
        BadServer(tls=TLS / "good.pem") as server,
        make(ca_bundle=str(TLS / "authority.pem"), max_wire_bytes=MIB) as fetcher,
    ):
        server.on("/endless", endless(HEAD + b"\r\n", b"<item/>"))
        assert "larger than 1 MiB" in failed(fetcher.fetch(server.url("/endless"))).reason


@contextlib.contextmanager
def talking(talk: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """A port where one connection is met in its own way until the end."""
    over = threading.Event()

    def serve(listener: socket.socket) -> None:
        with contextlib.suppress(OSError), listener.accept()[0] as sock:
            sock.settimeout(10)
            talk(sock, over)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield listener.getsockname()[1]
        over.set()
        thread.join()


def test_the_deadline_holds_for_a_handshake_that_drips() -> None:
    def drip_handshake(sock: socket.socket, over: threading.Event) -> None:
        sock.recv(65_536)
        sock.sendall(b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb\x03\x03")  # a ServerHello of 16 kB begins
        while not over.wait(0.05):
            sock.sendall(b"x")

    with talking(drip_handshake) as port, make(timeout_s=0.6) as fetcher:
        result = failed(fetcher.fetch(f"https://127.0.0.1:{port}/"))
    assert "within 0.6 s" in result.reason
    assert 0.5 < result.took_s < 1.5


def test_the_deadline_holds_for_a_receiver_that_reads_in_sips_under_tls() -> None:
    def sip(sock: socket.socket, over: threading.Event) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(TLS / "good.pem")
        with context.wrap_socket(sock, server_side=True) as tls:
            while not over.wait(0.1):
                tls.recv(16_384)

    with talking(sip) as port, make(ca_bundle=str(TLS / "authority.pem")) as fetcher:
        result = failed(fetcher.post(f"https://127.0.0.1:{port}/", bytes(16 * MIB), {}, timeout_s=0.6))
    assert "within 0.6 s" in result.reason
    assert 0.5 < result.took_s < 1.5


def test_the_deadline_is_for_the_name_and_all_that_follows_together() -> None:
    over = threading.Event()

    def slowly(host: str, port: int) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        over.wait(0.5)
        return local("x.example")(host, port)

    with socket.create_server(("127.0.0.1", 0)) as silent, make(timeout_s=0.8, resolve=slowly) as fetcher:
        result = failed(fetcher.fetch(f"https://x.example:{silent.getsockname()[1]}/"))
    assert 0.7 < result.took_s < 1.1


def test_outdated_tls_is_refused_and_named() -> None:
    with BadServer(tls=TLS / "good.pem") as server, make(ca_bundle=str(TLS / "authority.pem")) as fetcher:
        server.on("/", reply(200, b"x"))
        server.offer_only_tls_1_1()
        assert "outdated TLS" in failed(fetcher.fetch(server.url("/"))).reason
        assert not server.asked


# -- settings -----------------------------------------------------------------------------------------------------------


def test_the_bounds_are_those_that_are_promised() -> None:
    assert (HttpSettings().timeout_s, HttpSettings().max_bytes) == (15.0, 16 * MIB)
    assert inspect.signature(Fetcher.post).parameters["timeout_s"].default == 20.0
    assert inspect.signature(WebhookChannel).parameters["timeout_s"].default == 20.0
    assert (MAX_WIRE_BYTES, MAX_BYTES, HEADER_BYTES, MOST_HOPS) == (4 * MIB, 16 * MIB, 64 << 10, 5)
    assert (box.MEMORY_BYTES, box.CPU_S, sandbox.WALL_S) == (512 * MIB, 5, 10.0)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"user_agent": ""}, "user_agent"),
        ({"user_agent": "a\r\nb: c"}, "user_agent"),
        ({"user_agent": "feedwacht/…"}, "user_agent"),
        ({"ca_bundle": "/nowhere/at/all.pem"}, "ca_bundle"),
        ({"ca_bundle": __file__}, "ca_bundle"),
        ({"proxy": "proxy:3128x"}, "proxy"),
        ({"proxy": "socks5://anna:geheim@proxy:1080"}, "proxy"),
    ],
)
def test_settings_that_cannot_be_used(options: dict[str, object], name: str) -> None:
    with pytest.raises(SettingsError, match=name) as caught:
        make(**options)
    assert "geheim" not in str(caught.value)


# -- webhooks -----------------------------------------------------------------------------------------------------------


def test_a_post(server: BadServer, fetcher: Fetcher) -> None:
    url = server.on("/hook", reply(202, b"thanks", X_Id="7"))
    answer = fetcher.post(url, b'{"a": "\xc3\xa4"}', {"Content-Type": "application/json", "webhook-id": "msg_1"})
    assert isinstance(answer, Answer)
    assert (answer.status, answer.body, answer.headers["x-id"]) == (202, b"thanks", "7")
    assert 0 < answer.took_s < 5
    asked = server.asked[0]
    assert (asked.line, asked.body) == ("POST /hook HTTP/1.1", b'{"a": "\xc3\xa4"}')
    assert asked.headers["webhook-id"] == "msg_1"
    assert asked.headers["content-length"] == "11"
    assert asked.headers["user-agent"] == AGENT


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 404, 410, 429, 500, 503, 204, 304])
def test_every_status_is_an_answer(server: BadServer, fetcher: Fetcher, status: int) -> None:
    url = server.on("/hook", reply(status, b"", Location="/secret", Retry_After="30"))
    answer = fetcher.post(url, b"{}", {})
    assert isinstance(answer, Answer)
    assert (answer.status, answer.headers["retry-after"]) == (status, "30")
    assert server.paths == ["/hook"]


def test_credentials_of_a_webhook(server: BadServer, fetcher: Fetcher) -> None:
    server.on("/hook", reply(200))
    fetcher.post(server.url("/hook", "a:b@127.0.0.1"), b"", {})
    assert server.asked[0].headers["authorization"] == "Basic YTpi"


def test_little_is_read_of_an_answer(server: BadServer, fetcher: Fetcher) -> None:
    for script in (
        endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        reply(200, b"x" * 200_000),
        endless(CHUNKS, b"400\r\n" + b"x" * 1024 + b"\r\n"),
    ):
        answer = fetcher.post(server.on("/hook", script), b"{}", {})
        assert isinstance(answer, Answer)
        assert set(answer.body) == {ord("x")}
        assert 60_000 < len(answer.body) <= 65_536


def test_an_answer_that_drips_costs_a_second(server: BadServer, fetcher: Fetcher) -> None:
    for script in (
        drip(b"x" * 900, after=HEAD + b"Content-Length: 900\r\n\r\n"),
        drip(b"x" * 900, after=HEAD + b"\r\n"),
    ):
        url = server.on("/hook", script)
        answer = check_passed_s(2, lambda url=url: fetcher.post(url, b"{}", {}))
        assert isinstance(answer, Answer)
        assert answer.status == 200
        assert answer.body.startswith(b"xxx")


def test_an_answer_that_breaks_off_is_an_answer(server: BadServer, fetcher: Fetcher) -> None:
    for script in (raw(HEAD + b"Content-Length: 90\r\n\r\nxx"), raw(CHUNKS + b"zz\r\n"), raw(CHUNKS + b"2\r\nxx\r\n")):
        answer = fetcher.post(server.on("/hook", script), b"{}", {})
        assert isinstance(answer, Answer)
        assert answer.status == 200


def test_posts_that_fail(server: BadServer, fetcher: Fetcher) -> None:
    server.on("/reset", reset)
    server.on("/hang", hang)
    assert failed(fetcher.post(server.url("/reset"), b"{}", {})).kind is FailureKind.TEMPORARY
    result = failed(fetcher.post(server.url("/hang"), b"{}", {}, timeout_s=0.5))
    assert result.kind is FailureKind.TEMPORARY
    assert "0.5 s" in result.reason
    assert 0.4 < result.took_s < 2


@pytest.mark.parametrize("script", [reset, hang, raw(b""), raw(b"HTTP/1.1 2"), raw(b"nonsense\r\n\r\n")])
def test_a_post_whose_answer_is_lost_may_have_been_heard(server: BadServer, fetcher: Fetcher, script: Script) -> None:
    assert failed(fetcher.post(server.on("/hook", script), b"{}", {}, timeout_s=0.5)).was_asked


def test_a_post_that_never_left_was_not_heard(server: BadServer, fetcher: Fetcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert not failed(fetcher.post(f"http://127.0.0.1:{port}/", b"{}", {})).was_asked
    assert not failed(fetcher.post("http://10.1.2.3/", b"{}", {})).was_asked
    assert not failed(fetcher.post(server.url("/hook"), b"{}", {"ä": "b"})).was_asked


def test_a_post_is_never_repeated(server: BadServer, fetcher: Fetcher) -> None:
    def cut(talk: Talk, asked: Asked) -> bool:
        return False

    url = server.on("/hook", in_turn(reply(200), cut))
    fetcher.post(url, b"1", {})
    failed(fetcher.post(url, b"2", {}))
    assert [asked.body for asked in server.asked] == [b"1", b"2"]


def test_each_post_has_a_connection_of_its_own(server: BadServer, fetcher: Fetcher) -> None:
    url = server.on("/hook", in_turn(*[raw(message(200, b"ok"))] * 3))  # closed without a word, right behind the answer
    fetcher.fetch(server.url("/"))
    for _ in range(20):
        assert isinstance(fetcher.post(url, b"{}", {}), Answer)
    assert server.connections == 21


def test_headers_that_http_does_not_allow(server: BadServer, fetcher: Fetcher) -> None:
    for headers in ({"a": "b\r\nc: d"}, {"ä": "b"}, {"a": "€"}, {"a\r\nb": "c"}):
        failed(fetcher.post(server.url("/hook"), b"{}", headers))
    assert not any("c" in asked.headers for asked in server.asked)


def test_a_receiver_that_does_not_read(fetcher: Fetcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        result = check_passed_s(2, lambda: fetcher.post(url, bytes(16 * MIB), {}, timeout_s=0.5))
        assert not failed(result).was_asked
