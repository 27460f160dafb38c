"""The page of a need, masked by its confidentiality, and what others do on it: asking, answering, voting."""

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core.errors import NotFound
from app.core.permissions import Actor, Permission
from app.needs import case_number as numbers
from app.needs import jobs, policy, queries, seen, service
from app.needs.models import Need, NeedState
from app.needs.pages.detail import detail
from app.needs.schemas import AnswerForm, HideForm, QuestionForm, VoteForm
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.idempotent import idempotent
from app.web.limits import address_of
from app.web.policy import permission, public
from app.web.templating import redirect, render

router = APIRouter(prefix="/needs")
TEMPLATE = "needs/detail.html"


def _find(session: Session, actor: Actor, case_number: str) -> Need:
    try:
        number = str(numbers.parse(case_number))
    except ValueError as error:
        raise NotFound(str(error)) from error
    return queries.get_by_case_number(session, actor, number)


def _again(actor: Actor, case_number: str, opened: uuid.UUID | str = "") -> Any:
    def build(fresh: Session) -> dict[str, Any]:
        return {**detail(fresh, actor, _find(fresh, actor, case_number)), "opened": str(opened)}

    return build


@router.get("/{case_number}")
@public
def show_need(
    request: Request, session: ReadSession, actor: CurrentActor, runtime: RuntimeDep, case_number: str
) -> Response:
    """Show a need to whoever may see it; a case number typed otherwise leads to its own address."""
    need = _find(session, actor, case_number)
    if need.case_number != case_number:
        return redirect(request, f"/needs/{need.case_number}")
    _count(request, runtime, actor, need)
    return render(request, TEMPLATE, {**detail(session, actor, need), "opened": ""})


def _count(request: Request, runtime: RuntimeDep, actor: Actor, need: Need) -> None:
    """Count others' views of a published need; machines, the firm itself and the centre do not count."""
    agent = request.headers.get("user-agent", "")
    if need.state is not NeedState.published or policy.can_read_whole(actor, need) or seen.is_machine(agent):
        return
    if "prefetch" in request.headers.get("sec-purpose", ""):
        return
    jobs.seen_buffer(runtime).add(need.id, seen.viewer_of(actor, address_of(request), agent))
    jobs.flush_when_due(runtime)


@router.post("/{case_number}/questions")
@permission(Permission.needs_question_ask)
@idempotent
def ask(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, case_number: str
) -> Response:
    """Ask in public under the need."""
    need = _find(session, actor, case_number)
    with form.rejecting(TEMPLATE, _again(actor, case_number)):
        data = form.parse(QuestionForm)
        service.ask_question(session, actor, need_id=need.id, text=data.text)
    return redirect(
        request, f"/needs/{need.case_number}#questions", flash="已提问，别人看不到是谁问的；答复了通知您"
    )


@router.post("/{case_number}/questions/{question_id}/answer")
@permission(Permission.needs_question_answer)
def answer(
    *,
    request: Request,
    actor: CurrentActor,
    form: FormData,
    session: WriteSession,
    case_number: str,
    question_id: uuid.UUID,
) -> Response:
    """Answer a question once for everybody."""
    need = _find(session, actor, case_number)
    with form.rejecting(TEMPLATE, _again(actor, case_number, question_id)):
        data = form.parse(AnswerForm)
        service.answer_question(
            session, actor, need_id=need.id, question_id=question_id, version=data.version, text=data.answer
        )
    return redirect(request, f"/needs/{need.case_number}#questions", flash="已答复，看得到需求的人都能看到")


@router.post("/{case_number}/questions/{question_id}/hide")
@permission(Permission.needs_question_hide)
def hide(
    *,
    request: Request,
    actor: CurrentActor,
    form: FormData,
    session: WriteSession,
    case_number: str,
    question_id: uuid.UUID,
) -> Response:
    """Take a question off the page, with a reason."""
    need = _find(session, actor, case_number)
    with form.rejecting(TEMPLATE, _again(actor, case_number, question_id)):
        data = form.parse(HideForm)
        service.hide_question(
            session, actor, need_id=need.id, question_id=question_id, version=data.version, reason=data.reason
        )
    return redirect(request, f"/needs/{need.case_number}#questions", flash="已隐藏，理由发给了提问的单位")


@router.post("/{case_number}/vote")
@permission(Permission.needs_vote_cast)
def vote(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, case_number: str
) -> Response:
    """Say whether one understands the need, and where not."""
    need = _find(session, actor, case_number)
    with form.rejecting(TEMPLATE, _again(actor, case_number)):
        data = form.parse(VoteForm)
        service.cast_vote(
            session, actor, need_id=need.id, clear=data.clear == "yes", lines=data.lines, text=data.remark
        )
    return redirect(request, f"/needs/{need.case_number}#votes", flash="记下了，企业看不到是谁说的")
