"""`feeds discover`: the feeds of a site, and those of them that are chosen."""

import json
import sys
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import click

from worker import configure
from worker.bootstrap import Worker
from worker.cli import show, told
from worker.cli.feeds import PATIENCE_S, enter
from worker.cli.shell import Command, Refused, Shell, example, json_option, warn
from worker.discovery import Discovery, Found, discover
from worker.errand import Errand
from worker.fetch import masked
from worker.model import SourceRules
from worker.settings import SourceSettings
from worker.trial import TrialVerdict

_INTERVAL_S = 600.0


@click.command(
    "discover",
    cls=Command,
    epilog=example(
        "feedwacht feeds discover hasepost.de",
        "feedwacht feeds discover https://www.hasepost.de/ --add 1 --add 4",
        "feedwacht feeds discover hasepost.de --all --source hasepost --json",
    ),
)
@click.argument("url")
@click.option("--add", "numbers", multiple=True, metavar="N", help="Watch these of the list: 2, or 2,5.")
@click.option("--all", "add_all", is_flag=True, help="Watch all that carry articles and are not watched yet.")
@click.option("--source", metavar="NAME", help="The source they belong to; default: the one whose home this is.")
@json_option
@click.pass_context
def discover_(
    context: click.Context, url: str, numbers: tuple[str, ...], add_all: bool, source: str | None, as_json: bool
) -> None:
    """List the feeds of a site.

    URL is a host's name, a page, or a feed. Looks at what the page names, at usual addresses and at WordPress's
    categories, 40 addresses at most, one after the other. Nothing is added unless it is chosen: by --add or --all, or
    at a terminal when asked.
    """
    shell: Shell = context.obj
    _check_source(shell, source)
    with shell.worker(alerts_to_stderr=True) as worker:
        found = _searched(shell, worker, url, _source_of(shell, url, source))
        owner = _source_of(shell, found.home, source)
        if as_json:
            chosen = _chosen(found, _numbers(shell, numbers), add_all)
        else:
            _tell(shell, found)
            chosen = _chosen(found, _numbers(shell, numbers) or _asked(shell, found, add_all), add_all)
        added = _added(shell, worker, found, chosen, owner)
    if as_json:
        show.as_json(_data(found, owner, added))
    else:
        _tell_what_next(shell, found, owner, url, chosen)
    context.exit(1 if found.failure and not found.found else 0)


def _check_source(shell: Shell, source: str | None) -> None:
    names = [one.name for one in shell.settings.sources]
    if source is not None and source not in names:
        raise Refused(shell.wording.say("no_such_source", source=source, known=", ".join(names) or "–"))


def _source_of(shell: Shell, url: str, source: str | None) -> SourceSettings | None:
    """The source that was named; else the one at whose host this is, with or without www."""
    place = _site(url if "://" in url else f"https://{url}")
    return next(
        (one for one in shell.settings.sources if (one.name == source if source else _site(one.home) == place)), None
    )


def _site(url: str) -> str:
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower().removeprefix("www.")
    except ValueError:
        return ""


def _searched(shell: Shell, worker: Worker, url: str, source: SourceSettings | None) -> Discovery:
    errand = Errand(
        worker.equipment, patience_s=PATIENCE_S, tell=lambda host, until: warn(told.waiting(shell, host, until))
    )
    with worker.archive.read() as tx:
        watched = [feed for feed in tx.feeds.all() if feed.origin != configure.LEFT]
    with show.progress(counted=False) as bar:
        task = bar.add_task("", total=None)
        return discover(
            worker.equipment,
            errand,
            worker.sandbox.read_site,
            url,
            rules=source.rules if source else SourceRules(),
            watched=watched,
            tell=lambda at: bar.update(task, description=show.safe(shell.wording.say("discovering", url=masked(at)))),
        )


# -- choosing ---------------------------------------------------------------------------------------------------------


def _numbers(shell: Shell, given: Sequence[str]) -> list[int]:
    """Raises: Refused for what is no number."""
    words = [word for one in given for word in one.replace(",", " ").split()]
    for word in words:
        if not (word.isascii() and word.isdigit()):
            raise Refused(shell.wording.say("discover_no_number", number=word[:20]))
    return [int(word) for word in words]


def _asked(shell: Shell, found: Discovery, add_all: bool) -> list[int]:
    """At a terminal; elsewhere nobody is there to choose."""
    if add_all or not any(_is_worth_adding(one) for one in found.found):
        return []
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return []
    answer = click.prompt(shell.wording.say("discover_ask"), default="", show_default=False, err=True)
    return _numbers(shell, [answer])


def _chosen(found: Discovery, numbers: Sequence[int], add_all: bool) -> list[int]:
    worth = [number for number, one in enumerate(found.found, 1) if add_all and _is_worth_adding(one)]
    return list(dict.fromkeys([*numbers, *worth]))


def _is_worth_adding(one: Found) -> bool:
    return one.trial.verdict is TrialVerdict.FEED and one.watched is None


