"""Every text the bot needs, in one place: what it is for, the fields it may use, how long it may be.

`study check` names the ones a study has not written. Those of a study's own items, choices, roles and check-
ins follow from its study.yml and are added by `wording_uses`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from study.protocol.blocks import RedFlagKind
from study.protocol.models import StudyFile
from study.protocol.questions import CheckInKind

CONCERN_KINDS = (
    "red_flag",
    "threshold",
    "symptom",
    "question",
    "dose",
    "wish",
    "unreadable",
    "other_person",
    "silent",
    "unreachable",
    "undelivered",
    "technical",
)
RED_FLAG_KINDS = tuple(kind.value for kind in RedFlagKind)


class Shown(StrEnum):
    """Where a text appears, which decides what a locked phone may show of it."""

    REPLY = "reply"  # to a participant who has just written or tapped
    PUSH = "push"  # to a participant who has not: its first line names no disease, drug or symptom
    STAFF = "staff"  # to staff: no line of it does
    BUTTON = "button"
    PART = "part"  # a piece of another text


LIMITS = {Shown.REPLY: 600, Shown.PUSH: 400, Shown.STAFF: 700, Shown.BUTTON: 24, Shown.PART: 110}
"""Characters, unfilled: our own rule of thumb for one phone screen, not Telegram's 4,096."""

EMERGENCY_LIMIT = 300
"""Characters, filled in with the longest values of every site."""


@dataclass(frozen=True)
class WordingUse:
    """What a text is for. `params` may be used by its fields, none must be."""

    meaning: str
    params: frozenset[str] = frozenset()
    shown: Shown = Shown.REPLY
    limit: int = 0

    @property
    def longest(self) -> int:
        return self.limit or LIMITS[self.shown]


def _use(meaning: str, params: str = "", shown: Shown = Shown.REPLY, limit: int = 0) -> WordingUse:
    return WordingUse(meaning, frozenset(params.split()), shown, limit)


_HELP = "team_phone emergency_number crisis_line who_reads"
_CONCERN = "reference code site kind received emergency_number team_phone"
STAFF_SAYS_PARAMS = "role team_phone emergency_number crisis_line neutral_name"

COMMANDS = ("help", "choices", "privacy", "pause", "resume", "stop")
"""What participants may type after a slash, in the order of Telegram's menu."""

READS_PARAMS = "team_phone opens"
CHECKIN_PARAMS = "neutral_name until team_phone"

