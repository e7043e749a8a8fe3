"""Services through Apprise's plugins, against servers on loopback and in this process: whom they ask, and what follows."""

import ast
import importlib
import inspect
import io
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from tests.owed import NOW, URL, a_record, an_alert, every
from tests.receiver import Receiver, Reply
from tests.timing import check_passed_s
from worker.channels import AppriseChannel
from worker.channels.asking import QUESTIONS_MOST, Conversation, GuardedRequests, conversing
from worker.errors import SettingsError
from worker.fetch import Fetcher
from worker.model import Delivery, Message, SendOutcome, SendResult
from worker.render import render
from worker.serviceaddress import read_address
from worker.services import SERVICES, Service

T26 = "t0kent0kent0kent0kent0kent"
FIXED = {
    "tgram": f"tgram://123456789:AA{T26}AA/-100123?silent=yes",
    "discord": f"discord://111111111111111111/{T26}{T26}",
    "slack": f"slack://T1JJ3T3L2/A1BRTD4JD/{T26[:24]}/#general",
    "slack-bot": f"slack://xoxb-1234-1234-{T26}/#general",
    "pover": f"pover://{'u' * 30}@{T26}aaaa?priority=high",
    "gchat": f"gchat://space/{T26}/{T26}",
    "pbul": f"pbul://{T26}aaaaaa",
    "threema": "threema://*THEGWID@s0crets0cret0123/ABCD1234",
    "ntfy": "ntfy://a-topic?tags=one,two",
}
OWN = {
    "ntfy": "ntfy://tk_{token}@{host}/topic",
    "gotify": "gotify://{host}/t0kent0kent0ken",
    "mmost": "mmost://{host}/{token}",
    "rocket": "rocket://user:{token}@{host}/#room",
    "rocket-hook": "rocket://abc123%2Fdef456@{host}/#room",
    "matrix": "matrix://syt_{token}@{host}/!room:server",
    "matrix-login": "matrix://user:{token}@{host}/#room:server",
    "signal": "signal://{host}/+4915112345678/+4915112345679",
}
ANSWERS = {
    "status": "success",
    "data": {"authToken": "a", "userId": "b"},
    "access_token": "x",
    "user_id": "@u:server",
    "room_id": "!room:server",
    "ok": True,
}


def a_delivery(attempt: int = 1) -> Delivery:
    return Delivery(id="msg_d7", channel="c", attempt=attempt, alert=an_alert(), lease_token="t")


def a_message(title: str = "Ministerin besucht Werft", body: str = "Die Werft an der Küste.") -> Message:
    record = a_record(title=title, body=body)
    return render(an_alert(record, spans=every("Werft", record)), now=NOW, language="de")


def send(channel: AppriseChannel, message: Message | None = None) -> SendOutcome:
    return channel.send(a_delivery(), message or a_message(), NOW)


class Wire(HTTPAdapter):
    """Every server in this process: notes what is asked, answers by rule."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[requests.PreparedRequest] = []
        self.status, self.headers, self.body = 200, {}, b""
        self.answers: dict[str, bytes] = {}

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        self.asked.append(request)
        host = urlsplit(request.url or "").hostname or ""
        body = self.body or (b"ok" if host == "hooks.slack.com" else json.dumps(ANSWERS).encode())
        raw = HTTPResponse(io.BytesIO(body), HTTPHeaderDict(self.headers), self.status, preload_content=False)
        response = requests.Response()
        response.status_code, response.raw = self.status, raw
        return response


def a_channel(url: str, wire: Wire) -> AppriseChannel:
    return AppriseChannel("c", read_address(url), Fetcher(user_agent="feedwacht-test/1", transport=wire))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(Reply(body=json.dumps(ANSWERS).encode())) as receiver:
        yield receiver


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(user_agent="feedwacht-test/1", allow_networks=[ip_network("127.0.0.0/8")], allow_ports=()) as fetcher:
        yield fetcher


def an_own(kind: str, host: str, fetcher: Fetcher) -> AppriseChannel:
    return AppriseChannel("c", read_address(OWN[kind].format(host=host, token=T26)), fetcher)


# -- the allow-list over Apprise's own list -----------------------------------------------------------------------------


def schemes_of_apprise() -> dict[str, type]:
    from apprise import Apprise
    from apprise.manager_plugins import NotificationManager

    Apprise().details()
    manager = NotificationManager()
    return {scheme: manager[scheme] for scheme in manager.schemas()}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of plugins that we never load
def test_every_service_of_apprise_is_listed_or_refused() -> None:
    found = schemes_of_apprise()
    assert len(found) > 200
    assert set(SERVICES) <= set(found)
    for scheme, plugin in found.items():
        if scheme in SERVICES:
            assert plugin.__name__ == SERVICES[scheme].plugin
            continue
        for spelled in (scheme, scheme.upper()):
            with pytest.raises(ValueError, match=r"is no service|is needed"):
                read_address(f"{spelled}://127.0.0.1/a/b")


@pytest.mark.parametrize("service", {one.plugin: one for one in SERVICES.values()}.values(), ids=lambda one: one.plugin)
def test_a_listed_plugin_has_no_way_out_but_the_one_that_is_guarded(service: Service) -> None:
    """The plugin's file imports nothing that opens connections, starts programs or rests, but `requests` as a module."""
    module = importlib.import_module(f"apprise.plugins.{service.module}")
    imported = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            imported |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    ways_out = {"socket", "ssl", "http", "http.client", "urllib.request", "urllib3", "subprocess", "smtplib", "asyncio"}
    assert not imported & (ways_out | {"time.sleep", "ctypes"})
    assert not any(name.startswith("requests.") and name != "requests.auth" for name in imported if name)
    asked = {
        node.attr
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "requests"
    }
    assert asked
    assert not [name for name in asked if not hasattr(GuardedRequests, name)]


