"""Addresses of services: an allow-list, one target, nothing that undoes what the channel decided."""

import contextlib

import pytest

from tests.timing import check_cpu_s
from worker.serviceaddress import ADDRESS_MOST, read_address
from worker.services import SERVICES

TOKEN = "t0kenT0kenT0ken"


@pytest.mark.parametrize(
    ("url", "name", "origins"),
    [
        (f"tgram://123456789:{TOKEN}/-100123", "Telegram", [("https", "api.telegram.org", 443)]),
        (f"TGram://123456789:{TOKEN}/-100123", "Telegram", [("https", "api.telegram.org", 443)]),
        (f"discord://1234/{TOKEN}/", "Discord", [("https", "discord.com", 443)]),
        ("ntfy://topic", "ntfy", [("https", "ntfy.sh", 443)]),
        ("ntfy://ntfy.sh/topic?priority=high", "ntfy", [("https", "ntfy.sh", 443)]),
        ("ntfy://push.example/topic", "ntfy", [("http", "push.example", 80)]),
        (f"gotifys://Push.Example:8443/path/{TOKEN}", "Gotify", [("https", "push.example", 8443)]),
        ("matrix://u:p@[::1]:8008/!room:server", "Matrix", [("http", "[::1]", 8008)]),
    ],
)
def test_an_address_says_whom_it_asks(url: str, name: str, origins: list[tuple[str, str, int]]) -> None:
    address = read_address(url)
    assert (address.service.name, list(address.origins)) == (name, origins)
    assert TOKEN not in repr(address)
    assert address.shown == f"{address.scheme}://***"


@pytest.mark.parametrize(
    "url",
    [
        "json://127.0.0.1/",
        "jsons://127.0.0.1/",
        "JSON://127.0.0.1/",
        " json://127.0.0.1/",
        "json ://127.0.0.1/",
        "xml://127.0.0.1/",
        "form://127.0.0.1/",
        "syslog://",
        "rsyslog://127.0.0.1/",
        "dbus://",
        "kde://",
        "gnome://",
        "windows://",
        "macosx://",
        "mailto://user:pass@example.org",
        "mailtos://user:pass@example.org",
        "file:///etc/passwd",
        "apprise://127.0.0.1/key",
        "apprises://127.0.0.1/key",
        "mqtt://127.0.0.1/topic",
        "growl://127.0.0.1",
        "aprs://user:pass@DF1ABC",
        "https://hooks.slack.com/services/T/B/C",
        "https://config.example/apprise.yml",
        "python://plugin.py",
        "",
        "://",
        "tgram",
        "tgram:/1:t/2",
        "tgram\x00://1:t/2",
        "tgram://1:t/2\n",
        "tgram://1:t/ä",
    ],
)
def test_what_is_not_listed_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_address(url)


@pytest.mark.parametrize(
    "options",
    [
        "format=markdown",
        "overflow=split",
        "redirect=yes",
        "verify=no",
        "rto=600",
        "cto=600",
        "retry=5",
        "wait=60",
        "optional=yes",
        "store=yes",
        "to=other",
        "template=/etc/passwd",
        "+X-Header=1",
        "-key=1",
        ":key=1",
        "image=yes",
        "attach=http://127.0.0.1/",
        "mode=slack",
        "FORMAT=markdown",
        "priority=high&format=markdown",
        "priority=high;format=markdown",
        "priority=%0a",
        "priority",
        "priority=high&",
    ],
)
def test_options_that_would_undo_what_is_decided_are_refused(options: str) -> None:
    with pytest.raises(ValueError, match="option"):
        read_address(f"gotify://push.example/{TOKEN}?{options}")


@pytest.mark.parametrize(
    "url",
    [
        f"tgram://123:{TOKEN}/1/2",
        f"tgram://123:{TOKEN}/1,2",
        f"tgram://123:{TOKEN}/1%2C2",
        f"tgram://123:{TOKEN}/1%252C2",
        f"tgram://123:{TOKEN}/1%202",
        f"tgram://123:{TOKEN}/1;2",
        f"tgram://123:{TOKEN}/1%0A2",
        f"tgram://123:{TOKEN}/1\\2",
        f"tgram://123:{TOKEN}/1&to=2",
        f"tgram://123:{TOKEN}",
        "ntfys://push.example/one/two",
        "ntfys://one,two",
        "matrixs://u:p@h/#a/#b",
        "signals://h/+491/+492/+493",
        f"pover://u@{TOKEN}/one/two",
    ],
)
def test_a_channel_has_one_target(url: str) -> None:
    with pytest.raises(ValueError, match=r"one target|addressed as|option") as error:
        read_address(url)
    assert TOKEN not in str(error.value)


def test_the_nearest_service_is_named() -> None:
    with pytest.raises(ValueError, match="did you mean tgram://"):
        read_address(f"telgram://{TOKEN}/1")


def test_a_service_of_ones_own_needs_a_host() -> None:
    for url in (f"gotify:///{TOKEN}", f"gotify://h:0/{TOKEN}", f"gotify://h:99999/{TOKEN}", f"gotify://h h/{TOKEN}"):
        with pytest.raises(ValueError, match=r"\w"):
            read_address(url)


@pytest.mark.parametrize("filler", ["a", "/", "@", "a@", ":", "%", "?", "&", "[", "://", "a/"])
def test_reading_is_bounded(filler: str) -> None:
    def read(scheme: str) -> None:
        with pytest.raises(ValueError, match=str(ADDRESS_MOST)):
            read_address(f"{scheme}://" + filler * 1_000_000)
        with contextlib.suppress(ValueError):
            read_address(f"{scheme}://" + filler * (900 // len(filler)))

    for scheme in ("tgram", "rocket", "ntfy", "json"):
        check_cpu_s(0.5, lambda scheme=scheme: read(scheme))


def test_services_have_either_hosts_or_are_of_ones_own() -> None:
    for scheme, service in SERVICES.items():
        assert all("." in host and host == host.lower() for host in service.hosts), scheme
        assert not service.options & {"format", "overflow", "redirect", "verify", "to", "template", "image", "retry"}
