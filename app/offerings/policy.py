"""Who may do what with offerings."""

from typing import Any

from app.core.permissions import ORGANISATION_ROLES, Actor, Permission, Role, register

SELLING = frozenset({"vendor", "institution"})


def _acts_for(actor: Actor, offering: Any) -> bool:
    return (
        actor.organisation_id is not None
        and bool(actor.roles & ORGANISATION_ROLES)
        and (offering is None or bool(offering.organisation_id == actor.organisation_id))
    )


@register(Permission.offerings_offering_create)
def can_create(actor: Actor, obj: Any) -> bool:
    """Members of an organisation that is a vendor or a third-party institution."""
    del obj
    return _acts_for(actor, None) and bool(actor.capacities & SELLING)


@register(Permission.offerings_offering_edit)
def can_edit(actor: Actor, offering: Any) -> bool:
    """Members of the organisation that offers it."""
    return _acts_for(actor, offering)


@register(Permission.offerings_offering_submit)
def can_submit(actor: Actor, offering: Any) -> bool:
    """Members of the organisation that offers it; whether it is verified is a gap that submitting names."""
    return _acts_for(actor, offering)


@register(Permission.offerings_offering_review)
def can_review(actor: Actor, offering: Any) -> bool:
    """The centre's reviewers; nobody decides on what his own organisation offers."""
    if not actor.has(Role.reviewer):
        return False
    return offering is None or bool(offering.organisation_id != actor.organisation_id)


@register(Permission.offerings_report_create)
def can_report(actor: Actor, offering: Any) -> bool:
    """Anyone signed in, except the organisation itself."""
    if not actor.signed_in:
        return False
    return offering is None or bool(offering.organisation_id != actor.organisation_id)


@register(Permission.offerings_report_resolve)
def can_resolve_report(actor: Actor, report: Any) -> bool:
    """The centre's staff; nobody resolves his own report."""
    return actor.is_staff and (report is None or bool(report.reporter_id != actor.user_id))
