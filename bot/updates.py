"""Reading an update as Telegram sent it.

Plain dictionaries are read here and not python-telegram-bot's types: `Update.de_json` refuses an update without a
date, and a
red flag in a message with a field missing must still be found. Nothing here raises on any JSON.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from study.inbox import Kind, Received

MEDIA = (
    "animation", "audio", "contact", "dice", "document", "game", "location", "paid_media", "photo", "poll",
    "sticker", "story", "venue", "video", "video_note", "voice",
)  # fmt: skip


FORWARDED = ("forward_origin", "forward_from", "forward_from_chat", "forward_sender_name", "forward_date")
"""Any of these marks a message as passed on; older servers do not send the first."""
TELEGRAM_IDS = 2**52  # of chats and people: at most 52 significant bits (Bot API, type Chat)
SMALL_IDS = 2**31  # of updates and messages
CALLBACK_BYTES = 64  # of a button's data (Bot API, type InlineKeyboardButton)


def as_json(update: Any) -> str:
    """The update's JSON with ASCII escapes, so that a lone surrogate or NUL can be stored as it came."""
    return json.dumps(update, ensure_ascii=True, sort_keys=True)


def read_update(bot: str, update: Any) -> Received:
    """What an update says of itself. Kind UNREADABLE where it makes no sense; its text is still looked for."""
    if not isinstance(update, dict):
        return Received(bot=bot, key=_fingerprint(update), kind=Kind.UNREADABLE)
    update_id = _number(update.get("update_id"), SMALL_IDS)
    for name, kind in (("message", None), ("edited_message", Kind.EDIT)):
        if isinstance(update.get(name), dict):
            return _read_message(bot, update[name], update_id, kind, update)
    for name in ("channel_post", "edited_channel_post"):
        if isinstance(update.get(name), dict):
            return _read_post(bot, update[name], update_id, update)
    if isinstance(update.get("message_reaction"), dict):
        return _read_reaction(bot, update["message_reaction"], update_id, update)
    if isinstance(update.get("callback_query"), dict):
        return _read_tap(bot, update["callback_query"], update_id, update)
    if isinstance(update.get("my_chat_member"), dict):
        return _read_membership(bot, update["my_chat_member"], update_id, update)
    return Received(bot=bot, key=_fingerprint(update), kind=Kind.UNREADABLE, update_id=update_id)


def _read_message(
    bot: str, message: dict[str, Any], update_id: int | None, kind: Kind | None, update: dict[str, Any]
) -> Received:
    chat, message_id = _chat_id(message), _number(message.get("message_id"), SMALL_IDS)
    text = _text(message)
    media = next((name for name in MEDIA if name in message), None)
    sent_at = _moment(message.get("date"))
    if chat is None or message_id is None or sent_at is None:
        key, kind = _fingerprint(update), Kind.UNREADABLE
    else:
        key = f"m:{chat}:{message_id}"
        if kind is Kind.EDIT:  # two edits of one second are told apart by their text
            key += f":{_number(message.get('edit_date')) or 0}:{_fingerprint(text)[2:18]}"
        kind = Kind.GROUP if not _is_private(message["chat"]) else kind or _kind(message, text, media)
    return Received(
        bot=bot,
        key=key,
        kind=kind,
        update_id=update_id,
        chat=chat,
        message_id=message_id,
        text=text,
        media=media,
        reply_to=_replied_to(message),
        event_at=_moment(message.get("edit_date")) or sent_at,
        details=_details(message, text),
    )


def _kind(message: dict[str, Any], text: str | None, media: str | None) -> Kind:
    if media is not None:
        return Kind.MEDIA
    if text is None:
        return Kind.UNREADABLE
    return Kind.COMMAND if _is_command(message, text) else Kind.TEXT


def _is_command(message: dict[str, Any], text: str) -> bool:
    """Only what Telegram itself marks as a command at the start of the text; "/restart" in the middle is plain text."""
    entities = message.get("entities")
    marked = isinstance(entities, list) and any(
        isinstance(e, dict) and e.get("type") == "bot_command" and e.get("offset") == 0 for e in entities
    )
    return marked and text.startswith("/")


def _replied_to(message: dict[str, Any]) -> int | None:
    replied = message.get("reply_to_message")
    return _number(replied.get("message_id"), SMALL_IDS) if isinstance(replied, dict) else None


def _details(message: dict[str, Any], text: str | None) -> dict[str, Any]:
    """What matters of a message in few cases: passed on from somebody else, a command, a shared number, a group that
    moved."""
    details: dict[str, Any] = {}
    if any(name in message for name in FORWARDED):
        details["forwarded"] = True
    if text is not None and _is_command(message, text):
        details["command"] = True
    if "migrate_to_chat_id" in message or "left_chat_member" in message:
        details["silent"] = True
    contact = message.get("contact")
    if isinstance(contact, dict) and isinstance(contact.get("phone_number"), str):
        details["telephone"] = contact["phone_number"]
    moved = _number(message.get("migrate_from_chat_id"), TELEGRAM_IDS)
    if moved is not None:
        details["moved_from"] = moved
    return details


