"""What makes a password good enough, in two profiles that contradict each other (docs/adr). Pure.

`dengbao` (default): at least three classes of characters, 90 days for whoever works for the platform, none
of the last five. `asvs`: no composition rule, no expiry. Both: length first, nothing that is commonly guessed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.accounts import common_passwords
from app.core import clock, security
from app.core.permissions import PLATFORM_ROLES, Actor, Role
from app.core.settings import PasswordProfile

MIN_PASSWORD, MIN_STAFF_PASSWORD, MAX_PASSWORD = 10, 12, 128
CLASSES, REMEMBERED, LIFE = 3, 5, timedelta(days=90)


def least_password(actor: Actor) -> int:
    """Return the shortest password for the actor: whoever works for the platform needs a longer one."""
    return MIN_STAFF_PASSWORD if actor.roles & PLATFORM_ROLES else MIN_PASSWORD


def check_password(password: str, *, minimum: int = MIN_PASSWORD) -> str:
    """Return the password or say why it is too weak (length first, then what is commonly guessed)."""
    if len(password) < minimum:
        raise ValueError(f"密码至少 {minimum} 位，现在 {len(password)} 位；一句自己记得住的话就很好")
    if len(password) > MAX_PASSWORD:
        raise ValueError(f"密码最多 {MAX_PASSWORD} 位")
    if common_passwords.is_common(password):
        raise ValueError("这个密码太常见，别人容易猜到；换一句只有您知道的话")
    return password


def classes(password: str) -> int:
    """Return how many classes stand in it: capitals, small letters, digits, other scripts, everything else."""
    found = set()
    for char in password:
        if char.isdigit():
            found.add("digit")
        elif char.isupper():
            found.add("capital")
        elif char.islower():
            found.add("small")
        elif char.isalpha():
            found.add("script")
        else:
            found.add("sign")
    return len(found)


def check_profile(password: str, profile: PasswordProfile) -> str:
    """Return the password or say which rule of the installation's profile it breaks."""
    if profile is PasswordProfile.dengbao and classes(password) < CLASSES:
        raise ValueError("密码要包含大写字母、小写字母、数字、符号、汉字中的至少三种")
    return password


def check_new(password: str, *, minimum: int, profile: PasswordProfile, earlier: Sequence[str] = ()) -> str:
    """Return a new password if it is good enough here and none of the `earlier` hashes is its own.

    Takes time for each earlier hash: never inside a write transaction.

    Raises:
        ValueError: the reason, with what to do instead.

    """
    check_profile(check_password(password, minimum=minimum), profile)
    if any(security.verify_password(stored, password) for stored in earlier):
        raise ValueError(f"这个密码用过，不能和最近 {REMEMBERED} 个相同")
    return password


def remembered(profile: PasswordProfile) -> int:
    """Return how many earlier passwords may not be taken again."""
    return REMEMBERED if profile is PasswordProfile.dengbao else 0


def is_expired(profile: PasswordProfile, roles: frozenset[Role], changed_at: datetime) -> bool:
    """Return whether somebody with these roles must change a password set then."""
    if profile is not PasswordProfile.dengbao or not roles & PLATFORM_ROLES:
        return False
    return clock.now() - changed_at > LIFE


def hint(profile: PasswordProfile, minimum: int) -> str:
    """Return the line under a field for a new password."""
    if profile is PasswordProfile.dengbao:
        return f"至少 {minimum} 位，大写、小写、数字、符号、汉字里至少有三种。例：三号冲床2026夜班Ok"
    return f"至少 {minimum} 位；一句只有自己知道的话就很好，不必有符号。"
