"""The configuration: what is accepted, what is refused, and whether a refusal helps."""

import base64
import itertools
import json
import pickle
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from pydantic import BaseModel

from worker import settings as settings_module
from worker.errors import SettingsError
from worker.model import SourceRules
from worker.settings import Settings, WebhookSettings, load, outline, shipped, units
from worker.settings.lines import key_lines

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a file into the working directory and name it relatively, as people do."""
    monkeypatch.chdir(tmp_path)

    def to(text: str, name: str = "feedwacht.toml") -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return to


def faults(path: Path | None, environ: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(path, environ or {})
    return str(caught.value).split("\n")


# -- what is accepted -------------------------------------------------------------------------------------------------


def test_an_empty_file_gives_the_defaults(write: Write) -> None:
    settings = load(write(""), {})
    assert settings.ui.language == "de"
    assert settings.archive.database == "sqlite:///var/feedwacht.db"
    assert settings.archive.files == "var/records"
    assert settings.broker.url == ""
    assert (settings.http.timeout_s, settings.http.max_bytes, settings.http.host_gap_s) == (15.0, 16 * 2**20, 1.0)
    assert settings.http.allow_ports == (80, 443, 8080, 8443)
    assert (settings.poll.back_off_max_s, settings.poll.give_up_max_s) == (3600.0, 86400.0)
    assert settings.poll.catch_up_pages == 500
    assert (settings.worker.tick_s, settings.worker.lease_s, settings.worker.delivery_lease_s) == (2.0, 45.0, 45.0)
    assert settings.sources == settings.channels == settings.subscriptions == ()


def test_everything_can_be_set(write: Write) -> None:
    write(SECRET + "\n", "hook.secret")
    path = write(
        """
        [ui]
        language = "en"
        [log]
        format = "json"
        level = "debug"
        [archive]
        database = "postgresql://feedwacht@db/feedwacht"
        files = ""
        [http]
        timeout = "2s"
        max_bytes = "64KiB"
        host_gap = 0
        allow_networks = ["127.0.0.0/8", "::1"]
        allow_ports = [8000]
        user_agent = "Pressewacht/1 (+https://example.org/)"
        [poll]
        alert_on_first_poll = true
        back_off_max = "1.5h"
        min_interval = "100ms"
        [[source]]
        name = "zeitung"
        line = "Die Zeitung"
        home = "https://zeitung.example/"
        timezone = "Europe/Vienna"
        categories = ["Stadt"]
        catch_all = ["Alles"]
        post_id_pattern = '/(\\d+)$'
        tracking_keys = ["ref", "m=pc", "a=page_*"]
        mobile_hosts = ["m"]
        view_segments = ["amp", "comment-page-*"]
        redirectors = ["l.example.org/go?url"]
        boilerplate = ["Werbung"]
        selectors = ["article .text"]
          [[source.feed]]
          url = "http://127.0.0.1:8000/feed/"
          interval = "2s"
          category = "Stadt"
          [[source.feed]]
          url = "https://zeitung.example/feed/"
          interval = "1h 30m"
        [[channel]]
        name = "hook"
        type = "webhook"
        url = "http://10.0.0.1/in"
        secret_file = "hook.secret"
        allow_networks = ["10.0.0.0/8"]
        [[subscription]]
        name = "a"
        query = "this AND (is not read here"
        channels = ["hook"]
        """
    )
    settings = load(path, {})
    assert settings.archive.database == "postgresql+psycopg://feedwacht@db/feedwacht"
    assert settings.http.allow_networks == ("127.0.0.0/8", "::1/128")
    assert settings.poll.back_off_max_s == 5400.0
    assert [feed.interval_s for feed in settings.sources[0].feeds] == [2.0, 5400.0]
    assert settings.sources[0].feeds[0].host == "127.0.0.1"
    hook = settings.channels[0]
    assert isinstance(hook, WebhookSettings)
    assert (hook.url, hook.secret.get_secret_value()) == ("http://10.0.0.1/in", SECRET)
    assert settings.sources[0].rules == SourceRules(
        name="zeitung",
        line="Die Zeitung",
        home="https://zeitung.example/",
        timezone="Europe/Vienna",
        categories=("Stadt",),
        catch_all=("Alles",),
        post_id_pattern="/(\\d+)$",
        tracking_keys=("ref", "m=pc", "a=page_*"),
        mobile_hosts=("m",),
        view_segments=("amp", "comment-page-*"),
        redirectors=("l.example.org/go?url",),
        boilerplate=("Werbung",),
        selectors=("article .text",),
    )


def test_a_source_without_a_line_signs_with_its_name(write: Write) -> None:
    assert load(write('[[source]]\nname = "z"\n'), {}).sources[0].rules.line == "z"


def test_windows_line_ends_and_byte_order_mark(write: Write) -> None:
    path = write("")
    path.write_bytes(b'\xef\xbb\xbf[ui]\r\nlanguage = "en"\r\n\r\n[http]\r\ntimeout = "x"\r\n')
    assert faults(path)[0].startswith("feedwacht.toml, line 5: [http] timeout")


def test_settings_are_frozen(write: Write) -> None:
    settings = load(write(""), {})
    with pytest.raises(ValueError, match="frozen"):
        settings.http.timeout_s = 3.0  # type: ignore[misc]


# -- which file -------------------------------------------------------------------------------------------------------


def test_without_a_file_the_shipped_one_is_read(write: Write) -> None:
    settings = load(None, {})
    assert settings.sources[0].name == "hasepost"
    assert settings.files == (str(shipped()),)


def test_the_working_directory_comes_before_the_shipped_one(write: Write) -> None:
    write('[ui]\nlanguage = "en"', "config/feedwacht.toml")
    assert load(None, {}).ui.language == "en"


def test_the_environment_may_name_the_file(write: Write) -> None:
    write('[ui]\nlanguage = "en"', "other.toml")
    assert load(None, {"FEEDWACHT_CONFIG": "other.toml"}).ui.language == "en"


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_named_file_must_be_there(name: str, write: Write) -> None:
    assert "--config" in faults(Path(name))[0]


# -- durations and sizes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected_s"),
    [
        *[("15s", 15), ("10m", 600), ("1h", 3600), ("1d", 86400), ("1.5h", 5400), ("500ms", 0.5), (" 2 s ", 2)],
        *[("90", 90), (7, 7), (0.25, 0.25), ("1h30m", 5400), ("1h 30m", 5400), ("0s", 0)],
    ],
)
def test_durations(written: object, expected_s: float) -> None:
    assert units.seconds(written) == expected_s


@pytest.mark.parametrize(
    "written",
    [
        "",
        "s",
        "15 parsecs",
        "-1s",
        "1.s",
        "1h30",
        "10M",
        "1e3s",
        "1s,",
        "１s",
        True,
        -1,
        float("inf"),
        float("nan"),
        [],
    ],
)
def test_no_durations(written: object) -> None:
    with pytest.raises(ValueError, match="a duration such as"):
        units.seconds(written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("16MiB", 2**24),
        ("64KiB", 65536),
        ("5MB", 5_000_000),
        ("1 GiB", 2**30),
        ("100", 100),
        (100, 100),
        ("1.5kib", 1536),
    ],
)
def test_sizes(written: object, expected: int) -> None:
    assert units.size(written) == expected


@pytest.mark.parametrize("written", ["", "MiB", "5 apples", "-5MB", "5M", True, None])
def test_no_sizes(written: object) -> None:
    with pytest.raises(ValueError, match="a size such as"):
        units.size(written)


@pytest.mark.parametrize("value_s", [0.1, 0.5, 1, 15, 90, 600, 5400, 86400, 0, 1.25])
def test_a_duration_reads_back_from_its_text(value_s: float) -> None:
    assert units.seconds(units.duration_text(value_s)) == pytest.approx(value_s)


# -- faults -----------------------------------------------------------------------------------------------------------

SCREEN = '[[channel]]\nname = "screen"\ntype = "console"\n'
SOURCE_A = '[[source]]\nname = "a"\n[[source.feed]]\nurl = "https://h/f"\n'
FAULTS = [
    # (file, line of the fault, what its message must hold)
    ('[http]\nhost_gapp = "1s"', 2, ["[http] host_gapp is unknown", "did you mean host_gap?"]),
    ('[http]\n\n# c\ntimeout = "15 parsecs"', 4, ['[http] timeout = "15 parsecs": ', 'such as "15s", "10m" or "1h"']),
    ("[poll]\ntimeout = 3", 2, ["[poll] timeout is unknown", "[http] timeout"]),
    ("timeout = 3", 1, ["timeout is unknown", "[http] timeout"]),
    ("[htpp]\nx = 1", 1, ["[htpp] is unknown; did you mean [http]?"]),
    ("[[sorce]]\nx = 1", 1, ["did you mean [[source]]?"]),
    ("[source]\nname = 'a'", 1, ["[source] must be written [[source]]"]),
    ("http = 5", 1, ["[http] must be a table"]),
    ('[ui]\nlanguage = "fr"', 2, ['"fr"', '"de" or "en"']),
    ("[ui]\nlanguage = 5", 2, ["= 5: ", '"de" or "en"']),
    ("[archive]\nfiles = 5", 2, ["a text in quotes is needed"]),
    ('[archive]\ndatabase = "mysql://h/d"', 2, ["sqlite:///var/feedwacht.db"]),
    ('[archive]\ndatabase = "sqlite://var/x.db"', 2, ["sqlite:///var/feedwacht.db"]),
    ('[broker]\nurl = "amqp://h/"', 2, ["redis://HOST"]),
    ('[poll]\nalert_on_first_poll = "yes"', 2, ["true or false"]),
    ('[poll]\ncatch_up_pages = "5"', 2, ["a whole number"]),
    ("[poll]\ncatch_up_pages = -1", 2, ["at least 0"]),
    ("[poll]\nback_off_max = 0", 2, ["at least 100ms"]),
    ("[http]\nhost_gap = -1", 2, ["a duration"]),
    ('[http]\ntimeout = "1h"', 2, ["at most 10m"]),
    ('[http]\nmax_bytes = "1B"', 2, ["at least 1KiB"]),
    ("[http]\nallow_ports = [80,\n 70000]", 2, ["= 70000: ", "at most 65535"]),
    ("[http]\nallow_ports = 80", 2, ["a list in square brackets"]),
    ('[http]\nallow_networks = ["127.0.0.1/8"]', 2, ["127.0.0.0/8"]),
    ('[http]\nallow_networks = ["intern"]', 2, ['"intern"', "such as"]),
    ('[http]\nproxy = "socks5://h:1"', 2, ["an address such as"]),
    ('[http]\nca_bundle = "none.pem"', 2, ["no such file"]),
    ('[http]\nuser_agent = "a\\nb"', 2, ["one line of ASCII"]),
    ('[[source]]\nname = "a"\ntimezone = "Europe/Berln"', 3, ['"Europe/Berln"', "IANA"]),
    ('[[source]]\nname = "a"\ntimezone = "../etc/passwd"', 3, ["IANA"]),
    ('[[source]]\nline = "a"', 1, ["[[source]] name is missing"]),
    ('[[source]]\nname = " "', 2, ["not an empty one"]),
    ('[[source]]\nname = "a\\nb"', 2, ["one line"]),
    ('[[source]]\nname = "a"\nboilerplate = ["ok", "("]', 3, ['"("', "no regular expression"]),
    ('[[source]]\nname = "a"\npost_id_pattern = "abc"', 3, ["one group"]),
    ('[[source]]\nname = "a"\nselectors = ["a >"]', 3, ["a CSS selector"]),
    ('[[source]]\nname = "a"\nredirectors = ["l.example.org/go"]', 3, ["host/path?key"]),
    ('[[source]]\nname = "a"\n[[source.feed]]\nurl = "ftp://h/f"', 4, ["[[source.feed]] url", "https://"]),
    ('[[source]]\nname = "a"\n[[source.feed]]\nurl = "https:///f"', 4, ["[[source.feed]] url"]),
    ('[[source]]\nname = "a"\n[[source.feed]]\nurl = "https://h:x/f"', 4, ["[[source.feed]] url"]),
    ('[[source]]\nname = "a"\n[[source.feed]]\nurl = "https://h/f o"', 4, ["without blanks"]),
    ('[[source]]\nname = "a"\n[[source.feed]]\ninterval = "10m"', 3, ["[[source.feed]] url is missing"]),
    ('[[source]]\nname = "a"\n[[source.feed]]\nurl = "https://h/"\ninterval = "30s"', 5, ["at least 1m"]),
    ('[[source]]\nname = "a"\n[[source.feeds]]\nurl = "https://h/"', 3, ["did you mean feed?"]),
    ('[[source]]\nname = "a"\nfeed = [\n  {url = "x"},\n]', 3, ["[[source.feed]] url"]),
    ('[[channel]]\nname = "a"\ntype = "pigeon"', 3, ['"console", "webhook"']),
    ('[[channel]]\nname = "a"', 1, ["type is missing"]),
    ('[[channel]]\nname = "a"\ntype = "console"\nurl = "https://h/"', 4, ['url is unknown for type = "console"']),
    ('[[channel]]\nname = "b c"\ntype = "webhook"\nurl = "https://h/"', 1, ["FEEDWACHT_CHANNEL__B_C__SECRET"]),
    ('[[channel]]\nname = "a"\ntype = "console"\n[[channel]]\nname = "a"\ntype = "console"', 5, ["taken", "line 2"]),
    ('[[subscription]]\nname = "a"\nquery = "x"\nchannels = []', 4, ["at least one"]),
    ('[[subscription]]\nname = "a"\nquery = ""\nchannels = ["s"]', 3, ["some words"]),
    (
        SCREEN + '[[subscription]]\nname = "a"\nquery = "x"\nchannels = ["scren"]',
        7,
        ['there is no channel "scren"; did you mean "screen"?'],
    ),
    (
        SOURCE_A + '[[source]]\nname = "b"\n[[source.feed]]\nurl = "https://H:443/f#x"',
        8,
        ["stands already", "line 4"],
    ),
    ("[ui\n", 1, ["not TOML"]),
    ("[ui]\nlanguage = \n", 2, ["not TOML"]),
    ('[ui]\nlanguage = "de"\nlanguage = "en"', 3, ["not TOML", "overwrite"]),
    ('x = """\nabc', 2, ["not TOML"]),
    ('include = "conf.d"', 1, ["a list of file names"]),
    ('include = ["none.toml"]', 1, ["no such file"]),
    ('include = ["/etc/*.toml"]', 1, ["only files beside"]),
]


