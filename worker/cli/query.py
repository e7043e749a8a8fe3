"""`query`: trying a query before it is saved, comparing two, and checking labelled examples."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import click

from worker import backtest, labelled
from worker.archive import Transaction
from worker.backtest import Backtest, Difference, NearMiss, Stretch
from worker.cli import show, understood
from worker.cli.against import against
from worker.cli.arguments import TAKES_QUERY, When, WhenType, pointed, read_query
from worker.cli.articles import hit, hit_data
from worker.cli.shell import Group, Refused, Shell, example, json_option
from worker.errors import CasesFormatError
from worker.finding import Found
from worker.labelled import Failure
from worker.query import Query

_MOST_BYTES = 50_000_000  # of a file of labelled cases

_since_option = click.option(
    "--since", type=WhenType(), default="30d", show_default=True, help="Published at or after: 30d, 12h, or a day."
)
_show_option = click.option(
    "--show", "most", type=click.IntRange(0, 1000), default=10, show_default=True, help="The most hits that are shown."
)


@click.group(cls=Group, epilog=example("feedwacht query test 'Nato OR \"Mark Rutte\"'"))
def query() -> None:
    """Try queries before they are saved.

    What is shown here is what a subscription would do: it is the same code.
    """


@query.command(
    context_settings=TAKES_QUERY,
    epilog=example(
        "feedwacht query test 'Krieg AND Ukraine' --since 90d --show 5",
        "feedwacht query test Radweg --against var/records/2025/12/03/0123456789abcdef.txt",
        "feedwacht query test 'title:Nato' --explain",
    ),
)
@click.argument("text", metavar="QUERY")
@_since_option
@_show_option
@click.option(
    "--against",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Try it on a record file, JSONL or any text instead of the archive.",
)
@click.option("--explain", "explained", is_flag=True, help="Say first how the query is understood, word by word.")
@json_option
@click.pass_obj
def test(shell: Shell, text: str, since: When, most: int, file: Path | None, explained: bool, as_json: bool) -> None:
    """Run QUERY over the archive.

    Shows hits per day, how many alerts it would have sent, the newest hits with what matched, and what it only just
    misses.
    """
    read = read_query(text, shell.wording.language)
    data: dict[str, object] = {"query": text}
    if explained and as_json:
        data |= understood.data(read)
    elif explained:
        show.lines(*understood.lines(shell, read), "")
    if file is not None:
        data |= against(shell, read, file, as_json=as_json)
    else:
        with shell.archive() as archive, archive.read() as tx:
            found = _backtest(shell, tx, read, since, most)
            is_empty = not found.articles and not tx.records.count()
        data |= _backtest_data(found)
        if not as_json:
            _tell(shell, found, is_empty=is_empty)
    if as_json:
        show.as_json(data)


@query.command(
    context_settings=TAKES_QUERY,
    epilog=example(
        "feedwacht query diff 'Hafen' 'Hafen OR Hafenfest' --since 90d",
        "feedwacht query diff --subscription Nato 'Nato OR Rutte'",
    ),
)
@click.argument("texts", nargs=-1, required=True, metavar="OLD NEW")
@click.option("--subscription", metavar="NAME", help="OLD is the query of this subscription; only NEW is given.")
@_since_option
@_show_option
@json_option
@click.pass_obj
def diff(shell: Shell, texts: tuple[str, ...], subscription: str | None, since: When, most: int, as_json: bool) -> None:
    """Say what an edited query gains and loses.

    OLD and NEW are queries; both are run over the archive.
    """
    if len(texts) != (1 if subscription else 2):
        raise click.UsageError("give OLD and NEW, or --subscription and NEW")
    now = shell.now()
    with shell.archive(configured=subscription is not None) as archive, archive.read() as tx:
        old = _query_of(shell, tx, subscription) if subscription else texts[0]
        queries = [read_query(text, shell.wording.language) for text in (old, texts[-1])]
        start = since.starts_at(shell.zone, now)
        found = backtest.difference(tx, *queries, since=start, until=now, show=most)
    if as_json:
        times = {"since": show.stamp(start), "until": show.stamp(now)}
        show.as_json({"old": old, "new": texts[-1], **times, **_difference_data(found)})
        return
    _tell_difference(shell, found)


@query.command(epilog=example("feedwacht query cases my-cases.tsv"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE.tsv")
@json_option
@click.pass_context
def cases(context: click.Context, file: Path, as_json: bool) -> None:
    r"""Check labelled examples of your own.

    FILE has a header line and the columns query, text, expected (0 or 1) and note, parted by tabs. The text is a body,
    or title:: … || category:: … || body:: …; \n and \uXXXX are escapes. Failures are listed, the last line counts.

    Exit code 1: a case failed. Exit code 2: the file is no such table.
    """
    shell: Shell = context.obj
    try:
        rows = labelled.read_cases(_content(shell, file))
    except CasesFormatError as error:
        raise CasesFormatError(f"{file}: {error}") from error
    failed = list(labelled.failures(rows, shell.wording.language))
    counted = {"passed": len(rows) - len(failed), "failed": len(failed)}
    if as_json:
        show.as_json({**counted, "failures": [_failure_data(one) for one in failed]})
    else:
        for one in failed:
            show.lines(*_failure(shell, one))
        show.lines(f"{counted['passed']} passed, {counted['failed']} failed")
    context.exit(1 if failed else 0)


@query.command(context_settings=TAKES_QUERY, epilog=example("feedwacht query explain 'Krieg+ AND title:Nato'"))
@click.argument("text", metavar="QUERY")
@json_option
@click.pass_obj
def explain(shell: Shell, text: str, as_json: bool) -> None:
    """Say how QUERY is understood, word by word."""
    read = read_query(text, shell.wording.language)
    if as_json:
        show.as_json({"query": text, **understood.data(read)})
        return
    show.lines(*understood.lines(shell, read))


# -- test -------------------------------------------------------------------------------------------------------------


def _backtest(shell: Shell, tx: Transaction, read: Query, since: When, most: int) -> Backtest:
    now = shell.now()
    start = since.starts_at(shell.zone, now)
    return backtest.backtest(tx, read, since=start, until=now, zone=shell.zone, show=most)


def _tell(shell: Shell, found: Backtest, *, is_empty: bool) -> None:
    say, count = shell.wording.say, shell.wording.count
    if not found.articles:
        show.lines(say("tested_empty" if is_empty else "tested_nothing"))
        return
    hits, articles = count("hits", found.hits), count("articles", found.articles)
    show.bars([(_label(shell, one), one.hits) for one in found.chart])
    show.lines("", say("tested_over", hits=hits, articles=articles, **_times(shell, found.since, found.until)))
    most = shell.wording.number(found.most_in_an_hour)
    show.lines(say("would_have_sent", alerts=count("alerts", found.hits), most=most))
    _list(shell, "newest_hits", found.newest)
    if found.near:
        show.lines("", say("near_misses", articles=count("articles", found.near[0].among)))
    for one in found.near:
        examples = ", ".join(f"»{word}«" for word in one.examples)
        show.lines(
            "  " + say("near_miss", change=one.change, articles=count("more_articles", one.articles), examples=examples)
        )


def _list(shell: Shell, heading: str, found: Sequence[Found]) -> None:
    if found:
        show.lines("", shell.wording.say(heading))
    for one in found:
        show.lines("", *hit(shell, one, forms=True))


def _times(shell: Shell, since: datetime, until: datetime) -> dict[str, str]:
    return {"since": shell.clock(since), "until": shell.clock(until)}


def _label(shell: Shell, one: Stretch) -> str:
    first = shell.wording.day(one.first)
    return first if one.first == one.last else f"{first} – {shell.wording.day(one.last)}"


def _backtest_data(found: Backtest) -> dict[str, object]:
    chart = [{"from": one.first.isoformat(), "to": one.last.isoformat(), "hits": one.hits} for one in found.chart]
    return {
        "since": show.stamp(found.since),
        "until": show.stamp(found.until),
        "articles": found.articles,
        "hits": found.hits,
        "most_in_an_hour": found.most_in_an_hour,
        "chart": chart,
        "newest": [hit_data(one) for one in found.newest],
        "near": [_near_data(one) for one in found.near],
    }


def _near_data(one: NearMiss) -> dict[str, object]:
    return {"change": one.change, "articles": one.articles, "examples": list(one.examples), "among": one.among}


# -- diff -------------------------------------------------------------------------------------------------------------


def _query_of(shell: Shell, tx: Transaction, name: str) -> str:
    found = tx.subscriptions.find(name)
    if found is None:
        raise Refused(shell.wording.say("no_such_subscription", name=name))
    return found.query


def _tell_difference(shell: Shell, found: Difference) -> None:
    number = shell.wording.number
    counted = {"gained": number(found.gained), "lost": number(found.lost), "kept": number(found.kept)}
    show.lines(shell.wording.say("diff_counts", **counted))
    _list(shell, "diff_gained", found.newest_gained)
    _list(shell, "diff_lost", found.newest_lost)


def _difference_data(found: Difference) -> dict[str, object]:
    return {
        "kept": found.kept,
        "gained": found.gained,
        "lost": found.lost,
        "newest_gained": [hit_data(one) for one in found.newest_gained],
        "newest_lost": [hit_data(one) for one in found.newest_lost],
    }


# -- cases ------------------------------------------------------------------------------------------------------------


def _content(shell: Shell, file: Path) -> str:
    if file.stat().st_size > _MOST_BYTES:
        raise Refused(shell.wording.say("file_too_large", file=file, size=show.size(shell.wording, _MOST_BYTES)))
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(shell.wording.say("not_utf8", file=file)) from error


def _failure(shell: Shell, failure: Failure) -> Iterator[str]:
    case, say = failure.case, shell.wording.say
    note = f" ({case.note})" if case.note else ""
    if failure.fault is not None:
        expected = say("case_unreadable", fault=str(failure.fault))
    else:
        expected = say("case_should_match" if case.expected else "case_should_not_match")
    shown = " ".join(case.query.split())
    yield say("case_failed", line=case.line, query=shown, expected=expected, note=note)
    if failure.fault is not None:
        yield from (f"  {line}" for line in pointed(case.query, failure.fault.position).splitlines())
    else:
        yield f"  {case.text[:200]}{'…' if len(case.text) > 200 else ''}"


def _failure_data(failure: Failure) -> dict[str, object]:
    case = failure.case
    return {
        "line": case.line,
        "query": case.query,
        "text": case.text,
        "expected": case.expected,
        "note": case.note,
        "fault": str(failure.fault) if failure.fault else None,
    }
