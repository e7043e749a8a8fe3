"""Ids of what is owed and sent: they follow from what it is, so that whoever makes it again makes the same."""

import base64
import hashlib


def stable_id(prefix: str, *parts: str) -> str:
    """The same errand has the same id, whoever makes it and however often."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return f"{prefix}_{base64.b32encode(digest).decode().lower()[:26]}"