REQUIRED_WORDINGS: dict[str, WordingUse] = {
    **{
        f"emergency.{kind}": _use(
            f"answers the red flag {kind}, at once", f"{_HELP} code_break_number", limit=EMERGENCY_LIMIT
        )
        for kind in RED_FLAG_KINDS
    },
    "emergency.several": _use("answers more than one red flag at once", _HELP, limit=EMERGENCY_LIMIT),
    "emergency.several_and_suicidal_thoughts": _use(
        "answers several red flags, thoughts of suicide among them", _HELP, limit=EMERGENCY_LIMIT
    ),
    "emergency.unwell": _use("answers the button Unwell now, at once", _HELP, limit=EMERGENCY_LIMIT),
    "emergency.unknown_person": _use(
        "answers a red flag of somebody we do not know", "emergency_number crisis_line", limit=EMERGENCY_LIMIT
    ),
    "lifeline.emergency_elsewhere": _use("instead of an emergency number we do not know", "", Shown.PART),
    "lifeline.crisis_elsewhere": _use("instead of a crisis line we do not know", "", Shown.PART),
    # Joining and leaving
    "welcome.intro": _use(
        "what the bot is and is not, before consent", "neutral_name team_phone emergency_number", limit=1000
    ),
    "consent.needed": _use("an answer to anything written before consent", "team_phone emergency_number"),
    "consent.done": _use("consent was given", "team_phone emergency_number"),
    "consent.declined": _use("consent was not given", "team_phone"),
    "button.agree": _use("gives consent", "", Shown.BUTTON),
    "button.decline": _use("gives no consent", "", Shown.BUTTON),
    "joining.country": _use("asks which country they are in"),
    "joining.country_typed": _use("asks for the name of another country"),
    "joining.timezone": _use("asks which clock is theirs, in a country that has several"),
    "joining.timezone_typed": _use("asks for the name of another place, to know its clock"),
    "joining.hour": _use("asks at what hour check-ins suit them"),
    "joining.hour_typed": _use("asks for another hour"),
    "joining.hour_quiet": _use("the hour they named lies in the quiet hours", "starts ends"),
    "joining.telephone": _use("asks for a number, for the staff alone", "emergency_number"),
    "joining.emergency_contact": _use("asks whom staff may call if they do not answer"),
    "joining.done": _use("the questions of joining are over", "country place hour team_phone emergency_number"),
    "button.joining_country": _use("a country", "country", Shown.BUTTON),
    "button.joining_clock": _use("a place and its clock", "clock", Shown.BUTTON),
    "button.joining_hour": _use("an hour", "hour", Shown.BUTTON),
    "button.joining_other": _use("something else, to be typed", "", Shown.BUTTON),
    "button.joining_skip": _use("gives no number", "", Shown.BUTTON),
    "enrol.bad_link": _use("an enrolment link that is wrong or no longer valid"),
    "enrol.used_link": _use("an enrolment link that was used before"),
    "enrol.locked": _use("too many wrong links from this chat"),
    "enrol.unknown": _use("somebody we do not know writes"),
    "help": _use("what the participant can do here", "team_phone emergency_number"),
    "paused": _use("reminders are paused", "team_phone"),
    "resumed": _use("reminders go on", "team_phone"),
    "stopped": _use("messages are stopped", "team_phone"),
    "over": _use("pausing or resuming when the study's questions are over", "team_phone"),
    "privacy": _use("who reads what, what is kept, what somebody may ask for", "team_phone", limit=1000),
    "choices.offer": _use("what can be stopped, asked for", "team_phone"),
    "choices.which": _use("said to stop, but not what", "who_reads team_phone"),
    "choices.tablets": _use("wishes to stop the tablets", "who_reads team_phone"),
    "choices.visits": _use("wishes to stop the visits", "who_reads team_phone"),
    "choices.data_use": _use("wishes their data not to be used", "who_reads team_phone"),
    "choices.not_said": _use("is not sure yet what to stop", "who_reads team_phone"),
    "choices.nothing": _use("wishes to stop nothing", "team_phone"),
    "button.stop_messages": _use("stops the messages", "", Shown.BUTTON),
    "button.stop_tablets": _use("wishes to stop the tablets", "", Shown.BUTTON),
    "button.stop_visits": _use("wishes to stop the visits", "", Shown.BUTTON),
    "button.stop_data_use": _use("wishes their data not to be used", "", Shown.BUTTON),
    "button.not_sure": _use("is not sure yet what to stop", "", Shown.BUTTON),
    "button.nothing": _use("wishes to stop nothing", "", Shown.BUTTON),
    "study.farewell": _use(
        "the study is over for this participant", "neutral_name team_phone emergency_number", Shown.PUSH
    ),
    **{f"command.{name}": _use(f"says in Telegram's menu what /{name} does", "", Shown.PART) for name in COMMANDS},
    "private_only": _use("the bot was spoken to in a group: nothing personal"),
    # Check-ins and doses
    "button.start": _use("begins a check-in", "", Shown.BUTTON),
    "button.later": _use("puts a check-in off", "", Shown.BUTTON),
    "checkin.later": _use("a check-in was put off", "again until"),
    "button.not_now": _use("leaves a check-in out", "", Shown.BUTTON),
    "checkin.not_now": _use("a check-in was left out", "until team_phone"),
    "checkin.confirm": _use("an answer in words, shown back before it counts", "question answer"),
    "button.confirm": _use("says that this was meant", "answer", Shown.BUTTON, limit=40),
    "checkin.ask_afresh": _use("the same as last time: not looked up, asked again"),
    "checkin.summary": _use("what was answered, with the chance to change it", "answers", limit=700),
    "checkin.changed": _use("an answer was changed"),
    "button.change": _use("changes an answer", "", Shown.BUTTON),
    "checkin.which_to_change": _use("asks which answer to change"),
    "checkin.note_passed_on": _use("the words at the end of a check-in went to staff", "who_reads team_phone"),
    "checkin.symptom.done": _use("ends the questions about a symptom that was told", "team_phone"),
    "symptom.may_ask": _use("says that questions about the symptom follow"),
    "checkin.stopped": _use("a check-in was broken off", "until team_phone"),
    "checkin.closed": _use("a button of a check-in that is over"),
    "checkin.none_open": _use("breaks off while no question is open"),
    "checkin.not_understood": _use("an answer that is not one of the choices, which are shown again", "question"),
    "answer.already_recorded": _use("the same answer again"),
    "dose.recorded_taken": _use("a dose was taken", "day"),
    "dose.recorded_missed": _use("a dose was missed", "day team_phone"),
    "dose.stopped": _use("says they stopped taking it", "who_reads team_phone"),
    "dose.changed": _use("says they take it differently", "who_reads team_phone"),
    "dose.partial": _use("says they took part of it", "day who_reads team_phone"),
    "dose.recorded_unknown": _use("a dose the participant is not sure about", "day"),
    "dose.doubled": _use("says they took more than one", "day who_reads team_phone emergency_number"),
    "dose.ran_out": _use("says they have no more tablets", "day who_reads team_phone"),
    "dose.not_yet": _use("says they will take it later"),
    "dose.doctor_stopped": _use("a doctor told them to stop the tablets", "who_reads team_phone"),
    "dose.read_back": _use("several doses, shown back before they count", "days", limit=700),
    "dose.recorded_several": _use("several doses were confirmed"),
    "dose.no_extra": _use("said once where a dose was missed", "team_phone"),
    "dose.write_again": _use("what was shown back was not right", "who_reads team_phone"),
    "dose.which": _use("asks what is right for a day", "day"),
    "dose.asked_team": _use("wants to settle a dose with the team", "who_reads team_phone"),
    "dose.outside": _use("a day that has no dose yet, or had none", "first"),
    "dose.first_day": _use("another day than the first, which is today"),
    "dose.not_begun": _use("a dose before the first day", "team_phone"),
    "dose.spoken.taken": _use("taken, in a list", "", Shown.PART, limit=30),
    "dose.spoken.missed": _use("missed, in a list", "", Shown.PART, limit=30),
    "dose.spoken.partial": _use("part of it, in a list", "", Shown.PART, limit=30),
    "dose.spoken.doubled": _use("more than one, in a list", "", Shown.PART, limit=30),
    "dose.spoken.stopped": _use("stopped taking them, in a list", "", Shown.PART, limit=30),
    "dose.spoken.changed": _use("taken differently, in a list", "", Shown.PART, limit=30),
    "dose.spoken.unknown": _use("not sure, in a list", "", Shown.PART, limit=30),
    "button.not_right": _use("says that a dose was noted wrongly", "", Shown.BUTTON),
    "button.doses_right": _use("what was shown back is right", "", Shown.BUTTON),
    "button.doses_wrong": _use("what was shown back is not right", "", Shown.BUTTON),
    "button.dose_not_sure": _use("is not sure about a dose", "", Shown.BUTTON),
    "button.dose_ask_team": _use("wants to settle a dose with the team", "", Shown.BUTTON),
    "answer.changed_to": _use("an answer was changed by a reply or an edited message", "answer"),
    "reply.closed": _use("a reply to a question that is closed", "team_phone"),
    "reply.closed_passed_on": _use("a longer reply to a question that is closed", "who_reads team_phone"),
    "edit.command": _use("a message that was changed into a command, or a changed command"),
    "message.forwarded": _use("a forwarded message", "who_reads team_phone emergency_number"),
    # Questions, symptoms, wishes, visits
    "question.passed_on": _use("a question we cannot answer", "who_reads team_phone"),
    "question.rest_passed_on": _use("below an answer: the message may hold more", "who_reads team_phone"),
    "answer_back.intro": _use("above the answer to an earlier question", "day neutral_name", Shown.PUSH),
    "question.to_team": _use("a question that was answered goes to people as well", "who_reads team_phone"),
    "button.ask_team": _use("gives a question to people, below its answer", "", Shown.BUTTON),
    "symptom.passed_on": _use("a symptom was told", "who_reads team_phone emergency_number"),
    "symptom.none_now": _use("a symptom was denied, and nothing else told", "who_reads team_phone emergency_number"),
    "contact.passed_on": _use("wants to speak with a person", "who_reads team_phone"),
    "wish.leave_recorded": _use("wants to leave the study", "who_reads team_phone"),
    "red_flag.gentle_check": _use("after a general question about something grave", "emergency_number"),
    "red_flag.only_asking": _use("it is not happening, they were only asking", "emergency_number team_phone"),
    "red_flag.to_be_safe": _use("after words that may tell something grave", "emergency_number"),
    "red_flag.are_you_safe": _use("after words that may tell thoughts of suicide", "crisis_line emergency_number"),
    "red_flag.safe": _use("they have no thoughts of suicide", "crisis_line emergency_number team_phone"),
    "button.emergency": _use("it is an emergency", "", Shown.BUTTON),
    "button.no_emergency": _use("it is no emergency", "", Shown.BUTTON),
    "button.happening_now": _use("it is happening now", "", Shown.BUTTON),
    "button.only_asking": _use("only asking", "", Shown.BUTTON),
    "question.other_language": _use("in another language", "who_reads team_phone emergency_number"),
    "meaning.ask": _use("words that may mean the study or how they feel", "crisis_line emergency_number team_phone"),
    "meaning.how_i_feel": _use("they meant how they feel", _HELP),
    "meaning.something_else": _use("they meant something else", "who_reads team_phone"),
    "button.the_study": _use("means the study", "", Shown.BUTTON),
    "button.how_i_feel": _use("means how they feel", "", Shown.BUTTON),
    "button.something_else": _use("means something else", "", Shown.BUTTON),
    "visit.next": _use("the next visit", "title day from_day to_day team_phone"),
    "visit.next_fixed": _use("the next visit, which can be on one day only", "title day team_phone"),
    "visit.none": _use("there is no next visit", "team_phone"),
    "cannot_read": _use("a photo, voice message, file ...: how urgent?", "minutes team_phone emergency_number"),
    "cannot_read.smiley": _use("a sticker or another smiley", "team_phone emergency_number"),
    "cannot_read.question": _use("it is a question: please in words", "who_reads team_phone"),
    "cannot_read.can_wait": _use("it can wait", "who_reads team_phone emergency_number"),
    "button.unwell": _use("feels unwell now", "", Shown.BUTTON),
    "button.question": _use("has a question", "", Shown.BUTTON),
    "button.can_wait": _use("says that it can wait", "", Shown.BUTTON),
    "other_person.noted": _use("somebody else writes in this chat", "who_reads team_phone emergency_number"),
    "unblinding.doctor": _use("a doctor who treats a participant", "code_break_number team_phone emergency_number"),
    # Messages that wait
    "message.holding": _use("no answer yet: the message is kept", "team_phone emergency_number", Shown.PUSH),
    "message.handed_over": _use("no answer: staff have the message", _HELP, Shown.PUSH),
    "message.edited_noted": _use("an edited message was read again"),
    # Concerns, told to the participant
    "concern.seen": _use("staff acknowledged the concern", "role time team_phone emergency_number", Shown.PUSH),
    "concern.seen_dark": _use(
        "staff have seen thoughts of suicide", "role time team_phone emergency_number crisis_line", Shown.PUSH
    ),
    "concern.seen_family": _use(
        "staff have seen that somebody died", "role time team_phone emergency_number", Shown.PUSH
    ),
    "held.reply": _use("instead of a cheerful text, while thoughts of suicide are with the staff", _HELP),
    "button.still_here": _use("the death that was told is not the participant's", "", Shown.BUTTON),
    "bereaved.still_here": _use("answers that", _HELP),
    "bereaved.reply": _use("an answer to whoever writes after a death", _HELP),
    "concern.threshold_told": _use("an answer went to staff", "who_reads team_phone emergency_number"),
    # Staff
    "staff.welcome": _use("a member of staff is connected", "role site", Shown.STAFF),
    "staff.bad_link": _use("a staff link that is wrong, used or no longer valid", "", Shown.STAFF),
    "staff.help": _use("what staff can do here", "", Shown.STAFF),
    "staff.levels": _use("what emergency, urgent and routine mean", "", Shown.STAFF),
    "staff.refused": _use("a button or command this person may not use", "", Shown.STAFF),
    "staff.alert.emergency": _use("an emergency: act now", _CONCERN, Shown.STAFF),
    "staff.alert.urgent": _use("something urgent", _CONCERN, Shown.STAFF),
    "staff.alert.routine": _use("something for the working day", _CONCERN, Shown.STAFF),
    "staff.alert.unknown_person": _use(
        "an emergency of somebody we do not know", "reference site received", Shown.STAFF
    ),
    "staff.alert.repeat": _use("nobody has acknowledged yet", f"{_CONCERN} level", Shown.STAFF),
    "staff.unowned": _use("the ladder ended and nobody has acknowledged", f"{_CONCERN} level", Shown.STAFF),
    "staff.acknowledged": _use("the concern is yours", "reference code site time emergency_number", Shown.STAFF),
    "staff.acknowledged_dark": _use(
        "the concern is yours, and it is about thoughts of suicide",
        "reference code site time emergency_number",
        Shown.STAFF,
    ),
    "staff.since": _use("when several messages were written", "first last count", Shown.PART),
    "staff.wrote": _use("above words that were typed", "when", Shown.PART),
    "staff.tapped": _use("above an answer that was tapped", "when", Shown.PART),
    "staff.changed": _use("above words that replace earlier ones", "when", Shown.PART),
    "staff.sent_media": _use("above the words below a picture or file", "when", Shown.PART),
    "staff.number": _use("the number that is kept", "reference code telephone contact", Shown.STAFF),
    "staff.none_kept": _use("instead of a number that was not given", "", Shown.PART),
    "staff.no_number": _use("no number is kept", "reference code", Shown.STAFF),
    "staff.which_message": _use("which approved message to send", "reference code messages", Shown.STAFF),
    "staff.sent": _use("an approved message is on its way", "reference code time message", Shown.STAFF),
    "staff.not_sent": _use("a message cannot be sent", "reference code", Shown.STAFF),
    "staff.messages_on": _use("a reported death was a mistake", "reference code", Shown.STAFF),
    **{f"kind.{kind}": _use(f"what a concern of kind {kind} is", "", Shown.PART, limit=60) for kind in CONCERN_KINDS},
    "staff.acknowledged_by": _use("told to the others: somebody has it", "reference code who time", Shown.STAFF),
    "staff.already_acknowledged": _use("somebody was first", "reference who time", Shown.STAFF),
    "staff.words": _use("what the participant wrote, asked for", "reference code words", Shown.STAFF),
    "staff.resolved": _use("the concern is closed", "reference who time", Shown.STAFF),
    "staff.already_resolved": _use("the concern was closed before", "reference who time", Shown.STAFF),
    "staff.task.unreachable": _use("messages no longer reach a participant", "reference code site", Shown.STAFF),
    "staff.task.set_aside": _use("a message could not be handled", "reference code site", Shown.STAFF),
    "staff.task.unreadable": _use("a photo, voice message ... came", "reference code site", Shown.STAFF),
    "staff.task.silent": _use("several check-ins in a row without an answer", "reference code site", Shown.STAFF),
    "staff.task.dead_message": _use("a message could not be sent", "reference code site", Shown.STAFF),
    "button.acknowledge": _use("takes a concern over", "", Shown.BUTTON),
    "button.show_words": _use("shows what the participant wrote", "", Shown.BUTTON),
    "button.show_number": _use("shows the telephone that is kept", "", Shown.BUTTON),
    "button.message_them": _use("offers the approved messages", "", Shown.BUTTON),
    "button.messages_on": _use("takes a reported death back", "", Shown.BUTTON),
    "button.resolve": _use("closes a concern", "", Shown.BUTTON),
}


