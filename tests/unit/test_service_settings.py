"""Channels of `type = "apprise"` in the configuration: refused in words at the start, their addresses never shown."""

from pathlib import Path

import pytest

from worker.errors import SettingsError
from worker.settings import AppriseSettings, load

TOKEN = "t0kent0kent0ken"
CHANNEL = '[[channel]]\nname = "phone"\ntype = "apprise"\n'


def told(tmp_path: Path, url: str, more: str = "") -> AppriseSettings:
    (tmp_path / "url").write_text(url + "\n")
    path = tmp_path / "feedwacht.toml"
    path.write_text(f'{CHANNEL}url_file = "{tmp_path / "url"}"\n{more}\n')
    (channel,) = load(path, {}).channels
    assert isinstance(channel, AppriseSettings)
    return channel


def fault(tmp_path: Path, url: str, more: str = "") -> str:
    with pytest.raises(SettingsError) as error:
        told(tmp_path, url, more)
    assert TOKEN not in str(error.value)
    assert "\n" not in str(error.value), "one fault is said once"
    return str(error.value)


@pytest.mark.parametrize(
    ("url", "more", "ports"),
    [
        (f"discord://1234/{TOKEN}", "", (443,)),
        (f"gotifys://push.example/{TOKEN}", 'allow_hosts = ["Push.Example"]', (443,)),
        (f"gotify://push.example:8080/{TOKEN}", 'allow_hosts = ["push.example"]', (8080,)),
        (f"gotify://push.lan/{TOKEN}", 'allow_networks = ["10.1.0.0/16"]', ()),
        (f"gotify://10.1.2.3:9000/{TOKEN}", 'allow_networks = ["10.1.0.0/16"]', ()),
        (f"gotify://[::1]/{TOKEN}", 'allow_networks = ["::1"]', ()),
    ],
)
def test_where_a_server_may_stand(tmp_path: Path, url: str, more: str, ports: tuple[int, ...]) -> None:
    assert told(tmp_path, url, more).ports == ports


@pytest.mark.parametrize(
    "more",
    ["", 'allow_hosts = ["other.example"]', 'allow_hosts = ["example"]', 'allow_networks = ["10.2.0.0/16"]'],
)
def test_a_server_that_is_nowhere_allowed_is_refused_at_the_start(tmp_path: Path, more: str) -> None:
    assert "allow_hosts" in fault(tmp_path, f"gotify://10.1.2.3/{TOKEN}", more)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"json://{TOKEN}.example/", "is no service"),
        (f"telgram://{TOKEN}/1", "did you mean tgram://"),
        (f"tgram://1:{TOKEN}/1/2", "one target"),
        (f"discord://1/{TOKEN}?format=markdown", "Discord has: thread"),
        (TOKEN, "is needed"),
        (f"https://hooks.slack.com/services/{TOKEN}", "is no service"),
    ],
)
def test_what_is_wrong_is_said_without_the_address(tmp_path: Path, url: str, said: str) -> None:
    assert said in fault(tmp_path, url)


def test_an_address_in_the_environment_is_not_shown_either(tmp_path: Path) -> None:
    path = tmp_path / "feedwacht.toml"
    path.write_text(CHANNEL)
    environment = {"FEEDWACHT_CHANNEL__PHONE__URL": f"discord://1/{TOKEN}?format=markdown"}
    with pytest.raises(SettingsError) as error:
        load(path, environment)
    assert TOKEN not in str(error.value)
    environment = {"FEEDWACHT_CHANNEL__PHONE__URL": f"discord://1/{TOKEN}"}
    settings = load(path, environment)
    assert TOKEN not in f"{settings!r} {settings.masked()}"


@pytest.mark.parametrize("more", [f'url = "discord://1/{TOKEN}"', 'url_file = "not-there"'])
def test_an_address_that_is_not_read_is_one_fault(tmp_path: Path, more: str) -> None:
    path = tmp_path / "feedwacht.toml"
    path.write_text(CHANNEL + more)
    with pytest.raises(SettingsError) as error:
        load(path, {})
    assert TOKEN not in str(error.value)
    assert len(str(error.value).split("\n")) == 1
