"""The dead man's switch through whole processes: one of several tells the address, and none when the work is not done."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.office import Office, open_office, wait_until
from tests.receiver import Receiver
from worker.archive import open_archive
from worker.pulse import SWEEP

pytestmark = pytest.mark.slow

_ON = """
[operator]
dead_man_url_file = "{file}"
dead_man_every = "1s"
dead_man_allow_networks = ["127.0.0.0/8"]
"""


def switch_on(office: Office, folder: Path, receiver: Receiver) -> None:
    file = folder / "dead-man"
    file.write_text(f"{receiver.url}?token=5c1d1ef3", encoding="utf-8")
    with office.config.open("a", encoding="utf-8") as config:
        config.write(_ON.format(file=file))


def swept_for(database: str, seconds: float) -> None:
    """Until the last sweep is so long ago."""
    archive = open_archive(database)

    def is_over() -> bool:
        with archive.read() as tx:
            at = tx.fleet.moment(SWEEP)
        return at is not None and (datetime.now(UTC) - at).total_seconds() > seconds

    wait_until(is_over, 30, lambda: "somebody still sweeps")
    archive.close()


def test_embedded_it_is_told_after_sweeps(tmp_path: Path) -> None:
    with Receiver() as outside, open_office(tmp_path, f"sqlite:///{tmp_path}/feedwacht.db") as office:
        switch_on(office, tmp_path, outside)
        worker = office.start("run")
        wait_until(lambda: len(outside.requests) >= 2, 60, lambda: worker.text)
        assert {request.method for request in outside.requests} == {"GET"}
        assert all(request.path.endswith("?token=5c1d1ef3") for request in outside.requests)
        assert worker.terminate(timeout_s=6) == 0
        assert "5c1d1ef3" not in worker.text


def test_workers_without_a_beat_do_not_tell_it(tmp_path: Path, redis_url: str, postgres_url: str) -> None:
    with Receiver() as outside, open_office(tmp_path, postgres_url, redis_url) as office:
        switch_on(office, tmp_path, outside)
        workers = [office.start("worker") for _ in range(2)]
        beat = office.start("beat")
        wait_until(lambda: len(outside.requests) >= 3, 60, lambda: "\n".join(one.text for one in workers))
        beat.kill()
        swept_for(postgres_url, 3.0)
        told = len(outside.requests)
        swept_for(postgres_url, 6.0)
        assert len(outside.requests) == told
