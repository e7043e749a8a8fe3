"""`feeds quarantine`, `feeds accept`, `feeds fold`: articles that came under new names all at once."""

from collections.abc import Callable

import click

from worker import quarantine
from worker.archive import Transaction
from worker.cli import show
from worker.cli.arguments import find_feed
from worker.cli.shell import Command, Refused, Shell, confirm, example, json_option, yes_option
from worker.diagnosis import end_quarantine
from worker.fetch import masked
from worker.model import FiledRecord, Quarantine, Twin

_SHOWN = 20  # of a quarantine's articles; --json has all


@click.command(
    "quarantine", cls=Command, epilog=example("feedwacht feeds quarantine", "feedwacht feeds quarantine --json")
)
@click.option("--all", "everything", is_flag=True, help="Those that are decided, too.")
@json_option
@click.pass_obj
def quarantine_(shell: Shell, everything: bool, as_json: bool) -> None:
    """List articles that came under new names all at once.

    Their alerts and files wait until you say what they are: `feeds fold` if they are the articles that the archive had,
    `feeds accept` if they are new ones.
    """
    with shell.archive(configured=True) as archive, archive.read() as tx:
        found = [(one, _articles(tx, one)) for one in tx.quarantines.all(open_only=not everything)]
    if as_json:
        show.as_json([_data(one, articles) for one, articles in found])
        return
    if not found:
        show.lines(shell.wording.say("no_quarantine"))
        return
    for one, articles in found:
        show.lines(_sentence(shell, one), *_listed(shell, articles))


@click.command(cls=Command, epilog=example("feedwacht feeds accept https://www.hasepost.de/feed/"))
@click.argument("feed", metavar="URL")
@yes_option
@json_option
@click.pass_obj
def accept(shell: Shell, feed: str, yes: bool, as_json: bool) -> None:
    """Let articles in quarantine be new ones: their alerts go out.

    The feed is named by its URL or id.
    """
    _decide(shell, feed, quarantine.accept, word="accept", yes=yes, as_json=as_json)


@click.command(cls=Command, epilog=example("feedwacht feeds fold https://www.hasepost.de/feed/"))
@click.argument("feed", metavar="URL")
@yes_option
@json_option
@click.pass_obj
def fold(shell: Shell, feed: str, yes: bool, as_json: bool) -> None:
    """Fold articles in quarantine into those that the archive had.

    Those get the new addresses and numbers, the doubles are taken away, and their alerts are cancelled. The feed is named
    by its URL or id. It cannot be undone: without a terminal to ask at, `--yes` is needed.
    """
    _decide(shell, feed, quarantine.fold, word="fold", yes=yes, as_json=as_json)


def _decide(shell: Shell, reference: str, decision: Callable[..., int], *, word: str, yes: bool, as_json: bool) -> None:
    with shell.worker(alerts_to_stderr=True) as worker:
        with worker.archive.read() as tx:
            feed = find_feed(tx.feeds.all(), reference)
            if feed is None:
                raise Refused(shell.wording.say("no_such_feed", feed=masked(reference)))
            mine = [one for one in tx.quarantines.all(open_only=True) if one.feed_id == feed.id]
        if not mine:
            raise Refused(shell.wording.say("feed_not_quarantined", feed=masked(feed.url)))
        one, now = mine[0], shell.now()
        articles = shell.wording.count("articles", one.records)
        question = shell.wording.say(f"quarantine_{word}_sure", articles=articles, feed=masked(feed.url))
        unasked = shell.wording.say("fold_unasked") if word == "fold" else ""
        confirm(question, yes=yes, unasked=unasked)
        with worker.archive.write() as tx:
            deliveries = decision(tx, one, by=shell.user, now=now)
            end_quarantine(worker.equipment, tx, feed, now)
    if as_json:
        show.as_json({"feed": masked(feed.url), "decided": word, "articles": one.records, "deliveries": deliveries})
    else:
        alerts = shell.wording.count("deliveries", deliveries)
        show.lines(shell.wording.say(f"quarantine_{word}_done", articles=articles, alerts=alerts))


# -- how it is shown ----------------------------------------------------------------------------------------------------

_Article = tuple[FiledRecord, FiledRecord]  # as it came, and the one that the archive had


def _articles(tx: Transaction, one: Quarantine) -> list[_Article]:
    twins: list[Twin] = tx.quarantines.twins(one.id)
    found = tx.records.get([each for twin in twins for each in (twin.record_id, twin.twin_id)])
    return [(found[twin.record_id], found[twin.twin_id]) for twin in twins if twin.twin_id in found]


def _sentence(shell: Shell, one: Quarantine) -> str:
    words = {"feed": masked(one.feed_url), "since": shell.clock(one.noticed_at), "by": one.decided_by}
    counted = {
        "articles": shell.wording.count("articles", one.records),
        "alerts": shell.wording.count("alerts_waiting", one.alerts),
    }
    return shell.wording.say(f"quarantine_{one.state}", **words, **counted, at=shell.clock(one.decided_at))


def _listed(shell: Shell, articles: list[_Article]) -> list[str]:
    say, left = shell.wording.say, len(articles) - _SHOWN
    lines = [
        say("quarantine_article", title=new.record.title, before=twin.record.url, after=new.record.url)
        for new, twin in articles[:_SHOWN]
    ]
    lines += [say("quarantine_more", number=left)] if left > 0 else []
    return [f"  {line}" for line in lines]


def _data(one: Quarantine, articles: list[_Article]) -> dict[str, object]:
    return {
        "id": one.id,
        "feed": {"id": one.feed_id, "url": masked(one.feed_url)},
        "source": one.source,
        "state": one.state.value,
        "noticed_at": show.stamp(one.noticed_at),
        "decided_at": show.stamp(one.decided_at),
        "decided_by": one.decided_by,
        "records": one.records,
        "alerts_waiting": one.alerts,
        "articles": [
            {
                "title": new.record.title,
                "key": new.key,
                "url": new.record.url,
                "was": twin.record.url,
                "was_key": twin.key,
            }
            for new, twin in articles
        ],
    }
