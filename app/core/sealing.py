"""Short secrets at rest: texts that must be read again, encrypted with the installation's keys."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from app.core.settings import Settings


def _box(settings: Settings, purpose: str) -> MultiFernet:
    # newest first: it seals, every older one still opens
    keys = [
        hmac.new(key.encode(), f"seal:{purpose}".encode(), hashlib.sha256).digest()
        for key in reversed(settings.signing_keys())
    ]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


def seal(settings: Settings, purpose: str, text: str) -> str:
    """Return `text` encrypted under a key of its own for `purpose` (`room.what`)."""
    return _box(settings, purpose).encrypt(text.encode()).decode()


def unseal(settings: Settings, purpose: str, sealed: str) -> str | None:
    """Return the text, or None when it was sealed with a key that is gone or for another purpose."""
    try:
        return _box(settings, purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None
