"""What putting an alert into words costs, in CPU time, against the millisecond that it is held to.

Half of it is for people and half for programs; the page for mail comes on top. Every article is another one, and every
alert of a subscription has the same query, as with a worker that delivers. The least of many rounds counts: what else runs
on the machine can only add.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from bench.figures import Figure, figure
from worker.markup import html
from worker.match import spans_of
from worker.model import Alert, Digest, FiledRecord, Message, Record
from worker.query import parse
from worker.render import render

_ALERTS, _ROUNDS, _MEMBERS = 50, 20, 5_000
_BOUND_MS = 1.0
_NOW = datetime(2025, 12, 3, 12, 0, tzinfo=UTC)
_QUERY = '*brand OR Hafen OR "Radweg am Fluss" OR Zwiebelkuchenfest'
_SENTENCE = "Am {}. Dezember meldete die Feuerwehr der Stadt nach Auskunft von Dr. Meier, dass {} zu sehen war."


def figures() -> Iterator[Figure]:
    """A usual article, one as long as a payload may tell it with 50 hits, each with its page; and digests, by the alert."""
    for name, sentences, hits in (("2.5 kB, 3 hits", 24, 3), ("12 kB, 50 hits", 116, 50)):
        alerts = [_alert(number, sentences, hits) for number in range(_ALERTS)]
        yield figure(f"CPU per alert rendered: {name}", "ms", _each_ms(alerts, _rendered), _BOUND_MS)
        yield figure(f"CPU per alert rendered: {name}, with HTML", "ms", _each_ms(alerts, _page), _BOUND_MS)
    alerts = [_alert(number, 24, 3) for number in range(_MEMBERS)]
    digest = Digest(
        id="digest", kind="digest", subscription="Brand", query=_QUERY, alerts=tuple(alerts), created_at=_NOW
    )
    ours_ms = _spent_ms(lambda: html(render(digest, now=_NOW, language="de"))) / _MEMBERS
    yield figure(f"CPU per alert of a digest of {_MEMBERS:,}, with HTML", "ms", ours_ms, _BOUND_MS)


def _rendered(alert: Alert) -> Message:
    return render(alert, now=_NOW, language="de")


def _page(alert: Alert) -> str:
    return html(_rendered(alert))


def _each_ms(alerts: Sequence[Alert], work: Callable[[Alert], object]) -> float:
    def all_of_them() -> None:
        for alert in alerts:
            work(alert)

    all_of_them()
    return min(_spent_ms(all_of_them) for _ in range(_ROUNDS)) / len(alerts)


def _spent_ms(work: Callable[[], object]) -> float:
    started_s = time.process_time()
    work()
    return 1_000 * (time.process_time() - started_s)


def _alert(number: int, sentences: int, hits: int) -> Alert:
    said = [
        _SENTENCE.format(line % 30 + 1, "ein Großbrand" if line < hits else f"nichts von {number}")
        for line in range(sentences)
    ]
    record = Record(
        url=f"https://zeitung.example/nachrichten/grossbrand-im-hafen-{number}/",
        url_key=f"zeitung.example/nachrichten/grossbrand-im-hafen-{number}",
        title=f"Die Feuerwehr und das Fest Nummer {number}",
        published_at=_NOW - timedelta(minutes=number),
        category="Osnabrück",
        body="\n\n".join(" ".join(said[at : at + 4]) for at in range(0, sentences, 4)),
        agency="dpa",
        source="zeitung",
        source_line="zeitung.example - Die Zeitung",
    )
    spans = spans_of(parse(_QUERY), record)
    assert spans is not None
    assert len(spans) == hits
    filed = FiledRecord(id=number, key=f"{number:016x}", record=record, first_seen_at=_NOW)
    return Alert(
        id=f"alert_{number}",
        kind="new",
        subscription="Brand",
        query=_QUERY,
        record=filed,
        spans=spans,
        created_at=_NOW,
    )
