"""`channels write-feeds`: the feeds of alerts anew, out of the archive."""

from pathlib import Path

import click

from worker.bootstrap import ToldHistories
from worker.channels import FeedChannel
from worker.cli import show
from worker.cli.shell import Command, Refused, Shell, example
from worker.settings import FeedChannelSettings


@click.command("write-feeds", cls=Command, epilog=example("feedwacht channels write-feeds"))
@click.pass_obj
def write_feeds(shell: Shell) -> None:
    """Write the files of all channels of the type feed anew.

    They are written with each alert anyway; this brings them back at once, e.g. after an article was removed.
    """
    found = [one for one in shell.settings.channels if isinstance(one, FeedChannelSettings)]
    if not found:
        raise Refused(shell.wording.say("no_feed_channels"))
    with shell.archive(configured=True) as archive:
        for one in found:
            channel = FeedChannel(
                one.name,
                Path(one.folder),
                ToldHistories(archive),
                entries=one.entries,
                address=one.address,
                language=shell.wording.language,
            )
            with archive.read() as tx:
                tx.may_wait()
                count = 0
                for history in tx.told.of_channel(one.name, one.entries):
                    channel.write(history)
                    count += 1
            feeds = shell.wording.count("written_feeds", count)
            show.lines(shell.wording.say("feeds_written", feeds=feeds, folder=one.folder))