@pytest.mark.parametrize(("text", "line", "needed"), FAULTS, ids=[str(number) for number in range(len(FAULTS))])
def test_a_fault_is_named_with_its_line_and_rule(text: str, line: int, needed: list[str], write: Write) -> None:
    found = [fault for fault in faults(write(text)) if all(part in fault for part in needed)]
    assert found, faults(Path("feedwacht.toml"))
    assert found[0].startswith(f"feedwacht.toml, line {line}: ")


def test_a_file_that_is_not_utf8_names_the_line(write: Write) -> None:
    write("").write_bytes(b'[ui]\nlanguage = "\xe4"\n')
    assert faults(Path("feedwacht.toml")) == ["feedwacht.toml, line 2: this is not UTF-8 text; save the file as UTF-8"]


def test_all_faults_are_told_at_once_in_the_order_of_the_file(write: Write) -> None:
    text = '[ui]\nlanguage = "fr"\n[http]\ntimeout = "x"\nfoo = 1\n[[source]]\nname = "a"\n[[source]]\nname = "a"'
    lines = [int(fault.split("line ")[1].split(":")[0]) for fault in faults(write(text))]
    assert lines == [2, 4, 5, 9]


def test_long_and_unprintable_values_stay_on_one_short_line(write: Write) -> None:
    (fault,) = faults(write('[http]\ntimeout = "' + "x" * 9000 + '\\n\\u001b[31m\\u2028"'))
    assert len(fault) < 300
    assert fault.isprintable()


