"""`feedwacht channels test | new-secret | drop-old-secret | write-feeds`."""

import json
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import feedparser
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.receiver import Receiver, Reply, Request
from tests.shell.desk import Desk
from tests.wordpress import WordPressSite

HOOK = """
[operator]
allow_commands = true
[[channel]]
name = "editors"
type = "webhook"
url = "{url}"
secret_file = "{folder}/var/editors.secret"
allow_networks = ["127.0.0.0/8"]
[[channel]]
name = "siren"
type = "command"
command = ["{python}", "-c", "{lines}"]
[[channel]]
name = "reader"
type = "feed"
folder = "{folder}/var/feeds"
"""
LINES = "import sys, json; print(json.load(sys.stdin)['test'])"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as one:
        yield one


@pytest.fixture
def hooks(quiet_desk: Desk, receiver: Receiver) -> Desk:
    """A desk with a webhook whose secret does not exist yet."""
    set_up(quiet_desk, receiver)
    return quiet_desk


def set_up(desk: Desk, receiver: Receiver, lines: str = LINES) -> None:
    desk.configure(more=HOOK.format(url=receiver.url, folder=desk.folder, python=sys.executable, lines=lines))


def secret_path(desk: Desk) -> Path:
    return desk.folder / "var/editors.secret"


def accepts(secret: str, request: Request) -> bool:
    try:
        Webhook(secret).verify(request.body, request.headers)
    except WebhookVerificationError:
        return False
    return True


# -- secrets ------------------------------------------------------------------------------------------------------------


def test_the_first_secret_is_made_shown_once_and_used(hooks: Desk, receiver: Receiver) -> None:
    made = hooks.run("channels", "new-secret", "editors")
    secret = made.stdout.strip()
    assert made.stdout == f"{secret}\n"
    assert "will not be shown a second time" in made.stderr
    assert secret not in made.stderr
    assert secret_path(hooks).read_text() == f"{secret}\n"
    assert stat.S_IMODE(secret_path(hooks).stat().st_mode) == 0o600
    hooks.run("channels", "test", "editors")
    assert accepts(secret, receiver.requests[0])


