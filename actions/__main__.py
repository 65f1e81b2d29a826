"""The action server: rasa-sdk on loopback. `python -m actions`; `alongside up` starts it."""

from __future__ import annotations

import logging
import sys
import warnings

from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor
from sanic import Request
from sanic.response import HTTPResponse, json

from actions import checkins, doses, meaning, passing_on, red_flags, symptoms, visits
from actions.base import StudyAction
from study.bootstrap import bootstrap
from study.errors import AlongsideError
from study.logs import set_up_logging
from study.settings import Settings


async def refuse(request: Request, error: Exception) -> HTTPResponse:
    """Whatever goes wrong outside an action: its kind, never the request, which holds the patient's words."""
    logging.getLogger("actions").error("call failed: %s", type(error).__name__)
    return json({"error": type(error).__name__}, status=500)


def main() -> int:
    """Exit status 2 with one line where the installation is wrong."""
    settings = Settings()
    set_up_logging(settings.log_level, "actions")
    warnings.filterwarnings("ignore", module="rasa_sdk")
    try:
        StudyAction.app = bootstrap(settings)
    except AlongsideError as error:
        print(error, file=sys.stderr)
        return 2
    executor = ActionExecutor()
    rooms = (checkins, doses, meaning, passing_on, red_flags, symptoms, visits)
    for action in (action for room in rooms for action in room.ACTIONS):
        executor.register_action(action)
    app = create_app(executor)
    # The SDK's own handler answers with the whole request; Sanic's `add` refuses a second one for the same kind of
    # error.
    app.error_handler.cached_handlers[Exception, None] = refuse
    app.run(
        host="127.0.0.1",
        port=settings.actions_port,
        single_process=True,
        access_log=False,
        motd=False,
        debug=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
