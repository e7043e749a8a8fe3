"""docker-compose.yml as data, and what its containers see, outside of one: paths, environment, command lines."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
COMPOSE: dict[str, Any] = YAML(typ="safe").load(FILE.read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if service["image"] == "feedwacht")


@dataclass(frozen=True)
class Volume:
    """source: a folder beside the compose file, or the name of a volume."""

    source: str
    target: str
    read_only: bool


def volumes(service: Mapping[str, Any]) -> list[Volume]:
    parts = [said.split(":") for said in service.get("volumes", ())]
    return [Volume(source, target, rest == ["ro"]) for source, target, *rest in parts]


def environment(service: Mapping[str, Any]) -> dict[str, str]:
    """With the defaults of what the operator may set."""
    given = service.get("environment", {})
    return {key: re.sub(r"\$\{\w+:?-(.*)\}", r"\1", value) for key, value in given.items()}


def command_lines(service: Mapping[str, Any]) -> dict[str, list[str]]:
    """Every command line of a service: what it is (`main`) and how its health is checked (`health`)."""
    entry = service.get("entrypoint", ["feedwacht"] if service["image"] == "feedwacht" else [])
    found = {"main": [*entry, *service.get("command", ())]}
    if check := service.get("healthcheck"):
        how, *words = (word.replace("$$", "$") for word in check["test"])
        found["health"] = words if how == "CMD" else ["/bin/sh", "-c", *words]
    return found


class Outside:
    """A service's view without its container: each volume is a folder below `ground`, each path leads there."""

    def __init__(self, ground: Path, programs: Mapping[str, Path]) -> None:
        self.ground = ground
        self._programs = programs

    def volume(self, source: str) -> Path:
        """Where a volume is; folders of the repository that are only read stay where they are."""
        if source.startswith("./") and not source.startswith("./var"):
            return ROOT / source
        folder = self.ground / source.removeprefix("./")
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def path(self, service: Mapping[str, Any], text: str) -> str:
        """What a container's paths in a text are here."""
        for volume in volumes(service):
            text = re.sub(rf"(?<![\w.]){re.escape(volume.target)}(?=/|$)", str(self.volume(volume.source)), text)
        return text

    def argv(self, service: Mapping[str, Any], kind: str = "main") -> list[str]:
        first, *words = command_lines(service)[kind]
        return [str(self._programs.get(first, first)), *(self.path(service, word) for word in words)]

    def environ(self, service: Mapping[str, Any], **more: str) -> dict[str, str]:
        """A container's environment is its own: of ours only what programs need to be found."""
        own = {key: self.path(service, value) for key, value in environment(service).items()}
        return {"PATH": os.environ["PATH"], **own, **more}
