"""Members, invitations, workspaces, sessions and the second step, and what attackers try with them."""

from __future__ import annotations

import re
import time
from html import unescape
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pyotp
import pytest

from tests.support.data import change, rows
from tests.support.graphs import block
from tests.support.keys import bearer, new_key
from tests.support.people import join
from tests.support.server import OWNER, Client, ServerProcess

PAGE = {"Accept": "text/html"}
NEW_PASSWORD = "quite a long password"


def name(kind: str) -> str:
    return f"{kind}-{uuid4().hex[:8]}"


def home(client: Client) -> str:
    return str(client.get("/api/auth/me").json()["user"]["workspace_id"])


def invitation(client: Client, role: str = "editor") -> str:
    """The token of a new invitation into the owner's workspace."""
    answer = client.post(f"/api/workspaces/{home(client)}/invitations", json={"email": "new@example.com", "role": role})
    assert answer.status_code == 201, answer.text
    link: str = answer.json()["link"]
    return parse_qs(urlsplit(link).query)["token"][0]


def follow(server: ServerProcess, token: str, username: str) -> httpx.Response:
    body = {"token": token, "email": f"{username}@example.com", "username": username, "password": NEW_PASSWORD}
    return httpx.post(f"{server.url}/invitation", data=body, headers=PAGE)


# -- invitations -----------------------------------------------------------------------------------------------------------


def test_an_invitation_makes_one_member_with_its_role_and_no_second(client: Client, server: ServerProcess) -> None:
    token, newcomer = invitation(client, "executor"), name("new")
    assert all(token.encode() not in row[0] for row in rows(server, "SELECT token_hash FROM links"))
    page = httpx.get(f"{server.url}/invitation", params={"token": token}, headers=PAGE)
    assert (page.status_code, "executor" in page.text) == (200, True)
    answer = follow(server, token, newcomer)
    assert answer.status_code == 303
    me = httpx.get(f"{server.url}/api/auth/me", cookies=answer.cookies).json()["user"]
    assert (me["username"], me["role"], me["workspace_id"]) == (newcomer, "executor", home(client))
    assert follow(server, token, name("second")).status_code == 404


def test_somebody_with_an_account_joins_with_it(client: Client, server: ServerProcess) -> None:
    guest = join(server, name("guest"), "admin", elsewhere=True)
    token = invitation(client, "viewer")
    body = {"token": token, "_csrf": guest.headers["X-CSRF-Token"]}
    assert guest.post("/invitation/join", data=body, headers=PAGE).status_code == 303
    me = guest.get("/api/auth/me").json()["user"]
    assert (me["workspace_id"], me["role"]) == (home(client), "viewer")
    assert {item["role"] for item in guest.get("/api/workspaces").json()["data"]} == {"admin", "viewer"}


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "a" * 5000, "../..", "é"])
def test_a_made_up_link_opens_nothing(server: ServerProcess, token: str) -> None:
    for path in ("/invitation", "/new-password"):
        assert httpx.get(f"{server.url}{path}", params={"token": token}, headers=PAGE).status_code == 404
        body = {"token": token, "email": "a@example.com", "username": name("thief"), "password": NEW_PASSWORD}
        assert httpx.post(f"{server.url}{path}", data=body, headers=PAGE).status_code == 404


def test_an_invitation_is_no_password_link_and_ends_with_time(client: Client, server: ServerProcess) -> None:
    token = invitation(client)
    assert httpx.post(f"{server.url}/new-password", data={"token": token, "password": NEW_PASSWORD}).status_code == 404
    change(server, "UPDATE links SET expires_at = 1 WHERE kind = 'invite'")
    assert follow(server, token, name("late")).status_code == 404


def test_a_password_link_is_no_invitation(client: Client, server: ServerProcess) -> None:
    token = invitation(client)
    whose = "user_id = (SELECT id FROM users WHERE username = ?), workspace_id = NULL, role = NULL"
    change(server, f"UPDATE links SET kind = 'reset', {whose} WHERE kind = 'invite'", OWNER["username"])
    assert httpx.get(f"{server.url}/new-password", params={"token": token}, headers=PAGE).status_code == 200
    assert follow(server, token, name("nobody")).status_code == 404


def test_an_invitation_does_not_take_over_an_account(client: Client, server: ServerProcess) -> None:
    token = invitation(client)
    for taken in ({"email": OWNER["email"]}, {"username": OWNER["username"]}, {"username": OWNER["username"].upper()}):
        body = {"token": token, "email": "fresh@example.com", "username": name("x"), "password": NEW_PASSWORD} | taken
        answer = httpx.post(f"{server.url}/invitation", data=body, headers=PAGE)
        assert (answer.status_code, "set-cookie" in answer.headers) == (409, False)
    assert follow(server, token, name("rightful")).status_code == 303


# -- members and workspaces ------------------------------------------------------------------------------------------------


