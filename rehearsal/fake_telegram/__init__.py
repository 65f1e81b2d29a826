"""A Telegram that is not Telegram: the Bot API on loopback, for tests, the rehearsal and its page.

    telegram = TelegramServer()
    telegram.start()
    bot = telegram.add_bot("7001:anything", "Alongside Rehearsal")
    ana = Person(5_000_000_001, "Ana")
    bot.say(ana, "/start")                       # what a person does on the phone
    bot.wait_for(lambda: bot.sent_to(ana))       # what the bot under test sent
    bot.faults.next("sendMessage", "too_many_requests", retry_after=2)

A bot under test uses `f"{telegram.url}/bot"` as its base URL. The rules of delivery (offsets, conflicts, what
is kept how long) are those of the open-source server Telegram runs, tdlib/telegram-bot-api. Not played:
webhooks being called, files being sent or fetched, the meaning of parse_mode (the text is kept as it came,
with the mode beside it).
"""

from rehearsal.fake_telegram.account import Call, CallbackAnswer
from rehearsal.fake_telegram.bot import Bot, Posted
from rehearsal.fake_telegram.chats import SentMessage
from rehearsal.fake_telegram.faults import Fault, FaultKind, Faults
from rehearsal.fake_telegram.people import Person
from rehearsal.fake_telegram.rates import RateLimits
from rehearsal.fake_telegram.server import TelegramServer

__all__ = [
    "Bot",
    "Call",
    "CallbackAnswer",
    "Fault",
    "FaultKind",
    "Faults",
    "Person",
    "Posted",
    "RateLimits",
    "SentMessage",
    "TelegramServer",
]
