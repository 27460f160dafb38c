"""An organisation's webhooks, for its administrators."""

import uuid
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core.errors import EditConflict, FormRejected
from app.core.messages import TOPICS
from app.core.pagination import PageRequest
from app.core.permissions import Actor, Permission
from app.notifications import service
from app.notifications.models import DELIVERY_LABELS
from app.notifications.queries import hooks as queries
from app.notifications.schemas import HookForm
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.idempotent import idempotent
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/organisations/mine/webhooks")
PAGE = "/organisations/mine/webhooks"
MANAGE = Permission.notifications_webhook_manage
TOPIC_CHOICES = [(key, TOPICS[key]) for key in ("needs", "offerings", "deals", "organisations")]
"""What is ever sent to an organisation; the other topics are people's own."""


def _list(session: Session, actor: Actor) -> dict[str, Any]:
    return {
        "session": session,
        "hooks": queries.list_hooks(session, actor),
        "most": service.MOST,
        "topics": TOPIC_CHOICES,
        "topic_labels": TOPICS,
    }


def _detail(session: Session, actor: Actor, hook_id: uuid.UUID, page: int = 1) -> dict[str, Any]:
    hook = queries.get_hook(session, actor, hook_id)
    return {
        "session": session,
        "hook": hook,
        "deliveries": queries.list_deliveries(session, actor, hook_id, PageRequest.of(page)),
        "labels": DELIVERY_LABELS,
        "topics": TOPIC_CHOICES,
        "topic_labels": TOPICS,
        "theirs": None,
        "stored": {"url": hook.url, "topics": hook.topics, "version": hook.version},
    }


@router.get("")
@permission(MANAGE)
def list_hooks(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    return render(request, "notifications/hooks.html", _list(session, actor))


@router.post("")
@permission(MANAGE)
@idempotent
def add_hook(
    *, request: Request, actor: CurrentActor, form: FormData, session: WriteSession, runtime: RuntimeDep
) -> Response:
    """Register one; its secret travels once in the one-time notice's cookie."""
    with form.rejecting("notifications/hooks.html", lambda fresh: _list(fresh, actor)):
        runtime.throttle.hit([("20/hour", f"webhook-added:{actor.organisation_id}")])
        data = form.parse(HookForm)
        row = service.add_hook(session, actor, url=data.url, topics=data.topics)
        session.flush()
        _row, secret = service.make_secret(session, actor, hook_id=row.id)
    return redirect(request, f"{PAGE}/{row.id}", flash=secret, kind="token")


@router.get("/{hook_id}")
@permission(MANAGE)
def show_hook(
    request: Request, session: ReadSession, actor: CurrentActor, hook_id: uuid.UUID, page: int = 1
) -> Response:
    """Show one with its form and the log of calls."""
    context = _detail(session, actor, hook_id, page)
    return render(request, "notifications/hook.html", {**context, "values": context["stored"]})


@router.post("/{hook_id}/edit")
@permission(MANAGE)
def change_hook(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, hook_id: uuid.UUID
) -> Response:
    def again(fresh: Session) -> dict[str, Any]:
        return _detail(fresh, actor, hook_id)

    with form.rejecting("notifications/hook.html", again):
        data = form.parse(HookForm)
        try:
            service.change_hook(
                session, actor, hook_id=hook_id, version=data.version, url=data.url, topics=data.topics
            )
        except EditConflict as error:
            raise _conflict(error, form.data, again) from error
    return redirect(request, f"{PAGE}/{hook_id}", flash="已保存")


def _conflict(
    error: EditConflict, typed: dict[str, Any], again: Callable[[Session], dict[str, Any]]
) -> FormRejected:
    values = {**typed, "version": error.theirs["version"]}
    rejected = FormRejected(
        template="notifications/hook.html",
        context={"build": again, "values": values, "theirs": dict(error.theirs)},
        fields={"form": error.message},
    )
    rejected.status = error.status
    return rejected


@router.post("/{hook_id}/secret")
@permission(MANAGE)
def make_secret(request: Request, session: WriteSession, actor: CurrentActor, hook_id: uuid.UUID) -> Response:
    """Give it a new secret; the old one ends at once."""
    _row, secret = service.make_secret(session, actor, hook_id=hook_id)
    return redirect(request, f"{PAGE}/{hook_id}", flash=secret, kind="token")


@router.post("/{hook_id}/enable")
@permission(MANAGE)
def enable_hook(request: Request, session: WriteSession, actor: CurrentActor, hook_id: uuid.UUID) -> Response:
    service.enable_hook(session, actor, hook_id=hook_id)
    return redirect(request, f"{PAGE}/{hook_id}", flash="已重新启用，新消息会继续推送")


@router.get("/{hook_id}/remove")
@permission(MANAGE)
def ask_remove(request: Request, session: ReadSession, actor: CurrentActor, hook_id: uuid.UUID) -> Response:
    hook = queries.get_hook(session, actor, hook_id)
    context = {
        "title": "删除这个推送地址？",
        "text": f"平台不再把消息推送到 {hook.url}，推送记录一起删除，不能恢复。",
        "action": f"{PAGE}/{hook_id}/remove",
        "fields": {},
        "label": "删除",
        "danger": True,
        "back": f"{PAGE}/{hook_id}",
        "session": session,
    }
    return render(request, "layouts/confirm.html", context)


@router.post("/{hook_id}/remove")
@permission(MANAGE)
def remove_hook(request: Request, session: WriteSession, actor: CurrentActor, hook_id: uuid.UUID) -> Response:
    service.remove_hook(session, actor, hook_id=hook_id)
    return redirect(request, PAGE, flash="推送地址已删除")


@router.post("/deliveries/{delivery_id}/resend")
@permission(MANAGE)
def resend(request: Request, session: WriteSession, actor: CurrentActor, delivery_id: uuid.UUID) -> Response:
    row = service.resend(session, actor, delivery_id=delivery_id)
    return redirect(request, f"{PAGE}/{row.hook_id}", flash="已放回推送队列")
