"""A fleet on one machine, as an operator starts it: Redis, PostgreSQL, `feedwacht worker` and `feedwacht beat`."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.cost import tree, tree_cpu_s
from tests.servers import PostgresServer, RedisServer, fresh_database, launched
from worker.archive import Archive, open_archive

CONFIGURATION = """
[archive]
database = "{database}"
files = ""
[broker]
url = "{broker}"
[log]
level = "warning"
[http]
host_gap = "0s"
allow_networks = ["127.0.0.0/8"]
[poll]
unconditional_every = "7d"
reread_every = "0s"
[[source]]
name = "bench"
line = "Bench"
post_id_pattern = '-(\\d+)/?$'
categories = ["Osnabrück"]
{feeds}
[[channel]]
name = "hook"
{channel}
{subscriptions}
"""
SILENT = 'type = "console"'
_WEBHOOK = 'type = "webhook"\nurl = "{url}"\nsecret_file = "{secret}"\nallow_networks = ["127.0.0.0/8"]'
_SECRET = "whsec_" + "c2VjcmV0LXRoYXQtaXMtbG9uZy1lbm91Z2g="


@contextmanager
def webhook(url: str) -> Iterator[str]:
    """A channel to this address, for `open_fleet`."""
    with tempfile.NamedTemporaryFile("w") as secret:
        secret.write(_SECRET)
        secret.flush()
        yield _WEBHOOK.format(url=url, secret=secret.name)


@dataclass
class Fleet:
    """workers: process ids in the order in which they were asked for. Every process dies with this one."""

    archive: Archive
    folder: Path
    config: Path
    postgres_pid: int
    workers: list[int]

    def workers_cpu_s(self) -> float:
        """CPU seconds of all workers and of what they have started."""
        return sum(map(tree_cpu_s, self.workers))

    def everybody(self) -> list[int]:
        return [one for worker in self.workers for one in tree(worker)]


@contextmanager
def open_fleet(
    *,
    workers: Sequence[Sequence[str]] = ((),),
    channel: str = SILENT,
    feeds: str = "",
    subscriptions: str = "",
    prepare: Callable[[Archive], None],
) -> Iterator[Fleet]:
    """workers: the options of each. prepare: fills the archive before the first process starts. feeds, subscriptions: in
    TOML.
    """
    with (
        tempfile.TemporaryDirectory(prefix="feedwacht-bench-") as name,
        RedisServer() as broker,
        PostgresServer() as postgres,
        fresh_database(postgres.url) as database,
    ):
        config = Path(name, "feedwacht.toml")
        config.write_text(
            CONFIGURATION.format(
                database=database, broker=broker.url, channel=channel, feeds=feeds, subscriptions=subscriptions
            )
        )
        archive = open_archive(database, migrate=True)
        processes: list[subprocess.Popen[bytes]] = []
        try:
            prepare(archive)
            processes += [_start(["worker", *options], config) for options in workers]
            pids = [one.pid for one in processes]
            processes.append(_start(["beat"], config))
            yield Fleet(archive, Path(name), config, postgres.pid, pids)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(10)
            archive.close()


def _start(command: Sequence[str], config: Path) -> "subprocess.Popen[bytes]":
    argv = launched([sys.executable, "-m", "worker", *command, "--config", str(config)])
    with (config.parent / f"{command[0]}.log").open("ab") as log:
        return subprocess.Popen(argv, stdout=log, stderr=log)


def wait_until(condition: Callable[[], bool], timeout_s: float, what: str) -> None:
    """Look ten times a second: another process gives no event to wait for."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"not within {timeout_s:g} s: {what}")
        time.sleep(0.1)