@pytest.mark.parametrize("service", {one.plugin: one for one in SERVICES.values()}.values(), ids=lambda one: one.plugin)
def test_a_service_has_no_more_room_than_its_plugin_says(service: Service) -> None:
    plugin = getattr(importlib.import_module(f"apprise.plugins.{service.module}"), service.plugin)
    most = plugin.body_maxlen if isinstance(plugin.body_maxlen, int) else plugin.body_maxlen_default
    assert service.room.body <= most
    assert service.room.title <= plugin.title_maxlen


# -- fixed hosts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FIXED)
def test_a_fixed_service_is_asked_once_over_tls(kind: str) -> None:
    wire = Wire()
    channel = a_channel(FIXED[kind], wire)
    outcome = send(channel)
    assert outcome.result is SendResult.SENT, outcome
    assert outcome.status == 200
    (asked,) = wire.asked
    url = urlsplit(asked.url or "")
    assert url.scheme == "https"
    assert url.hostname in channel.address.service.hosts
    assert "Apprise" not in str(asked.headers) + str(asked.body)


@pytest.mark.parametrize("kind", FIXED)
@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 404, 500, 503])
def test_a_refusal_is_never_read_as_success(kind: str, status: int) -> None:
    wire = Wire()
    wire.status, wire.headers, wire.body = status, {"Location": "http://127.0.0.1/"}, b'{"ok": false}'
    outcome = send(a_channel(FIXED[kind], wire))
    assert outcome.result is SendResult.RETRY
    assert outcome.status == status
    assert len(wire.asked) == 1


def test_slack_that_says_no_with_200_said_no() -> None:
    wire = Wire()
    wire.body = b'{"ok": false, "error": "channel_not_found"}'
    outcome = send(a_channel(FIXED["slack-bot"], wire))
    assert outcome.result is SendResult.RETRY
    assert "channel_not_found" in outcome.detail


def test_gone_is_gone() -> None:
    wire = Wire()
    wire.status = 410
    assert send(a_channel(FIXED["discord"], wire)).result is SendResult.NEVER


@pytest.mark.parametrize(
    ("kind", "headers", "body", "rest_s"),
    [
        ("tgram", {}, b'{"ok":false,"parameters":{"retry_after":35}}', 35),
        ("discord", {}, b'{"message":"slow down","retry_after":1.5,"global":false}', 1.5),
        ("slack", {"Retry-After": "30"}, b"", 30),
        ("pover", {}, b"not json", None),
        ("tgram", {}, b'{"parameters":{"retry_after":"35"}}', None),
        ("tgram", {}, b"[" * 100_000, None),
        ("discord", {}, b'{"retry_after":1e300}', None),
    ],
)
def test_who_is_asked_to_wait_waits(kind: str, headers: dict[str, str], body: bytes, rest_s: float | None) -> None:
    wire = Wire()
    wire.status, wire.headers, wire.body = 429, headers, body
    outcome = send(a_channel(FIXED[kind], wire))
    assert (outcome.result, outcome.status, outcome.retry_after_s) == (SendResult.RETRY, 429, rest_s)
    assert len(wire.asked) == 1, "the plugin's own retry is not let through"