def test_the_error_survives_pickling(write: Write) -> None:
    with pytest.raises(SettingsError) as caught:
        load(write("x = 1"), {})
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_own_networks_may_be_polled_more_often(write: Write) -> None:
    feed = '[[source]]\nname = "a"\n[[source.feed]]\nurl = "http://{}/f"\ninterval = "1s"\n'
    network = '[http]\nallow_networks = ["127.0.0.0/8"]\n'
    assert load(write(network + feed.format("127.0.0.1:8000")), {}).sources[0].feeds[0].interval_s == 1.0
    assert load(write(network + feed.format("localhost:8000")), {}).sources[0].feeds[0].interval_s == 1.0
    assert load(write('[poll]\nmin_interval = "1s"\n' + feed.format("example.org")), {})
    assert "min_interval" in faults(write(network + feed.format("10.0.0.1")))[0]


# -- includes ---------------------------------------------------------------------------------------------------------


def test_includes_join_the_lists(write: Write) -> None:
    source = '[[source]]\nname = "{0}"\n[[source.feed]]\nurl = "https://{0}.example/"\n'
    path = write('include = ["*.toml"]\n[ui]\nlanguage = "en"\n' + source.format("a"), "conf/main.toml")
    write(source.format("b") + '[http]\ntimeout = "5s"\n', "conf/b.toml")
    write('[http]\nhost_gap = "3s"\n' + source.format("c"), "conf/c.toml")
    settings = load(path, {})
    assert [source.name for source in settings.sources] == ["a", "b", "c"]
    assert (settings.http.timeout_s, settings.http.host_gap_s) == (5.0, 3.0)
    assert settings.files == ("conf/main.toml", "conf/b.toml", "conf/c.toml")


