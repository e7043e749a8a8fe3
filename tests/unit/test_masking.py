"""Credentials leave every text that people read; addresses stay recognisable."""

import pytest

from tests.timing import check_cpu_s
from worker.masking import has_password, mask


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://u:p@h/x", "https://***@h/x"),
        ("https://token@h/x", "https://***@h/x"),
        ("redis://:p@h:6379/0", "redis://***@h:6379/0"),
        ("redis://:a/b?c#d@h/0", "redis://***@h/0"),
        ("postgresql+psycopg://u:p@ss@h/d", "postgresql+psycopg://***@h/d"),
        ("https://u:p#ss@h/x", "https://***@h/x"),
        ("HTTP://u:p@h", "HTTP://***@h"),
        ("a https://u:p@h/ b http://v:q@i/ c", "a https://***@h/ b http://***@i/ c"),
        ("https://h/go?url=https://u:p@i/", "https://h/go?url=https://***@i/"),
        ("https://h/f?token=abc&x=1", "https://h/f?token=***&x=1"),
        ("postgresql://h/d?user=u&password=p", "postgresql://h/d?user=u&password=***"),
        ("'https://u:p@h/'", "'https://***@h/'"),
        ("//u:p@h", "//u:p@h"),
    ],
)
def test_credentials_are_masked(text: str, expected: str) -> None:
    assert mask(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nobody@example.org",
        "https://h/@user/feed",
        "https://h:443/@user.rss",
        "https://h/?to=a@b",
        "https://[::1]:80/@x",
        "https://h/?tokens=1",
        "://",
        "sqlite:///var/feedwacht.db",
    ],
)
def test_what_holds_no_credentials_stays(text: str) -> None:
    assert mask(text) == text


def test_masking_twice_changes_nothing() -> None:
    once = mask("https://u:p@h/?token=x redis://:p@h")
    assert mask(once) == once


@pytest.mark.parametrize("text", ["://" * 300_000, "x://" + "a" * 1_000_000, "https://u:" * 100_000, "@" * 1_000_000])
def test_hostile_texts_are_masked_in_linear_time(text: str) -> None:
    check_cpu_s(2, lambda: mask(text + "@"))


def test_passwords_are_told_from_user_names() -> None:
    assert has_password("redis://:p@h")
    assert has_password("postgresql://h/d?password=p")
    assert not has_password("postgresql://u@h/d")
    assert not has_password("https://h:80/@x:y")
    assert not has_password("sqlite:///x")
