"""What servers and networks do wrong, through the whole flow: bounded, said in one line, nothing lost, and all is well
again as soon as the server is."""

import gzip
import random
import socket
import threading
import zlib
from collections.abc import Callable
from datetime import timedelta
from functools import cache
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
)
from tests.fakes import FakeFeed
from tests.hostile.inn import SECRET_BODY, Inn, good, open_inn
from worker.model import Validators
from worker.sandbox import Sandbox

TLS = Path(__file__).parent.parent / "cases" / "tls"
MIB = 1 << 20
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKS = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def gz(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)


def packed(body: bytes, coding: str = "gzip") -> Script:
    return reply(200, body, Content_Encoding=coding, ETag='"bad"')


@cache
def bomb(mib: int) -> bytes:
    """So many MiB of nothing, made without holding them."""
    packer = zlib.compressobj(1, wbits=31)
    return b"".join([*(packer.compress(bytes(MIB)) for _ in range(mib)), packer.flush()])


def packed_bomb(wrap: Callable[[bytes], bytes]) -> Script:
    """A bomb that is made when it is thrown for the first time, i.e. before its effect is measured."""

    def script(talk: Talk, asked: Asked) -> bool:
        return packed(wrap(bomb(256)))(talk, asked)

    return script


# -- slow -------------------------------------------------------------------------------------------------------------

SLOW = {
    "26 nothing is answered": hang,
    "26 the status line drips": drip(b"HTTP/1.1 200 OK\r\n\r\n"),
    "26 headers drip": drip(b"X: y\r\n" * 100, after=HEAD),
    "26 the body drips": drip(b"x" * 1000, after=HEAD + b"Content-Length: 1000\r\n\r\n"),
    "26 chunks drip": drip(b"1\r\nx\r\n" * 100, after=CHUNKS),
    "26 a chunk's length drips": drip(b"0" * 1000, after=CHUNKS),
    "26 gzip drips": drip(gz(random.Random(4).randbytes(2000)), after=HEAD + b"Content-Encoding: gzip\r\n\r\n"),
    "26 early hints without end": drip(b"HTTP/1.1 103 Early Hints\r\nX: y\r\n" * 40, step=10),
    "26 one 100 Continue after the other": drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 40, step=25),
    "26 half a body, then silence": drip(b"", after=HEAD + b"Content-Length: 10\r\n\r\nhalf"),
}


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW)
def test_slow(inn: Inn, answer: Script) -> None:
    inn.fetch_with(timeout_s=0.4)
    result = inn.assert_suffers(answer, within_s=2)
    assert "within 0.4 s" in result.reason
    inn.fetch_with()
    inn.assert_recovers()


def test_26_a_connection_that_is_not_taken(inn: Inn) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        fill = [socket.socket() for _ in range(4)]
        for sock in fill:
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        inn.fetch_with(timeout_s=0.4)
        result = inn.assert_suffers(reply(302, Location=f"http://127.0.0.1:{listener.getsockname()[1]}/"), within_s=2)
        for sock in fill:
            sock.close()
    assert "within 0.4 s" in result.reason


def test_27_slow_but_in_time(inn: Inn) -> None:
    inn.publish("Langsam, aber da")
    body = message(200, inn.feed.body())
    inn.assert_takes(drip(body, every_s=0.02, step=200))
    assert "Langsam, aber da" in inn.house.titles()


# -- large, packed, garbled -------------------------------------------------------------------------------------------

LARGE = {
    "28 a body without end": endless(HEAD + b"\r\n", b"<item/>"),
    "28 five gigabytes are announced": raw(HEAD + b"Content-Length: 5368709120\r\n\r\n<rss>"),
    "28 a length of 4000 digits": raw(HEAD + b"Content-Length: " + b"9" * 4000 + b"\r\n\r\n<rss>"),
    "28 chunks without end": endless(CHUNKS, b"7\r\n<item/>\r\n"),
    "28 chunks of one byte without end": endless(CHUNKS, b"1\r\nx\r\n"),
    "28 one byte too many": reply(200, bytes(4 * MIB + 1)),
}


@pytest.mark.parametrize("answer", LARGE.values(), ids=LARGE)
def test_large(inn: Inn, answer: Script) -> None:
    assert "larger than 4 MiB" in inn.assert_suffers(answer).reason
    inn.assert_recovers()


