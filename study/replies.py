"""What is said: a wording by id, its fields, its buttons. Rendered when it is put into the outbox, so that the id and
version of the wording are kept with the words a person received."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from study.holding import is_held
from study.keys import seal
from study.outbox import Button, Lane, OutboxRow
from study.participants import Chat, Participant
from study.protocol import Choice, Item, Severity
from study.protocol.countries import Lifelines
from study.staff import StaffMember
from study.work import Work

TELEGRAM_TEXT_UNITS = 4096  # UTF-16 code units in one message (Bot API, sendMessage)
TOKEN_BYTES = 16
CHEERFUL = "cheerful"

Say = dict[str, Any]


def say(
    wording: str,
    fields: Mapping[str, object] | None = None,
    *,
    buttons: list[list[dict[str, Any]]] | None = None,
    asks: str | None = None,
    **more: object,
) -> Say:
    """One thing to say, as plain data: it travels through Rasa and back."""
    return {"wording": wording, "params": {**(fields or {}), **more}, "buttons": buttons or [], "asks": asks}


def button(label: str, do: str, fields: Mapping[str, object] | None = None, **meaning: Any) -> dict[str, Any]:
    """A button: the wording id of its label, the fields of that, and what a tap on it means."""
    return {"label": label, "fields": dict(fields or {}), "tap": {"do": do, **meaning}}


def ask(item: Item, occurrence_id: int) -> Say:
    """The question of an item with its choices as buttons, one a row."""
    rows = [
        [button(choice.label, "answer", occurrence=occurrence_id, item=item.id, value=choice.value)]
        for choice in item.choices
    ]
    return say(item.wording, buttons=rows, asks=item.id)


def ask_confirming(item: Item, occurrence_id: int, guessed: Choice, label: str, said: int | None) -> Say:
    """A loosely worded answer shown back: one tap says it was meant, the other choices are there as ever. `said` is the
    message it was worded in."""
    at: dict[str, Any] = {"occurrence": occurrence_id, "item": item.id}
    yes = button("button.confirm", "answer", {"answer": label}, value=guessed.value, said=said, **at)
    rest = [[button(one.label, "answer", value=one.value, **at)] for one in item.choices if one != guessed]
    return say("checkin.confirm", buttons=[[yes], *rest], asks=item.id, answer=label)


def standing_fields(work: Work, participant: Participant) -> dict[str, str]:
    """What every wording to a participant may use: the numbers of where they are, and who reads this when."""
    study = work.study
    site = study.sites[participant.site]
    lifelines = lifelines_of(work, participant)
    return {
        "team_phone": site.telephone,
        "emergency_number": lifelines.emergency_number,
        "crisis_line": lifelines.crisis_line,
        "code_break_number": site.code_break_number,
        "neutral_name": study.neutral_name,
        "who_reads": who_reads(work, participant.site, Severity.ROUTINE),
    }


def lifelines_of(work: Work, participant: Participant) -> Lifelines:
    """Whom this participant calls in an emergency: the numbers of the country they are in."""
    return work.study.lifelines(participant.site, participant.timezone, participant.country)


def who_reads(work: Work, site_code: str, severity: Severity) -> str:
    """Who reads a message of this severity at a site, and when: approved words for the hour it is there."""
    site = work.study.sites[site_code]
    local = work.now.astimezone(site.zone)
    opens = work.study.monitoring.opens_next(local)
    wording = work.study.monitoring.who_reads(severity, local)
    return work.study.wordings.render(
        wording, team_phone=site.telephone, opens=opens.strftime("%A %H:%M"), site=site.name
    )


def role_title(work: Work, member: StaffMember) -> str:
    """What a participant may call this member of staff."""
    return work.study.wordings.render(work.study.roles[member.role])


def clock_time(work: Work, zone: ZoneInfo) -> str:
    """The hour of `now` as the reader's own clock shows it."""
    return work.now.astimezone(zone).strftime("%H:%M")


@dataclass
class Message:
    """One message about to be stored: joined from what a turn says."""

    text: str
    wordings: list[dict[str, Any]]
    keyboard: list[list[dict[str, Any]]] = field(default_factory=list)
    asks: str | None = None
    answer: str | None = None


def put_replies(
    work: Work,
    chat: Chat,
    replies: list[dict[str, Any]],
    key: str,
    lane: Lane = Lane.REPLY,
    fields: dict[str, str] | None = None,
    **columns: Any,
) -> list[OutboxRow]:
    """Render replies and store them for one chat. `key` names the decision: the same key is never stored twice.

    Texts without buttons are joined with what follows; a text of more than 4096 UTF-16 units is split.
    """
    known = fields or {}
    if not known and chat.participant_id is not None:
        known = standing_fields(work, work.session.get_one(Participant, chat.participant_id))
    about = work.session.get(Participant, chat.participant_id) if chat.participant_id is not None else None
    held = about is not None and is_held(work, about)
    messages: list[Message] = []
    for reply in _nothing_cheerful(work, replies) if held else replies:
        message = _rendered(work, reply, known)
        last = messages[-1] if messages else None
        if last and not last.keyboard and utf16_units(last.text) + utf16_units(message.text) < TELEGRAM_TEXT_UNITS - 2:
            messages[-1] = Message(
                f"{last.text}\n\n{message.text}",
                last.wordings + message.wordings,
                message.keyboard,
                message.asks,
                last.answer or message.answer,
            )
        else:
            messages.append(message)
    return [
        _store(work, chat, part, f"{key}#{number}", lane, columns)
        for number, part in enumerate(_split(messages), start=1)
    ]


