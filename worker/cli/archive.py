"""`archive`: looking into the archive, and taking articles out of it for good. See `exchange.py` for export and import."""

from collections.abc import Iterator

import click

from worker import indexing, recordfiles
from worker.cli import history, show
from worker.cli.arguments import TAKES_QUERY, When, WhenType, read_query
from worker.cli.articles import find_record, hit, hit_data
from worker.cli.shell import Group, Shell, confirm, example, json_option, yes_option
from worker.finding import matching
from worker.masking import mask
from worker.record import to_json, write_page


@click.group(cls=Group, epilog=example("feedwacht archive search 'Nato OR \"Mark Rutte\"' --since 30d"))
def archive() -> None:
    """Search, read, export and import the articles."""


@archive.command(
    context_settings=TAKES_QUERY,
    epilog=example(
        "feedwacht archive search Nato", "feedwacht archive search 'Rat AND Hafen' --since 2025-12-01 --limit 5"
    ),
)
@click.argument("query")
@click.option("--since", type=WhenType(), help="Published at or after: 30d, 12h, or a day, 2025-12-01.")
@click.option("--until", type=WhenType(), help="Published before that span ago, or up to and including that day.")
@click.option(
    "--limit", type=click.IntRange(1, 1_000_000), default=20, show_default=True, help="The most that are shown."
)
@json_option
@click.pass_obj
def search(shell: Shell, query: str, since: When | None, until: When | None, limit: int, as_json: bool) -> None:
    """Find articles, the newest first.

    QUERY is written as in subscriptions.
    """
    read, now = read_query(query, shell.wording.language), shell.now()
    with shell.archive() as opened, opened.read() as tx:
        found = matching(
            tx,
            read,
            since=since.starts_at(shell.zone, now) if since else None,
            until=until.ends_at(shell.zone, now) if until else None,
            newest_first=True,
        )
        # One more than is shown tells whether there are more.
        shown = [one for one, _ in zip(found, range(limit + 1), strict=False)]
    if as_json:
        show.as_json([hit_data(one) for one in shown[:limit]])
        return
    for one in shown[:limit]:
        show.lines(*hit(shell, one), "")
    more = shell.wording.say("more_found", limit=limit) if len(shown) > limit else ""
    show.lines(more or shell.wording.count("articles_found", len(shown)))


@archive.command(
    "show",
    epilog=example(
        "feedwacht archive show https://www.hasepost.de/rutte-nato-664206/",
        "feedwacht archive show https://www.hasepost.de/rutte-nato-664206/ --revisions",
        "feedwacht archive show https://www.hasepost.de/rutte-nato-664206/ --diff 1..2",
    ),
)
@click.argument("reference", metavar="URL|KEY")
@click.option("--revisions", is_flag=True, help="List its states: seen when and how, and what changed.")
@click.option(
    "--diff", "pair", type=history.PairType(), help="What changed from one revision to another, or to this one."
)
@json_option
@click.pass_obj
def show_(shell: Shell, reference: str, revisions: bool, pair: history.Pair | None, as_json: bool) -> None:
    """Show an article and what is known of it.

    It is named by any of its URLs, or by its key.
    """
    with shell.archive() as opened, opened.read() as tx:
        filed = find_record(shell, tx, reference)
        earlier = tx.records.earlier(filed.id)
        states = tx.records.history(filed.id) if revisions or pair else []
    if pair is not None:
        history.show_difference(shell, states, pair, as_json=as_json)
        return
    if revisions:
        history.show_revisions(shell, states, as_json=as_json)
        return
    if as_json:
        show.as_json_line(to_json(filed))
        return
    say = shell.wording.say
    show.lines(write_page(filed.record), "", say("known_key", key=filed.key))
    show.lines(say("known_since", at=shell.clock(filed.first_seen_at), revision=filed.revision))
    show.lines(*(say("known_feed", feed=mask(url)) for url in filed.feeds))
    show.lines(*(say("known_former_url", url=url) for url in filed.former_urls))
    if filed.withdrawn_at is not None:
        show.lines(say("known_withdrawn", at=shell.clock(filed.withdrawn_at)))
    for number, seen_at, replaced_at, state in earlier:
        title = str(state.get("title", ""))
        at = {"seen": shell.clock(seen_at), "replaced": shell.clock(replaced_at)}
        show.lines(say("known_revision", number=number, title=title, **at))