def test_a_member_who_is_removed_is_out_at_once(client: Client, server: ServerProcess) -> None:
    leaving = name("leaving")
    person = join(server, leaving, "admin")
    program = bearer(server, new_key(person, "flows:read"))
    me = person.get("/api/auth/me").json()["user"]["id"]
    assert client.delete(f"/api/workspaces/{home(client)}/members/{me}").status_code == 200
    assert person.get("/api/workflows").status_code == 401
    assert program.get("/api/workflows").status_code == 401


@pytest.mark.parametrize("how", ["removed", "lowered"])
def test_invitations_end_with_the_rights_of_who_made_them(client: Client, server: ServerProcess, how: str) -> None:
    """Otherwise somebody who is shown out could leave a door open for themselves."""
    person = join(server, name("parting"), "admin")
    token, me = invitation(person, "admin"), person.get("/api/auth/me").json()["user"]["id"]
    path = f"/api/workspaces/{home(client)}/members/{me}"
    answer = client.delete(path) if how == "removed" else client.put(path, json={"role": "editor"})
    assert answer.status_code == 200
    assert follow(server, token, name("back")).status_code == 404


def test_a_lower_role_counts_for_sessions_and_keys_at_once(client: Client, server: ServerProcess) -> None:
    person = join(server, name("lowered"), "admin")
    program = bearer(server, new_key(person, "flows:read", "flows:write"))
    me = person.get("/api/auth/me").json()["user"]["id"]
    assert program.post("/api/workflows", json={"name": name("Before")}).status_code == 201
    assert client.put(f"/api/workspaces/{home(client)}/members/{me}", json={"role": "viewer"}).status_code == 200
    for caller in (person, program):
        assert caller.post("/api/workflows", json={"name": name("After")}).status_code == 403
        assert caller.get("/api/workflows").status_code == 200


def test_the_last_admin_stays(server: ServerProcess) -> None:
    alone = join(server, name("alone"), "admin", elsewhere=True)
    me = alone.get("/api/auth/me").json()["user"]
    path = f"/api/workspaces/{me['workspace_id']}/members/{me['id']}"
    for answer in (alone.put(path, json={"role": "viewer"}), alone.delete(path)):
        assert (answer.status_code, answer.json()["error"]) == (409, "LAST_ADMIN")


def test_a_person_works_in_one_workspace_at_a_time(client: Client, server: ServerProcess) -> None:
    person = join(server, name("busy"), "admin")
    first = home(person)
    second = person.post("/api/workspaces", json={"name": "Second"}).json()["id"]
    person.headers["X-Workspace"] = second
    made = person.create(name("In the second"), block("start", "starter"))
    del person.headers["X-Workspace"]
    assert person.get(f"/api/workflows/{made}").status_code == 404
    assert person.get(f"/api/workflows/{made}", headers={"X-Workspace": second}).status_code == 200
    assert person.post(f"/api/workspaces/{second}/switch").status_code == 200
    assert home(person) == second
    assert person.get(f"/api/workflows/{made}").status_code == 200
    again = Client(server.url)
    body = {"username": person.get("/api/auth/me").json()["user"]["username"], "password": OWNER["password"]}
    assert again.post("/api/auth/login", json=body).json()["user"]["workspace_id"] == second, "the last used"
    assert person.post(f"/api/workspaces/{home(client)}/switch").status_code == 200
    assert home(person) == first


# -- sessions --------------------------------------------------------------------------------------------------------------


def test_sessions_are_listed_and_ended(server: ServerProcess) -> None:
    username = name("many")
    person = join(server, username, "viewer")
    body = {"username": username, "password": OWNER["password"]}
    token = httpx.post(f"{server.url}/auth/login", json=body).json()["token"]
    program = bearer(server, token)
    assert program.get("/api/workflows").status_code == 200
    listed = person.get("/api/auth/sessions").json()["sessions"]
    assert {(item["kind"], item["current"]) for item in listed} == {("browser", True), ("token", False)}
    assert token not in str(listed)
    [other] = [item["id"] for item in listed if not item["current"]]
    assert person.delete(f"/api/auth/sessions/{other}").status_code == 200
    assert program.get("/api/workflows").status_code == 401


def test_a_session_of_somebody_else_cannot_be_ended(client: Client, server: ServerProcess) -> None:
    person = join(server, name("curious"), "admin")
    [own] = [item["id"] for item in client.get("/api/auth/sessions").json()["sessions"] if item["current"]]
    assert person.delete(f"/api/auth/sessions/{own}").status_code == 404
    assert client.get("/api/workflows").status_code == 200


def test_a_new_password_ends_the_other_sessions(server: ServerProcess) -> None:
    username = name("changing")
    person = join(server, username, "viewer")
    body = {"username": username, "password": OWNER["password"]}
    thief = bearer(server, httpx.post(f"{server.url}/auth/login", json=body).json()["token"])
    csrf = person.headers["X-CSRF-Token"]
    wrong = {"old": "not it", "new": NEW_PASSWORD, "_csrf": csrf}
    assert person.post("/account", data=wrong, headers=PAGE).status_code == 400
    right = {"old": OWNER["password"], "new": NEW_PASSWORD, "_csrf": csrf}
    assert person.post("/account", data=right, headers=PAGE).status_code == 303
    assert (thief.get("/api/workflows").status_code, person.get("/api/workflows").status_code) == (401, 200)
    assert httpx.post(f"{server.url}/api/auth/login", json=body).status_code == 401


