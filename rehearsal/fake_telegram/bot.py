"""A bot as the people around it see it: what they do on their phones becomes updates for it."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.fake_telegram import updates
from rehearsal.fake_telegram.account import Account
from rehearsal.fake_telegram.chats import Chat, SentMessage
from rehearsal.fake_telegram.people import Json, Person


@dataclass(frozen=True)
class Posted:
    """What an act on the phone became. `update_id` is None if the bot's allowed_updates leave such updates
    out.
    """

    update_id: int | None
    message_id: int = 0
    query_id: str = ""


class Bot(Account):
    """Thread-safe. Acts that a phone would not offer raise ValueError; acts on a message that is not there
    raise LookupError.
    """

    def say(self, user: Person, text: str, reply_to: int | None = None, entities: list[Json] | None = None) -> Posted:
        """A text, as typed: nothing is trimmed or normalised, lone surrogates and NUL travel on."""
        return self._write(user, updates.text_content(text, entities), reply_to=reply_to)

    def photo(self, user: Person, caption: str = "") -> Posted:
        return self._write(user, {**updates.photo(self._number()), **_captioned(caption)})

    def voice(self, user: Person, caption: str = "") -> Posted:
        return self._write(user, {**updates.voice(self._number()), **_captioned(caption)})

    def sticker(self, user: Person) -> Posted:
        return self._write(user, updates.sticker(self._number()))

    def document(self, user: Person, caption: str = "") -> Posted:
        return self._write(user, {**updates.document(self._number()), **_captioned(caption)})

    def location(self, user: Person) -> Posted:
        return self._write(user, updates.location())

    def contact(self, user: Person) -> Posted:
        """The person's own card."""
        return self._write(user, updates.contact(user))

    def forward(self, user: Person, text: str, origin: Person | None = None) -> Posted:
        """A text by `origin`, passed on; without one, by somebody who hides in forwards."""
        with self.around.changed:
            return self._write(user, updates.forwarded(text, origin, int(self.around.clock().timestamp())))

    def edit(self, user: Person, message_id: int, text: str) -> Posted:
        """Changes one's own message. An edit that changes nothing reaches nobody, as with Telegram."""
        with self.around.changed:
            chat, message = self._message(user.id, message_id)
            if message.by_bot:
                raise ValueError("a person cannot edit what the bot wrote")
            if message.text == text:
                return Posted(None, message_id)
            captioned = "text" not in message.content
            kept = {key: value for key, value in message.content.items() if key not in ("text", "entities")}
            content = {**kept, **(_captioned(text) if captioned else updates.text_content(text))}
            changed = chat.change(message, self.around.clock(), content=content)
            update = updates.body("edited_message", updates.message(chat, changed))
            return Posted(self._post("edited_message", update), message_id)

    def react(self, user: Person, message_id: int, emoji: str) -> Posted:
        """Puts a sign below a message, in place of the one before; an empty one takes it away."""
        with self.around.changed:
            chat, message = self._message(user.id, message_id)
            before = self.reactions.get((user.id, message_id), "")
            if before == emoji:
                return Posted(None, message_id)
            self.reactions[user.id, message_id] = emoji
            date = int(self.around.clock().timestamp())
            change = updates.message_reaction(chat, user, message, before, emoji, date)
            return Posted(self._post("message_reaction", updates.body("message_reaction", change)), message_id)

    def tap(self, user: Person, message_id: int, data: str) -> Posted:
        """Presses a button. `data` need not be on the message (any more): an old phone may still show it."""
        with self.around.changed:
            chat = self._chat(user.id)
            message = chat.messages.get(message_id)
            if message is None or not message.by_bot:
                raise LookupError(f"the bot has no message {message_id} in chat {user.id}")
            shown = [button for row in message.buttons for button in row]
            self.tapped[user.id, message_id] = next((label for label, token in shown if token == data), "")
            query_id = str(secrets.randbits(62))
            self.queries[query_id] = self.around.clock()
            query = updates.callback_query(query_id, user, chat, message, data)
            return Posted(self._post("callback_query", updates.body("callback_query", query)), message_id, query_id)

    def press(self, user: Person, label: str) -> Posted:
        """Presses the button with this text, on the newest message that shows one."""
        with self.around.changed:
            for message in reversed(self.chat(user)):
                for button in (button for row in message.buttons for button in row):
                    if button[0] == label:
                        return self.tap(user, message.message_id, button[1])
        raise LookupError(f"no message to {user.first_name} shows a button {label!r}")

    def block(self, user: Person) -> Posted:
        return self._set_blocked(user, True)

    def unblock(self, user: Person) -> Posted:
        return self._set_blocked(user, False)

    def add_to_group(self, group_id: int, title: str, by: Person) -> Posted:
        """Somebody adds the bot to a group: a change of membership, and a message there that says so."""
        with self.around.changed:
            chat = self.chats.setdefault(group_id, Chat.group(group_id, title))
            self._post_membership(chat, by, "left", "member")
            joined = {"new_chat_members": [self.as_user()]}
            return self._deliver(chat, by, joined)

    def say_in_group(self, group_id: int, user: Person, text: str) -> Posted:
        """A text in a group the bot is in (and put into, without a word, if it was not)."""
        with self.around.changed:
            chat = self.chats.setdefault(group_id, Chat.group(group_id, f"Group {-group_id}"))
            if chat.migrated_to is not None:
                raise ValueError(f"group {group_id} has moved to {chat.migrated_to}")
            return self._deliver(chat, user, updates.text_content(text))

    def migrate_group(self, group_id: int, by: Person, new_id: int | None = None) -> int:
        """The group becomes a supergroup with another id, which is answered. Sending to the old one is
        refused.
        """
        with self.around.changed:
            old = self._chat(group_id)
            moved_to = new_id if new_id is not None else -(10**12 + abs(group_id))
            new = Chat.group(moved_to, old.about["title"], "supergroup")
            self.chats[moved_to] = new
            self._deliver(old, by, {"migrate_to_chat_id": moved_to})
            old.migrated_to = moved_to
            self._deliver(new, by, {"migrate_from_chat_id": group_id})
            return moved_to

    def push_raw(self, update: Json | str, *, verbatim: bool = False) -> int:
        """An update as no builder would make it; answers the id under which it waits.

        A dict gets its `update_id` here. A str is JSON text of an update without the id ('{"message":{"text":
        "\\\\ud83d"}}'), sent on as it is. With `verbatim` the text stands alone in the array, without an id:
        null, 7, {}; only an offset beyond it, from a later update, confirms it.
        """
        if verbatim:
            raw = update if isinstance(update, str) else json.dumps(update)
        elif isinstance(update, str):
            raw = update.strip().removeprefix("{").removesuffix("}")
        else:
            raw = json.dumps({key: value for key, value in update.items() if key != "update_id"})[1:-1]
        if not raw.strip():
            raise ValueError("an update without any field cannot be sent; use verbatim for '{}'")
        with self.around.changed:
            return self._put("", raw, verbatim=verbatim)

    def deliver_again(self, update_id: int, *, as_new: bool = False) -> int:
        """Gives an update once more: under its own id, at the head of the next batch, whatever has been
        confirmed; or, `as_new`, under a new id at the end. Raises LookupError if there was no such update.
        """
        with self.around.changed:
            if update_id not in self._given:
                raise LookupError(f"update {update_id} was never given")
            given = self._given[update_id].text
            if as_new:
                return self.push_raw(given.replace(f'"update_id":{update_id},', "", 1))
            self.queue.repeat(given)
            self._tell()
            return update_id

    def restart_update_ids(self, at: int) -> None:
        """Numbers the next update `at`, as after a quiet week. Raises ValueError while updates wait."""
        with self.around.changed:
            self.queue.restart_ids(at, self.around.clock())

    def _write(self, user: Person, content: Json, reply_to: int | None = None) -> Posted:
        with self.around.changed:
            chat = self.chats.setdefault(user.id, Chat.private(user))
            if chat.blocked:
                raise ValueError(f"{user.first_name} has blocked the bot, and has to unblock it before writing")
            return self._deliver(chat, user, content, reply_to=reply_to)

    def _deliver(self, chat: Chat, user: Person, content: Mapping[str, Any], reply_to: int | None = None) -> Posted:
        if chat.person is None:
            self.seen_in_groups.add(user.id)
        message = chat.add(user.as_user(), content, self.around.clock(), time.monotonic(), reply_to=reply_to)
        update_id = self._post("message", updates.body("message", updates.message(chat, message)))
        if update_id is not None:
            self.brought_by[chat.id, message.message_id] = update_id
        self._tell()
        return Posted(update_id, message.message_id)

    def _set_blocked(self, user: Person, blocked: bool) -> Posted:
        with self.around.changed:
            chat = self._chat(user.id)
            if chat.blocked == blocked:
                return Posted(None)
            chat.blocked = blocked
            old, new = ("member", "kicked") if blocked else ("kicked", "member")
            return Posted(self._post_membership(chat, user, old, new))

    def _post_membership(self, chat: Chat, by: Person, old: str, new: str) -> int | None:
        date = int(self.around.clock().timestamp())
        change = updates.my_chat_member(chat, by, self.as_user(), old, new, date)
        return self._post("my_chat_member", updates.body("my_chat_member", change))

    def _chat(self, chat_id: int) -> Chat:
        if chat_id not in self.chats:
            raise LookupError(f"the bot has no chat {chat_id}")
        return self.chats[chat_id]

    def _message(self, chat_id: int, message_id: int) -> tuple[Chat, SentMessage]:
        chat = self._chat(chat_id)
        message = chat.find(message_id)
        if message is None:
            raise LookupError(f"chat {chat_id} has no message {message_id}")
        return chat, message

    @staticmethod
    def _number() -> int:
        return secrets.randbelow(10**9)


def _captioned(caption: str) -> Json:
    return {"caption": caption} if caption else {}
