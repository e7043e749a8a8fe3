"""What exports of a large archive, and verifying it, take of memory, against the bound that they are held to.

Each runs as the command does, in a process of its own, whose peak the kernel tells. The articles are those of the
backtests; the bound is the same however many there are.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.backtests import FEW, fill
from bench.figures import Figure, figure
from worker.archive import open_archive

AT_MOST_MB = 300.0
_COMMANDS: Mapping[str, Sequence[str]] = {
    "export jsonl": ("export", "--format", "jsonl", "--to", "all.jsonl"),
    "export jsonl, with earlier states": ("export", "--format", "jsonl", "--revisions", "--to", "states.jsonl"),
    "export csv": ("export", "--format", "csv", "--to", "all.csv"),
    "export txt": ("export", "--format", "txt", "--to", "all.txt"),
    "export md": ("export", "--format", "md", "--to", "pages"),
    "verify": ("verify",),
}
_PROGRAM = """
import sys
from worker.cli import cli
try:
    cli.main(sys.argv[1:], prog_name="feedwacht")
except SystemExit as end:
    code = end.code
for line in open("/proc/self/status"):
    if line.startswith("VmHWM"):
        print("peak", line.split()[1], file=sys.stderr)
sys.exit(code)
"""


def figures(articles: int = FEW, database: str = "") -> Iterator[Figure]:
    """A figure for each command, MB at its peak. database: an address, "" = SQLite in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="feedwacht-bench-") as folder:
        url = database or f"sqlite:///{Path(folder, 'feedwacht.db')}"
        archive = open_archive(url)
        try:
            fill(archive, articles)
        finally:
            archive.close()
        for name, command in _COMMANDS.items():
            peak_mb = _peak_mb(command, url, Path(folder))
            yield figure(f"{name} of {articles:,} articles", "MB", peak_mb, AT_MOST_MB)


def _peak_mb(command: Sequence[str], url: str, folder: Path) -> float:
    environment = {"FEEDWACHT_ARCHIVE__DATABASE": url, "FEEDWACHT_ARCHIVE__FILES": ""}
    done = subprocess.run(
        [sys.executable, "-P", "-c", _PROGRAM, "archive", *command],
        cwd=folder,
        env={**os.environ, **environment, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"{command}: {done.stderr}{done.stdout[:500]}")
    return int(done.stderr.split("peak ")[1].split()[0]) / 1000