def test_matrix_says_how_long_in_milliseconds(receiver: Receiver, fetcher: Fetcher) -> None:
    receiver.script(Reply(status=429, body=b'{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":2500}'))
    outcome = send(an_own("matrix", receiver.host, fetcher))
    assert (outcome.result, outcome.retry_after_s) == (SendResult.RETRY, 2.5)
    assert len(receiver.requests) == 1


def test_nobody_is_called_on_discord() -> None:
    wire = Wire()
    send(a_channel(FIXED["discord"], wire), a_message("@everyone @here <@&1> **laut**", "Werft @everyone"))
    sent = json.loads(wire.asked[0].body or b"")
    assert sent["allowed_mentions"] == {"parse": []}
    assert "@everyone" not in sent["content"]
    assert "**Werft**" in sent["content"]
    assert URL in sent["content"]


def test_telegram_gets_html_that_is_ours() -> None:
    wire = Wire()
    send(a_channel(FIXED["tgram"], wire), a_message("<script>alert(1)</script> {{7*7}} *x*", "Die <b>Werft</b> & mehr"))
    sent = json.loads(wire.asked[0].body or b"")
    assert sent["parse_mode"] == "HTML"
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{7*7}} *x*" in sent["text"]
    assert "<b>Werft</b>" in sent["text"]
    assert "&lt;b&gt;" in sent["text"]


def test_slack_is_called_by_nothing() -> None:
    wire = Wire()
    send(a_channel(FIXED["slack"], wire), a_message("<!channel> <@U1> & *x*"))
    sent = json.loads(wire.asked[0].body or b"")["attachments"][0]
    assert "&lt;!channel&gt; &lt;@U1&gt; &amp; *x*" in sent["text"]
    assert not sent["title"]


@pytest.mark.parametrize("kind", FIXED)
def test_what_is_too_long_arrives_cut_with_link_and_id(kind: str) -> None:
    wire = Wire()
    channel = a_channel(FIXED[kind], wire)
    assert send(channel, a_message("👨‍👩‍👧‍👦" * 3000, "Werft " * 20_000)).result is SendResult.SENT
    (asked,) = wire.asked
    sent = (asked.body or b"").decode() if isinstance(asked.body, bytes) else asked.body or ""
    told = " ".join(value for _, value in parse_qsl(f"{sent}&{urlsplit(asked.url or '').query}")) + sent
    assert URL in told.replace("\\/", "/")
    assert "msg" in told


# -- a server of one's own ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", OWN)
def test_a_server_of_ones_own_in_an_allowed_network(kind: str, receiver: Receiver, fetcher: Fetcher) -> None:
    outcome = send(an_own(kind, receiver.host, fetcher))
    assert outcome.result is SendResult.SENT, outcome
    assert sum(URL.encode() in request.body for request in receiver.requests) == 1
    assert all(request.headers["user-agent"] == "feedwacht-test/1" for request in receiver.requests)


@pytest.mark.parametrize("kind", OWN)
def test_outside_of_the_allowed_networks_nothing_is_reached(kind: str, receiver: Receiver) -> None:
    with Fetcher(user_agent="feedwacht-test/1", allow_ports=(80, 443, int(receiver.host.rpartition(":")[2]))) as strict:
        outcome = send(an_own(kind, receiver.host, strict))
    assert outcome.result is SendResult.NEVER
    assert "allow_networks" in outcome.detail
    assert not receiver.requests


def test_closed_and_open_ports_are_told_alike(receiver: Receiver) -> None:
    with Fetcher(user_agent="feedwacht-test/1", allow_ports=()) as strict:
        told = {
            send(an_own("gotify", host, strict)).detail.partition(": ")[2] for host in (receiver.host, "127.0.0.1:1")
        }
    assert len(told) == 1


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "017700000001", "127.1", "[::1]", "[::ffff:127.0.0.1]",
     "169.254.169.254", "10.0.0.1", "0.0.0.0", "localhost.", "[fe80::1]", "100.64.0.1", "168.63.129.16"],
)  # fmt: skip
def test_no_spelling_of_an_inner_address_gets_by(host: str) -> None:
    with Fetcher(user_agent="feedwacht-test/1", allow_ports=(80, 443)) as strict:
        try:
            channel = an_own("gotify", host, strict)
        except (ValueError, SettingsError):
            return
        assert send(channel).result is SendResult.NEVER