def test_a_value_in_two_files_names_both(write: Write) -> None:
    path = write('include = ["b.toml"]\n[http]\n\ntimeout = "5s"\n')
    write('[http]\ntimeout = "5s"\n', "b.toml")
    assert faults(path) == ["b.toml, line 2: [http] timeout is set here and in feedwacht.toml, line 4; set it once"]


def test_faults_in_included_lists_name_their_own_file_and_line(write: Write) -> None:
    path = write('include = ["b.toml"]\n[[source]]\nname = "a"\n[[source]]\nname = "c"\n')
    write('\n[[source]]\nname = "b"\nlinee = "x"\n[[source]]\nname = "a"\n', "b.toml")
    assert faults(path) == [
        "b.toml, line 4: [[source]] linee is unknown; did you mean line?",
        'b.toml, line 6: [[source]] name = "a" is taken already by feedwacht.toml, line 3',
    ]


def test_an_included_file_includes_nothing(write: Write) -> None:
    path = write('include = ["b.toml"]')
    write('include = ["c.toml"]', "b.toml")
    assert "first file only" in faults(path)[0]


# -- environment ------------------------------------------------------------------------------------------------------


def test_the_environment_wins(write: Write) -> None:
    path = write('[http]\ntimeout = "5s"\nallow_networks = ["10.0.0.0/8"]\n[archive]\nfiles = "x"\n')
    settings = load(
        path,
        {
            "FEEDWACHT_HTTP__TIMEOUT": "7s",
            "FEEDWACHT_HTTP__HOST_GAP": "0",
            "FEEDWACHT_HTTP__ALLOW_NETWORKS": '["127.0.0.0/8"]',
            "FEEDWACHT_HTTP__ALLOW_PORTS": "[80, 81]",
            "FEEDWACHT_HTTP__MAX_BYTES": "1MiB",
            "FEEDWACHT_POLL__ALERT_ON_FIRST_POLL": "true",
            "FEEDWACHT_POLL__CATCH_UP_PAGES": "3",
            "FEEDWACHT_ARCHIVE__DATABASE": "postgresql+psycopg://u:geheim@h/d",
            "FEEDWACHT_ARCHIVE__FILES": "",
            "FEEDWACHT_BROKER__URL": "redis://:geheim@h:6379/0",
            "PATH": "/bin",
        },
    )
    assert (settings.http.timeout_s, settings.http.host_gap_s, settings.http.max_bytes) == (7.0, 0.0, 2**20)
    assert settings.http.allow_networks == ("127.0.0.0/8",)
    assert settings.http.allow_ports == (80, 81)
    assert settings.poll.alert_on_first_poll
    assert settings.poll.catch_up_pages == 3
    assert settings.archive.database == "postgresql+psycopg://u:geheim@h/d"
    assert settings.archive.files == ""
    assert settings.broker.url == "redis://:geheim@h:6379/0"


