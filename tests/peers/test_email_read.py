"""email.read against a real Dovecot."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest

from tests.peers.certificates import Authority
from tests.peers.dovecot import Dovecot, dovecot

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[Dovecot]:
    with dovecot(authority) as running:
        yield running


@pytest.fixture
def login(server: Dovecot) -> dict[str, str]:
    """A credential that works."""
    return {"host": "127.0.0.1", "port": str(server.port), "security": "none", "username": "ada", "password": "correct-horse"}


@pytest.fixture
def mailbox(run: Any, login: dict[str, str]) -> Any:
    async def mailbox(data: dict[str, str] | None = None, **config: Any) -> Any:
        return await run("email.read", {"credential": "BOX", **config}, credentials={"BOX": ("imap", data or login)})

    return mailbox


@pytest.fixture
def fails(refused: Any, login: dict[str, str]) -> Any:
    async def fails(data: dict[str, str] | None = None, **config: Any) -> Any:
        return await refused("email.read", {"credential": "BOX", **config}, credentials={"BOX": ("imap", data or login)})

    return fails


def mail(subject: str, text: str = "Hällo", *, file: bytes = b"") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Büb <bob@example.com>", "ada@example.com", subject
    message["Date"], message["Message-ID"] = "Mon, 01 Jun 2026 14:00:00 +0200", f"<{abs(hash(subject))}@example.com>"
    message.set_content(text)
    message.add_alternative(f"<p>{text}</p>", subtype="html")
    if file:
        message.add_attachment(file, maintype="application", subtype="pdf", filename="rechnung.pdf")
    return message.as_bytes()


async def test_reading_and_tidying_up(mailbox: Any, server: Dovecot) -> None:
    for number in (1, 2, 3):
        server.put(mail(f"Größe {number}", file=b"%PDF"))
    found = await mailbox(limit=2)
    assert [one["subject"] for one in found["mails"]] == ["Größe 3", "Größe 2"]
    one = found["mails"][0]
    assert (one["from"], one["date"]) == ([{"name": "Büb", "address": "bob@example.com"}], "2026-06-01T14:00:00+02:00")
    assert (one["text"].strip(), one["html"].strip(), one["complete"]) == ("Hällo", "<p>Hällo</p>", True)
    assert one["attachments"] == [{"filename": "rechnung.pdf", "content_type": "application/pdf", "size": 4}]
    later = await mailbox(after_uid=found["mails"][1]["uid"], attachments=True, mark_seen=True)
    assert [one["attachments"][0]["base64"] for one in later["mails"]] == ["JVBERg=="]
    assert (await mailbox())["count"] == 2
    assert [one["subject"] for one in (await mailbox(subject="größe 1"))["mails"]] == ["Größe 1"]
    assert (await mailbox(sender="bob", text='he said "no" \\'))["count"] == 0
    assert (await mailbox(since="2026-11-01", unseen=False))["count"] == 3
    uid = one["uid"]
    assert (await mailbox(operation="mark", uids=uid, flag="flagged"))["count"] == 1
    assert "\\Flagged" in (await mailbox(unseen=False, limit=1))["mails"][0]["flags"]
    assert (await mailbox(operation="delete", uids=[uid, 4_000_000]))["count"] == 1
    assert (await mailbox(unseen=False))["count"] == 2


async def test_moving_to_a_folder(mailbox: Any, fails: Any, server: Dovecot) -> None:
    server.put(mail("in it"), "Entw&APw-rfe")
    server.put(mail("to be moved"))
    (one,) = (await mailbox(subject="to be moved"))["mails"]
    assert (await mailbox(operation="move", uids=[one["uid"]], target="Entwürfe"))["count"] == 1
    assert {one["subject"] for one in (await mailbox(folder="Entwürfe"))["mails"]} == {"in it", "to be moved"}
    (another,) = (await mailbox(folder="Entwürfe", limit=1))["mails"]
    assert (await fails(operation="move", folder="Entwürfe", uids=[another["uid"]], target="Nowhere")).code == "MAILBOX"


async def test_a_large_mail_comes_without_its_content(mailbox: Any, server: Dovecot) -> None:
    server.put(mail("a large one", "x" * 60 + "\n" + "y" * 1_000, file=b"z" * 1_200_000))
    (one,) = (await mailbox(subject="a large one", attachments=True))["mails"]
    assert (one["complete"], one["text"], one["attachments"]) == (False, None, [])


async def test_what_strangers_write(mailbox: Any, server: Dovecot) -> None:
    server.put(
        b"Subject: =?utf-8?q?=ff?= strange\r\nFrom: <<a@@\r\nDate: yesterday\r\n"
        b"Content-Type: text/plain; charset=nope\r\n\r\n\xff\xfe"
    )
    (one,) = (await mailbox(subject="strange"))["mails"]
    assert (one["date"], one["complete"]) == (None, True)


async def test_encryption(mailbox: Any, fails: Any, login: dict[str, str], server: Dovecot, authority: Authority) -> None:
    secure = {**login, "host": "localhost", "authority": authority.pem}
    assert "mails" in await mailbox({**secure, "security": "starttls"})
    tls = {**secure, "security": "tls", "port": str(server.secure)}
    assert "mails" in await mailbox(tls)
    assert (await fails({**tls, "host": "127.0.0.1"})).code == "TLS"
    assert (await fails({**secure, "security": "starttls", "authority": ""})).code == "TLS"


async def test_bad_input_is_named(fails: Any) -> None:
    assert "field `folder`" in (await fails(folder="Nowhere")).message
    assert (await fails(subject="a\r\nb LOGOUT")).code == "TEXT_INVALID"
    assert (await fails(operation="delete")).code == "CONFIG_INVALID"
    assert (await fails(operation="move", uids=[1])).code == "CONFIG_INVALID"


async def test_who_may_not_come_in_and_what_is_not_there(fails: Any, login: dict[str, str], silent: int) -> None:
    wrong = await fails({**login, "password": "wrong-password"})
    assert (wrong.code, wrong.retryable, "wrong-password" in wrong.message) == ("LOGIN_REFUSED", False, False)
    assert (await fails({**login, "port": "1"})).code == "CONNECTION"
    assert (await fails({**login, "host": "10.0.0.1"})).code == "EGRESS_REFUSED"
    assert (await fails({**login, "port": str(silent)}, timeout_ms=300)).code == "TIMEOUT"


async def test_the_server_goes_away_half_way(fails: Any, login: dict[str, str], server: Dovecot) -> None:
    """Everything passes through a door that lets one line through and is then shut."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inside, out = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(await inside.readline())
        await reader.readline()
        writer.close()
        out.close()

    door = await asyncio.start_server(serve, "127.0.0.1", 0)
    error = await fails({**login, "port": str(door.sockets[0].getsockname()[1])})
    door.close()
    assert (error.code, error.retryable) == ("CONNECTION", True), error.message
