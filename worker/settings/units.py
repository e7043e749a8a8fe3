"""Durations and sizes as people write them ("15s", "16MiB") to seconds and bytes, and back.

Raises ValueError with the rule in words; where the value stands is the caller's knowledge.
"""

import math
import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
}
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9})?"
_DURATION_PART = re.compile(rf"({_NUMBER}) ?(ms|s|m|h|d)(?: |(?=\d)|$)")
_SIZE = re.compile(rf"({_NUMBER}) ?([a-z]{{0,3}})", re.IGNORECASE)

DURATION_RULE = 'a duration such as "15s", "10m" or "1h" is needed'
SIZE_RULE = 'a size such as "64KiB", "5MB" or "16MiB" is needed'


def seconds(value: object) -> float:
    """Seconds of "500ms", "15s", "10m", "1.5h", "1d", "1h 30m"; a bare number is seconds."""
    if isinstance(value, str):
        return _written_seconds(value.strip())
    return _bare(value, DURATION_RULE)


def size(value: object) -> int:
    """Bytes of "64KiB", "16 MiB", "5MB"; a bare number is bytes."""
    if not isinstance(value, str):
        return int(_bare(value, SIZE_RULE))
    written = _SIZE.fullmatch(value.strip())
    unit = written[2].lower() if written else ""
    if written is None or unit not in _BYTES:
        raise ValueError(SIZE_RULE)
    return int(float(written[1]) * _BYTES[unit])


def duration_text(value_s: float) -> str:
    """The shortest spelling with one unit: 90.0 -> "90s", 600.0 -> "10m", 0.25 -> "250ms"."""
    for unit in ("d", "h", "m", "s"):
        if value_s >= _SECONDS[unit] and (value_s / _SECONDS[unit]).is_integer():
            return f"{int(value_s / _SECONDS[unit])}{unit}"
    return f"{value_s * 1000:g}ms" if 0 < value_s < 1 else f"{value_s:g}s"


def size_text(value_bytes: int) -> str:
    """The shortest spelling with one binary unit: 16777216 -> "16MiB"."""
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if value_bytes >= factor and value_bytes % factor == 0:
            return f"{value_bytes // factor}{unit}"
    return f"{value_bytes}B"


def _written_seconds(text: str) -> float:
    if re.fullmatch(_NUMBER, text):
        return float(text)
    total, at = 0.0, 0
    while part := _DURATION_PART.match(text, at):
        total, at = total + float(part[1]) * _SECONDS[part[2]], part.end()
        if at == len(text):
            return total
    raise ValueError(DURATION_RULE)


def _bare(value: object, rule: str) -> float:
    """TOML knows true, inf and nan, too: none of them is an amount."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ValueError(rule)
    return float(value)
