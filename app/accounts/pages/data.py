"""A copy of one's own data, and leaving for good."""

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.deps import CurrentActor, FormData
from app.accounts.schemas import ErasureForm
from app.core import clock, personal, security
from app.core.errors import Invalid
from app.core.permissions import Actor
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.exports import noted_response
from app.web.idempotent import idempotent
from app.web.policy import signed_in
from app.web.templating import redirect, render

router = APIRouter(prefix="/account/data")
TEMPLATE, PAGE = "accounts/data.html", "/account/data"


def _context(session: Session, actor: Actor) -> dict[str, Any]:
    user_id = service.user_id_of(actor)
    return {
        "session": session,
        "exports": queries.list_exports(session, user_id)[:1],
        "erasure": queries.find_open_erasure(session, user_id),
        "obstacle": service.obstacle(session, user_id),
        "keepers": personal.keepers(),
        "moment": clock.now(),
    }


@router.get("")
@signed_in
def show_data(request: Request, actor: CurrentActor, session: ReadSession) -> Response:
    return render(request, TEMPLATE, _context(session, actor))


@router.post("/exports")
@signed_in
@idempotent
def request_export(
    request: Request, actor: CurrentActor, session: WriteSession, runtime: RuntimeDep
) -> Response:
    runtime.throttle.hit([("5/day", f"personal-export:{actor.user_id}")], message="一天最多要 5 次")
    service.request_export(session, actor)
    return redirect(request, PAGE, flash="正在准备，好了会给您发消息；一般不到一分钟")


@router.get("/exports/{export_id}")
@signed_in
def download_export(
    actor: CurrentActor, session: ReadSession, runtime: RuntimeDep, export_id: uuid.UUID
) -> Response:
    content = service.take_export(session, actor, export_id=export_id)
    session.close()  # the answer notes the download in a transaction of its own
    name = f"本人信息 {clock.today().isoformat()}.zip"
    return noted_response(
        runtime, actor, "accounts.data.downloaded", content, name=name, media_type="application/zip"
    )


@router.post("/erasure")
@signed_in
def request_erasure(
    *,
    request: Request,
    actor: CurrentActor,
    form: FormData,
    reading: ReadSession,
    session: WriteSession,
    runtime: RuntimeDep,
) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, actor)):
        runtime.throttle.hit([("10/hour", f"password:{actor.user_id}")], message="密码试得太频繁")
        data = form.parse(ErasureForm)
        user = queries.get_user(reading, service.user_id_of(actor))
        reading.close()  # what was read stays readable, and no connection is held while hashing
        if not security.verify_password(user.password_hash, data.password):
            raise Invalid({"password": "密码不对；没有设过密码的，请先用「忘记密码」设一个"})
        row = service.request_erasure(session, actor)
    day = clock.cn_datetime(row.due_at)
    return redirect(request, PAGE, flash=f"已收到，{day} 注销；在那之前随时可以撤回", kind="warn")


@router.post("/erasure/cancel")
@signed_in
def cancel_erasure(request: Request, actor: CurrentActor, session: WriteSession) -> Response:
    service.cancel_erasure(session, actor)
    return redirect(request, PAGE, flash="已撤回，账号照常使用")
