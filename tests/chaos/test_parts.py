"""The farm, the proxy, the receiver and the supervisor do what the runs rely on."""

import signal
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest
import redis

from tests.chaos.farm import BACKLOG, FEEDS, Farm, Habits
from tests.chaos.hooks import MoodyReceiver
from tests.chaos.proxy import Proxy
from tests.chaos.supervisor import Service, Supervisor
from tests.servers import RedisServer

STEADY = Habits(window=4, hosts=2, flaws=0.0)


def get(url: str, etag: str = "") -> tuple[int, str, str]:
    request = urllib.request.Request(url, headers={"If-None-Match": etag, "User-Agent": "reader"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode(), answer.headers["ETag"]
    except HTTPError as error:
        with error:
            return error.code, "", error.headers.get("ETag", "")


def await_that(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(400):
        if condition():
            return
        pause.wait(0.05)
    raise AssertionError("not within 20 s")


def test_a_feed_shows_its_window_and_older_pages() -> None:
    with Farm(1, STEADY) as farm:
        url, newest = farm.feeds[0], farm.papers[0].items[::-1]
        status, body, etag = get(url)
        assert status == 200
        assert [item.title in body for item in newest] == [True] * 4 + [False] * 2
        assert get(url, etag) == (304, "", etag)
        older = get(f"{url}?paged=2")[1]
        assert [item.title in older for item in newest] == [False] * 4 + [True] * 2
        assert get(f"{url}?paged=3")[0] == 404
        assert [(one.feed, one.page, one.status, one.agent) for one in farm.asked] == [
            (FEEDS[0], 1, 200, "reader"),
            (FEEDS[0], 1, 304, "reader"),
            (FEEDS[0], 2, 200, "reader"),
            (FEEDS[0], 3, 404, "reader"),
        ]


def test_without_pages_what_left_the_window_is_gone() -> None:
    with Farm(1, Habits(window=4, hosts=1, paged=False, flaws=0.0)) as farm:
        first = get(farm.feeds[0])[1]
        assert get(f"{farm.feeds[0]}?paged=2")[1] == first
        assert farm.papers[0].items[0].title not in first


def test_the_press_publishes_and_who_gets_news_is_told() -> None:
    with Farm(1, STEADY) as farm, farm.publishing():
        await_that(lambda: len(farm.items) > 2 * BACKLOG)
        heard: list[str] = []
        for paper, in_bursts in ((0, False), (1, True)):
            waiter = threading.Thread(
                target=lambda bursts: heard.append(farm.await_news(20, in_bursts=bursts)), args=[in_bursts]
            )
            waiter.start()
            feed = farm.feeds[2 * paper]
            await_that(lambda feed=feed, waiter=waiter: get(feed)[0] == 200 and not waiter.is_alive())
        assert heard == ["reader", "reader"]


def test_half_open_connections_stay_silent_and_new_ones_work() -> None:
    with RedisServer() as server, Proxy(server.socket) as proxy:
        with redis.Redis.from_url(proxy.url, socket_timeout=0.5, retry=None) as old:
            assert old.ping()
            assert proxy.black_hole() == 1
            with pytest.raises(redis.TimeoutError):
                old.ping()
        with redis.Redis.from_url(proxy.url, socket_timeout=5) as new:
            assert new.ping()
        server.kill()
        with redis.Redis.from_url(proxy.url, socket_timeout=0.5, retry=None) as nobody, pytest.raises(redis.RedisError):
            nobody.ping()


def post(url: str, number: str) -> int:
    request = urllib.request.Request(url, data=b"{}", headers={"webhook-id": number, "User-Agent": "sender"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0


def test_a_receiver_fails_first_attempts_only() -> None:
    with MoodyReceiver(1, flaws=1.0) as receiver:
        assert all(post(receiver.url, f"msg_{number}") in (0, 500) for number in range(4))
        assert all(post(receiver.url, f"msg_{number}") == 200 for number in range(4))


def test_a_receiver_refuses_the_next_one_if_it_is_to() -> None:
    with MoodyReceiver(1, flaws=0.0) as receiver:
        came: list[str] = []
        waiter = threading.Thread(target=lambda: came.append(receiver.await_post(20, refuse=True)))
        waiter.start()
        said = [post(receiver.url, f"msg_{number}") for number in _until_over(waiter)]
        assert came == ["sender"]
        assert said.count(503) == 1
        assert post(receiver.url, "msg_later") == 200


def _until_over(thread: threading.Thread) -> Iterator[int]:
    """Numbers for as long as a thread runs, which has perhaps not begun yet."""
    for number in range(1000):
        if not thread.is_alive():
            return
        yield number


@pytest.mark.slow
def test_a_supervisor_starts_again_what_ends(tmp_path: Path) -> None:
    service = Service(name="demo-1", arguments=("demo", "--for", "60s"))
    with Supervisor([service], tmp_path) as supervisor:
        first = service.process
        assert first is not None
        assert supervisor.pause("demo-1") == first.pid
        assert not service.is_at_work
        assert supervisor.resume("demo-1", first.pid)
        assert supervisor.send("demo-1", signal.SIGKILL)
        await_that(lambda: service.starts == 2)
        assert not supervisor.resume("demo-1", first.pid), "it is another process now"
    assert [away.what for away in supervisor.aways] == ["demo-1"] * 3, "its start, the pause, the kill"
    assert supervisor.surprises == []
