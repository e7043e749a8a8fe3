"""Edits and alerts: who is told when an article changes, by whatever way the change was seen, and who is not."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from tests.fakes import FakeArticle, FakeFeed, fetched
from tests.house import FEED, RULES, House, open_house, publish_many
from tests.killing import killed_at
from tests.site_web import SiteWeb
from tests.wordpress import WordPressSite
from worker.archive.schema import deliveries, metadata
from worker.model import Alert, AlertKind, DeliveryState, Digest, Lease
from worker.parse import parse_evidence
from worker.renormalise import Renormaliser

OTHER_FEED = "https://www.stadtblatt.example/lokales/feed/"
HOUR = 3600.0
DAY = 24 * HOUR
FIRE = "<p>In Eversburg hat es gebrannt.</p><p>Es gab 3 Verletzte.</p>"
WORSE = FIRE.replace("3 Verletzte", "5 Verletzte")


@dataclass
class Paper:
    """A feed that a worker follows, and what it told."""

    house: House
    feed: FakeFeed

    def publish(self, title: str = "Brand in Eversburg", html: str = FIRE) -> FakeArticle:
        return self.feed.publish(title, html, at=self.house.clock.now())

    def poll(self, seconds: float = 700.0) -> None:
        self.house.clock.advance(seconds)
        self.house.poll_until_quiet()

    def told(self) -> list[tuple[str, str, list[str]]]:
        """(subscription, kind, kinds of changes) of every alert that left, in order."""
        self.house.deliver()
        return told_by(self.house)

    def told_kinds(self) -> list[str]:
        self.house.deliver()
        return [str(sending.delivery.alert.kind) for sending in self.house.channel.sent]

    def gathered(self, seconds: float) -> list[str]:
        """The kinds of all that left, after what was held was gathered."""
        self.house.clock.advance(seconds)
        self.house.gather()
        return self.told_kinds()


def told_by(house: House) -> list[tuple[str, str, list[str]]]:
    alerts = [sending.delivery.alert for sending in house.channel.sent]
    return [(one.subscription, str(one.kind), [change.kind for change in one.changes]) for one in alerts]


def last_alert(house: House) -> Alert:
    alert = house.channel.sent[-1].delivery.alert
    assert isinstance(alert, Alert)
    return alert


@pytest.fixture
def paper(house: House) -> Paper:
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 3, "Alt")
    house.add_feed()
    house.poll_until_quiet()
    house.clock.advance(700)
    return Paper(house, feed)


# -- it begins to match -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("on_edit", "alerts"), [("never", 0), ("new-match", 1), ("always", 1)])
def test_an_article_that_begins_to_match_alerts_once(paper: Paper, on_edit: str, alerts: int) -> None:
    paper.house.subscribe("polizei", "Polizei", on_edit=on_edit)
    article = paper.publish()
    paper.poll()
    assert paper.told() == []
    article = paper.feed.edit(article, html=FIRE + "<p>Die Polizei ermittelt.</p>")
    paper.poll()
    assert paper.told() == [("polizei", "new", [])] * alerts
    for text in ("Die Feuerwehr ermittelt.", "Die Polizei ermittelt wieder."):
        paper.feed.edit(article, html=FIRE + f"<p>{text}</p>")
        paper.poll()
    assert paper.told() == [("polizei", "new", [])] * alerts, "once, however often it stops and begins again"


def test_who_asks_after_the_article_came_is_not_told_of_its_edits(paper: Paper) -> None:
    article = paper.publish()
    paper.poll()
    paper.house.clock.advance(60)
    paper.house.subscribe("polizei", "Polizei", on_edit="always")
    paper.feed.edit(article, html=FIRE + "<p>Die Polizei ermittelt.</p>")
    paper.poll()
    assert paper.told() == []


def test_what_matched_before_does_not_begin_to_match(paper: Paper) -> None:
    """An article of a silent first poll raised no alert, and an edit of other words raises none either."""
    paper.house.subscribe("brand", "Alt", on_edit="always")
    with paper.house.archive.write() as tx:
        [one] = tx.subscriptions.all()
        assert one.on_edit == "always"
    old = paper.feed.articles[0]
    paper.feed.edit(old, html="<p>Ein anderer Text über Altes.</p>")
    paper.poll()
    assert paper.told() == []


def test_an_article_of_the_first_poll_that_is_edited_later_is_news(house: House) -> None:
    house.subscribe("polizei", "Polizei")
    feed = house.web.feed(FEED)
    paper = Paper(house, feed)
    article = paper.publish()
    house.add_feed()
    paper.poll()
    paper.feed.edit(article, html=FIRE + "<p>Die Polizei ermittelt.</p>")
    paper.poll()
    assert paper.told() == [("polizei", "new", [])]


def test_a_full_text_that_another_feed_shows_is_heard_by_all(paper: Paper) -> None:
    """What the newspaper wrote from the beginning is no edit, so that "never" does not keep it back."""
    paper.feed.full_text = False
    paper.house.subscribe("polizei", "Polizei", on_edit="never")
    other = paper.house.web.feed(OTHER_FEED)
    publish_many(other, paper.house.clock, 2, "Anderes")
    paper.house.add_feed(OTHER_FEED)
    paper.poll()
    article = paper.publish("Brand", "<p>In Eversburg hat es gebrannt […]</p>")
    paper.poll()
    assert paper.told() == []
    other.articles.append(replace(article, html=FIRE + "<p>Die Polizei ermittelt.</p>"))
    paper.poll()
    assert paper.told() == [("polizei", "new", [])]


# -- follow-ups -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("on_edit", ["never", "new-match"])
def test_without_being_asked_nobody_is_told_twice(paper: Paper, on_edit: str) -> None:
    paper.house.subscribe("brand", "Eversburg", on_edit=on_edit)
    article = paper.publish()
    paper.poll()
    assert paper.told() == [("brand", "new", [])]
    paper.feed.edit(article, title="Tote bei Brand in Eversburg", html=WORSE)
    paper.poll()
    assert paper.told() == [("brand", "new", [])]
    [filed] = [one for one in paper.house.records() if "Eversburg" in one.record.title]
    assert filed.revision == 2


def test_a_material_edit_is_followed_up_and_quoted(paper: Paper) -> None:
    paper.house.subscribe("brand", "Eversburg", on_edit="always")
    article = paper.publish()
    paper.poll()
    assert paper.told() == [("brand", "new", [])]
    paper.feed.edit(article, html=WORSE)
    paper.poll()
    assert paper.told() == [("brand", "new", []), ("brand", "edit", ["number"])]
    alert = last_alert(paper.house)
    [change] = alert.changes
    assert (change.before, change.after) == ("Es gab 3 Verletzte.", "Es gab 5 Verletzte.")
    assert alert.occasion == "revision:2"
    first, later = paper.house.channel.sent
    assert later.delivery.thread == (first.delivery.id,)
    assert "Es gab »3« Verletzte." in later.message.text and "Es gab »5« Verletzte." in later.message.text
    assert [span.text for span in alert.spans] == ["Eversburg", "Eversburg"]


def test_an_update_in_place_is_followed_up(paper: Paper) -> None:
    """An appeal for a missing person whose article says in place that she was found: the first alert alone is wrong."""
    paper.house.subscribe("suche", "vermisst", on_edit="always")
    text = "<p>Seit Montag wird eine Frau aus Melle vermisst.</p><p>Hinweise nimmt die Polizei entgegen.</p>"
    article = paper.publish("Frau aus Melle vermisst", text)
    paper.poll()
    assert paper.told() == [("suche", "new", [])]
    paper.feed.edit(
        article, html="<p><strong>Update:</strong> Inzwischen wurde sie wohlbehalten angetroffen.</p>" + text
    )
    paper.poll()
    assert paper.told()[1:] == [("suche", "edit", ["update"])]
    assert last_alert(paper.house).changes[0].after == "Inzwischen wurde sie wohlbehalten angetroffen."


def test_a_follow_up_reaches_who_was_told_although_it_matches_no_longer(paper: Paper) -> None:
    paper.house.subscribe("brand", "Eversburg", on_edit="always")
    article = paper.publish("Brand im Westen")
    paper.poll()
    paper.told()
    paper.feed.edit(article, title="Fehlalarm im Westen", html="<p>Es hat nicht gebrannt.</p>")
    paper.poll()
    assert paper.told()[1:] == [("brand", "edit", ["title"])]
    assert last_alert(paper.house).spans == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"html": FIRE.replace("<p>Es", "<p>\n Es").replace(".</p>", ".&nbsp;</p>")},
        {"html": "<p>In Eversburg hat es gebrannt. Es gab 3 Verletzte.</p>"},
        {"html": "<p>Es gab drei Verletzte.</p><p>In Eversburg hat es gebrannt.</p>"},
        {"html": FIRE + "<p>Die Straße war zwei Stunden gesperrt.</p>"},
        {"html": FIRE + "<p>✨ durch KI bearbeitet, 3.12.2025 10:15 Uhr.</p>"},
        {"author": "Eine andere"},
        {"categories": ("Sport",)},
        {"title": "Brand in „Eversburg“"},
    ],
    ids=["white space", "one paragraph", "moved", "a paragraph", "AI notice", "author", "category", "quotes"],
)
def test_what_is_not_material_is_not_followed_up(paper: Paper, changed: dict[str, object]) -> None:
    paper.house.subscribe("brand", "Eversburg", on_edit="always")
    article = paper.publish()
    paper.poll()
    paper.feed.edit(article, **changed)
    paper.poll()
    assert paper.told() == [("brand", "new", [])]


def test_each_edit_is_followed_up_and_none_twice(paper: Paper) -> None:
    paper.house.subscribe("brand", "Eversburg", on_edit="always")
    article = paper.publish()
    paper.poll()
    for number in (4, 5, 6):
        paper.told()
        article = paper.feed.edit(article, html=FIRE.replace("3 Verl", f"{number} Verl"))
        paper.poll()
        paper.poll()
    assert paper.told() == [("brand", "new", []), *[("brand", "edit", ["number"])] * 3]
    assert len({sending.delivery.id for sending in paper.house.channel.sent}) == 4


def test_an_edit_that_two_feeds_show_is_told_once(paper: Paper) -> None:
    paper.house.subscribe("brand", "Eversburg", on_edit="always")
    other = paper.house.web.feed(OTHER_FEED)
    other.articles = paper.feed.articles
    paper.house.add_feed(OTHER_FEED, category="Lokales")
    paper.poll()
    article = paper.publish()
    paper.poll()
    paper.told()
    paper.feed.edit(article, html=WORSE)
    for _ in range(4):
        paper.poll()
    assert paper.told() == [("brand", "new", []), ("brand", "edit", ["number"])]


def test_a_feeds_first_poll_tells_no_edit_of_its_own_way_to_show_an_article(paper: Paper) -> None:
    paper.house.subscribe("brand", "Eversburg", on_edit="always")
    paper.house.subscribe("polizei", "Polizei", on_edit="always")
    article = paper.publish()
    paper.poll()
    paper.told()
    other = paper.house.web.feed(OTHER_FEED)
    other.articles = [replace(article, html=WORSE + "<p>Die Polizei ermittelt.</p>")]
    paper.house.add_feed(OTHER_FEED)
    paper.poll()
    assert paper.told() == [("brand", "new", [])]


def test_an_edit_that_only_an_older_page_shows_is_told(paper: Paper) -> None:
    """While nobody polled, the article was edited and pushed out of the window: catching up finds both."""
    paper.house.subscribe("brand", "Eversburg", on_edit="always")
    article = paper.publish()
    paper.poll()
    paper.told()
    paper.feed.edit(article, html=WORSE)
    for _ in range(12):
        paper.house.clock.advance(60)
        paper.publish("Anderes", "<p>Ein anderer Text.</p>")
    paper.poll()
    assert paper.told()[1:] == [("brand", "edit", ["number"])]


def test_an_edit_that_is_found_when_the_last_days_are_read_again_is_told(paper: Paper) -> None:
    paper.house.subscribe("brand", "Eversburg", on_edit="always")
    article = paper.publish()
    paper.poll()
    paper.told()
    for _ in range(12):
        paper.publish("Anderes", "<p>Ein anderer Text.</p>")
        paper.poll()
    paper.feed.edit(article, html=WORSE)
    paper.poll(DAY)
    paper.poll()
    assert paper.told()[1:] == [("brand", "edit", ["number"])]


def test_new_rules_are_no_edit(paper: Paper) -> None:
    paper.house.subscribe("brand", "Eversburg", on_edit="always")
    paper.house.subscribe("leer", "Eversburg -Verletzte")
    article = paper.publish()
    paper.poll()
    paper.told()
    rules = replace(RULES, boilerplate=(r"Es gab .*",))
    run = Renormaliser(archive=paper.house.archive, read=parse_evidence, sources={rules.name: rules}, threads=1)
    assert list(run.run(now=paper.house.clock.now()))
    [filed] = [one for one in paper.house.records() if one.record.title == article.title]
    assert (filed.revision, "Verletzte" in filed.record.body) == (2, False)
    paper.house.equipment = replace(paper.house.equipment, sources={rules.name: rules})
    paper.poll()
    assert paper.told() == [("brand", "new", [])]


# -- alerts that have not left -----------------------------------------------------------------------------------------------


def test_an_alert_that_waits_tells_the_edit_by_itself(paper: Paper) -> None:
    paper.house.subscribe("brand", "Eversburg", on_edit="always")
    article = paper.publish()
    paper.poll()
    paper.feed.edit(article, html=WORSE)
    paper.poll()
    assert paper.told() == [("brand", "new", [])]
    assert "5 Verletzte" in last_alert(paper.house).record.record.body


def test_an_alert_that_was_tried_is_followed_up(paper: Paper) -> None:
    paper.house.subscribe("brand", "Eversburg", on_edit="always")
    article = paper.publish()
    paper.poll()
    paper.house.channel.fail(1)
    paper.told()
    paper.feed.edit(article, html=WORSE)
    paper.poll()
    assert sorted(paper.told()) == [("brand", "edit", ["number"]), ("brand", "new", [])]


def test_an_alert_that_is_just_being_sent_is_followed_up(paper: Paper) -> None:
    paper.house.subscribe("brand", "Eversburg", on_edit="always")
    article = paper.publish()
    paper.poll()
    now = paper.house.clock.now()
    with paper.house.archive.write() as tx:
        assert tx.outbox.lease("screen", now, Lease(token="somebody", until=now + timedelta(seconds=45)))
    paper.feed.edit(article, html=WORSE)
    paper.poll(60)
    paper.poll()
    assert ("brand", "edit", ["number"]) in paper.told()


def test_what_waits_cannot_leave_while_its_edit_is_being_filed(paper: Paper) -> None:
    """Else it would be read before the edit and leave after it, and the edit would be told by nobody."""
    if paper.house.archive.database.is_sqlite:
        pytest.skip("SQLite has one writer")
    paper.house.subscribe("brand", "Eversburg", on_edit="always")
    paper.publish()
    paper.poll()
    [filed] = [one for one in paper.house.records() if "Eversburg" in one.record.title]
    now = paper.house.clock.now()
    lease = Lease(token="somebody", until=now + timedelta(seconds=45))
    with paper.house.archive.write() as tx:
        assert [one.has_left for one in tx.alerts.followers_of([filed.id])] == [False]
        with paper.house.archive.write() as other:
            assert other.outbox.lease("screen", now, lease) == []
    with paper.house.archive.write() as tx:
        assert len(tx.outbox.lease("screen", now, lease)) == 1


def test_an_alert_that_was_given_up_and_replayed_is_followed_up(paper: Paper) -> None:
    """It repeats its payload byte for byte, so that the edit is not in it."""
    paper.house.subscribe("brand", "Eversburg", on_edit="always")
    article = paper.publish()
    paper.poll()
    paper.house.channel.refuse(1, status=400)
    paper.told()
    with paper.house.archive.write() as tx:
        assert tx.outbox.replay([], paper.house.clock.now()) == 1
    paper.feed.edit(article, html=WORSE)
    paper.poll()
    assert sorted(paper.told()) == [("brand", "edit", ["number"]), ("brand", "new", [])]


def test_follow_ups_wait_for_the_digest_and_edits_of_what_waits_are_in_it(paper: Paper) -> None:
    paper.house.subscribe("brand", "Eversburg", on_edit="always", digest="hourly")
    articles = [paper.publish(f"Brand {number} in Eversburg") for number in (1, 2)]
    paper.poll()
    articles = [paper.feed.edit(one, html=WORSE) for one in articles]
    paper.poll()
    assert (paper.told_kinds(), paper.gathered(HOUR)) == ([], ["digest"])
    [digest] = [sending.delivery.alert for sending in paper.house.channel.sent]
    assert isinstance(digest, Digest)
    assert [(one.kind, "5 Verletzte" in one.record.record.body) for one in digest.alerts] == [("new", True)] * 2
    for one in articles:
        paper.feed.edit(one, html=FIRE.replace("3 Verletzte", "6 Verletzte"))
    paper.poll()
    assert paper.told_kinds() == ["digest"]
    assert paper.gathered(HOUR) == ["digest", "digest"]
    later = paper.house.channel.sent[-1].delivery.alert
    assert isinstance(later, Digest)
    assert [(one.kind, [change.kind for change in one.changes]) for one in later.alerts] == [("edit", ["number"])] * 2


@pytest.mark.parametrize("carrier_state", ["pending", "sent"])
def test_an_alert_that_a_digest_carried_is_followed_up_once_that_left(paper: Paper, carrier_state: str) -> None:
    paper.house.subscribe("brand", "Eversburg", on_edit="always")
    article = paper.publish()
    paper.publish("Anderes aus Eversburg")
    paper.poll()
    with paper.house.archive.database.write() as connection:
        carrier, member = [row.id for row in connection.execute(deliveries.select().order_by(deliveries.c.id))]
        held = {"state": DeliveryState.HELD, "held_for": "digest", "carrier_id": carrier}
        connection.execute(deliveries.update().where(deliveries.c.id == member).values(held))
        values = {"state": carrier_state, "attempts": int(carrier_state == "sent")}
        connection.execute(deliveries.update().where(deliveries.c.id == carrier).values(values))
    for one in [article, paper.feed.articles[-1]]:
        paper.feed.edit(one, html=WORSE)
    paper.poll()
    with paper.house.archive.read() as tx:
        kinds = [one.kind for filed in paper.house.records() for one in tx.alerts.of_record(filed.id)]
    assert kinds.count(AlertKind.EDIT) == (2 if carrier_state == "sent" else 0)


def test_a_paused_or_removed_subscription_hears_nothing(paper: Paper) -> None:
    for name in ("paused", "removed", "active"):
        paper.house.subscribe(name, "Eversburg", on_edit="always")
    article = paper.publish()
    paper.poll()
    assert len(paper.told()) == 3
    now = paper.house.clock.now()
    with paper.house.archive.write() as tx:
        ids = {one.name: one.id for one in tx.subscriptions.all()}
        tx.subscriptions.change(ids["paused"], now=now, paused=True)
        tx.subscriptions.remove(ids["removed"], now)
    paper.feed.edit(article, html=WORSE)
    paper.poll()
    assert paper.told()[3:] == [("active", "edit", ["number"])]


def test_a_subscription_that_was_edited_meanwhile_follows_up_its_alert(paper: Paper) -> None:
    number = paper.house.subscribe("brand", "Eversburg", on_edit="always")
    article = paper.publish()
    paper.poll()
    paper.told()
    with paper.house.archive.write() as tx:
        tx.subscriptions.change(number, now=paper.house.clock.now(), query="Verletzte", canonical="{}")
    paper.feed.edit(article, html=WORSE)
    paper.poll()
    assert paper.told()[1:] == [("brand", "edit", ["number"])]
    assert last_alert(paper.house).query == "Eversburg"


# -- crashes ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["before_cursor_execute", "commit"])
def test_killed_at_each_step_of_a_poll_that_brings_edits(database_url: str, when: str) -> None:
    """Whatever statement is the last: both the follow-up and the new match are told, once."""
    for number in range(1, 200):
        with open_house(database_url) as house:
            empty(house)
            paper = prepared(house)
            with killed_at(house.archive, number, when) as count:
                house.poll()
            finished = count[0] < number
        with open_house(database_url, house.clock) as after:
            after.clock.advance(60)
            after.equipment = replace(after.equipment, fetcher=house.web)
            after.poll_until_quiet()
            after.deliver()
            assert sorted(told_by(after)) == [("brand", "edit", ["number"]), ("polizei", "new", [])], f"{when} {number}"
            assert paper.house is house
        if finished:
            assert number > 2, "no step was reached"
            return
    raise AssertionError("the poll never came through")


def prepared(house: House) -> Paper:
    """An article that one subscription was told of, edited so that another one matches, too."""
    house.subscribe("brand", "Eversburg", on_edit="always")
    house.subscribe("polizei", "Polizei")
    paper = Paper(house, house.web.feed(FEED))
    publish_many(paper.feed, house.clock, 1, "Alt")
    house.add_feed()
    house.poll_until_quiet()
    house.clock.advance(700)
    article = paper.publish()
    house.poll_until_quiet()
    house.deliver()
    paper.feed.edit(article, html=WORSE + "<p>Die Polizei ermittelt.</p>")
    house.clock.advance(700)
    return paper


def empty(house: House) -> None:
    with house.archive.database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())


# -- visits -----------------------------------------------------------------------------------------------------------------


HOME = "https://www.stadtblatt.example"
WORDS = " ".join(f"Wort{'abcdefghij'[number % 10]}" for number in range(120))
TEXT = f"<p>Der Rat hat beraten.</p><p>{WORDS}</p><p>Es gab 3 Stimmen dagegen.</p>"


@dataclass
class Town:
    """A whole site, whose articles are looked at again on their own pages, or by REST."""

    site: WordPressSite
    house: House

    def poll(self, seconds: float = 700.0) -> None:
        self.house.clock.advance(seconds)
        self.house.poll_until_quiet()
        self.house.deliver()

    def push_out(self) -> None:
        for number in range(10):
            self.house.clock.advance(60)
            self.site.publish(f"Neuer {number}-{self.house.clock.now():%d%H%M}", f"<p>Anderes.</p><p>{WORDS}</p>")
        self.house.poll_until_quiet()


@pytest.fixture
def town(house: House) -> Iterator[Town]:
    site = WordPressSite(public_url=HOME, now=house.clock.now)
    with site:
        site.gzip = False
        web = SiteWeb(site, house.clock)
        rules = replace(RULES, post_id_pattern=r"-(\d+)/$")
        house.equipment = replace(house.equipment, fetcher=web, sources={RULES.name: rules})
        house.manners(full_text=True, reread_every_s=0.0, recheck_s=(HOUR, 6 * HOUR, DAY, 7 * DAY))
        house.add_feed(FEED)
        site.publish("Anfang", "<p>Ein Anfang.</p>")
        house.poll_until_quiet()
        yield Town(site, house)


@pytest.mark.parametrize("rest", [True, False])
def test_an_edit_that_a_check_sees_is_told(town: Town, rest: bool) -> None:
    town.site.rest = rest
    town.house.subscribe("rat", "Rat", on_edit="always")
    town.house.subscribe("polizei", "Polizei")
    post = town.site.publish("Rat berät", TEXT)
    town.poll()
    town.push_out()
    town.poll(HOUR)
    town.site.edit(post, html=TEXT.replace("3 Stimmen", "4 Stimmen") + "<p>Die Polizei war da.</p>")
    for _ in range(8):
        town.poll(HOUR)
    assert sorted(told_by(town.house)) == [("polizei", "new", []), ("rat", "edit", ["number"]), ("rat", "new", [])]


@pytest.mark.parametrize("rest", [True, False])
def test_a_withdrawal_and_a_return_are_told(town: Town, rest: bool) -> None:
    town.site.rest = rest
    town.house.subscribe("rat", "Rat", on_edit="always")
    town.house.subscribe("still", "Rat")
    post = town.site.publish("Rat berät", TEXT)
    town.poll()
    town.push_out()
    town.site.trash(post)
    for _ in range(3):
        town.poll(1.5 * HOUR)
    gone = [("rat", "edit", ["withdrawn"])]
    assert [one for one in told_by(town.house) if one[1] == "edit"] == gone
    town.site.untrash(post)
    for _ in range(4):
        town.poll(4 * HOUR)
    assert [one for one in told_by(town.house) if one[1] == "edit"] == [*gone, ("rat", "edit", ["returned"])]


def test_a_withdrawal_is_told_although_the_alert_has_not_left(town: Town) -> None:
    """A first alert does not say that its article is gone. One that comes back changed is one follow-up."""
    town.house.subscribe("rat", "Rat", on_edit="always")
    post = town.site.publish("Rat berät", TEXT)
    town.house.clock.advance(700)
    town.house.poll_until_quiet()
    town.push_out()
    town.site.trash(post)
    for _ in range(3):
        town.house.clock.advance(1.5 * HOUR)
        town.house.poll_until_quiet()
    town.house.deliver()
    assert told_by(town.house) == [("rat", "new", []), ("rat", "edit", ["withdrawn"])]
    town.site.untrash(post)
    town.site.edit(post, title="Rat berät doch", html=TEXT.replace("3 Stimmen", "4 Stimmen"))
    for _ in range(4):
        town.poll(4 * HOUR)
    assert told_by(town.house)[2:] == [("rat", "edit", ["returned", "title", "number"])]


def test_an_article_that_comes_back_in_its_feed_is_told(town: Town) -> None:
    town.house.subscribe("rat", "Rat", on_edit="always")
    post = town.site.publish("Rat berät", TEXT)
    town.poll()
    [filed] = [one for one in town.house.records() if one.record.title == "Rat berät"]
    now = town.house.clock.now()
    with town.house.archive.write() as tx:
        tx.afterwards.withdraw(filed, since=now, now=now, how="page", detail="404")
    town.site.edit(post, html=TEXT + "<p>Noch ein Satz.</p>")
    town.poll()
    assert told_by(town.house) == [("rat", "new", []), ("rat", "edit", ["returned"])]


def test_a_text_that_comes_late_is_no_edit(town: Town) -> None:
    town.site.look.use_excerpt = True
    town.house.subscribe("rat", "Rat", on_edit="always")
    post = town.site.publish("Rat berät", TEXT)
    web = town.house.equipment.fetcher
    assert isinstance(web, SiteWeb)
    web.overrides[town.site.link(post)] = fetched("u", "<html><title>Wartung</title></html>")
    town.poll()
    web.overrides.clear()
    for _ in range(4):
        town.poll(2 * HOUR)
    assert told_by(town.house) == [("rat", "new", [])]
    [filed] = [one for one in town.house.records() if one.record.title == "Rat berät"]
    assert not filed.record.excerpt
