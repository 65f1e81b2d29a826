"""Whether each step of each ladder reaches somebody, at every site."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from alongside.checkups.keeping import is_missing, opened
from alongside.checkups.verdict import Check, ok, wrong
from alongside.staffing import phone_state
from study.errors import AlongsideError
from study.protocol import Study
from study.protocol.reading import load_study
from study.settings import Settings
from study.staff import StaffMember, on_call


def ladders(settings: Settings) -> list[Check]:
    """A step that reaches nobody is passed over at once, with an alarm: better mend it before."""
    try:
        study = load_study(settings.study)
    except AlongsideError:
        return []  # said by the look at the study's files
    if is_missing(settings):
        return [
            _missing(study, site, sorted({role for one in study.ladders.values() for role in one.roles}))
            for site in study.sites
        ]
    with opened(settings) as db:
        try:
            return db.read(lambda session: _sites(session, study))
        except SQLAlchemyError:
            return []  # said by the look at the database


def _sites(session: Session, study: Study) -> list[Check]:
    found = []
    for site in study.sites:
        empty = empty_steps(session, study, site)
        roles = sorted({role for _, _, step in empty for role in step})
        if empty:
            found.append(_missing(study, site, roles, empty))
        else:
            found.append(ok(f"Staff at {site}", "somebody is reached at every step of every ladder"))
        found += _lost_phones(session, site)
    return found


def empty_steps(session: Session, study: Study, site: str) -> list[tuple[str, int, tuple[str, ...]]]:
    """(severity, step from 1, its roles) of every step that reaches nobody at this site."""
    return [
        (severity, number, step.roles)
        for severity, ladder in study.ladders.items()
        for number, step in enumerate(ladder.steps, start=1)
        if not on_call(session, site, list(step.roles))
    ]


def _missing(
    study: Study, site: str, roles: list[str], empty: list[tuple[str, int, tuple[str, ...]]] | None = None
) -> Check:
    steps = ", ".join(f"{severity} step {number}" for severity, number, _ in empty) if empty else "any step"
    role = next((one for one in study.roles if one in roles), "nurse")
    mend = f'`alongside staff add "NAME" --role {role} --site {site}`, and they press Start'
    return wrong(f"Staff at {site}", f"nobody is reached at {steps} ({' or '.join(roles)}): {mend}")


def _lost_phones(session: Session, site: str) -> list[Check]:
    """Staff whose link was never opened, or who blocked the bot."""
    found = []
    for member in session.scalars(select(StaffMember).where(StaffMember.site == site, StaffMember.active)):
        state = phone_state(session, member)
        if state != "connected":
            mend = f"`alongside staff phone {member.code}` makes a new link"
            found.append(wrong(member.code, f"{member.role} at {site}: {state}; {mend}"))
    return found
