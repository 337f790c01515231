"""After everything that has to do with secrets was done once, none of them stands anywhere: not in the data directory, not in
the log, not in a backup, not in an export, not in what the API and the pages tell."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pyotp
import pytest

from app.services.credential_types import TYPES, CredentialField
from tests.support import signing
from tests.support.command import blockyard
from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook, hook_url
from tests.support.keys import bearer, new_key
from tests.support.mail_server import PASSWORD, MailServer
from tests.support.peer import Peer, Reply
from tests.support.people import join
from tests.support.server import OWNER, Client, ServerProcess
from tests.support.vault_server import ROLE_ID, SECRET_ID, VaultServer

PAGE = {"Accept": "text/html"}
VALUE, TOKEN, CLIENT_SECRET, ACCESS = "v4lue-of-a-credential", "t0ken-of-a-credential", "cl1ent-secret", "acc3ss-token-given"


def used_secrets(server: ServerProcess, owner: Client, peer: Peer, vault: VaultServer, mail: MailServer) -> dict[str, str]:
    """Does everything once; returns what nobody may find afterwards, by what it is."""
    key = new_key(owner, "flows:read")
    assert bearer(server, key).get("/api/workflows").status_code == 200
    wrong_key = key[:-3] + "zzz"
    assert bearer(server, wrong_key).get("/api/workflows").status_code == 401
    signed = httpx.post(f"{server.url}/auth/login", json={"username": "owner", "password": OWNER["password"]}).json()["token"]
    assert bearer(server, signed).get("/api/workflows").status_code == 200
    httpx.post(f"{server.url}/api/auth/login", json={"username": "owner", "password": "a-wr0ng-password"})
    home = owner.get("/api/auth/me").json()["user"]["workspace_id"]
    link = owner.post(f"/api/workspaces/{home}/invitations", json={"role": "viewer"}).json()["link"]
    invitation = parse_qs(urlsplit(link).query)["token"][0]
    assert httpx.get(f"{server.url}/invitation", params={"token": invitation}, headers=PAGE).status_code == 200
    totp = pyotp.random_base32()
    form = {"secret": totp, "code": pyotp.TOTP(totp).now(), "password": OWNER["password"]}
    shown = owner.post("/account/two-step", data=form | {"_csrf": owner.headers["X-CSRF-Token"]}, headers=PAGE).text
    return {
        "password": OWNER["password"],
        "wrong password": "a-wr0ng-password",
        "session": owner.cookies["blockyard_session"],
        "key": key,
        "wrong key": wrong_key,
        "signed token": signed,
        "invitation": invitation,
        "second step": totp,
        "recovery code": re.findall(r"<li>([0-9a-f]{10}-[0-9a-f]{10})</li>", shown)[0],
        **credentials(owner, peer),
        **credentials_of_every_type(owner, peer),
        **hooks(server, owner),
        **guarded_hooks(server, owner),
        **kept_elsewhere(owner, peer, vault),
        **mailed(server, mail),
    }


def credentials(owner: Client, peer: Peer) -> dict[str, str]:
    """Credentials in every place of a call: answered with an echo, refused, and sent to nobody."""
    peer.replies["/token"] = Reply({"access_token": ACCESS, "expires_in": 3600})
    oauth = {"token_url": f"{peer.url}/token", "client_id": "me", "client_secret": CLIENT_SECRET}
    stored: list[tuple[str, str, dict[str, str]]] = [
        ("VALUE", "value", {"value": VALUE}),
        ("TOKEN", "bearer", {"token": TOKEN}),
        ("GIVEN", "oauth2_client", oauth),
    ]
    for name, type, data in stored:
        assert owner.post("/api/v1/credentials", json={"name": name, "type": type, "data": data}).status_code == 201
    calls: list[dict[str, Any]] = [
        {"url": f"{peer.url}/echo", "method": "POST", "body": {"echo": "${VALUE}"}, "headers": {"X-Key": "${VALUE}"}},
        {"url": f"{peer.url}/${{VALUE}}", "credential": "TOKEN"},
        {"url": "http://127.0.0.1:1/${VALUE}", "credential": "TOKEN"},
        {"url": f"{peer.url}/given", "credential": "GIVEN"},
        {"url": "not an address ${VALUE}"},
    ]
    for config in calls:
        owner.execute(owner.new(block("start", "starter"), block("call", "general_api", config), edges=["start>call"]))
    assert VALUE.encode() in peer.calls("/echo")[0].body
    assert peer.calls("/given")[0].headers["authorization"] == f"Bearer {ACCESS}"
    return {"value": VALUE, "token": TOKEN, "client secret": CLIENT_SECRET, "access token": ACCESS}


def hooks(server: ServerProcess, owner: Client) -> dict[str, str]:
    hook = webhook()
    owner.deployed(hook, block("end", "response"), edges=["hook>end"])
    secret, address = hook["config"]["webhook_secret"], f"{server.url}/api/webhooks/{hook['config']['webhook_id']}"
    assert call_hook(server, hook).status_code == 200
    assert httpx.post(address, params={"token": secret}, json={}).status_code == 200
    assert httpx.post(address, params={"token": "wr0ng-webhook-token"}, json={}).status_code == 401
    return {"webhook secret": secret, "wrong webhook token": "wr0ng-webhook-token"}


def credentials_of_every_type(owner: Client, peer: Peer) -> dict[str, str]:
    """Each type is stored, tried on its page, named in a text, and used to sign a call."""
    used: dict[str, str] = {}
    for type in TYPES.values():
        name = f"EVERY_{type.name.upper()}"
        secrets = {field.name: f"s3cret-{type.name}-{field.name}".replace("_", "-") for field in type.fields if field.secret}
        data = {field.name: plain_value(field, peer) for field in type.fields if not field.secret}
        data |= {field: f"https://user:{text}@127.0.0.1:1/x" if field == "url" else text for field, text in secrets.items()}
        stored = owner.post("/api/v1/credentials", json={"name": name, "type": type.name, "data": data})
        assert stored.status_code == 201, stored.text
        form = {"do": "try", "address": f"{peer.url}/me", "_csrf": owner.headers["X-CSRF-Token"]}
        tried = owner.post(f"/credentials/{stored.json()['id']}", data=form, headers=PAGE)
        assert not [text for text in secrets.values() if text in tried.text], type.name
        echo = block("echo", "general_api", {"url": f"{peer.url}/echo", "method": "POST", "body": f"${{{name}}}"})
        signed = block(
            "signed", "general_api", {"url": f"{peer.url}/signed", "credential": name}, policy={"on_error": "continue"}
        )
        owner.execute(owner.new(block("start", "starter"), signed, echo, edges=["start>signed", "signed>echo"]))
        used |= {f"{type.name} {field}": text for field, text in secrets.items()}
    sent = b"".join(call.body for call in peer.calls("/echo"))
    assert sum(text.encode() in sent for text in used.values()) > 10, "they were really used"
    return used


def plain_value(field: CredentialField, peer: Peer) -> str:
    if field.is_url:
        return f"{peer.url}/token"
    known = {"port": "9", "host": "127.0.0.1", "authority": "", "host_key": ""}
    return known.get(field.name, field.default or (field.choices[0] if field.choices else "me"))


def guarded_hooks(server: ServerProcess, owner: Client) -> dict[str, str]:
    """Webhooks with each scheme, called rightly, wrongly and twice."""
    body, used = b'{"n": 1}', {}
    for scheme, sign in {"github": signing.github, "stripe": signing.stripe, "slack": signing.slack}.items():
        hook = webhook(secret=f"hm4c-key-of-{scheme}", scheme=scheme, same_expression="variables.n")
        owner.deployed(hook, block("end", "response"), edges=["hook>end"])
        secret = used[f"key of {scheme}"] = str(hook["config"]["webhook_secret"])
        for headers in (sign(secret, body), sign(secret, body), sign("another", body), {"Authorization": f"Bearer {secret}"}):
            httpx.post(hook_url(server, hook), content=body, headers=headers)
    standard = webhook(secret=signing.WHSEC, scheme="standard")
    own = webhook(secret="s3cret-in-a-header", scheme="header", signature_header="X-Key")
    basic = webhook(secret="s3cret-of-basic", scheme="basic", username="me")
    for hook in (standard, own, basic):
        owner.deployed(hook, block("end", "response", {"body": "{{ execution.request }}"}), edges=["hook>end"])
    headers = signing.standard(signing.WHSEC, body) | {"Content-Type": "application/json"}
    answers = [
        httpx.post(hook_url(server, standard), content=body, headers=headers),
        httpx.post(hook_url(server, own), json={}, headers={"X-Key": "s3cret-in-a-header"}),
        httpx.post(hook_url(server, basic), json={}, auth=("me", "s3cret-of-basic")),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert "s3cret" not in "".join(answer.text for answer in answers)
    return used | {"whsec": signing.WHSEC, "header secret": "s3cret-in-a-header", "basic secret": "s3cret-of-basic"}


def kept_elsewhere(owner: Client, peer: Peer, vault: VaultServer) -> dict[str, str]:
    """A secret in a Vault, and what the server signs in to it with."""
    vault.put("shop", key="s3cret-in-the-vault")
    body = {"name": "ELSEWHERE", "type": "bearer", "source": "vault", "data": {"token": "secret/shop#key"}}
    assert owner.post("/api/v1/credentials", json=body).status_code == 201
    call = block(
        "call", "general_api", {"url": f"{peer.url}/echo", "method": "POST", "credential": "ELSEWHERE", "body": "${ELSEWHERE}"}
    )
    assert owner.execute(owner.new(block("start", "starter"), call, edges=["start>call"]))["status"] == "completed"
    assert b"s3cret-in-the-vault" in peer.calls("/echo")[-1].body
    tokens = {f"vault token {number}": token for number, token in enumerate(sorted(vault.tokens))}
    return {"in the vault": "s3cret-in-the-vault", "role's secret": SECRET_ID} | tokens


def mailed(server: ServerProcess, mail: MailServer) -> dict[str, str]:
    """A link for a new password, and the password of the mail server."""
    httpx.post(f"{server.url}/forgotten-password", data={"email": OWNER["email"]}, headers=PAGE)
    [token] = re.findall(r"token=([\w-]+)", mail.to(OWNER["email"]))
    assert httpx.get(f"{server.url}/new-password", params={"token": token}, headers=PAGE).status_code == 200
    return {"new password": token, "mail password": PASSWORD}


def spellings(secret: str) -> list[bytes]:
    """As it is, and as it would stand in a header, a JSON text or an address."""
    return [
        secret.encode(),
        base64.b64encode(secret.encode()),
        secret.replace(" ", "%20").encode(),
        secret.replace(" ", "+").encode(),
        quote(secret, safe="").encode(),
    ]


TOLD = (
    "/api/executions",
    "/api/v1/audit",
    "/api/v1/credentials",
    "/api/auth/api-keys",
    "/credentials",
    "/keys",
    "/audit",
    "/operator",
)


def told_to(owner: Client, viewer: Client) -> Iterator[bytes]:
    """All that lists, traces, exports and pages tell; graphs to somebody who may not see secrets."""
    for path in TOLD:
        yield owner.get(path, params={"size": 100}, headers=PAGE if not path.startswith("/api") else {}).content
    for execution in owner.get("/api/executions", params={"size": 100}).json()["executions"]:
        yield owner.get(f"/api/executions/{execution['id']}/trace").content
        yield owner.get(f"/executions/{execution['id']}", headers=PAGE).content
    for workflow in owner.get("/api/workflows", params={"size": 100}).json()["workflows"]:
        exported = owner.get(f"/api/v1/flows/{workflow['id']}/export")
        assert exported.status_code == 200, exported.text
        yield exported.content
        yield viewer.get(f"/api/workflows/{workflow['id']}/graph").content
    for credential in owner.get("/api/v1/credentials").json()["data"]:
        yield owner.get(f"/credentials/{credential['id']}", headers=PAGE).content


@pytest.fixture
def places(tmp_path: Path) -> Iterator[tuple[ServerProcess, VaultServer, MailServer]]:
    """A server with everything that needs a secret of the operator."""
    with VaultServer() as vault, MailServer() as mail:
        environment = {
            "BLOCKYARD_VAULT_ADDR": vault.url,
            "BLOCKYARD_VAULT_ROLE_ID": ROLE_ID,
            "BLOCKYARD_VAULT_SECRET_ID": SECRET_ID,
            "BLOCKYARD_SMTP_URL": mail.url,
        }
        process = ServerProcess(tmp_path / "data", environment=environment).start()
        Client(process.url).set_up()
        yield process, vault, mail
        process.kill()


def test_no_secret_stays_anywhere(places: tuple[ServerProcess, VaultServer, MailServer], tmp_path: Path) -> None:
    own_server, vault, mail = places
    owner = Client(own_server.url).sign_in()
    with Peer() as peer:
        secrets = used_secrets(own_server, owner, peer, vault, mail)
    told = list(told_to(owner, join(own_server, "viewer", "viewer")))
    backup = tmp_path / "whole.backup"
    assert blockyard("backup", str(backup), data=own_server.data).returncode == 0
    files = [path for path in own_server.data.rglob("*") if path.is_file()] + [own_server.log, backup]
    places = {str(path): path.read_bytes() for path in files} | {f"answer {number}": body for number, body in enumerate(told)}
    assert len(places) > 8
    assert any(b"GIVEN" in content for content in places.values()), "what is stored can be found"
    found = [
        f"{what} in {place}"
        for place, content in places.items()
        for what, secret in secrets.items()
        if any(spelling in content for spelling in spellings(secret))
    ]
    assert found == []
