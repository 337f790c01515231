"""trigger.email against a real Dovecot: each mail once, also when this server dies in between."""

from __future__ import annotations

import asyncio
import imaplib
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest

from blocks.messaging._imap_work import Mailbox
from tests.peers.certificates import Authority
from tests.peers.dovecot import Dovecot, dovecot
from tests.peers.triggers.triggering import Trigger, dies_once
from tests.support.hosts import until

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def mail_server(authority: Authority) -> Iterator[Dovecot]:
    with dovecot(authority) as running:
        yield running


def mail(subject: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "bob@example.com", "ada@example.com", subject
    message.set_content("Hello")
    return message.as_bytes()


def login(server: Dovecot, password: str = "correct-horse") -> dict[str, str]:
    return {"host": "127.0.0.1", "port": str(server.port), "security": "none", "username": "ada", "password": password}


def flags(server: Dovecot, folder: str) -> list[bytes]:
    with imaplib.IMAP4("127.0.0.1", server.port, 10) as imap:
        imap.login("ada", "correct-horse")
        imap.select(folder)
        return [line for line in imap.fetch("1:*", "(FLAGS)")[1] if isinstance(line, bytes)]


async def test_mails_start_a_workflow_and_are_marked(
    trigger: Trigger, mail_server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_server.put(mail("old"), "In")
    one = await trigger("trigger.email", "imap", login(mail_server), folder="In", interval_seconds=1, subject="Invoice")
    one.start()
    await one.begun()
    dies_once(monkeypatch)
    for subject in ("Invoice 1", "Newsletter", "Invoice 2"):
        mail_server.put(mail(subject), "In")
    await one.comes("subject", "Invoice 1", "Invoice 2")
    await one.restart()

    async def marked() -> bool | None:
        found = await asyncio.to_thread(flags, mail_server, "In")
        return True if [b"Seen" in line for line in found] == [False, True, False, True] else None

    await until(marked, 30)
    mail_server.put(mail("Invoice 3"), "In")
    await one.comes("subject", "Invoice 1", "Invoice 2", "Invoice 3")
    assert await one.heard("attachments") == [[], [], []]


async def test_a_mail_that_cannot_be_marked_starts_nothing_again(
    trigger: Trigger, mail_server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_server.put(mail("first"), "Flaky")
    mark, count = Mailbox.mark, 0

    def breaks(self: Mailbox, *arguments: Any, **named: Any) -> None:
        nonlocal count
        count += 1
        if count < 3:
            raise ConnectionResetError
        mark(self, *arguments, **named)

    monkeypatch.setattr(Mailbox, "mark", breaks)
    one = await trigger("trigger.email", "imap", login(mail_server), folder="Flaky", interval_seconds=1, include_existing=True)
    one.start()

    async def marked() -> bool | None:
        found = await asyncio.to_thread(flags, mail_server, "Flaky")
        return True if all(b"Seen" in line for line in found) else None

    await until(marked, 30)
    assert await one.heard("subject") == ["first"]


async def test_a_wrong_password_of_a_mailbox_is_told(trigger: Trigger, mail_server: Dovecot) -> None:
    one = await trigger("trigger.email", "imap", login(mail_server, "wrong"), interval_seconds=1)
    one.start()
    problem = await one.troubled()
    assert "LOGIN_REFUSED" in problem
    assert "wrong" not in problem
