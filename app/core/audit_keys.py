"""How an audit row and its place in the chain are signed (RELIABILITY S9).

The key is derived from the installation's secret, so rotating that rotates this one; rows signed with an old key still
verify while it stands in `old_secret_keys`. The algorithm's name stands in every link, so that `hmac-sm3` can follow.
A keyed digest stops everybody who can write to the database but lacks the key. It does not stop somebody who has
both: for that the daily head goes to another system (`audit_chain.anchor`).
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.core.settings import Settings

ALGORITHM = "hmac-sha256"
START = "0" * 64
"""What the first link of the chain is hashed with."""
_PURPOSE = b"funeng audit chain, version 1"


def keys(settings: Settings) -> dict[str, bytes]:
    """Return key id → key, oldest first, the one that signs last. An id tells keys apart and reveals nothing."""
    derived = [hmac.new(key.encode(), _PURPOSE, hashlib.sha256).digest() for key in settings.signing_keys()]
    return {hashlib.sha256(key).hexdigest()[:12]: key for key in derived}


def current(settings: Settings) -> tuple[str, bytes]:
    return list(keys(settings).items())[-1]


def new_nonce() -> str:
    """Return what makes two rows with equal contents differ, so that a copied row is found."""
    return secrets.token_hex(12)


def canonical(row: Any) -> bytes:
    """Return the one byte form of an audit row's facts, the same whichever database it was read from."""
    at: datetime = row.at
    facts = {
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "name": row.name,
        "user": str(row.actor_user_id or ""),
        "organisation": str(row.actor_organisation_id or ""),
        "kind": row.kind,
        "object": row.object_id,
        "request": row.request_id or "",
        "data": _plain(row.data),
        "nonce": row.nonce or "",
    }
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    """Write numbers as text: a database may give 1e22 back as an integer."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return f"number {int(value)}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"number {value!r}"
    return value


def mac_of(key: bytes, row: Any) -> str:
    """Return the keyed digest that shows that the platform itself wrote this row."""
    return hmac.new(key, b"row:" + canonical(row), hashlib.sha256).hexdigest()


def is_ours(known: Mapping[str, bytes], row: Any) -> bool:
    """Return whether one of our keys signed the row."""
    return row.mac is not None and any(
        hmac.compare_digest(mac_of(key, row), row.mac) for key in reversed(list(known.values()))
    )


def link(key: bytes, previous: str, position: int, row: Any) -> str:
    """Return the hash of the row's place in the chain: over the hash before it, its position, its id and itself."""
    head = f"link:{previous}:{position}:{row.id}:{row.mac or ''}:".encode()
    return hmac.new(key, head + canonical(row), hashlib.sha256).hexdigest()
