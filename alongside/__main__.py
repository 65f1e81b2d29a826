"""`alongside COMMAND`: exit status 0 done, 1 the answer is no, 2 the call or a file is wrong. Errors are one line."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from pydantic import ValidationError

from alongside import people, staffing, studying
from alongside.backup import backup
from alongside.concerns import concerns
from alongside.demo import demo
from alongside.doctor import doctor
from alongside.faq import commands as faq_commands
from alongside.rehearse import rehearse
from alongside.report import report
from alongside.understand import understand
from alongside.up import run_up
from study.errors import AlongsideError
from study.logs import set_up_logging
from study.settings import Settings

app = typer.Typer(
    name="alongside",
    help="A conversational support system for people in clinical trials.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(studying.app, name="study", help="Check the study file, wordings and FAQ.")
app.add_typer(staffing.app, name="staff", help="Study staff.")
app.add_typer(faq_commands.app, name="faq", help="Questions and answers: check, try, train, publish.")
app.command()(people.enrol)
app.command()(people.rebind)
app.command()(people.participants)
app.command()(concerns)
app.command()(report)
app.command()(demo)
app.command()(doctor)
app.command()(backup)
app.command()(understand)
app.command()(rehearse)


@app.command()
def up(
    while_stdin_is_open: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Run everything: Rasa, actions, the bot. Restarts what dies; stops all on SIGTERM."""
    settings = Settings()
    set_up_logging(settings.log_level, "up")
    run_up(settings, while_stdin_is_open)


def main() -> None:
    """The one place where an error of ours becomes a line and a status."""
    try:
        app()
    except AlongsideError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except ValidationError as error:
        for one in error.errors():
            name = "_".join(str(part) for part in one["loc"]).upper()
            print(f"ALONGSIDE_{name} (environment or .env): {one['msg']}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
