"""Everything that can go wrong on purpose, in one tree.

    AlongsideError                    has a `code` that logs and edges may rely on; str() is one line
    |-- ProtocolError                 a study's file is wrong: file, line, place, mend
    |   `-- ProtocolErrors            several at once, in the order of the files; str() is one line each
    |-- WordingError                  a text was asked for in a way it cannot be given
    |   |-- UnknownWording            no wording has this id
    |   `-- MissingField              the text needs a field that was not given
    |-- WrongDataKey                  the master key does not fit the database
    |-- LostClaim                     another worker took the chat over
    |-- ConcernError                  a concern does not take this step
    |   |-- AlreadyAcknowledged       somebody has it already
    |   `-- AlreadyResolved           it is settled
    |-- Refused                       not theirs: unknown, removed or other-site staff
    |-- EnrolmentError                a person cannot be enrolled or added like this
    `-- PublishingError               a model may not be published, or there is none to go back to

Rules raise, edges pick the words: a rule never says something to a participant by raising.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar


class AlongsideError(Exception):
    """The root of the tree. `code` is stable and safe to log: it never holds anybody's words."""

    code: ClassVar[str] = "alongside"


class ProtocolError(AlongsideError):
    """One mistake in one file, said so that the person who made it can mend it.

    Reads `protocols/harbor/study.yml:41: visits[2].window.after: must be 0 or more`. `place` is empty when
    the whole file is meant; `line` counts from 1.
    """

    code: ClassVar[str] = "protocol"

    def __init__(self, file: str, line: int, place: str, mend: str) -> None:
        self.file = file
        self.line = line
        self.place = place
        self.mend = mend
        super().__init__(": ".join(part for part in (f"{file}:{line}", place, mend) if part))

    @property
    def errors(self) -> tuple[ProtocolError, ...]:
        """Itself, so that one mistake and many are reported by the same loop."""
        return (self,)


class ProtocolErrors(ProtocolError):
    """All mistakes of a reading together: nobody should have to mend a file one error at a time.

    `file`, `line`, `place` and `mend` are those of the first.
    """

    def __init__(self, errors: Iterable[ProtocolError]) -> None:
        self._errors = tuple(errors)
        first = self._errors[0]
        super().__init__(first.file, first.line, first.place, first.mend)
        self.args = ("\n".join(str(error) for error in self._errors),)

    @property
    def errors(self) -> tuple[ProtocolError, ...]:
        return self._errors


class WordingError(AlongsideError):
    """A text could not be given. Names the wording, never the values that were to be filled in."""

    code: ClassVar[str] = "wording"


class UnknownWording(WordingError):
    """No wording has this id; `study check` finds every id the bot needs before it starts."""

    code: ClassVar[str] = "unknown_wording"

    def __init__(self, wording_id: str) -> None:
        self.wording_id = wording_id
        super().__init__(f"{wording_id}: no wording has this id")


class MissingField(WordingError):
    """The text has a {field} for which nothing was given: better no message than one with a hole in it."""

    code: ClassVar[str] = "missing_field"

    def __init__(self, wording_id: str, field: str) -> None:
        self.wording_id = wording_id
        self.field = field
        super().__init__(f"{wording_id}: the field {{{field}}} was not given")


class WrongDataKey(AlongsideError):
    """The master key does not fit the database, or a sealed value was altered."""

    code: ClassVar[str] = "wrong_data_key"

    def __init__(self, what: str) -> None:
        super().__init__(f"ALONGSIDE_DATA_KEY {what}; set the key this database was made with")


class LostClaim(AlongsideError):
    """Another worker holds this chat by now: what we found out is dropped, theirs counts."""

    code: ClassVar[str] = "lost_claim"


class ConcernError(AlongsideError):
    """A concern does not take this step."""

    code: ClassVar[str] = "concern"

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__(f"{reference}: {self.code}")


class AlreadyAcknowledged(ConcernError):
    """Somebody has it already."""

    code: ClassVar[str] = "already_acknowledged"


class AlreadyResolved(ConcernError):
    """It is settled."""

    code: ClassVar[str] = "already_resolved"


class Refused(AlongsideError):
    """Someone asked for what is not theirs: unknown, removed or of another site."""

    code: ClassVar[str] = "refused"


class EnrolmentError(AlongsideError):
    """A person cannot be enrolled or added like this; str() says why and how to mend it."""

    code: ClassVar[str] = "enrolment"


class PublishingError(AlongsideError):
    """A model may not be published, or there is none to go back to; str() says why and how to mend it."""

    code: ClassVar[str] = "publishing"
