"""Where the worker may connect to, and who gets to see credentials: by settings and environment, through the whole flow."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.badserver import BadServer, reply
from tests.conftest import IN_CI
from tests.hostile.inn import SECRET_BODY, Inn, good, make_fetcher, open_inn
from tests.receiver import Receiver
from tests.shell.desk import Desk
from worker.bootstrap import build
from worker.errors import SettingsError
from worker.fetch import Answer
from worker.model import Fetched, FetchFailed
from worker.sandbox import Sandbox
from worker.settings import load

ROOT = Path(__file__).parent.parent.parent
TLS = ROOT / "tests/cases/tls"


# -- in a namespace of its own ----------------------------------------------------------------------------------------


def namespace() -> list[str]:
    """The command that runs another one without any network but `lo`; skips where the system does not allow it."""
    for command in (["unshare", "--net"], ["unshare", "--net", "--map-root-user"]):
        if shutil.which("unshare") and shutil.which("ip"):
            tried = subprocess.run([*command, "ip", "link", "set", "lo", "up"], capture_output=True, check=False)
            if tried.returncode == 0:
                return command
    reason = "NOT TESTED: forbidden addresses on a network of their own (needs `unshare --net` and `ip`)"
    if IN_CI and os.geteuid() == 0:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def told() -> dict[str, object]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [*namespace(), sys.executable, "-m", "tests.hostile.namespace"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    result: dict[str, object] = json.loads(done.stdout)
    return result


def test_45_no_spelling_and_no_redirect_leads_inside(told: dict[str, object]) -> None:
    tried = told["tried"]
    assert len(tried) > 150
    assert [one for one in tried if one["got"]] == []
    assert told["reachable"] >= 4, "the network is as it should be: without the guard they are reached"
    assert told["connections"] == 0


def test_46_feeds_redirects_and_webhooks_are_refused_in_the_same_words(told: dict[str, object]) -> None:
    odd = [one for one in told["tried"] if "not on the public internet" not in one["reason"]]
    named = {one["url"].split("/")[2].rpartition(":")[0] for one in odd}
    assert named <= {"①②⑦.⓪.⓪.①", "１２７.0.0.1", "[::1%251]"}, "those are no addresses"
    assert all("pw" not in one["reason"] for one in told["tried"])
    assert {one["kind"] for one in told["tried"] if one not in odd} == {"refused"}


def test_46_open_and_closed_ports_cannot_be_told_apart(inn: Inn) -> None:
    with BadServer("127.0.0.3") as inside, socket.create_server(("127.0.0.3", 0)) as listener:
        closed = listener.getsockname()[1]
        listener.close()
        inn.fetch_with(allow_networks=(ip_network("127.0.0.1/32"),))
        told, took_s = set(), []
        for port in (inside.port, closed, 22, 80):
            results = [inn.assert_suffers(reply(302, Location=f"http://127.0.0.3:{port}/")) for _ in range(3)]
            took_s.append(min(result.took_s for result in results))
            told |= {result.reason.replace(f":{port}", "") for result in results}
        assert len(told) == 1
        assert max(took_s) < 0.1
        assert inside.connections == 0
        inn.assert_recovers()


def test_47_a_name_whose_second_answer_is_inside(inn: Inn) -> None:
    """Rebinding: one look-up decides, and a later one that says something else is refused."""
    answers = [["127.0.0.1"], ["127.0.0.3"], ["127.0.0.1", "10.0.0.1"]]

    def resolve(host: str, port: int) -> object:
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    with BadServer("127.0.0.3") as inside:
        inn.fetch_with(allow_networks=(ip_network("127.0.0.1/32"),), resolve=resolve)
        inn.server.on("/there", good(inn.feed))
        inn.publish()
        place = f"http://x.example:{inn.server.port}/there"
        inn.assert_takes(reply(302, Location=place))
        assert len(inn.house.titles()) == 3
        inn.house.equipment.fetcher.close()
        for _ in range(2):
            assert "not on the public internet" in inn.assert_suffers(reply(302, Location=place)).reason
        assert inside.connections == 0


@pytest.mark.parametrize("port", [22, 25, 6379, 5432, 11211])
def test_49_ports_of_other_services_are_refused(port: int) -> None:
    with make_fetcher(allow_networks=(), resolve=lambda host, port: [(2, 1, 6, "", ("1.1.1.1", port))]) as fetcher:
        result = fetcher.fetch(f"http://x.example:{port}/")
    assert isinstance(result, FetchFailed)
    assert f"port {port} " in result.reason


# -- by settings ------------------------------------------------------------------------------------------------------

CONFIG = """
[archive]
database = "sqlite:///{folder}/a.db"
files = ""
[http]
allow_networks = ["127.0.0.1/32"]
[[source]]
name = "x"
[[channel]]
name = "one"
type = "webhook"
url = "http://127.0.0.2/hook"
secret = "whsec_{key}"
allow_networks = ["127.0.0.2/32"]
[[channel]]
name = "two"
type = "webhook"
url = "http://127.0.0.3/hook"
secret = "whsec_{key}"
allow_networks = ["127.0.0.3/32"]
"""
KEY = "c2VjcmV0LXRoYXQtaXMtbG9uZy1lbm91Z2g="


def test_50_networks_of_feeds_and_of_each_webhook_are_apart(tmp_path: Path) -> None:
    config = tmp_path / "feedwacht.toml"
    config.write_text(
        CONFIG.format(folder=tmp_path, key="").replace('secret = "whsec_"', f'secret_file = "{tmp_path}/key"')
    )
    (tmp_path / "key").write_text(f"whsec_{KEY}")
    (tmp_path / "key").chmod(0o600)
    worker = build(load(config, {}))
    feeds, one, two = worker.fetchers
    own = {"127.0.0.1": feeds, "127.0.0.2": one, "127.0.0.3": two}
    try:
        for place, entitled in own.items():
            with BadServer(place) as server:
                server.on("/", reply(200, b"x"))
                for fetcher in own.values():
                    fetched, posted = fetcher.fetch(server.url()), fetcher.post(server.url(), b"{}", {})
                    allowed = fetcher is entitled
                    assert isinstance(fetched, Fetched) == isinstance(posted, Answer) == allowed
                assert server.connections <= 2
    finally:
        worker.close()


def test_50_a_redirect_does_not_lead_a_feed_to_a_webhooks_network(
    server: BadServer, archive_url: str, box: Sandbox
) -> None:
    with BadServer("127.0.0.2") as receiver, open_inn(server, archive_url, box) as inn:
        inn.fetch_with(allow_networks=(ip_network("127.0.0.1/32"),))
        inn.assert_suffers(reply(307, Location=receiver.url("/hook")))
        assert receiver.connections == 0


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_51_a_proxy_of_the_environment_is_not_used(inn: Inn, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with BadServer() as proxy:
        monkeypatch.setenv(variable, proxy.url())
        inn.assert_recovers()
        assert proxy.connections == 0


def test_51_a_netrc_is_not_used(inn: Inn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login anna password geheim\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    inn.assert_recovers()
    assert "authorization" not in inn.server.asked[-1].headers


BUNDLE = str(TLS / "authority.pem")


@pytest.mark.parametrize(
    ("setting", "environment", "trusted"),
    [
        (BUNDLE, {}, True),
        ("", {"REQUESTS_CA_BUNDLE": BUNDLE}, True),
        ("", {"FEEDWACHT_HTTP__CA_BUNDLE": BUNDLE, "REQUESTS_CA_BUNDLE": "/nowhere.pem"}, True),
        (BUNDLE, {"REQUESTS_CA_BUNDLE": "/nowhere.pem"}, True),
        ("", {}, False),
        ("", {"REQUESTS_CA_BUNDLE": ""}, False),
    ],
)
def test_41_authorities_by_setting_or_by_the_usual_variable(
    tmp_path: Path, setting: str, environment: dict[str, str], trusted: bool
) -> None:
    config = tmp_path / "feedwacht.toml"
    config.write_text(
        f'[archive]\ndatabase = "sqlite:///{tmp_path}/a.db"\n[http]\nallow_networks = ["127.0.0.1/32"]\nca_bundle = "{setting}"\n'
    )
    worker = build(load(config, environment))
    try:
        with BadServer(tls=TLS / "good.pem") as server:
            server.on("/", reply(200, b"x"))
            result = worker.equipment.fetcher.fetch(server.url())
    finally:
        worker.close()
    assert isinstance(result, Fetched) == trusted


def test_41_a_bundle_that_is_not_there_is_named_with_its_variable(tmp_path: Path) -> None:
    config = tmp_path / "feedwacht.toml"
    config.write_text("")
    with pytest.raises(SettingsError, match=r"REQUESTS_CA_BUNDLE.*no such file"):
        load(config, {"REQUESTS_CA_BUNDLE": "/nowhere.pem"})


# -- credentials ------------------------------------------------------------------------------------------------------


def test_53_a_blocked_or_strange_answers_body_is_shown_nowhere(inn: Inn) -> None:
    for answer in (reply(403, SECRET_BODY), reply(200, b"<html>" + SECRET_BODY), reply(500, SECRET_BODY)):
        inn.assert_suffers(answer)
        assert SECRET_BODY.decode() not in inn.state().last_reason


@pytest.mark.slow
def test_54_credentials_reach_their_origin_and_nobody_else(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Every command that shows a feed, the log, the archive's exports and the record files, in good times and bad."""
    with BadServer() as server, BadServer() as other:
        from tests.fakes import FakeFeed

        feed = FakeFeed(url=server.url("/feed"))
        feed.publish("Hafen")
        url = server.url("/feed?token=t0ken-geheim", "anna:pass-geheim@127.0.0.1")
        server.on("/feed?token=t0ken-geheim", good(feed))
        desk = Desk(folder=tmp_path, feeds=[url])
        shown = []

        def tell(*arguments: str) -> None:
            shown.append(desk.run(*arguments, exit_code=None).output)

        for answer in (
            good(feed),
            reply(500),
            reply(200, b"no feed"),
            reply(302, Location=other.url("/there")),
            reply(301, Location="/feed"),
        ):
            server.on("/feed?token=t0ken-geheim", answer)
            other.on("/there", reply(404))
            tell("poll")
            tell("poll", "--json")
            tell("status")
            tell("status", "--json")
            tell("feeds", "list")
            tell("feeds", "list", "--json")
        tell("archive", "search", "Hafen", "--json")
        tell("archive", "export", "--to", str(tmp_path / "out.jsonl"), "--format", "jsonl")
        tell("archive", "export", "--to", "-", "--format", "csv")
        tell("alerts", "list", "--json")
        tell("check-config")
        written = "".join(
            path.read_text("utf-8", "replace") for path in tmp_path.rglob("*") if path.suffix in (".txt", ".jsonl")
        )
        captured = capfd.readouterr()
        everything = "".join(shown) + written + captured.out + captured.err
        assert "Hafen" in written
        assert "pass-geheim" not in everything
        assert "t0ken-geheim" not in everything
        assert "authorization" in server.asked[0].headers
        assert other.asked
        assert not any("authorization" in asked.headers or "geheim" in str(asked) for asked in other.asked)


