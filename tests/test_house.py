"""The house keeps its own rules: documents name what exists, files stand on their floors, errors stand in their tree."""

import ast
import importlib
import pickle
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import worker
from tests.commandline import follow
from worker import errors
from worker.cli import cli
from worker.errors import FeedwachtError, QuerySyntaxError
from worker.guard import ExchangeError
from worker.query.faults import FaultError
from worker.settings import load, shipped

ROOT = Path(__file__).parents[1]
CODE = sorted(path for path in (ROOT / "worker").rglob("*.py") if "migrations" not in path.parts)
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-bench.lock"]
LONGEST_FUNCTION = 60

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {contract["id"]: contract for contract in PYPROJECT["tool"]["importlinter"]["contracts"]}


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# -- errors -------------------------------------------------------------------------------------------------------------

ERRORS = {
    name: thing
    for name, thing in vars(errors).items()
    if isinstance(thing, type) and issubclass(thing, Exception) and thing.__module__ == errors.__name__
}


def drawn_tree() -> dict[str, str]:
    """Each name in the docstring's drawing with the name that it hangs on."""
    above: list[tuple[int, str]] = []
    drawn = {}
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"( {4}[\s│├└─]*)([A-Z][A-Za-z]+)\b", line)
        if found is None:
            continue
        depth, name = len(found[1]), found[2]
        above = [(place, parent) for place, parent in above if place < depth]
        drawn[name] = above[-1][1] if above else "Exception"
        above.append((depth, name))
    return drawn


def test_every_error_stands_in_the_tree_where_it_is_drawn() -> None:
    assert drawn_tree() == {name: kind.__bases__[0].__name__ for name, kind in ERRORS.items()}


@pytest.mark.parametrize("kind", ERRORS.values(), ids=list(ERRORS))
def test_errors_survive_the_way_to_another_process(kind: type[FeedwachtError]) -> None:
    error = kind("it broke", 7, "mend it") if kind is QuerySyntaxError else kind("it broke")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (str(again), again.args, vars(again)) == (str(error), error.args, vars(error))
    assert "\n" not in str(again)


def test_other_exceptions_stay_behind_their_edge() -> None:
    """An exchange's faults become values in fetch.py, a query's fault an error in parse; click shows its own."""
    known = (FeedwachtError, ExchangeError, FaultError, click.ClickException)
    strangers = []
    for module in pkgutil.walk_packages(worker.__path__, "worker."):
        if ".migrations" in module.name or module.name.endswith("__main__"):
            continue
        for name, thing in vars(importlib.import_module(module.name)).items():
            if isinstance(thing, type) and issubclass(thing, BaseException) and thing.__module__ == module.name:
                strangers += [] if issubclass(thing, known) else [f"{module.name}.{name}"]
    assert strangers == []


