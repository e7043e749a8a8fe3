"""Every command explains itself, with an example, and is named in the documentation."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from worker import __version__
from worker.cli import cli

ROOT = Path(__file__).parents[2]


def walk(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from walk(child, (*path, name))


COMMANDS = dict(walk(cli))
IDS = [" ".join(path) or "feedwacht" for path in COMMANDS]


@pytest.mark.parametrize("path", COMMANDS, ids=IDS)
def test_help_has_a_sentence_and_an_example(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli, [*path, "--help"])
    assert result.exit_code == 0
    assert "Example" in result.stdout
    assert f"  feedwacht {path[0] if path else ''}" in result.stdout
    assert "--config FILE" in result.stdout
    assert COMMANDS[path].help


@pytest.mark.parametrize("path", COMMANDS, ids=IDS)
def test_examples_are_commands_that_exist(path: tuple[str, ...]) -> None:
    for line in (COMMANDS[path].epilog or "").splitlines():
        words = line.split()
        if words[:1] == ["feedwacht"] and words[1] != "COMMAND":
            named = tuple(words[1:3]) if tuple(words[1:3]) in COMMANDS else tuple(words[1:2])
            assert named in COMMANDS, line


@pytest.mark.parametrize("path", [path for path in COMMANDS if path], ids=IDS[1:])
def test_the_list_of_commands_says_what_each_does_in_full(path: tuple[str, ...]) -> None:
    listed = CliRunner().invoke(cli, [*path[:-1], "--help"], terminal_width=80).stdout
    [line] = [line for line in listed.splitlines() if line.startswith(f"  {path[-1]} ")]
    assert not line.endswith("...")


@pytest.mark.parametrize(
    "path", [path for path, one in COMMANDS.items() if path and not hasattr(one, "commands")], ids=str
)
def test_every_command_is_documented(path: tuple[str, ...]) -> None:
    documents = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "README.md", ROOT / "docs/commands.md"))
    assert f"`{' '.join(path)}`" in documents
    assert f"feedwacht {' '.join(path)}" in documents


def test_version() -> None:
    result = CliRunner().invoke(cli, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"feedwacht {__version__}\n")


@pytest.mark.parametrize(
    "arguments", [["bogus"], ["feeds", "bogus"], ["poll", "--bogus"], ["backup"], ["archive", "show"]]
)
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 2
    assert "Aufruf:" in result.stderr  # the default language
    assert not result.stdout
