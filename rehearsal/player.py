"""Plays a script on a stack, step by step: act, wait until all is quiet, judge."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from rehearsal.expectations import Judge, Miss
from rehearsal.fake_telegram.bot import Posted
from rehearsal.happenings import Happened, Watch, newest_inbox, raised_by
from rehearsal.people import Newcomer, Someone
from rehearsal.script import Act, Rebind, Script, Step, Switch, TurnClock
from rehearsal.stack import Stack
from rehearsal.transcript import BOT, Line

LAST = "last"
GROUP = -1001  # the one group that scripts write in


class CannotAct(Exception):
    """A phone does not offer what the step does; str() says what it shows instead."""


@dataclass(frozen=True)
class Failure:
    """The first thing that did not hold; reads `first_day.yml:12: step 3: expected ..., but ...`."""

    file: str
    step: Step
    miss: Miss

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.miss.line}: step {self.step.number} ({described(self.step)}): "
            f"expected {self.miss.expected}; happened: {self.miss.happened}"
        )


class Player:
    """`tell` is given every message as it happens, `noted` what the script itself does and when.

    `judged` is given every step that held.
    """

    def __init__(
        self,
        script: Script,
        stack: Stack,
        tell: Callable[[Line], None],
        noted: Callable[[datetime, str], None] = lambda _at, _what: None,
        judged: Callable[[Step], None] = lambda _step: None,
    ) -> None:
        self.script = script
        self.stack = stack
        self.tell = tell
        self.noted = noted
        self.judged = judged
        self.watch = Watch(stack)

    def play(self) -> Failure | None:
        """Play all of it, or up to the first expectation that does not hold. Raises RehearsalFailed."""
        self._bring_people_in()
        for step in self.script.steps:
            miss = self._play(step)
            if miss is not None:
                return Failure(self.script.file, step, miss)
            self.judged(step)
        return None

    def _bring_people_in(self) -> None:
        """Staff have opened their links; who is enrolled is through consent. The script begins on Day 1, or on the
        `study_day` of each.

        Nothing of it counts for a step, and nothing of it is told.
        """
        roles = self.script.people.values()
        newcomers = [Newcomer(one.name, one.role, one.site, one.timezone, one.enrolled, one.study_day) for one in roles]
        self.stack.add_people(newcomers, self.script.begin.astimezone(self.script.zone).date())
        self.watch.new_messages(0)
        self.watch.look(None, False)

    def _play(self, step: Step) -> Miss | None:
        does = step.does
        sent: list[Line] = []
        try:
            if isinstance(does, Act):
                self._act(does, step, sent)
            elif isinstance(does, TurnClock):
                self._note(step)
                self.stack.go_to(does.moment, lambda _moment: self._collect(step, sent))
            elif isinstance(does, Switch):
                self._note(step)
                self._switch(does)
                self.stack.settle()
            elif isinstance(does, Rebind):
                self._note(step)
                self.stack.rebind(does.person)
        except CannotAct as unable:
            return Miss(step.line, described(step), str(unable))
        self._collect(step, sent)
        if step.expect is None:
            self.watch.look(None, False)
            return None
        acted = isinstance(does, Act)
        happened: Happened = self.watch.look(does.person if isinstance(does, Act) else None, acted)
        happened.sent = sent
        return Judge(self.stack.app.db, happened, self.stack.now()).first_miss(step.expect)

    def _collect(self, step: Step, sent: list[Line]) -> None:
        for line in self.watch.new_messages(step.number):
            self.tell(line)
            sent.append(line)

    def _act(self, act: Act, step: Step, sent: list[Line]) -> None:
        someone = self.stack.people[act.person]
        before = newest_inbox(self.stack)
        at = self.stack.now()
        perform(self.stack, someone, act)
        self.stack.settle()
        route, concern = raised_by(self.stack, before)
        self.tell(
            Line(
                at=at,
                who=someone.name,
                to=BOT,
                direction="in",
                kind=act.kind,
                text=act.words,
                zone=someone.timezone,
                concern=concern,
                route=route,
                step=step.number,
            )
        )

    def _note(self, step: Step) -> None:
        self.noted(self.stack.now(), described(step))

    def _switch(self, switch: Switch) -> None:
        acts = {"stop": self.stack.stop_process, "kill": self.stack.kill_process, "start": self.stack.start_process}
        acts[switch.do](switch.process)


def perform(stack: Stack, someone: Someone, act: Act) -> Posted | None:
    """What the act is on the phone. Raises CannotAct where the phone does not offer it."""
    bot, person = someone.bot, someone.person
    match act.kind:
        case "text" if act.words.strip() == "/start" and someone.link is not None:
            stack.start_link(someone)
            return None
        case "text":
            return bot.say(person, act.words, _replied_to(someone, act.on))
        case "old_phone":
            return bot.say(someone.former[-1], act.words)
        case "tap":
            return _tap(someone, act.words, act.on or "")
        case "edit":
            return _edit(someone, act.words, act.on or "")
        case "react":
            return bot.react(person, _reacted_to(someone, act.on), act.words)
        case "forward":
            return bot.forward(person, act.words)
        case "group":
            return bot.say_in_group(GROUP, person, act.words)
        case "photo":
            return bot.photo(person, act.words)
        case "voice":
            return bot.voice(person, act.words)
        case "document":
            return bot.document(person, act.words)
        case "sticker":
            return bot.sticker(person)
        case "location":
            return bot.location(person)
        case "contact":
            return bot.contact(person)
    raise CannotAct(f"{act.kind} is nothing a phone does")


def described(step: Step) -> str:
    """A step in a few words."""
    does = step.does
    if isinstance(does, Act):
        return f'{does.person} {"says" if does.kind == "text" else does.kind} "{does.words}"'
    if isinstance(does, TurnClock):
        return f"the clock goes to {does.written}" if "-" in does.written else f"wait {does.written}"
    if isinstance(does, Switch):
        return f"{does.do} {does.process}"
    if isinstance(does, Rebind):
        return f"a new link for {does.person}"
    return "expect"


def _tap(someone: Someone, label: str, words: str) -> Posted:
    """The button of the newest message that has it and, where words are given, has these in it."""
    shown: list[str] = []
    for message in reversed(someone.bot.chat(someone.person)):
        if words not in message.text:
            continue
        for button, data in (button for row in message.buttons for button in row):
            if button == label:
                return someone.bot.tap(someone.person, message.message_id, data)
            shown.append(button)
    near = difflib.get_close_matches(label, shown, n=1)
    meant = f" (did you mean {near[0]}?)" if near else ""
    buttons = f"the buttons there are: {', '.join(dict.fromkeys(shown))}" if shown else "there are no buttons"
    which = f"no message to {someone.name} with the words {words!r}" if words else f"no message to {someone.name}"
    raise CannotAct(f"{which} has the button {label}{meant}; {buttons}")


def _edit(someone: Someone, words: str, before: str) -> Posted:
    texts = [one for one in someone.bot.chat(someone.person) if not one.by_bot and one.kind == "text"]
    own = [one for one in texts if before in one.text]
    if not own:
        which = f" with the words {before!r}" if before else ""
        raise CannotAct(f"{someone.name} has written no text{which} that could be changed")
    if own[-1].text == words:
        raise CannotAct("the text is the same as before, and Telegram tells nobody of such an edit")
    return someone.bot.edit(someone.person, own[-1].message_id, words)


def _reacted_to(someone: Someone, words: str | None) -> int:
    """The message of the bot a sign is put below: the newest with these words, or its last."""
    found = _replied_to(someone, words or LAST)
    assert found is not None  # noqa: S101 - words are given, so a message was found or CannotAct raised
    return found


def _replied_to(someone: Someone, words: str | None) -> int | None:
    """The newest message with these words in it; `last`: the bot's last message."""
    if words is None:
        return None
    for message in reversed(someone.bot.chat(someone.person)):
        if (message.by_bot and words == LAST) or (words != LAST and words in message.text):
            return message.message_id
    raise CannotAct(f"{someone.name} sees no message with the words {words!r} to reply to")
