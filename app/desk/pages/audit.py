"""The auditor's further routes beside /admin/audit: taking the records away, checking the chain."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.accounts import queries as accounts
from app.accounts.deps import CurrentActor
from app.core import audit
from app.core.pagination import PageRequest
from app.core.permissions import Permission
from app.core.sheets import Column
from app.desk.service import auditing
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.exports import sheet_response
from app.web.policy import permission
from app.web.templating import redirect

router = APIRouter(prefix="/admin/audit")
READ = Permission.accounts_audit_read
EXPORTED = 20_000
Text = Annotated[str, Query(max_length=80)]


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1 < found.year < 9999 else None


@router.get("/export.xlsx")
@permission(READ)
def export(
    *,
    request: Request,
    session: ReadSession,
    runtime: RuntimeDep,
    actor: CurrentActor,
    name: Text = "",
    who: Text = "",
    object_id: Annotated[str, Query(alias="object", max_length=64)] = "",
    since: Annotated[str, Query(alias="from", max_length=10)] = "",
    until: Annotated[str, Query(alias="to", max_length=10)] = "",
) -> Response:
    """The records that the page shows, without its pages: at most 20,000, the latest ones."""
    wanted = accounts.AuditFilter(
        name=name, who=who, object_id=object_id, since=_day(since), until=_day(until)
    )
    found = accounts.list_audit(session, wanted, PageRequest.of(1, EXPORTED))
    people = accounts.user_names(session, [row.actor_user_id for row in found.items if row.actor_user_id])
    texts = audit.names()
    columns = [
        Column("编号", "id", "number", 10),
        Column("时间", "at", "datetime", 18),
        Column("做了什么", lambda row: texts.get(row.name, row.name), width=24),
        Column("代号", "name", width=32),
        Column(
            "谁",
            lambda row: people.get(row.actor_user_id, "已注销用户") if row.actor_user_id else "系统或访客",
        ),
        Column("账号编号", lambda row: str(row.actor_user_id or ""), width=38),
        Column("对象", "kind"),
        Column("对象编号", "object_id", width=38),
        Column("请求编号", lambda row: row.request_id or "", width=34),
        Column("细节", lambda row: "；".join(f"{key}={value}" for key, value in row.data.items()), width=60),
    ]
    return sheet_response(
        request, runtime, actor, name="accounts.audit", title="审计记录", columns=columns, rows=found.items
    )


@router.post("/verify")
@permission(READ)
def verify(request: Request, session: WriteSession, actor: CurrentActor) -> Response:
    auditing.order_verification(session, actor)
    return redirect(request, "/admin/audit", flash="已排队核对，过一会儿刷新看结果")
