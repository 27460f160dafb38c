"""Tables of accounts: people and their sessions."""

from app.accounts.models.people import (
    Membership,
    MembershipState,
    OneTimeToken,
    RoleGrant,
    SignInFailure,
    User,
    UserSession,
    UserState,
)

__all__ = [
    "Membership",
    "MembershipState",
    "OneTimeToken",
    "RoleGrant",
    "SignInFailure",
    "User",
    "UserSession",
    "UserState",
]
