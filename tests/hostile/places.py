"""Run by `test_places.py` in a place of its own: reads a feed in the box, hostile and good, and says how it went.

python -m tests.hostile.places here                 in this process, once before and once after a fork
python -m tests.hostile.places starting             what comes of starting another process in the box
python -m tests.hostile.places prefork FOLDER       as tasks of a Celery worker with a prefork pool
"""

import json
import os
import signal
import sys
import threading
from pathlib import Path

from tests.fakes import FakeFeed
from worker.errors import ParserDied
from worker.model import SourceRules
from worker.sandbox import Sandbox

URL = "https://x.example/feed/"
TASKS = 8
_box = Sandbox(size=1)  # shared with forks, as far as they know


def read() -> dict[str, object]:
    """One good feed, twice, with a child killed after each; then a job that fails."""
    box = _box
    feed = FakeFeed(url=URL)
    feed.publish("Größe", url="https://osnabrück.example/a/")
    titles, children = [], []
    for _ in range(2):
        found = box.parse_feed(feed.body(), url=URL, headers={}, rules=SourceRules(), known={})
        titles += [entry.title for entry in found.entries]
        child = box._children.queue[0]
        assert child is not None
        children.append(child._process.pid)
        child._process.kill()
        child._process.wait()
    died = ""
    try:
        box._run("no such job")
    except ParserDied as error:
        died = str(error)
    told = {"pid": os.getpid(), "uid": os.getuid(), "titles": titles, "died": died, "writable": _is_writable()}
    left = box._children.queue[0]
    return told | {"children": children, "left": left._process.pid if left else None}


def _is_writable() -> bool:
    try:
        Path("feedwacht-test-file").write_text("x")
    except OSError:
        return False
    Path("feedwacht-test-file").unlink()
    return True


def here() -> int:
    told = [read()]
    reading, writing = os.pipe()
    leased = _box._children.get()  # as if a thread were at work in it: the fork has no such thread
    if os.fork() == 0:
        signal.alarm(20)
        os.write(writing, json.dumps(read()).encode())
        _box.close()
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told.append(json.loads(pipe.read()))
    os.wait()
    _box._children.put(leased)
    told.append(read())
    _box.close()
    print(json.dumps(told))
    return 0


def starting() -> int:
    from tests.flow.test_sandbox import make_hostile

    box = make_hostile()
    print(json.dumps([{"uid": os.getuid(), "fork": box._run("fork")}]))
    box.close()
    return 0


def prefork(folder: Path) -> int:
    from celery import Celery, signals

    app = Celery("places", broker="memory://")
    app.conf.update(task_ignore_result=True, worker_enable_remote_control=False, worker_hijack_root_logger=False)

    def task(number: int) -> None:
        part = folder / f"{number}.part"
        part.write_text(json.dumps(read()))
        part.rename(folder / f"{number}.json")

    registered = app.task(task, name="read")

    def watch() -> None:
        pause = threading.Event()
        while len(list(folder.glob("*.json"))) < TASKS:
            pause.wait(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    def ready(**_: object) -> None:
        for number in range(TASKS):
            registered.delay(number)
        threading.Thread(target=watch, daemon=True).start()

    signals.worker_ready.connect(ready, weak=False)
    worker = app.Worker(
        pool_cls="prefork", concurrency=2, loglevel="ERROR", quiet=True, without_gossip=True, without_mingle=True
    )
    worker.start()
    return 0


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["here"]:
            sys.exit(here())
        case ["starting"]:
            sys.exit(starting())
        case ["prefork", folder]:
            sys.exit(prefork(Path(folder)))
