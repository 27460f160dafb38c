"""An organisation's webhooks: registered by its administrators, switched off when the other side is gone."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from app.core import audit, clock, messages, parameters, sealing, security
from app.core.db import settings_of
from app.core.errors import Conflict, EditConflict, Invalid
from app.core.messages import TOPICS
from app.core.permissions import Actor, Permission, require
from app.core.settings import Settings
from app.notifications import calling
from app.notifications.models import Delivery, DeliveryState, Hook
from app.notifications.queries import hooks as queries

audit.register_name("notifications.webhook.added", "添加推送地址")
audit.register_name("notifications.webhook.changed", "修改推送地址")
audit.register_name("notifications.webhook.secret_made", "生成推送密钥")
audit.register_name("notifications.webhook.removed", "删除推送地址")
audit.register_name("notifications.webhook.enabled", "重新启用推送地址")
audit.register_name("notifications.webhook.disabled", "停用推送地址")
messages.announce(
    "notifications.webhook.disabled",
    topic="organisations",
    title="推送地址已停用",
    text="平台连续 {days} 天没能把消息送到贵单位的系统，已停止推送；修好后可以重新启用。",
    link="/organisations/mine/webhooks/{hook_id}",
    action="看推送记录",
    admins_only=True,
)
parameters.declare(
    "notifications.webhook.days",
    7,
    "推送连续失败多少天后停用",
    unit="天",
    note="中心规则：没有文件规定；只要有一次送到就重新计算。",
)
PURPOSE = "notifications.webhook"
MOST = 5
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
"""After the n-th failure wait so long; the last try is about 22 hours after the first."""


def add_hook(session: Session, actor: Actor, *, url: str, topics: Sequence[str]) -> Hook:
    """Register an address for some topics; nothing is sent before its secret is made.

    Raises:
        Invalid: the address may not be called, or no topic was chosen.
        Conflict: it is registered already, or there are five.

    """
    require(actor, Permission.notifications_webhook_manage)
    _check(session, url, topics)
    if queries.find_by_url(session, actor, url) is not None:
        raise Conflict("这个网址已经登记过")
    if queries.count_hooks(session, actor) >= MOST:
        raise Conflict(f"最多登记 {MOST} 个推送地址")
    row = Hook(
        id=uuid.uuid4(),
        organisation_id=actor.organisation_id,
        url=url,
        topics=sorted(set(topics)),
        secret="",
        created_by=actor.user_id,
    )
    session.add(row)
    _note(session, actor, "added", row, topics=row.topics)
    return row


def change_hook(
    session: Session, actor: Actor, *, hook_id: uuid.UUID, version: int, url: str, topics: Sequence[str]
) -> Hook:
    """Change address and topics.

    Raises:
        EditConflict: somebody changed it since `version`.
        Invalid: as in `add_hook`.

    """
    row = _get(session, actor, hook_id)
    if row.version != version:
        raise EditConflict(
            yours={"url": url, "topics": list(topics)},
            theirs={"url": row.url, "topics": row.topics, "version": row.version},
        )
    _check(session, url, topics)
    other = queries.find_by_url(session, actor, url)
    if other is not None and other.id != row.id:
        raise Conflict("这个网址已经登记过")
    row.url, row.topics, row.version = url, sorted(set(topics)), row.version + 1
    _note(session, actor, "changed", row, topics=row.topics)
    return row


def make_secret(session: Session, actor: Actor, *, hook_id: uuid.UUID) -> tuple[Hook, str]:
    """Give the webhook a new secret and return it, the only time it is readable; the old one ends at once."""
    row = _get(session, actor, hook_id)
    secret = f"fnsec_{security.new_token()}"
    row.secret = sealing.seal(settings_of(session), PURPOSE, secret)
    _note(session, actor, "secret_made", row)
    return row, secret


def remove_hook(session: Session, actor: Actor, *, hook_id: uuid.UUID) -> None:
    """Delete a webhook with its log."""
    row = _get(session, actor, hook_id)
    _note(session, actor, "removed", row)
    session.delete(row)


def enable_hook(session: Session, actor: Actor, *, hook_id: uuid.UUID) -> Hook:
    """Switch a disabled webhook on again; what failed meanwhile can be sent again one by one."""
    row = _get(session, actor, hook_id)
    if row.disabled_at is not None:
        row.disabled_at, row.failing_since, row.disabled_why = None, None, ""
        _note(session, actor, "enabled", row)
    return row


def resend(session: Session, actor: Actor, *, delivery_id: uuid.UUID) -> Delivery:
    """Put a finished call back into the queue.

    Raises:
        Conflict: it still waits for its next try, or its webhook is switched off.

    """
    require(actor, Permission.notifications_webhook_manage)
    row = queries.get_delivery(session, actor, delivery_id)
    hook = queries.get_hook(session, actor, row.hook_id)
    if row.state is DeliveryState.waiting:
        raise Conflict("这一条还在自动重试，不必重发")
    if hook.disabled_at is not None:
        raise Conflict("这个推送地址已停用，请先重新启用")
    row.state, row.attempts, row.next_at, row.finished_at = DeliveryState.waiting, 0, clock.now(), None
    return row


def open_secret(settings: Settings, hook: Hook) -> str | None:
    """Return the secret to sign with; None when there is none or its key is gone."""
    return sealing.unseal(settings, PURPOSE, hook.secret) if hook.secret else None


def note_answer(session: Session, actor: Actor, *, delivery_id: uuid.UUID, answer: calling.Answer) -> None:
    """Keep what a call brought: done, a later try, or given up; a webhook that fails for days is switched off."""
    row = session.get(Delivery, delivery_id)
    if row is None:
        return
    hook = queries.find_hook(session, row.hook_id)
    assert hook is not None  # the log goes with its webhook
    moment = clock.now()
    row.attempts, row.status, row.error, row.claimed_until = (
        row.attempts + 1,
        answer.status,
        answer.error,
        None,
    )
    if answer.good:
        row.state, row.finished_at, hook.failing_since = DeliveryState.delivered, moment, None
        return
    hook.failing_since = hook.failing_since or moment
    if row.attempts > len(PAUSES):
        row.state, row.finished_at = DeliveryState.failed, moment
    else:
        row.next_at = moment + PAUSES[row.attempts - 1]
    days = int(parameters.value(session, "notifications.webhook.days"))
    if hook.disabled_at is None and moment - hook.failing_since >= timedelta(days=days):
        _disable(session, actor, hook, days)


def _disable(session: Session, actor: Actor, hook: Hook, days: int) -> None:
    hook.disabled_at, hook.disabled_why = clock.now(), "failing"
    _note(session, actor, "disabled", hook, days=days)
    messages.post(
        session,
        "notifications.webhook.disabled",
        organisation_id=hook.organisation_id,
        payload={"hook_id": str(hook.id), "days": days},
        dedupe_key=f"notifications.webhook.disabled:{hook.id}:{hook.disabled_at.isoformat()}",
    )


def _check(session: Session, url: str, topics: Sequence[str]) -> None:
    found: dict[str, str] = {}
    try:
        calling.parse(url, settings_of(session).hooks)
    except calling.UnsafeAddress as error:
        found["url"] = str(error)
    if not topics:
        found["topics"] = "请至少选一类消息"
    elif any(topic not in TOPICS for topic in topics):
        found["topics"] = "请从列出的选项中选"
    if found:
        raise Invalid(found)


def _get(session: Session, actor: Actor, hook_id: uuid.UUID) -> Hook:
    row = queries.get_hook(session, actor, hook_id)
    require(actor, Permission.notifications_webhook_manage, row)
    return row


def _note(session: Session, actor: Actor, verb: str, hook: Hook, **data: object) -> None:
    audit.record(
        session, actor, f"notifications.webhook.{verb}", kind="webhook", object_id=hook.id, data=dict(data)
    )
