"""Sending mail through the operator's own server, by one address that says all: smtp://user:password@host:587."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import parse_qsl, unquote, urlsplit

from aiosmtplib import SMTP, SMTPException

SCHEMES = {"smtp": 587, "smtps": 465}
TIMEOUT = 20.0


class MailError(Exception):
    """A letter cannot be sent; the message holds no secret."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """`smtps` is encrypted from the first byte, `smtp` by STARTTLS; `?tls=none` switches that off, for a server nearby."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    encryption: str
    sender: str

    @classmethod
    def parse(cls, address: str, sender: str) -> MailServer:
        """Raises ValueError for an address that is none."""
        parts = urlsplit(address)
        if parts.scheme not in SCHEMES or not parts.hostname:
            raise ValueError("an address such as smtp://user:password@mail.example.com:587 is needed")
        tls = dict(parse_qsl(parts.query)).get("tls", "yes")
        if tls not in ("yes", "none"):
            raise ValueError("`tls` must be yes or none")
        encryption = "tls" if parts.scheme == "smtps" else "none" if tls == "none" else "starttls"
        username, password = unquote(parts.username or ""), unquote(parts.password or "")
        sender = sender or (username if "@" in username else f"blockyard@{parts.hostname}")
        return cls(parts.hostname, parts.port or SCHEMES[parts.scheme], username, password, encryption, sender)


class Mailer:
    """Sends plain letters, one connection for each: there are few."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def send(self, to: str, subject: str, text: str) -> None:
        """Raises MailError."""
        server = self._server
        letter = _letter(server.sender, to, subject, text)
        client = SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.encryption == "tls",
            start_tls=server.encryption == "starttls",
            username=server.username or None,
            password=server.password or None,
            timeout=TIMEOUT,
        )
        try:
            async with client:
                await client.send_message(letter)
        except (SMTPException, OSError, ValueError) as error:
            raise MailError(f"the mail server {server.host} did not take the letter ({type(error).__name__})") from None


def _letter(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    """Raises MailError for an address that no letter can bear."""
    letter = EmailMessage()
    try:
        letter["From"], letter["To"], letter["Subject"] = sender, to, subject
    except ValueError:
        raise MailError("this is no address for mail") from None
    letter["Date"] = formatdate()
    letter["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2] or None)
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(text)
    return letter
