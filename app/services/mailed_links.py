"""Links that let somebody in, sent by mail when the operator has set a mail server.

The address in a letter is the server's own, never that by which a request came: that one is the caller's to choose.
"""

from __future__ import annotations

import asyncio
import logging
import re

from app.adapters.mail import Mailer, MailError, MailServer
from app.db import accounts as queries
from app.db.session import Database
from app.services.errors import ServiceError
from app.services.people import Invitation, make_reset_link
from app.services.throttle import Throttle
from app.settings import Settings

E_MAIL = re.compile(r"[^@\s<>,;]{1,64}@[^@\s<>,;]{1,189}")

logger = logging.getLogger(__name__)


class MailedLinks:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._public_url = settings.public_url
        self._mailer = Mailer(MailServer.parse(settings.smtp_url, settings.smtp_from)) if settings.smtp_url else None
        self._throttle = Throttle()
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def is_on(self) -> bool:
        """Whether there is a mail server."""
        return self._mailer is not None

    async def invitation(self, invitation: Invitation, inviter: str, token: str) -> bool:
        """Send an invitation to the person that it names. False when it names nobody, or could not be sent."""
        if self._mailer is None or not E_MAIL.fullmatch(invitation.email):
            return False
        text = (
            f"{inviter} invites you to work in “{invitation.workspace}” on Blockyard as {invitation.role}.\n\n"
            f"{self._public_url}/invitation?token={token}\n\nThe link works once, for seven days.\n"
        )
        return await self._sent(invitation.email, f"An invitation from {_line(inviter)} to Blockyard", text)

    async def new_password(self, email: str, token: str) -> bool:
        """Send a link where somebody chooses a new password."""
        text = (
            "Somebody asked for a new password of your account on Blockyard. If it was you, choose one here:\n\n"
            f"{self.reset_link(token)}\n\nThe link works once, for a day. If it was not you, nothing has changed.\n"
        )
        return await self._sent(email, "A new password for Blockyard", text)

    def reset_link(self, token: str) -> str:
        return f"{self._public_url}/new-password?token={token}"

    async def forgotten(self, email: str, address: str) -> None:
        """Somebody has forgotten a password. The answer and its time are the same whether there is such a person or not.

        Raises 429 when it is asked too often, and 404 without a mail server.
        """
        if self._mailer is None:
            raise ServiceError("NO_MAIL", "This server sends no mail. Ask the person who runs it for a link.", 404)
        email = email.strip().lower()[:254]
        keys = (f"address:{address}", f"email:{email}")
        wait = self._throttle.wait(*keys)
        if wait > 0:
            seconds = int(wait) + 1
            message = f"This was asked too often. Wait {seconds} seconds."
            raise ServiceError("TOO_MANY_REQUESTS", message, 429, data={"retry_after": seconds})
        self._throttle.failed(*keys)
        task = asyncio.create_task(self._answer(email))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _answer(self, email: str) -> None:
        try:
            async with self._database.read() as connection:
                user = await queries.find_user(connection, email)
            if user is None or user.disabled_at is not None or user.email != email or not E_MAIL.fullmatch(email):
                return
            async with self._database.write() as connection:
                token = await make_reset_link(connection, user)
            await self.new_password(email, token)
        except Exception:
            logger.exception("a new password could not be offered by mail")

    async def _sent(self, to: str, subject: str, text: str) -> bool:
        if self._mailer is None:
            return False
        try:
            await self._mailer.send(to, subject, text)
        except MailError as error:
            logger.warning("a letter was not sent: %s", error)
            return False
        return True


def _line(text: str) -> str:
    return "".join(mark for mark in text if mark.isprintable())[:100]