def wording_uses(study: StudyFile) -> dict[str, WordingUse]:
    """The required texts and those this study's own file names. The first use of an id decides."""
    uses = dict(REQUIRED_WORDINGS)
    for wording_id, use in _uses_of_the_file(study):
        uses.setdefault(wording_id, use)
    return uses


def _uses_of_the_file(study: StudyFile) -> Iterator[tuple[str, WordingUse]]:
    for role, title in study.roles.items():
        yield title, _use(f"the title of the role {role}", "", Shown.PART)
    for reads in (study.monitoring.in_hours, study.monitoring.out_of_hours):
        for wording_id in (reads.emergency, reads.urgent, reads.routine):
            yield wording_id, _use("who reads this and when", READS_PARAMS, Shown.PART)
    for message in study.staff_messages:
        yield message.text, _use("a message staff may send", STAFF_SAYS_PARAMS, Shown.PUSH)
        yield message.label, _use("the button of a message staff may send", "", Shown.BUTTON)
    for item in study.items.values():
        yield item.wording, _use(f"asks {item.id}")
        if item.short is not None:
            yield item.short, _use(f"the short name of {item.id}", "", Shown.PART, limit=40)
        for choice in item.choices:
            yield choice.label, _use("an answer", "", Shown.BUTTON)
    for checkin in study.checkins.values():
        yield checkin.opens_wording, _use(f"opens the check-in {checkin.code}", CHECKIN_PARAMS, Shown.PUSH)
        yield (
            checkin.nudge_wording,
            _use(f"reminds of the check-in {checkin.code}", CHECKIN_PARAMS, Shown.PUSH),
        )
        for wording_id in done_wordings(checkin.code, checkin.kind):
            yield wording_id, _use(f"ends the check-in {checkin.code}", "until team_phone")


def done_wordings(checkin: str, kind: CheckInKind) -> tuple[str, ...]:
    """The ids of what is said at its end: one for symptoms, one an answer for doses."""
    if kind is CheckInKind.DOSE:
        return tuple(f"checkin.{checkin}.done_{answer}" for answer in ("taken", "missed", "not_yet"))
    return (f"checkin.{checkin}.done",)
