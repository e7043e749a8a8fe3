"""TOML files + environment -> one frozen `Settings`, or an error that names every fault, one a line.

The caller hands the environment over (`os.environ`); nothing else of the process is looked at. Queries are not read
here: one that cannot be read must not keep the others from working.
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from worker.errors import SettingsError
from worker.settings import cross, environment, faults, rotation, secret_files
from worker.settings.channels import (
    AppriseSettings,
    ChannelSettings,
    CommandSettings,
    ConsoleSettings,
    EmailSettings,
    FeedChannelSettings,
    WebhookSettings,
)
from worker.settings.document import read
from worker.settings.spoken import spoken
from worker.settings.tables import (
    CHANNEL_NETWORKS,
    DEAD_MAN_NETWORKS,
    HTTP_NETWORKS,
    OPTIONS,
    ArchiveSettings,
    BrokerSettings,
    CanarySettings,
    FeedSettings,
    HttpSettings,
    LogSettings,
    PollSettings,
    Settings,
    SourceSettings,
    SubscriptionSettings,
    UiSettings,
    WorkerSettings,
)
from worker.settings.units import duration_text, seconds

__all__ = [
    "CHANNEL_NETWORKS",
    "DEAD_MAN_NETWORKS",
    "HTTP_NETWORKS",
    "OPTIONS",
    "AppriseSettings",
    "ArchiveSettings",
    "BrokerSettings",
    "CanarySettings",
    "ChannelSettings",
    "CommandSettings",
    "ConsoleSettings",
    "EmailSettings",
    "FeedChannelSettings",
    "FeedSettings",
    "HttpSettings",
    "LogSettings",
    "PollSettings",
    "Settings",
    "SourceSettings",
    "SubscriptionSettings",
    "UiSettings",
    "WebhookSettings",
    "WorkerSettings",
    "duration_text",
    "language",
    "load",
    "seconds",
    "secret_file",
    "shipped",
]

_DEFAULT = Path("config/feedwacht.toml")


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The configuration.

    path: the file; None = FEEDWACHT_CONFIG, else `config/feedwacht.toml` in the working directory, else the shipped one.
    Raises: SettingsError, whose text has one line for each fault.
    """
    tree = read(_chosen(path, environ))
    environment.overlay(tree, environ)
    secret_files.resolve(tree)
    cross.check(tree)
    try:
        settings = Settings.model_validate(tree.values)
    except ValidationError as found:
        faults.note(tree, found)
    if tree.faults:
        raise faults.error(tree.faults)
    settings._files = tuple(tree.files)  # noqa: SLF001, the models are this package's own
    return settings


def language(path: Path | None, environ: Mapping[str, str]) -> str:
    """What people are to be spoken to in, also where `load` fails. Parameters as there; raises nothing."""
    try:
        return spoken(_chosen(path, environ), environ)
    except SettingsError:
        return spoken(None, environ)


def secret_file(path: Path | None, environ: Mapping[str, str], channel: str) -> Path:
    """The secret file of a webhook, also while it is missing or the configuration has other faults.

    path: as in `load`. Raises: SettingsError when there is no such webhook, or it has no secret file.
    """
    tree = read(_chosen(path, environ))
    environment.overlay(tree, environ)
    return rotation.find(tree, channel)


def shipped() -> Path:
    """The configuration that comes with the package: beside it in a checkout, inside it when installed."""
    package = Path(__file__).parent.parent
    installed = package / "feedwacht.toml"
    return installed if installed.is_file() else package.parent / _DEFAULT


def _chosen(path: Path | None, environ: Mapping[str, str]) -> Path:
    named = path or (Path(environ[environment.CONFIG]) if environ.get(environment.CONFIG) else None)
    if named is None:
        return _DEFAULT if _DEFAULT.is_file() else shipped()
    if not named.is_file():
        what = "this is a folder" if named.is_dir() else "there is no such file"
        raise SettingsError(f"{named}: {what}; name the configuration with --config FILE")
    return named
