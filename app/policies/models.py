"""The table of policies."""

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Date, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import IdMixin, Json, TimestampMixin, VersionMixin, enum_column
from app.core.db import Base
from app.core.loaded import LoadedMixin


class PolicyLevel(StrEnum):
    national = "国家"
    city = "市级"
    district = "区级"


class PolicyState(StrEnum):
    """`listed` is what everybody reads; `withdrawn` is kept for staff and old references."""

    listed = "listed"
    withdrawn = "withdrawn"


class Policy(IdMixin, LoadedMixin, TimestampMixin, VersionMixin, Base):
    """One policy paper. `dated` is the date as the source gives it (`2023-08`), `issued_on` its first day.

    `facts` are the paper's own items (targets, conditions, ratios …) as they were read; the page is made
    from them by `app.policies.reading`.
    """

    __tablename__ = "policies"
    __table_args__ = (Index(None, "state", "level", "issued_on"),)

    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    doc_no: Mapped[str | None] = mapped_column(String(200))
    issuer: Mapped[str | None] = mapped_column(String(200))
    level: Mapped[PolicyLevel] = mapped_column(enum_column(PolicyLevel))
    kind: Mapped[str] = mapped_column(String(60))
    dated: Mapped[str | None] = mapped_column(String(10))
    issued_on: Mapped[date | None] = mapped_column(Date)
    state: Mapped[PolicyState] = mapped_column(enum_column(PolicyState), default=PolicyState.listed)
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