@pytest.mark.parametrize(
    ("name", "value", "needed"),
    [
        ("FEEDWACHT_HTTP__HOST_GUP", "1", "is unknown; did you mean FEEDWACHT_HTTP__HOST_GAP?"),
        ("FEEDWACHT_HTTP_TIMEOUT", "1", "did you mean FEEDWACHT_HTTP__TIMEOUT?"),
        ("FEEDWACHT_HTTP__TIMEOUT", "x", 'FEEDWACHT_HTTP__TIMEOUT = "x": a duration'),
        ("FEEDWACHT_HTTP__ALLOW_PORTS", "80", "a list is needed"),
        ("FEEDWACHT_HTTP__ALLOW_PORTS", "[0]", "at least 1"),
        ("FEEDWACHT_POLL__ALERT_ON_FIRST_POLL", "ja", "true or false"),
        ("FEEDWACHT_POLL__CATCH_UP_PAGES", "many", "a whole number"),
        ("FEEDWACHT_CHANNEL__NOBODY__SECRET", SECRET, "is unknown"),
        ("FEEDWACHT_ARCHIVE__DATABASE", "mysql://u:geheim@h/d", "mysql://***@h/d"),
    ],
)
def test_a_fault_in_the_environment_names_the_variable(name: str, value: str, needed: str, write: Write) -> None:
    (fault,) = faults(write(""), {name: value})
    assert fault.startswith("environment: ")
    assert name in fault
    assert needed in fault
    assert "geheim" not in fault
    assert SECRET not in fault


