"""The bot process: receiving, conversation, delivery and ticks in one loop. `python -m bot`; `alongside up` starts
it."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import sys

from telegram import BotCommand
from telegram.error import TelegramError

from bot.conversation import Conversation
from bot.delivery import Delivery
from bot.rasa_client import RasaClient
from bot.receiving import Receiving
from bot.stopping import pause
from bot.telegram import TelegramBot, make_bot
from bot.ticks import Ticks
from study.bootstrap import App, bootstrap, rasa_secret
from study.db.leader import Leadership
from study.errors import AlongsideError
from study.heartbeats import beat
from study.logs import set_up_logging
from study.protocol import Study
from study.protocol.wording_ids import COMMANDS
from study.services.claiming import free_all
from study.services.sending import recover_leased
from study.settings import PARTICIPANTS_BOT, Settings

log = logging.getLogger("bot")

DRAIN_SECONDS = 8.0  # of the 10 s a SIGTERM leaves us (fault 6)


async def serve(app: App) -> None:
    """Lead, work until SIGTERM or SIGINT, drain, stop."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopping.set)
    leadership = Leadership(app.db)
    if not await lead(app, leadership, stopping):
        return
    owner = f"bot-{os.getpid()}-{secrets.token_hex(4)}"
    await asyncio.to_thread(app.db.run, free_all)
    await asyncio.to_thread(app.db.run, recover_leased)
    bots = make_bots(app.settings)
    settings = app.settings
    rasa = RasaClient(
        settings.rasa_url or f"http://127.0.0.1:{settings.rasa_port}",
        rasa_secret(settings).get_secret_value(),
        settings.run,
        f"http://127.0.0.1:{settings.actions_port}/webhook",
        settings.rasa_timeout,
    )
    conversation = Conversation(app, owner, rasa, bots)
    menu = asyncio.create_task(show_commands(app.study, bots.get(PARTICIPANTS_BOT)))
    loops = [
        *(Receiving(app, bot, conversation.wake).run(stopping) for bot in bots.values()),
        conversation.run(stopping),
        *(Delivery(app, owner, bot).run(stopping) for bot in bots.values()),
        Ticks(app).run(stopping),
        watch_leadership(leadership, stopping),
    ]
    tasks = [asyncio.create_task(one) for one in loops]
    log.info("bot serves, owner %s", owner)
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    stopping.set()
    await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
    menu.cancel()
    await rasa.close()
    for bot in bots.values():
        await bot.close()
    leadership.release()
    for task in done:
        task.result()


async def lead(app: App, leadership: Leadership, stopping: asyncio.Event) -> bool:
    """Wait until no other bot process works on this database."""
    said = False
    while not stopping.is_set():
        if await asyncio.to_thread(leadership.take):
            return True
        if not said:
            log.error("another bot process leads on this database: waiting")
            said = True
        await asyncio.to_thread(
            app.db.run, lambda session: beat(session, "bot:standby", app.clock.now(), "another_bot_leads")
        )
        await pause(stopping, 1.0)
    return False


async def watch_leadership(leadership: Leadership, stopping: asyncio.Event) -> None:
    """A process that lost the lock stops at once; `up` starts it again and it waits its turn."""
    while not stopping.is_set():
        if not await asyncio.to_thread(leadership.holds):
            log.error("leadership lost: stopping")
            stopping.set()
            return
        await pause(stopping, 2.0)


async def show_commands(study: Study, bot: TelegramBot | None) -> None:
    """The commands in Telegram's menu, with approved words. Only a courtesy: they work without it."""
    if bot is None:
        return
    commands = [BotCommand(name, study.wordings.render(f"command.{name}")) for name in COMMANDS]
    try:
        await bot.sending.set_my_commands(commands)
    except TelegramError as error:
        log.warning("the menu of commands was not set: %s", type(error).__name__)


def make_bots(settings: Settings) -> dict[str, TelegramBot]:
    """The two accounts, by name."""
    return {
        name: make_bot(name, token.get_secret_value(), settings.telegram_api_url, settings.poll_seconds)
        for name, token in settings.bots.items()
    }


def main() -> int:
    """Exit status 2 with one line where the installation is wrong."""
    settings = Settings()
    set_up_logging(settings.log_level, "bot")
    try:
        app = bootstrap(settings)
    except AlongsideError as error:
        print(error, file=sys.stderr)
        return 2
    asyncio.run(serve(app))
    return 0


if __name__ == "__main__":
    sys.exit(main())
