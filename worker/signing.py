"""Standard Webhooks 1.0: what a secret looks like, and how a message is signed with it.

Source: https://github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
"""

import base64
import binascii
import hmac

_PREFIX = "whsec_"
_KEY_BYTES = range(24, 64 + 1)
KEYS_MOST = 4  # in use at once


def secret_keys(secret: str) -> tuple[bytes, ...]:
    """The keys in a secret, for signing.

    Raises: ValueError in plain words, without the secret itself.
    """
    parts = secret.split()
    if not parts:
        raise ValueError(f'the webhook secret is empty; it is "{_PREFIX}" and 24 to 64 random bytes in base64')
    if len(parts) > KEYS_MOST:
        raise ValueError(f"the webhook secret holds {len(parts)} secrets; at most {KEYS_MOST} can be in use at once")
    return tuple(_key(part) for part in parts)


def written(key: bytes) -> str:
    """A key as the secret that both sides keep. Raises: ValueError for a key of the wrong length."""
    secret = _PREFIX + base64.b64encode(key).decode()
    _key(secret)
    return secret


def _key(part: str) -> bytes:
    if not part.startswith(_PREFIX):
        raise ValueError(f'the webhook secret does not begin with "{_PREFIX}"')
    try:
        key = base64.b64decode(part.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        # The cause would show the secret in a traceback.
        raise ValueError(f'the webhook secret is not base64 after "{_PREFIX}"') from None
    if len(key) not in _KEY_BYTES:
        raise ValueError(f"the webhook secret has {len(key)} bytes; 24 to 64 are needed")
    return key


def signed_headers(webhook_id: str, timestamp: int, body: bytes, keys: tuple[bytes, ...]) -> dict[str, str]:
    """The headers that carry id, time (Unix seconds) and one signature a key over both and the body."""
    signed = b".".join((webhook_id.encode(), str(timestamp).encode(), body))
    return {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{_signature(key, signed)}" for key in keys),
    }


def _signature(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