# -- secrets ----------------------------------------------------------------------------------------------------------

HOOK = '[[channel]]\nname = "Leit stelle"\ntype = "webhook"\nurl = "https://h/"\n'


def test_a_secret_may_come_from_the_environment(write: Write) -> None:
    hook = load(write(HOOK), {"FEEDWACHT_CHANNEL__LEIT_STELLE__SECRET": SECRET}).channels[0]
    assert isinstance(hook, WebhookSettings)
    assert hook.secret.get_secret_value() == SECRET


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        (HOOK + f'secret = "{SECRET}"', ["secret_file", "FEEDWACHT_CHANNEL__LEIT_STELLE__SECRET"]),
        ('[archive]\ndatabase = "postgresql+psycopg://u:geheim@h/d"', ["database_file", "FEEDWACHT_ARCHIVE__DATABASE"]),
        ('[archive]\ndatabase = "postgresql://h/d?user=u&password=geheim"', ["database_file"]),
        ('[broker]\nurl = "redis://:geheim@h/0"', ["url_file", "FEEDWACHT_BROKER__URL"]),
        ('[http]\nproxy = "http://u:geheim@h:3128"', ["proxy_file", "FEEDWACHT_HTTP__PROXY"]),
    ],
)
def test_a_secret_in_the_file_is_refused_in_words(text: str, needed: list[str], write: Write) -> None:
    (fault,) = faults(write(text))
    assert "does not belong in this file" in fault
    assert all(part in fault for part in needed)
    assert "geheim" not in fault
    assert SECRET not in fault


def test_secrets_come_from_files(write: Write) -> None:
    write("postgresql+psycopg://u:geheim@h/d\n", "db")
    write("redis://:geheim@h/0\n", "broker")
    write("https://u:geheim@h/feed/\n", "feed")
    path = write(
        '[archive]\ndatabase_file = "db"\n[broker]\nurl_file = "broker"\n'
        '[[source]]\nname = "a"\n[[source.feed]]\nurl_file = "feed"\n'
    )
    settings = load(path, {})
    assert settings.archive.database == "postgresql+psycopg://u:geheim@h/d"
    assert settings.broker.url == "redis://:geheim@h/0"
    assert settings.sources[0].feeds[0].url == "https://u:geheim@h/feed/"
    assert load(path, {"FEEDWACHT_ARCHIVE__DATABASE": "sqlite://"}).archive.database == "sqlite://"


@pytest.mark.parametrize(
    ("content", "needed"),
    [(None, "channels new-secret"), ("", "is empty"), ("x" * 70_000, "too big"), ("kein Geheimnis", "whsec_")],
)
def test_a_bad_secret_file_is_named_but_not_shown(content: str | None, needed: str, write: Write) -> None:
    if content is not None:
        write(content, "s")
    (fault,) = faults(write(HOOK + 'secret_file = "s"'))
    assert fault.startswith("feedwacht.toml, line 5: [[channel]] secret")
    assert needed in fault
    assert "kein Geheimnis" not in fault


def test_a_value_and_its_file_exclude_each_other(write: Write) -> None:
    write("sqlite://", "db")
    (fault,) = faults(write('[archive]\ndatabase = "sqlite://"\ndatabase_file = "db"'))
    assert "both set" in fault


def test_secrets_are_never_shown(write: Write) -> None:
    write(SECRET, "hook.secret")
    path = write(
        HOOK + 'secret_file = "hook.secret"\n'
        '[[source]]\nname = "a"\n[[source.feed]]\nurl = "https://u:geheim@h/feed/?token=geheim&x=1"\n'
    )
    settings = load(
        path,
        {
            "FEEDWACHT_ARCHIVE__DATABASE": "postgresql://u:ge/heim@h/d?password=geheim",
            "FEEDWACHT_BROKER__URL": "redis://:geheim@h/0",
            "FEEDWACHT_HTTP__PROXY": "http://u:geheim@h:1",
            "FEEDWACHT_CHANNEL__LEIT_STELLE__URL": "https://u:geheim@h/",
        },
    )
    views = [repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()]
    views.append(json.dumps(settings.masked()))
    for view in views:
        assert "heim@" not in view
        assert "geheim" not in view
        assert SECRET[6:] not in view
    assert settings.sources[0].feeds[0].url == "https://u:geheim@h/feed/?token=geheim&x=1"
    assert "https://***@h/feed/?token=***&x=1" in views[-1]


