"""The product as processes: publish -> alert received, embedded and on Redis + PostgreSQL, through kills and restarts."""

import signal
import threading
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from tests.e2e.office import Office, count_records, open_office, wait_until
from tests.receiver import SECRET
from tests.servers import PostgresServer, RedisServer
from worker.archive import Archive, open_archive

pytestmark = pytest.mark.slow


def embedded(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/feedwacht.db"


def publish(office: Office, *numbers: int) -> set[str]:
    """Articles that match the subscription, and as many that do not."""
    titles = set()
    for number in numbers:
        titles.add(office.site.publish(f"Radweg {number} eröffnet", "<p>Freie Fahrt.</p>").title)
        office.site.publish(f"Anderes {number}", "<p>Etwas anderes.</p>")
    return titles


def test_embedded_publish_to_alert(tmp_path: Path) -> None:
    with open_office(tmp_path, embedded(tmp_path)) as office:
        publish(office, 0)
        worker = office.start("run")
        worker.await_line("poll updated")
        office.await_alerts(publish(office, 1))
        [request] = office.receiver.requests
        Webhook(SECRET).verify(request.body, request.headers)
        wait_until(lambda: len(list(office.records.rglob("*.txt"))) == 4, 10, lambda: worker.text)
        assert worker.terminate(timeout_s=6) == 0
        assert "Traceback" not in worker.text
        assert office.titles() == {"Radweg 1 eröffnet"}, "the first poll is silent"


def test_embedded_ctrl_c_ends_it_within_five_seconds_also_while_a_site_hangs(tmp_path: Path) -> None:
    with open_office(tmp_path, embedded(tmp_path)) as office:
        asked, hang = threading.Event(), threading.Event()

        def hanging(_path: str) -> None:
            asked.set()
            hang.wait(20)

        office.site.on_request = hanging
        worker = office.start("run")
        assert asked.wait(30), worker.text
        assert worker.terminate(timeout_s=6, number=signal.SIGINT) == 0
        hang.set()
        assert "stopping; what is under way has 4 s" in worker.text
        assert "shutdown" not in worker.text, "Celery does not speak of itself"


def test_embedded_kill_9_again_and_again_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with open_office(tmp_path, embedded(tmp_path)) as office:
        publish(office, 0)
        office.start("run").await_line("poll updated")
        expected = set()
        for number in range(1, 5):
            expected |= publish(office, number)
            office.processes[-1].await_line("poll ", count=2 + number)
            office.processes[-1].kill()
            expected |= publish(office, 10 + number)
            office.start("run")
        office.await_alerts(expected)
        assert office.processes[-1].terminate(timeout_s=6) == 0
        assert office.titles() == expected
        assert count_records(embedded(tmp_path)) == 2 * (len(expected) + 1)
        assert len(office.alerts()) == len(expected), "an alert has one id, however often it is sent"


def test_without_network_it_goes_on_and_says_one_plain_line_per_attempt(tmp_path: Path) -> None:
    with open_office(tmp_path, embedded(tmp_path)) as office:
        office.config.write_text(
            office.config.read_text().replace(f'url = "{office.site.url}', 'url = "http://127.0.0.1:9')
        )
        worker = office.start("run")
        worker.await_line("poll failed", count=2)
        assert worker.process.poll() is None
        assert worker.terminate(timeout_s=6) == 0
        assert "Traceback" not in worker.text
        failed = [line for line in worker.lines if "poll failed" in line]
        assert all("refused the connection" in line and "next try at" in line for line in failed)


def test_a_changed_configuration_works_on_sighup(tmp_path: Path) -> None:
    with open_office(tmp_path, embedded(tmp_path)) as office:
        publish(office, 0)
        worker = office.start("run")
        worker.await_line("poll updated")
        office.config.write_text(office.config.read_text().replace("query = 'Radweg'", "query = 'Anderes'"))
        worker.process.send_signal(signal.SIGHUP)
        worker.await_line("the configuration was read again")
        publish(office, 1)
        office.await_alerts({"Anderes 1"})
        office.config.write_text("nonsense")
        worker.process.send_signal(signal.SIGHUP)
        worker.await_line("the configuration was not taken over")
        publish(office, 2)
        office.await_alerts({"Anderes 2"})
        assert worker.terminate() == 0


def test_what_commands_change_works_on_the_next_article_in_every_process(
    tmp_path: Path, redis_url: str, postgres_url: str
) -> None:
    with open_office(tmp_path, postgres_url, redis_url) as office:
        publish(office, 0)
        assert office.start("db", "upgrade").wait(30) == 0
        office.start("beat")
        workers = [office.start("worker"), office.start("worker")]
        wait_until(lambda: any("poll updated" in worker.text for worker in workers), 30, lambda: workers[0].text)
        assert office.start("subscriptions", "add", "Neu", "Anderes", "--channel", "hook").wait(30) == 0
        assert office.start("subscriptions", "pause", "Radweg").wait(30) == 0
        publish(office, 1, 2)
        office.await_alerts({"Anderes 1", "Anderes 2"})
        assert office.titles() == {"Anderes 1", "Anderes 2"}
        assert office.start("subscriptions", "edit", "Neu", "--query", "eröffnen").wait(30) == 0
        publish(office, 3)
        office.await_alerts({"Radweg 3 eröffnet"})
        assert "Anderes 3" not in office.titles()


def test_what_is_not_indexed_is_indexed_by_the_worker(tmp_path: Path) -> None:
    database = embedded(tmp_path)
    with open_office(tmp_path, database) as office:
        publish(office, 0)
        office.start("run").await_line("poll updated")
        archive = open_archive(database)
        with archive.database.write() as connection:
            connection.exec_driver_sql("UPDATE records SET indexed_by = 0")
        wait_until(lambda: not _unindexed(archive), 20, lambda: office.processes[0].text)
        with archive.read() as tx:
            assert tx.records.count() == 2
            assert not tx.index.is_due()
        archive.close()


def _unindexed(archive: Archive) -> int:
    with archive.read() as tx:
        return tx.figures.unindexed()


def test_two_workers_a_beat_redis_and_postgresql(tmp_path: Path, redis_url: str, postgres_url: str) -> None:
    with open_office(tmp_path, postgres_url, redis_url) as office:
        publish(office, 0)
        assert office.start("db", "upgrade").wait(30) == 0
        beat = office.start("beat")
        workers = [office.start("worker"), office.start("worker")]
        wait_until(lambda: any("poll updated" in worker.text for worker in workers), 30, lambda: workers[0].text)
        expected = publish(office, 1)
        office.await_alerts(expected)
        beat.process.send_signal(signal.SIGHUP)  # as an operator sends it to all of them
        workers[0].kill()
        expected |= publish(office, 2)
        office.await_alerts(expected)
        office.start("beat")
        expected |= publish(office, 3)
        office.await_alerts(expected)
        assert workers[1].terminate(timeout_s=6) == 0
        assert office.titles() == expected
        assert len(office.alerts()) == len(expected)
        assert count_records(postgres_url) == 8


def test_redis_may_lose_everything(tmp_path: Path, own_redis: RedisServer, postgres_url: str) -> None:
    with open_office(tmp_path, postgres_url, own_redis.url) as office:
        publish(office, 0)
        worker = office.start("run")
        worker.await_line("poll updated")
        own_redis.kill()
        expected = publish(office, 1)
        own_redis.start()
        office.await_alerts(expected, timeout_s=60)
        own_redis.client().flushall()
        expected |= publish(office, 2)
        office.await_alerts(expected, timeout_s=60)
        assert office.titles() == expected
        assert "DeprecationWarning" not in worker.text
        worker.terminate(timeout_s=6)


def test_the_database_may_be_restarted(tmp_path: Path, redis_url: str, own_postgres: PostgresServer) -> None:
    with open_office(tmp_path, own_postgres.url, redis_url) as office:
        publish(office, 0)
        worker = office.start("run")
        worker.await_line("poll updated")
        own_postgres.kill()
        expected = publish(office, 1)
        worker.await_line("trying again")
        own_postgres.start()
        office.await_alerts(expected, timeout_s=60)
        assert "Traceback" not in worker.text
        worker.terminate(timeout_s=6)
