"""Channels of `type = "apprise"` at the command line: shown without tokens, refused in words, sent by a whole worker."""

import io
import json

from tests.contract.test_apprise import a_delivery
from tests.receiver import Receiver
from tests.shell.desk import Desk
from worker import bootstrap
from worker.model import Message, SendResult
from worker.settings import load

TOKEN = "t0kent0kent0ken"
CHANNEL = '[[channel]]\nname = "phone"\ntype = "apprise"\nurl_file = "{file}"\n{more}\n'


def with_a_phone(desk: Desk, url: str, more: str = "") -> Desk:
    file = desk.folder / "phone.url"
    file.write_text(url)
    desk.configure(more=CHANNEL.format(file=file, more=more))
    return desk


def test_the_list_shows_the_scheme_and_nothing_else(quiet_desk: Desk) -> None:
    desk = with_a_phone(quiet_desk, f"gotifys://push.example/{TOKEN}", 'allow_hosts = ["push.example"]')
    told = f"{desk.run('channels', 'list').stdout}{json.dumps(desk.json('channels', 'list'))}"
    assert "gotifys://***" in told
    assert TOKEN not in told


def test_check_config_asks_the_plugin_too(quiet_desk: Desk) -> None:
    desk = with_a_phone(quiet_desk, f"tgram://123456789:{TOKEN}/no!chat")
    result = desk.run("check-config", exit_code=2)
    assert "tgram://BOT_TOKEN/CHAT_ID" in result.stderr
    assert TOKEN not in result.output


def test_check_config_names_what_there_is(quiet_desk: Desk) -> None:
    result = with_a_phone(quiet_desk, f"json://127.0.0.1/{TOKEN}").run("check-config", exit_code=2)
    assert "tgram://" in result.stderr
    assert TOKEN not in result.output


def test_the_shipped_wiring_reaches_an_allowed_network_and_no_other(quiet_desk: Desk) -> None:
    told = Message(subject="Betreff", text="Kopf\nText", payload=b"{}")
    with Receiver() as receiver:
        for more, result in (
            ('allow_networks = ["127.0.0.0/8"]', SendResult.SENT),
            ('allow_networks = ["10.0.0.0/8"]', None),
        ):
            desk = with_a_phone(quiet_desk, f"gotify://localhost:{receiver.host.rpartition(':')[2]}/{TOKEN}", more)
            worker = bootstrap.build(load(desk.config, {}), console=io.StringIO())
            try:
                outcome = worker.counter.channels["phone"].send(a_delivery(), told, worker.clock.now())
            finally:
                worker.close()
            assert outcome.result is (result or SendResult.NEVER)
        assert len(receiver.requests) == 1


def test_doctor_loads_the_plugin_and_asks_nobody(quiet_desk: Desk) -> None:
    desk = with_a_phone(quiet_desk, f"gotifys://push.example/{TOKEN}", 'allow_hosts = ["push.example"]')
    assert "the plugin for Gotify loads" in desk.run("doctor", "--offline").stdout
    desk = with_a_phone(quiet_desk, f"tgram://123456789:{TOKEN}/no!chat")
    shown = desk.run("doctor", "--offline", exit_code=1).stdout
    assert "FAILED   channel phone: " in shown
    assert "tgram://BOT_TOKEN/CHAT_ID" in shown
    assert TOKEN not in shown
