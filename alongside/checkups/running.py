"""What runs now, and whether each loop goes round."""

from __future__ import annotations

import json
import os

from alongside.checkups.machine import free_ports
from alongside.checkups.verdict import Check, ok, wrong
from alongside.up import heartbeat_reason
from study.bootstrap import bootstrap
from study.errors import AlongsideError
from study.settings import Settings


def processes_and_loops(settings: Settings) -> list[Check]:
    """Where `up` runs: that its processes live and its loops go round. Else that it could start."""
    pids = running(settings)
    if not pids:
        return [ok("Running", "no: `make run` starts it"), *free_ports(settings)]
    dead = [name for name, pid in pids.items() if not _lives(pid)]
    if dead:
        return [wrong("Running", f"{', '.join(dead)} ended and is started again: see var/logs/{dead[0]}.log")]
    try:
        reason = heartbeat_reason(bootstrap(settings))
    except AlongsideError as error:
        return [wrong("Running", str(error))]
    if reason is not None:
        return [wrong("Running", f"bot: {reason}; docs/operations.md says what to do, /health")]
    return [ok("Running", f"{', '.join(pids)}; every loop goes round")]


def running(settings: Settings) -> dict[str, int]:
    """What `up` wrote down; nothing where it does not run."""
    try:
        pids: dict[str, int] = json.loads((settings.var_dir / "run.json").read_text())
    except (OSError, ValueError):
        return {}
    return pids if any(_lives(pid) for pid in pids.values()) else {}


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's process has the number: `up` runs under another account
        return True
    return True
