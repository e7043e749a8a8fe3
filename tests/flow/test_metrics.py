"""`/metrics` as Prometheus asks for it: documented to the last name, by the conventions, and quick whatever the archive does."""

import http.client
import re
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from tests.contract.test_fleet import ONE
from tests.house import House, open_house
from worker import configure, counts
from worker.archive import Archive
from worker.errors import FeedwachtError
from worker.glance import Glance
from worker.model import ChannelState, TroubleKind
from worker.scraping import FiguresCollector, Scraping
from worker.settings import CanarySettings

PAGE = Path(__file__).parents[2] / "docs/metrics.md"
UNITS = ("seconds", "bytes")
NOT_BASE = re.compile(r"_(ms|milliseconds|minutes|hours|days|kilobytes|kb|mb|percent|count|sum|bucket)(_|$)")
# What no label may tell: it would have as many values as there are feeds or articles.
ENDLESS = {"feed", "url", "host", "record", "article", "alert", "delivery", "poll", "subscription", "reason"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path}/feedwacht.db") as one:
        yield one


def busy(house: House) -> None:
    """One of everything."""
    feed = house.web.feed("https://www.stadtblatt.example/feed/")
    feed.publish("Gestern", at=house.clock.now())
    house.add_feed()
    house.poll()
    feed.publish("Heute", at=house.clock.now())  # news, which what a feed's first poll brings is not
    house.poll_later()
    now = house.clock.now()
    counters = {count.of(*(f"a{n}" for n, _ in enumerate(count.labels))): 2.0 for count in counts.ALL}
    with house.archive.write() as tx:
        tx.fleet.report(replace(ONE, seen_at=now, started_at=now, counters=counters))
        tx.fleet.note("sweep", now)
    configure.apply_canary(CanarySettings(every=600), house.archive, now)


@contextmanager
def served(database: str, house: House, patience_s: float = 30.0, keep_s: float = 0.0) -> Iterator[Scraping]:
    glance = Glance(database, lambda _: house.clock.now(), patience_s=patience_s, keep_s=keep_s)
    with closing(glance), Scraping("127.0.0.1", 0, FiguresCollector(glance, lambda: ["screen"])) as scraping:
        yield scraping


def connected(scraping: Scraping) -> closing[http.client.HTTPConnection]:
    return closing(http.client.HTTPConnection(urlsplit(scraping.url).netloc, timeout=60))


def url_of(house: House) -> str:
    return house.archive.database.url.render_as_string(hide_password=False)


def asked(scraping: Scraping) -> dict[str, Metric]:
    with urlopen(scraping.url, timeout=60) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        return {family.name: family for family in text_string_to_metric_families(answer.read().decode())}


def value(found: dict[str, Metric], name: str, /, **labels: str) -> float | None:
    """Of the one sample with these labels, None = there is none."""
    samples = [one for one in found[name].samples if labels.items() <= one.labels.items()] if name in found else []
    assert len(samples) < 2, samples
    return samples[0].value if samples else None


@pytest.fixture
def everything(house: House) -> dict[str, Metric]:
    busy(house)
    with served(url_of(house), house) as scraping:
        return asked(scraping)


# -- what is told -------------------------------------------------------------------------------------------------------


def test_a_busy_archive(everything: dict[str, Metric]) -> None:
    assert value(everything, "feedwacht_up") == 1
    assert value(everything, "feedwacht_records") == 2
    assert value(everything, "feedwacht_feeds", state="ok") == 1
    assert value(everything, "feedwacht_processes", role="worker") == 1
    assert value(everything, "feedwacht_processes", role="beat") == 0
    assert value(everything, "feedwacht_attempts", worker=ONE.name, about="a0") == 2
    assert value(everything, "feedwacht_channel_disabled", channel="screen") == 0
    troubles = {sample.labels["kind"] for sample in everything["feedwacht_open_troubles"].samples}
    assert troubles == {kind.value for kind in TroubleKind}, "also those that nobody has: rules must find them"


