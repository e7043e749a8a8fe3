"""Log lines for people and for programs: one event, one line, whatever foreign text it carries.

structlog collects the values, one handler of the standard library writes them, so that libraries' messages come out in
the same form. Whoever logs masks credentials; addresses are masked here once more. Must not know what is logged.
"""

import datetime as dt
import json as json_text
import logging
import math
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, MutableMapping
from functools import lru_cache
from pathlib import PurePath
from typing import Any, TextIO

import structlog

from worker.masking import mask

NAME = "feedwacht"
LEVELS = ("debug", "info", "warning", "error")

# Control characters, line separators, direction marks, invisible ones and lone surrogates: what could forge or hide a
# line. The joiners U+200C and U+200D stay, emoji need them.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
_NEEDS_CARE = re.compile(rf'[\s"=\\]|{_UNSAFE.pattern}')
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# Long enough for any reason or address, short enough that a hostile one cannot fill the disk.
_MAX_CHARS = 2_000
_Event = MutableMapping[str, Any]

# `with bind(task=…):` puts the values on every line within, also on those of libraries.
bind = structlog.contextvars.bound_contextvars


def configure(stream: TextIO | None = None, *, json: bool = False, level: str = "info") -> None:
    """Send everything to `stream` (None = stderr): our own lines from `level` on, libraries' from warnings on.

    May be called again; the last call counts.
    """
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _LineHandler)]:
        root.removeHandler(handler)
    handler = _LineHandler(stream or sys.stderr)
    handler.setFormatter(_formatter(_json_line if json else _text_line))
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(NAME).setLevel(level.upper())
    logging.captureWarnings(True)


def line(event: str, sentence: str, *, level: str = "info", **values: object) -> None:
    """One event. event: its fixed name, for programs; sentence: what happened, for people; values: what is known."""
    _log.log(getattr(logging, level.upper()), event, _sentence=sentence, **values)


class _LineHandler(logging.StreamHandler[TextIO]):
    """Writes what the stream can take, and never lets a full disk or a closed pipe stop the work."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        encoding = getattr(self.stream, "encoding", None) or "utf-8"
        return text.encode(encoding, "backslashreplace").decode(encoding)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, the library's name
        """Nobody is left to be told."""


def _formatter(render: structlog.typing.Processor) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.contextvars.merge_contextvars, _foreign_sentence],
        processors=[render],
    )


def _foreign_sentence(_: object, __: str, event: _Event) -> _Event:
    """A library's message becomes the sentence, behind the library's name."""
    name = event["_record"].name
    event["_sentence"] = f"{name}: {event['event']}"
    event["event"] = "library"
    return event


def _text_line(_: object, __: str, event: _Event) -> str:
    """`22:15:03 what happened  key=value key="a value"`: two blanks stand nowhere else."""
    record: logging.LogRecord = event["_record"]
    clock = dt.datetime.fromtimestamp(record.created, dt.UTC).astimezone()
    pairs = [f"{_key(key)}={_shown(value)}" for key, value in _values(event) if value is not None]
    if record.levelno != logging.INFO:
        pairs.append(f"level={record.levelname.lower()}")
    if (cause := _cause(event)) is not None:
        pairs.append(f"error={_quoted(_cause_text(cause))}")
    return f"{clock:%H:%M:%S} {_one_line(_sentence(event))}" + (f"  {' '.join(pairs)}" if pairs else "")


def _json_line(_: object, __: str, event: _Event) -> str:
    record: logging.LogRecord = event["_record"]
    at = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")
    found: dict[str, object] = {
        "time": at.replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "event": str(event["event"]),
        "sentence": _masked(_sentence(event)),
    }
    if (cause := _cause(event)) is not None:
        found["error"] = _masked(_cause_text(cause))
        found["traceback"] = mask("".join(traceback.format_exception(cause)))[-_MAX_CHARS:]
    for key, value in _values(event):
        found[_free(_key(key), found)] = _jsonable(value)
    return _UNSAFE.sub(_json_escape, json_text.dumps(found, ensure_ascii=False))


def _sentence(event: _Event) -> str:
    return str(event.get("_sentence", event["event"]))


def _values(event: _Event) -> Iterator[tuple[str, object]]:
    """What the caller and the context know; names with an underscore in front are ours."""
    return ((key, value) for key, value in event.items() if key not in ("event", "exc_info") and key[:1] != "_")


def _cause(event: _Event) -> BaseException | None:
    """exc_info as the libraries give it: an exception, True for the present one, or the triple."""
    given = event.get("exc_info")
    if isinstance(given, BaseException):
        return given
    triple = sys.exc_info() if given is True else given
    return triple[1] if isinstance(triple, tuple) and isinstance(triple[1], BaseException) else None


def _cause_text(cause: BaseException) -> str:
    """`ValueError: what (file.py:12)`, in place of a traceback."""
    frames = traceback.extract_tb(cause.__traceback__)
    where = f" ({PurePath(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(cause).__name__}: {cause}{where}"


@lru_cache(maxsize=256)  # keys are our own words
def _key(key: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.]", "_", key)


def _free(key: str, taken: Mapping[str, object]) -> str:
    """Our own names stay ours."""
    return f"{key}_" if key in taken else key


def _plain(value: object) -> str:
    """As text: times in UTC, numbers without a tail of digits, lists joined by commas."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".") if math.isfinite(value) else str(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, list | tuple | set | frozenset):
        return ",".join(_plain(item) for item in value)
    return str(value)


def _jsonable(value: object) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(_plain(item)) for item in value]
    return _masked(_plain(value))


def _shown(value: object) -> str:
    """A value of a pair; in a number or a time nothing can hide."""
    if type(value) is int:
        return str(value)
    return _plain(value) if isinstance(value, bool | int | float | dt.datetime) else _quoted(_plain(value))


def _quoted(text: str) -> str:
    """logfmt: in quotes if there is anything in it that could end the value or look like another one."""
    text = _masked(text)
    if text and not _NEEDS_CARE.search(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_UNSAFE.sub(_escape, escaped)}"'


def _one_line(sentence: str) -> str:
    """Runs of white space become one blank, so that nothing can pose as the pairs behind two."""
    return _UNSAFE.sub(_escape, " ".join(_masked(sentence).split()))


def _masked(text: str) -> str:
    """Without credentials, and not longer than a line may be."""
    text = mask(text[: 10 * _MAX_CHARS])
    return text if len(text) <= _MAX_CHARS else f"{text[:_MAX_CHARS]}…"


def _escape(char: re.Match[str]) -> str:
    return _SHORT.get(char.group()) or _json_escape(char)


def _json_escape(char: re.Match[str]) -> str:
    """Beyond U+FFFF JSON wants the two halves."""
    code = ord(char.group())
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    return f"\\u{0xD800 + (code - 0x10000 >> 10):04x}\\u{0xDC00 + (code - 0x10000 & 0x3FF):04x}"


logging.getLogger(NAME).addHandler(logging.NullHandler())  # silent until configured
_log: structlog.stdlib.BoundLogger = structlog.wrap_logger(
    logging.getLogger(NAME),
    processors=[
        structlog.stdlib.filter_by_level,
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    wrapper_class=structlog.stdlib.BoundLogger,
)
