"""What people write on the command line, read: durations, points in time, queries, and names of feeds.

Errors are click's usage errors, so that they end with exit code 2.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

import click

from worker.cli.shell import warn
from worker.errors import QuerySyntaxError
from worker.fetch import masked
from worker.model import Feed
from worker.query import Query, parse
from worker.settings import seconds
from worker.wording import Wording


class Duration(click.ParamType[float]):
    """Seconds, written as in the configuration: 90s, 10m, 1h, 30d."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return seconds(value)
        except ValueError as error:
            self.fail(f"{value}: {error}", param, ctx)


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A point in time as it was written: so long ago, or a day or moment on the source's clock."""

    ago: timedelta | None = None
    day: date | None = None
    moment: datetime | None = None

    def starts_at(self, zone: tzinfo, now: datetime) -> datetime:
        """Its beginning."""
        if self.ago is not None:
            return now - self.ago
        if self.day is not None:
            return datetime.combine(self.day, time.min, zone)
        assert self.moment is not None
        return self.moment if self.moment.tzinfo else self.moment.replace(tzinfo=zone)

    def ends_at(self, zone: tzinfo, now: datetime) -> datetime:
        """Its end: of a day the midnight after it."""
        if self.day is not None:
            return datetime.combine(self.day + timedelta(days=1), time.min, zone)
        return self.starts_at(zone, now)


class WhenType(click.ParamType[When]):
    """30d, 12h, 2025-12-01, 01.12.2025, 2025-12-01T16:35."""

    name = "when"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> When:
        if isinstance(value, When):
            return value
        try:
            return _when(value.strip())
        except (ValueError, OverflowError):
            self.fail(f"{value}: a time span such as 30d or 12h, or a day such as 2025-12-01, is needed", param, ctx)


def _when(text: str) -> When:
    if german := re.fullmatch(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})", text):
        day, month, year = map(int, german.groups())
        return When(day=_sane(date(year, month, day)))
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return When(day=_sane(date.fromisoformat(text)))
    if re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]", text):
        moment = datetime.fromisoformat(text)
        _sane(moment.date())
        return When(moment=moment)
    if text.isdigit():
        raise ValueError("a number without a unit")
    span = timedelta(seconds=seconds(text))
    if span > timedelta(days=36525):
        raise ValueError("more than a hundred years")
    return When(ago=span)


def _sane(day: date) -> date:
    """Years that stay years in every zone."""
    if not 1900 <= day.year <= 9000:
        raise ValueError("no such year")
    return day


# A query may begin with a minus: what is no option is taken for an argument, and -Hafen is no call for help.
TAKES_QUERY = {"ignore_unknown_options": True, "help_option_names": ["--help"]}


def read_query(text: str, language: str) -> Query:
    """The query, or a usage error that points at the fault. What its owner may want to know is said beside the data."""
    try:
        query = parse(text, language)
    except QuerySyntaxError as error:
        raise BadQuery(text, error) from error
    warn(*(Wording(language).say("query_hint", hint=remark) for remark in query.remarks))
    return query


_AROUND = 60  # characters of the query shown before and behind the fault


class BadQuery(click.ClickException):
    """A query that cannot be read, shown with a mark under the fault."""

    exit_code = 2

    def __init__(self, text: str, error: QuerySyntaxError) -> None:
        super().__init__(f"{pointed(text, error.position)}\n{error}")

    def show(self, file: Any = None) -> None:
        click.echo(self.message, file=file, err=True)


def pointed(text: str, position: int) -> str:
    """The query, or what surrounds the fault, and a caret below it."""
    start = max(0, position - _AROUND)
    shown = "".join(char if char.isprintable() else " " for char in text[start : position + _AROUND])
    before, behind = "…" if start else "", "…" if position + _AROUND < len(text) else ""
    return f"{before}{shown}{behind}\n{' ' * (len(before) + position - start)}^"


def find_feed(feeds: Sequence[Feed], reference: str) -> Feed | None:
    """The feed with this id or URL; its URL may be given as lists show it, without credentials."""
    exact = next((feed for feed in feeds if reference in (str(feed.id), feed.url)), None)
    alike = [feed for feed in feeds if masked(feed.url) == reference]
    return exact or (alike[0] if len(alike) == 1 else None)
