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

    def leaves(self, phone: Phone, message_id: int, *labels: str) -> None:
        """The bot edits the buttons of a message."""
        chat = self.bot.chats[phone.owner.person.id]
        keyboard = tuple(({"text": label, "callback_data": f"new-{label}"},) for label in labels)
        chat.change(chat.messages[message_id], self.now, keyboard=keyboard)


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
    desk.sends(phone, "EMERGENCY C-0001", "Acknowledge", "Show their words")
    desk.sends(phone, "URGENT C-0002", "Acknowledge", "Show their words")
    assert [bubble.waits for bubble in phone.bubbles()] == [False, True, True]
    desk.sends(phone, "C-0001 is yours.", "Resolve")
    assert [bubble.waits for bubble in phone.bubbles()] == [False, False, True, False]


def test_an_alert_whose_words_were_shown_still_waits_in_the_message_with_the_words(desk: Desk) -> None:
    phone = desk.phone_of("Nora", "nurse")
    desk.sends(phone, "EMERGENCY C-0001", "Acknowledge", "Show their words")
    phone.press("Show their words")
    desk.sends(phone, "C-0001, their words: «C-0002»", "Acknowledge", "Resolve")
    assert [bubble.waits for bubble in phone.bubbles()] == [False, False, True]


def test_buttons_the_bot_has_taken_off_are_still_drawn_with_the_chosen_one_marked(desk: Desk) -> None:
    phone = desk.phone_of("P-001", "participant")
    desk.sends(phone, "How often?", "Never", "Rarely")
    shown = newest(phone)
    desk.leaves(phone, shown.message_id, "\N{CHECK MARK} Rarely")
    assert newest(phone).gone
    assert newest(phone).pressed == "Rarely"
    assert [row[0].label for row in newest(phone).rows] == ["Never", "Rarely"]


def test_buttons_that_were_replaced_by_others_can_be_tapped(desk: Desk) -> None:
    phone = desk.phone_of("P-001", "participant")
    desk.sends(phone, "Which ones?", "Tablets", "Visits")
    desk.leaves(phone, newest(phone).message_id, "Visits", "Done")
    assert not newest(phone).gone
    assert [row[0].label for row in newest(phone).rows] == ["Visits", "Done"]


def test_one_tick_until_the_bot_has_the_message_and_then_two(desk: Desk) -> None:
    phone = desk.phone_of("P-001", "participant")
    phone.say("hello")
    assert newest(phone).ticks == 1
    desk.bot.queue.take(desk.bot.queue.next_id, 100, desk.now)  # an offset beyond it: the bot confirms it
    assert newest(phone).ticks == 2


def test_a_locked_phone_shows_the_first_line_of_the_last_push_alone(desk: Desk) -> None:
    phone = desk.phone_of("P-001", "participant")
    desk.sends(phone, "A short question from your study.\n\nHave you taken your tablet?", "Taken")
    phone.say("later")
    preview = phone.preview()
    assert preview is not None
    assert (preview.line, preview.at) == ("A short question from your study.", "20:00")


def test_a_reply_shows_what_it_answers_and_a_thumb_can_be_taken_away(desk: Desk) -> None:
    phone = desk.phone_of("P-001", "participant")
    desk.sends(phone, "Welcome aboard.")
    welcome = newest(phone)
    phone.say("thanks", reply_to=welcome.message_id)
    assert newest(phone).quoted == "Welcome aboard."
    phone.react(welcome.message_id)
    assert phone.bubbles()[1].sign
    phone.react(welcome.message_id)
    assert not phone.bubbles()[1].sign


def test_the_last_text_can_be_changed(desk: Desk) -> None:
    phone = desk.phone_of("P-001", "participant")
    phone.say("i took it")
    phone.send("photo")
    last = phone.newest_text_of_mine()
    assert last is not None
    phone.edit(last.message_id, "I missed it")
    assert [bubble.text for bubble in phone.bubbles()] == ["/start", "I missed it", ""]
    assert phone.bubbles()[1].at == "20:00 edited"


@pytest.mark.parametrize("kind", ["photo", "voice", "sticker", "document", "location", "contact"])
def test_what_is_no_text_is_drawn_as_what_it_is(desk: Desk, kind: str) -> None:
    phone = desk.phone_of("P-001", "participant")
    phone.send(kind, "my arm" if kind == "photo" else "")
    assert newest(phone).kind == kind
    assert newest(phone).text == ("my arm" if kind == "photo" else "")


def test_white_space_alone_is_not_sent(desk: Desk) -> None:
    phone = desk.phone_of("P-001", "participant")
    phone.say("   ")
    assert len(phone.bubbles()) == 1
