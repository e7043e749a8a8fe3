"""What keys exist, read off the models: for the environment's names and for hints at misspelt keys."""

import difflib
from collections.abc import Iterable
from typing import get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from worker.settings.channels import CHANNEL_TYPES, WebhookSettings
from worker.settings.lines import Loc
from worker.settings.tables import Settings


def fields(model: type[BaseModel]) -> dict[str, tuple[str, FieldInfo]]:
    """By the key in the file: the field's own name and its description."""
    return {info.alias or name: (name, info) for name, info in model.model_fields.items()}


def sections() -> dict[str, type[BaseModel]]:
    """The tables that stand once: [ui], [http] …"""
    found = {key: _model(info.annotation) for key, (_, info) in fields(Settings).items() if not _is_list(info)}
    return {key: model for key, model in found.items() if model is not None}


def owner(loc: Loc, channel_type: str = "") -> type[BaseModel] | None:
    """The model of the table in which the last part of `loc` is a key; None for a place that cannot be."""
    model: type[BaseModel] | None = Settings
    for part in loc[:-1]:
        if isinstance(part, int) or model is None:
            continue
        described = fields(model).get(part)
        model = _model(described[1].annotation) if described else None
        if part == "channel":
            model = CHANNEL_TYPES.get(channel_type, WebhookSettings)
    return model


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant, or ""."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return close[0] if close else ""


def _is_list(info: FieldInfo) -> bool:
    return get_origin(info.annotation) is tuple


def _model(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        if (found := _model(inner)) is not None:
            return found
    return None
