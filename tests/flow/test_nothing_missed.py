"""Nothing missing, nothing twice, revisions right: whatever editors, servers and the machine do, in whatever order.

Editors publish, edit, rename, date back and trash; the site has its weather; the worker sleeps, is killed, is given other
feeds. In the end the archive is held against the site's own list. `--machine-examples 2000` tries for longer.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests import promises
from tests.newspaper import Newspaper
from tests.town import BEFORE_THE_LONG_NIGHT, MAIN_FEED, NOON, Town
from tests.wordpress_feeds import Post
from worker.archive import open_archive
from worker.archive.schema import metadata

WEATHER = (
    *("fine", "without REST", "without days", "down", "maintenance", "unreachable", "frozen", "always 304"),
    *("excerpts", "without pages"),
)
STEPS = ("before_cursor_execute", "after_cursor_execute", "commit")
HOUR_S = 3600.0

places = st.integers(0, 30)


class Days(RuleBasedStateMachine):
    """Days in the life of a newspaper and of its archive."""

    def __init__(self, folder: Path, fresh_database: Callable[[], str], fresh_file: Callable[[], str]) -> None:
        super().__init__()
        self.folder = folder
        self.fresh_database = fresh_database
        self.fresh_file = fresh_file
        self.town: Town

    @property
    def paper(self) -> Newspaper:
        return self.town.paper

    @initialize(
        start=st.sampled_from([NOON, BEFORE_THE_LONG_NIGHT]),
        older=st.integers(0, 25),
        interval_s=st.sampled_from([1800.0, 3600.0]),
        zipped=st.booleans(),
    )
    def begin(self, start: object, older: int, interval_s: float, zipped: bool) -> None:
        self.town = Town(self.fresh_database(), start)  # type: ignore[arg-type]
        self.paper.site.gzip = zipped
        for _ in range(older):
            self.town.clock.advance(minutes=20)
            self.paper.publish()
        self.town.watch(interval_s=interval_s)
        self.town.subscribe("alles")

    def teardown(self) -> None:
        if not hasattr(self, "town"):
            return
        try:
            self.town.weather_turns("fine")
            self.town.live(promises.QUIET.total_seconds())
            assert promises.in_the_end(self.town) == []
        finally:
            self.town.close()

    # -- editors

    @rule(
        number=st.sampled_from([1, 2, 5, 12, 33]),
        seconds_apart=st.sampled_from([0, 1, 60, 240]),
        rubric=st.integers(0, 2),
    )
    def publish(self, number: int, seconds_apart: int, rubric: int) -> None:
        for _ in range(number):
            self.town.clock.advance(seconds_apart)
            self.paper.publish(rubric)

    @rule(minutes=st.integers(1, 7 * 24 * 60 - 1))
    def date_back(self, minutes: int) -> None:
        self.paper.publish(at=self.town.in_minutes(-minutes))

    @rule(minutes=st.integers(1, 600))
    def schedule(self, minutes: int) -> None:
        self.paper.publish(at=self.town.in_minutes(minutes))

    @rule(place=places)
    def edit(self, place: int) -> None:
        self.with_post(place, self.paper.edit)

    @rule(place=places)
    def rename(self, place: int) -> None:
        self.with_post(place, self.paper.rename)

    @rule(place=places)
    def trash(self, place: int) -> None:
        self.with_post(place, self.paper.trash)

    @rule(place=places)
    def delete(self, place: int) -> None:
        self.with_post(place, self.paper.delete)

    @rule(place=places)
    def comment(self, place: int) -> None:
        self.with_post(place, self.paper.site.comment)

    @precondition(lambda self: self.paper.in_trash())
    @rule()
    def untrash(self) -> None:
        self.paper.untrash(self.paper.in_trash()[0])

    def with_post(self, place: int, change: Callable[[Post], object]) -> None:
        """Of the post at that place on the site, if there is one."""
        shown = self.paper.site.visible()
        if place < len(shown):
            self.town.clock.advance(1)
            change(shown[place])

    # -- the site, the worker, the machine

    @rule(weather=st.sampled_from(WEATHER))
    def weather_turns(self, weather: str) -> None:
        self.town.weather_turns(weather)

    @rule(hours=st.sampled_from([0.2, 1, 4, 10]))
    def live(self, hours: float) -> None:
        self.town.live(hours * HOUR_S)

    @rule(hours=st.integers(1, 72))
    def sleep(self, hours: int) -> None:
        self.town.sleep(hours * HOUR_S)

    @rule(step=st.integers(1, 40), when=st.sampled_from(STEPS), while_delivering=st.booleans())
    def kill(self, step: int, when: str, while_delivering: bool) -> None:
        self.town.killed(step, when, while_delivering=while_delivering)

    @rule()
    def restart(self) -> None:
        self.town.restart()

    @precondition(lambda self: len(self.town.feeds()) == 1)
    @rule()
    def watch_a_rubric(self) -> None:
        self.town.watch("/category/sport/feed/", category="Sport")

    @precondition(lambda self: len(self.town.feeds()) > 1)
    @rule()
    def unwatch_the_rubric(self) -> None:
        self.town.unwatch(next(feed for feed in self.town.feeds() if feed.url != MAIN_FEED))

    @precondition(lambda self: self.town.weather == "fine")
    @rule(form=st.sampled_from(["jsonl", "txt"]))
    def import_from_elsewhere(self, form: str) -> None:
        file = self.folder / f"export.{form}"
        self.town.exported_elsewhere(self.fresh_file(), file)
        self.town.import_file(file)

    @precondition(lambda self: len(self.town.subscribed) < 2)
    @rule()
    def subscribe(self) -> None:
        self.town.subscribe(next(name for name in ("alles", "noch einmal") if name not in self.town.subscribed))

    @precondition(lambda self: self.town.subscribed)
    @rule()
    def unsubscribe(self) -> None:
        self.town.unsubscribe(next(iter(self.town.subscribed)))

    @invariant()
    def nothing_is_wrong(self) -> None:
        if hasattr(self, "town"):
            assert promises.always(self.town) == []


def check_histories(
    folder: Path,
    fresh_database: Callable[[], str],
    fresh_file: Callable[[], str],
    examples: int,
    steps: int,
    *,
    steady: bool,
) -> None:
    run_state_machine_as_test(
        lambda: Days(folder, fresh_database, fresh_file),  # type: ignore[arg-type]
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=steady,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def fresh_files(tmp_path: Path) -> Callable[[], str]:
    """Gives the address of another empty archive; the schema is made once, and copied."""
    open_archive(f"sqlite:///{tmp_path}/empty.db").close()
    numbers = iter(range(1_000_000))

    def fresh() -> str:
        copy = tmp_path / f"{next(numbers)}.db"
        shutil.copy(tmp_path / "empty.db", copy)
        return f"sqlite:///{copy}"

    return fresh


def test_nothing_missing_nothing_twice(
    tmp_path: Path, fresh_files: Callable[[], str], machine_examples: int | None
) -> None:
    steps = 20 if machine_examples is None else 50
    check_histories(tmp_path, fresh_files, fresh_files, machine_examples or 8, steps, steady=machine_examples is None)


def test_the_same_over_postgresql(
    tmp_path: Path, postgres_url: str, fresh_files: Callable[[], str], machine_examples: int | None
) -> None:
    archive = open_archive(postgres_url)

    def emptied() -> str:
        with archive.database.write() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
        return postgres_url

    try:
        check_histories(tmp_path, emptied, fresh_files, machine_examples or 2, 15, steady=machine_examples is None)
    finally:
        archive.close()