def _nothing_cheerful(work: Work, replies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """While thoughts of suicide are with the staff, "have a good evening" is not said; what is said instead, once."""
    said: list[dict[str, Any]] = []
    for reply in replies:
        inner = reply.get("say") or reply
        own = "params" in inner
        tone = work.study.wordings.get(inner["wording"]).tone if own else (inner.get("wording") or {}).get("tone")
        if tone != CHEERFUL:
            said.append(reply)
            continue
        instead = say("held.reply", buttons=inner["buttons"] if own else [], asks=inner.get("asks"))
        if instead not in said:
            said.append(instead)
    return said


def _rendered(work: Work, reply: dict[str, Any], known: dict[str, str]) -> Message:
    if reply.get("say"):
        reply = reply["say"]
    if "params" not in reply:
        wording = reply.get("wording") or {}
        utter = reply.get("utter") or ""
        answer = utter.removeprefix("utter_faq/") if utter.startswith("utter_faq/") else None
        return Message(
            reply["text"],
            [{"id": wording.get("id", utter), "version": wording.get("version", 0)}],
            _ask_team(work) if answer is not None else [],
            answer=answer,
        )
    text = work.study.wordings.get(reply["wording"])
    keyboard = [
        [
            {"text": work.study.wordings.render(b["label"], **{**known, **b.get("fields", {})}), "tap": b["tap"]}
            for b in row
        ]
        for row in reply["buttons"]
    ]
    return Message(
        work.study.wordings.render(text.id, **{**known, **reply["params"]}),
        [{"id": text.id, "version": text.version}],
        keyboard,
        reply.get("asks"),
    )


def _ask_team(work: Work) -> list[list[dict[str, Any]]]:
    """Below every answer: whoever would rather hear it from a person gets one, with one tap."""
    label = work.study.wordings.render("button.ask_team")
    return [[{"text": label, "tap": {"do": "ask_team", "question": work.cause}}]]


def _split(messages: list[Message]) -> list[Message]:
    parts: list[Message] = []
    for message in messages:
        texts = split_text(message.text)
        parts += [Message(text, message.wordings, answer=message.answer) for text in texts[:-1]]
        parts.append(Message(texts[-1], message.wordings, message.keyboard, message.asks, message.answer))
    return parts


def _store(work: Work, chat: Chat, message: Message, key: str, lane: Lane, columns: dict[str, Any]) -> OutboxRow:
    session = work.session
    existing = session.query(OutboxRow).filter_by(key=key).one_or_none()
    if existing is not None:
        return existing
    keyboard = []
    for row in message.keyboard:
        stored = []
        for one in row:
            token = secrets.token_urlsafe(TOKEN_BYTES)
            session.add(Button(token=token, chat_id=chat.id, tap=one["tap"], created_at=work.now))
            stored.append({"text": one["text"], "token": token})
        keyboard.append(stored)
    letter = OutboxRow(
        key=key,
        lane=lane,
        chat_id=chat.id,
        text_sealed=seal(session, key_of(session, chat, work), message.text),
        keyboard=keyboard,
        wordings=message.wordings,
        cause=work.cause,
        asks=message.asks,
        answer=message.answer,
        created_at=work.now,
        **columns,
    )
    session.add(letter)
    session.flush()
    return letter


def key_of(session: Any, chat: Chat, work: Work) -> int:
    """The id of the key that words of this chat are sealed under: its person's, or the study's before anyone is
    known."""
    if chat.participant_id is not None:
        return int(session.get_one(Participant, chat.participant_id).key_id)
    if chat.staff_id is not None:
        return int(session.get_one(StaffMember, chat.staff_id).key_id)
    return int(session.info["vault"].study_key(session, work.now).id)


def utf16_units(text: str) -> int:
    """Length as Telegram counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split_text(text: str, most: int = TELEGRAM_TEXT_UNITS) -> list[str]:
    """Parts of at most `most` UTF-16 units, cut at a line or a space where there is one; nothing but that white
    space is lost."""
    parts = []
    rest = text
    while utf16_units(rest) > most:
        cut = len(rest.encode("utf-16-le", "surrogatepass")[: most * 2].decode("utf-16-le", "ignore"))
        space = max(rest.rfind("\n", 0, cut), rest.rfind(" ", 0, cut))
        at = space if space > cut // 2 else cut
        parts.append(rest[:at])
        rest = rest[at:].lstrip() if space > cut // 2 else rest[at:]
    return [*parts, rest]
