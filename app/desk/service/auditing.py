"""Checking the audit trail: ordered by the auditor, or by the night."""

from typing import Any

from sqlalchemy.orm import Session

from app.core import audit, messages
from app.core.audit_chain import Report
from app.core.jobs import Job, enqueue
from app.core.permissions import Actor, Permission, Role, require

VERIFY = "desk.audit.verify"
audit.register_name("desk.audit.verification_ordered", "下令核对审计记录")
messages.announce(
    "desk.audit.broken",
    topic="accounts",
    title="审计记录核对不上",
    text="核对 {rows} 条审计记录，有 {broken} 处不对，请马上查看。",
    link="/admin/audit",
    urgent=True,
)


def order_verification(session: Session, actor: Actor) -> Job:
    """Queue a check of every row; one waits at most."""
    require(actor, Permission.accounts_audit_read)
    row = enqueue(session, VERIFY, key=VERIFY)
    audit.record(session, actor, "desk.audit.verification_ordered", kind="job", object_id=row.id)
    return row


def tell(session: Session, report: Report, *, run: str) -> None:
    """Tell every auditor that the trail is not as it was written."""
    messages.post(
        session,
        "desk.audit.broken",
        dedupe_key=f"audit-broken:{run}",
        role=Role.auditor,
        payload={"rows": report.rows, "broken": report.broken},
    )


def figures(report: Report) -> dict[str, Any]:
    """Return what the auditor's page shows of a check."""
    return {
        "rows": report.rows,
        "linked": report.linked,
        "anchors": report.anchors,
        "broken": report.broken,
        "problems": report.problems[:20],
    }
