"""deploy/Dockerfile: it copies what there is, says what it is, and its build stage gives a product that runs.

The build asks a package index, so it is run on request only: --build-image.
"""

import json
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.deploy.compose import OURS, SERVICES
from worker import __version__

ROOT = Path(__file__).parents[2]
STAGES = [
    [" ".join(line.split()) for line in stage.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
    for stage in re.split(r"^(?=FROM )", (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)[
        1:
    ]
]
BUILD, IMAGE = STAGES
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def said(stage: list[str], what: str) -> list[str]:
    """The instructions of a kind, without its name."""
    return [line.removeprefix(f"{what} ") for line in stage if line.startswith(f"{what} ")]


def copies(stage: list[str]) -> list[tuple[list[str], str]]:
    """What is copied from the repository, and where to."""
    found = [line.split() for line in said(stage, "COPY") if not line.startswith("--from")]
    return [(words[:-1], words[-1]) for words in found]


def test_what_it_copies_is_there_and_not_kept_out() -> None:
    sources = [source for stage in STAGES for several, _ in copies(stage) for source in several]
    assert sources
    for source in sources:
        assert (ROOT / source).exists()
        assert f"!{source}" in IGNORED
    assert IGNORED[1] == "*", "nothing else gets in: no secrets, no archive"


def test_what_stands_in_it_is_what_the_project_is() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', " ".join(said(IMAGE, "LABEL"))))
    assert labels["version"] == __version__
    assert labels["licenses"] == project["license"]
    assert labels["description"] == project["description"]
    assert labels["source"] == "$SOURCE", "given by whoever builds: the project has no address of its own"
    assert "http" not in " ".join(labels.values())


def test_it_runs_as_nobody_in_particular() -> None:
    [user] = said(IMAGE, "USER")
    assert f"--uid {user} " in " ".join(said(IMAGE, "RUN"))
    assert {SERVICES[name]["user"] for name in OURS} == {f"{user}:{user}"}
    assert json.loads(said(IMAGE, "ENTRYPOINT")[0]) == ["feedwacht"]
    assert said(IMAGE, "HEALTHCHECK") == [], "what a container is for says the compose file"


def test_only_what_was_built_gets_into_it() -> None:
    assert said(IMAGE, "COPY")[0] == "--from=build /opt/feedwacht /opt/feedwacht"
    assert " pip " not in " ".join(said(IMAGE, "RUN"))


@pytest.mark.slow
def test_the_build_stage_gives_a_product_that_runs(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--build-image"):
        pytest.skip("NOT TESTED: asks a package index; --build-image runs it")
    source, made = tmp_path / "src", tmp_path / "opt/feedwacht"
    source.mkdir()
    for line in BUILD:
        what, _, rest = line.partition(" ")
        if what == "COPY":
            *names, target = rest.split()
            for name in names:
                copy(ROOT / name, source / target / name if target == "./" else source / target)
        elif what == "RUN":
            subprocess.run(shlex.split(rest.replace("/opt/feedwacht", str(made))), cwd=source, check=True)
    program = made / "bin/feedwacht"
    shutil.rmtree(source)  # the image has it no more
    environment = {"PYTHONTZPATH": "", "PATH": "/usr/bin:/bin"}
    for words in (["--version"], ["check-config"], ["demo", "--for", "8s"]):
        done = subprocess.run(
            [program, *words], cwd=tmp_path, env=environment, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert not (made / "bin/pip").exists(), "nothing to build with"
    assert subprocess.run([made / "bin/python", "-c", "import hatchling"], check=False, capture_output=True).returncode


def copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)