def _added(
    shell: Shell, worker: Worker, found: Discovery, chosen: Sequence[int], owner: SourceSettings | None
) -> dict[int, int]:
    """Ids of feeds by their number in the list. Raises: Refused, before anything is added."""
    for number in chosen:
        _check_choice(shell, found, number)
    if chosen and owner is None:
        raise Refused(f"{shell.wording.say('discover_no_source')}\n\n{_block(found, chosen)}")
    added = {}
    for number in chosen:
        one = found.found[number - 1]
        assert owner is not None
        added[number] = enter(
            shell,
            worker.archive,
            url=one.url,
            source=owner.name,
            interval_s=_INTERVAL_S,
            interval_given=False,
            category=one.category,
        )
        warn(shell.wording.say("feed_added", id=added[number], feed=masked(one.url)))
    return added


def _check_choice(shell: Shell, found: Discovery, number: int) -> None:
    say = shell.wording.say
    if not 1 <= number <= len(found.found):
        raise Refused(say("discover_no_number", number=number))
    one = found.found[number - 1]
    if one.watched is not None:
        raise Refused(say("discover_not_added", number=number, reason=say("discover_watched", id=one.watched.id)))
    if one.trial.verdict.is_hopeless:
        raise Refused(say("discover_not_added", number=number, reason=told.trial(shell, one.trial)))


# -- for people -------------------------------------------------------------------------------------------------------


def _tell(shell: Shell, found: Discovery) -> None:
    say = shell.wording.say
    if found.found:
        names = ("col_id", "col_title", "col_category", "col_url", "col_found")
        show.table([say(name) for name in names], _rows(shell, found))
    elif not found.failure:
        show.lines(say("discovered_nothing", site=masked(found.home)))
    if found.untried and not found.failure:
        addresses = shell.wording.count("addresses", len(found.untried))
        warn(show.safe(say("discover_untried", addresses=addresses, url=masked(found.untried[0]))))
    if found.failure:
        key = "discover_ended" if found.found else "discover_failed"
        warn(show.safe(say(key, url=masked(found.home), reason=shell.told(found.failure))))


def _rows(shell: Shell, found: Discovery) -> Iterator[list[object]]:
    for number, one in enumerate(found.found, 1):
        remarks = [told.trial(shell, one.trial)]
        if one.watched is not None:
            remarks.append(shell.wording.say("discover_watched", id=one.watched.id))
        remarks += [shell.wording.say("discover_also", url=masked(url)) for url in one.also]
        yield [number, one.trial.title, one.category, masked(one.url), "; ".join(remarks)]


def _tell_what_next(
    shell: Shell, found: Discovery, owner: SourceSettings | None, address: str, chosen: Sequence[int]
) -> None:
    if chosen or not any(_is_worth_adding(one) for one in found.found):
        return
    if owner is None:
        warn(shell.wording.say("discover_no_source"))
        show.lines("", _block(found, ()))
    else:
        warn(shell.wording.say("discover_how", address=masked(address)))


def _block(found: Discovery, chosen: Sequence[int]) -> str:
    """A source for the configuration, with what was chosen, else with the first feed that carries articles."""
    numbers = chosen or [number for number, one in enumerate(found.found, 1) if _is_worth_adding(one)][:1]
    name = _site(found.home).partition(":")[0]
    short = name.rpartition(".")[0].rpartition(".")[2] or name
    values = {"name": short, "line": found.title or name, "home": masked(found.home), "timezone": "Europe/Berlin"}
    lines = ["[[source]]", *(f"{key} = {_toml(value)}" for key, value in values.items())]
    for number in numbers:
        one = found.found[number - 1]
        lines += ["", "[[source.feed]]", f"url = {_toml(masked(one.url))}"]
        lines += [f"category = {_toml(one.category)}"] if one.category else []
    return "\n".join(lines)


def _toml(text: str) -> str:
    """A basic string; its escapes are those of JSON."""
    return json.dumps(show.safe(text), ensure_ascii=False)


# -- for machines -----------------------------------------------------------------------------------------------------


def _data(found: Discovery, owner: SourceSettings | None, added: dict[int, int]) -> dict[str, object]:
    return {
        "home": masked(found.home),
        "title": found.title,
        "source": owner.name if owner else None,
        "feeds": [_feed_data(number, one, added) for number, one in enumerate(found.found, 1)],
        "untried": [masked(url) for url in found.untried],
        "reason": found.failure,
    }


def _feed_data(number: int, one: Found, added: dict[int, int]) -> dict[str, object]:
    trial = one.trial
    return {
        "number": number,
        "url": masked(one.url),
        "title": trial.title,
        "category": one.category,
        "kind": trial.verdict.value,
        "entries": len(trial.shown),
        "newest": show.stamp(trial.newest_at),
        "text": trial.carried.value,
        "also": [masked(url) for url in one.also],
        "watched": one.watched.id if one.watched else None,
        "added": added.get(number),
        "reason": trial.reason,
    }