def test_a_process_that_is_gone_is_not_counted_as_there(house: House) -> None:
    now = house.clock.now()
    with house.archive.write() as tx:
        tx.fleet.report(replace(ONE, seen_at=now - timedelta(minutes=5), counters={counts.POLL_SECONDS.of(): 1.0}))
        tx.fleet.report(replace(ONE, name="old", seen_at=now - timedelta(hours=5), counters={"poll_seconds": 1.0}))
        tx.fleet.report(replace(ONE, name="idle", seen_at=now, idle_reason="an older schema"))
    with served(url_of(house), house) as scraping:
        found = asked(scraping)
    assert value(found, "feedwacht_processes", role="worker") == 1
    assert value(found, "feedwacht_process_idle", worker="idle") == 1
    assert value(found, "feedwacht_process_idle", worker=ONE.name) is None
    assert value(found, "feedwacht_poll_seconds", worker=ONE.name) == 1, "what it did last is still told"
    assert value(found, "feedwacht_poll_seconds", worker="old") is None


def test_what_alarms_watch_grow_is_told_before_it_grows(house: House) -> None:
    """Prometheus sees no increase in a series that begins at 450: the first outage of all would raise no alarm."""
    now = house.clock.now()
    with house.archive.write() as tx:
        tx.fleet.report(replace(ONE, seen_at=now, counters={counts.POLLS.of("failed"): 2.0}))
        tx.fleet.report(replace(ONE, name="beat", role="beat", seen_at=now, counters={}))
    with served(url_of(house), house) as scraping:
        found = asked(scraping)
    for kind in counts.ARCHIVE_ERRORS.values:
        assert value(found, "feedwacht_archive_errors", worker=ONE.name, kind=kind) == 0
    assert value(found, "feedwacht_parsers_lost", worker=ONE.name) == 0
    assert value(found, "feedwacht_nudges_refused", worker=ONE.name) == 0
    assert value(found, "feedwacht_nudges_refused", worker="beat") == 0
    assert value(found, "feedwacht_parsers_lost", worker="beat") is None, "it has none"
    polls = [value(found, "feedwacht_polls", worker=ONE.name, outcome=one) for one in counts.POLLS.values]
    assert polls == [0, 0, 2]


def test_channels_are_those_of_the_configuration(house: House) -> None:
    with house.archive.write() as tx:
        tx.channels.save(ChannelState(name="screen", failures=3, disabled_at=house.clock.now()))
        tx.channels.save(ChannelState(name="gone", failures=9))
    with served(url_of(house), house) as scraping:
        found = asked(scraping)
    assert value(found, "feedwacht_channel_failures", channel="screen") == 3
    assert value(found, "feedwacht_channel_disabled", channel="screen") == 1
    assert value(found, "feedwacht_channel_failures", channel="gone") is None


def test_without_a_sweep_or_a_canary(house: House) -> None:
    with served(url_of(house), house) as scraping:
        found = asked(scraping)
    assert value(found, "feedwacht_last_sweep_timestamp_seconds") == 0
    assert "feedwacht_last_canary_timestamp_seconds" not in found, "it may be off, and that is no alarm"


# -- names --------------------------------------------------------------------------------------------------------------


def documented() -> dict[str, tuple[str, set[str]]]:
    """Name: type and labels, as the page has them."""
    rows = re.findall(r"^\| `(feedwacht_\w+)` \| (\w+) \| ([^|]*) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) == len({name for name, _, _ in rows})
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


def told(everything: dict[str, Metric]) -> dict[str, tuple[str, set[str]]]:
    found = {}
    for name, family in everything.items():
        labels = {label for sample in family.samples for label in sample.labels}
        found[f"{name}_total" if family.type == "counter" else name] = (family.type, labels)
    return found


def test_the_page_lists_every_metric_with_its_type_and_labels(everything: dict[str, Metric]) -> None:
    assert documented() == told(everything)


def test_names_follow_the_conventions(everything: dict[str, Metric]) -> None:
    for name, (kind, labels) in told(everything).items():
        assert re.fullmatch(r"feedwacht_[a-z][a-z_]*[a-z]", name), name
        assert not NOT_BASE.search(name.removesuffix("_total")), f"{name}: base units"
        assert name.endswith("_total") == (kind == "counter"), name
        bare = name.removesuffix("_total")
        for unit in UNITS:
            assert unit not in bare or bare.endswith(unit), f"{name}: the unit stands last"
        assert "timestamp" not in name or name.endswith("_timestamp_seconds"), name
        assert not labels & ENDLESS, name
        assert all(re.fullmatch(r"[a-z][a-z_]*", label) for label in labels)
        assert everything[name.removesuffix("_total")].documentation.endswith("."), f"{name} says what it is"


def test_no_family_comes_twice(house: House) -> None:
    busy(house)
    registry = CollectorRegistry(auto_describe=False)
    with closing(Glance(url_of(house), lambda _: house.clock.now(), patience_s=30)) as glance:
        registry.register(FiguresCollector(glance, list))
        lines = generate_latest(registry).decode().splitlines()
    types = [line for line in lines if line.startswith("# TYPE")]
    assert len(types) == len(set(types)) > 20
    samples = [line.rpartition(" ")[0] for line in lines if not line.startswith("#")]
    assert len(samples) == len(set(samples))


# -- asking -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/metrics", 200),
        ("GET", "/metrics?name[]=up", 200),
        ("HEAD", "/metrics", 200),
        ("GET", "/", 404),
        ("GET", "/metrics/", 404),
        ("GET", "/../etc/passwd", 404),
        ("POST", "/metrics", 404),
        ("DELETE", "/metrics", 404),
        ("OPTIONS", "*", 404),
    ],
)
def test_one_page_and_nothing_else(house: House, method: str, path: str, status: int) -> None:
    with served(url_of(house), house) as scraping, connected(scraping) as connection:
        connection.request(method, path)
        answer = connection.getresponse()
        body = answer.read()
    assert answer.status == status
    assert bool(body) == (method != "HEAD")
    assert int(answer.headers["Content-Length"]) > 0