def test_a_name_that_turns_to_an_inner_address_is_refused() -> None:
    answers = iter([[(2, 1, 6, "", ("127.0.0.1", 80))], [(2, 1, 6, "", ("10.0.0.1", 80))]])
    with Fetcher(user_agent="t/1", allow_ports=(80,), resolve=lambda host, port: next(answers)) as strict:
        channel = AppriseChannel("c", read_address("gotify://push.example/t0kent0kent0ken"), strict)
        assert [send(channel).result for _ in range(2)] == [SendResult.NEVER] * 2


def test_a_public_server_has_to_be_named() -> None:
    public = [(2, 1, 6, "", ("93.184.216.34", 443))]
    with Fetcher(user_agent="t/1", allow_ports=(), resolve=lambda host, port: public) as strict:
        outcome = send(AppriseChannel("c", read_address("gotifys://push.example/t0kent0kent0ken"), strict))
    assert outcome.result is SendResult.NEVER
    assert "allow_hosts" in outcome.detail


@pytest.mark.parametrize("kind", OWN)
def test_redirects_are_not_followed(kind: str, receiver: Receiver, fetcher: Fetcher) -> None:
    with Receiver() as other:
        receiver.script(Reply(status=307, headers={"Location": other.url}))
        outcome = send(an_own(kind, receiver.host, fetcher))
        assert outcome.result is SendResult.RETRY
        assert outcome.status == 307
        assert not other.requests


def test_an_answer_that_is_lost_is_an_unknown_outcome(receiver: Receiver, fetcher: Fetcher) -> None:
    for trick in ("reset", "hang"):
        receiver.script(Reply(trick=trick))  # type: ignore[arg-type]
        channel = an_own("gotify", receiver.host, fetcher)
        channel.timeout_s = 0.5
        assert send(channel).result is SendResult.UNKNOWN


def test_an_answer_lost_before_the_message_left_is_no_unknown_outcome(receiver: Receiver, fetcher: Fetcher) -> None:
    receiver.script(Reply(trick="reset"))
    assert send(an_own("matrix-login", receiver.host, fetcher)).result is SendResult.RETRY


def test_no_server_holds_a_worker_for_longer_than_its_time(receiver: Receiver, fetcher: Fetcher) -> None:
    receiver.script(Reply(trick="hang"))
    for kind in OWN:
        channel = an_own(kind, receiver.host, fetcher)
        channel.timeout_s = 0.3
        outcome = check_passed_s(3, lambda channel=channel: send(channel))
        assert outcome.result in (SendResult.UNKNOWN, SendResult.RETRY)


def test_plugins_do_not_rest_between_messages(receiver: Receiver, fetcher: Fetcher) -> None:
    for kind in OWN:
        channel = an_own(kind, receiver.host, fetcher)
        sent = check_passed_s(1, lambda channel=channel: [send(channel).result for _ in range(3)])
        assert sent == [SendResult.SENT] * 3