# -- the shipped file -------------------------------------------------------------------------------------------------


def test_the_shipped_file_sets_the_defaults() -> None:
    """What it sets, beside sources, channels and subscriptions, is what holds without it."""
    settings, bare = load(shipped(), {}), Settings.model_validate({})
    for section in outline.sections():
        assert getattr(settings, section) == getattr(bare, section)


def test_the_shipped_file_names_every_key() -> None:
    text = shipped().read_text(encoding="utf-8")
    models: list[type[BaseModel]] = [*outline.sections().values(), *outline.CHANNEL_TYPES.values()]
    models += [settings_module.SourceSettings, settings_module.FeedSettings, settings_module.SubscriptionSettings]
    missing = [
        f"{model.__name__}.{key}"
        for model in models
        for key in outline.fields(model)
        if key not in ("feed", "secret", "password") and not re.search(rf"^(# )?{key} = ", text, re.MULTILINE)
    ]
    assert missing == []


def test_each_value_of_the_shipped_file_has_its_sentence() -> None:
    text = shipped().read_text(encoding="utf-8").replace("\n  ", " ").split("\n")
    named = ("url = ", "interval = ", "type = ")
    bare = [
        line
        for above, line in itertools.pairwise(text)
        if " = " in line and not line.startswith(("#", *named)) and not above.startswith("#")
    ]
    assert all(line.startswith(("name", "query", "channels")) for line in bare), bare


def test_the_shipped_examples_work(write: Write) -> None:
    """Every commented line that looks like a setting, put to work: none may be a mistake."""
    write(SECRET, "var/editors.secret")
    write("geheim", "var/redaktion.password")
    text = shipped().read_text(encoding="utf-8")
    lines = re.sub(r"^# (\[\[[a-z.]+\]\]|[a-z_]+ = .*)$", r"\1", text, flags=re.MULTILINE)
    lines = re.sub(r"^(?:include|\w*(?:database|url|proxy)_file) = .*$", "", lines, flags=re.MULTILINE)
    lines = lines.replace("allow_commands = false", "allow_commands = true")
    settings = load(write(lines), {"FEEDWACHT_CHANNEL__PHONE__URL": "ntfys://push.example.org/alerts"})
    assert len(settings.sources[0].feeds) == 3
    names = {"screen", "editors", "redaktion", "reader", "siren", "phone"}
    assert names <= {channel.name for channel in settings.channels}


def test_the_shipped_source_knows_the_site() -> None:
    rules = load(shipped(), {}).sources[0].rules
    assert rules.line == "Hasepost.de - Die Zeitung für Osnabrück"
    assert rules.timezone == "Europe/Berlin"
    assert rules.catch_all == ("Aktuell", "Allgemein")
    found = re.search(rules.post_id_pattern, "/rutte-nato-haelt-druck-hoch-664206/")
    assert found is not None
    assert found[1] == "664206"
    left_out = [re.compile(pattern) for pattern in rules.boilerplate]
    assert any(pattern.fullmatch("AFP") for pattern in left_out)
    assert not any(pattern.fullmatch("Das sagte er der Agentur AFP.") for pattern in left_out)


# -- where keys stand -------------------------------------------------------------------------------------------------


def test_lines_of_keys() -> None:
    text = '''# top
a = 1
b = """
[not.a.table]
c = 2 "" quotes
"""
[t]  # comment with "quotes
x.y = [ # ]
  "]", 'it"s', [1],
]
"quoted key" = 'x # no comment'
[[s]]
n = 1
[[s.f]]
u = 1
[[s.f]]
u = 2
[[s]]
[s.d]
k = 1
[[s.f]]
u = 3
'''
    tomllib.loads(text)
    lines = key_lines(text)
    assert lines[("a",)] == 2
    assert lines[("b",)] == 3
    assert ("not", "a", "table") not in lines
    assert lines[("t", "x", "y")] == 8
    assert lines[("t", "quoted key")] == 11
    assert lines[("s", 0, "n")] == 13
    assert [lines[("s", 0, "f", 0, "u")], lines[("s", 0, "f", 1, "u")], lines[("s", 1, "f", 0, "u")]] == [15, 17, 22]
    assert lines[("s", 1, "d", "k")] == 20


