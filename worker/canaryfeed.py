"""The canary's feed: its bytes for a moment, and what it is found by.

Pure. The content follows from the clock alone, so that any process of any machine serves the same. Each second has an
article of its own: two flights never show the same one. Must not know who serves or reads it.
"""

from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import urlsplit

# The article has another form of the first word: so the analyser of German is on the way, too.
QUERY = 'Kanarienvogel AND "gute Luft"'
_PATH = "/canary.xml"
_FEED = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>feedwacht canary</title><link>{home}</link><description>-</description>
<item><title>Kanarienvögel melden gute Luft</title><link>{home}{number}</link><guid>{home}{number}</guid>
<pubDate>{date}</pubDate>
<content:encoded>&lt;p&gt;Diese Meldung geht den Weg eines Artikels und verschwindet.&lt;/p&gt;</content:encoded>
</item></channel></rss>
"""


def feed_url(port: int) -> str:
    """The one address that it has, on the loopback of whoever asks."""
    return f"http://127.0.0.1:{port}{_PATH}"


def is_ours(body: bytes) -> bool:
    """Whether a body is the canary's feed, of whatever moment."""
    return b"<title>feedwacht canary</title>" in body


def body_at(path: str, port: int, now: datetime) -> bytes | None:
    """What stands at a path at that moment; None: nothing does."""
    if path != urlsplit(feed_url(port)).path:
        return None
    second = now.astimezone(UTC).replace(microsecond=0)
    home = f"http://127.0.0.1:{port}/"
    return _FEED.format(home=home, number=int(second.timestamp()), date=format_datetime(second)).encode()
