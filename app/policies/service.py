"""Commands on policies: loading the package's, withdrawing and relisting one."""

import json
import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.loaded import Dataset, LoadReport, sync
from app.core.permissions import SYSTEM, Actor, Permission, require
from app.policies import policy as _policy  # noqa: F401  registers the room's rules
from app.policies import queries, reading
from app.policies.models import Policy, PolicyLevel, PolicyState
from app.reference.data import read_text

audit.register_name("policies.data.loaded", "载入政策")
audit.register_name("policies.policy.withdrawn", "撤下政策")
audit.register_name("policies.policy.relisted", "恢复政策")

#: Rows keep their ids across loads and machines: an id is made from the policy's slug.
_NAMESPACE = uuid.UUID("5b0f6d9e-2c57-4f5e-9d3a-7a2f0c9e4d11")
_COLUMNS = frozenset({"id", "name", "doc_no", "issuer", "date", "level", "kind", "source", "confidence"})


def package_rows() -> list[dict[str, Any]]:
    """Return the package's policies as rows of the table."""
    items = json.loads(read_text("policies.json"))["policies"]
    return [_row(item) for item in items]


def _row(item: dict[str, Any]) -> dict[str, Any]:
    slug = item["id"].lower()
    return {
        "id": uuid.uuid5(_NAMESPACE, slug),
        "slug": slug,
        "name": item["name"],
        "doc_no": item.get("doc_no"),
        "issuer": item.get("issuer"),
        "level": PolicyLevel(item["level"]),
        "kind": item["kind"],
        "dated": item.get("date"),
        "issued_on": reading.first_day(item.get("date")),
        "facts": {name: value for name, value in item.items() if name not in _COLUMNS},
        "source": item["source"],
        "confidence": item["confidence"],
    }


def load_policies(session: Session, actor: Actor | None = None) -> LoadReport:
    """Load the package's policies; a second run changes nothing, a withdrawn one stays withdrawn."""
    report = sync(session, Dataset(Policy, ("slug",), package_rows()))
    if report.changed:
        audit.record(
            session,
            actor or SYSTEM,
            "policies.data.loaded",
            kind="policy",
            object_id="package",
            data={"inserted": report.inserted, "updated": report.updated, "kept": report.kept},
        )
    return report


def set_listed(session: Session, actor: Actor, *, slug: str, listed: bool) -> Policy:
    """Withdraw a policy from the public pages and the search, or bring it back."""
    found = queries.get_policy(session, actor, slug)
    require(actor, Permission.policies_policy_edit, found)
    wanted = PolicyState.listed if listed else PolicyState.withdrawn
    if found.state is not wanted:
        found.state = wanted
        found.edited_by, found.edited_at = actor.user_id, clock.now()
        found.version += 1
        name = "policies.policy.relisted" if listed else "policies.policy.withdrawn"
        audit.record(session, actor, name, kind="policy", object_id=found.id, data={"slug": slug})
    return found
