"""An e-mail channel's settings: what is refused at start, in words, and what nobody gets to see."""

import subprocess
import sys
from pathlib import Path

import pytest

from worker import bootstrap
from worker.channels.email import EmailChannel
from worker.errors import SettingsError
from worker.settings import EmailSettings, load

CHANNEL = '[[channel]]\nname = "mail"\ntype = "email"\nhost = "mail.example.org"\n'
PEOPLE = 'from = "Wächter <alarm@example.org>"\nto = ["Müller, Eva <eva@example.org>", "jo@example.org"]\n'
PASSWORD = {"FEEDWACHT_CHANNEL__MAIL__PASSWORD": "s3cr3t!"}


def loaded(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> EmailSettings:
    path = tmp_path / "feedwacht.toml"
    path.write_text(text, encoding="utf-8")
    (channel,) = load(path, environ or {}).channels
    assert isinstance(channel, EmailSettings)
    return channel


def wired(settings: EmailSettings) -> EmailChannel:
    channel = bootstrap.email_channel(settings, "")
    assert isinstance(channel, EmailChannel)
    return channel


def fault(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        loaded(tmp_path, text, environ)
    (line,) = str(caught.value).split("\n")
    return line


def test_little_is_needed(tmp_path: Path) -> None:
    channel = loaded(tmp_path, CHANNEL + PEOPLE)
    assert (channel.port, channel.tls, channel.username, channel.unsubscribe) == (587, "starttls", "", "")


def test_what_the_channel_gets(tmp_path: Path) -> None:
    text = CHANNEL + PEOPLE.replace("jo@", "eva@") + 'username = "wacht"\nunsubscribe = "weg@bücher.example"\n'
    channel = wired(loaded(tmp_path, text, PASSWORD))
    assert (channel.server.username, channel.server.password) == ("wacht", "s3cr3t!")
    assert [(one.name, one.address) for one in channel.addresses.to] == [("", "eva@example.org")]  # twice the same
    assert channel.addresses.unsubscribe is not None
    assert channel.addresses.unsubscribe.address == "weg@xn--bcher-kva.example"
    assert channel.server.context.check_hostname


@pytest.mark.parametrize(
    ("more", "needed"),
    [
        ('from = "alarm"\nto = ["a@z.example"]', "[[channel]] from"),
        ('from = "alarm@z.example"\nto = []', "at least one is needed"),
        ('from = "alarm@z.example"\nto = ["a@z.example, b@z.example"]', "one address is needed"),
        ('from = "alarm@z.example"\nto = ["a@z.example", "x\\r\\nBcc: b@z.example"]', "[[channel]] to"),
        ('from = "a@z.example, b@z.example"\nto = ["a@z.example"]', "[[channel]] from"),
        ('from = "jörg@z.example"\nto = ["a@z.example"]', "before the @"),
        (PEOPLE + 'unsubscribe = "nobody"', "[[channel]] unsubscribe"),
        (PEOPLE + 'tls = "ssl"', "[[channel]] tls"),
        (PEOPLE + "port = 0", "[[channel]] port"),
        (PEOPLE + 'username = "wacht"', "username and password go together"),
        (PEOPLE + 'username = "wacht"\npassword = "s3cr3t!"', "the password does not belong in this file"),
        (f'from = "a@z.example"\nto = {["a@z.example"] * 101}', "at most 100 is possible"),
        ('from = "alarm@z.example"', "to is missing"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, more: str, needed: str) -> None:
    found = fault(tmp_path, CHANNEL + more)
    assert needed in found
    assert "s3cr3t!" not in found


@pytest.mark.parametrize("host", ["mail.example.org:587", "smtp://mail.example.org", "a b", "x@mail.example.org", ""])
def test_a_host_is_a_name_alone(tmp_path: Path, host: str) -> None:
    assert "[[channel]] host" in fault(tmp_path, CHANNEL.replace("mail.example.org", host) + PEOPLE)


@pytest.mark.parametrize("host", ["mail.example.org", "localhost", "10.0.0.25", "2001:db8::25", "::1", "postfach_1"])
def test_hosts(tmp_path: Path, host: str) -> None:
    assert loaded(tmp_path, CHANNEL.replace("mail.example.org", host) + PEOPLE).host == host


def test_a_password_without_a_name(tmp_path: Path) -> None:
    assert "username and password go together" in fault(tmp_path, CHANNEL + PEOPLE, PASSWORD)


def test_no_password_in_the_clear(tmp_path: Path) -> None:
    clear = CHANNEL + PEOPLE + 'tls = "none"\n'
    assert loaded(tmp_path, clear).tls == "none"
    found = fault(tmp_path, clear + 'username = "wacht"\n', PASSWORD)
    assert 'tls = "none": no password goes over a connection that is not encrypted' in found


def test_the_password_is_never_shown(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cr3t!\n", encoding="utf-8")
    channel = loaded(tmp_path, CHANNEL + PEOPLE + f'username = "wacht"\npassword_file = "{secret}"\n')
    assert channel.password.get_secret_value() == "s3cr3t!"
    for shown in (repr(channel), str(channel), channel.model_dump_json(), repr(wired(channel))):
        assert "s3cr3t!" not in shown


def test_a_process_without_e_mail_does_not_load_it() -> None:
    code = "import sys, worker.bootstrap; print([name for name in ('smtplib', 'worker.letter') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
