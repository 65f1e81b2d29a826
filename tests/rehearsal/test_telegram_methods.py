"""What a bot may send and to whom, asked by the real python-telegram-bot; and what the phones then show."""

import itertools
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import telegram
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, EndPointNotFound, Forbidden, InvalidToken, RetryAfter
from telegram.request import HTTPXRequest

from rehearsal.fake_telegram import Bot, Person, RateLimits, TelegramServer

ANA = Person(5_000_000_001, "Ana", "Ruiz", username="ana_says", language_code="es")
BEN = Person(42, "Ben")
GROUP = -900_100
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # saves httpx the slow reading of certificates
TOKENS = (f"{number}:methods" for number in itertools.count(7001))

pytestmark = pytest.mark.filterwarnings("ignore:.*attribute `retry_after`")  # the library's own, on creation


class TurnableClock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def clock() -> TurnableClock:
    return TurnableClock()


@pytest.fixture(scope="module")
def server(clock: TurnableClock) -> Iterator[TelegramServer]:
    with TelegramServer(clock=clock) as server:
        yield server


@pytest.fixture
def token() -> str:
    return next(TOKENS)


@pytest.fixture
def bot(server: TelegramServer, token: str) -> Bot:
    """What the test sees of the bot; Ana has started it."""
    bot = server.add_bot(token, "Alongside Rehearsal")
    bot.say(ANA, "/start")
    return bot


def api_for(server: TelegramServer, token: str) -> telegram.Bot:
    request = HTTPXRequest(httpx_kwargs={"trust_env": False, "verify": NO_TLS})
    polling = HTTPXRequest(httpx_kwargs={"trust_env": False, "verify": NO_TLS})
    return telegram.Bot(token, base_url=f"{server.url}/bot", request=request, get_updates_request=polling)


@pytest.fixture
async def api(server: TelegramServer, token: str, bot: Bot) -> AsyncIterator[telegram.Bot]:
    """The bot under test: python-telegram-bot, as in production but for the address."""
    async with api_for(server, token) as api:
        yield api


def keyboard(*rows: list[tuple[str, str]]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(text, callback_data=data) for text, data in row] for row in rows]
    )


async def test_the_bot_is_who_it_was_added_as(api: telegram.Bot) -> None:
    assert (api.first_name, api.username) == ("Alongside Rehearsal", "alongside_rehearsal_bot")
    assert api.id == int(api.token.partition(":")[0])


async def test_a_token_nobody_has_is_refused_as_invalid(server: TelegramServer) -> None:
    with pytest.raises(InvalidToken):
        await api_for(server, "999:nobody").initialize()


@pytest.mark.parametrize(("token", "status"), [("999:nobody", 401), ("no-token-at-all", 404)])
def test_an_unknown_token_is_401_and_what_is_no_token_404(server: TelegramServer, token: str, status: int) -> None:
    response = httpx.get(f"{server.url}/bot{token}/getMe", trust_env=False, verify=NO_TLS)
    assert (response.status_code, response.json()["ok"]) == (status, False)


async def test_an_unknown_method_is_not_found(api: telegram.Bot) -> None:
    with pytest.raises(EndPointNotFound):
        await api.do_api_request("sendGoodWishes")


async def test_a_message_sent_shows_on_the_phone_with_its_buttons(
    api: telegram.Bot, bot: Bot, clock: TurnableClock
) -> None:
    rows = keyboard([("Start", "t1"), ("Later", "t2")], [("Stop", "t3")])
    sent = await api.send_message(ANA.id, "How are you?\n", reply_markup=rows, disable_notification=True)
    (shown,) = bot.sent_to(ANA)
    assert (shown.message_id, shown.text, shown.silent) == (sent.message_id, "How are you?", True)
    assert shown.buttons == [[("Start", "t1"), ("Later", "t2")], [("Stop", "t3")]]
    assert sent.date == clock.now == shown.at
    assert sent.chat.full_name == "Ana Ruiz"
    assert [(message.by_bot, message.text) for message in bot.chat(ANA)] == [
        (False, "/start"),
        (True, "How are you?"),
    ]


