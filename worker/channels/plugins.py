"""A plugin of Apprise, made for one channel: loaded alone, quiet, and with nothing to ask the web by but our fetcher.

The package is loaded when the first such channel is made, and of its 176 plugins only the one that is wanted; its
registry, configuration, environment, attachments and plugins of others are never touched. Must not know messages.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from worker.channels.asking import GuardedRequests
from worker.errors import SettingsError
from worker.serviceaddress import ServiceAddress

_GUARDED = GuardedRequests()


class Plugin:
    """A plugin with its one target.

    Raises: SettingsError in words, without the address, when the plugin does not take it.
    """

    def __init__(self, channel: str, address: ServiceAddress) -> None:
        try:
            with _in_words_of_python():
                self._plugin = _made(address)
        except _REFUSALS:
            raise SettingsError(_words(channel, address)) from None  # its text may quote the address
        if self._plugin is None or not (
            _has_its_host(self._plugin, address) and _has_one_target(self._plugin, address)
        ):
            raise SettingsError(_words(channel, address))
        self._plugin.throttle = _at_once
        self._form = address.service.room.dialect.form

    def send(self, title: str, body: str) -> object:
        """Hand over what is written and fits already. True = the plugin says that it was sent. Raises what plugins raise."""
        with _in_words_of_python():
            return self._plugin.send(
                body=body,
                title=title,
                notify_type=_common().NotifyType.INFO,
                body_format=self._form,
                body_passthrough=False,
            )


# What comes of that which its parsers did not expect, and Apprise's own refusals.
_REFUSALS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@contextmanager
def _in_words_of_python() -> Iterator[None]:
    """Apprise's own errors as one that everybody knows, without its text, which may quote the address."""
    try:
        yield
    except import_module("apprise.exception").AppriseException as error:
        raise ValueError(type(error).__name__) from None


def _made(address: ServiceAddress) -> Any:
    """None when its parser finds no address in it."""
    logging.getLogger("apprise").disabled = True  # its lines quote addresses with their tokens, and answers at length
    module: Any = import_module(f"apprise.plugins.{address.service.module}")
    module.requests = _GUARDED
    kind = getattr(module, address.service.plugin)
    read = kind.parse_url(address.url)
    if not read:
        return None
    return kind(**{**read, **address.service.forced, "asset": _asset(), "verify": True, "redirect": False})


def _asset() -> Any:
    """No pictures, no files, no advertising."""
    return import_module("apprise").AppriseAsset(
        app_id="feedwacht",
        app_desc="feedwacht",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        image_path_mask=False,
        http_redirects=False,
        allow_templates=False,
    )


def _common() -> Any:
    return import_module("apprise.common")


def _has_its_host(plugin: Any, address: ServiceAddress) -> bool:
    return not address.host or str(plugin.host).lower().strip("[]") == address.host.strip("[]")


def _has_one_target(plugin: Any, address: ServiceAddress) -> bool:
    targets = address.service.targets
    return not targets or sum(len(getattr(plugin, name)) for name in targets) == 1


def _words(channel: str, address: ServiceAddress) -> str:
    service = address.service
    return f"[[channel]] {channel}: the address cannot be used; {service.name} is addressed as {service.form}, with one target"


def _at_once(*_: object, **__: object) -> None:
    """In place of the plugin's rests: when something is sent again is the schedule's to say."""
