"""Ticks: APScheduler calls an idempotent look at what is due, and does nothing else. It keeps no jobs of its own."""

from __future__ import annotations

import asyncio
import logging
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import select
from sqlalchemy.orm import Session

from study.alarms import Alarm
from study.bootstrap import App
from study.heartbeats import beat
from study.services.due import do_what_is_due

log = logging.getLogger(__name__)


class Ticks:
    """The clock's hand. A round that takes long is not overtaken; one that failed is simply the next one's work."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.scheduler = AsyncIOScheduler(timezone="UTC")
        self.said: set[int] = set()

    async def run(self, stopping: asyncio.Event) -> None:
        every = self.app.settings.tick_seconds
        self.scheduler.add_job(
            self.tick, "interval", seconds=every, max_instances=1, coalesce=True, misfire_grace_time=None
        )
        self.scheduler.start()
        await self.tick()
        await stopping.wait()
        self.scheduler.shutdown(wait=False)

    async def tick(self) -> None:
        """One round at the present study time."""
        now = self.app.clock.now()
        try:
            count = await asyncio.to_thread(do_what_is_due, self.app.db, self.app.study, now)
            await asyncio.to_thread(self.app.db.run, lambda session: beat(session, "ticks", now))
            if count:
                log.info("ticks: %s due", count)
            await self._mail_alarms()
        except Exception as error:
            log.error("ticks: %s", type(error).__name__)

    async def _mail_alarms(self) -> None:
        """Alarms go to the operator's mail, if one is configured and this is no rehearsal; the log has them anyway."""
        settings = self.app.settings
        fresh = await asyncio.to_thread(self.app.db.read, _unmailed)
        for number, code, subject in fresh:
            if number not in self.said:  # a mail server that is away is tried again, the log is not filled
                log.critical("ALARM %s %s", code, subject)
                self.said.add(number)
            if settings.smtp_url is not None and settings.alarm_to is not None and not settings.rehearsal:
                await send_mail(settings.smtp_url.get_secret_value(), settings.alarm_to, code, subject)
            await asyncio.to_thread(self.app.db.run, lambda session, number=number: _mailed(session, number, self.app))


def _unmailed(session: Session) -> list[tuple[int, str, str]]:
    rows = session.scalars(select(Alarm).where(Alarm.mailed_at.is_(None)).order_by(Alarm.id).limit(20))
    return [(row.id, row.code, row.subject) for row in rows]


def _mailed(session: Session, number: int, app: App) -> None:
    session.get_one(Alarm, number).mailed_at = app.clock.now()


async def send_mail(smtp_url: str, to: str, code: str, subject: str) -> None:
    """One alarm by mail. Codes only. Raises aiosmtplib.SMTPException."""
    address = urlsplit(smtp_url)
    message = EmailMessage()
    message["From"], message["To"] = "alongside@localhost", to
    message["Subject"] = f"Alongside alarm: {code}"
    message.set_content(f"{code}: {subject}\nSee `alongside concerns` and the /health page.")
    await aiosmtplib.send(
        message,
        hostname=address.hostname or "127.0.0.1",
        port=address.port or 25,
        username=unquote(address.username) if address.username else None,
        password=unquote(address.password) if address.password else None,
        use_tls=address.scheme == "smtps",
        timeout=10,
    )
