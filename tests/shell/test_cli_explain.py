"""`feedwacht explain`: why an article is there, and who was told."""

from pathlib import Path

from tests.shell.desk import Desk, give_up
from tests.wordpress import WordPressSite


def test_an_article_that_alerted(desk: Desk, site: WordPressSite) -> None:
    desk.run("poll")
    post = site.publish("Hafen wird größer", "<p>Der Hafen wächst.</p>")
    desk.run("poll")
    out = desk.run("explain", site.link(post)).stdout
    assert "“Hafen” matches: »Hafen«" in out
    assert "alerted on" in out
    assert "screen: sent" in out
    assert f"shown by {site.url}/feed/ since" in out
    assert f"the post id {post.id}" in out
    data = desk.json("explain", site.link(post))
    assert isinstance(data, dict)
    [one] = data["subscriptions"]
    assert (one["name"], one["matches"], one["no_alert"]) == ("Hafen", True, None)
    assert [(row["channel"], row["state"]) for row in one["deliveries"]] == [("screen", "sent")]
    assert desk.json("explain", data["key"]) == data


def test_an_article_that_did_not_alert_says_why(desk: Desk, site: WordPressSite) -> None:
    desk.run("subscriptions", "list")
    post = site.publish("Hafen wird größer")
    desk.run("poll")
    desk.run("subscriptions", "add", "Später", "Hafen", "--channel", "screen")
    out = desk.run("explain", site.link(post)).stdout
    assert "filed silently" in out
    assert "it was made only afterwards" in out
    reasons = {one["name"]: one["no_alert"] for one in desk.json("explain", site.link(post))["subscriptions"]}  # type: ignore[index, call-overload]
    assert reasons == {"Hafen": "silent", "Später": "later"}


def test_what_could_not_be_sent(desk: Desk, site: WordPressSite) -> None:
    give_up(desk, site)
    [row] = desk.json("alerts", "list", "--state", "dead")  # type: ignore[misc]
    assert "pager: dead" in desk.run("explain", row["url"]).stdout


def test_an_alert_whose_query_changed_since(desk: Desk, site: WordPressSite) -> None:
    desk.run("poll")
    desk.run("subscriptions", "add", "Fest", "Fest", "--channel", "screen")
    post = site.publish("Fest am Ufer")
    desk.run("poll")
    desk.run("subscriptions", "edit", "Fest", "--query", "Feier")
    out = desk.run("explain", site.link(post)).stdout
    assert "“Fest” matched, and does no longer" in out
    assert "with its query of then: Fest" in out


def test_an_article_without_subscriptions(desk: Desk, site: WordPressSite) -> None:
    post = site.publish("Nichts davon")
    desk.run("poll")
    assert "no subscription matches" in desk.run("explain", site.link(post)).stdout


def test_an_article_that_was_removed_or_never_was(desk: Desk, site: WordPressSite) -> None:
    post = site.publish("Weg damit")
    desk.run("poll")
    key = desk.json("explain", site.link(post))["key"]  # type: ignore[index, call-overload]
    desk.run("archive", "remove", site.link(post), "--reason", "wrong name", "--yes")
    assert "wrong name" in desk.run("explain", key, exit_code=2).stderr
    assert "wrong name" in desk.run("explain", site.link(post), exit_code=2).stderr
    assert "there is no article" in desk.run("explain", f"{site.url}/nirgends-999/", exit_code=2).stderr


def test_what_nearly_matches(desk: Desk, site: WordPressSite) -> None:
    for name, query in (
        ("Fest", "Fest"),
        ("Beides", "Kanal AND Brücke"),
        ("Ohne", "Kanal -Binnenhafen"),
        ("Fern", "Zoo"),
    ):
        desk.run("subscriptions", "add", name, query, "--channel", "screen")
    post = site.publish("Hafenfest am Kanal", "<p>Am Kanal ist ein Binnenhafen.</p>")
    desk.run("poll")
    out = desk.run("explain", site.link(post)).stdout
    assert "“Hafen” nearly matches: with `Hafen+` it would match: »Binnenhafen«" in out
    assert "“Fest” nearly matches: with `Fest+` it would match: »Hafenfest«" in out
    assert "“Beides” nearly matches: all that is missing is: Brücke" in out
    assert "“Ohne” nearly matches: excluded by: Binnenhafen" in out
    assert "Fern" not in out
    nearly = {one["name"]: (one["change"], one["term"]) for one in desk.json("explain", site.link(post))["nearly"]}  # type: ignore[index, call-overload]
    assert nearly["Beides"] == ("missing", "Brücke")


def test_german(desk: Desk, site: WordPressSite) -> None:
    post = site.publish("Hafen wird größer")
    desk.run("poll")
    desk.configure(language="de")
    out = desk.run("explain", site.link(post)).stdout
    assert "gezeigt von" in out
    assert "„Hafen“ trifft" in out


def test_edits_and_follow_ups_are_shown(site: WordPressSite, tmp_path: Path) -> None:
    more = '[[subscription]]\nname = "Brand"\nquery = "Brand"\nchannels = ["screen"]\non_edit = "always"\n'
    desk = Desk(tmp_path, site, more=more)
    desk.run("poll")
    post = site.publish("Brand am Hafen", "<p>Es gab 3 Verletzte.</p>")
    desk.run("poll")
    site.edit(post, html="<p>Es gab 3 Verletzte.</p><p>Die Straße ist frei.</p>")
    desk.run("poll")
    site.edit(post, html="<p>Es gab 4 Verletzte.</p><p>Die Straße ist frei.</p>")
    desk.run("poll")
    out = desk.run("explain", site.link(post)).stdout
    assert "no material edit" in out
    assert "a material edit (number)" in out
    assert out.count("follow-up on") == 1, "the other subscription did not ask for it"
    data = desk.json("explain", site.link(post))
    assert isinstance(data, dict)
    assert [[change["kind"] for change in one["material"]] for one in data["edits"]] == [[], ["number"]]
    follow_ups = {one["name"]: one["follow_ups"] for one in data["subscriptions"]}
    assert follow_ups["Hafen"] == []
    [one] = follow_ups["Brand"]
    assert one["changes"] == [{"kind": "number", "before": "Es gab 3 Verletzte.", "after": "Es gab 4 Verletzte."}]
    assert [row["state"] for row in one["deliveries"]] == ["sent"]
