"""What a run is played on: the servers, the farm, the receiver, the configuration, and the processes under a supervisor.

Three kinds: "sqlite" and "postgresql" with Redis, three workers and two beats; "embedded" with two `run` processes on one
SQLite file. Everything is on loopback and dies with this process.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos import tripwire
from tests.chaos.farm import TOWNS, Farm, Habits
from tests.chaos.hooks import MoodyReceiver
from tests.chaos.proxy import Proxy
from tests.chaos.supervisor import Away, Service, Supervisor
from tests.receiver import SECRET
from tests.servers import PostgresServer, RedisServer
from worker.archive import open_archive

KINDS = ("sqlite", "postgresql", "embedded")
AGENT = "feedwacht-chaos/"
INTERVAL_S = 3.0
LEASE_S = 5.0  # longer than an exchange and a lock held by a stranger together, as the shipped values are
DELIVERY_LEASE_S = 30.0  # the product takes no shorter one
_CONFIG = """
[archive]
database = "{database}"
files = "{folder}/records"
[broker]
url = "{broker}"
[http]
timeout = "1500ms"
host_gap = "0s"
allow_networks = ["127.0.0.0/8"]
[poll]
back_off_max = "2s"
reread_every = "0s"
[worker]
tick = "500ms"
lease = "{lease}s"
delivery_lease = "{delivery_lease}s"
poll_threads = 8
[[source]]
name = "farm"
line = "Vom Hof"
post_id_pattern = '-(\\d+)/?$'
"""
_FEED = '[[source.feed]]\nurl = "{url}"\ninterval = "{interval}s"\n'
_TOWN = """
[[channel]]
name = "{town}"
type = "webhook"
url = "{hook}/{number}"
secret_file = "{folder}/secret"
allow_networks = ["127.0.0.0/8"]
[[subscription]]
name = "{town}"
query = 'title:{town}'
channels = ["{town}"]
"""


@dataclass(slots=True, kw_only=True)
class Stage:
    """redis, proxy, postgres: None where a kind has none. aways: when a server was not there, by the nemesis."""

    kind: str
    folder: Path
    database: str
    farm: Farm
    receiver: MoodyReceiver
    supervisor: Supervisor
    redis: RedisServer | None = None
    proxy: Proxy | None = None
    postgres: PostgresServer | None = None
    aways: list[Away] = field(default_factory=list)

    @property
    def config(self) -> Path:
        return self.folder / "feedwacht.toml"

    def names(self, *kinds: str) -> list[str]:
        return [name for name, service in self.supervisor.services.items() if service.kind in kinds]

    @property
    def workers(self) -> list[str]:
        """Those who poll and deliver."""
        return self.names("worker", "run")


@contextmanager
def set_stage(kind: str, seed: int, folder: Path, habits: Habits) -> Iterator[Stage]:
    """The whole scene, with its processes running."""
    with ExitStack() as scene:
        redis = scene.enter_context(RedisServer()) if kind != "embedded" else None
        proxy = scene.enter_context(Proxy(redis.socket)) if redis else None
        postgres = scene.enter_context(PostgresServer()) if kind == "postgresql" else None
        database = postgres.url if postgres else f"sqlite:///{folder}/feedwacht.db"
        farm = scene.enter_context(Farm(seed, habits))
        receiver = scene.enter_context(MoodyReceiver(seed))
        _configure(folder, database, proxy.url if proxy else "", farm, receiver)
        open_archive(database, migrate=True).close()
        tripwire.lay(database)
        supervisor = scene.enter_context(Supervisor(_services(kind, folder / "feedwacht.toml"), folder))
        yield Stage(
            kind=kind,
            folder=folder,
            database=database,
            farm=farm,
            receiver=receiver,
            supervisor=supervisor,
            redis=redis,
            proxy=proxy,
            postgres=postgres,
        )


def _configure(folder: Path, database: str, broker: str, farm: Farm, receiver: MoodyReceiver) -> None:
    (folder / "secret").write_text(SECRET)
    timing = {"lease": LEASE_S, "delivery_lease": DELIVERY_LEASE_S}
    text = _CONFIG.format(database=database, folder=folder, broker=broker, **timing)
    text += "".join(_FEED.format(url=url, interval=INTERVAL_S) for url in farm.feeds)
    for number, town in enumerate(TOWNS):
        text += _TOWN.format(town=town, number=number, hook=receiver.url, folder=folder)
    (folder / "feedwacht.toml").write_text(text, encoding="utf-8")


def _services(kind: str, config: Path) -> Sequence[Service]:
    names = ("run-1", "run-2") if kind == "embedded" else ("worker-1", "worker-2", "worker-3", "beat-1", "beat-2")
    return [
        Service(
            name=name,
            arguments=(name.partition("-")[0], "--config", str(config)),
            greets=not name.startswith("beat"),
            environment={"FEEDWACHT_HTTP__USER_AGENT": f"{AGENT}{name}"},
        )
        for name in names
    ]
