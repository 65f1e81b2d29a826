"""The two bots, as Telegram knows them; its clock; and the mail server for alarms."""

from __future__ import annotations

import smtplib
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urlsplit

import httpx
from pydantic import SecretStr

from alongside.checkups.keeping import CLOCKS_APART
from alongside.checkups.verdict import Check, look, ok, wrong
from study.clock import StudyClock
from study.settings import Settings

SECONDS = 10.0


def bots(settings: Settings) -> list[Check]:
    """Set, accepted by Telegram, two of them, and asked by nobody else."""
    tokens = {
        "ALONGSIDE_PARTICIPANT_BOT_TOKEN": settings.participant_bot_token,
        "ALONGSIDE_STAFF_BOT_TOKEN": settings.staff_bot_token,
    }
    found = [check for name, token in tokens.items() for check in _bot(settings, name, token)]
    given = [token.get_secret_value() for token in tokens.values() if token is not None]
    if len(given) == 2 and given[0] == given[1]:
        found.append(
            look("Two bots", "one token for both: a flood of messages can slow an alert; better make a second")
        )
    return found


def _bot(settings: Settings, name: str, token: SecretStr | None) -> list[Check]:
    if token is None:
        return [wrong(name, "not set: get a token from @BotFather and put it into .env")]
    try:
        answer = _ask(settings, token, "getMe")
        webhook = _ask(settings, token, "getWebhookInfo")
    except httpx.HTTPError as error:
        return [look(name, f"Telegram does not answer ({type(error).__name__}): look at the network, then ask again")]
    if answer.status_code in (401, 404):
        return [wrong(name, "Telegram refuses it: copy it again from @BotFather")]
    try:
        account = answer.json()["result"]
        hooked = webhook.json().get("result") or {}
    except (ValueError, KeyError):
        return [look(name, f"Telegram answers {answer.status_code}: ask again later")]
    found = [ok(name, f"@{account.get('username', '?')}")]
    if isinstance(hooked, dict) and hooked.get("url"):
        found = [wrong(name, f"@{account.get('username', '?')} is used by another program (a webhook): end that one")]
    if account.get("can_join_groups"):
        found.append(
            look(f"@{account.get('username', '?')}", "can be added to groups: @BotFather, /setjoingroups, Disable")
        )
    if answer.headers.get("Date") and name == "ALONGSIDE_PARTICIPANT_BOT_TOKEN":
        found.append(_clock(answer.headers["Date"]))
    return found


def _ask(settings: Settings, token: SecretStr, method: str) -> httpx.Response:
    url = f"{settings.telegram_api_url.rstrip('/')}/bot{token.get_secret_value()}/{method}"
    return httpx.get(url, timeout=SECONDS)


def _clock(date_header: str) -> Check:
    """Windows, reminders and ladders are worked out from this machine's clock."""
    apart = abs((StudyClock().now() - parsedate_to_datetime(date_header)).total_seconds())
    if apart > CLOCKS_APART:
        return wrong("Clock", f"{apart:.0f} s away from Telegram's: set it (`timedatectl set-ntp true`)")
    return ok("Clock", f"{apart:.0f} s away from Telegram's")


def mail(settings: Settings) -> list[Check]:
    """Where alarms go. Nothing is sent."""
    if settings.smtp_url is None and settings.alarm_to is None:
        mend = "set ALONGSIDE_SMTP_URL and ALONGSIDE_ALARM_TO to get them by mail"
        return [look("Alarms", f"stand in var/logs/bot.log only: {mend}")]
    if settings.smtp_url is None or settings.alarm_to is None:
        missing = "ALONGSIDE_SMTP_URL" if settings.smtp_url is None else "ALONGSIDE_ALARM_TO"
        return [wrong("Alarms", f"{missing} is not set: mail needs both, the server and who gets them")]
    server = urlsplit(settings.smtp_url.get_secret_value())
    host, port = server.hostname or "127.0.0.1", server.port or 25
    connect = smtplib.SMTP_SSL if server.scheme == "smtps" else smtplib.SMTP
    try:
        with connect(host, port, timeout=SECONDS) as opened:
            opened.ehlo()
            if server.username and server.password:
                opened.login(unquote(server.username), unquote(server.password))
    except (OSError, smtplib.SMTPException) as error:
        return [wrong("Alarms", f"{host}:{port}: {type(error).__name__}; mend ALONGSIDE_SMTP_URL")]
    return [ok("Alarms", f"go to {settings.alarm_to} by {host}:{port}")]
