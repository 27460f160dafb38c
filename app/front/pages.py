from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core.pagination import PageRequest
from app.core.permissions import Actor
from app.core.runtime import Runtime
from app.front import cases, queries, service
from app.matching import finding
from app.matching.schemas import LIMITS, read_ask
from app.web.deps import ReadSession, RuntimeDep
from app.web.limits import per_address
from app.web.policy import beforehand, public, signed_in
from app.web.templating import is_fragment, redirect, render

router = APIRouter()


def _home(
    session: Session, runtime: Runtime, actor: Actor, *, text: str, answer: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "session": session,
        "text": text,
        "answer": answer,
        "examples": service.EXAMPLES,
        "groups": queries.list_scenario_groups(session, service.scenario_counts(runtime)),
        "figures": queries.list_figures(session, actor),
    }


@router.get("/")
@public
def home(request: Request, session: ReadSession, runtime: RuntimeDep, actor: CurrentActor) -> Response:
    """Show the one box, the scenarios and what the platform holds."""
    return render(request, "front/home.html", _home(session, runtime, actor, text="", answer=None))


@router.get("/match")
@public
def match_page(request: Request) -> Response:
    """Where an address copied from the answer leads: the sentence is not in it."""
    return redirect(request, "/")


@router.post("/match")
@public
def match(
    request: Request, form: FormData, session: ReadSession, runtime: RuntimeDep, actor: CurrentActor
) -> Response:
    """Answer a sentence with a ranked, explained list; nothing of it is stored or logged."""
    per_address(request, runtime, "match", *LIMITS)
    ask = service.with_example(read_ask(form.pairs), form.pairs)
    answer = finding.ask_answer(session, runtime.engine, actor, ask=ask, need_href="/needs/start")
    context = (
        _home(session, runtime, actor, text=ask.text, answer=answer)
        if not is_fragment(request)
        else {"answer": answer}
    )
    return render(request, "front/home.html", context, fragment="matching/_answer.html")


@router.get("/suppliers")
@public
def suppliers(
    request: Request, session: ReadSession, page: Annotated[int, Query(ge=1, le=500)] = 1
) -> Response:
    """Show the verified organisations that have something listed."""
    context = {
        "found": queries.list_suppliers(session, PageRequest.of(page, 50)),
        "district_names": queries.district_names(session),
    }
    return render(request, "front/suppliers.html", context)


@router.get("/workspace")
@signed_in
def workspace(request: Request, session: ReadSession) -> Response:
    """Show the signed-in person what is theirs and what comes next."""
    return render(request, "front/workspace.html", {"session": session})


@router.get("/cases/{number}")
@signed_in
def case(request: Request, session: ReadSession, actor: CurrentActor, number: str) -> Response:
    """Show a case to its owner, the vendors in it and staff."""
    return render(request, "front/case.html", cases.load(session, actor, number))


@router.get("/terms")
@beforehand
@public
def terms(request: Request) -> Response:
    return render(request, "front/terms.html")


@router.get("/privacy")
@beforehand
@public
def privacy(request: Request) -> Response:
    return render(request, "front/privacy.html")
