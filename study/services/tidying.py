"""Buttons that were used or mean nothing any more are put away on the phone."""

from __future__ import annotations

from sqlalchemy import ColumnElement

from study.work import Work


def put_away(work: Work, *where: ColumnElement[bool], chosen: str | None = None) -> None:
    """Remove the buttons of messages already sent."""