# -- code ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", CODE, ids=place)
def test_a_file_says_what_it_owns_and_keeps_its_functions_short(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if path != ROOT / "worker/__init__.py" or tree.body[1:]:
        assert ast.get_docstring(tree), "a module docstring of 2 to 8 lines: what it owns, what it must not know"
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = {node.name: lines for node in functions if (lines := _lines(node)) > LONGEST_FUNCTION}
    assert long == {}


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


TESTS = sorted((ROOT / "tests").rglob("test_*.py"))


@pytest.mark.parametrize("path", TESTS, ids=place)
def test_a_test_shows_what_it_holds(path: Path) -> None:
    """By an assert, by pytest.raises, or by a helper that is called check, check_… or assert_…."""
    functions = [
        one for one in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(one, ast.FunctionDef)
    ]
    tests = [one for one in functions if one.name.startswith("test_")]
    assert [one.name for one in tests if not any(map(_holds, ast.walk(one)))] == []


def _holds(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return isinstance(node, ast.Assert)
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return called == "raises" or called.split("_")[0] in ("assert", "check")


WEB = {"requests", "urllib3", "socket", "ssl", "http.client", "urllib.request", "ftplib", "smtplib", "socketserver"}
WEB |= {"http.server", "asyncio", "aiohttp", "httpx", "pycurl", "socks", "xmlrpc", "urllib.robotparser"}
WEB |= {"poplib", "imaplib", "telnetlib", "nntplib", "_socket"}
FETCH_FLOOR = {f"worker/{name}.py" for name in ("fetch", "reasons", "response", "target", "transport", "guard")}
FETCH_FLOOR |= {"worker/channels/asking.py"}  # has `requests`' face for plugins, and asks by the fetcher
SERVERS = {"worker/demosite.py", "worker/canaryserver.py", "worker/scraping.py"}
MAIL = "worker/channels/smtp.py"
FOLDERS: dict[str, str | tuple[str, ...]] = {
    "sqlalchemy": "worker/archive/",
    "alembic": "worker/archive/",
    "psycopg": "worker/archive/",
}
CELERY = ("worker/tasks.py", "worker/processes.py", "worker/bell.py", "worker/ear.py")
FOLDERS |= {"celery": CELERY, "kombu": CELERY, "redis": (*CELERY, "worker/doctor/broker.py")}
FOLDERS |= {"prometheus_client": ("worker/metrics.py", "worker/scraping.py")}
FOLDERS |= {"feedparser": "worker/parse.py", "lxml": "worker/text/", "pydantic": "worker/settings/"}
FOLDERS |= {"subprocess": ("worker/sandbox.py", "worker/channels/command.py"), "multiprocessing": "nowhere"}


@pytest.mark.parametrize("path", CODE, ids=place)
def test_each_library_lives_in_one_place(path: Path) -> None:
    """What import-linter cannot say: parts of the standard library, and packages that nobody imports yet."""
    imported = set(_imported(ast.parse(path.read_text(encoding="utf-8"))))
    if place(path) not in FETCH_FLOOR | SERVERS:
        own = {"smtplib"} if place(path) == MAIL else set()
        assert {name for name in imported if _is_one_of(name, WEB - own)} == set()
    for package, home in FOLDERS.items():
        if not place(path).startswith(home):
            assert {name for name in imported if _is_one_of(name, {package})} == set()


def _imported(tree: ast.AST) -> Iterator[str]:
    """Dotted names, also of what is taken out of a module, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_one_of(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def test_the_pure_core_is_all_that_stands_below_the_edges() -> None:
    floors = CONTRACTS["floors"]["layers"]
    core = {f"worker.{name.strip()}" for floor in floors[floors.index("guard") + 1 :] for name in floor.split("|")}
    assert core == set(CONTRACTS["pure-core"]["source_modules"])


@pytest.mark.parametrize("name", LOCKS)
def test_locks_have_a_hash_for_everything_and_name_no_host(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index|--find-links|--trusted-host", text)
    pinned = re.split(r"\n(?=\S)", text.strip())
    assert len(pinned) > 20
    loose = [one.splitlines()[0] for one in pinned if not re.match(r"[\w.\-\[\],]+==[\w.!+]+ ", one)]
    assert loose == []
    assert [one.splitlines()[0] for one in pinned if "--hash=sha256:" not in one] == []


@pytest.mark.parametrize("name", ["Makefile", "deploy/Dockerfile"])
def test_locks_are_installed_as_they_stand(name: str) -> None:
    """Locks list everything; left to resolve, pip fails on an extra of a pinned package as soon as that has a release."""
    installs = [line for line in (ROOT / name).read_text(encoding="utf-8").splitlines() if "--require-hashes" in line]
    assert installs
    assert [line for line in installs if " --no-deps " not in line] == []


# -- documents ----------------------------------------------------------------------------------------------------------

ALL_WORDS = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
TARGETS = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("target", TARGETS)
def test_documents_name_every_make_target(target: str) -> None:
    assert re.search(rf"\bmake {target}\b", ALL_WORDS)


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_documents_name_every_command(name: str) -> None:
    assert re.search(rf"\bfeedwacht {name}\b", ALL_WORDS)


def spoken(path: Path) -> list[str]:
    """Lines of code blocks, and what stands in backticks; no output of programs, which is fenced as text."""
    text = re.sub(r"^```text\n.*?^```\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    blocks = re.findall(r"^(?: {4}|\t)(.+)$", text, re.MULTILINE)
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    inline = re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    return [*blocks, *(line for block in fenced for line in block.splitlines()), *(" ".join(i.split()) for i in inline)]


@pytest.mark.parametrize("path", DOCUMENTS, ids=place)
def test_commands_in_documents_exist(path: Path) -> None:
    for line in spoken(path):
        if said := re.match(r"(?:\.venv/bin/|docker compose exec [a-z-]+ )?feedwacht (.*)", line):
            follow(said[1])
        if said := re.match(r"make ([a-z]+)", line):
            assert said[1] in TARGETS, line


@pytest.mark.parametrize("path", DOCUMENTS, ids=place)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_every_file_has_a_floor() -> None:
    floors = {name.strip() for floor in CONTRACTS["floors"]["layers"] for name in floor.split("|")}
    assert floors == {path.stem for path in (ROOT / "worker").glob("*.py")} - {"__init__"} | {
        path.parent.name for path in (ROOT / "worker").glob("*/__init__.py")
    }


def test_the_architecture_shows_every_room_on_its_floor() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    floors = re.search(r"\n## Floors\n.*?\n((?: {4}[^\n]*\n)+)", text, re.DOTALL)
    assert floors is not None
    drawn = [re.split(r"\s{3,}", line.strip())[0] for line in floors[1].splitlines()]
    assert [sorted(line.replace("/", "").split(" · ")) for line in drawn] == [
        sorted(name.strip() for name in floor.split("|")) for floor in CONTRACTS["floors"]["layers"]
    ]


def test_the_readme_shows_no_room_that_is_not_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    house = text[text.index("    worker/\n") : text.index("    config/  deploy/")]
    named = re.findall(r"[\w/]+\.py|\w+/", house)
    assert [name for name in named if name != "worker/" and not (ROOT / "worker" / name).exists()] == []


def test_the_readmes_configuration_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = re.findall(
        r"^```toml\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    config = tmp_path / "feedwacht.toml"
    config.write_text("\n".join([shipped().read_text(encoding="utf-8"), *examples]), encoding="utf-8")
    (tmp_path / "var").mkdir()
    (tmp_path / "var/redaktion.password").write_text("geheim", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    settings = load(config, {"FEEDWACHT_CHANNEL__EDITORS__SECRET": "whsec_" + "A" * 32})
    assert [source.name for source in settings.sources] == ["hasepost", "stadtblatt"]
    assert [channel.name for channel in settings.channels] == ["screen", "editors", "redaktion"]
