"""The live matcher: what another version stored is read again once, and unchanged subscriptions are not parsed."""

from tests.house import House
from tests.labelled import article
from worker.archive import Archive
from worker.matching import Matching
from worker.query import parse


def stored(archive: Archive) -> dict[str, str]:
    with archive.read() as tx:
        return {subscription.name: canonical for subscription, canonical in tx.subscriptions.active()}


def test_what_another_analyser_stored_is_parsed_once_and_kept(house: House) -> None:
    old = house.subscribe("old", "Häuser")
    house.subscribe("new", "Nato")
    with house.archive.write() as tx:
        tx.subscriptions.change(old, canonical='{"analyser":1,"query":["word","haeuser"]}')
        version = tx.subscriptions.version()
    matching = Matching(house.archive)
    matching.refresh()
    assert [subscription.name for subscription, _ in matching.match(article("Ein Haus der Nato"))] == ["old", "new"]
    assert stored(house.archive) == {"old": parse("Häuser").to_json(), "new": parse("Nato").to_json()}
    with house.archive.read() as tx:
        assert tx.subscriptions.version() == version  # nothing changed for others


def test_a_query_that_this_version_refuses_is_left_out(house: House) -> None:
    bad = house.subscribe("bad", "Nato")
    house.subscribe("good", "Nato")
    with house.archive.write() as tx:
        tx.subscriptions.change(bad, query="foo:bar", canonical="{}")
    matching = Matching(house.archive)
    matching.refresh()
    assert [subscription.name for subscription, _ in matching.match(article("Die Nato"))] == ["good"]
    assert stored(house.archive)["bad"] == "{}"
