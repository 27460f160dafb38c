"""Personal API tokens: a program's key, for one person and one organisation, with scopes and an end."""

import uuid
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import ApiToken
from app.accounts.service.common import user_id_of
from app.core import audit, clock, messages, security
from app.core.errors import Conflict, Invalid
from app.core.permissions import Actor, require_in_person
from app.core.scopes import SCOPE_LABELS, Scope

PREFIX = "fn_"
MAX_DAYS, MAX_LIVE = 365, 20

audit.register_name("accounts.token.created", "建立接口令牌")
audit.register_name("accounts.token.revoked", "作废接口令牌")
messages.announce(
    "accounts.token.created",
    topic="accounts",
    title="新建了接口令牌",
    text="您的账号新建了一个接口令牌，程序可以用它代表您办事。如果不是您本人建的，请马上作废并改密码。",
    link="/account/tokens",
    action="看看令牌",
)


def make_token(
    session: Session, actor: Actor, *, name: str, scopes: Collection[Scope], days: int
) -> tuple[ApiToken, str]:
    """Make a token that acts as the actor does now, and return it with its text, which is shown this once.

    Raises:
        Forbidden: staff acting for an organisation.
        Conflict: nobody to act for, or 20 tokens in force.
        Invalid: no scope, or more than a year.

    """
    require_in_person(actor, "建立接口令牌")
    user_id = user_id_of(actor)
    if actor.organisation_id is None:
        raise Conflict("令牌代表一家机构办事；请先登记或加入机构")
    if not scopes or not set(scopes) <= set(SCOPE_LABELS):
        raise Invalid({"scopes": "至少选一项，只能从列出的里面选"})
    if not 1 <= days <= MAX_DAYS:
        raise Invalid({"days": f"有效期从 1 天到 {MAX_DAYS} 天"})
    if queries.count_live_api_tokens(session, user_id) >= MAX_LIVE:
        raise Conflict(f"最多同时有 {MAX_LIVE} 个有效令牌；请先作废不用的")
    text = PREFIX + security.new_token()
    moment = clock.now()
    row = ApiToken(
        id=uuid.uuid4(),
        user_id=user_id,
        organisation_id=actor.organisation_id,
        name=name,
        token_hash=security.token_hash(text),
        ending=text[-4:],
        scopes=[scope.value for scope in Scope if scope in set(scopes)],
        created_at=moment,
        expires_at=moment + timedelta(days=days),
    )
    session.add(row)
    audit.record(
        session, actor, "accounts.token.created", kind="token", object_id=row.id, data={"scopes": row.scopes}
    )
    messages.post(
        session, "accounts.token.created", user_id=user_id, dedupe_key=f"accounts.token.created:{row.id}"
    )
    return row, text


def revoke_token(session: Session, actor: Actor, *, token_id: uuid.UUID) -> None:
    """End one's own token; the next request with it is refused. Ending an ended one is no error."""
    require_in_person(actor, "作废接口令牌")
    row = queries.get_api_token(session, user_id_of(actor), token_id)
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        audit.record(session, actor, "accounts.token.revoked", kind="token", object_id=row.id)
