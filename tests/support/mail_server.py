"""A real mail server on loopback that keeps its letters; it wants TLS and a password where it is told to."""

from __future__ import annotations

import time
from email.message import Message
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Handler
from aiosmtpd.smtp import AuthResult

from tests.support.server import free_port

USER, PASSWORD = "studio@example.com", "m4il-p@ss/word"


class MailServer(Handler):
    """`with MailServer() as mail: ...; mail.url`."""

    def __init__(self, *, refuses: bool = False) -> None:
        super().__init__()
        self.letters: list[Message] = []
        self._refuses = refuses
        port = free_port()
        self.url = f"smtp://studio%40example.com:m4il-p%40ss%2Fword@127.0.0.1:{port}?tls=none"
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=port,
            authenticator=self._authenticate,
            auth_required=True,
            auth_require_tls=False,
        )

    def _authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()))

    async def handle_RCPT(  # noqa: N802 - the library asks for this name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self._refuses:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def handle_message(self, message: Message) -> None:
        self.letters.append(message)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    def to(self, address: str, seconds: float = 15) -> str:
        """The text of the one letter to somebody, once it is there."""
        deadline = time.monotonic() + seconds
        while not (found := [letter for letter in self.letters if letter["To"] == address]):
            assert time.monotonic() < deadline, f"no letter to {address}"
            time.sleep(0.05)
        text = found[-1].get_payload(decode=True)
        assert isinstance(text, bytes)
        return text.decode().replace("\r\n", "\n")
