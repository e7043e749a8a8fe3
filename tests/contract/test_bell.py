"""The beat's bell at a real Redis that goes away and comes back: each is said once."""

import io

from tests.servers import RedisServer
from worker.bell import Bell
from worker.settings import load, shipped
from worker.tasks import POLL, make_app


def test_a_broker_that_is_away_is_one_line_and_one_more_when_it_is_back(
    own_redis: RedisServer, log: io.StringIO
) -> None:
    settings = load(shipped(), {"FEEDWACHT_BROKER__URL": own_redis.url})
    bell = Bell(make_app(settings, lambda: settings))
    entry = bell.schedule["tick"]

    def ring() -> None:
        bell.apply_entry(entry, producer=bell.producer)

    ring()
    assert log.getvalue() == ""
    for _ in range(2):
        log.seek(0)
        log.truncate()
        own_redis.kill()
        for _ in range(3):
            ring()
        [away] = log.getvalue().splitlines()
        assert "the broker does not take what the beat rings" in away
        assert len(away) < 400
        assert "Traceback" not in away
        own_redis.start()
        for _ in range(3):
            ring()
        [_, back] = log.getvalue().splitlines()
        assert "the broker takes again what the beat rings" in back
        with own_redis.client() as client:
            assert client.llen(POLL) == 3
