"""How one is told, and the links in mails that end them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.deps import CurrentActor, FormData
from app.core import outgoing
from app.core.errors import NotFound
from app.core.messages import TOPICS, announced
from app.core.outgoing import Channel
from app.core.permissions import Actor
from app.core.settings import Settings
from app.notifications import service
from app.notifications.models import PACE_LABELS
from app.notifications.queries import notices as queries
from app.notifications.schemas import PreferencesForm
from app.notifications.service.letters import read_unsubscribe
from app.notifications.service.preferences import DIGEST, FIXED, pace_of
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.policy import public, public_api, signed_in
from app.web.templating import redirect, render

router = APIRouter()
PAGE, TEMPLATE = "/notices/preferences", "notifications/preferences.html"
EXPIRED = "这个退订链接已失效，请登录后在通知设置里改"


def _context(session: Session, actor: Actor, settings: Settings) -> dict[str, Any]:
    assert actor.user_id is not None  # the route asked for a sign-in
    user = accounts.get_user(session, actor.user_id)
    chosen = queries.list_preferences(session, actor.user_id)
    urgent = {item.topic for item in announced() if item.urgent}
    return {
        "session": session,
        "user": user,
        "sms_there": Channel.sms in outgoing.available(settings),
        "mail_there": Channel.mail in outgoing.available(settings),
        "paces": [(pace.value, label) for pace, label in PACE_LABELS.items()],
        "topics": [
            {
                "key": topic,
                "label": label,
                "fixed": topic in FIXED,
                "urgent": topic in urgent,
                "pace": pace_of(chosen.get(topic), topic).value,
                "sms": topic in chosen and chosen[topic].sms,
            }
            for topic, label in TOPICS.items()
            if topic != "desk" or actor.is_staff
        ],
    }


@router.get(PAGE)
@signed_in
def show_preferences(
    request: Request, session: ReadSession, actor: CurrentActor, runtime: RuntimeDep
) -> Response:
    """Show for each topic how it is mailed and whether urgent ones go out as an SMS."""
    return render(request, TEMPLATE, _context(session, actor, runtime.settings))


@router.post(PAGE)
@signed_in
def save_preferences(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, runtime: RuntimeDep
) -> Response:
    settings = runtime.settings
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, actor, settings)):
        data = form.parse(PreferencesForm)
        service.save_preferences(session, actor, mail=data.mail, sms=frozenset(data.sms))
    return redirect(request, PAGE, flash="通知设置已保存")


@router.get("/unsubscribe")
@public
def ask_unsubscribe(
    request: Request, runtime: RuntimeDep, token: Annotated[str, Query(max_length=400)] = ""
) -> Response:
    """Ask once before ending such mails: programs that open links beforehand must not end them."""
    found = read_unsubscribe(runtime.settings, token)
    if found is None:
        raise NotFound(EXPIRED)
    topic = found[1]
    context = {"token": token, "label": TOPICS.get(topic, "每天一封"), "is_digest": topic == DIGEST}
    return render(request, "notifications/unsubscribe.html", context)


@router.post("/unsubscribe")
@public
def unsubscribe(request: Request, form: FormData, runtime: RuntimeDep, session: WriteSession) -> Response:
    _end(session, runtime.settings, form.text("token"))
    return redirect(request, "/", flash="已退订这类邮件；站内通知照常，登录后可以再改")


@router.post("/unsubscribe/one-click")
@public_api
def unsubscribe_at_once(
    runtime: RuntimeDep, session: WriteSession, token: Annotated[str, Query(max_length=400)] = ""
) -> Response:
    """Do it for a mail program (RFC 8058): the signed link is the proof."""
    _end(session, runtime.settings, token)
    return Response(status_code=200)


def _end(session: Session, settings: Settings, token: str) -> None:
    found = read_unsubscribe(settings, token)
    if found is None:
        raise NotFound(EXPIRED)
    service.unsubscribe(session, user_id=found[0], topic=found[1])