def test_messages_side_by_side_do_not_mix(receiver: Receiver, fetcher: Fetcher) -> None:
    channel = an_own("rocket", receiver.host, fetcher)
    found: list[SendOutcome] = []
    threads = [threading.Thread(target=lambda: found.append(send(channel))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [outcome.result for outcome in found] == [SendResult.SENT] * 8


def test_tokens_are_kept_out_of_what_people_see(
    receiver: Receiver, fetcher: Fetcher, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    for kind in (name for name, url in OWN.items() if "{token}" in url):
        channel = an_own(kind, receiver.host, fetcher)
        *_, token = (piece for piece in re.split(r"[/@:]", channel.address.url) if T26 in piece)
        receiver.script(Reply(status=403, body=f"{token} is wrong, see {channel.address.url}".encode()))
        outcome = send(channel)
        assert T26 not in f"{outcome}{channel!r}{caplog.text}"


# -- what plugins are not let do ----------------------------------------------------------------------------------------


def a_conversation(wire: Wire, *origins: tuple[str, str, int]) -> Conversation:
    fetcher = Fetcher(user_agent="t/1", transport=wire)
    return Conversation(fetcher=fetcher, origins=origins, text="x", added={}, until_s=time.monotonic() + 10)


@pytest.mark.parametrize(
    "url", ["http://a.example/", "https://b.example/", "https://a.example:8443/", "https://a.example@b.example/"]
)
def test_no_other_host_is_asked(url: str) -> None:
    wire = Wire()
    with conversing(a_conversation(wire, ("https", "a.example", 443))), pytest.raises(requests.ConnectionError):
        GuardedRequests().post(url, data="x")
    assert not wire.asked


def test_nothing_is_asked_beside_a_message() -> None:
    with pytest.raises(requests.ConnectionError):
        GuardedRequests().get("https://a.example/")


def test_no_files_leave() -> None:
    wire = Wire()
    with conversing(a_conversation(wire, ("https", "a.example", 443))), pytest.raises(requests.ConnectionError):
        GuardedRequests().post("https://a.example/", files={"f": ("n", io.BytesIO(b"x"))})
    assert not wire.asked


def test_questions_are_counted() -> None:
    wire = Wire()
    with conversing(a_conversation(wire, ("https", "a.example", 443))):
        for _ in range(QUESTIONS_MOST):
            GuardedRequests().get("https://a.example/")
        with pytest.raises(requests.ConnectionError):
            GuardedRequests().get("https://a.example/")


def test_a_plugin_that_breaks_has_not_sent() -> None:
    wire = Wire()
    channel = a_channel(FIXED["tgram"], wire)

    class Broken:
        def send(self, title: str, body: str) -> object:
            raise KeyError("t0ken")

    channel._plugin = Broken()  # type: ignore[assignment]
    outcome = send(channel)
    assert outcome.result is SendResult.RETRY
    assert "t0ken" not in outcome.detail


@pytest.mark.parametrize("said", [None, False, 1, "yes", object()])
def test_only_true_is_success(said: object) -> None:
    wire = Wire()
    channel = a_channel(FIXED["tgram"], wire)
    real = channel._plugin

    class Saying:
        def send(self, title: str, body: str) -> object:
            real.send(title, body)
            return said

    channel._plugin = Saying()  # type: ignore[assignment]
    assert send(channel).result is SendResult.RETRY


def test_a_plugin_that_breaks_over_a_yes_leaves_it_unknown() -> None:
    channel = a_channel(FIXED["tgram"], Wire())
    real = channel._plugin

    class Breaking:
        def send(self, title: str, body: str) -> object:
            real.send(title, body)
            raise ValueError("t0ken")

    channel._plugin = Breaking()  # type: ignore[assignment]
    assert send(channel).result is SendResult.UNKNOWN


def test_a_plugin_that_only_says_so_has_not_sent() -> None:
    channel = a_channel(FIXED["tgram"], Wire())

    class Boasting:
        def send(self, title: str, body: str) -> object:
            return True

    channel._plugin = Boasting()  # type: ignore[assignment]
    assert send(channel).result is SendResult.RETRY


@pytest.mark.parametrize(
    "url",
    [
        f"tgram://123456789:AA{T26}AA/not!a!chat",
        "tgram://not-a-token/1",
        "slack://T1JJ3T3L2/A1BRTD4JD",
        f"slack://xoxb-1234-1234-{T26}/#one/#two",
        "signals://push.example/+49151/not-a-number",
        "discord://1/%20",
    ],
)
def test_what_the_plugin_does_not_take_is_said_at_start_without_the_address(url: str) -> None:
    with pytest.raises((SettingsError, ValueError), match=r"addressed as|one target") as error:
        a_channel(url, Wire())
    assert T26 not in str(error.value)


# -- loading ------------------------------------------------------------------------------------------------------------


def test_a_process_without_such_a_channel_does_not_load_apprise() -> None:
    code = "import sys, worker.bootstrap, worker.tasks, worker.cli; print('apprise' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_only_the_plugin_that_is_wanted_is_loaded_and_no_environment_is_heard(tmp_path: Path) -> None:
    (tmp_path / "evil.py").write_text("print('loaded')")
    code = (
        "import sys; from tests.contract.test_apprise import *; a_channel(FIXED['discord'], Wire());"
        "print([name for name in sys.modules if name.startswith('apprise.plugins.') and 'base' not in name])"
    )
    environment = {
        "APPRISE_PLUGIN_PATH": str(tmp_path),
        "APPRISE_CONFIG_PATH": str(tmp_path),
        "APPRISE_URLS": "json://127.0.0.1",
        "APPRISE_ALLOW_SERVICES": "json",
        "APPRISE_DENY_SERVICES": "discord",
    }
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert found.stdout == "['apprise.plugins.discord']\n"
