"""What Telegram accepts as the buttons under a message."""

from __future__ import annotations

from typing import Any

from rehearsal.fake_telegram.chats import Keyboard
from rehearsal.fake_telegram.people import Json
from rehearsal.fake_telegram.refusals import bad_request
from rehearsal.fake_telegram.wire import Params

CALLBACK_DATA_BYTES = range(1, 65)
OTHER_ACTIONS = (
    "url",
    "login_url",
    "web_app",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "copy_text",
)


def read_keyboard(params: Params) -> Keyboard:
    """The inline keyboard of `reply_markup`; none for other kinds of markup, which belong to no message."""
    markup = params.structure("reply_markup")
    if markup is None:
        return ()
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    rows = markup.get("inline_keyboard", [])
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    return tuple(tuple(_button(button) for button in row) for row in rows if row)


def _button(button: Any) -> Json:
    if not isinstance(button, dict) or not isinstance(button.get("text"), str):
        raise bad_request("can't parse inline keyboard button: an object with a text is expected")
    if not button["text"].strip():
        raise bad_request("inline keyboard button text must be non-empty")
    data = button.get("callback_data")
    if data is None and not any(action in button for action in OTHER_ACTIONS):
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if data is not None and (not isinstance(data, str) or len(data.encode("utf-8")) not in CALLBACK_DATA_BYTES):
        raise bad_request("BUTTON_DATA_INVALID")
    return button
