"""How an alert leaves: one file a channel, each a `model.Channel`.

A new channel is a file here, its line below, and its settings. Channels must not know the archive or the schedule.
What brings libraries of its own (e-mail) is imported in bootstrap, where somebody has such a channel; Apprise by its
channel, when it is made.
"""

from worker.channels.apprise import AppriseChannel
from worker.channels.canary import CanaryChannel
from worker.channels.command import CommandChannel
from worker.channels.console import ConsoleChannel
from worker.channels.feed import FeedChannel
from worker.channels.webhook import WebhookChannel

__all__ = ["AppriseChannel", "CanaryChannel", "CommandChannel", "ConsoleChannel", "FeedChannel", "WebhookChannel"]