def _is_private(chat: dict[str, Any]) -> bool:
    """Ids of groups and channels are negative (Bot API, type Chat)."""
    number = _number(chat.get("id"), TELEGRAM_IDS)
    return chat.get("type", "private") == "private" and (number is None or number > 0)


def _read_post(bot: str, post: dict[str, Any], update_id: int | None, update: dict[str, Any]) -> Received:
    """What is posted in a channel is for its readers: kept, and nothing is said."""
    return Received(
        bot=bot,
        key=_fingerprint(update),
        kind=Kind.GROUP if _chat_id(post) is not None else Kind.UNREADABLE,
        update_id=update_id,
        chat=_chat_id(post),
        details={"silent": True},
    )


def _read_reaction(bot: str, reaction: dict[str, Any], update_id: int | None, update: dict[str, Any]) -> Received:
    """A sign put below a message. Only plain emoji are read; a sign that was taken away again is empty."""
    chat, message_id = _chat_id(reaction), _number(reaction.get("message_id"), SMALL_IDS)
    date = _number(reaction.get("date"))
    now = reaction.get("new_reaction")
    signs = [one.get("emoji") for one in now if isinstance(one, dict)] if isinstance(now, list) else []
    sign = "".join(one for one in signs if isinstance(one, str))
    fine = chat is not None and message_id is not None and date is not None
    private = fine and _is_private(reaction["chat"])
    return Received(
        bot=bot,
        key=f"r:{chat}:{message_id}:{date}:{_fingerprint(now)[2:18]}" if fine else _fingerprint(update),
        kind=(Kind.REACTION if private else Kind.GROUP) if fine else Kind.UNREADABLE,
        update_id=update_id,
        chat=chat,
        text=sign or None,
        reply_to=message_id,
        event_at=_moment(date),
        details={} if private else {"silent": True},
    )


def _read_tap(bot: str, query: dict[str, Any], update_id: int | None, update: dict[str, Any]) -> Received:
    query_id, message = _word(query.get("id")), query.get("message")
    chat = _chat_id(message) if isinstance(message, dict) else None
    token = query.get("data")
    fine = query_id is not None and chat is not None and isinstance(token, str)
    private = isinstance(message, dict) and isinstance(message.get("chat"), dict) and _is_private(message["chat"])
    return Received(
        bot=bot,
        key=f"q:{query_id}" if fine else _fingerprint(update),
        kind=(Kind.TAP if private else Kind.GROUP) if fine else Kind.UNREADABLE,
        update_id=update_id,
        chat=chat,
        message_id=_number(message.get("message_id"), SMALL_IDS) if isinstance(message, dict) else None,
        token=_word(token),
        callback_id=query_id,
        details={"silent": True} if fine and not private else {},
    )


def _read_membership(bot: str, change: dict[str, Any], update_id: int | None, update: dict[str, Any]) -> Received:
    chat, after = _chat_id(change), change.get("new_chat_member")
    status = _word(after.get("status")) if isinstance(after, dict) else None
    fine = chat is not None and status is not None
    private = fine and _is_private(change["chat"])
    noted = status in ("kicked", "left", "restricted") or (fine and change["chat"].get("type") == "channel")
    return Received(
        bot=bot,
        key=f"s:{chat}:{_number(change.get('date'))}:{status}" if fine else _fingerprint(update),
        kind=(Kind.MEMBERSHIP if private else Kind.GROUP) if fine else Kind.UNREADABLE,
        update_id=update_id,
        chat=chat,
        event_at=_moment(change.get("date")),
        blocked=status in ("kicked", "left"),
        details={"silent": True} if noted and not private else {},
    )


def _chat_id(message: dict[str, Any]) -> int | None:
    chat = message.get("chat")
    return _number(chat.get("id"), TELEGRAM_IDS) if isinstance(chat, dict) else None


def _text(message: dict[str, Any]) -> str | None:
    for name in ("text", "caption"):
        if isinstance(message.get(name), str):
            return str(message[name])
    return None


def _number(value: Any, below: int = 2**63) -> int | None:
    """A whole number the database can hold. True is none, although Python counts with it."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < below else None


def _word(value: Any) -> str | None:
    """An id or the data of a button: what we or Telegram made is short and plain; other bytes are nobody's."""
    plain = isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= CALLBACK_BYTES
    return value if plain else None


def _moment(value: Any) -> datetime | None:
    seconds = _number(value)
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _fingerprint(update: Any) -> str:
    """A key for what has none of its own: the same bytes are the same update."""
    return "x:" + hashlib.sha256(as_json(update).encode()).hexdigest()
