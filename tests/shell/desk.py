"""A person at a terminal: a configuration in a folder of its own, the command line, and a news site on the loopback."""

import json
import tomllib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from click.testing import CliRunner, Result

from tests.wordpress import WordPressSite
from worker.archive import Archive, open_archive
from worker.cli import cli

CONFIG = """
[ui]
language = "{language}"
[archive]
database = "sqlite:///{folder}/var/feedwacht.db"
files = "{folder}/var/records"
[http]
host_gap = "0s"
allow_networks = ["127.0.0.0/8"]
[[source]]
name = "hasepost"
line = "Hasepost.de - Die Zeitung für Osnabrück"
home = "{home}"
categories = ["Osnabrück", "Kultur"]
catch_all = ["Aktuell"]
post_id_pattern = '-(\\d+)/?$'
{feeds}
[[channel]]
name = "screen"
type = "console"
[[subscription]]
name = "Hafen"
query = 'Hafen OR "Neuer Markt"'
channels = ["screen"]
{more}
"""


@dataclass
class Desk:
    """Where commands are typed. `run` gives click's result; stdout and stderr are kept apart."""

    folder: Path
    site: WordPressSite | None = None
    language: str = "en"
    feeds: list[str] = field(default_factory=list)
    more: str = ""

    def __post_init__(self) -> None:
        if self.site is not None and not self.feeds:
            self.feeds = [f"{self.site.url}/feed/"]
        self.configure()

    @property
    def config(self) -> Path:
        return self.folder / "feedwacht.toml"

    @property
    def records(self) -> Path:
        return self.folder / "var/records"

    def configure(self, **changes: object) -> None:
        for name, value in changes.items():
            setattr(self, name, value)
        feeds = "".join(f'[[source.feed]]\nurl = "{url}"\n' for url in self.feeds)
        home = f"{self.site.url}/" if self.site else "https://www.hasepost.de/"
        text = CONFIG.format(language=self.language, folder=self.folder, home=home, feeds=feeds, more=self.more)
        tomllib.loads(text)
        self.config.write_text(text, encoding="utf-8")

    def run(self, *arguments: str, exit_code: int | None = 0, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(cli, ["--config", str(self.config), *arguments], input=stdin)
        assert "Traceback" not in result.output
        if exit_code is not None:
            assert result.exit_code == exit_code, f"{arguments}: {result.exit_code}\n{result.output}"
        return result

    def json(self, *arguments: str, exit_code: int = 0) -> object:
        return json.loads(self.run(*arguments, "--json", exit_code=exit_code).stdout)

    def archive(self) -> Archive:
        return open_archive(f"sqlite:///{self.folder}/var/feedwacht.db")


def publish(
    site: WordPressSite, count: int, at: datetime, word: str = "Artikel", apart: timedelta = timedelta(hours=1)
) -> None:
    """Articles at equal distances, the newest at `at`."""
    for number in range(count):
        moment = at - (count - 1 - number) * apart
        site.publish(f"{word} {number + 1}", f"<p>Ein Absatz über {word} {number + 1}.</p>", at=moment)


PAGER = '[[channel]]\nname = "pager"\ntype = "console"\n'


def give_up(desk: Desk, site: WordPressSite) -> None:
    """One alert that is dead, because its channel left the configuration; `PAGER` brings the channel back."""
    desk.run("poll")
    desk.configure(more=PAGER)
    desk.run("subscriptions", "add", "Fest", "Fest", "--channel", "pager")
    site.publish("Fest am Ufer")
    desk.run("poll", "--no-deliver")
    desk.configure(more="")
    desk.run("poll")
