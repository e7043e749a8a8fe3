"""The canary through whole processes: embedded, and on Redis + PostgreSQL with two workers on one machine."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.e2e.office import Office, open_office, reading, wait_until
from tests.servers import free_port
from worker.archive import open_archive
from worker.model import CanaryState

pytestmark = pytest.mark.slow

_ON = '\n[canary]\nevery = "2s"\nport = {port}\n'


def switch_on(office: Office, port: int) -> None:
    office.config.write_text(office.config.read_text(encoding="utf-8") + _ON.format(port=port), encoding="utf-8")


def switch_off(office: Office) -> None:
    office.config.write_text(office.config.read_text(encoding="utf-8").partition("\n[canary]")[0], encoding="utf-8")


def state(database: str) -> CanaryState | None:
    with reading(database) as tx:
        return tx.canary.state()


def await_arrival(office: Office, database: str, after: datetime | None = None) -> datetime:
    """The time of the next arrival."""
    found: list[datetime] = []

    def arrived() -> bool:
        now = state(database)
        at = now.arrived_at if now is not None else None
        found.extend([at] if at is not None and (after is None or at > after) else [])
        return bool(found)

    wait_until(arrived, 60, lambda: "\n".join(line for one in office.processes for line in one.lines[-15:]))
    return found[0]


def test_embedded_it_arrives_again_and_again_and_leaves_nothing(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/feedwacht.db"
    with open_office(tmp_path, database) as office:
        office.site.publish("Anderes", "<p>Etwas.</p>")
        switch_on(office, free_port())
        worker = office.start("run")
        first = await_arrival(office, database)
        await_arrival(office, database, first)
        switch_off(office)
        assert worker.terminate(timeout_s=6) == 0
        assert "Traceback" not in worker.text
        again = office.start("run")
        wait_until(lambda: state(database) is None, 30, lambda: again.text)
        archive = open_archive(database)
        with archive.read() as tx:
            assert [filed.record.title for filed in tx.records.stream()] == ["Anderes"]
            assert tx.fleet.moment("canary") is None
        archive.close()
        assert office.receiver.requests == []
        assert len(list(office.records.rglob("*.txt"))) <= 1


def test_two_workers_on_one_machine_share_the_port_and_inherit_it(
    tmp_path: Path, redis_url: str, postgres_url: str
) -> None:
    with open_office(tmp_path, postgres_url, redis_url) as office:
        switch_on(office, free_port())
        workers = [office.start("worker") for _ in range(2)]
        office.start("beat")
        at = await_arrival(office, postgres_url)
        for number in (0, 1):  # one of them has the port
            workers[number].kill()
            at = await_arrival(office, postgres_url, at)
            workers[number] = office.start("worker")
            at = await_arrival(office, postgres_url, at)
        assert "Traceback" not in "".join(one.text for one in office.processes)


def test_a_port_that_another_program_has_is_said_and_the_worker_goes_on(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/feedwacht.db"
    with open_office(tmp_path, database) as office:
        office.site.publish("Radweg eröffnet", "<p>Etwas.</p>")
        switch_on(
            office, int(office.receiver.url.rpartition(":")[2].partition("/")[0])
        )  # another program answers there
        worker = office.start("run")
        worker.await_line("another program has the port")
        worker.await_line("poll updated")
        found = state(database)
        assert found is not None
        assert found.arrived_at is None
        assert worker.terminate(timeout_s=6) == 0
