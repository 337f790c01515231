"""After everything that has to do with secrets was done once, none of them stands anywhere: not in the data directory, not in
the log, not in a backup, not in what the API tells."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp

from tests.support.command import blockyard
from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook
from tests.support.keys import bearer, new_key
from tests.support.peer import Peer, Reply
from tests.support.server import OWNER, Client, ServerProcess

PAGE = {"Accept": "text/html"}
VALUE, TOKEN, CLIENT_SECRET, ACCESS = "v4lue-of-a-credential", "t0ken-of-a-credential", "cl1ent-secret", "acc3ss-token-given"


def used_secrets(server: ServerProcess, owner: Client, peer: Peer) -> dict[str, str]:
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
        **hooks(server, owner),
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


def spellings(secret: str) -> list[bytes]:
    """As it is, and as it would stand in a header, a JSON text or an address."""
    return [
        secret.encode(),
        base64.b64encode(secret.encode()),
        secret.replace(" ", "%20").encode(),
        secret.replace(" ", "+").encode(),
    ]


def test_no_secret_stays_anywhere(own_server: ServerProcess, tmp_path: Path) -> None:
    owner = Client(own_server.url).sign_in()
    with Peer() as peer:
        secrets = used_secrets(own_server, owner, peer)
    told = [owner.get(path).content for path in ("/api/executions", "/api/v1/audit", "/api/v1/credentials", "/api/auth/api-keys")]
    for execution in owner.get("/api/executions", params={"size": 100}).json()["executions"]:
        told.append(owner.get(f"/api/executions/{execution['id']}/trace").content)
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
