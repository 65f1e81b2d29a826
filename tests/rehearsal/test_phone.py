"""What a phone of the rehearsal page shows, without a browser and without a bot."""

from datetime import UTC, datetime

import pytest

from rehearsal.fake_telegram import TelegramServer
from rehearsal.people import Someone, person_for
from rehearsal.phone import Bubble, Phone

MONDAY = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)


class Desk:
    """A Telegram whose clock the test sets, and the bot's side of a chat."""

    def __init__(self) -> None:
        self.now = MONDAY
        self.bot = TelegramServer(clock=lambda: self.now).add_bot("7001:test", "Alongside")

    def phone_of(self, name: str, role: str, timezone: str = "Europe/Madrid") -> Phone:
        someone = Someone(name, person_for(name), self.bot, role, "S1", timezone)
        self.bot.say(someone.person, "/start 0nEt1meS3cret")
        return Phone(someone, role.capitalize(), "Acknowledge")

    def sends(self, phone: Phone, text: str, *labels: str) -> None:
        chat = self.bot.chats[phone.owner.person.id]
        keyboard = tuple(({"text": label, "callback_data": f"token-{label}"},) for label in labels)
        chat.add(self.bot.as_user(), {"text": text}, self.now, 0.0, keyboard=keyboard)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def newest(phone: Phone) -> Bubble:
    return phone.bubbles()[-1]


def test_a_time_is_the_one_where_the_owner_of_the_phone_is(desk: Desk) -> None:
    madrid, boston = desk.phone_of("P-001", "participant"), desk.phone_of("P-002", "participant", "America/New_York")
    assert newest(madrid).at == "20:00"
    assert newest(boston).at == "14:00"


def test_a_day_stands_above_its_first_message_only(desk: Desk) -> None:
    phone = desk.phone_of("P-001", "participant")
    phone.say("good evening")
    desk.now = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)  # past midnight in Madrid
    phone.say("still awake")
    assert [bubble.day for bubble in phone.bubbles()] == ["Monday 2 March", None, "Tuesday 3 March"]


def test_the_secret_of_a_link_is_not_shown(desk: Desk) -> None:
    phone = desk.phone_of("P-001", "participant")
    assert newest(phone).text == "/start"


def test_a_tapped_button_is_marked_and_its_message_greyed(desk: Desk) -> None:
    phone = desk.phone_of("P-001", "participant")
    desk.sends(phone, "Have you taken your tablet?", "Taken", "Missed")
    assert not newest(phone).spent
    phone.press("Taken")
    assert newest(phone).spent
    assert newest(phone).pressed == "Taken"


def test_a_later_question_greys_an_earlier_one(desk: Desk) -> None:
    phone = desk.phone_of("P-001", "participant")
    desk.sends(phone, "Have you taken your tablet?", "Taken", "Missed")
    desk.sends(phone, "Yes, you can leave at any time.")
    assert not phone.bubbles()[1].spent, "a text without buttons takes no question's place"
    desk.sends(phone, "A reminder. Have you taken your tablet?", "Taken", "Missed")
    assert phone.bubbles()[1].spent
    assert not newest(phone).spent


def test_a_greyed_button_can_still_be_tapped_as_in_telegram(desk: Desk) -> None:
    phone = desk.phone_of("P-001", "participant")
    desk.sends(phone, "Monday?", "Taken")
    desk.sends(phone, "Tuesday?", "Taken")
    before = desk.bot.pending
    older = phone.bubbles()[1]
    phone.tap(older.message_id, older.rows[0][0])
    assert desk.bot.pending == before + 1


def test_two_concerns_wait_side_by_side_on_the_nurses_phone(desk: Desk) -> None:
    phone = desk.phone_of("Nora", "nurse")
    desk.sends(phone, "EMERGENCY C-0001", "Acknowledge", "Show words")
    desk.sends(phone, "URGENT C-0002", "Acknowledge", "Show words")
    assert [bubble.waits for bubble in phone.bubbles()] == [False, True, True]
    desk.sends(phone, "C-0001 is yours.", "Resolve")
    assert [bubble.waits for bubble in phone.bubbles()] == [False, False, True, False]


def test_an_alert_whose_words_were_shown_still_waits_in_the_message_with_the_words(desk: Desk) -> None:
    phone = desk.phone_of("Nora", "nurse")
    desk.sends(phone, "EMERGENCY C-0001", "Acknowledge", "Show words")
    phone.press("Show words")
    desk.sends(phone, "C-0001, their words: «C-0002»", "Acknowledge", "Resolve")
    assert [bubble.waits for bubble in phone.bubbles()] == [False, False, True]


def test_a_photo_is_named_in_words(desk: Desk) -> None:
    phone = desk.phone_of("P-001", "participant")
    desk.bot.photo(phone.owner.person, "my arm")
    assert newest(phone).text == "[Photo] my arm"


def test_white_space_alone_is_not_sent(desk: Desk) -> None:
    phone = desk.phone_of("P-001", "participant")
    phone.say("   ")
    assert len(phone.bubbles()) == 1
