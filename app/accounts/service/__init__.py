"""Commands of accounts by step of an account's life; each part says what it does."""

from app.accounts.service.common import user_id_of
from app.accounts.service.failures import (
    FAILURES,
    FIRST_LOCK,
    LONGEST_LOCK,
    WINDOW,
    WRONG,
    check_lock,
    note_failure,
)
from app.accounts.service.memberships import (
    add_membership,
    decide_membership,
    end_membership,
    set_membership_role,
)
from app.accounts.service.passwords import change_password
from app.accounts.service.registering import (
    FIRST_ADMIN,
    make_first_admin_token,
    register_user,
    use_first_admin_token,
)
from app.accounts.service.roles import grant_role, revoke_role, set_user_state
from app.accounts.service.sessions import (
    act_for,
    adopt_organisation,
    end_other_sessions,
    end_session,
    start_session,
)

__all__ = [
    "FAILURES",
    "FIRST_ADMIN",
    "FIRST_LOCK",
    "LONGEST_LOCK",
    "WINDOW",
    "WRONG",
    "act_for",
    "add_membership",
    "adopt_organisation",
    "change_password",
    "check_lock",
    "decide_membership",
    "end_membership",
    "end_other_sessions",
    "end_session",
    "grant_role",
    "make_first_admin_token",
    "note_failure",
    "register_user",
    "revoke_role",
    "set_membership_role",
    "set_user_state",
    "start_session",
    "use_first_admin_token",
    "user_id_of",
]
