"""The Bot API methods that answer at once, by Telegram's rules. getUpdates, which may wait, is in polling.py.

Reference: https://core.telegram.org/bots/api; the words of refusals are those the live API uses.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from rehearsal.fake_telegram import updates
from rehearsal.fake_telegram.account import Account, CallbackAnswer
from rehearsal.fake_telegram.chats import Chat, SentMessage
from rehearsal.fake_telegram.keyboards import read_keyboard
from rehearsal.fake_telegram.polling import delete_webhook, get_webhook_info, set_webhook
from rehearsal.fake_telegram.refusals import bad_request, forbidden, too_many_requests
from rehearsal.fake_telegram.wire import Params

TEXT_UNITS = 4096  # UTF-16 units of one message
NOTICE_UNITS = 200  # of the notice that answers a button press
DELETABLE_FOR = timedelta(hours=48)
CHAT_ACTIONS = {
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
}
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


def get_me(account: Account, params: Params) -> Any:
    groups = {"can_join_groups": True, "can_read_all_group_messages": False}
    other = {"supports_inline_queries": False, "can_connect_to_business": False, "has_main_web_app": False}
    return {**account.as_user(), **groups, **other}


def send_message(account: Account, params: Params) -> Any:
    content = _text(params)
    keyboard = read_keyboard(params)
    chat = _open_chat(account, params)
    reply_to = _replied_to(chat, params)
    _keep_to_rate(account, chat)
    sent = chat.add(
        account.as_user(),
        content,
        account.around.clock(),
        time.monotonic(),
        keyboard=keyboard,
        reply_to=reply_to,
        parse_mode=params.text("parse_mode") or None,
        silent=params.flag("disable_notification"),
    )
    return updates.message(chat, sent)


def edit_message_text(account: Account, params: Params) -> Any:
    """Without a keyboard in the call the message loses the one it had, as with Telegram."""
    content = _text(params)
    keyboard = read_keyboard(params)
    chat, message = _own_message(account, params, "edit")
    if message.content == content and message.keyboard == keyboard:
        raise bad_request(NOT_MODIFIED)
    mode = params.text("parse_mode") or None
    changed = chat.change(message, account.around.clock(), content=content, keyboard=keyboard, parse_mode=mode)
    return updates.message(chat, changed)


def edit_message_reply_markup(account: Account, params: Params) -> Any:
    keyboard = read_keyboard(params)
    chat, message = _own_message(account, params, "edit")
    if message.keyboard == keyboard:
        raise bad_request(NOT_MODIFIED)
    return updates.message(chat, chat.change(message, account.around.clock(), keyboard=keyboard))


def delete_message(account: Account, params: Params) -> Any:
    """In a private chat a bot may delete both sides' messages, for 48 hours; in a group only its own (no
    admin).
    """
    chat, message = _message(account, params, "delete")
    too_old = account.around.clock() - message.at > DELETABLE_FOR
    if too_old or (chat.person is None and not message.by_bot):
        raise bad_request("message can't be deleted for everyone")
    chat.change(message, deleted=True)
    return True


def send_chat_action(account: Account, params: Params) -> Any:
    if params.text("action") not in CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")
    _open_chat(account, params)
    return True


def answer_callback_query(account: Account, params: Params) -> Any:
    """Refused once the press is too old: a bot that was down has to live without its answer."""
    now = account.around.clock()
    query_id = params.text("callback_query_id")
    pressed = account.queries.get(query_id)
    if pressed is None or now - pressed > account.around.taps_kept:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    text = params.text("text")
    if updates.utf16_length(text) > NOTICE_UNITS:
        raise bad_request("MESSAGE_TOO_LONG")
    account.record_answer(CallbackAnswer(query_id, text, params.flag("show_alert"), now))
    return True


def set_my_commands(account: Account, params: Params) -> Any:
    commands = params.structure("commands")
    if not isinstance(commands, list) or not all(isinstance(command, dict) for command in commands):
        raise bad_request("can't parse commands: an Array of objects is expected")
    account.commands = commands
    return True


def get_my_commands(account: Account, params: Params) -> Any:
    return account.commands


Method = Callable[[Account, Params], Any]

METHODS: dict[str, Method] = {
    "getme": get_me,
    "sendmessage": send_message,
    "editmessagetext": edit_message_text,
    "editmessagereplymarkup": edit_message_reply_markup,
    "deletemessage": delete_message,
    "sendchataction": send_chat_action,
    "answercallbackquery": answer_callback_query,
    "setmycommands": set_my_commands,
    "getmycommands": get_my_commands,
    "setwebhook": set_webhook,
    "deletewebhook": delete_webhook,
    "getwebhookinfo": get_webhook_info,
}


def _text(params: Params) -> dict[str, Any]:
    """The text as Telegram keeps it: without blanks at either end."""
    text = params.text("text").strip()
    if not text:
        raise bad_request("message text is empty")
    if updates.utf16_length(text) > TEXT_UNITS:
        raise bad_request("message is too long")
    return updates.text_content(text, params.structure("entities"))


def _open_chat(account: Account, params: Params) -> Chat:
    """The chat, if the bot may write there."""
    chat_id = params.chat_id
    chat = account.chats.get(chat_id) if chat_id is not None else None
    if chat is None and chat_id in account.seen_in_groups:
        raise forbidden("bot can't initiate conversation with a user")
    if chat is None:
        raise bad_request("chat not found")
    if chat.migrated_to is not None:
        raise bad_request("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to)
    if chat.blocked:
        raise forbidden("bot was blocked by the user")
    return chat


def _replied_to(chat: Chat, params: Params) -> int | None:
    about = params.structure("reply_parameters") or {}
    if not isinstance(about, dict):
        raise bad_request("object expected as reply parameters")
    asked = Params(about).integer("message_id") or params.integer("reply_to_message_id") or None
    if asked is None or chat.find(asked) is not None:
        return asked
    if about.get("allow_sending_without_reply") or params.flag("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")


def _keep_to_rate(account: Account, chat: Chat) -> None:
    limits = account.around.rate_limits
    wait = account.meter.seconds_to_wait(chat.id, limits, time.monotonic()) if limits else 0
    if wait:
        raise too_many_requests(wait)


def _message(account: Account, params: Params, purpose: str) -> tuple[Chat, SentMessage]:
    chat = account.chats.get(params.chat_id or 0)
    if chat is None:
        raise bad_request("chat not found")
    message = chat.find(params.integer("message_id"))
    if message is None:
        raise bad_request(f"message to {purpose} not found")
    return chat, message


def _own_message(account: Account, params: Params, purpose: str) -> tuple[Chat, SentMessage]:
    chat, message = _message(account, params, purpose)
    if not message.by_bot:
        raise bad_request("message can't be edited")
    return chat, message