@archive.command(epilog=example("feedwacht archive stats", "feedwacht archive stats --json"))
@json_option
@click.pass_obj
def stats(shell: Shell, as_json: bool) -> None:
    """Count what the archive holds."""
    with shell.archive() as opened, opened.read() as tx:
        counted = tx.records.stats()
        by = {column: tx.records.count_by(column) for column in ("source", "category", "agency")}
        months = tx.records.count_by_month()
        alerts = tx.alerts.count()
        cleared = tx.retention.cleared()
    size_bytes = shell.archive_bytes
    if as_json:
        first, last = show.stamp(counted["first"]), show.stamp(counted["last"])
        parts = {f"by_{column}": dict(found) for column, found in by.items()} | {"by_month": dict(months)}
        before = {kind.value: show.stamp(at) for kind, at in cleared.items()}
        data = {**counted, "first": first, "last": last, "alerts": alerts, "size_bytes": size_bytes, **parts}
        show.as_json({**data, "cleared_before": before})
        return
    show.lines(*_stats_lines(shell, counted, alerts, size_bytes))
    show.lines(*(shell.wording.say(f"cleared_{kind}", at=shell.clock(at)) for kind, at in cleared.items()))
    for column, found in by.items():
        show.lines("", shell.wording.say(f"stats_by_{column}"))
        show.chart(shell.wording, [(name or "–", number) for name, number in found])
    show.lines("", shell.wording.say("stats_by_month"))
    show.chart(shell.wording, months)


@archive.command(epilog=example("feedwacht archive reindex"))
@click.pass_obj
def reindex(shell: Shell) -> None:
    """Index what searches do not find by the index yet.

    After an upgrade the worker does it bit by bit, and searches are right meanwhile; this does it at once.
    """
    with shell.archive() as opened, show.progress(counted=False) as bar:
        task = bar.add_task(shell.wording.say("indexing"), total=None)
        done = indexing.index_all(opened, lambda count: bar.advance(task, count))
    show.lines(shell.wording.say("indexed", articles=shell.wording.count("articles", done)))


@archive.command(
    epilog=example(
        "feedwacht archive remove https://www.hasepost.de/rutte-nato-664206/ --reason 'request of 3 December'"
    )
)
@click.argument("reference", metavar="URL|KEY")
@click.option("--reason", required=True, metavar="TEXT", help="Kept with the trace that is left.")
@yes_option
@click.pass_obj
def remove(shell: Shell, reference: str, reason: str, yes: bool) -> None:
    """Delete an article for good.

    Its text, evidence, revisions, alerts and file go; a trace stays, so that it does not come back.
    """
    if not reason.strip():
        raise click.BadParameter("say why in a few words", param_hint="--reason")
    files = shell.files
    with shell.archive() as opened:
        with opened.read() as tx:
            filed = find_record(shell, tx, reference)
        confirm(show.safe(shell.wording.say("really_remove", title=filed.record.title)), yes=yes)
        with opened.write() as tx:
            filed = find_record(shell, tx, filed.key)
            tx.records.remove(filed, reason=reason.strip(), now=shell.now())
        indexing.forget_removed(opened)
        if files is not None:
            recordfiles.write_due(opened, files)
    show.lines(shell.wording.say("record_removed", title=filed.record.title))


def _stats_lines(shell: Shell, counted: dict[str, object], alerts: int, size_bytes: int | None) -> Iterator[str]:
    say, count = shell.wording.say, shell.wording.count
    yield count("articles", _number(counted["records"]))
    if counted["first"] is not None:
        first, last = (shell.clock(counted[name]) for name in ("first", "last"))  # type: ignore[arg-type]
        yield say("stats_span", first=first, last=last)
    yield count("revisions", _number(counted["revisions"]))
    yield count("removed", _number(counted["removed"]))
    yield count("alerts", alerts)
    if size_bytes is not None:
        yield say("stats_size", size=show.size(shell.wording, size_bytes))


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value
