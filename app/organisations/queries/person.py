"""Where a person stands as the contact of an organisation."""

import uuid
from collections.abc import Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.accounts.models import Membership, User
from app.organisations.models import Organisation


def list_with_contact(session: Session, user_id: uuid.UUID) -> Sequence[Organisation]:
    """Return the organisations whose named contact is this person: same number, e-mail, or name of a member."""
    user = session.get(User, user_id)
    if user is None:
        return []
    houses = select(Membership.organisation_id).where(Membership.user_id == user_id)
    same = [and_(Organisation.contact_name == user.name, Organisation.id.in_(houses))]
    if user.mobile:
        same.append(Organisation.contact_mobile == user.mobile)
    if user.email:
        same.append(Organisation.contact_email == user.email)
    return session.scalars(select(Organisation).where(or_(*same)).order_by(Organisation.name)).all()
