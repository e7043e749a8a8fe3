"""Reading records again by other rules: revisions of their own kind, no alerts, no edit at the next poll."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from tests.fakes import FakeClock, FakeFeed
from tests.house import FEED, RULES, House, open_house
from worker.archive.schema import evidence, feeds, records
from worker.audit import Audit
from worker.errors import ParserDied
from worker.indexing import index_all
from worker.model import Change, Entry, Evidence, SourceRules
from worker.parse import parse_evidence
from worker.recordfiles import write_due
from worker.renormalise import Renormaliser, Reread, Result

OTHER = "https://www.stadtblatt.example/category/sport/feed/"
NOTE = "<p>Jetzt den Newsletter bestellen!</p>"
TIDIER = replace(RULES, boilerplate=(r"Jetzt den Newsletter .*",))


@pytest.fixture
def staged(database_url: str) -> Iterator[tuple[House, FakeFeed]]:
    """Three articles that end with a note, one of them edited."""
    with open_house(database_url, FakeClock()) as house:
        feed = house.web.feed(FEED)
        house.add_feed()
        for number in range(3):
            feed.publish(f"Artikel {number}", html=f"<p>Text {number}.</p>{NOTE}", categories=("Sport", "Osnabrück"))
        house.poll()
        feed.edit(feed.articles[0], html=f"<p>Neuer Text.</p>{NOTE}")
        house.poll_later(86400)
        yield house, feed


@pytest.fixture
def house(staged: tuple[House, FakeFeed]) -> House:
    return staged[0]


def renormaliser(house: House, rules: SourceRules = TIDIER) -> Renormaliser:
    return Renormaliser(archive=house.archive, read=parse_evidence, sources={rules.name: rules}, threads=2)


def run(house: House, rules: SourceRules = TIDIER, **options: object) -> list[Reread]:
    return list(renormaliser(house, rules).run(now=house.clock.now(), **options))  # type: ignore[arg-type]


def results(found: list[Reread]) -> list[str]:
    return [one.result.value for one in found]


def revisions(house: House) -> list[int]:
    return sorted(filed.revision for filed in house.records())


def use(house: House, rules: SourceRules) -> None:
    house.equipment = replace(house.equipment, sources={rules.name: rules})


def forget_window(house: House) -> None:
    """As after a long pause: everything that the feed shows is read again."""
    empty = {"window": [], "ground": [], "etag": None, "last_modified": None, "body_hash": ""}
    with house.archive.database.write() as connection:
        connection.execute(update(feeds).values(**empty))


def test_rules_that_did_not_change_change_nothing(house: House) -> None:
    before = house.records()
    assert results(run(house, RULES)) == ["same"] * 3
    assert house.records() == before


def test_what_changed_is_a_revision_of_its_own_kind(house: House, tmp_path: Path) -> None:
    house.subscribe("all", "Text OR Artikel")
    write_due(house.archive, tmp_path)
    index_all(house.archive)
    house.clock.advance(60)
    assert results(run(house)) == ["changed"] * 3
    assert revisions(house) == [2, 2, 3]
    for filed in house.records():
        assert "Newsletter" not in filed.record.body
        with house.archive.read() as tx:
            *_, before, now = tx.records.history(filed.id)
        assert "Newsletter" in before.record.body
        assert (now.change, now.seen_by, now.seen_at) == (Change.RULES, "rules", house.clock.now())
    with house.archive.read() as tx:
        assert tx.alerts.count() == 0
        assert tx.records.count_files_due() == 3
        assert tx.index.is_due()
    write_due(house.archive, tmp_path)
    index_all(house.archive)
    assert list(Audit(house.archive, tmp_path).flaws()) == []
    assert results(run(house)) == ["same"] * 3


def test_the_next_poll_sees_no_edit_in_it(staged: tuple[House, FakeFeed]) -> None:
    house, feed = staged
    run(house)
    use(house, TIDIER)
    forget_window(house)
    house.poll_later(86400)
    assert revisions(house) == [2, 2, 3]
    feed.edit(feed.articles[0], html="<p>Ganz neu.</p>")
    house.poll_later(86400)
    assert revisions(house) == [2, 2, 4]


def test_without_it_an_entry_read_again_by_new_rules_is_no_edit(staged: tuple[House, FakeFeed]) -> None:
    """And comes into its own when the records are read again."""
    house, feed = staged
    use(house, TIDIER)
    forget_window(house)
    house.poll_later(86400)
    assert revisions(house) == [1, 1, 2]
    assert results(run(house)) == ["changed"] * 3
    forget_window(house)
    feed.edit(feed.articles[1], title="Artikel 1, berichtigt")
    house.poll_later(86400)
    assert revisions(house) == [2, 3, 3]


def test_two_feeds_that_render_it_differently_stay_quiet(staged: tuple[House, FakeFeed]) -> None:
    house, _ = staged
    other = house.web.feed(OTHER)
    other.publish("Artikel 1", html=f"<p>Kurz.</p>{NOTE}", url="https://www.stadtblatt.example/artikel-1002/", guid="https://www.stadtblatt.example/?p=1002")  # fmt: skip
    house.add_feed(OTHER, category="Sport")
    house.poll_later(86400)
    assert [len(filed.feeds) for filed in house.records()] == [1, 2, 1]
    run(house)
    use(house, TIDIER)
    before = revisions(house)
    forget_window(house)
    house.poll_later(86400)
    assert revisions(house) == before


def test_another_order_of_categories_changes_the_category_alone(house: House) -> None:
    turned = replace(RULES, categories=("Sport", "Osnabrück"))
    found = run(house, turned)
    assert results(found) == ["changed"] * 3
    assert {one.field for one in found[0].fields} == {"category", "categories"}
    assert not found[0].text
    assert {filed.record.category for filed in house.records()} == {"Sport"}


def test_a_trial_writes_nothing(house: House) -> None:
    before = house.records()
    assert results(run(house, dry_run=True)) == ["changed"] * 3
    assert house.records() == before


def test_what_cannot_be_read_again_is_named(house: House) -> None:
    first, second, third = (filed.id for filed in house.records())
    with house.archive.database.write() as connection:
        connection.execute(delete(evidence).where(evidence.c.record_id == first))
        connection.execute(update(records).where(records.c.id == second).values(body_from="page"))
        connection.execute(update(records).where(records.c.id == third).values(source="fort", post_id=None))
    found = {one.filed.id: one for one in run(house)}
    assert [found[one].result for one in (first, second, third)] == [Result.UNREADABLE, Result.LEFT, Result.LEFT]
    assert all("\n" not in one.reason and one.reason for one in found.values())


def test_evidence_that_costs_the_parser_its_life_costs_none_of_the_others(house: House) -> None:
    def deadly(proof: Evidence, rules: SourceRules) -> Entry:
        if b"Text 1" in proof.body:
            raise ParserDied("the body cannot be read: it takes too much CPU time")
        return parse_evidence(proof, rules)

    found = list(replace(renormaliser(house), read=deadly).run(now=house.clock.now()))
    assert sorted(results(found)) == ["changed", "changed", "unreadable"]


def test_a_run_that_was_cut_short_goes_on_where_it_was(database_url: str) -> None:
    with open_house(database_url, FakeClock()) as house:
        feed = house.web.feed(FEED)
        feed.page_size = 130
        house.add_feed()
        for number in range(130):
            feed.publish(f"Artikel {number}", html=f"<p>Text {number}.</p>{NOTE}")
        house.poll()
        total = len(house.records())
        assert total == 130
        started = renormaliser(house).run(now=house.clock.now())
        for _ in range(60):
            next(started)
        started.close()
        assert revisions(house).count(2) == 100
        assert len(run(house, RULES)) == total  # other rules begin at the beginning, and put all right again
        assert len(run(house)) == total
        again = renormaliser(house).run(now=house.clock.now())
        next(again)
        again.close()
        assert len(run(house)) == total - 50


def test_an_article_that_changes_meanwhile_is_left_to_the_poll(staged: tuple[House, FakeFeed]) -> None:
    house, feed = staged
    feed.edit(feed.articles[1], title="Berichtigt")

    def slow(proof: Evidence, rules: SourceRules) -> Entry:
        house.poll_later(86400)
        return parse_evidence(proof, rules)

    list(replace(renormaliser(house), read=slow, threads=1).run(now=house.clock.now()))
    edited = next(filed for filed in house.records() if filed.record.title == "Berichtigt")
    assert edited.revision == 2
    assert list(Audit(house.archive, None).flaws()) == []


def test_an_address_loses_a_key_that_is_known_to_track_now(staged: tuple[House, FakeFeed]) -> None:
    house, feed = staged
    feed.publish("Mit Anhang", url="https://www.stadtblatt.example/anhang-2001/?kampagne=7")
    house.poll_later(86400)
    cleaner = replace(RULES, tracking_keys=("kampagne",))
    assert sorted(results(run(house, cleaner))) == ["changed", "same", "same", "same"]
    [filed] = [one for one in house.records() if one.record.title == "Mit Anhang"]
    assert filed.record.url == "https://www.stadtblatt.example/anhang-2001/"
    assert filed.former_urls == ("https://www.stadtblatt.example/anhang-2001/?kampagne=7",)
    use(house, cleaner)
    forget_window(house)
    house.poll_later(86400)
    assert len(house.records()) == 4
    assert results(run(house, cleaner)) == ["same"] * 4
    assert list(Audit(house.archive, None).flaws()) == []
