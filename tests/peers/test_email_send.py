"""email.send against an SMTP server with TLS and logins."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.peers.certificates import Authority

pytestmark = pytest.mark.anyio


class Mailbox:
    """Keeps what comes in; refuses some recipients, and can be told to say nothing more."""

    def __init__(self) -> None:
        self.mails: list[tuple[EmailMessage, list[str]]] = []
        self.began = False
        self.silent = False
        self.sessions: list[SMTP] = []

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        if address.startswith("nobody"):
            return "550 no such user"
        if address.startswith("later"):
            return "450 try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.began = True
        self.sessions.append(server)
        while self.silent:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append((message_from_bytes(content, policy=default), envelope.rcpt_tos))
        return "250 kept"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"ada", b"correct horse"), handled=False)


class MailServer:
    """Takes mail at two ports: one begins in the clear and insists on STARTTLS, the other begins with TLS."""

    def __init__(self, mailbox: Mailbox, authority: Authority) -> None:
        self.mailbox = mailbox
        self.loop = asyncio.new_event_loop()
        secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        secure.load_cert_chain(*authority.certificate_and_key)
        named: dict[str, Any] = {"authenticator": mailbox.authenticate, "auth_required": True, "loop": self.loop}
        self.port = self._listen(lambda: SMTP(mailbox, tls_context=secure, require_starttls=True, **named))
        self.secure_port = self._listen(lambda: SMTP(mailbox, auth_require_tls=False, **named), secure)
        Thread(target=self.loop.run_forever, daemon=True).start()

    def _listen(self, serve: Callable[[], SMTP], secure: ssl.SSLContext | None = None) -> int:
        listening = self.loop.run_until_complete(self.loop.create_server(serve, "127.0.0.1", 0, ssl=secure))
        port: int = listening.sockets[0].getsockname()[1]
        return port

    def hang_up(self) -> None:
        """End the connection that is under way."""
        transport = self.mailbox.sessions[-1].transport
        assert isinstance(transport, asyncio.Transport)
        self.loop.call_soon_threadsafe(transport.abort)


@pytest.fixture(scope="module")
def mailbox(authority: Authority) -> Iterator[MailServer]:
    server = MailServer(Mailbox(), authority)
    yield server
    server.loop.call_soon_threadsafe(server.loop.stop)


@pytest.fixture
def box(mailbox: MailServer) -> Mailbox:
    mailbox.mailbox.mails.clear()
    return mailbox.mailbox


@pytest.fixture
def server(mailbox: MailServer, authority: Authority) -> dict[str, str]:
    """A credential that works."""
    return {
        "host": "localhost", "port": str(mailbox.port), "security": "starttls", "username": "ada",
        "password": "correct horse", "authority": authority.pem,
    }  # fmt: skip


@pytest.fixture
def send(run: Any, server: dict[str, str]) -> Any:
    async def send(value: Any = None, data: dict[str, str] | None = None, **config: Any) -> Any:
        usual = {"credential": "MAIL", "sender": "Shöp <shop@example.com>", "to": "ada@example.com"}
        return await run("email.send", {**usual, **config}, value, credentials={"MAIL": ("smtp", data or server)})

    return send


@pytest.fixture
def fails(refused: Any, server: dict[str, str]) -> Any:
    async def fails(data: dict[str, str] | None = None, **config: Any) -> Any:
        usual = {"credential": "MAIL", "sender": "shop@example.com", "to": "ada@example.com"}
        return await refused("email.send", {**usual, **config}, credentials={"MAIL": ("smtp", data or server)})

    return fails


async def test_a_mail_with_everything(send: Any, box: Mailbox) -> None:
    file = {"filename": "blätter.csv", "content_type": "text/csv", "size": 3, "base64": "aWQK"}
    answer = await send(
        file, to=["Ada <ada@example.com>", "b@example.com, c@example.com"], cc="d@example.com", bcc="e@example.com",
        subject="Größe\r\nBcc: evil@example.com", text="Hällo", html="<p>Hällo</p>", attachments=["{{ input }}", "note"],
        reply_to="f@example.com",
    )  # fmt: skip
    ((mail, recipients),) = box.mails
    assert recipients == answer["accepted"] == [f"{name}@example.com" for name in ("ada", "b", "c", "d", "e")]
    assert (mail["From"], mail["Subject"]) == ("Shöp <shop@example.com>", "Größe Bcc: evil@example.com")
    assert (mail["Bcc"], mail["Cc"], mail["Reply-To"]) == (None, "d@example.com", "f@example.com")
    assert mail["Message-ID"] == answer["message_id"]
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None and html is not None
    assert (text.get_content().strip(), html.get_content().strip()) == ("Hällo", "<p>Hällo</p>")
    names = [(part.get_filename(), part.get_content_type()) for part in mail.iter_attachments()]
    assert names == [("blätter.csv", "text/csv"), ("text.txt", "text/plain")]


async def test_the_same_step_has_the_same_number(run: Any, send: Any, box: Mailbox) -> None:
    assert (await send())["message_id"] == (await send())["message_id"]


async def test_tls_from_the_beginning(send: Any, box: Mailbox, server: dict[str, str], mailbox: MailServer) -> None:
    assert (await send(data={**server, "security": "tls", "port": str(mailbox.secure_port)}))["accepted"] == ["ada@example.com"]


async def test_some_recipients_are_refused(send: Any, fails: Any, box: Mailbox) -> None:
    answer = await send(to="ada@example.com, nobody@example.com")
    assert (answer["accepted"], answer["refused"]) == (["ada@example.com"], {"nobody@example.com": "550 no such user"})
    error = await fails(to="nobody@example.com")
    assert (error.code, error.retryable, "no such user" in error.message) == ("RECIPIENTS_REFUSED", False, True)
    assert (await fails(to="later@example.com")).retryable is True


@pytest.mark.parametrize(
    "config",
    [{"to": ""}, {"to": "no address"}, {"to": [7]}, {"to": "a@b\r\nRCPT TO:<x@y>"}, {"sender": "two@a.de, three@a.de"},
     {"attachments": {"a": 1}}, {"to": ["a@example.com"] * 3 + [f"{n}@example.com" for n in range(101)]}],
    ids=["empty", "words", "number", "injection", "two senders", "no file", "too many"],
)  # fmt: skip
async def test_bad_input_is_named(fails: Any, config: dict[str, Any]) -> None:
    error = await fails(**config)
    assert error.code in ("ADDRESS_INVALID", "FILE_INVALID", "TOO_MANY_ITEMS")
    assert next(iter(config)) in error.message


async def test_who_may_not_come_in_and_what_is_not_there(fails: Any, server: dict[str, str], silent: int) -> None:
    wrong = await fails({**server, "password": "wrong-password"})
    assert (wrong.code, wrong.retryable, "wrong-password" in wrong.message) == ("LOGIN_REFUSED", False, False)
    assert (await fails({**server, "security": "none"})).code in ("MAIL_REFUSED", "LOGIN_REFUSED")
    assert (await fails({**server, "port": "1"})).code == "CONNECTION"
    assert (await fails({**server, "host": "10.0.0.1"})).code == "EGRESS_REFUSED"
    assert (await fails({**server, "port": str(silent)}, timeout_ms=300)).code == "TIMEOUT"


async def test_certificates(fails: Any, server: dict[str, str]) -> None:
    assert (await fails({**server, "authority": ""})).code == "TLS"
    assert (await fails({**server, "host": "127.0.0.1"})).code == "TLS"


async def test_the_server_goes_away_half_way(fails: Any, box: Mailbox, mailbox: MailServer) -> None:
    box.silent, box.began = True, False
    sending = asyncio.create_task(fails())
    while not box.began:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    mailbox.hang_up()
    error = await sending
    box.silent = False
    assert (error.code, error.retryable) == ("CONNECTION", True), error.message