async def test_a_button_pressed_comes_back_with_its_message_and_can_be_answered(api: telegram.Bot, bot: Bot) -> None:
    sent = await api.send_message(ANA.id, "Ready?", reply_markup=keyboard([("Start", "t1")]))
    pressed = bot.press(ANA, "Start")
    query = (await api.get_updates())[-1].callback_query
    assert query is not None
    assert query.message is not None
    assert (query.data, query.from_user.id, query.message.message_id) == ("t1", ANA.id, sent.message_id)
    assert await query.answer("Thank you", show_alert=True)
    (answer,) = bot.answers
    assert (answer.query_id, answer.text, answer.alert) == (pressed.query_id, "Thank you", True)


async def test_a_press_can_not_be_answered_after_150_seconds(api: telegram.Bot, bot: Bot, clock: TurnableClock) -> None:
    await api.send_message(ANA.id, "Ready?", reply_markup=keyboard([("Start", "t1")]))
    pressed = bot.press(ANA, "Start")
    clock.now += timedelta(seconds=151)
    with pytest.raises(BadRequest, match="Query is too old"):
        await api.answer_callback_query(pressed.query_id)
    with pytest.raises(BadRequest, match="Query is too old"):
        await api.answer_callback_query("12345")
    assert bot.answers == []


async def test_a_button_no_longer_shown_can_not_be_pressed_but_an_old_phone_may_send_it(
    api: telegram.Bot, bot: Bot
) -> None:
    sent = await api.send_message(ANA.id, "Ready?", reply_markup=keyboard([("Start", "t1")]))
    await api.edit_message_reply_markup(ANA.id, sent.message_id)
    assert bot.sent_to(ANA)[0].buttons == []
    with pytest.raises(LookupError, match="Start"):
        bot.press(ANA, "Start")
    bot.tap(ANA, sent.message_id, "t1")
    query = (await api.get_updates())[-1].callback_query
    assert query is not None
    assert query.data == "t1"


