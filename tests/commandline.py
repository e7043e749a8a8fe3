"""Whether a command line that is written down somewhere exists: its commands and its options."""

import shlex

import click

from worker.cli import cli


def follow(said: str) -> None:
    """Walk down the commands behind `feedwacht`, and look at the options. Fails at what does not exist."""
    command: click.Command = cli
    for word in shlex.split(said, comments=True):
        if isinstance(command, click.Group):
            if not word.strip("[]").islower() or word.startswith(("-", "[")):
                continue  # an option of the group, or a placeholder
            assert word in command.commands, f"feedwacht {said}: there is no {word}"
            command = command.commands[word]
        elif word.startswith("--"):
            known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
            assert word.partition("=")[0] in known, f"feedwacht {said}: there is no {word}"