def test_28_a_feed_of_3_mb_is_taken_whole(inn: Inn) -> None:
    filler = "".join(random.Random(1).choices("abcdefghij klmno", k=300_000))
    inn.feed.page_size = 20
    for number in range(10):
        inn.publish(f"Groß {number}", f"<p>{filler} {number}</p>")
    assert 3_000_000 < len(inn.feed.body()) < 4 * MIB
    inn.assert_takes(good(inn.feed))
    assert len(inn.house.titles()) == 12


CODED = {
    "29 a bomb of 256 MB": packed_bomb(lambda one: one),
    "29 a bomb of 1 GB": packed_bomb(lambda one: one * 4),
    "29 a bomb in a bomb": packed_bomb(gz),
    "29 gzip in gzip, both named": packed(gz(gz(bytes(MIB))), "gzip, gzip"),
    "29 a hundred times gzip": packed(gz(b"x"), ", ".join(["gzip"] * 100)),
    "29 brotli": packed(b"\x1b\xff\xff\xff", "br"),
    "29 zstd": packed(b"\x28\xb5\x2f\xfd\x04\x58", "zstd"),
    "29 deflate": packed(zlib.compress(b"<rss/>"), "deflate"),
    "29 an unknown coding": packed(b"<rss/>", "rot13"),
    "29 cut gzip": packed(gz(b"<rss>" * 10_000)[:-9]),
    "29 gzip whose last part is cut": packed(gz(b"<rss>") + gz(b"</rss>" * 1000)[:-9]),
    "29 gzip with a wrong checksum": packed(gz(b"<rss/>")[:-8] + bytes(8)),
    "29 a gzip file under no name": reply(200, gz(b"<rss/>")),
    "29 gzip that is none": packed(b"<rss/>"),
    "29 200,000 empty parts": packed(gz(b"") * 180_000),
}


@pytest.mark.parametrize("answer", CODED.values(), ids=CODED)
def test_coded(inn: Inn, answer: Script) -> None:
    bomb(256)
    inn.assert_suffers(answer)
    inn.assert_recovers()


def test_29_gzip_in_several_parts_is_read_whole(inn: Inn) -> None:
    inn.publish()
    body = inn.feed.body()
    inn.assert_takes(packed(gz(body[:300]) + gz(body[300:900]) + gz(body[900:])))
    assert len(inn.house.titles()) == 3