@pytest.mark.parametrize("letter", ["a", "\N{GRINNING FACE}", "\N{ARABIC LETTER BEH}"])
async def test_a_text_may_have_4096_utf16_units_and_not_one_more(api: telegram.Bot, bot: Bot, letter: str) -> None:
    fits = letter * (4096 // (len(letter.encode("utf-16-le")) // 2))
    await api.send_message(ANA.id, fits)
    with pytest.raises(BadRequest, match="Message is too long"):
        await api.send_message(ANA.id, fits + "a")
    assert [message.text for message in bot.sent_to(ANA)] == [fits]


@pytest.mark.parametrize("text", ["", "  \n "])
async def test_a_text_without_letters_is_refused(api: telegram.Bot, text: str) -> None:
    with pytest.raises(BadRequest, match="Message text is empty"):
        await api.send_message(ANA.id, text)


async def test_callback_data_may_have_64_bytes_and_not_one_more(api: telegram.Bot, bot: Bot) -> None:
    await api.send_message(ANA.id, "Ready?", reply_markup=keyboard([("Start", "é" * 32)]))
    with pytest.raises(BadRequest, match="Button_data_invalid"):
        await api.send_message(ANA.id, "Ready?", reply_markup=keyboard([("Start", "é" * 32 + "x")]))
    assert len(bot.sent_to(ANA)) == 1


async def test_a_reply_needs_the_message_it_replies_to_unless_told_otherwise(api: telegram.Bot, bot: Bot) -> None:
    await api.send_message(ANA.id, "Yes?", reply_parameters=ReplyParameters(1))
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await api.send_message(ANA.id, "Yes?", reply_parameters=ReplyParameters(99))
    anyway = ReplyParameters(99, allow_sending_without_reply=True)
    await api.send_message(ANA.id, "Anyway", reply_parameters=anyway)
    assert [(message.text, message.reply_to) for message in bot.sent_to(ANA)] == [
        ("Yes?", 1),
        ("Anyway", None),
    ]


async def test_nobody_can_be_written_to_who_never_started_the_bot(api: telegram.Bot, bot: Bot) -> None:
    with pytest.raises(BadRequest, match="Chat not found"):
        await api.send_message(BEN.id, "Hello")
    bot.say_in_group(GROUP, BEN, "hello all")
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await api.send_message(BEN.id, "Hello")


async def test_who_blocks_the_bot_gets_nothing_and_the_bot_is_told_of_both(api: telegram.Bot, bot: Bot) -> None:
    bot.block(ANA)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await api.send_message(ANA.id, "Hello")
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await api.send_chat_action(ANA.id, "typing")
    with pytest.raises(ValueError, match="has blocked the bot"):
        bot.say(ANA, "hello")
    bot.unblock(ANA)
    await api.send_message(ANA.id, "Welcome back")
    changes = [update.my_chat_member for update in await api.get_updates() if update.my_chat_member]
    assert [change.new_chat_member.status for change in changes] == ["kicked", "member"]
    assert [message.text for message in bot.sent_to(ANA)] == ["Welcome back"]


async def test_a_group_that_moved_names_its_new_chat(api: telegram.Bot, bot: Bot) -> None:
    bot.say_in_group(GROUP, BEN, "hello all")
    assert (await api.send_message(GROUP, "Hello")).chat.type == "group"
    moved_to = bot.migrate_group(GROUP, BEN)
    with pytest.raises(ChatMigrated) as moved:
        await api.send_message(GROUP, "Hello?")
    assert moved.value.new_chat_id == moved_to
    assert (await api.send_message(moved_to, "Here you are")).chat.type == "supergroup"
    told = [update.message for update in await api.get_updates() if update.message][-2:]
    assert [(message.migrate_to_chat_id, message.migrate_from_chat_id) for message in told] == [
        (moved_to, None),
        (None, GROUP),
    ]


async def test_an_edit_changes_what_the_phone_shows_and_takes_the_buttons_away_if_none_are_given(
    api: telegram.Bot, bot: Bot
) -> None:
    sent = await api.send_message(ANA.id, "Ready?", reply_markup=keyboard([("Start", "t1")]))
    with pytest.raises(BadRequest, match="Message is not modified"):
        await api.edit_message_text("Ready?", ANA.id, sent.message_id, reply_markup=sent.reply_markup)
    edited = await api.edit_message_text("Started.", ANA.id, sent.message_id)
    (shown,) = bot.sent_to(ANA)
    assert (shown.text, shown.buttons, shown.edited) == ("Started.", [], True)
    assert isinstance(edited, telegram.Message)
    assert edited.edit_date is not None
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await api.edit_message_text("Never sent", ANA.id, 99)
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await api.edit_message_text("Not mine", ANA.id, 1)


async def test_a_deleted_message_leaves_the_phone_but_was_sent(
    api: telegram.Bot, bot: Bot, clock: TurnableClock
) -> None:
    sent = await api.send_message(ANA.id, "Oops")
    kept = await api.send_message(ANA.id, "Kept")
    await api.delete_message(ANA.id, sent.message_id)
    assert [message.text for message in bot.chat(ANA)] == ["/start", "Kept"]
    assert [message.deleted for message in bot.sent_to(ANA)] == [True, False]
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await api.delete_message(ANA.id, sent.message_id)
    clock.now += timedelta(hours=49)
    with pytest.raises(BadRequest, match="Message can't be deleted"):
        await api.delete_message(ANA.id, kept.message_id)


async def test_commands_and_typing_are_accepted(api: telegram.Bot, bot: Bot) -> None:
    assert await api.set_my_commands([("help", "What I can do")])
    assert bot.commands == [{"command": "help", "description": "What I can do"}]
    assert await api.send_chat_action(ANA.id, "typing")
    with pytest.raises(BadRequest, match="Wrong parameter action"):
        await api.send_chat_action(ANA.id, "humming")


@pytest.mark.parametrize("way", ["form", "json", "multipart", "query"])
def test_a_call_may_come_in_any_of_the_four_forms(server: TelegramServer, token: str, bot: Bot, way: str) -> None:
    url = f"{server.url}/bot{token}/sendMessage"
    text = "Grüße \N{GRINNING FACE} & more"
    form = {"chat_id": str(ANA.id), "text": text, "disable_notification": "true"}
    with httpx.Client(trust_env=False, verify=NO_TLS) as client:
        response = {
            "form": lambda: client.post(url, data=form),
            "json": lambda: client.post(url, json={**form, "chat_id": ANA.id, "disable_notification": True}),
            "multipart": lambda: client.post(url, data=form, files={"unused": ("a.txt", b"abc")}),
            "query": lambda: client.get(url, params=form),
        }[way]()
    assert response.json()["result"]["text"] == text
    assert [(message.text, message.silent) for message in bot.sent_to(ANA)] == [(text, True)]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"chat_id=5000000001&text=%ff%fe", "application/x-www-form-urlencoded"),
        (b'{"chat_id": 5000000001, "text": "\\ud83d"}', "application/json"),
        (b'{"chat_id": 5000000001, "text": ', "application/json"),
        (b"[1, 2]", "application/json"),
    ],
)
def test_a_body_that_is_no_text_or_no_json_is_a_bad_request(
    server: TelegramServer, token: str, bot: Bot, body: bytes, content_type: str
) -> None:
    url = f"{server.url}/bot{token}/sendMessage"
    headers = {"content-type": content_type}
    response = httpx.post(url, content=body, headers=headers, trust_env=False, verify=NO_TLS)
    assert response.status_code == 400
    assert bot.sent_to(ANA) == []