# -- the second step -------------------------------------------------------------------------------------------------------


def test_the_second_step_takes_each_code_once(server: ServerProcess) -> None:
    username = name("careful")
    person = join(server, username, "viewer")
    page = unescape(person.get("/account/two-step", headers=PAGE).text)
    secret = re.findall(r'name="secret"[^>]*value="([A-Z2-7]{32})"', page)[0]
    totp, csrf = pyotp.TOTP(secret), person.headers["X-CSRF-Token"]
    form = {"secret": secret, "code": "000000", "password": OWNER["password"], "_csrf": csrf}
    assert person.post("/account/two-step", data=form, headers=PAGE).status_code == 400
    code = totp.now()
    shown = person.post("/account/two-step", data=form | {"code": code}, headers=PAGE)
    recovery = re.findall(r"<li>([0-9a-f]{10}-[0-9a-f]{10})</li>", shown.text)
    assert (shown.status_code, len(recovery)) == (200, 10)
    assert all(secret.encode() not in (row[0] or b"") for row in rows(server, "SELECT totp_secret FROM users"))

    def login(**more: str) -> httpx.Response:
        body = {"username": username, "password": OWNER["password"], **more}
        return httpx.post(f"{server.url}/api/auth/login", json=body)

    asked = login()
    assert (asked.status_code, asked.json()["error"], "set-cookie" in asked.headers) == (401, "CODE_NEEDED", False)
    assert login(code=code).status_code == 401, "it was used to switch the step on"
    following = totp.at(int(time.time()) + 30)
    assert login(code=following).status_code == 200
    assert login(code=following).status_code == 401, "the same code never twice"
    assert login(code=recovery[0]).status_code == 200
    assert login(code=recovery[0]).status_code == 401
    first = httpx.post(f"{server.url}/sign-in", data={"login": username, "password": OWNER["password"]}, headers=PAGE)
    assert (first.status_code, "set-cookie" in first.headers) == (200, False)
    [pending] = re.findall(r'name="pending" value="([^"]+)"', first.text)
    second = {"pending": pending, "code": recovery[1], "next": "/blocks"}
    answer = httpx.post(f"{server.url}/sign-in/code", data=second, headers=PAGE)
    assert (answer.status_code, answer.headers["location"], "set-cookie" in answer.headers) == (303, "/blocks", True)


@pytest.mark.parametrize("pending", ["", "x", "a.b.c", "{user}.99999999999.{mac}", "{user}.1.{mac}"])
def test_the_second_step_cannot_be_entered_without_the_first(client: Client, server: ServerProcess, pending: str) -> None:
    forged = pending.format(user=client.get("/api/auth/me").json()["user"]["id"], mac="0" * 32)
    answer = httpx.post(f"{server.url}/sign-in/code", data={"pending": forged, "code": "123456"}, headers=PAGE)
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)


def test_guessing_codes_is_slowed_down(own_server: ServerProcess) -> None:
    owner = Client(own_server.url).sign_in()
    secret = pyotp.random_base32()
    form = {"secret": secret, "code": pyotp.TOTP(secret).now(), "password": OWNER["password"]}
    assert owner.post("/account/two-step", data=form | {"_csrf": owner.headers["X-CSRF-Token"]}, headers=PAGE).status_code == 200
    first = httpx.post(f"{own_server.url}/api/auth/login", json={"username": "owner", "password": OWNER["password"]})
    pending = first.json()["pending"]
    tries = [httpx.post(f"{own_server.url}/sign-in/code", data={"pending": pending, "code": f"{n:06}"}) for n in range(12)]
    statuses = [answer.status_code for answer in tries]
    assert (statuses[:5], 429 in statuses[5:]) == ([401] * 5, True)


# -- pages show what one may do --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "seen"), [("viewer", set()), ("editor", set()), ("admin", {"/members", "/keys", "/audit"})])
def test_what_one_may_not_do_is_not_shown(server: ServerProcess, role: str, seen: set[str]) -> None:
    person = join(server, name(role), role)
    page = person.get("/", headers=PAGE).text
    assert {path for path in ("/members", "/keys", "/audit", "/operator") if f'href="{path}"' in page} == seen
    assert ("Add a credential" in person.get("/credentials", headers=PAGE).text) == (role != "viewer")


def test_only_the_operator_sees_what_of_the_server_is_open(client: Client, server: ServerProcess) -> None:
    assert "Private addresses" in client.get("/operator", headers=PAGE).text
    assert join(server, name("admin"), "admin").get("/operator", headers=PAGE).status_code == 403
