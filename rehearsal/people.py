"""The people of a rehearsal and the phones they hold."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

from rehearsal.fake_telegram import Person
from rehearsal.fake_telegram.bot import Bot

FIRST_TELEGRAM_ID = 5_000_000_000  # above 2**31, as many of Telegram's are


@dataclass(frozen=True)
class Newcomer:
    """Somebody to be brought in. `role` is "participant" or one of the study's; `timezone` None is the site's.
    `study_day`: which day of the study it is for somebody enrolled."""

    name: str
    role: str
    site: str
    timezone: str | None = None
    enrolled: bool = False
    study_day: int = 1


@dataclass
class Someone:
    """A participant (named by code) or a member of staff (named as the script names them), and their phone.

    `link` is their one-time link while it has not been used; `former` are the accounts they wrote from before, oldest
    first.
    """

    name: str
    person: Person
    bot: Bot
    role: str
    site: str
    timezone: str
    link: str | None = None
    former: list[Person] = field(default_factory=list)

    def take_new_phone(self, link: str) -> None:
        """Another Telegram account from now on; `link` is still to be opened on it."""
        self.former.append(self.person)
        self.person, self.link = person_for(f"{self.name} {len(self.former) + 1}"), link

    @property
    def is_participant(self) -> bool:
        return self.role == "participant"


def person_for(name: str) -> Person:
    """The same name is the same Telegram account in every rehearsal."""
    return Person(FIRST_TELEGRAM_ID + zlib.crc32(name.encode()), name.capitalize())
