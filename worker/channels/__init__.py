"""How an alert leaves: one file a channel, each a `model.Channel`.

A new channel is a file here, its line below, and its settings. Channels must not know the archive or the schedule.
"""

from worker.channels.apprise import AppriseChannel
from worker.channels.console import ConsoleChannel
from worker.channels.webhook import WebhookChannel

__all__ = ["AppriseChannel", "ConsoleChannel", "WebhookChannel"]
