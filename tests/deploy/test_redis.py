"""deploy/redis.conf and the rights that deploy/make-secrets gives: a doorbell, and nothing else, on a real server."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.deploy.stack import ComposeRedis, give_up, make_secrets, prepare
from tests.e2e.office import wait_until
from tests.servers import ServerMissing


@pytest.fixture
def doorbell(tmp_path: Path) -> Iterator[ComposeRedis]:
    try:
        outside = prepare(tmp_path)
    except ServerMissing as missing:
        give_up(missing)
    assert make_secrets(outside).returncode == 0
    with ComposeRedis(outside) as server:
        yield server


ONCE = Retry(NoBackoff(), 0)
FORBIDDEN = [
    ("EVAL", "return 1", "0"),
    ("SCRIPT", "LOAD", "return 1"),
    ("CONFIG", "GET", "dir"),
    ("CONFIG", "SET", "dir", "/tmp"),
    ("DEBUG", "SLEEP", "0"),
    ("FLUSHALL",),
    ("KEYS", "*"),
    ("ACL", "LIST"),
    ("SHUTDOWN", "NOSAVE"),
    ("REPLICAOF", "127.0.0.1", "1"),
    ("MODULE", "LIST"),
    ("MONITOR",),
]


def test_redis_does_only_what_a_doorbell_needs(doorbell: ComposeRedis) -> None:
    with doorbell.client() as client:
        for command in FORBIDDEN:
            with pytest.raises(redis.exceptions.ResponseError, match=r"no permissions|not allowed"):
                client.execute_command(*command)


def test_redis_lets_nobody_in_without_a_password(doorbell: ComposeRedis) -> None:
    for stranger in ({}, {"password": "feedwacht"}, {"username": "feedwacht", "password": "geraten"}):
        client = redis.Redis(port=doorbell.port, retry=ONCE, **stranger)  # type: ignore[arg-type]
        with client, pytest.raises(redis.exceptions.AuthenticationError):
            client.ping()


def test_redis_may_read_again_all_that_it_wrote(tmp_path: Path) -> None:
    """A Redis before 8.6 reads its append-only file by the rights of `default`; the one of the tests may be newer."""
    outside = prepare(tmp_path)
    assert make_secrets(outside).returncode == 0
    users = (outside.volume("secrets") / "redis/users.acl").read_text()
    rules = {name: rest.split() for name, rest in re.findall(r"^user (\S+) (.+)$", users, re.MULTILINE)}
    assert rules["default"][0] == "off", "nobody comes in by it"
    assert rules["default"][1:] == [rule for rule in rules["feedwacht"][2:] if rule != "+info"]


def test_redis_keeps_bells_over_a_kill_and_never_throws_any_away(doorbell: ComposeRedis) -> None:
    with doorbell.client() as client:
        memory = client.info("memory")
        assert (memory["maxmemory"], memory["maxmemory_policy"]) == (64 * 2**20, "noeviction")
        client.rpush("bell", "rung")
        with client.pipeline(transaction=True) as both:
            both.rpush("bell", "rung together").rpush("bell", "with another").execute()
        wait_until(lambda: client.info("persistence")["aof_pending_bio_fsync"] == 0, 10, lambda: "not on the disk")
    doorbell.kill()
    doorbell.start()
    with doorbell.client() as client:
        assert client.lrange("bell", 0, -1) == [b"rung", b"rung together", b"with another"]
    assert "CRITICAL" not in doorbell.log_tail()