def test_openmetrics_if_that_is_wanted(house: House) -> None:
    with served(url_of(house), house) as scraping, connected(scraping) as connection:
        connection.request("GET", "/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
        answer = connection.getresponse()
        body = answer.read()
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")


def test_many_who_ask_at_once_share_one_look(house: House) -> None:
    looks: list[int] = []
    with served(url_of(house), house, keep_s=60) as scraping:

        def ask() -> None:
            looks.append(int(value(asked(scraping), "feedwacht_up") or 0))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert looks == [1] * 8


# -- an archive that cannot be read -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "database",
    ["sqlite:///{folder}/none.db", "postgresql+psycopg://u:secret@127.0.0.1:9/feedwacht"],
    ids=["none", "away"],
)
def test_an_archive_that_is_not_there_is_told(house: House, database: str, tmp_path: Path) -> None:
    with served(database.format(folder=tmp_path), house) as scraping:
        found = asked(scraping)
        assert value(found, "feedwacht_up") == 0
        assert (value(found, "feedwacht_scrape_errors") or 0) >= 1
        assert set(found) == {"feedwacht_up", "feedwacht_scrape_errors", "feedwacht_build_info"}
    assert not (tmp_path / "none.db").exists(), "who only looks makes nothing"


def test_an_archive_that_hangs_is_told_in_time_and_asked_once(house: House) -> None:
    """A server that takes the connection and says nothing."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as deaf:
        database = f"postgresql+psycopg://u@127.0.0.1:{deaf.getsockname()[1]}/feedwacht"
        with served(database, house, patience_s=0.2) as scraping:
            assert [value(asked(scraping), "feedwacht_up") for _ in range(3)] == [0, 0, 0]
            looking = [thread for thread in threading.enumerate() if thread.name == "glance"]
            assert len(looking) == 1
            deaf.settimeout(5)
            deaf.accept()[0].close()
            looking[0].join(10)


def test_it_comes_back_with_the_archive(house: House, tmp_path: Path) -> None:
    place = tmp_path / "later.db"
    with served(f"sqlite:///{place}", house) as scraping:
        assert value(asked(scraping), "feedwacht_up") == 0
        with open_house(f"sqlite:///{place}"):
            assert value(asked(scraping), "feedwacht_up") == 1


def test_an_archive_of_another_schema_is_looked_at_as_it_is(house: House) -> None:
    """While an upgrade is under way: what can be read is told."""
    archive: Archive = house.archive
    with archive.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with served(url_of(house), house) as scraping:
        found = asked(scraping)
    assert value(found, "feedwacht_up") == 1
    assert value(found, "feedwacht_schema_info", found="9999") == 1


def test_an_address_that_is_taken_is_an_error_of_the_system(house: House) -> None:
    with served(url_of(house), house) as scraping:
        port = urlsplit(scraping.url).port or 0
        with (
            pytest.raises(OSError),
            closing(Glance(url_of(house), lambda _: house.clock.now(), patience_s=30)) as glance,
        ):
            Scraping("127.0.0.1", port, FiguresCollector(glance, list))
    assert not issubclass(FeedwachtError, OSError)
