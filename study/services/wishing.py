"""A wish to stop something: written down as it was said, and given to people."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from study.concerns import Concern, ConcernKind
from study.participants import Participant
from study.protocol import Severity
from study.services.concerning import raise_concern
from study.wishes import Scope, Wish
from study.work import Work


def wish(
    work: Work,
    participant: Participant,
    scopes: Sequence[Scope],
    severity: Severity = Severity.ROUTINE,
    also: Sequence[str] = (),
) -> Concern:
    """Staff know of it in this transaction, and each scope is a row; the same one again, while nobody has taken the
    concern, is none. `also` are codes of what else the message told, for whoever calls them."""
    about = [*(scope.value for scope in scopes), *also]
    concern = raise_concern(work, participant, ConcernKind.WISH, severity, details={"about": about})
    for scope in scopes:
        known = select(Wish.id).where(
            Wish.participant_id == participant.id, Wish.concern_id == concern.id, Wish.scope == scope
        )
        if work.session.scalar(known) is None:
            work.session.add(
                Wish(
                    participant_id=participant.id,
                    scope=scope,
                    wished_at=work.now,
                    concern_id=concern.id,
                    cause=work.cause,
                )
            )
            work.session.flush()
            work.record(participant.code, "wish_recorded", concern.reference, scope=scope)
    return concern
