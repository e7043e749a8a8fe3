"""`channels write-feeds`: the feeds of alerts anew, out of the archive."""

from pathlib import Path

import click

from worker.archive import Archive
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
                names = [told.name for told in tx.subscriptions.all() if one.name in told.channels]
            count = sum(_written(channel, archive, name) for name in sorted(names))
            feeds = shell.wording.count("written_feeds", count)
            show.lines(shell.wording.say("feeds_written", feeds=feeds, folder=one.folder))


def _written(channel: FeedChannel, archive: Archive, name: str) -> bool:
    """One subscription at a time: nothing that a worker writes meanwhile is taken back, and it never waits for long."""
    with channel.alone():
        with archive.read() as tx:
            tx.may_wait()
            history = tx.histories.of_subscription(name, channel.name, channel.entries)
        if history is not None:
            channel.write(history)
    return history is not None
