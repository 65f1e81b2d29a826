"""What every use case is given: the open transaction, the study, the moment, and the message that caused it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from study import audit
from study.inbox import Effect, InboxRow
from study.protocol import Study


@dataclass(frozen=True)
class Work:
    """`now` is study time; for a message it is the time of its inbox row, also when the turn is repeated.

    `cause` is that row's id. A use case called for a message goes through `once`, so that a repeated turn gets the
    first result again and has no second effect.
    """

    session: Session
    study: Study
    now: datetime
    cause: int | None = None

    def message(self) -> InboxRow | None:
        """The row of the message behind it; None where no message is."""
        return None if self.cause is None else self.session.get(InboxRow, self.cause)

    def once(self, use_case: str, do: Callable[[], dict[str, Any]], ordinal: int = 0) -> dict[str, Any]:
        """The result of `do`, run at most once for this cause, use case and ordinal."""
        if self.cause is None:
            return do()
        known = self.session.get(Effect, (self.cause, use_case, ordinal))
        if known is not None:
            return known.result
        result = do()
        self.session.add(Effect(cause=self.cause, use_case=use_case, ordinal=ordinal, result=result))
        self.session.flush()
        return result

    def record(self, actor: str, event: str, subject: str, **details: Any) -> None:
        """Put an event into the audit trail of this transaction."""
        if self.cause is not None:
            details["inbox"] = self.cause
        audit.record(self.session, self.now, actor, event, subject, **details)
