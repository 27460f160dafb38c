"""What one person wrote, for the copy of their data."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.offerings.models import Offering, OfferingReport


def list_created_by(session: Session, user_id: uuid.UUID) -> Sequence[Offering]:
    """Return the offerings that a person entered, oldest first."""
    return session.scalars(
        select(Offering).where(Offering.created_by == user_id).order_by(Offering.created_at, Offering.id)
    ).all()


def list_reported_by(session: Session, user_id: uuid.UUID) -> Sequence[OfferingReport]:
    """Return the reports that a person sent in, oldest first."""
    return session.scalars(
        select(OfferingReport)
        .where(OfferingReport.reporter_id == user_id)
        .order_by(OfferingReport.created_at, OfferingReport.id)
    ).all()