def test_the_first_secret_is_made_before_the_addresses_of_the_stores(
    hooks: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In containers they come with the first start, which a channel without its secret would not let happen."""
    for key in ("FEEDWACHT_ARCHIVE__DATABASE_FILE", "FEEDWACHT_BROKER__URL_FILE"):
        monkeypatch.setenv(key, str(hooks.folder / "not-there"))
    secret = hooks.run("channels", "new-secret", "editors").stdout
    assert secret_path(hooks).read_text() == secret


def test_no_other_command_shows_it(hooks: Desk) -> None:
    secret = hooks.run("channels", "new-secret", "editors").stdout.strip()
    for command in (
        ("check-config",), ("check-config", "--json"), ("channels", "list"), ("channels", "list", "--json"), ("status",),
        ("channels", "test", "editors"), ("channels", "test", "editors", "--json"), ("channels", "drop-old-secret", "editors"),
    ):  # fmt: skip
        assert secret.removeprefix("whsec_") not in hooks.run(*command, exit_code=None).output


def test_while_a_secret_is_changed_both_receivers_accept(hooks: Desk, receiver: Receiver) -> None:
    old = hooks.run("channels", "new-secret", "editors").stdout.strip()
    made = hooks.run("channels", "new-secret", "editors", "--keep-old")
    new = made.stdout.strip()
    assert "signed with 2 secrets" in made.stderr
    assert secret_path(hooks).read_text() == f"{new}\n{old}\n"
    hooks.run("channels", "test", "editors")
    assert accepts(old, receiver.requests[-1])
    assert accepts(new, receiver.requests[-1])
    assert "1 old secret taken out" in hooks.run("channels", "drop-old-secret", "editors").stderr
    hooks.run("channels", "test", "editors")
    assert not accepts(old, receiver.requests[-1])
    assert accepts(new, receiver.requests[-1])
    assert "no old secret" in hooks.run("channels", "drop-old-secret", "editors").stderr


def test_without_keep_old_the_old_one_is_gone(hooks: Desk) -> None:
    old = hooks.run("channels", "new-secret", "editors").stdout.strip()
    new = hooks.run("channels", "new-secret", "editors", "--yes").stdout.strip()
    assert new != old
    assert secret_path(hooks).read_text() == f"{new}\n"


def test_more_than_four_secrets_never_sign(hooks: Desk) -> None:
    made = [hooks.run("channels", "new-secret", "editors", "--keep-old").stdout.strip() for _ in range(6)]
    assert secret_path(hooks).read_text().split() == made[:1:-1]
    hooks.run("channels", "test", "editors")


def test_who_could_read_the_file_still_can(hooks: Desk) -> None:
    hooks.run("channels", "new-secret", "editors")
    real = hooks.folder / "real"
    secret_path(hooks).rename(real)
    secret_path(hooks).symlink_to(real)
    real.chmod(0o644)
    hooks.run("channels", "new-secret", "editors", "--keep-old")
    assert secret_path(hooks).is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert list(real.parent.glob(".*")) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [("nobody", 'there is no channel "nobody"'), ("screen", '"screen" is no webhook'), ("siren", "is no webhook")],
)
def test_a_channel_that_has_no_secret(hooks: Desk, name: str, words: str) -> None:
    assert words in hooks.run("channels", "new-secret", name, exit_code=2).stderr


def test_a_secret_from_the_environment_is_renewed_there(hooks: Desk) -> None:
    hooks.configure(more='[[channel]]\nname = "editors"\ntype = "webhook"\nurl = "https://h.example/"\n', language="de")
    said = hooks.run("channels", "new-secret", "editors", exit_code=2).stderr
    assert "FEEDWACHT_CHANNEL__EDITORS__SECRET von Hand erneuern" in said


def test_a_file_that_holds_no_secret_is_not_kept_and_not_shown(hooks: Desk) -> None:
    secret_path(hooks).parent.mkdir(exist_ok=True)
    secret_path(hooks).write_text("geheim!")
    said = hooks.run("channels", "new-secret", "editors", "--keep-old", exit_code=2).output
    assert 'does not begin with "whsec_"' in said
    assert "geheim!" not in said
    assert secret_path(hooks).read_text() == "geheim!"


def test_a_folder_that_cannot_be_written_is_named(hooks: Desk) -> None:
    (hooks.folder / "var").write_text("")
    result = hooks.run("channels", "new-secret", "editors", exit_code=1)
    assert "whsec_" not in result.output
    assert str(hooks.folder) in result.stderr


# -- trying -------------------------------------------------------------------------------------------------------------


def test_a_webhook_is_tried(hooks: Desk, receiver: Receiver) -> None:
    hooks.run("channels", "new-secret", "editors")
    receiver.script(Reply(status=202, body=b"queued\x1b[31m as 17"))
    said = hooks.run("channels", "test", "editors").stdout
    (request,) = receiver.requests
    body = json.loads(request.body)
    assert list(body)[:3] == ["type", "version", "test"]
    assert (body["type"], body["test"]) == ("alert.created", True)
    assert "Test" in body["data"]["record"]["title"]
    assert "--- Quelle: feedwacht test" in request.body.decode()
    assert "editors: accepted (202 Accepted)" in said
    assert request.headers["webhook-id"] in said
    assert "Answer: queued[31m as 17" in said


def test_each_try_has_an_id_of_its_own(hooks: Desk, receiver: Receiver) -> None:
    hooks.run("channels", "new-secret", "editors")
    for _ in range(2):
        hooks.run("channels", "test", "editors")
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 2


@pytest.mark.parametrize(
    ("reply", "result", "words"),
    [
        (
            Reply(status=400, body=b"no such field"),
            "retry",
            "not accepted: the receiver said 400 Bad Request: no such field",
        ),
        (Reply(status=410), "never", "refused for good: the receiver said 410 Gone"),
        (Reply(status=302, headers={"location": "/x"}), "retry", "redirects are not followed"),
        (Reply(trick="reset"), "unknown", "whether it arrived is unknown"),
    ],
)
def test_what_fails_is_said_and_ends_with_1(
    hooks: Desk, receiver: Receiver, reply: Reply, result: str, words: str
) -> None:
    hooks.run("channels", "new-secret", "editors")
    receiver.script(reply)
    assert words in hooks.run("channels", "test", "editors", exit_code=1).stdout
    told = hooks.json("channels", "test", "editors", exit_code=1)
    assert isinstance(told, dict)
    assert (told["channel"], told["type"], told["result"]) == ("editors", "webhook", result)
    assert told["status"] == (reply.status if not reply.trick else None)
    assert told["took_s"] < 20


def test_the_console_is_tried(hooks: Desk) -> None:
    hooks.run("channels", "new-secret", "editors")
    printed = hooks.run("channels", "test", "screen").stdout
    assert "Test: thousands at the harbour festival (made up)" in printed
    assert "screen: accepted" in printed
    result = hooks.run("channels", "test", "screen", "--json")
    assert json.loads(result.stdout)["result"] == "sent"
    assert "harbour" in result.stderr


def test_a_program_is_tried(hooks: Desk, receiver: Receiver) -> None:
    hooks.run("channels", "new-secret", "editors")
    assert "Answer: True" in hooks.run("channels", "test", "siren").stdout
    set_up(hooks, receiver, "import sys; sys.exit('kaputt')")
    assert "siren: not accepted: the program ended with exit code 1: kaputt" in hooks.run(
        "channels", "test", "siren", exit_code=1
    ).stdout  # fmt: skip


def test_a_feed_is_tried_in_files_of_its_own(hooks: Desk) -> None:
    hooks.run("channels", "new-secret", "editors")
    hooks.configure(language="de")
    assert "reader: angenommen (geschrieben in" in hooks.run("channels", "test", "reader").stdout
    (path,) = (hooks.folder / "var/feeds").glob("probe-von-feedwacht-*.atom")
    (entry,) = feedparser.parse(path.read_bytes().decode()).entries
    assert entry.title.startswith("Probe: ")


def test_a_try_leaves_nothing_in_the_outbox(hooks: Desk) -> None:
    hooks.run("channels", "new-secret", "editors")
    for name in ("screen", "editors", "siren", "reader"):
        hooks.run("channels", "test", name)
    assert not (hooks.folder / "var/feedwacht.db").exists()


def test_a_channel_that_does_not_exist(hooks: Desk) -> None:
    hooks.run("channels", "new-secret", "editors")
    said = hooks.run("channels", "test", "nobody", exit_code=2).stderr
    assert "known: screen, editors, siren, reader" in said


def test_a_program_is_told_of_articles(desk: Desk, site: WordPressSite) -> None:
    kept = desk.folder / "kept"
    lines = f"import os; open('{kept}', 'a').write(os.environ['FEEDWACHT_SUBJECT'] + os.linesep)"
    desk.configure(
        more='[operator]\nallow_commands = true\n[[channel]]\nname = "siren"\ntype = "command"\n'
        f'command = ["{sys.executable}", "-c", "{lines}"]\n'
    )
    desk.run("poll")
    desk.run("subscriptions", "add", "Fest", "Fest", "--channel", "siren")
    site.publish("Fest am Ufer")
    desk.run("poll")
    assert kept.read_text().count("Fest am Ufer") == 1


# -- feeds of alerts ----------------------------------------------------------------------------------------------------


def test_feeds_come_back_by_command(desk: Desk, site: WordPressSite) -> None:
    desk.configure(more=f'[[channel]]\nname = "reader"\ntype = "feed"\nfolder = "{desk.folder}/feeds"\n')
    desk.run("poll")
    desk.run("subscriptions", "add", "Fest am Kanal", "Fest", "--channel", "reader")
    site.publish("Fest am Ufer")
    desk.run("poll")
    (path,) = (desk.folder / "feeds").glob("*.json")
    written = path.read_bytes()
    assert "Fest am Ufer" in written.decode()
    path.unlink()
    assert "1 feed written into" in desk.run("channels", "write-feeds").stdout
    assert path.read_bytes() == written


def test_without_a_feed_channel_there_is_nothing_to_write(quiet_desk: Desk) -> None:
    assert "type feed" in quiet_desk.run("channels", "write-feeds", exit_code=2).stderr


def test_a_webhook_that_may_not_be_reached_is_told_before_it_is_tried(
    quiet_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing left, so no id is named; and the key is the channel's, not that of feeds."""
    monkeypatch.setenv("FEEDWACHT_CHANNEL__INNER__SECRET", "whsec_" + "c2VjcmV0" * 5)
    quiet_desk.configure(more='[[channel]]\nname = "inner"\ntype = "webhook"\nurl = "http://127.0.0.1:9/"\n')
    advice = "this address is not on the public internet ([[channel]] allow_networks can allow its network)"
    tried = quiet_desk.run("channels", "test", "inner", exit_code=1).stdout
    assert f"inner: refused for good: 127.0.0.1:9: {advice}" in tried
    assert "sent under the id" not in tried
    checked = quiet_desk.run("check-config", exit_code=1)
    assert checked.stderr == f"[[channel]] inner can never be reached: {advice}\n"
    assert "is ok" not in checked.stdout
    quiet_desk.configure(language="de")
    said = quiet_desk.run("check-config", exit_code=1).stderr
    assert "kann nie erreicht werden: diese Adresse steht nicht im öffentlichen Internet" in said
    assert "([[channel]] allow_networks kann ihr Netz erlauben)" in said
    quiet_desk.configure(more=quiet_desk.more + 'allow_networks = ["127.0.0.0/8"]\n')
    quiet_desk.run("check-config")
