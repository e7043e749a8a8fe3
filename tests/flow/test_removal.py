"""Removing an article: nothing that anybody could read of it stays, in rows, files and manifests; only its trace."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from tests.fakes import FakeClock
from tests.house import FEED, House, open_house
from worker import manifest
from worker.archive.schema import subscriptions, tombstones
from worker.indexing import forget_removed, index_all
from worker.model import SendOutcome, SendResult
from worker.recordfiles import path_of, write_due

TITLE, SENTENCE, EARLIER = (
    "Sonderbarer Fall von Wolkenkuckucksheim",
    "Der Zeuge Quastenflosser schweigt.",
    "Urfassungswort",
)


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with open_house(database_url, FakeClock()) as house:
        yield house


def everything(house: House) -> dict[str, bytes]:
    """All values of all tables, those behind the index too, as one text a table."""
    found = {}
    with house.archive.database.read() as connection:
        for table in inspect(connection).get_table_names():
            if table in (tombstones.name, subscriptions.name):
                continue  # the trace names the address, so that the article does not come back; queries are the users'
            rows = connection.execute(text(f'SELECT * FROM "{table}"')).all()
            found[table] = b"\n".join(_bytes(value) for row in rows for value in row)
    return found


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def holding(house: House, *words: str) -> list[str]:
    return [name for name, values in everything(house).items() for word in words if word.encode() in values]


def test_nothing_of_a_removed_article_can_be_read(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "records"
    feed = house.web.feed(FEED)
    feed.publish("Anderes", html="<p>Etwas anderes.</p>")
    house.add_feed()
    house.poll()
    house.subscribe("sent", "Wolkenkuckucksheim")
    house.subscribe("dead", "Quastenflosser", channels=("gone",))
    article = feed.publish(TITLE, html=f"<p>{EARLIER}</p><p>{SENTENCE}</p>")
    house.poll_later()
    house.channel.script(SendOutcome(result=SendResult.RETRY, detail=f"no room for {TITLE}"))
    house.deliver()  # keeps its payload for the next attempt
    write_due(house.archive, folder)
    feed.edit(article, html=f"<p>{SENTENCE} Und noch etwas.</p>")
    house.poll_later()
    write_due(house.archive, folder)
    index_all(house.archive)
    filed = next(one for one in house.records() if one.record.title == TITLE)
    hashes = [line.sha256 for line in manifest.read(folder / filed.day_local) if getattr(line, "key", "") == filed.key]
    assert len(hashes) == 2
    assert {"records", "revisions"} <= set(holding(house, TITLE, EARLIER))
    with house.archive.write() as tx:
        tx.records.remove(filed, reason="auf Wunsch", now=house.clock.now())
    forget_removed(house.archive)
    write_due(house.archive, folder)
    words = (TITLE, SENTENCE, EARLIER, "Quastenflosser", "quastenfloss", "wolkenkuckucksheim", filed.record.url)
    assert holding(house, *words) == []
    left = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert not [path for path, content in left.items() for word in (*words, *hashes) if word.encode() in content]
    assert not (folder / path_of(filed)).exists()
    house.poll_later(86400)
    assert TITLE not in house.titles()


def test_what_is_deleted_is_overwritten_in_the_embedded_archive(tmp_path: Path) -> None:
    path = tmp_path / "feedwacht.db"
    with open_house(f"sqlite:///{path}", FakeClock()) as house:
        feed = house.web.feed(FEED)
        feed.publish(TITLE, html=f"<p>{SENTENCE * 200}</p>")
        feed.publish("Anderes", html="<p>Etwas anderes.</p>")
        house.add_feed()
        house.poll()
        with house.archive.database.read() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        assert SENTENCE.encode() in path.read_bytes()
        with house.archive.write() as tx:
            filed = next(one for one in tx.records.stream() if one.record.title == TITLE)
            tx.records.remove(filed, reason="auf Wunsch", now=house.clock.now())
    assert SENTENCE.encode() not in path.read_bytes()
