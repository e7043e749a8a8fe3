"""`channels new-secret` and `channels drop-old-secret`: a webhook's secret is renewed while messages go on.

A secret is shown once, by the command that makes it; no other command ever shows it. Both work while the file is still
missing, so that they are also how the first secret is made.
"""

import os
import secrets

import click

from worker import settings, signing
from worker.cli.shell import Command, Shell, confirm, example, warn, yes_option
from worker.settings import rotation
from worker.wording import Wording

_KEY_BYTES = 32


@click.command(
    "new-secret",
    cls=Command,
    epilog=example("feedwacht channels new-secret editors --keep-old", "feedwacht channels new-secret editors"),
)
@click.argument("name")
@click.option("--keep-old", is_flag=True, help="Sign with the old one, too, until the receiver has the new one.")
@yes_option
@click.pass_obj
def new_secret(shell: Shell, name: str, keep_old: bool, yes: bool) -> None:
    """Make a webhook's secret, or a fresh one.

    It goes into the channel's secret_file and is shown this once: on standard output, nothing else beside it.
    """
    wording, path = Wording(shell.language), settings.secret_file(shell.config, os.environ, name)
    if path.exists() and not keep_old:
        confirm(wording.say("secret_replace", channel=name), yes=yes)
    fresh = signing.written(secrets.token_bytes(_KEY_BYTES))
    count = rotation.renew(path, fresh, keep_old=keep_old)
    click.echo(fresh)
    warn(wording.say("secret_shown_once", channel=name, path=path) + ".")
    if count > 1:
        warn(wording.say("secret_kept_old", channel=name, secrets=wording.count("secrets", count)))


@click.command("drop-old-secret", cls=Command, epilog=example("feedwacht channels drop-old-secret editors"))
@click.argument("name")
@click.pass_obj
def drop_old_secret(shell: Shell, name: str) -> None:
    """End a change of secrets: only the newest one signs."""
    wording, path = Wording(shell.language), settings.secret_file(shell.config, os.environ, name)
    count = rotation.drop_old(path)
    if not count:
        warn(wording.say("secret_none_old", path=path) + ".")
        return
    warn(wording.say("secrets_dropped", secrets=wording.count("old_secrets", count), path=path) + ".")
