"""Waiting that a SIGTERM ends."""

from __future__ import annotations

import asyncio


async def pause(stopping: asyncio.Event, seconds: float) -> None:
    """So many seconds, or less if the bot is told to stop. Leaves no task behind, however often it is called."""
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        pass
