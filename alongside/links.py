"""One-time links as they are handed over: what to do with them, and until when."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
from pydantic import SecretStr

from study.bootstrap import App
from study.settings import Settings


def print_link(app: App, bot: SecretStr | None, token: str, whom: str, zone: str, *, setting: str) -> None:
    """t.me/BOT?start=TOKEN, where Telegram tells the bot's name; else what to send the bot instead. `whom` gets it."""
    until = app.clock.now() + app.study.timings.enrol_link_valid
    name = bot_name(app.settings, bot) if bot is not None else None
    if name is not None:
        print(f"https://t.me/{name}?start={token}")
        print(f"Give this link to {whom} and to nobody else: whoever opens it first is {whom} from then on.")
        print("They open it on their phone, in Telegram, and press Start.")
    else:
        why = f"{setting} is not set" if bot is None else "Telegram did not tell the bot's name"
        print(f"/start {token}")
        print(f"{why}, so there is no link. {whom} can send the bot this line instead, and nobody else should.")
        if bot is None:
            print(f"With the token in .env (get one from @BotFather) a link is printed: {renewal(whom)}.")
    print(f"It works once, until {spoken_until(until, zone)}. To get another one: {renewal(whom)}.")


def renewal(code: str) -> str:
    """The command that makes a new link for somebody, and ends the one before."""
    return f"`alongside staff phone {code}`" if code.startswith("STAFF-") else f"`alongside rebind {code}`"


def spoken_until(moment: datetime, zone: str) -> str:
    """The end as the site's clock shows it."""
    return f"{moment.astimezone(ZoneInfo(zone)):%A %d %B %Y, %H:%M} ({zone})"


def bot_name(settings: Settings, token: SecretStr) -> str | None:
    """The bot's user name, or None where Telegram does not say."""
    url = f"{settings.telegram_api_url.rstrip('/')}/bot{token.get_secret_value()}/getMe"
    try:
        answer = httpx.get(url, timeout=10.0).json()
    except (httpx.HTTPError, ValueError):
        return None
    name: str | None = answer.get("result", {}).get("username") if answer.get("ok") else None
    return name
