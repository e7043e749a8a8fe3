"""The archive's promises, the same over SQLite and PostgreSQL."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import event

from tests.fakes import START
from worker.archive import Archive, open_archive, restore, schema_version
from worker.archive.engine import Database
from worker.archive.migrate import backup
from worker.archive.schema import metadata
from worker.configure import new_feed
from worker.errors import ArchiveError, ArchiveUnreachable, Conflict, SchemaMismatch
from worker.identity import url_key
from worker.model import (
    AiNotice,
    Draft,
    Evidence,
    FilingOutcome,
    Lease,
    Owed,
    Record,
)

NEW, REVISED, KNOWN, REMOVED = FilingOutcome.NEW, FilingOutcome.REVISED, FilingOutcome.KNOWN, FilingOutcome.REMOVED
FEED, OTHER = "https://x.example/feed/", "https://x.example/category/sport/feed/"


@pytest.fixture
def archive(database_url: str) -> Iterator[Archive]:
    one = open_archive(database_url)
    yield one
    one.close()


def draft(
    number: int = 1, *, slug: str = "artikel", text: str = "Text", post_id: str | None = "", **changes: object
) -> Draft:
    url = f"https://x.example/{slug}-{number}/"
    post = str(number) if post_id == "" else post_id
    record = Record(
        url=url, url_key=url_key(url), post_id=post, title=f"Titel {number}", published_at=START, body=text, source="x"
    )
    record = replace(record, **changes)  # type: ignore[arg-type]
    proof = Evidence(kind="feed", body=b"<rss/>")
    return Draft(
        record=record,
        content_hash=f"{record.title}|{text}",
        evidence=proof,
    )


def file(archive: Archive, *drafts: Draft, feed: str = FEED, later_s: float = 0) -> list[FilingOutcome]:
    with archive.write() as tx:
        filings = tx.records.file(drafts, feed_url=feed, now=START + timedelta(seconds=later_s))
    return [filing.outcome for filing in filings]


def count(archive: Archive) -> int:
    with archive.read() as tx:
        return tx.records.count()


# -- schema -----------------------------------------------------------------------------------------------------------


def test_the_migrations_make_what_the_schema_says(archive: Archive) -> None:
    with archive.database.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": False, "include_object": lambda _thing, name, *_: not _is_search(name)}
        )
        assert compare_metadata(context, metadata) == []


def _is_search(name: str | None) -> bool:
    """What each database searches words with is its own, and stands in the step that makes it."""
    return (name or "").startswith(("record_index", "ix_record_keys_words"))


def test_an_archive_of_a_newer_feedwacht_is_refused(archive: Archive, database_url: str) -> None:
    with archive.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaMismatch, match="newer"):
        open_archive(database_url)


def test_opening_twice_at_once_migrates_once(database_url: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        for archive in pool.map(open_archive, [database_url] * 2):
            with closing(archive), archive.database.read() as connection:
                found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
            assert found == [schema_version()]


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", "sqlite://", "postgresql+psycopg://nobody@127.0.0.1:1/x"])
def test_an_address_that_leads_nowhere_is_said_in_one_line(url: str) -> None:
    with pytest.raises(ArchiveUnreachable) as caught:
        open_archive(url)
    assert "\n" not in str(caught.value)


def test_a_password_is_in_no_message() -> None:
    with pytest.raises(ArchiveError) as caught:
        open_archive("postgresql+psycopg://somebody:geheim@127.0.0.1:1/x")
    assert "geheim" not in str(caught.value)


# -- once -------------------------------------------------------------------------------------------------------------


def test_filing_twice_changes_nothing(archive: Archive) -> None:
    assert file(archive, draft(1), draft(2)) == [NEW, NEW]
    assert file(archive, draft(1), draft(2)) == [KNOWN, KNOWN]
    assert count(archive) == 2


def test_a_page_that_shows_an_article_twice_files_it_once(archive: Archive) -> None:
    assert file(archive, draft(1), draft(1), draft(1, slug="anders")) == [NEW, KNOWN, KNOWN]
    assert count(archive) == 1


def test_a_new_slug_is_found_by_the_post_id_and_the_old_one_stays_known(archive: Archive) -> None:
    file(archive, draft(1))
    assert file(archive, draft(1, slug="neu")) == [REVISED]
    assert file(archive, draft(1, post_id=None), feed=OTHER) == [KNOWN], "a feed that still shows the former URL"
    with archive.read() as tx:
        filed = tx.records.find(url_key("https://x.example/artikel-1/"), "")
    assert filed is not None
    assert (filed.record.url, filed.former_urls) == ("https://x.example/neu-1/", ("https://x.example/artikel-1/",))


def test_one_url_with_two_post_ids_is_two_articles(archive: Archive) -> None:
    file(archive, draft(1))
    second = draft(1, post_id="2")
    with archive.write() as tx:
        [filing] = tx.records.file([second], feed_url=FEED, now=START)
    assert filing.outcome is NEW
    assert "kept as two records" in filing.note
    assert file(archive, second, draft(1)) == [KNOWN, KNOWN]
    assert count(archive) == 2


def test_a_url_and_a_post_id_of_two_records_merge_nothing(archive: Archive) -> None:
    file(archive, draft(1), draft(2, post_id=None))
    with archive.write() as tx:
        [filing] = tx.records.file([draft(2, post_id="1")], feed_url=FEED, now=START)
    assert "two records" in filing.note
    assert count(archive) == 2


def test_equal_post_ids_of_two_sources_are_two_articles(archive: Archive) -> None:
    other = draft(1, slug="fremd", source="y")
    assert file(archive, draft(1), other) == [NEW, NEW]


def test_a_post_id_is_learned_when_a_better_feed_shows_it(archive: Archive) -> None:
    file(archive, draft(1, post_id=None))
    file(archive, draft(1), feed=OTHER)
    assert file(archive, draft(1, slug="neu")) == [REVISED]
    assert count(archive) == 1


# -- edits ------------------------------------------------------------------------------------------------------------


def test_an_edit_keeps_the_earlier_state(archive: Archive) -> None:
    file(archive, draft(1, text="eins"))
    assert file(archive, draft(1, text="zwei"), later_s=60) == [REVISED]
    with archive.read() as tx:
        filed = tx.records.find("", tx.records.files_due(1)[0].key)
        assert filed is not None
        [(revision, seen_at, replaced_at, state)] = tx.records.earlier(filed.id)
    assert (filed.revision, filed.record.body) == (2, "zwei")
    assert (revision, state["body"], seen_at, replaced_at) == (1, "eins", START, START + timedelta(seconds=60))


def test_two_feeds_that_render_differently_do_not_quarrel(archive: Archive) -> None:
    file(archive, draft(1, text="eins"))
    assert file(archive, draft(1, text="eins, kurz"), feed=OTHER) == [REVISED]
    for _ in range(3):
        assert file(archive, draft(1, text="eins"), feed=FEED) == [KNOWN]
        assert file(archive, draft(1, text="eins, kurz"), feed=OTHER) == [KNOWN]


def test_a_feed_that_shows_an_earlier_state_for_the_first_time_is_a_stale_cache(archive: Archive) -> None:
    file(archive, draft(1, text="eins"))
    file(archive, draft(1, text="zwei"))
    assert file(archive, draft(1, text="eins"), feed=OTHER) == [KNOWN]
    assert file(archive, draft(1, text="eins"), feed=FEED) == [REVISED], "the same feed going back is an edit"


def test_an_excerpt_never_replaces_the_full_text(archive: Archive) -> None:
    file(archive, draft(1, text="der ganze Text"))
    assert file(archive, draft(1, text="der ganze […]", excerpt=True), feed=OTHER) == [KNOWN]
    file(archive, draft(2, text="kurz […]", excerpt=True))
    assert file(archive, draft(2, text="kurz und dann lang"), feed=OTHER) == [REVISED]


def test_a_filled_ai_date_replaces_an_empty_one_without_a_revision(archive: Archive) -> None:
    empty = draft(1, ai_notice=AiNotice())
    full = draft(1, ai_notice=AiNotice(date_local="2025-12-03T16:35"))
    file(archive, empty)
    assert file(archive, full) == [KNOWN]
    with archive.read() as tx:
        [filed] = tx.records.stream()
    assert (filed.revision, filed.record.ai_notice) == (1, AiNotice(date_local="2025-12-03T16:35"))
    assert file(archive, empty) == [KNOWN]
    with archive.read() as tx:
        [filed] = tx.records.stream()
    assert filed.record.ai_notice == AiNotice(date_local="2025-12-03T16:35")


def test_a_record_comes_back_as_it_was_filed(archive: Archive) -> None:
    whole = draft(
        1,
        categories=("A & B", "C"),
        tags=("t",),
        author="N. N.",
        agency="dts",
        ai_notice=AiNotice(),
        text="Zeile\n\n## Ü ✨ 👩‍🚒",
    )
    file(archive, whole)
    with archive.read() as tx:
        [filed] = tx.records.stream()
    assert filed.record == whole.record
    assert (filed.feeds, filed.first_seen_at, filed.day_local) == ((FEED,), START, "2025/12/03")


# -- removal ----------------------------------------------------------------------------------------------------------


def test_a_removed_article_does_not_come_back_under_any_of_its_names(archive: Archive) -> None:
    file(archive, draft(1))
    file(archive, draft(1, slug="neu"))
    with archive.write() as tx:
        filed = tx.records.find(draft(1).record.url_key, "")
        assert filed is not None
        tx.records.remove(filed, reason="auf Wunsch", now=START)
    again = [draft(1), draft(1, slug="neu"), draft(1, slug="noch-neuer")]
    assert file(archive, *again) == [REMOVED] * 3
    with archive.read() as tx:
        assert tx.records.stats()["revisions"] == 0
        assert tx.records.stats()["evidence_bytes"] == 0
        assert tx.records.files_to_remove() == [("2025/12/03", filed.key)]


# -- reading ----------------------------------------------------------------------------------------------------------


def test_a_stream_is_in_order_and_complete_over_its_chunks(archive: Archive) -> None:
    many = [draft(n, published_at=START + timedelta(minutes=n // 7)) for n in range(1203)]
    file(archive, *many)
    with archive.read() as tx:
        forward = [(filed.record.published_at, filed.key) for filed in tx.records.stream()]
        backward = [(filed.record.published_at, filed.key) for filed in tx.records.stream(newest_first=True)]
    assert forward == sorted(forward)
    assert backward == forward[::-1]
    assert len(set(forward)) == 1203


def test_a_stream_is_limited_by_time(archive: Archive) -> None:
    file(archive, *[draft(n, published_at=START + timedelta(days=n)) for n in range(6)])
    since, until = START + timedelta(days=2), START + timedelta(days=4)
    with archive.read() as tx:
        assert [one.record.title for one in tx.records.stream(since=since, until=until)] == ["Titel 2", "Titel 3"]
        assert tx.records.count(since=since, until=until) == 2
        published = tx.records.published(since=since, until=until)
        assert [at for at, _ in published] == [since, since + timedelta(days=1)]
        assert tx.records.published({published[1][1]}, since=since) == published[1:]
        assert tx.records.newest(1, until=until) == [published[1][1]]


# -- feeds ------------------------------------------------------------------------------------------------------------


def add_feed(archive: Archive, url: str = FEED) -> None:
    with archive.write() as tx:
        tx.feeds.add(new_feed(url=url, source="x", interval_s=600, origin="command", now=START), START)


def lease(token: str, seconds: float = 45) -> Lease:
    return Lease(token=token, until=START + timedelta(seconds=seconds))


def test_a_host_belongs_to_one_worker_at_a_time(archive: Archive) -> None:
    add_feed(archive)
    add_feed(archive, OTHER)
    add_feed(archive, "https://y.example/feed/")
    with archive.write() as tx:
        first = tx.feeds.claim(START, lease("one"), limit=1)
        second = tx.feeds.claim(START, lease("two"))
        third = tx.feeds.claim(START, lease("three"))
    assert [len(work.feeds) for work in first] == [2]
    assert [work.host.name for work in second] == ["y.example:443"]
    assert third == []


def test_a_released_host_rests_until_it_is_free(archive: Archive) -> None:
    add_feed(archive)
    with archive.write() as tx:
        tx.feeds.claim(START, lease("one"))
        tx.feeds.release(["x.example:443"], lease("one"), free_at=START + timedelta(seconds=1))
        assert tx.feeds.claim(START, lease("two")) == []
        assert len(tx.feeds.claim(START + timedelta(seconds=1), lease("two"))) == 1


def test_a_feed_is_added_once(archive: Archive) -> None:
    add_feed(archive)
    with pytest.raises(Conflict, match="already"):
        add_feed(archive)


# -- alerts -----------------------------------------------------------------------------------------------------------


def owed(archive: Archive, record_number: int = 1, channels: tuple[str, ...] = ("screen", "hook")) -> Owed:
    with archive.write() as tx:
        [filing] = tx.records.file([draft(record_number)], feed_url=FEED, now=START)
        found = tx.subscriptions.find("alles")
        if found is None:
            tx.subscriptions.add(
                name="alles", query="x", canonical="{}", channels=channels, origin="command", now=START
            )
            found = tx.subscriptions.find("alles")
    assert found is not None
    assert filing.record_id is not None
    return Owed(
        subscription=found,
        record_id=filing.record_id,
        record_key=filing.record_key,
        record=draft(record_number).record,
        spans=(),
    )


def test_an_alert_is_owed_once_with_one_delivery_a_channel(archive: Archive) -> None:
    one = owed(archive)
    with archive.write() as tx:
        assert tx.alerts.owe([one], START) == 1
        assert tx.alerts.owe([one], START) == 0
        assert tx.alerts.counts() == {"pending": 2}


def test_a_delivery_is_leased_to_one_worker(archive: Archive) -> None:
    one = owed(archive)
    with archive.write() as tx:
        tx.alerts.owe([one], START)
    with archive.write() as tx:
        names = tx.outbox.due_channels(START)
        assert len(names) == 2
        assert [len(tx.outbox.lease(name, START, lease("one"))) for name in names] == [1, 1]
    with archive.write() as tx:
        assert tx.outbox.due_channels(START) == []
        assert [tx.outbox.lease(name, START, lease("two")) for name in names] == [[], []]
        later = START + timedelta(seconds=46)
        assert tx.outbox.due_channels(later) == names
        assert [len(tx.outbox.lease(name, later, lease("two", 100))) for name in names] == [1, 1]


def test_removing_a_subscription_cancels_what_waits_and_frees_its_name(archive: Archive) -> None:
    one = owed(archive)
    with archive.write() as tx:
        tx.alerts.owe([one], START)
        assert tx.subscriptions.remove(one.subscription.id, START) == 2
        assert tx.alerts.counts() == {"cancelled": 2}
        tx.subscriptions.add(name="alles", query="x", canonical="{}", channels=["screen"], origin="command", now=START)


def test_each_change_of_subscriptions_moves_the_version(archive: Archive) -> None:
    seen = set()
    with archive.write() as tx:
        seen.add(tx.subscriptions.version())
        number = tx.subscriptions.add(
            name="a", query="x", canonical="{}", channels=["screen"], origin="command", now=START
        )
        seen.add(tx.subscriptions.version())
        tx.subscriptions.change(number, now=START, paused=True)
        seen.add(tx.subscriptions.version())
        tx.subscriptions.remove(number, START)
        seen.add(tx.subscriptions.version())
    assert len(seen) == 4


# -- backup -----------------------------------------------------------------------------------------------------------


def test_a_backup_is_taken_and_restored_while_in_use(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    archive = open_archive(url)
    file(archive, draft(1))
    archive.backup(tmp_path / "safe" / "copy.db")
    file(archive, draft(2))
    restore(url, tmp_path / "safe" / "copy.db")
    assert count(archive) == 1
    assert file(archive, draft(2)) == [NEW]
    archive.close()


def spoil(path: Path) -> None:
    with path.open("r+b") as damaged:
        pages = damaged.seek(0, 2) // 4096
        for page in range(pages // 2, pages):  # the first ones are the schema, without which nothing can be opened
            damaged.seek(page * 4096)
            damaged.write(b"\xff" * 64)


def test_a_backup_of_a_damaged_archive_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    archive = open_archive(f"sqlite:///{tmp_path}/a.db")
    for number in range(40):
        file(archive, draft(number))
    archive.close()
    spoil(tmp_path / "a.db")
    database = Database(f"sqlite:///{tmp_path}/a.db")
    with pytest.raises(ArchiveError, match="cannot be read back"):
        backup(database, tmp_path / "safe" / "copy.db")
    database.close()
    assert list((tmp_path / "safe").iterdir()) == []


def test_a_backup_that_is_damaged_or_of_later_code_takes_the_place_of_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    archive = open_archive(url)
    for number in range(40):
        file(archive, draft(number))
    damaged, newer = tmp_path / "damaged.db", tmp_path / "newer.db"
    archive.backup(damaged)
    spoil(damaged)
    archive.backup(newer)
    with closing(sqlite3.connect(newer)) as copy, copy:
        copy.execute("UPDATE versions SET value = 99 WHERE name = 'generation'")
    file(archive, draft(40))
    with pytest.raises(ArchiveError, match=r"the backup is damaged|malformed"):
        restore(url, damaged)
    with pytest.raises(SchemaMismatch, match="made by a newer feedwacht"):
        restore(url, newer)
    assert count(archive) == 41
    archive.close()


def test_a_file_that_is_no_backup_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("kein Archiv")
    with pytest.raises(ArchiveError, match="no backup"):
        restore(f"sqlite:///{tmp_path}/a.db", tmp_path / "x.db")


def test_two_processes_that_file_the_same_articles_at_once_file_each_once(database_url: str) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    houses = [open_archive(database_url) for _ in range(2)]
    drafts = [draft(n) for n in range(40)]
    barrier = Barrier(2)

    def run(one: Archive, page: list[Draft], feed: str) -> list[FilingOutcome]:
        barrier.wait(10)
        return file(one, *page, feed=feed)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(run, houses[0], drafts, FEED)
        second = pool.submit(run, houses[1], drafts[::-1], OTHER)
        outcomes = [*first.result(), *second.result()]
    assert (outcomes.count(NEW), outcomes.count(KNOWN)) == (40, 40)
    assert count(houses[0]) == 40
    with houses[0].read() as tx:
        assert all(set(filed.feeds) == {FEED, OTHER} for filed in tx.records.stream())
    for one in houses:
        one.close()


@pytest.mark.parametrize(
    ("table", "index"), [("records", "ix_records_file_due"), ("visits", "ix_visits_news")], ids=lambda name: name
)
def test_each_tick_reads_what_is_due_by_its_index(tmp_path: Path, table: str, index: str) -> None:
    """Without it SQLite reads every record that there is, every other second."""
    one = open_archive(f"sqlite:///{tmp_path}/a.db")
    asked: list[str] = []

    @event.listens_for(one.database.engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    with one.read() as tx:
        tx.records.count_files_due()
        tx.visits.is_waiting(START)
        [query] = [statement for statement in asked if f"FROM {table}" in statement]
        filled = query.replace("?", "0")
        plan = tx._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {filled}").all()
    one.close()
    assert any(index in str(step) for step in plan), plan
