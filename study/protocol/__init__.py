"""The study file and its texts: read, checked, and handed on as frozen models. Importing it reads nothing."""

from study.protocol.blocks import AnswerValue, Severity
from study.protocol.countries import Lifelines
from study.protocol.models import Site, Study, Visit, Window
from study.protocol.questions import AskIf, Attribute, CheckIn, CheckInKind, Choice, Item, Threshold
from study.protocol.reading import load_study
from study.protocol.watch import Hours, Ladder, Monitoring, Repeat, Step, Timings, Weekday, WhoReads
from study.protocol.wording import Wording, Wordings

__all__ = [
    "AnswerValue",
    "AskIf",
    "Attribute",
    "CheckIn",
    "CheckInKind",
    "Choice",
    "Hours",
    "Item",
    "Ladder",
    "Lifelines",
    "Monitoring",
    "Repeat",
    "Severity",
    "Site",
    "Step",
    "Study",
    "Threshold",
    "Timings",
    "Visit",
    "Weekday",
    "WhoReads",
    "Window",
    "Wording",
    "Wordings",
    "load_study",
]
