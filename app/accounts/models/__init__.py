"""Tables of accounts: people and their sessions, what they prove themselves with."""

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
from app.accounts.models.privacy import Erasure, PersonalExport
from app.accounts.models.proofs import (
    ExternalIdentity,
    PastPassword,
    ProofCode,
    ProofLink,
    RecoveryCode,
    SignInStep,
    TotpKey,
)
from app.accounts.models.rights import ApiToken, Behalf, Consent, Invitation, InvitationState

__all__ = [
    "ApiToken",
    "Behalf",
    "Consent",
    "Erasure",
    "ExternalIdentity",
    "Invitation",
    "InvitationState",
    "Membership",
    "MembershipState",
    "OneTimeToken",
    "PastPassword",
    "PersonalExport",
    "ProofCode",
    "ProofLink",
    "RecoveryCode",
    "RoleGrant",
    "SignInFailure",
    "SignInStep",
    "TotpKey",
    "User",
    "UserSession",
    "UserState",
]
