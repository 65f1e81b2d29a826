"""`alongside faq misses` and `answer-back`: questions that no topic answers, and the answer once there is one."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Annotated

import httpx
import typer

from alongside.people import work
from alongside.printing import console, several, table
from alongside.understand import a_rasa, asked
from study.bootstrap import App, bootstrap
from study.errors import PublishingError
from study.protocol.faq_files import answer_of
from study.publications import published
from study.services.unanswered import AnswerText, Missed, grouped, missed_questions
from study.services.unanswered import answer_back as send_back
from study.settings import Settings

Since = Annotated[int, typer.Option("--days", help="How many days back")]
Tests = Annotated[bool, typer.Option("--tests", help="Also what test participants asked")]
By = Annotated[str, typer.Option("--by", help="Your name: that you looked is recorded")]


def misses(
    by: By,
    days: Since = 90,
    tests: Tests = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array for scripts")] = False,
) -> None:
    """Questions that went to staff, those alike together, most asked first, each with the nearest topic."""
    app = bootstrap(Settings())
    groups = grouped(_missed(app, by, days, tests))
    found = [
        {
            "asked": len(group.members),
            "by": sorted({one.participant for one in group.members}),
            "nearest": group.nearest,
            "words": [one.words for one in group.members],
        }
        for group in groups
    ]
    if as_json:
        print(json.dumps(found, indent=2))
        return
    if not found:
        console().print(f"No question went to staff in {several(days, 'day')}.")
        return
    rows = [(len(group.members), group.nearest or "-", group.words) for group in groups]
    console().print(table(("Asked", "Nearest topic", "In words like"), rows, right=("Asked",), fold=("In words like",)))
    console().print(
        "Write a topic (or examples) for them in nlu/faq, publish it, then `alongside faq answer-back TOPIC`."
    )


def answer_back(
    topic: Annotated[str, typer.Argument(help="A published topic, such as parking")],
    by: By,
    days: Since = 90,
    tests: Tests = False,
    yes: Annotated[bool, typer.Option("--yes", help="Send without asking again")] = False,
) -> None:
    """Sends the approved answer of a topic to those whose question it answers now, once; you say yes first."""
    settings = Settings()
    app = bootstrap(settings)
    answer = _published_answer(app, topic)
    candidates = _missed(app, by, days, tests)
    if not candidates:
        print(f"No question went to staff in {several(days, 'day')}.")
        return
    with a_rasa(settings) as (url, secret), httpx.Client(trust_env=False) as client:
        fitting = [one for one in candidates if asked(client, url, secret, one.words)["answer"] == topic]
    if not fitting:
        print(f"None of {several(len(candidates), 'question')} is understood as {topic}; see `alongside faq misses`.")
        return
    console().print(table(("Who", "Asked"), [(one.participant, one.words) for one in fitting], fold=("Asked",)))
    console().print(f"Answer, {answer.text_id} version {answer.version}: {answer.text}")
    if not yes and not typer.confirm(f"Send it to {several(len(fitting), 'question')}?"):
        print("Nothing was sent.")
        raise typer.Exit(1)
    came = Counter(_send(app, one, answer, by) for one in fitting)
    for what, count in came.items():
        print(f"{count} {what.replace('_', ' ')}")
    if came["quiet_hours"]:
        print("For those in their quiet hours run it again later: nobody gets it twice.")


def _missed(app: App, by: str, days: int, tests: bool) -> list[Missed]:
    since = app.clock.now() - timedelta(days=days)
    return app.db.run(lambda session: missed_questions(work(app, session), since, by, tests))


def _send(app: App, one: Missed, answer: AnswerText, by: str) -> str:
    return app.db.run(lambda session: send_back(work(app, session), one.inbox_id, answer, by))


def _published_answer(app: App, topic: str) -> AnswerText:
    """The answer as the file has it, if that very version is the one that is published."""
    found = answer_of(app.settings.faq, topic)
    if found is None:
        raise PublishingError(f"{topic}: no such topic in {app.settings.faq}")
    text_id, version, text = found
    now = app.db.read(published)
    kept = now.report.get("texts", {}).get(text_id) if now is not None else None
    if kept is None or kept["version"] != version:
        raise PublishingError(f"{text_id} version {version} is not published; `alongside faq train`, then `publish`")
    return AnswerText(text_id, version, f"utter_faq/{topic}", text)
