"""What real processes did reaches `/metrics`: of one that is everything, and of several that share the work."""

from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.office import Office, open_office, wait_until
from tests.servers import PostgresServer, RedisServer, free_port
from worker.archive import open_archive

pytestmark = pytest.mark.slow


def asked(address: str) -> dict[str, Metric]:
    try:
        with urlopen(f"http://{address}/metrics", timeout=10) as answer:
            return {family.name: family for family in text_string_to_metric_families(answer.read().decode())}
    except OSError:
        return {}  # it does not listen yet


def total(address: str, name: str, **labels: str) -> float:
    found = asked(address)
    samples = found[name].samples if name in found else []
    return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())


def work(office: Office, address: str) -> None:
    """An article is filed and told of, and that is counted."""
    office.site.publish("Anfang", "<p>Noch nichts.</p>")
    wait_until(lambda: total(address, "feedwacht_records") == 1, 40, office._last_lines)
    office.await_alerts({office.site.publish("Radweg eröffnet", "<p>Freie Fahrt.</p>").title})
    sent = {"about": "alert", "channel_type": "webhook", "outcome": "sent"}
    wait_until(lambda: total(address, "feedwacht_attempts", **sent) == 1, 40, office._last_lines)
    # Each process reports its own counts, when its time comes.
    wait_until(lambda: total(address, "feedwacht_polls", outcome="updated") >= 2, 40, office._last_lines)
    assert total(address, "feedwacht_entries", outcome="new") == 2
    assert total(address, "feedwacht_last_sweep_timestamp_seconds") > 0
    assert total(address, "feedwacht_up") == 1


def test_one_process_tells_of_itself(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    with open_office(tmp_path, f"sqlite:///{tmp_path}/feedwacht.db") as office:
        office.config.write_text(f'[metrics]\nlisten = "{address}"\n{office.config.read_text()}')
        process = office.start("run")
        work(office, address)
        assert total(address, "feedwacht_processes", role="run") == 1
        assert process.terminate() == 0
        assert "Traceback" not in process.text


def test_one_process_tells_of_all(tmp_path: Path, own_redis: RedisServer, own_postgres: PostgresServer) -> None:
    address = f"127.0.0.1:{free_port()}"
    open_archive(own_postgres.url).close()
    with open_office(tmp_path, own_postgres.url, own_redis.url) as office:
        metrics = office.start("metrics", "--listen", address)
        for command in ("worker --queue poll", "worker --queue deliver", "beat"):
            office.start(*command.split())
        work(office, address)
        roles = {
            role: total(address, "feedwacht_processes", role=role) for role in ("worker", "beat", "metrics", "run")
        }
        assert roles == {"worker": 2, "beat": 1, "metrics": 1, "run": 0}
        own_postgres.stop()
        little = {"feedwacht_up", "feedwacht_scrape_errors", "feedwacht_build_info"}
        wait_until(lambda: set(asked(address)) == little, 15, office._last_lines)
        own_postgres.start()
        wait_until(lambda: total(address, "feedwacht_up") == 1, 30, office._last_lines)
        assert metrics.terminate(timeout_s=3) == 0


def test_a_beat_counts_the_ticks_that_the_broker_refuses(
    tmp_path: Path, own_redis: RedisServer, own_postgres: PostgresServer
) -> None:
    """A worker hears no tick then, and refuses nothing: only the beat can tell of it."""
    address = f"127.0.0.1:{free_port()}"
    open_archive(own_postgres.url).close()
    with open_office(tmp_path, own_postgres.url, own_redis.url) as office:
        office.start("metrics", "--listen", address)
        office.start("beat")
        wait_until(lambda: total(address, "feedwacht_processes", role="beat") == 1, 60, office._last_lines)
        assert total(address, "feedwacht_nudges_refused") == 0
        own_redis.kill()
        wait_until(lambda: total(address, "feedwacht_nudges_refused") >= 2, 60, office._last_lines)