FRAMES = {
    "30 nothing at all": raw(b""),
    "30 a reset": reset,
    "30 no headers": raw(b"<rss/>"),
    "30 an SSH banner": raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "30 a TLS record": raw(b"\x15\x03\x01\x00\x02\x02\x16"),
    "30 noise": raw(random.Random(3).randbytes(4000)),
    "30 a status that is no number": raw(b"HTTP/1.1 abc OK\r\n\r\n"),
    "30 a body that is shorter than said": raw(HEAD + b"Content-Length: 100000\r\n\r\n" + SECRET_BODY),
    "30 two lengths": raw(HEAD + b"Content-Length: 5, 6\r\n\r\nshort"),
    "30 chunks without an end": raw(CHUNKS + b"5\r\nhello\r\n"),
    "30 a negative chunk": raw(CHUNKS + b"-5\r\nhello\r\n0\r\n\r\n"),
    "30 a chunk of a huge length": raw(CHUNKS + b"ffffffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
    "30 a chunk's length of 70,000 digits": raw(CHUNKS + b"5" * 70_000 + b"\r\nhello"),
    "30 trailers without end": endless(CHUNKS + b"1\r\nx\r\n0\r\n", b"Trailer: x\r\n"),
    "30 early hints instead of an answer": raw(b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n"),
    "31 10,000 headers": raw(HEAD + b"A: b\r\n" * 10_000 + b"\r\n"),
    "31 headers without end": endless(HEAD, b"X: y\r\n"),
    "31 one header without end": endless(HEAD + b"X: ", b"y"),
    "31 97 headers of 65 kB": raw(HEAD + (b"X: " + b"y" * 65_000 + b"\r\n") * 97 + b"\r\n"),
}


@pytest.mark.parametrize("answer", FRAMES.values(), ids=FRAMES)
def test_frames_and_headers(inn: Inn, answer: Script) -> None:
    inn.assert_suffers(answer)
    inn.assert_recovers()


@pytest.mark.parametrize(
    "etag", ['"' + "e" * 8193 + '"', '"a\x01b"', '"a\x7f"', '"a\x0bb"'], ids=["8 kB", "\\x01", "\\x7f", "\\x0b"]
)
def test_31_etags_that_break_headers_are_not_kept(inn: Inn, etag: str) -> None:
    inn.publish()
    inn.assert_takes(reply(200, inn.feed.body(), ETag=etag, Set_Cookie="a=b; Path=/"))
    assert inn.state().validators.etag is None
    inn.assert_takes(reply(200, inn.feed.body()), within_s=5)
    assert "if-none-match" not in inn.server.asked[-1].headers
    assert "cookie" not in inn.server.asked[-1].headers


# -- redirects --------------------------------------------------------------------------------------------------------


def test_32_a_circle(inn: Inn) -> None:
    inn.server.on("/b", reply(302, Location="/feed"))
    assert "circle" in inn.assert_suffers(reply(302, Location="/b")).reason
    inn.assert_recovers()


def test_32_redirects_without_end(inn: Inn) -> None:
    inn.server.all_on((f"/{n}", reply(302, Location=f"/{n + 1}")) for n in range(20))
    before = len(inn.server.asked)
    assert "more than 5 redirects" in inn.assert_suffers(reply(302, Location="/0")).reason
    assert len(inn.server.asked) - before == 6
    inn.assert_recovers()


@pytest.mark.parametrize("body", ["endless", "bomb"])
def test_32_a_redirects_body_is_not_read(inn: Inn, body: str) -> None:
    sent: list[int] = []

    def script(talk: Talk, asked: Asked) -> bool:
        head = b"HTTP/1.1 302 Found\r\nLocation: /there\r\n"
        if body == "bomb":
            talk.send(head + b"Content-Encoding: gzip\r\n\r\n" + bomb(16))
        else:
            endless(head + b"\r\n", b"x")(talk, asked)
        sent.append(talk.sent_bytes)
        return False

    inn.publish()
    inn.server.on("/there", reply(200, inn.feed.body()))
    inn.assert_takes(script)
    assert len(inn.house.titles()) == 3


@pytest.mark.parametrize("status", [301, 308, 302, 307])
def test_33_a_permanent_move_is_believed_after_a_day_a_temporary_one_never(inn: Inn, status: int) -> None:
    inn.server.on("/neu", good(inn.feed))
    inn.server.on("/feed", reply(status, Location="/neu"))
    for _ in range(4):
        inn.publish()
        inn.poll(40_000)
    moved = inn.state().poll_url != inn.url
    assert moved == (status in (301, 308))
    assert len(inn.house.titles()) == 6


def test_33_a_move_from_https_to_http_is_followed_and_never_kept(
    server: BadServer, archive_url: str, box: Sandbox
) -> None:
    with BadServer(tls=TLS / "good.pem") as secure, open_inn(server, archive_url, box) as inn:
        inn.fetch_with(ca_bundle=str(TLS / "authority.pem"))
        inn.house.add_feed(secure.url("/feed"))
        secure.on("/feed", reply(301, Location=server.url("/feed")))
        for _ in range(4):
            inn.house.poll_later(86_400)
        feed = inn.house.feed(secure.url("/feed"))
        assert (feed.failures, feed.poll_url, feed.moved_count) == (0, secure.url("/feed"), 0)


def test_33_a_move_to_a_guarded_address_is_refused(server: BadServer, archive_url: str, box: Sandbox) -> None:
    with BadServer("127.0.0.2") as inside, open_inn(server, archive_url, box) as inn:
        inn.fetch_with(allow_networks=(ip_network("127.0.0.1/32"),))
        for _ in range(4):
            result = inn.assert_suffers(reply(301, Location=inside.url("/feed")))
            assert "not on the public internet" in result.reason
        assert (inside.connections, inn.state().moved_to) == (0, "")
        inn.assert_recovers()


# -- statuses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("wait_s", [60, 120])
def test_34_a_wish_to_be_left_alone_is_met_exactly_for_the_whole_host(inn: Inn, status: int, wait_s: int) -> None:
    inn.server.on("/anders", good(FakeFeed(url=inn.server.url("/anders"))))
    inn.assert_suffers(reply(status, SECRET_BODY, Retry_After=str(wait_s)))
    now = inn.house.clock.now()
    assert inn.state().next_poll_at == now + timedelta(seconds=wait_s)
    inn.house.add_feed(inn.server.url("/anders"))
    assert inn.house.poll_later(wait_s - 1).hosts == 0
    assert inn.house.poll_later(2).hosts == 1


@pytest.mark.parametrize("value", ["Wed, 03 Dec 2014 15:37:00 GMT", "-5", "bald", "9" * 5000, ""])
def test_34_a_wish_that_means_nothing_leaves_us_our_own_back_off(inn: Inn, value: str) -> None:
    inn.assert_suffers(reply(503, Retry_After=value))
    rest_s = (inn.state().next_poll_at - inn.house.clock.now()).total_seconds()
    assert 50 < rest_s < 70
    inn.assert_recovers()


def test_34_ten_years_are_a_day(inn: Inn) -> None:
    inn.assert_suffers(reply(429, Retry_After="315360000"))
    assert inn.state().next_poll_at == inn.house.clock.now() + timedelta(days=1)


def test_35_gone_for_good_stops_the_feed_and_keeps_its_articles(inn: Inn) -> None:
    inn.assert_suffers(reply(410, SECRET_BODY))
    assert inn.state().stopped.startswith("410 Gone since")
    assert inn.house.poll_later(10 * 86400).hosts == 0
    assert len(inn.house.titles()) == 2


def test_35_two_weeks_of_404_are_a_poll_a_day(inn: Inn) -> None:
    rests_s = []
    for _ in range(14):
        assert "404" in inn.assert_suffers(reply(404, SECRET_BODY)).reason
        rests_s.append((inn.state().next_poll_at - inn.house.clock.now()).total_seconds())
    assert all(rest_s >= 75_000 for rest_s in rests_s[-4:])
    assert max(rests_s) <= 86_400
    inn.assert_recovers()


def test_36_bot_protection_is_named_and_its_page_is_not_read(inn: Inn) -> None:
    page = b"<html><title>Just a moment...</title>" + SECRET_BODY
    result = inn.assert_suffers(reply(403, page, cf_mitigated="challenge", Content_Type="text/html"))
    assert "blocked by bot protection" in result.reason
    for _ in range(7):
        inn.assert_suffers(reply(403, page, cf_mitigated="challenge"))
    assert (inn.state().next_poll_at - inn.house.clock.now()).total_seconds() > 6 * 3600
    inn.assert_recovers()


NO_FEEDS = {
    "37 HTML instead of a feed": b"<!DOCTYPE html><html><head><title>Wartung</title></head>" + SECRET_BODY,
    "37 nothing": b"",
    "37 blanks": b"\n" * 1_000_000,
    "37 a database error": b"<!DOCTYPE html><html><body><h1>Error establishing a database connection</h1></body></html>",
    "37 JSON of an API": b'{"code": "rest_no_route", "message": "TOP-SECRET-CANARY"}',
    "37 half a feed": b'<?xml version="1.0"?><rss version="2.0"><channel><title>x',
}


@pytest.mark.parametrize("body", NO_FEEDS.values(), ids=NO_FEEDS)
def test_no_feed(inn: Inn, body: bytes) -> None:
    inn.assert_suffers(reply(200, body, ETag='"bad"', Content_Type="text/html"))
    inn.assert_recovers()


def test_38_a_304_that_nobody_asked_for(inn: Inn) -> None:
    inn.house.manners(unconditional_every_s=0)
    inn.assert_suffers(reply(304))
    inn.house.manners(unconditional_every_s=1e9)
    assert inn.state().validators == Validators()
    inn.assert_recovers()
    assert "if-none-match" not in inn.server.asked[-1].headers


@pytest.mark.parametrize("etag", ['"a b, c"', 'W/"x"', "naked", '"\xfc\xff"'])
def test_38_an_etag_goes_back_byte_for_byte(inn: Inn, etag: str) -> None:
    inn.publish()
    inn.house.manners(unconditional_every_s=1e9)
    inn.assert_takes(reply(200, inn.feed.body(), ETag=etag))
    inn.assert_takes(reply(304))
    assert inn.server.asked[-1].headers["if-none-match"] == etag


def test_38_an_etag_that_never_changes_hides_an_article_for_some_hours_only(inn: Inn) -> None:
    def stuck(talk: Talk, asked: Asked) -> bool:
        unchanged = "if-none-match" in asked.headers
        return talk.send(message(304) if unchanged else message(200, inn.feed.body(), ETag='"2"'))

    inn.server.on("/feed", stuck)
    inn.publish("Versteckt")
    inn.poll(700)
    assert "Versteckt" not in inn.house.titles()
    for _ in range(40):
        inn.poll(700)
    assert "Versteckt" in inn.house.titles()


def test_39_a_window_that_ran_over_is_said(inn: Inn) -> None:
    for _ in range(60):
        inn.publish()
    inn.assert_takes(good(inn.feed))
    assert inn.house.gap(inn.state().url)
    assert len(inn.house.titles()) == 12


# -- names, certificates, routes --------------------------------------------------------------------------------------

Addresses = list[tuple[int, int, int, str, tuple[str, int]]]


def _at(*addresses: str) -> object:
    def resolve(host: str, port: int) -> Addresses:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return resolve


def _unknown(host: str, port: int) -> Addresses:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def _broken(host: str, port: int) -> Addresses:
    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


NAMES = {
    "40 an unknown name": ("x.example", _unknown),
    "40 a name service that fails": ("x.example", _broken),
    "40 1000 addresses, one of them inside": (
        "x.example",
        _at(*[f"1.1.1.{n % 250 + 1}" for n in range(999)], "10.0.0.1"),
    ),
    "40 a name of 253 characters": (".".join(["a" * 63] * 3 + ["b" * 61]), _unknown),
    "40 a name of 300 characters": (".".join(["a" * 60] * 5), _unknown),
    "40 a name that IDNA refuses": ("\u2603\ufe0f.example", _unknown),
}


@pytest.mark.parametrize(("host", "resolve"), NAMES.values(), ids=NAMES)
def test_names(inn: Inn, host: str, resolve: object) -> None:
    inn.fetch_with(resolve=resolve)
    location = f"http://{host}:{inn.server.port}/feed".encode().decode("latin-1")
    inn.assert_suffers(reply(302, Location=location))
    inn.fetch_with()
    inn.assert_recovers()


def test_40_a_name_service_that_hangs(inn: Inn) -> None:
    over = threading.Event()

    def resolve(host: str, port: int) -> Addresses:
        over.wait(20)
        return []

    inn.fetch_with(resolve=resolve, timeout_s=0.5)
    result = inn.assert_suffers(reply(302, Location="http://x.example/feed"), within_s=2)
    over.set()
    assert "name service" in result.reason


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        ("expired.pem", "has expired"),
        ("early.pem", "not valid yet"),
        ("self.pem", "signed by itself"),
        ("other.pem", "another name"),
    ],
)
def test_41_certificates_that_are_not_accepted(inn: Inn, certificate: str, words: str) -> None:
    with BadServer(tls=TLS / certificate) as other:
        inn.fetch_with(ca_bundle=str(TLS / "authority.pem"), resolve=_at("127.0.0.1"))
        result = inn.assert_suffers(reply(302, Location=other.url("/feed", "good.test")))
        assert words in result.reason
        assert not other.asked
        inn.assert_recovers()


