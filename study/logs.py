"""Logs carry codes and ids, never words or tokens."""

from __future__ import annotations

import logging
import re
import sys

import structlog

# Telegram bot tokens and what follows /bot in an address (core.telegram.org/bots/api#authorizing-your-bot)
TOKEN = re.compile(r"\b\d{5,}:[A-Za-z0-9_-]{20,}|(?<=/bot)[^/\s]+(?=/)")
QUIET = ("httpx", "httpcore", "apscheduler", "alembic", "sanic", "telegram", "rasa_sdk", "asyncio")


class Redacting(logging.Filter):
    """Takes tokens out of every line, wherever it comes from."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        clean = TOKEN.sub("[token]", message)
        if clean != message:
            record.msg, record.args = clean, ()
        return True


def set_up_logging(level: str, process: str) -> None:
    """Lines to standard error: time, level, process, message. Libraries speak only when something is wrong."""
    formatter = structlog.stdlib.ProcessorFormatter(
        processor=structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "process", "event"]),
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            lambda _logger, _name, line: {**line, "process": process},
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    handler.addFilter(Redacting())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
