"""A tiny site for measuring: one feed of ten full articles under any path, which never changes."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ETAG = '"bench"'
PARAGRAPH = (
    "Der Stadtrat hat am Dienstagabend nach langer Aussprache beschlossen, den Radweg am Hafen auszubauen. "
    "„Das ist ein guter Tag für alle, die täglich über die Brücke fahren“, sagte die Sprecherin der Verwaltung. "
    "Die Arbeiten sollen im März beginnen und etwa neun Monate dauern; gerechnet wird mit Kosten von 1,4 Millionen Euro."
)


def full_text_feed(articles: int = 10, paragraphs: int = 8) -> bytes:
    """As WordPress writes it; as large as real ones, some 37 kB."""
    items = "".join(_item(number, paragraphs) for number in range(articles, 0, -1))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>Bench</title><link>https://www.example.org/</link>{items}</channel></rss>"
    ).encode()


def _item(number: int, paragraphs: int) -> str:
    body = "".join(f"<p>{PARAGRAPH} <strong>Absatz {n}</strong>.</p>\n" for n in range(paragraphs))
    return (
        f"<item><title>Artikel {number} &#8211; Radweg am Hafen</title>"
        f"<link>https://www.example.org/radweg-am-hafen-{number}/</link><dc:creator><![CDATA[Redaktion]]></dc:creator>"
        f"<pubDate>Wed, 03 Dec 2025 {number:02}:00:00 +0000</pubDate><category><![CDATA[Osnabrück]]></category>"
        f'<guid isPermaLink="false">https://www.example.org/?p={number}</guid>'
        f"<description><![CDATA[<p>{PARAGRAPH}</p>]]></description>"
        f"<content:encoded><![CDATA[{body}]]></content:encoded></item>"
    )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b"" if self.headers.get("If-None-Match") == ETAG else full_text_feed()
        self.send_response(200 if body else 304)
        self.send_header("ETag", ETAG)
        self.send_header("Content-Type", "application/rss+xml; charset=UTF-8")
        if body:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}/", flush=True)
    server.serve_forever()
