"""Readable pages of policies, open to everybody."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from app.accounts.deps import CurrentActor
from app.policies import queries, reading
from app.policies.models import Policy, PolicyLevel
from app.reference.provenance import confidence_text
from app.web.deps import ReadSession
from app.web.policy import public
from app.web.templating import render

router = APIRouter()


@router.get("/policies", response_class=HTMLResponse)
@public
def list_policies(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    level: Annotated[PolicyLevel | None, Query()] = None,
) -> HTMLResponse:
    """Show all policies, newest first, of one level or all."""
    rows = queries.list_policies(session, actor, level=level)
    return render(
        request,
        "policies/list.html",
        {
            "rows": [_row(row) for row in rows],
            "level": level,
            "levels": list(PolicyLevel),
            "session": session,
        },
    )


@router.get("/policies/{slug}", response_class=HTMLResponse)
@public
def show_policy(request: Request, session: ReadSession, actor: CurrentActor, slug: str) -> HTMLResponse:
    """Show one policy with what it gives, asks and aims at, its source and how sure that is."""
    row = queries.get_policy(session, actor, slug)
    return render(
        request,
        "policies/detail.html",
        {
            "policy": row,
            "row": _row(row),
            "sections": reading.sections(row.kind, row.facts),
            "source": reading.source_text(row.source),
            "confidence": confidence_text(row.confidence),
            "session": session,
        },
    )


def _row(row: Policy) -> dict[str, object]:
    return {
        "slug": row.slug,
        "name": row.name,
        "level": row.level.value,
        "kind": row.kind,
        "state": row.state.value,
        "doc_no": reading.clean(row.doc_no) if row.doc_no else None,
        "issuer": row.issuer,
        "date": reading.date_text(row.dated),
        "summary": reading.summary(row.kind, row.facts),
        "unchecked": reading.needs_checking(row.confidence),
    }
