"""What docs/webhooks.md tells receivers to do: its programs are run on real requests."""

import re
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.contract.test_channels import OTHER, a_delivery, a_message, a_webhook
from tests.contract.test_channels import _closed_connections as _closed_connections  # noqa: PLC0414 - a fixture
from tests.receiver import SECRET, Receiver, Request

TEXT = (Path(__file__).parents[2] / "docs/webhooks.md").read_text(encoding="utf-8")
Verify = Callable[[str, Request], bool]


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    return found


def in_python(secret: str, request: Request) -> bool:
    names: dict = {}
    exec(block("python"), names)
    return names["is_ours"](secret, request.headers, request.body)


def in_a_shell(secret: str, request: Request) -> bool:
    given = [request.headers[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")]
    done = subprocess.run(["sh", "-c", block("sh"), "is-ours", secret, *given], input=request.body, check=False)
    return done.returncode == 0


def posted(secret: str, ago_s: float = 0) -> Request:
    with Receiver() as receiver:
        a_webhook(receiver.url, secret).send(
            a_delivery(), a_message(), datetime.fromtimestamp(time.time() - ago_s, UTC)
        )
        return receiver.requests[0]


@pytest.mark.parametrize("verify", [in_python, in_a_shell])
def test_the_document_s_programs_know_what_is_ours(verify: Verify) -> None:
    request = posted(SECRET)
    assert verify(SECRET, request)
    assert not verify(OTHER, request)
    for header in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        other = {**request.headers, header: request.headers[header][:-1] + "9"}
        if other != request.headers:
            assert not verify(SECRET, _with(request, other))
    assert not verify(SECRET, posted(SECRET, ago_s=400))
    both = posted(f"{OTHER}\n{SECRET}")
    assert verify(SECRET, both)
    assert verify(OTHER, both)


def _with(request: Request, headers: dict[str, str]) -> Request:
    return Request(method="POST", path="/hook", headers=headers, body=request.body, status=200)
