"""Passwords, random tokens and signatures. Source of the figures: RELIABILITY S1 (OWASP minimum)."""

import hashlib
import hmac
import secrets
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from itsdangerous import BadSignature, URLSafeTimedSerializer

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_gate = BoundedSemaphore(4)  # at most four hashes at once: 76 MiB, no thread starvation
_dummy = _hasher.hash("an account that does not exist takes as long as one that does")


def hash_password(password: str) -> str:
    """Return an argon2id hash (m=19 MiB, t=2, p=1). Never call inside a write transaction."""
    with _gate:
        return _hasher.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Return whether the password fits; without a stored hash it takes the same time and fails."""
    with _gate:
        try:
            return _hasher.verify(stored or _dummy, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def needs_rehash(stored: str) -> bool:
    return _hasher.check_needs_rehash(stored)


def new_token() -> str:
    """Return 256 random bits as URL-safe text."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return what is stored of a random token: its SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


class Signer:
    """Signs small values with the installation's keys (old keys still verify)."""

    def __init__(self, keys: list[str]) -> None:
        self._keys = keys

    def sign(self, purpose: str, value: str) -> str:
        return URLSafeTimedSerializer(self._keys, salt=purpose).dumps(value)

    def read(self, purpose: str, signed: str, *, max_age_s: int) -> str | None:
        """Return the value, or None when forged or too old."""
        try:
            value = URLSafeTimedSerializer(self._keys, salt=purpose).loads(signed, max_age=max_age_s)
        except BadSignature:
            return None
        return value if isinstance(value, str) else None

    def mac(self, purpose: str, value: str) -> str:
        """Return a keyed digest of `value`, for tokens that are compared and never decoded."""
        return hmac.new(self._keys[-1].encode(), f"{purpose}:{value}".encode(), hashlib.sha256).hexdigest()

    def check_mac(self, purpose: str, value: str, digest: str) -> bool:
        """Return whether `digest` was made by one of our keys."""
        return any(
            hmac.compare_digest(
                hmac.new(key.encode(), f"{purpose}:{value}".encode(), hashlib.sha256).hexdigest().encode(),
                digest.encode(),  # as bytes: a stranger's text may hold any character
            )
            for key in self._keys
        )
