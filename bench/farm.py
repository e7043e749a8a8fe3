"""A farm of news sites for measuring: 500 feeds of ten full articles, each on an address of its own, and bad answers.

A process of its own, so that its work is not counted as ours. It hears commands on standard input, a line each, and
answers each with a line when it has done it:

    etag on|off      whether a feed that did not change answers 304
    publish N M      each of the first N feeds gets M new articles
    flood N          the large feed gets N new articles, and shows them all
"""

import asyncio
import random
import resource
import sys
import zlib
from collections.abc import Callable
from functools import lru_cache

FEEDS, SHOWN, ARTICLE_BYTES = 500, 10, 5_000
LARGE = FEEDS  # the number of the address whose feed shows many articles
BOMBS = FEEDS + 1  # the number of the address that sends bad answers


def address(number: int) -> str:
    return f"127.77.{number // 200}.{number % 200 + 1}"


# -- articles -----------------------------------------------------------------------------------------------------------

_SYLLABLES = [
    "ba",
    "be",
    "bo",
    "dra",
    "fel",
    "gar",
    "hei",
    "ka",
    "kel",
    "kin",
    "lan",
    "ler",
    "lich",
    "mar",
    "mei",
    "nen",
    "o",
    "ra",
    "rei",
    "ren",
    "ro",
    "sche",
    "schul",
    "ser",
    "stadt",
    "ster",
    "ta",
    "tel",
    "ten",
    "tra",
    "un",
    "ver",
    "wal",
    "wei",
    "zen",
    "zu",
    "bür",
    "müh",
    "hö",
    "grü",
    "stra",
]
_ENDINGS = ("ung", "en", "er", "heit", "st", "te", "", "", "es", "straße")
_NAMES = ("Stadtrat", "Radweg", "Polizei", "Feuerwehr", "Hafen", "Osnabrück", "Bürgermeisterin", "Verwaltung")


@lru_cache(maxsize=1)
def vocabulary() -> list[str]:
    """As many words as a newspaper uses in a week."""
    chance = random.Random(4)
    words = {"".join(chance.choices(_SYLLABLES, k=chance.randint(1, 3))) + chance.choice(_ENDINGS) for _ in range(9000)}
    return [word.capitalize() if chance.random() < 0.3 else word for word in sorted(words)]


def _sentence(chance: random.Random) -> str:
    words = chance.choices(vocabulary(), k=chance.randint(7, 18))
    words[0] = words[0].capitalize()
    if chance.random() < 0.15:
        words[-1] = f"{chance.randint(2, 900)} {words[-1]}"
    quoted = chance.random() < 0.2
    return f"„{' '.join(words)}“, sagte sie." if quoted else f"{' '.join(words)}."


@lru_cache(maxsize=64)
def _text(kind: int) -> str:
    """The paragraphs of an article as WordPress writes them; 64 kinds of them are enough."""
    chance, parts, size = random.Random(kind), [], 0
    while size < ARTICLE_BYTES - 700:
        part = f"<p>{' '.join(_sentence(chance) for _ in range(4))}</p>\n"
        if chance.random() < 0.15:
            part = f"<h3>{_sentence(chance)}</h3>\n{part}"
        if chance.random() < 0.3:
            part = part.replace(". ", ', so <a href="https://www.example.org/a/">die <strong>Behörde</strong></a>. ', 1)
        parts.append(part)
        size += len(part.encode())
    return "".join(parts)


@lru_cache(maxsize=20_000)
def article(feed: int, number: int) -> bytes:
    """One item, 5 kB. Every fourth is about the council, which a subscription waits for."""
    chance = random.Random(feed * 100_003 + number)
    topic = "Stadtrat" if number % 4 == 0 else chance.choice(_NAMES[1:])
    title = f"{topic} {_sentence(chance)[:60].rstrip('. ')} {number}"
    site = f"http://{address(feed)}"
    at = f"{number // 60 % 24:02}:{number % 60:02}"
    return (
        f"<item><title>{title.replace(' ', ' &#8211; ', 1)}</title><link>{site}/{feed}-{number}/</link>"
        f"<dc:creator><![CDATA[Redaktion]]></dc:creator><pubDate>Wed, 03 Dec 2025 {at}:00 +0000</pubDate>"
        f"<category><![CDATA[Osnabrück]]></category><category><![CDATA[{topic}]]></category>"
        f'<guid isPermaLink="false">{site}/?p={number}</guid>'
        f"<description><![CDATA[<p>{_sentence(chance)} {_sentence(chance)} [&#8230;]</p>]]></description>"
        f"<content:encoded><![CDATA[<p>{topic}: Artikel {number} von {site}.</p>\n{_text(chance.randrange(64))}]]>"
        "</content:encoded></item>\n"
    ).encode()


def feed_body(feed: int, newest: int, shown: int = SHOWN) -> bytes:
    """The feed when its newest article has this number."""
    head = (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f"<channel><title>Zeitung {feed}</title><link>http://{address(feed)}/</link>\n"
    )
    return b"".join((head.encode(), *(article(feed, newest - n) for n in range(shown)), b"</channel></rss>\n"))


# -- bad answers --------------------------------------------------------------------------------------------------------


def _laughs() -> bytes:
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "ha">{lines}]>'
        "<rss version='2.0'><channel><item><title>&l9;</title></item></channel></rss>"
    ).encode()


