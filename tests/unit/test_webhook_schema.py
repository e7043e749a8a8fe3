"""docs/webhook.schema.json is what is posted: every kind of payload fits, and has no field that it does not name."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.owed import HOSTILE, NOW, PUBLISHED, a_record, an_alert, every
from worker.announce import message
from worker.model import AiNotice, Alert, Digest, EditChange, FiledRecord, Heartbeat, Trouble, TroubleKind
from worker.render import render
from worker.sample import sample

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = json.loads((DOCS / "webhook.schema.json").read_text(encoding="utf-8"))
RECORD = a_record(
    author="Meike Möller", agency="dpa", ai_notice=AiNotice(date_local="2025-12-03T15:00"), tags=("Schiffe",)
)
COPY = FiledRecord(id=2, key="1" * 16, record=a_record(title="Noch einmal"), first_seen_at=NOW)
FULL = an_alert(RECORD, (*every("Werft", RECORD), *every("Fähren", RECORD)), also=(COPY,))
CHANGE = EditChange(kind="title", before="Ministerin in der Werft", after="Ministerin besucht Werft")
HEARTBEAT = Heartbeat(
    id="alert_h", subscription="Werften", query="Werft*", since=PUBLISHED, until=NOW, found=0, checked=12, feeds=2,
    troubles=("https://x.example/feed/ ist still",), created_at=NOW,
)  # fmt: skip
TROUBLE = Trouble(
    feed_id=7, feed_url="https://x.example/feed/", source="x", kind=TroubleKind.EMPTY, detail="d", began_at=NOW
)


def payloads() -> Iterator[tuple[str, bytes]]:
    given: dict[str, Alert | Digest | Heartbeat] = {
        "the least": an_alert(),
        "everything": FULL,
        "cut": an_alert(a_record(body="Werft.\n\n" * 20_000, title="T" * 5000)),
        "follow-up": replace(FULL, kind="edit", occasion="revision:2", changes=(CHANGE,), follows="alert_first"),
        "digest": a_digest("digest", FULL, replace(FULL, kind="edit")),
        "summary": a_digest("summary", *(an_alert(id=f"alert_{n}") for n in range(400))),
        "heartbeat": HEARTBEAT,
    }
    for number, text in enumerate(HOSTILE):
        given[f"hostile {number}"] = an_alert(
            a_record(title=text, author=text, tags=(text,)), query=text, subscription=text
        )
    for name, owed in given.items():
        yield name, render(owed, now=NOW, language="de").payload
    yield "trouble", message(TROUBLE, zone="Europe/Berlin", language="de").payload
    yield "trouble over", message(replace(TROUBLE, over_at=NOW), zone="Europe/Berlin", language="de").payload
    yield "test", sample("c", token="0" * 16, now=NOW, language="de").message.payload


def a_digest(kind: str, *alerts: Alert) -> Digest:
    return Digest(id="alert_d", kind=kind, subscription="Werften", query="Werft*", alerts=alerts, created_at=NOW)


def closed(schema: Any) -> Any:
    """The schema that takes no field but those that it names."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(one) for name, one in schema.items()}
    return inner | {"unevaluatedProperties": False} if "required" in schema and "properties" in schema else inner


def strict() -> Draft202012Validator:
    """An alert is closed where it stands alone: a follow-up has more."""
    schema = closed(copy.deepcopy(SCHEMA))
    del schema["$defs"]["alert"]["unevaluatedProperties"]
    schema["allOf"][0]["then"]["properties"]["data"]["unevaluatedProperties"] = False
    return Draft202012Validator(schema)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    ("name", "payload"), list(payloads()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_is_posted_fits(name: str, payload: bytes) -> None:
    body = json.loads(payload)
    Draft202012Validator(SCHEMA).validate(body)
    assert list(strict().iter_errors(body)) == [], "a field is missing in docs/webhook.schema.json and docs/webhooks.md"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body.pop("version"),
        lambda body: body.update(type="alert.deleted"),
        lambda body: body.update(version=2),
        lambda body: body.update(test=False),
        lambda body: body["data"].pop("record"),
        lambda body: body["data"]["record"].update(revision=0),
        lambda body: body["data"]["matches"][0].pop("start"),
        lambda body: body.update(timestamp="2025-12-03 15:35"),
    ],
)
def test_the_schema_has_teeth(spoil: Any) -> None:
    body = json.loads(render(FULL, now=NOW, language="de").payload)
    spoil(body)
    assert not Draft202012Validator(SCHEMA).is_valid(body)


def test_receivers_need_not_know_every_field() -> None:
    body = json.loads(render(FULL, now=NOW, language="de").payload)
    body["data"]["something_new"] = {}
    assert Draft202012Validator(SCHEMA).is_valid(body)
    assert not strict().is_valid(body)


def test_the_document_names_every_field() -> None:
    text = (DOCS / "webhooks.md").read_text(encoding="utf-8")
    missing = [name for name in _fields(SCHEMA) if f"`{name}`" not in text]
    assert missing == []


def _fields(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {}) if isinstance(schema.get("properties"), dict) else ()
        for inner in schema.values():
            yield from _fields(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _fields(inner)


def test_the_sample_is_clearly_a_test() -> None:
    first, second = (sample("c", token=token, now=NOW + timedelta(days=1), language="en") for token in ("a", "b"))
    assert first.delivery.id != second.delivery.id
    assert "Test" in first.message.subject
    assert json.loads(first.message.payload)["test"] is True
    assert "test" not in json.loads(render(FULL, now=NOW, language="en").payload)
