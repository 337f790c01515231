"""Links by mail: who gets one, what stands in it, and what nobody can do with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from app.adapters.mail import MailServer as Parsed
from tests.support.command import blockyard
from tests.support.mail_server import PASSWORD, MailServer
from tests.support.people import email, join
from tests.support.server import Client, ServerProcess

PUBLIC = "https://studio.example.com"
PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture(scope="module")
def posting(tmp_path_factory: pytest.TempPathFactory, mail: MailServer) -> Iterator[ServerProcess]:
    """A server that sends mail."""
    environment = {"BLOCKYARD_SMTP_URL": mail.url, "BLOCKYARD_BASE_URL": PUBLIC}
    process = ServerProcess(tmp_path_factory.mktemp("posting") / "data", environment=environment).owned().start()
    Client(process.url).set_up()
    yield process
    process.stop()


def link_in(text: str, path: str) -> str:
    """The token of the link in a letter."""
    [token] = re.findall(rf"^{re.escape(PUBLIC)}/{path}\?token=([\w-]+)$", text, re.MULTILINE)
    return str(token)


def forgot(server: ServerProcess, address: str, **headers: str) -> httpx.Response:
    return httpx.post(f"{server.url}/forgotten-password", data={"email": address}, headers=PAGE | headers)


def test_an_invitation_is_sent_to_whom_it_names(posting: ServerProcess, mail: MailServer) -> None:
    owner = Client(posting.url).sign_in()
    home = owner.get("/api/auth/me").json()["user"]["workspace_id"]
    answer = owner.post(f"/api/workspaces/{home}/invitations", json={"role": "editor", "email": "new@example.com"}).json()
    assert answer["mailed"] is True
    text = mail.to("new@example.com")
    assert answer["link"].endswith(link_in(text, "invitation"))
    assert "editor" in text
    assert httpx.get(f"{posting.url}/invitation", params={"token": link_in(text, "invitation")}, headers=PAGE).status_code == 200
    nobody = owner.post(f"/api/workspaces/{home}/invitations", json={"role": "viewer"}).json()
    assert nobody["mailed"] is False


@pytest.mark.parametrize("address", ["a@example.com\nBcc: b@example.com", "a@b@c", "a,b@example.com", "two words@example.com"])
def test_an_address_that_is_none_gets_no_letter(posting: ServerProcess, mail: MailServer, address: str) -> None:
    owner = Client(posting.url).sign_in()
    home = owner.get("/api/auth/me").json()["user"]["workspace_id"]
    before = len(mail.letters)
    answer = owner.post(f"/api/workspaces/{home}/invitations", json={"role": "viewer", "email": address})
    assert answer.status_code == 400 or answer.json()["mailed"] is False
    assert len(mail.letters) == before


def test_who_has_forgotten_the_password_gets_a_link_that_works_once(posting: ServerProcess, mail: MailServer) -> None:
    person = join(posting, f"ada{uuid4().hex[:6]}")
    name = person.get("/api/auth/me").json()["user"]["username"]
    answer = forgot(posting, email(name).upper(), Host="evil.example.com")
    assert (answer.status_code, "on its way" in answer.text) == (200, True)
    token = link_in(mail.to(email(name)), "new-password")
    assert "evil.example.com" not in mail.to(email(name)), "the caller does not choose where the link leads"
    form = {"token": token, "password": "a whole new password"}
    assert httpx.post(f"{posting.url}/new-password", data=form, headers=PAGE).status_code == 303
    assert httpx.post(f"{posting.url}/new-password", data=form, headers=PAGE).status_code == 404
    assert person.get("/api/auth/me").status_code == 401, "every session ended"


def test_nobody_learns_who_has_an_account(posting: ServerProcess, mail: MailServer) -> None:
    before = len(mail.letters)
    unknown = forgot(posting, f"nobody-{uuid4().hex[:6]}@example.com")
    known = forgot(posting, "owner@example.com")
    assert (unknown.status_code, known.status_code) == (200, 200)
    assert unknown.text == known.text
    mail.to("owner@example.com")
    assert len(mail.letters) == before + 1


def test_asking_again_and_again_is_slowed_down(posting: ServerProcess) -> None:
    address = f"often-{uuid4().hex[:6]}@example.com"
    answers = [forgot(posting, address) for _ in range(7)]
    assert answers[-1].status_code == 429
    assert "asked too often" in answers[-1].text


def test_the_command_sends_the_link_or_prints_it(posting: ServerProcess, mail: MailServer) -> None:
    name = f"bob{uuid4().hex[:6]}"
    join(posting, name)
    environment = {"BLOCKYARD_SMTP_URL": mail.url, "BLOCKYARD_BASE_URL": PUBLIC}
    sent = blockyard("users", "reset-link", name, data=posting.data, environment=environment)
    assert sent.stdout.strip() == f"A link was sent to {email(name)}."
    link_in(mail.to(email(name)), "new-password")
    printed = blockyard("users", "reset-link", name, "--print", data=posting.data, environment=environment)
    assert printed.stdout.startswith(f"{PUBLIC}/new-password?token=")


def test_a_mail_server_that_refuses_changes_nothing_but_the_mail(tmp_path: Path) -> None:
    with MailServer(refuses=True) as refusing:
        process = ServerProcess(tmp_path / "data", environment={"BLOCKYARD_SMTP_URL": refusing.url}).owned().start()
        owner = Client(process.url).set_up()
        home = owner.get("/api/auth/me").json()["user"]["workspace_id"]
        answer = owner.post(f"/api/workspaces/{home}/invitations", json={"role": "viewer", "email": "a@example.com"}).json()
        assert (answer["mailed"], "token=" in answer["link"]) == (False, True)
        process.stop()
    assert "did not take the letter" in process.log.read_text()
    assert PASSWORD not in process.log.read_text()


def test_without_a_mail_server_the_page_says_whom_to_ask(server: ServerProcess) -> None:
    page = httpx.get(f"{server.url}/forgotten-password", headers=PAGE)
    assert "blockyard users reset-link" in page.text
    assert forgot(server, "owner@example.com").status_code == 404


@pytest.mark.parametrize(
    ("address", "encryption", "port", "sender"),
    [
        ("smtp://mail.example.com", "starttls", 587, "blockyard@mail.example.com"),
        ("smtps://me%40example.com:p@mail.example.com", "tls", 465, "me@example.com"),
        ("smtp://mail.example.com:2525?tls=none", "none", 2525, "blockyard@mail.example.com"),
    ],
)
def test_one_address_says_how_mail_leaves(address: str, encryption: str, port: int, sender: str) -> None:
    found = Parsed.parse(address, "")
    assert (found.encryption, found.port, found.sender) == (encryption, port, sender)
    assert "p@" not in repr(found)


@pytest.mark.parametrize("address", ["mail.example.com", "http://mail", "smtp://", "smtp://mail?tls=maybe", "smtp://mail:port"])
def test_an_address_that_is_none_stops_the_start(address: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Parsed.parse(address, "")
