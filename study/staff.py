"""Study staff: who receives concerns, in which role, at which site."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from study.db.base import Base
from study.participants import Chat


class StaffMember(Base):
    """One member of staff. The name is sealed; `name_hash` finds it."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    name_hash: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    site: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    reachable: Mapped[bool] = mapped_column(default=True)
    key_id: Mapped[int] = mapped_column(ForeignKey("data_key.id"))
    created_at: Mapped[datetime]


def on_call(session: Session, site: str, roles: list[str]) -> list[tuple[StaffMember, Chat]]:
    """Active staff of a site in the given roles whom a message can reach, each with their chat."""
    rows = session.execute(
        select(StaffMember, Chat)
        .join(Chat, Chat.staff_id == StaffMember.id)
        .where(
            StaffMember.site == site,
            StaffMember.role.in_(roles),
            StaffMember.active,
            StaffMember.reachable,
            Chat.closed_at.is_(None),
        )
        .order_by(StaffMember.id)
    )
    return [(member, chat) for member, chat in rows]
