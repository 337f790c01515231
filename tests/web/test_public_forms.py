"""Forms on pages of their own: closed until deployed, checked before anything runs, sent twice and run once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.sdk import Json
from tests.support.graphs import block
from tests.support.people import join
from tests.support.public_pages import FIELDS, address, form_block, look, says, send
from tests.support.server import Client, ServerProcess


def runs(client: Client, workflow: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/executions", params={"workflow_id": workflow}).json()["executions"]
    return found


def test_a_form_is_closed_until_it_is_deployed_and_closed_again_afterwards(server: ServerProcess, client: Client) -> None:
    page = form_block(thanks="We write to you.")
    workflow = client.new(page)
    assert [look(server, page).status_code, send(server, page).status_code] == [403, 403]
    client.post(f"/api/workflows/{workflow}/deploy")
    shown = look(server, page)
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store")
    assert "script-src" not in shown.headers["content-security-policy"]  # only this site's own scripts
    assert all(field["label"] in says(shown) for field in FIELDS)
    answer = send(server, page, count="2.5", topic="Return")
    assert (answer.status_code, "We write to you." in says(answer)) == (200, True)
    (run,) = runs(client, workflow)
    found = client.wait_for(run["id"])
    assert (found["status"], found["trigger"]) == ("completed", "form")
    assert found["output"] == {"email": "ada@example.com", "count": 2.5, "topic": "Return", "terms": True, "picture": None}
    client.post(f"/api/workflows/{workflow}/undeploy")
    assert [look(server, page).status_code, send(server, page).status_code] == [403, 403]
    assert len(runs(client, workflow)) == 1


def test_an_armed_form_takes_one_of_many_at_once(server: ServerProcess, client: Client) -> None:
    page = form_block()
    workflow = client.new(page)
    client.post(f"/api/workflows/{workflow}/arm")
    assert look(server, page).status_code == 200
    with ThreadPoolExecutor(6) as people:
        statuses = sorted(answer.status_code for answer in people.map(lambda _: send(server, page), range(6)))
    assert statuses == [200, 403, 403, 403, 403, 403]
    assert len(runs(client, workflow)) == 1


def test_the_same_form_sent_twice_runs_once_and_gets_the_same_answer(server: ServerProcess, client: Client) -> None:
    page = form_block()
    workflow = client.deployed(page, block("answer", "response", {"body": "Number {{ execution.id }}"}), edges=["form>answer"])
    mark = uuid4().hex
    with ThreadPoolExecutor(4) as clicks:
        answers = {says(answer) for answer in clicks.map(lambda _: send(server, page, mark), range(4))}
    assert len(answers) == 1
    assert len(runs(client, workflow)) == 1


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"email": ""}, "This is needed."),
        ({"email": "nobody"}, "This must be an e-mail address."),
        ({"count": "many"}, "This must be a number."),
        ({"topic": "Something else"}, "This must be one of the choices."),
        ({"terms": "false"}, "This is needed."),
        ({"email": "a" * 30_000 + "@example.com"}, "This may have 20,000 characters."),
    ],
    ids=["missing", "e-mail", "number", "choice", "not agreed", "too long"],
)
def test_what_does_not_fit_is_told_at_its_field_and_starts_nothing(
    server: ServerProcess, client: Client, fields: dict[str, str], problem: str
) -> None:
    page = form_block()
    workflow = client.deployed(page)
    answer = send(server, page, **({"count": "7"} | fields))
    assert (answer.status_code, problem in says(answer)) == (422, True)
    assert ('value="7"' in answer.text) is ("count" not in fields)  # what was typed is still there
    assert runs(client, workflow) == []


def test_a_file_arrives_whole_and_too_much_is_refused(server: ServerProcess, client: Client) -> None:
    page = form_block()
    workflow = client.deployed(page)
    content = bytes(reversed(range(256))) * 400
    assert send(server, page, files=[("picture", ("a.png", content, "image/png"))]).status_code == 200
    output = client.wait_for(runs(client, workflow)[0]["id"])["output"]["picture"]
    assert (output["filename"], output["content_type"], output["size"]) == ("a.png", "image/png", len(content))
    assert send(server, page, files=[("picture", ("b.png", b"x" * 1_100_000, "image/png"))]).status_code == 413
    assert send(server, page, picture="no file").status_code == 200  # a text is no upload: it counts as left out
    assert len(runs(client, workflow)) == 2


@pytest.mark.parametrize(
    ("response", "status", "seen"),
    [
        ({"body": "Thank you, {{ variables.email }} <b>"}, 200, "Thank you, ada@example.com &lt;b&gt;"),
        ({"body": {"order": 7}, "status": 201}, 201, "&#34;order&#34;: 7"),
        ({"status": 303, "headers": {"Location": "https://example.com/next"}}, 200, 'content="0; url=https://example.com/next"'),
        ({"status": 303, "headers": {"Location": "javascript:alert(1)"}, "body": "no"}, 303, ">no<"),
    ],
    ids=["text", "data", "redirect", "script"],
)
def test_the_workflows_answer_is_shown(
    server: ServerProcess, client: Client, response: dict[str, Json], status: int, seen: str
) -> None:
    page = form_block()
    client.deployed(page, block("answer", "response", response), edges=["form>answer"])
    answer = send(server, page)
    assert (answer.status_code, seen in answer.text) == (status, True)


def test_a_page_that_the_workflow_makes_is_shown_without_any_power_and_a_file_is_kept(
    server: ServerProcess, client: Client
) -> None:
    page = form_block()
    made = {"body": "<h1>Hi</h1><script>alert(1)</script>", "headers": {"Content-Type": "text/html"}}
    client.deployed(page, block("answer", "response", made), edges=["form>answer"])
    answer = send(server, page)
    assert (answer.headers["content-security-policy"], answer.text) == ("sandbox", made["body"])
    sheet = form_block()
    back = {"body": "{{ variables.picture }}"}
    client.deployed(sheet, block("answer", "response", back), edges=["form>answer"])
    kept = send(server, sheet, files=[("picture", ('ü".csv', b"a,b", "text/csv"))])
    assert kept.content == b"a,b"
    assert kept.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%C3%BC")


def test_a_workflow_that_fails_says_so_without_saying_why(server: ServerProcess, client: Client) -> None:
    page = form_block()
    client.deployed(page, block("answer", "response", {"body": "{{ variables.hidden.part }}"}), edges=["form>answer"])
    answer = send(server, page)
    assert (answer.status_code, "hidden" in says(answer)) == (500, False)
    assert "something went wrong afterwards" in says(answer)


def test_thanks_or_an_address_to_go_to(server: ServerProcess, client: Client) -> None:
    page = form_block(redirect_url="https://example.com/?a=1&b=2")
    client.deployed(page)
    assert 'content="0; url=https://example.com/?a=1&amp;b=2"' in send(server, page).text


def test_who_sends_too_much_waits_and_others_do_not(server: ServerProcess, client: Client) -> None:
    page, other = form_block(per_minute=2), form_block(per_minute=2)
    workflow = client.deployed(page)
    client.deployed(other)
    assert [send(server, page).status_code for _ in range(4)] == [200, 200, 429, 429]
    assert "retry-after" in send(server, page).headers
    assert send(server, other).status_code == 200
    assert len(runs(client, workflow)) == 2


def test_members_only(server: ServerProcess, client: Client) -> None:
    page = form_block(access="members")
    workflow = client.deployed(page)
    stranger = look(server, page, follow_redirects=False)
    assert (stranger.status_code, stranger.headers["location"]) == (302, f"/sign-in?next=/pages/{page['config']['page_id']}")
    assert send(server, page).status_code == 302
    people = {role: join(server, f"form-{role}-{uuid4().hex[:6]}", role) for role in ("viewer", "executor")}
    people["stranger"] = join(server, f"form-other-{uuid4().hex[:6]}", elsewhere=True)
    as_page = {"Accept": "text/html"}
    seen = {name: person.get(address(server, page), headers=as_page).status_code for name, person in people.items()}
    assert seen == {"viewer": 403, "executor": 200, "stranger": 404}
    typed = {"form.email": "a@example.com", "form.terms": "true"}
    foreign = people["executor"].post(address(server, page), data=typed, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert people["executor"].post(address(server, page), data=typed).status_code == 200
    assert len(runs(client, workflow)) == 1


def test_addresses_that_are_no_page_and_a_page_that_is_no_webhook(server: ServerProcess, client: Client) -> None:
    page = form_block()
    name = f"page {uuid4().hex}"
    workflow = client.create(name, page)
    client.post(f"/api/workflows/{workflow}/deploy")
    page_id = page["config"]["page_id"]
    for path in ("nothing", str(uuid4()), "%00"):
        assert httpx.get(f"{server.url}/pages/{path}", headers={"Accept": "text/html"}).status_code == 404
    refused = httpx.post(f"{server.url}/api/webhooks/{page_id}", json={})
    assert (refused.status_code, refused.json()["error"]) == (404, "WEBHOOK_NOT_FOUND")
    by_name = httpx.post(f"{server.url}/webhooks/{name}", json={})
    assert (by_name.status_code, page_id in by_name.text) == (404, False)
    assert runs(client, workflow) == []


def test_an_address_belongs_to_one_block_of_one_workflow(client: Client) -> None:
    page = form_block()
    client.new(page)
    drawn = {"name": f"page {uuid4().hex}", "edges": []}
    taken = client.post("/api/workflows", json=drawn | {"blocks": [page]})
    assert (taken.status_code, taken.json()["details"][0]["field"]) == (400, "page_id")
    twice = client.post("/api/workflows", json=drawn | {"blocks": [page, page | {"id": "other"}]})
    assert (twice.status_code, "DUPLICATE_WEBHOOK_ID" in twice.text) == (400, True)


def test_the_page_speaks_german_to_who_asks(server: ServerProcess, client: Client) -> None:
    page = form_block()
    client.deployed(page)
    german = httpx.post(address(server, page), data={"mark": "x"}, headers={"Accept": "text/html", "Accept-Language": "de"})
    assert (german.status_code, "Das ist nötig." in german.text) == (422, True)
