"""A plugin of Apprise, made for one channel: loaded alone, quiet, and with nothing to ask the web by but our fetcher.

The package is loaded when the first such channel is made, and of its 176 plugins only the one that is wanted; its
registry, configuration, environment, attachments and plugins of others are never touched. Must not know messages.
"""

import logging
from importlib import import_module
from typing import Any

from worker.channels.asking import GuardedRequests
from worker.errors import SettingsError
from worker.services import ServiceAddress

_GUARDED = GuardedRequests()


def made(name: str, address: ServiceAddress) -> Any:
    """The plugin for a channel's address. Raises: SettingsError in words, without the address."""
    logging.getLogger("apprise").disabled = True  # its lines quote addresses with their tokens, and answers at length
    from apprise import AppriseAsset
    from apprise.exception import AppriseException

    service = address.service
    module: Any = import_module(f"apprise.plugins.{service.module}")
    module.requests = _GUARDED
    kind = getattr(module, service.plugin)
    asset = AppriseAsset(
        app_id="feedwacht",
        app_desc="feedwacht",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        image_path_mask=False,
        http_redirects=False,
        allow_templates=False,
        async_mode=False,
    )
    try:
        read = kind.parse_url(address.url)
        plugin = kind(**{**read, **service.forced, "asset": asset, "verify": True, "redirect": False}) if read else None
    except (AppriseException, TypeError, ValueError, LookupError, AttributeError) as error:
        raise SettingsError(_unusable(name, address)) from error
    if plugin is None or not (_has_its_host(plugin, address) and _has_one_target(plugin, address)):
        raise SettingsError(_unusable(name, address))
    plugin.throttle = _at_once
    return plugin


def _has_its_host(plugin: Any, address: ServiceAddress) -> bool:
    return not address.host or str(plugin.host).lower().strip("[]") == address.host.strip("[]")


def _has_one_target(plugin: Any, address: ServiceAddress) -> bool:
    targets = address.service.targets
    return not targets or sum(len(getattr(plugin, name)) for name in targets) == 1


def _unusable(name: str, address: ServiceAddress) -> str:
    service = address.service
    return f"channel {name}: the address cannot be used; {service.name} is addressed as {service.form}, with one target"


def _at_once(*_: object, **__: object) -> None:
    """In place of the plugin's rests: when something is sent again is the schedule's to say."""
