"""The box works wherever a worker may run: beside threads, in forked pools, as root and as nobody, on a read-only disk
without a folder for temporary files. And it leaves nobody behind."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import IN_CI
from tests.e2e.office import wait_until
from tests.fakes import FakeFeed
from tests.house import RULES
from worker.sandbox import Sandbox

ROOT = Path(__file__).parent.parent.parent
PLACES = [sys.executable, "-m", "tests.hostile.places"]
# Everything that is mounted becomes read-only, in this namespace alone; no folder is left for temporary files.
READ_ONLY = """
mount --make-rprivate / &&
for place in $(awk '{print $2}' /proc/self/mounts | sort -u); do
  case $place in /proc*|/sys*|/dev*) ;; *) mount -o remount,bind,ro "$place" 2>/dev/null ;; esac
done
exec "$@"
"""

# $1: the folder that is shut, $2: what of it is to be seen
OPENED = """
mount --make-rprivate / && kept=$(mktemp -d) && mount --bind "$2" "$kept" && mount -t tmpfs tmpfs "$1" &&
chmod 755 "$1" && mkdir -p "$2" && mount --move "$kept" "$2" && rmdir "$kept" && shift 2 && exec "$@"
"""

pytestmark = pytest.mark.slow


def run(*command: str, **environment: str) -> list[dict[str, object]]:
    own = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    done = subprocess.run([*command], cwd=ROOT, env=own, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told: list[dict[str, object]] = json.loads(done.stdout)
    return told


def check(told: list[dict[str, object]]) -> None:
    assert [one["titles"] for one in told] == [["Größe", "Größe"]] * len(told)
    assert all("cannot be read" in str(one["died"]) for one in told)


def first_that_works(prefixes: list[list[str]], *command: str) -> list[str]:
    """Skips, or fails where everything must have run, if none of them works here."""
    for prefix in prefixes:
        whole = [*prefix, *command]
        if (
            shutil.which(prefix[0])
            and subprocess.run(whole, capture_output=True, check=False, cwd=ROOT).returncode == 0
        ):
            return prefix
    reason = f"NOT TESTED: {' and '.join(prefix[0] for prefix in prefixes)} do not work here"
    if IN_CI and os.geteuid() == 0:
        pytest.fail(reason)
    pytest.skip(reason)


def test_a_process_and_its_fork_have_a_box_each() -> None:
    told = run(*PLACES, "here")
    check(told)
    assert [one["uid"] for one in told] == [os.getuid()] * 3
    assert told[0]["pid"] == told[2]["pid"] != told[1]["pid"]
    assert told[2]["children"][0] == told[0]["left"], "ours went on with the child that it had"
    assert told[0]["left"] not in told[1]["children"], "and the fork left it alone"


def test_as_nobody() -> None:
    told = run(*nobody(), *PLACES, "here", HOME="/nonexistent")
    check(told)
    assert {one["uid"] for one in told} == {65534}


def test_nothing_can_be_started_in_the_box_as_nobody() -> None:
    somebody = nobody()
    if os.geteuid() == 0 and "setpriv" not in somebody:
        pytest.skip("NOT TESTED: root under another name is not counted")
    assert run(*somebody, *PLACES, "starting", HOME="/nonexistent") == [{"uid": 65534, "fork": "BlockingIOError"}]


def nobody() -> list[str]:
    """What makes another command run as nobody. Where the interpreter stands in a folder that is shut to others, that
    folder is emptied of all else and opened, in a namespace; else in one that knows no users and gives no rights.
    """
    twice = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import worker.parse'], check=True)"
    setpriv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    opened = ["unshare", "--mount", "sh", "-c", OPENED, "sh", shut_folder(), sys.base_prefix, *setpriv]
    return first_that_works([setpriv, opened, ["unshare", "--user"]], sys.executable, "-c", twice)


def shut_folder() -> str:
    """The outermost folder over the interpreter that others may not enter; its own if there is none."""
    above = [path for path in Path(sys.base_prefix).parents if not path.stat().st_mode & 0o001]
    return str(above[-1] if above else sys.base_prefix)


def test_on_a_read_only_disk_without_a_folder_for_temporary_files() -> None:
    alone = ["unshare", "--mount", "sh", "-c", READ_ONLY, "sh"]
    first_that_works([alone], "sh", "-c", "! touch here-is-nothing-to-write 2>/dev/null")
    told = run(*alone, *PLACES, "here", TMPDIR="/nonexistent", HOME="/nonexistent")
    check(told)
    assert [one["writable"] for one in told] == [False] * 3


def test_under_a_prefork_pool(tmp_path: Path) -> None:
    """Its children are daemons, which may have no children by multiprocessing; a process of one's own they may have."""
    own = {**os.environ, "PYTHONPATH": str(ROOT), "C_FORCE_ROOT": "1"}
    with subprocess.Popen(
        [*PLACES, "prefork", str(tmp_path)],
        cwd=ROOT,
        env=own,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    told = [json.loads(file.read_text()) for file in tmp_path.glob("*.json")]
    assert len(told) == 8, errors[-3000:]
    check(told)
    assert process.pid not in {one["pid"] for one in told}, "they ran in the pool's children"


def test_beside_threads_and_without_a_trace_of_its_children_afterwards() -> None:
    feed = FakeFeed(url="https://x.example/feed/")
    feed.publish("Größe")
    box = Sandbox(size=2)

    def read(_: int) -> list[str]:
        found = box.parse_feed(feed.body(), url=feed.url, headers={}, rules=RULES, known={})
        return [entry.title for entry in found.entries]

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(read, range(40))) == [["Größe"]] * 40
    children = [child._process.pid for child in box._children.queue if child]
    assert children
    box.close()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), 5, lambda: f"{children}")
