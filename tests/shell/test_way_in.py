"""The program's way in, before any command is known."""

import subprocess
import sys

INTERRUPTED_WHILE_LOADING = """
import sys

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == "worker.cli":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupts())
from worker.__main__ import main
main()
"""


def test_ctrl_c_while_the_commands_are_loaded_leaves_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_WHILE_LOADING], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
