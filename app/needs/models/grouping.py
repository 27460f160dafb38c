"""Tables of 共性需求: groups of similar needs and the firms that were asked to show themselves in one."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.columns import IdMixin, Json, TimestampMixin, UtcDateTime, enum_column
from app.core.db import Base


class GroupState(StrEnum):
    """`suggested` by the computer, `open` once staff confirmed it; `dismissed` and `closed` are over."""

    suggested = "suggested"
    open = "open"
    dismissed = "dismissed"
    closed = "closed"


class MemberState(StrEnum):
    """Only `joined` firms are ever named to others. `found` ones have not been asked yet."""

    found = "found"
    invited = "invited"
    joined = "joined"
    declined = "declined"
    left = "left"
    removed = "removed"


class NeedGroup(IdMixin, TimestampMixin, Base):
    """Similar needs under one title. `fingerprint` is of the needs it was suggested with: nothing is suggested twice."""

    __tablename__ = "need_groups"
    __table_args__ = (Index(None, "state", "created_at"),)

    state: Mapped[GroupState] = mapped_column(enum_column(GroupState), default=GroupState.suggested)
    title: Mapped[str] = mapped_column(String(60))
    scenario_code: Mapped[str | None] = mapped_column(ForeignKey("scenarios.code"))
    pain_point_code: Mapped[str | None] = mapped_column(String(8))
    words: Mapped[list[str]] = mapped_column(Json, default=list)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    reason: Mapped[str] = mapped_column(String(200), default="")

    members: Mapped[list["NeedGroupMember"]] = relationship(
        back_populates="group", lazy="raise", order_by="NeedGroupMember.need_id"
    )


class NeedGroupMember(IdMixin, Base):
    """One need of a group; `words` are those of the group's words that the need has. A need is in one live group."""

    __tablename__ = "need_group_members"
    __table_args__ = (
        UniqueConstraint("group_id", "need_id"),
        Index(
            "uq_need_group_members_live",
            "need_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(None, "organisation_id"),
    )

    group_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("need_groups.id", ondelete="CASCADE"))
    need_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id", ondelete="RESTRICT"))
    state: Mapped[MemberState] = mapped_column(enum_column(MemberState), default=MemberState.found)
    words: Mapped[list[str]] = mapped_column(Json, default=list)
    invited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    group: Mapped[NeedGroup] = relationship(back_populates="members", lazy="raise")
