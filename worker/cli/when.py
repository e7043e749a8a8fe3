"""Options that say when and of what a subscription tells, and how lists show them."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any, TypeVar, get_args

import click

from worker import timetable
from worker.cli.arguments import read_query
from worker.cli.shell import Shell
from worker.model import Subscription
from worker.settings import OPTIONS, rules
from worker.wording import Wording

_F = TypeVar("_F", bound=Callable[..., Any])
_ON_EDIT = get_args(Subscription.__annotations__["on_edit"])
_DEFAULTS = {field.name: field.default for field in fields(Subscription) if field.name in OPTIONS}


def checked(rule: Callable[[str], str]) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """A rule of the configuration, held for what is said by command, too."""

    def check(_context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
        try:
            return None if value is None else rule(value)
        except ValueError as error:
            raise click.BadParameter(str(error), param=parameter) from error

    return check


def timed(function: _F) -> _F:
    """Adds the options; the command gets those that were given, by the names of `model.Subscription`, as `options`."""

    @functools.wraps(function)
    def command(*args: Any, **given: Any) -> Any:
        options = {name: given.pop(name) for name in OPTIONS}
        options["urgent"] = tuple(query for query in options["urgent"] if query) if options["urgent"] else None
        said = {name: value for name, value in options.items() if value is not None}
        return function(*args, options=said, **given)

    wrapped: Any = command
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]


def _urgent(context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    language = context.ensure_object(Shell).wording.language if any(values) else "en"
    for query in values:
        if query:
            read_query(query, language)
    return values


_OPTIONS = (
    click.option(
        "--digest",
        callback=checked(rules.rhythm),
        metavar="WHEN",
        help="Together instead of at once: 'hourly', 'daily at 07:30' or 'weekly mon 08:00'; '' = at once.",
    ),
    click.option(
        "--quiet",
        callback=checked(rules.quiet),
        metavar="HH:MM-HH:MM",
        help="Hours in which nothing is sent; what came is sent together after. '' = none.",
    ),
    click.option(
        "--urgent",
        multiple=True,
        callback=_urgent,
        metavar="QUERY",
        help="Articles that match it are sent at once, digest or not, quiet hours or not; may be given several times.",
    ),
    click.option(
        "--timezone", callback=checked(rules.timezone), metavar="ZONE", help="Its clock, such as Europe/Berlin."
    ),
    click.option(
        "--max-per-hour",
        "max_alerts_per_hour",
        type=click.IntRange(0, 100_000),
        metavar="NUMBER",
        help="More than so many are sent in one message; 0 = any number.",
    ),
    click.option(
        "--heartbeat",
        callback=checked(rules.rhythm),
        metavar="WHEN",
        help="When it says that it is alive, also if nothing was found: as --digest. '' = never.",
    ),
    click.option(
        "--on-edit",
        type=click.Choice(_ON_EDIT),
        help="Of edited articles: nothing, those that match only now, or also what changed in those it told of.",
    ),
    click.option(
        "--one-per-story/--no-one-per-story",
        "one_per_story",
        default=None,
        help="Articles that tell the same story in one alert, or each in its own.",
    ),
)


def differing(one: Subscription) -> dict[str, Any]:
    """What is not as it is by default."""
    return {name: getattr(one, name) for name in OPTIONS if getattr(one, name) != _DEFAULTS[name]}


def told(one: Subscription, wording: Wording) -> str:
    """The same in a few words, for a table."""
    return "; ".join(_words(differing(one), wording))


def _words(options: dict[str, Any], wording: Wording) -> Iterator[str]:
    for name, value in options.items():
        if name == "one_per_story":
            yield wording.say("option_one_per_story")
        else:
            yield wording.say(f"option_{name}", value=in_words(name, value, wording))


def in_words(name: str, value: Any, wording: Wording) -> str:
    """An option's value as people say it; "–" for none."""
    if isinstance(value, bool):
        return wording.say("option_yes" if value else "option_no")
    if name == "on_edit" and value in _ON_EDIT:
        return wording.say(f"on_edit_{value}")
    if name in ("digest", "heartbeat"):
        return _rhythm(str(value), wording)
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return " ".join(text.split()) or "–"


def _rhythm(text: str, wording: Wording) -> str:
    """A stored value of an earlier version that is no rhythm any more stays as it is."""
    try:
        rhythm = timetable.rhythm(text)
    except ValueError:
        return text
    if rhythm is None:
        return "–"
    weekday = wording.say("weekdays").split()[rhythm.weekday]
    return wording.say(f"every_{rhythm.every}", at=f"{rhythm.at:%H:%M}", weekday=weekday)