WITHOUT_HOME = b"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Hafenblatt</title>
<item><title>Hafen</title><link>%b</link><guid isPermaLink="false">eine-lange-guid-%b</guid>
<description>Am Hafen.</description></item></channel></rss>"""


@pytest.mark.slow
def test_54_a_token_of_the_feeds_address_is_in_no_article_alert_export_or_evidence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A link that is a mere fragment stands for the feed's own address."""
    channel = f'[[channel]]\nname = "hook"\ntype = "webhook"\nurl = "%s"\nsecret_file = "{tmp_path}/key"\n'
    channel += (
        'allow_networks = ["127.0.0.0/8"]\n[[subscription]]\nname = "Ufer"\nquery = "Hafen"\nchannels = ["hook"]\n'
    )
    (tmp_path / "key").write_text(f"whsec_{KEY}")
    (tmp_path / "key").chmod(0o600)
    with BadServer() as server, Receiver() as receiver:
        desk = Desk(folder=tmp_path, feeds=[server.url("/feed?token=t0ken-geheim", "anna:pass-geheim@127.0.0.1")])
        desk.configure(more=channel % receiver.url)
        shown = []
        for link in (b"https://x.example/1/", b"#kurz-2"):
            server.on("/feed?token=t0ken-geheim", reply(200, WITHOUT_HOME % (link, link)))
            shown += [desk.run(*command, exit_code=None).output for command in SHOWING]
        assert len(receiver.requests) == 1
        shown += [request.body.decode() for request in receiver.requests]
    shown += [path.read_text("utf-8") for path in tmp_path.rglob("*.txt")]
    with closing(sqlite3.connect(tmp_path / "var/feedwacht.db")) as database:
        shown += [
            repr(row)
            for table in ("records", "evidence", "revisions")
            for row in database.execute(f"select * from {table}")
        ]
    captured = capfd.readouterr()
    everything = "".join([*shown, captured.out, captured.err])
    assert json.loads(receiver.requests[0].body)["data"]["record"]["url"].endswith("/feed?token=***")
    assert "geheim" not in everything


SHOWING = [
    *(("poll",), ("poll", "--json"), ("status",), ("feeds", "list"), ("alerts", "list", "--json")),
    *(("archive", "search", "Hafen"), ("archive", "search", "Hafen", "--json"), ("archive", "stats")),
    *(("archive", "export", "--to", "-", "--format", "jsonl"), ("archive", "export", "--to", "-", "--format", "csv")),
]
