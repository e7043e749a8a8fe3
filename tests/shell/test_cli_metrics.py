"""`feedwacht metrics`, and `[metrics] listen`."""

import re
import signal
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta
from urllib.request import urlopen

import pytest

from tests.servers import free_port, launched
from tests.shell.desk import PAGER, Desk
from worker.archive import open_archive
from worker.cli.metrics import ConfiguredChannels, beside
from worker.cli.shell import Shell
from worker.heart import introduce
from worker.settings.rules import host_and_port


@pytest.mark.parametrize(
    "text", ["9108", "127.0.0.1", "127.0.0.1:", ":9108", "a b:1", "x:0", "x:65536", "x:9999999999999", "x:-1", "x:²"]
)
def test_an_address_that_cannot_be_read(quiet_desk: Desk, text: str) -> None:
    said = quiet_desk.run("metrics", "--listen", text, exit_code=2).stderr
    assert f'--listen {text}: host and port such as "127.0.0.1:9108" are needed' in said
    quiet_desk.configure(more=f'[metrics]\nlisten = "{text}"\n')
    assert "[metrics] listen" in quiet_desk.run("check-config", exit_code=2).stderr


def test_an_address_is_host_and_port() -> None:
    assert host_and_port("0.0.0.0:9108") == ("0.0.0.0", 9108)
    assert host_and_port("localhost:1") == ("localhost", 1)


def test_beside_another_command_an_address_that_is_taken_stops_nothing(quiet_desk: Desk) -> None:
    address = f"127.0.0.1:{free_port()}"
    quiet_desk.configure(more=f'[metrics]\nlisten = "{address}"\n')
    with beside(Shell(quiet_desk.config)), beside(Shell(quiet_desk.config)):
        assert b"feedwacht_up 0.0" in urlopen(f"http://{address}/metrics", timeout=10).read(), "there is no archive yet"
    with pytest.raises(OSError):
        urlopen(f"http://{address}/metrics", timeout=10)


def test_it_goes_by_the_clock_of_the_archive(
    quiet_desk: Desk, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This machine's may be wrong: a worker that reports by the server's would look dead, or never."""
    address = f"127.0.0.1:{free_port()}"
    quiet_desk.configure(more=f'[metrics]\nlisten = "{address}"\n')
    monkeypatch.setenv("FEEDWACHT_ARCHIVE__DATABASE", postgres_url)
    shell = FastShell(quiet_desk.config)
    with closing(open_archive(postgres_url)) as archive, archive.write() as tx:
        now = tx.clock.reads()
        assert now is not None
        tx.fleet.report(introduce("worker", now))
    with beside(shell):
        said = urlopen(f"http://{address}/metrics", timeout=10).read()
    assert b'feedwacht_processes{role="worker"} 1.0' in said


def test_a_channel_that_was_added_is_told_of_without_a_restart(quiet_desk: Desk) -> None:
    names = ConfiguredChannels(Shell(quiet_desk.config), read_again_s=0.0)
    before = names()
    quiet_desk.configure(more=PAGER)
    assert set(names()) == {*before, "pager"}
    quiet_desk.config.write_text("[htp]\n", encoding="utf-8")
    assert set(names()) == {*before, "pager"}, "what cannot be used changes nothing"


class FastShell(Shell):
    """On a machine whose clock is an hour fast."""

    def now(self) -> datetime:
        return super().now() + timedelta(hours=1)


@pytest.mark.slow
def test_it_serves_until_it_is_ended(quiet_desk: Desk) -> None:
    quiet_desk.run("status", exit_code=None)
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "worker", "--config", str(quiet_desk.config), "metrics", "--listen", address]
    with subprocess.Popen(launched(command), stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            (url,) = re.findall(r"http://\S+/metrics", process.stderr.readline())
            with urlopen(url, timeout=10) as answer:
                assert b"feedwacht_up 1.0" in answer.read()
            assert f"{address} cannot be used: " in quiet_desk.run("metrics", "--listen", address, exit_code=2).stderr
            process.send_signal(signal.SIGHUP)
            with urlopen(url, timeout=10) as answer:
                assert b"feedwacht_up 1.0" in answer.read()
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        finally:
            process.kill()
    with closing(quiet_desk.archive()) as archive, archive.read() as tx:
        assert tx.fleet.all() == []
