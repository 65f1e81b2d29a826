"""getUpdates, with its long poll and its conflicts, and the webhook that excludes it.

Source of the rules: tdlib/telegram-bot-api, Client.cpp. Two of them surprise: a second poll ends the first
one only if it has to wait itself (with updates to answer, or timeout 0, it leaves the first alone); and after
a 409 the next one within 3 seconds is held back for 3 seconds, so that two bots do not drive each other
round.

Left out: Telegram makes a poll of under 3 s wait 3 s if it repeats the last offset within 3 s.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from rehearsal.fake_telegram.account import UPDATE_KINDS, Account, LongPoll
from rehearsal.fake_telegram.listening import Caller
from rehearsal.fake_telegram.refusals import OTHER_POLLER, WEBHOOK_ACTIVE, WEBHOOK_SET, bad_request, conflict
from rehearsal.fake_telegram.wire import Params

LONGEST_POLL = 50  # seconds


async def get_updates(account: Account, params: Params, caller: Caller) -> str:
    """Answers the JSON text of the result. Raises the refusal for a conflict."""
    offset, limit = params.integer("offset"), params.integer("limit", 100)
    timeout = min(max(params.integer("timeout"), 0), LONGEST_POLL)
    with account.around.changed:
        poll = None
        if not account.webhook_url:
            _remember_allowed(account, params)
            batch = account.queue.take(offset, limit, account.around.clock())
            account.around.changed.notify_all()
            if batch or timeout == 0:
                return _as_array(batch)
            account.end_poll(OTHER_POLLER)
            poll = account.poll = LongPoll(asyncio.get_running_loop(), asyncio.Event())
    if poll is None:
        await _pause_after_conflict(account, caller)
        raise conflict(WEBHOOK_ACTIVE)
    await caller.stays(timeout, until=poll.woken)
    with account.around.changed:
        if account.poll is poll:
            account.poll = None
        if poll.ended_by is None:
            return _as_array(account.queue.take(offset, limit, account.around.clock()))
    await _pause_after_conflict(account, caller)
    raise conflict(poll.ended_by)


def set_webhook(account: Account, params: Params) -> Any:
    """Keeps the address, which is never called: only that getUpdates is then refused is played."""
    url = params.text("url")
    if not url:
        return delete_webhook(account, params)
    if not url.startswith("https://"):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    _drop_pending(account, params)
    _remember_allowed(account, params)
    account.webhook_url = url
    account.end_poll(WEBHOOK_SET)
    return True


def delete_webhook(account: Account, params: Params) -> Any:
    _drop_pending(account, params)
    account.webhook_url = ""
    return True


def get_webhook_info(account: Account, params: Params) -> Any:
    waiting = account.queue.count(account.around.clock())
    info = {"url": account.webhook_url, "has_custom_certificate": False, "pending_update_count": waiting}
    return {**info, "allowed_updates": account.allowed_updates} if account.allowed_updates else info


def _remember_allowed(account: Account, params: Params) -> None:
    """Not given, or no list: as before. An empty list, or only unknown names: all but those never sent
    unasked. It holds for updates from now on; what already waits is still given.
    """
    try:
        asked = json.loads(params.text("allowed_updates") or "null")
    except ValueError:
        return
    if isinstance(asked, list):
        account.allowed_updates = [kind for kind in asked if kind in UPDATE_KINDS]


def _drop_pending(account: Account, params: Params) -> None:
    if params.flag("drop_pending_updates"):
        account.queue.drop_all()


def _as_array(batch: list[str]) -> str:
    return f"[{','.join(batch)}]"


async def _pause_after_conflict(account: Account, caller: Caller) -> None:
    now = time.monotonic()
    if now < account.next_conflict_at:
        await caller.stays(account.around.conflict_pause)
    else:
        account.next_conflict_at = now + account.around.conflict_pause
