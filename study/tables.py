"""Every table, imported in one place for migrations and tests."""

from study.alarms import Alarm
from study.audit import AuditEvent
from study.checkins import Answer, DoseReport, Occurrence
from study.concerns import Concern, ConcernReport
from study.db.base import Base
from study.heartbeats import Heartbeat
from study.inbox import Effect, InboxRow
from study.keys import DataKey
from study.links import Link
from study.outbox import Button, OutboxRow
from study.participants import Chat, Participant
from study.publications import Publication
from study.staff import StaffMember
from study.wishes import Wish

__all__ = [
    "Alarm",
    "Answer",
    "AuditEvent",
    "Base",
    "Button",
    "Chat",
    "Concern",
    "ConcernReport",
    "DataKey",
    "DoseReport",
    "Effect",
    "Heartbeat",
    "InboxRow",
    "Link",
    "Occurrence",
    "OutboxRow",
    "Participant",
    "Publication",
    "StaffMember",
    "Wish",
]