async def test_who_sends_too_fast_into_one_chat_has_to_wait(
    api: telegram.Bot, bot: Bot, server: TelegramServer
) -> None:
    bot.say(BEN, "/start")
    server.limit_rates(RateLimits(chat=0.01, chat_burst=3))
    try:
        for number in range(3):
            await api.send_message(ANA.id, f"message {number}")
        with pytest.raises(RetryAfter) as refused:
            await api.send_message(ANA.id, "one too many")
        assert str(refused.value).endswith(("Retry in 99 seconds", "Retry in 100 seconds"))
        await api.send_message(BEN.id, "another chat is not held up")
    finally:
        server.limit_rates(None)
    await api.send_message(ANA.id, "and on it goes")
    assert len(bot.sent_to(ANA)) == 4


async def test_who_sends_too_fast_over_all_chats_has_to_wait(
    api: telegram.Bot, bot: Bot, server: TelegramServer
) -> None:
    bot.say(BEN, "/start")
    server.limit_rates(RateLimits(overall=0.01))
    try:
        await api.send_message(ANA.id, "Hello")
        with pytest.raises(RetryAfter):
            await api.send_message(BEN.id, "Hello")
    finally:
        server.limit_rates(None)


def test_an_answer_does_not_wait_for_the_callers_delayed_acknowledgement(
    server: TelegramServer, token: str, bot: Bot
) -> None:
    """Without TCP_NODELAY every call on a kept connection takes 40 ms; the fastest of several tells."""
    times = []
    with httpx.Client(trust_env=False, verify=NO_TLS) as client:
        for number in range(8):
            began = time.monotonic()
            client.post(f"{server.url}/bot{token}/sendMessage", data={"chat_id": ANA.id, "text": str(number)})
            times.append(time.monotonic() - began)
    assert min(times[2:]) < 0.03


async def test_every_call_is_on_record_with_its_time_and_outcome(api: telegram.Bot, bot: Bot) -> None:
    began = time.monotonic()
    await api.send_message(ANA.id, "Hello")
    with pytest.raises(BadRequest):
        await api.send_message(BEN.id, "Hello")
    calls = [call for call in bot.calls if call.method == "sendMessage"]
    assert [(call.chat_id, call.status) for call in calls] == [(ANA.id, 200), (BEN.id, 400)]
    assert began <= calls[0].arrived <= calls[1].arrived <= time.monotonic()


def test_waiting_for_what_never_comes_says_so(bot: Bot) -> None:
    with pytest.raises(TimeoutError, match="alongside_rehearsal_bot"):
        bot.wait_for(lambda: bot.sent_to(ANA), timeout=0.05)


def test_two_bots_can_not_share_a_token_and_a_token_must_look_like_one(
    server: TelegramServer, bot: Bot, token: str
) -> None:
    with pytest.raises(ValueError, match="already"):
        server.add_bot(token, "Twin")
    with pytest.raises(ValueError, match="a number, a colon"):
        server.add_bot("no-token-at-all", "Nobody")
    assert token not in repr(bot)