def test_programs_are_run_only_where_the_operator_allows_it(write: Write) -> None:
    command = '[[channel]]\nname = "siren"\ntype = "command"\ncommand = ["/bin/true"]\n'
    for operator in ("", "[operator]\nallow_commands = false\n"):
        (fault,) = faults(write(operator + command))
        assert 'type = "command": programs are run only with allow_commands = true in [operator]' in fault
    allowed = write("[operator]\nallow_commands = true\n" + command)
    assert load(allowed, {}).channels[0].type == "command"
    assert load(write(command), {"FEEDWACHT_OPERATOR__ALLOW_COMMANDS": "true"}).channels[0].type == "command"


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("command = []", "at least one"),
        ('command = "rm -rf"', "a list in square brackets"),
        ('command = ["a"]\ntimeout = "1m"', "at most 20"),
        ('command = ["a"]\nshell = true', "shell is unknown"),
    ],
)
def test_a_bad_command_channel(text: str, needed: str, write: Write) -> None:
    (fault,) = faults(
        write(f'[operator]\nallow_commands = true\n[[channel]]\nname = "siren"\ntype = "command"\n{text}\n')
    )
    assert needed in fault


FEED_FILES = '[[channel]]\nname = "{name}"\ntype = "feed"\n'


def test_two_feeds_of_alerts_need_two_folders(write: Write) -> None:
    one, two = FEED_FILES.format(name="a"), FEED_FILES.format(name="b")
    for other in ("", 'folder = "var/feeds"\n', 'folder = "./var//feeds/"\n'):
        (fault,) = faults(write(one + two + other))
        assert 'folder = "var/feeds" is taken already by' in fault
    assert len(load(write(one + two + 'folder = "var/more"\n'), {}).channels) == 2


def test_a_feed_is_no_channel_for_the_operator(write: Write) -> None:
    (fault,) = faults(write(FEED_FILES.format(name="a") + '[operator]\nchannels = ["a"]\n'))
    assert '"a" is a feed, and holds alerts only' in fault


def test_the_operator_s_channels_must_exist(write: Write) -> None:
    (fault,) = faults(write('[[channel]]\nname = "screen"\ntype = "console"\n[operator]\nchannels = ["sreen"]\n'))
    assert "[operator] channels" in fault
    assert 'did you mean "screen"?' in fault
    good = write('[[channel]]\nname = "screen"\ntype = "console"\n[operator]\nchannels = ["screen"]\n')
    assert load(good, {}).operator.channels == ("screen",)
    assert load(write(""), {}).operator.channels == ()


def test_an_interval_is_named_or_not(write: Write) -> None:
    feeds = '[[source]]\nname = "a"\n[[source.feed]]\nurl = "https://h/a"\n[[source.feed]]\nurl = "https://h/b"\ninterval = "10m"\n'
    found = load(write(feeds), {}).sources[0].feeds
    assert [(one.interval_s, one.interval_given) for one in found] == [(600.0, False), (600.0, True)]


# -- what watches us ------------------------------------------------------------------------------------------------------


def test_the_dead_man_address_shows_its_host_alone(tmp_path: Path) -> None:
    (tmp_path / "dead-man").write_text("https://u:geheim@ping.example/5c1d1ef3-geheim?rid=geheim\n")
    path = tmp_path / "feedwacht.toml"
    path.write_text(f'[operator]\ndead_man_url_file = "{tmp_path}/dead-man"\n')
    settings = load(path, {})
    assert settings.operator.dead_man_url == "https://u:geheim@ping.example/5c1d1ef3-geheim?rid=geheim"
    shown = repr(settings) + json.dumps(settings.masked())
    assert "https://ping.example/***" in shown
    assert "geheim" not in shown


@pytest.mark.parametrize(
    ("said", "every_s"), [("", None), ('every = ""', None), ('every = "10m"', 600.0), ("every = 60", 60.0)]
)
def test_the_canary_is_off_unless_it_has_a_time(said: str, every_s: float | None, tmp_path: Path) -> None:
    path = tmp_path / "feedwacht.toml"
    path.write_text(f"[canary]\n{said}\n")
    assert load(path, {}).canary.every_s == every_s


@pytest.mark.parametrize(
    "text",
    [
        '[[source]]\nname = "feedwacht:canary"\n',
        '[[channel]]\nname = "feedwacht:canary"\ntype = "console"\n',
        """[[channel]]\nname = "a"\ntype = "console"
           [[subscription]]\nname = "feedwacht:x"\nquery = "a"\nchannels = ["a"]""",
    ],
)
def test_names_of_our_own_are_not_given_away(text: str, tmp_path: Path) -> None:
    path = tmp_path / "feedwacht.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match="its own"):
        load(path, {})