@pytest.mark.skipif(not socket.has_ipv6, reason="NOT TESTED: this machine has no IPv6")
def test_42_an_ipv6_address_that_is_dead(inn: Inn) -> None:
    def resolve(host: str, port: int) -> object:
        six = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", port, 0, 0))
        return [six, (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    inn.publish()
    inn.fetch_with(resolve=resolve)
    inn.server.on("/there", good(inn.feed))
    inn.assert_takes(reply(302, Location=f"http://x.example:{inn.server.port}/there"))
    assert len(inn.house.titles()) == 3


# -- many at once -----------------------------------------------------------------------------------------------------


def test_26_a_server_that_is_bad_in_all_ways_one_after_the_other(inn: Inn) -> None:
    """Twenty failures in a row, and the good poll after them still files everything."""
    inn.fetch_with(timeout_s=0.3)
    for answer in (
        hang,
        reset,
        reply(500),
        raw(b""),
        reply(200, b"no"),
        chunked(b"no"),
        LARGE["28 a body without end"],
    ):
        inn.publish()
        inn.assert_suffers(answer)
    inn.fetch_with()
    inn.server.on("/feed", in_turn(good(inn.feed)))
    inn.assert_recovers()


def test_32_a_kept_connection_is_not_poisoned_by_what_came_before(inn: Inn) -> None:
    page = b"<!DOCTYPE html><html>" + SECRET_BODY
    inn.assert_suffers(raw(message(200, page) + message(200, page), keep=True))
    inn.assert_recovers()
