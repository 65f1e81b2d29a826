"""The commands of `alongside faq`, in the order a coordinator uses them."""

from __future__ import annotations

import typer

from alongside.faq.drafting import check, train, try_
from alongside.faq.missing import answer_back, misses
from alongside.faq.publishing import history, publish, rollback

app = typer.Typer(no_args_is_help=True)
app.command()(check)
app.command("try")(try_)
app.command()(train)
app.command()(publish)
app.command()(rollback)
app.command()(history)
app.command()(misses)
app.command("answer-back")(answer_back)