_OPEN = b'<?xml version="1.0"?><rss version="2.0"><channel>'
_ITEM, _END = _OPEN + b"<item><title>x</title>", b"</item></channel></rss>"
HOSTILE: dict[str, Callable[[], bytes]] = {
    "gzip bomb, 1 GiB": lambda: _packed(b"\0" * 2**20, 1024),
    "16 MiB of blanks, 16 kB on the wire": lambda: _packed(b" " * (2**20 - 1), 16),
    "600,000 entries in 16 MB, packed": lambda: _packed(_OPEN, 1, b"<item><guid>1</guid></item>" * 1000, 590),
    "1,000,000 open tags": lambda: _ITEM + b"<b>" * 1_000_000 + _END,
    "50,000 attributes": lambda: _ITEM + b"<b " + b" ".join(b'a%d="x"' % n for n in range(50_000)) + b"/>" + _END,
    "nested entities": _laughs,
    "30,000 references": lambda: _ITEM + b"<description>" + b"&#8211;" * 30_000 + b"</description>" + _END,
    "300,000 tags in a text": lambda: (
        _ITEM + b"<description><![CDATA[" + b"<b>" * 300_000 + b"]]></description>" + _END
    ),
    "4 MB of text in one entry": lambda: _ITEM + b"<description>" + b"wort " * 800_000 + b"</description>" + _END,
    "900 kB of text in each of four entries": lambda: (
        _OPEN + (b"<item><description>" + b"wort &lt;p&gt; " * 60_000 + b"</description></item>") * 4 + _END[7:]
    ),
    "JSON, 100,000 deep": lambda: b'{"version": "https://jsonfeed.org/version/1", "items": ' + b"[" * 100_000,
}  # bodies that want to cost memory, by name


def hostile_answer(number: int) -> bytes:
    if number == len(HOSTILE):
        return b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 500_000  # headers without an end
    body = list(HOSTILE.values())[number]()
    return _answer(body, b"Content-Encoding: gzip\r\n" if body[:2] == b"\x1f\x8b" else b"")


def _packed(*parts: bytes | int) -> bytes:
    """gzip of pieces, each so many times."""
    packer, out = zlib.compressobj(9, wbits=31), []
    for piece, count in zip(parts[::2], parts[1::2], strict=True):
        assert isinstance(piece, bytes)
        assert isinstance(count, int)
        out += [packer.compress(piece) for _ in range(count)]
    return b"".join((*out, packer.flush()))


def _answer(body: bytes, more: bytes = b"") -> bytes:
    kind = b"Content-Type: application/rss+xml; charset=UTF-8\r\n"
    return b"HTTP/1.1 200 OK\r\n%s%sContent-Length: %d\r\n\r\n%s" % (kind, more, len(body), body)


# -- the server ---------------------------------------------------------------------------------------------------------


class Farm:
    """What all feeds show at present."""

    def __init__(self) -> None:
        self.newest = [100] * FEEDS + [SHOWN]
        self.shown = [SHOWN] * (FEEDS + 1)
        self.gives_304 = True
        self._bodies: dict[int, bytes] = {}

    def command(self, line: str) -> None:
        name, *arguments = line.split()
        if name == "etag":
            self.gives_304 = arguments == ["on"]
        elif name == "publish":
            feeds, count = map(int, arguments)
            self._publish(range(feeds), count)
        elif name == "flood":
            self.shown[LARGE] += int(arguments[0])
            self._publish([LARGE], int(arguments[0]))

    def _publish(self, feeds: range | list[int], count: int) -> None:
        for feed in feeds:
            self.newest[feed] += count
            self._bodies.pop(feed, None)

    def answer(self, host: str, path: str, asked_etag: str) -> bytes:
        feed = _number(host)
        if feed == BOMBS:
            return hostile_answer(int(path.strip("/")))
        if path != "/feed/":
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        etag = f'"{feed}-{self.newest[feed]}"'
        if self.gives_304 and asked_etag == etag:
            return f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n".encode()
        packed = b"Content-Encoding: gzip\r\n" if feed == LARGE else b""
        return _answer(self._body(feed), f"ETag: {etag}\r\n".encode() + packed)

    def _body(self, feed: int) -> bytes:
        if feed not in self._bodies:
            body = feed_body(feed, self.newest[feed], self.shown[feed])
            self._bodies[feed] = _packed(body, 1) if feed == LARGE else body
        return self._bodies[feed]


def _number(host: str) -> int:
    _, _, high, low = host.split(".")
    return int(high) * 200 + int(low) - 1


class _Connection(asyncio.Protocol):
    def __init__(self, farm: Farm) -> None:
        self._farm = farm
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._host = transport.get_extra_info("sockname")[0]

    def data_received(self, data: bytes) -> None:
        self._read += data
        while b"\r\n\r\n" in self._read:
            head, _, self._read = self._read.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            asked = next((line[14:].strip() for line in lines if line.lower().startswith("if-none-match:")), "")
            self._transport.write(self._farm.answer(self._host, lines[0].split()[1], asked))


async def serve() -> None:
    farm, loop = Farm(), asyncio.get_running_loop()
    hosts = [address(number) for number in range(BOMBS + 1)]
    first = await loop.create_server(lambda: _Connection(farm), hosts[0], 0)
    port = first.sockets[0].getsockname()[1]
    await loop.create_server(lambda: _Connection(farm), hosts[1:], port)
    print(port, flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        farm.command(line)
        print("done", flush=True)


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(serve())
