"""Several processes at one archive: a host is asked by one of them at a time, and old code stands aside for new code."""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.guests import WatchfulHost, shortest_rest_s
from tests.e2e.office import Office, Process, open_office, wait_until
from tests.outgrown import go_back, outgrow_schema
from tests.servers import RedisServer
from worker.archive import Archive, open_archive
from worker.model import Colleague
from worker.sweep import SWEEP

pytestmark = pytest.mark.slow

HOST_GAP_S = 0.3
HOSTS, FEEDS = 4, 6


@pytest.fixture
def office(tmp_path: Path, redis_url: str, postgres_url: str) -> Iterator[Office]:
    with open_office(tmp_path, postgres_url, redis_url) as one:
        upgrades = [one.start("db", "upgrade"), one.start("db", "upgrade")]
        assert [upgrade.wait(60) for upgrade in upgrades] == [0, 0], [upgrade.text for upgrade in upgrades]
        yield one


@pytest.fixture
def archive(office: Office, postgres_url: str) -> Iterator[Archive]:
    one = open_archive(postgres_url)
    yield one
    one.close()


def colleagues(archive: Archive) -> dict[str, Colleague]:
    """By role and queue."""
    with archive.read() as tx:
        return {one.name.partition("@")[0]: one for one in tx.fleet.all()}


def end(process: Process) -> None:
    began_s = time.monotonic()
    assert process.terminate(timeout_s=10) == 0
    assert time.monotonic() - began_s < 5.0, process.text
    assert "Traceback" not in process.text


def test_three_workers_and_two_beats_are_one_guest_at_each_host(office: Office, archive: Archive) -> None:
    with ExitStack() as stack:
        hosts = [stack.enter_context(WatchfulHost(FEEDS)) for _ in range(HOSTS)]
        watch(office, hosts)
        processes = [office.start(role) for role in ("beat", "worker", "worker", "worker", "beat")]
        wait_until(lambda: min(len(host.exchanges) for host in hosts) >= 12, 60, lambda: processes[1].text)
        processes[1].kill()
        wait_until(lambda: min(len(host.exchanges) for host in hosts) >= 30, 90, lambda: processes[2].text)
        for process in (*processes[2:], processes[0]):
            end(process)
        rests_s = [shortest_rest_s(host.exchanges) for host in hosts]
        assert min(rests_s) >= HOST_GAP_S, rests_s
        for host in hosts:
            assert {f"{host.url}{one.path}" for one in host.exchanges} >= set(host.feeds), "each feed gets its turn"
        with archive.read() as tx:
            assert tx.records.count() >= HOSTS * FEEDS * 2
            assert tx.fleet.moment(SWEEP) is not None
            [killed] = tx.fleet.all()
        assert killed.pid == processes[1].process.pid, "who ended well has taken his row away"


def watch(office: Office, hosts: list[WatchfulHost]) -> None:
    """The feeds of these hosts instead of the site's; each is due all the time."""
    feeds = "".join(f'[[source.feed]]\nurl = "{url}"\ninterval = "500ms"\n' for host in hosts for url in host.feeds)
    text = office.config.read_text(encoding="utf-8")
    text = re.sub(r"\[\[source\.feed\]\].*?(?=\[\[channel\]\])", lambda _: feeds, text, flags=re.DOTALL)
    office.config.write_text(text.replace('host_gap = "0s"', f'host_gap = "{HOST_GAP_S}s"'), encoding="utf-8")


def test_old_workers_stand_aside_when_the_archive_is_upgraded_beneath_them(office: Office, archive: Archive) -> None:
    office.site.publish("Alt", "<p>Alt.</p>")
    beat = office.start("beat")
    workers = [office.start("worker", "--queue", "poll"), office.start("worker", "--queue", "deliver")]
    workers[0].await_line("poll updated", timeout_s=60)
    wait_until(lambda: len(colleagues(archive)) == 3, 30, lambda: str(colleagues(archive)))
    assert all(one.idle_reason == "" for one in colleagues(archive).values())
    outgrow_schema(archive)
    for worker in workers:  # the one that polls at its next tick, the other one with its heart
        worker.await_line("made by a newer feedwacht", timeout_s=30)
    asked = len(office.site.requests)
    office.site.publish("Radweg eröffnet", "<p>Freie Fahrt.</p>")
    wait_until(lambda: all("takes no work" in one.idle_reason for one in colleagues(archive).values()), 30, str)
    assert all(worker.text.count("made by a newer feedwacht") == 1 for worker in workers), "once, not at each tick"
    assert len(office.site.requests) <= asked + 1, "one exchange may have been under way"
    assert all(worker.process.poll() is None for worker in workers), "no supervisor has to start them again and again"
    refused = office.start("poll")
    assert refused.wait(30) == 1
    assert "upgrade this machine" in refused.text or "auf dieser Maschine aktualisieren" in refused.text
    go_back(archive)
    office.await_alerts({"Radweg eröffnet"}, timeout_s=60)
    for process in (*workers, beat):
        end(process)
    assert colleagues(archive) == {}
    assert "poll " not in workers[1].text, "it works off the other queue only"
    assert "alert sent" not in workers[0].text


def test_a_worker_stands_aside_and_comes_back_while_redis_comes_and_goes(
    tmp_path: Path, own_redis: RedisServer, postgres_url: str
) -> None:
    with open_office(tmp_path, postgres_url, own_redis.url) as office:
        office.site.publish("Alt", "<p>Alt.</p>")
        worker = office.start("run")
        worker.await_line("poll updated", timeout_s=60)
        archive = open_archive(postgres_url)
        own_redis.kill()
        outgrow_schema(archive)
        worker.await_line("made by a newer feedwacht", timeout_s=30)
        own_redis.start()
        wait_until(lambda: _is_heard(own_redis), 60, lambda: worker.text)
        office.site.publish("Radweg eröffnet", "<p>Freie Fahrt.</p>")
        go_back(archive)
        office.await_alerts({"Radweg eröffnet"}, timeout_s=60)
        archive.close()
        assert worker.text.count("made by a newer feedwacht") == 1
        end(worker)


def test_alone_in_its_process_it_stands_aside_too(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/feedwacht.db"
    with open_office(tmp_path, database) as office:
        office.site.publish("Alt", "<p>Alt.</p>")
        worker = office.start("run")
        worker.await_line("poll updated", timeout_s=60)
        archive = open_archive(database)
        outgrow_schema(archive)
        worker.await_line("made by a newer feedwacht", timeout_s=30)
        asked = len(office.site.requests)
        office.site.publish("Radweg eröffnet", "<p>Freie Fahrt.</p>")
        wait_until(lambda: "takes no work" in colleagues(archive)["run"].idle_reason, 30, lambda: worker.text)
        assert len(office.site.requests) <= asked + 1, "one exchange may have been under way"
        go_back(archive)
        office.await_alerts({"Radweg eröffnet"}, timeout_s=60)
        archive.close()
        end(worker)


def _is_heard(redis: RedisServer) -> bool:
    """Whether the beat rings again, and nobody takes what it sends."""
    with redis.client() as client:
        return int(client.llen("poll")) >= 3
