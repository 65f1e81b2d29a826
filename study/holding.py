"""While thoughts of suicide are with the staff, nothing cheerful goes out: no lesson, no reminder, no "have a good
evening"."""

from __future__ import annotations

from sqlalchemy import select

from study.concerns import Concern, ConcernKind, ConcernState
from study.participants import Participant
from study.work import Work

HOLDING_FLAG = "suicidal_thoughts"


def is_held(work: Work, participant: Participant) -> bool:
    """Whether a concern of this person about thoughts of suicide is not resolved yet."""
    open_ones = work.session.scalars(
        select(Concern).where(
            Concern.participant_id == participant.id,
            Concern.kind == ConcernKind.RED_FLAG,
            Concern.state != ConcernState.RESOLVED,
        )
    )
    return any(HOLDING_FLAG in concern.flags for concern in open_ones)
