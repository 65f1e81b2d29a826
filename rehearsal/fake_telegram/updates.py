"""Builders of the JSON Telegram sends: the Bot API types that stand in updates and in answers.

Field names and shapes: https://core.telegram.org/bots/api, types Message, CallbackQuery, ChatMemberUpdated.
"""

from __future__ import annotations

import json
import re
from typing import Any

from rehearsal.fake_telegram.chats import Chat, SentMessage
from rehearsal.fake_telegram.people import Json, Person

_COMMAND = re.compile(r"(?<!\S)/[A-Za-z0-9_]{1,64}(?:@\w+)?(?!\S)")


def utf16_length(text: str) -> int:
    """Telegram measures texts, offsets and lengths in UTF-16 units: an emoji outside the first plane counts
    2.
    """
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def body(kind: str, content: Json) -> str:
    """The members of an update without its id. ASCII escapes only, which also carry a lone surrogate."""
    return f"{json.dumps(kind)}:{json.dumps(content)}"


def text_content(text: str, entities: list[Json] | None = None) -> Json:
    """A text with its entities. Telegram itself marks commands, wherever in the text they stand."""
    if entities is None:
        entities = [
            {
                "type": "bot_command",
                "offset": utf16_length(text[: found.start()]),
                "length": utf16_length(found.group()),
            }
            for found in _COMMAND.finditer(text)
        ]
    return {"text": text, "entities": entities} if entities else {"text": text}


def message(chat: Chat, sent: SentMessage, *, with_reply: bool = True) -> Json:
    """Bot API type Message. The message replied to is told once, not its own predecessors."""
    told: Json = {
        "message_id": sent.message_id,
        "from": sent.sender,
        "chat": chat.about,
        "date": sent.date,
        **({"edit_date": sent.edit_date} if sent.edited else {}),
        **sent.content,
    }
    replied_to = chat.find(sent.reply_to) if with_reply else None
    if replied_to is not None:
        told["reply_to_message"] = message(chat, replied_to, with_reply=False)
    if sent.keyboard:
        told["reply_markup"] = {"inline_keyboard": [list(row) for row in sent.keyboard]}
    return told


def callback_query(query_id: str, person: Person, chat: Chat, sent: SentMessage, data: str) -> Json:
    """Bot API type CallbackQuery. A deleted message is told as InaccessibleMessage: no text, date 0."""
    if sent.deleted:
        told: Json = {"chat": chat.about, "message_id": sent.message_id, "date": 0}
    else:
        told = message(chat, sent)
    return {
        "id": query_id,
        "from": person.as_user(),
        "message": told,
        "chat_instance": str(-(chat.id * 31 + 7)),
        "data": data,
    }


def message_reaction(chat: Chat, by: Person, sent: SentMessage, old: str, new: str, date: int) -> Json:
    """Bot API type MessageReactionUpdated; a person has at most one sign below a message here, "" is none."""
    return {
        "chat": chat.about,
        "message_id": sent.message_id,
        "user": by.as_user(),
        "date": date,
        "old_reaction": _reaction(old),
        "new_reaction": _reaction(new),
    }


def my_chat_member(chat: Chat, by: Person, bot: Json, old: str, new: str, date: int) -> Json:
    """Bot API type ChatMemberUpdated about the bot itself; statuses member, kicked (blocked), left."""
    return {
        "chat": chat.about,
        "from": by.as_user(),
        "date": date,
        "old_chat_member": _member(bot, old),
        "new_chat_member": _member(bot, new),
    }


def forwarded(text: str, origin: Person | None, date: int) -> Json:
    """A text that somebody else wrote. `origin` None: a person who hides the account in forwards."""
    if origin is None:
        source: Json = {"type": "hidden_user", "sender_user_name": "Somebody", "date": date}
    else:
        source = {"type": "user", "sender_user": origin.as_user(), "date": date}
    return {**text_content(text), "forward_origin": source}


def photo(number: int) -> Json:
    small = {**_file("photo-s", number), "width": 90, "height": 67, "file_size": 1_204}
    large = {**_file("photo-l", number), "width": 1280, "height": 960, "file_size": 148_220}
    return {"photo": [small, large]}


def voice(number: int) -> Json:
    return {"voice": {**_file("voice", number), "duration": 7, "mime_type": "audio/ogg", "file_size": 28_112}}


def sticker(number: int) -> Json:
    kind = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
    return {"sticker": {**_file("sticker", number), **kind, "emoji": "\N{GRINNING FACE}", "set_name": "Faces"}}


def document(number: int) -> Json:
    about = {"file_name": "letter.pdf", "mime_type": "application/pdf", "file_size": 51_007}
    return {"document": {**_file("document", number), **about}}


def location() -> Json:
    return {"location": {"latitude": 40.416775, "longitude": -3.70379}}


def contact(person: Person) -> Json:
    """The number lies in the range kept free for fiction (Ofcom: 07700 900000 to 900999)."""
    about = {"phone_number": "+447700900123", "first_name": person.first_name, "user_id": person.id}
    return {"contact": about}


def _reaction(emoji: str) -> list[Json]:
    return [{"type": "emoji", "emoji": emoji}] if emoji else []


def _member(bot: Json, status: str) -> Json:
    """Only a ban has an end; 0 is for ever."""
    rest: dict[str, Any] = {"until_date": 0} if status == "kicked" else {}
    return {"user": bot, "status": status, **rest}


def _file(kind: str, number: int) -> Json:
    return {"file_id": f"rehearsal-{kind}-{number}", "file_unique_id": f"{kind}-{number}"}
